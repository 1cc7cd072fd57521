//! From bytes to text: which encoding a file is in, and why we think so.
//!
//! Agencies' exports come as UTF-8, UTF-8 with a mark, UTF-16 ("Unicode text" from Excel) and Windows-1252. The guess is cheap
//! and certain in nearly every case: a byte order mark says it; a text that is valid UTF-8 and has a byte above 127 is UTF-8; one
//! that is not valid is Windows-1252, in which every byte means something.

use crate::error::Error;
use crate::source::Source;
use encoding_rs::{CoderResult, Decoder, UTF_16BE, UTF_16LE, WINDOWS_1252};
use std::ops::ControlFlow;

/// The encoding of a file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Encoding {
    /// UTF-8, with or without a byte order mark.
    #[serde(rename = "utf-8")]
    Utf8,
    /// UTF-16, little end first.
    #[serde(rename = "utf-16le")]
    Utf16Le,
    /// UTF-16, big end first.
    #[serde(rename = "utf-16be")]
    Utf16Be,
    /// Windows-1252, the Western European code page of older exports.
    #[serde(rename = "windows-1252")]
    Windows1252,
}

impl Encoding {
    /// The name a user reads and may write in `mapping.toml`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Utf8 => "utf-8",
            Self::Utf16Le => "utf-16le",
            Self::Utf16Be => "utf-16be",
            Self::Windows1252 => "windows-1252",
        }
    }
}

/// Bytes that are decoded at once. Files are decoded part by part, so that the memory needed does not depend on their size.
const PART: usize = 1 << 20;

/// The text of a file: which encoding it is in, and what is odd about it. The text itself is decoded when it is needed.
pub(crate) struct Text {
    source: Source,
    encoding: Encoding,
    /// Bytes of the byte order mark.
    start: u64,
    /// Old Macintosh line endings: a lone carriage return and no line feed anywhere.
    macintosh: bool,
    /// A sentence for the report when the text looks as if it was decoded wrongly somewhere before us.
    doubt: Option<String>,
}

impl Text {
    /// Looks through a file: decodes it as told, or as it looks, and refuses what is no text or holds none.
    pub(crate) fn open(source: Source, told: Option<Encoding>) -> Result<Self, Error> {
        let first = source.read(0, source.length().min(8195) as usize)?;
        if first.starts_with(b"PK\x03\x04") || first.starts_with(b"\xD0\xCF\x11\xE0") {
            return Err(Error::Workbook);
        }
        let (marked, body) = mark(&first);
        let start = (first.len() - body.len()) as u64;
        let guessed = told.or(marked).or_else(|| guess_utf16(body));
        let mut text = Self {
            source,
            encoding: guessed.unwrap_or(Encoding::Utf8),
            start,
            macintosh: false,
            doubt: None,
        };
        let traces = match text.traces() {
            // A text that is not valid UTF-8 and has no mark is in the code page in which every byte means something.
            Err(Error::Encoding { .. }) if guessed.is_none() => {
                text.encoding = Encoding::Windows1252;
                text.traces()?
            }
            traces => traces?,
        };
        if let Some(line) = traces.zero_byte {
            return Err(Error::Binary { line });
        }
        if !traces.something {
            return Err(Error::Empty);
        }
        text.macintosh = traces.newlines == 0;
        text.doubt = traces.doubt();
        Ok(text)
    }

    pub(crate) fn encoding(&self) -> Encoding {
        self.encoding
    }

    pub(crate) fn doubt(&self) -> Option<&String> {
        self.doubt.as_ref()
    }

    pub(crate) fn source(&self) -> &Source {
        &self.source
    }

    /// Decodes everything once, part by part.
    fn traces(&self) -> Result<Traces, Error> {
        let mut traces = Traces::default();
        let mut decoding = Decoding::new(self.encoding);
        let (mut at, end) = (self.start, self.source.length());
        loop {
            let length = (end - at).min(PART as u64) as usize;
            let bytes = self.source.read(at, length)?;
            at += length as u64;
            let part = decoding.part(bytes, at == end);
            traces.add(part.unwrap_or_else(|valid| valid));
            if part.is_err() && self.encoding == Encoding::Utf8 {
                let line = traces.newlines + 1;
                let encoding = "utf-8";
                return Err(Error::Encoding { encoding, line });
            }
            if at == end {
                break;
            }
        }
        match self.encoding {
            Encoding::Utf16Le | Encoding::Utf16Be if decoding.broken => Err(Error::Encoding {
                encoding: self.encoding.name(),
                line: traces.newlines_before_loss + 1,
            }),
            _ => Ok(traces),
        }
    }

