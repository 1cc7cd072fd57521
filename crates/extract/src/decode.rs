//! From bytes to text: which encoding a file is in, and why we think so.
//!
//! Agencies' exports come as UTF-8, UTF-8 with a mark, UTF-16 ("Unicode text" from Excel) and Windows-1252. The guess is cheap
//! and certain in nearly every case: a byte order mark says it; a text that is valid UTF-8 and has a byte above 127 is UTF-8; one
//! that is not valid is Windows-1252, in which every byte means something.

use crate::error::Error;

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

/// The text of a file, the encoding it was read as, and what is odd about it.
pub(crate) struct Decoded {
    pub text: String,
    pub encoding: Encoding,
    /// A sentence for the report when the text looks as if it was decoded wrongly somewhere before us.
    pub doubt: Option<String>,
}

/// Decodes a file: as told, or as it looks.
pub(crate) fn decode(bytes: &[u8], told: Option<Encoding>) -> Result<Decoded, Error> {
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(Error::Workbook);
    }
    let (marked, body) = mark(bytes);
    let encoding = told.or(marked).unwrap_or_else(|| guess(body));
    let text = match encoding {
        Encoding::Utf8 => std::str::from_utf8(body)
            .map_err(|error| Error::Encoding {
                encoding: "utf-8",
                line: line_of(body, error.valid_up_to()),
            })?
            .to_owned(),
        Encoding::Utf16Le => whole(encoding_rs::UTF_16LE, body, "utf-16le")?,
        Encoding::Utf16Be => whole(encoding_rs::UTF_16BE, body, "utf-16be")?,
        Encoding::Windows1252 => encoding_rs::WINDOWS_1252
            .decode_without_bom_handling(body)
            .0
            .into_owned(),
    };
    if let Some(at) = text.find('\0') {
        return Err(Error::Binary {
            line: line_of(text.as_bytes(), at),
        });
    }
    let doubt = doubt(&text);
    Ok(Decoded {
        text,
        encoding,
        doubt,
    })
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

/// The encoding of bytes without a mark. In UTF-16 text of a Latin script nearly every second byte is zero.
fn guess(bytes: &[u8]) -> Encoding {
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
        Encoding::Utf16Le
    } else if sample.len() >= 4 && even > many && odd * 8 <= even {
        Encoding::Utf16Be
    } else if std::str::from_utf8(bytes).is_ok() {
        Encoding::Utf8
    } else {
        Encoding::Windows1252
    }
}

/// Decodes, refusing a text that holds impossible sequences.
fn whole(
    encoding: &'static encoding_rs::Encoding,
    bytes: &[u8],
    name: &'static str,
) -> Result<String, Error> {
    let (text, broken) = encoding.decode_without_bom_handling(bytes);
    if broken {
        let line = 1 + text
            .split('\u{FFFD}')
            .next()
            .unwrap_or_default()
            .matches('\n')
            .count();
        return Err(Error::Encoding {
            encoding: name,
            line,
        });
    }
    Ok(text.into_owned())
}

/// A sentence when the text shows the traces of UTF-8 once read as Windows-1252 (`Ã©` for `é`), or of lost letters.
fn doubt(text: &str) -> Option<String> {
    let lost = text.matches('\u{FFFD}').count();
    let twice = text.matches("Ã©").count()
        + text.matches("Ã¨").count()
        + text.matches("â€™").count()
        + text.matches("Ã³").count();
    match (twice, lost) {
        (0, 0) => None,
        (0, lost) => Some(format!(
            "{lost} letters were already lost (shown as a question mark in a diamond) before this file was made"
        )),
        (twice, _) => Some(format!(
            "{twice} letters look as if an earlier program read UTF-8 as Windows-1252; export the file again as UTF-8"
        )),
    }
}

/// The 1-based line of a byte offset.
fn line_of(bytes: &[u8], offset: usize) -> usize {
    bytes[..offset.min(bytes.len())]
        .split(|byte| *byte == b'\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

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
        let western = encoding_rs::WINDOWS_1252.encode(text).0.into_owned();
        for (bytes, expected) in [
            (text.as_bytes().to_vec(), Encoding::Utf8),
            (with_mark, Encoding::Utf8),
            (utf16(text, true, true), Encoding::Utf16Le),
            (utf16(text, false, true), Encoding::Utf16Be),
            (utf16(text, true, false), Encoding::Utf16Le),
            (utf16(text, false, false), Encoding::Utf16Be),
            (western, Encoding::Windows1252),
        ] {
            let decoded = decode(&bytes, None).expect("decodes");
            assert_eq!(decoded.encoding, expected);
            assert_eq!(decoded.text, text);
        }
    }

    #[test]
    fn a_wrong_encoding_is_refused_with_its_line() {
        let error = decode(b"a,b\nc,\xE9\n", Some(Encoding::Utf8))
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
            decode(b"PK\x03\x04rest", None),
            Err(Error::Workbook)
        ));
        assert!(matches!(
            decode(b"a,b\n\0,c\n", None),
            Err(Error::Binary { line: 2 })
        ));
    }

    #[test]
    fn letters_damaged_before_us_are_noticed() {
        assert!(
            decode("a\nJosÃ©\n".as_bytes(), None)
                .expect("decodes")
                .doubt
                .is_some()
        );
        assert!(
            decode("a\nJosé\n".as_bytes(), None)
                .expect("decodes")
                .doubt
                .is_none()
        );
    }
}