    /// Decodes bytes that begin and end between two letters.
    pub(crate) fn decode(&self, bytes: Vec<u8>) -> Result<String, Error> {
        // The whole text could be decoded, so parts of it that cannot are not what they were.
        let mut decoding = Decoding::new(self.encoding);
        let text = decoding
            .part(bytes, true)
            .map_err(|_| Error::Changed)?
            .to_owned();
        if decoding.broken {
            return Err(Error::Changed);
        }
        Ok(if self.macintosh {
            text.replace('\r', "\n")
        } else {
            text
        })
    }

    /// Bytes that a piece of the text takes in the file.
    pub(crate) fn bytes_of(&self, text: &str) -> u64 {
        let bytes = match self.encoding {
            Encoding::Utf8 => text.len(),
            Encoding::Windows1252 => text.chars().count(),
            Encoding::Utf16Le | Encoding::Utf16Be => {
                text.chars().map(char::len_utf16).sum::<usize>() * 2
            }
        };
        bytes as u64
    }

    /// Hands the text over in windows: `take` is given a window, its place in the file and whether the text ends with it, and says how
    /// many bytes of it, in UTF-8, are done; the next window begins there.
    pub(crate) fn windows(
        &self,
        mut take: impl FnMut(&str, u64, bool) -> Result<ControlFlow<(), usize>, Error>,
    ) -> Result<(), Error> {
        let (mut at, end) = (self.start, self.source.length());
        let mut size = PART as u64;
        while at < end {
            let wanted = (end - at).min(size);
            let mut bytes = self.source.read(at, wanted as usize)?;
            let is_last = at + wanted == end;
            if !is_last {
                bytes.truncate(self.whole_letters(&bytes));
            }
            let window = self.decode(bytes)?;
            let ControlFlow::Continue(done) = take(&window, at, is_last)? else {
                return Ok(());
            };
            if done == 0 && is_last {
                break;
            }
            // Nothing could be done with so little: a longer window.
            size = if done == 0 { size * 2 } else { PART as u64 };
            at += self.bytes_of(&window[..done]);
        }
        Ok(())
    }

    /// Bytes up to the end of the last whole letter.
    fn whole_letters(&self, bytes: &[u8]) -> usize {
        match self.encoding {
            Encoding::Windows1252 => bytes.len(),
            Encoding::Utf8 => {
                let is_first = |byte: &u8| byte & 0xC0 != 0x80;
                // The last letter may be cut; without it the rest is whole.
                bytes.iter().rposition(is_first).unwrap_or(0)
            }
            Encoding::Utf16Le | Encoding::Utf16Be => {
                let even = bytes.len() & !1;
                let high = usize::from(self.encoding == Encoding::Utf16Le);
                let cut = even >= 2 && matches!(bytes[even - 2 + high], 0xD8..=0xDB);
                if cut { even - 2 } else { even }
            }
        }
    }
}

/// Decoding in parts: what is left of a letter waits for the next part.
struct Decoding {
    decoder: Option<Decoder>,
    rest: Vec<u8>,
    text: String,
    /// A sequence that means nothing was met.
    broken: bool,
}

impl Decoding {
    fn new(encoding: Encoding) -> Self {
        let decoder = match encoding {
            Encoding::Utf8 => None,
            Encoding::Utf16Le => Some(UTF_16LE),
            Encoding::Utf16Be => Some(UTF_16BE),
            Encoding::Windows1252 => Some(WINDOWS_1252),
        };
        Self {
            decoder: decoder.map(encoding_rs::Encoding::new_decoder_without_bom_handling),
            rest: Vec::new(),
            text: String::new(),
            broken: false,
        }
    }

    /// The text of a part; the valid beginning of one that is not UTF-8.
    fn part(&mut self, bytes: Vec<u8>, is_last: bool) -> Result<&str, &str> {
        self.text.clear();
        let Some(decoder) = &mut self.decoder else {
            self.rest.extend(bytes);
            let (valid, broken) = match std::str::from_utf8(&self.rest) {
                Ok(_) => (self.rest.len(), false),
                Err(error) => (error.valid_up_to(), is_last || error.error_len().is_some()),
            };
            let rest = self.rest.split_off(valid);
            let whole = std::mem::replace(&mut self.rest, rest);
            self.text = String::from_utf8(whole).unwrap_or_default();
            return if broken {
                Err(&self.text)
            } else {
                Ok(&self.text)
            };
        };
        let room = decoder.max_utf8_buffer_length(bytes.len());
        self.text.reserve(room.unwrap_or(bytes.len() * 3 + 16));
        let (result, _, broken) = decoder.decode_to_string(&bytes, &mut self.text, is_last);
        debug_assert_eq!(
            result,
            CoderResult::InputEmpty,
            "there was room for everything"
        );
        self.broken |= broken;
        Ok(&self.text)
    }
}

/// What a text shows when it is read from end to end.
#[derive(Default)]
struct Traces {
    newlines: usize,
    newlines_before_loss: usize,
    /// 1-based line of the first zero byte.
    zero_byte: Option<usize>,
    /// There is something other than blanks.
    something: bool,
    /// Letters that were lost before this file was made.
    lost: usize,
    /// Letters that were decoded twice.
    twice: usize,
    /// The last letters before, if a trace could begin with them.
    before: String,
}

impl Traces {
    fn add(&mut self, part: &str) {
        self.something = self.something || !part.trim().is_empty();
        if self.zero_byte.is_none() {
            self.zero_byte = part
                .find('\0')
                .map(|at| self.newlines + 1 + part[..at].matches('\n').count());
        }
        if self.lost == 0 {
            let before_loss = part.split('\u{FFFD}').next().unwrap_or_default();
            self.newlines_before_loss = self.newlines + before_loss.matches('\n').count();
        }
        self.newlines += part.matches('\n').count();
        self.lost += part.matches('\u{FFFD}').count();
        // A trace may lie across the end of a part: the last two letters stay, and what they showed is not counted again.
        let shown = decoded_twice(&self.before);
        self.before.push_str(part);
        self.twice += decoded_twice(&self.before) - shown;
        let kept = self.before.char_indices().rev().nth(1);
        self.before.drain(..kept.map_or(0, |(at, _)| at));
    }

    /// A sentence when the text shows the traces of UTF-8 once read as Windows-1252 (`Ã©` for `é`), or of lost letters.
    fn doubt(&self) -> Option<String> {
        match (self.twice, self.lost) {
            (0, 0) => None,
            (0, lost) => Some(format!(
                "{lost} letters were already lost (shown as a question mark in a diamond) before this file was made"
            )),
            (twice, _) => Some(format!(
                "{twice} letters look as if an earlier program read UTF-8 as Windows-1252; export the file again as UTF-8"
            )),
        }
    }
}

/// Traces of letters that were decoded twice.
fn decoded_twice(text: &str) -> usize {
    let traces = ["Ã©", "Ã¨", "â€™", "Ã³"];
    traces.iter().map(|trace| text.matches(trace).count()).sum()
}

/// The encoding a byte order mark states, and the bytes after it.
fn mark(bytes: &[u8]) -> (Option<Encoding>, &[u8]) {
    if let Some(rest) = bytes.strip_prefix(b"\xEF\xBB\xBF") {
        (Some(Encoding::Utf8), rest)
    } else if let Some(rest) = bytes.strip_prefix(b"\xFF\xFE") {
        (Some(Encoding::Utf16Le), rest)
    } else if let Some(rest) = bytes.strip_prefix(b"\xFE\xFF") {
        (Some(Encoding::Utf16Be), rest)
    } else {
        (None, bytes)
    }
}

/// UTF-16 without a mark: in such text of a Latin script nearly every second byte is zero.
fn guess_utf16(bytes: &[u8]) -> Option<Encoding> {
    let sample = &bytes[..bytes.len().min(8192)];
    let zeros = |offset: usize| {
        sample
            .iter()
            .skip(offset)
            .step_by(2)
            .filter(|byte| **byte == 0)
            .count()
    };
    let (even, odd) = (zeros(0), zeros(1));
    let many = sample.len() / 5;
    if sample.len() >= 4 && odd > many && even * 8 <= odd {
        Some(Encoding::Utf16Le)
    } else if sample.len() >= 4 && even > many && odd * 8 <= even {
        Some(Encoding::Utf16Be)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn open(bytes: &[u8], told: Option<Encoding>) -> Result<Text, Error> {
        Text::open(Source::held(bytes.to_vec()), told)
    }

    /// The text in windows of which only a part is ever done.
    fn whole(text: &Text) -> String {
        let mut all = String::new();
        text.windows(|window, _, is_last| {
            let mut done = if is_last {
                window.len()
            } else {
                window.len() / 2 + 1
            };
            while !window.is_char_boundary(done) {
                done += 1;
            }
            all.push_str(&window[..done]);
            Ok(ControlFlow::Continue(done))
        })
        .expect("decodes");
        all
    }

    fn utf16(text: &str, little: bool, mark: bool) -> Vec<u8> {
        let units = mark
            .then_some(0xFEFF)
            .into_iter()
            .chain(text.encode_utf16());
        units
            .flat_map(|unit| {
                if little {
                    unit.to_le_bytes()
                } else {
                    unit.to_be_bytes()
                }
            })
            .collect()
    }

    #[test]
    fn every_encoding_is_recognised() {
        let text = "Surname,Town\r\nO’Neill,Wien\r\nGarcía,København\r\n";
        let with_mark = [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat();
        let western = WINDOWS_1252.encode(text).0.into_owned();
        for (bytes, expected) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            (with_mark, Encoding::Utf8),
            (utf16(text, true, true), Encoding::Utf16Le),
            (utf16(text, false, true), Encoding::Utf16Be),
            (utf16(text, true, false), Encoding::Utf16Le),
            (utf16(text, false, false), Encoding::Utf16Be),
            (western, Encoding::Windows1252),
        ] {
            let decoded = open(&bytes, None).expect("decodes");
            assert_eq!(decoded.encoding(), expected);
            assert_eq!(whole(&decoded), text);
        }
    }

    #[test]
    fn a_wrong_encoding_is_refused_with_its_line() {
        let error = open(b"a,b\nc,\xE9\n", Some(Encoding::Utf8))
            .err()
            .expect("refused");
        assert!(matches!(
            error,
            Error::Encoding {
                encoding: "utf-8",
                line: 2
            }
        ));
    }

    #[test]
    fn workbooks_and_binary_files_are_refused() {
        assert!(matches!(
            open(b"PK\x03\x04rest", None),
            Err(Error::Workbook)
        ));
        assert!(matches!(
            open(b"a,b\n\0,c\n", None),
            Err(Error::Binary { line: 2 })
        ));
    }

    #[test]
    fn letters_damaged_before_us_are_noticed() {
        assert!(
            open("a\nJosÃ©\n".as_bytes(), None)
                .expect("decodes")
                .doubt()
                .is_some()
        );
        assert!(
            open("a\nJosé\n".as_bytes(), None)
                .expect("decodes")
                .doubt()
                .is_none()
        );
    }

    proptest! {
        #[test]
        fn traces_do_not_depend_on_the_parts(text in "[aÃ©â€™³\n \u{FFFD}\0]{0,30}", cut in any::<proptest::sample::Index>()) {
            let mut whole = Traces::default();
            whole.add(&text);
            let mut at = cut.index(text.len() + 1);
            while !text.is_char_boundary(at) {
                at += 1;
            }
            let mut parts = Traces::default();
            parts.add(&text[..at]);
            parts.add(&text[at..]);
            let facts = |traces: &Traces| (traces.newlines, traces.newlines_before_loss, traces.zero_byte, traces.something, traces.lost, traces.twice);
            prop_assert_eq!(facts(&whole), facts(&parts));
        }

    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(12))]

        #[test]
        fn long_texts_come_in_windows(letter in proptest::sample::select(vec!['a', 'é', '€', '😀']), more in 0usize..9, encoding in 0..4_usize) {
            let letter = if encoding == 3 && letter == '😀' { 'é' } else { letter };
            let mut text = "x".repeat(more);
            text.extend(std::iter::repeat_n(letter, PART));
            let bytes = match encoding {
                0 => text.clone().into_bytes(),
                1 => utf16(&text, true, false),
                2 => utf16(&text, false, true),
                _ => WINDOWS_1252.encode(&text).0.into_owned(),
            };
            let told = [Encoding::Utf8, Encoding::Utf16Le, Encoding::Utf16Be, Encoding::Windows1252][encoding];
            let opened = open(&bytes, Some(told)).expect("decodes");
            prop_assert!(whole(&opened) == text);
            prop_assert_eq!(opened.bytes_of(&text) + opened.start, bytes.len() as u64);
        }
    }
}
