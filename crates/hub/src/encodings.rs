//! Files of encodings for `match`: clkhash's JSON, and raw packed filters.
//!
//! Both forms are bytes; comparing needs no agreement about the order of bits in a byte as long as both files have the same. A row
//! is padded with zero bits to whole 64-bit words, which changes neither Dice similarity nor Hamming distance.

use std::borrow::Cow;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kinfold_matcher::{MAX_BITS, PackedSet};
use kinfold_message::{Exit, Problem};

/// The filters of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Encodings {
    /// Bits of one filter in the file.
    pub(crate) bits: usize,
    /// The rows, padded to whole words.
    words: Vec<u64>,
}

impl Encodings {
    /// Reads a file: `.bin` with the given number of bits, anything else as clkhash JSON.
    pub(crate) fn read(path: &Path, bits: Option<usize>) -> Result<Self, Problem> {
        let bytes =
            std::fs::read(path).map_err(|error| Problem::io("read the encodings", path, &error))?;
        let is_raw = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("bin"));
        let encodings = if is_raw {
            Self::from_raw(&bytes, bits)
        } else {
            Self::from_clkhash(&bytes)
        };
        encodings.map_err(|reason| broken(path, &reason))
    }

    /// Rows of `bits / 8` bytes, one after another.
    fn from_raw(bytes: &[u8], bits: Option<usize>) -> Result<Self, String> {
        let bits = bits.ok_or("a .bin file needs `--bits`, the length of one filter")?;
        if bits == 0 || !bits.is_multiple_of(8) {
            return Err(format!("`--bits {bits}` is not a multiple of 8"));
        }
        if !bytes.len().is_multiple_of(bits / 8) {
            return Err(format!(
                "its {} bytes are not a whole number of {bits}-bit filters",
                bytes.len()
            ));
        }
        Self::pack(bits, bytes.chunks_exact(bits / 8).map(Ok))
    }

    /// `{"clks": ["base64", …]}`; other members are ignored.
    fn from_clkhash(bytes: &[u8]) -> Result<Self, String> {
        #[derive(serde::Deserialize)]
        struct File<'a> {
            #[serde(borrow)]
            clks: Vec<Cow<'a, str>>,
        }
        let file: File = serde_json::from_slice(bytes)
            .map_err(|e| format!("not clkhash JSON: line {}, column {}", e.line(), e.column()))?;
        let decoded = |(row, text): (usize, &Cow<str>)| {
            STANDARD
                .decode(text.as_bytes())
                .map_err(|_| format!("row {row} is not base64"))
        };
        let rows = file.clks.iter().enumerate().map(decoded);
        let bytes_per_row = match file.clks.first() {
            Some(first) => decoded((0, first))?.len(),
            None => 0,
        };
        Self::pack(bytes_per_row * 8, rows)
    }

    fn pack<Row: AsRef<[u8]>>(
        bits: usize,
        rows: impl Iterator<Item = Result<Row, String>>,
    ) -> Result<Self, String> {
        let width = bits.div_ceil(64);
        let mut words = Vec::with_capacity(rows.size_hint().0 * width);
        for (number, row) in rows.enumerate() {
            let row = row?;
            let row = row.as_ref();
            if row.len() * 8 != bits || bits == 0 || bits > MAX_BITS {
                return Err(format!(
                    "row {number} has {} bits; every row has the same number, from 8 to {MAX_BITS}",
                    row.len() * 8
                ));
            }
            for chunk in row.chunks(8) {
                let mut word = [0; 8];
                word[..chunk.len()].copy_from_slice(chunk);
                words.push(u64::from_le_bytes(word));
            }
        }
        Ok(Self { bits, words })
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        if self.bits == 0 {
            0
        } else {
            self.words.len() / self.bits.div_ceil(64)
        }
    }

    /// The rows as the matcher wants them; `None` when there is no row.
    pub(crate) fn packed(&self) -> Option<PackedSet<'_>> {
        self.part(0, self.len())
    }

    /// Rows `start..end`.
    pub(crate) fn part(&self, start: usize, end: usize) -> Option<PackedSet<'_>> {
        let width = self.bits.div_ceil(64);
        PackedSet::new(width * 64, self.words.get(start * width..end * width)?).ok()
    }
}

/// A file of encodings that cannot be used.
pub(crate) fn broken(path: &Path, reason: &str) -> Problem {
    Problem::new(
        "E-MATCH-FILE",
        Exit::CouldNotRun,
        format!("cannot read the encodings: {reason}"),
        "give clkhash JSON ({\"clks\":[base64,…]}), or raw filters in a .bin file with `--bits`",
    )
    .at(path.display().to_string())
}

/// A threshold as an exact fraction, so that 0.8 means four fifths and not the nearest binary number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Threshold {
    /// Over [`Threshold::denominator`].
    pub(crate) numerator: u32,
    /// A power of ten.
    pub(crate) denominator: u32,
}

impl Threshold {
    /// Reads a decimal from 0 to 1 with at most nine places.
    pub(crate) fn parse(text: &str) -> Result<Self, Problem> {
        let parse = || -> Option<Self> {
            let (whole, places) = text.split_once('.').unwrap_or((text, ""));
            let digits = |part: &str| part.bytes().all(|b| b.is_ascii_digit());
            if !digits(whole)
                || !digits(places)
                || places.len() > 9
                || whole.len() + places.len() == 0
            {
                return None;
            }
            let denominator = 10_u32.pow(places.len() as u32);
            let number = |part: &str| {
                if part.is_empty() {
                    Some(0)
                } else {
                    part.parse::<u32>().ok()
                }
            };
            let numerator = number(whole)?
                .checked_mul(denominator)?
                .checked_add(number(places)?)?;
            (numerator <= denominator).then_some(Self {
                numerator,
                denominator,
            })
        };
        parse().ok_or_else(|| {
            Problem::new(
                "E-MATCH-THRESHOLD",
                Exit::CouldNotRun,
                format!("`{text}` is not a threshold"),
                "a threshold is a decimal from 0 to 1 with at most nine places, such as 0.85",
            )
        })
    }

    /// The largest Hamming distance of a pair of `bits`-bit filters whose similarity `1 - distance / bits` reaches the threshold.
    pub(crate) fn distance_max(self, bits: usize) -> u32 {
        let rest = u64::from(self.denominator - self.numerator);
        (bits as u64 * rest / u64::from(self.denominator)) as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clkhash_json_and_raw_bytes_are_the_same_filters() {
        let json = br#"{"clks": ["AQAAAAAAAAAC", "/////////////w=="], "other": 1}"#;
        assert!(Encodings::from_clkhash(json).unwrap_err().contains("row 1"));
        let json = br#"{"clks": ["AQAAAAAAAAAC", "////////////"]}"#;
        let from_json = Encodings::from_clkhash(json).unwrap();
        let raw = [
            1, 0, 0, 0, 0, 0, 0, 0, 2, 255, 255, 255, 255, 255, 255, 255, 255, 255,
        ];
        assert_eq!(from_json, Encodings::from_raw(&raw, Some(72)).unwrap());
        assert_eq!((from_json.bits, from_json.len()), (72, 2));
        assert_eq!(from_json.packed().unwrap().bits, 128);
    }

    #[test]
    fn broken_files_say_what_is_wrong() {
        for (bytes, bits, says) in [
            (&b"123"[..], None, "--bits"),
            (b"123", Some(12), "multiple of 8"),
            (b"123", Some(16), "whole number"),
        ] {
            assert!(Encodings::from_raw(bytes, bits).unwrap_err().contains(says));
        }
        assert!(
            Encodings::from_clkhash(b"{}")
                .unwrap_err()
                .contains("not clkhash JSON")
        );
        assert!(
            Encodings::from_clkhash(br#"{"clks":["?"]}"#)
                .unwrap_err()
                .contains("row 0")
        );
    }

    #[test]
    fn no_rows_is_a_file_too() {
        assert_eq!(Encodings::from_clkhash(br#"{"clks":[]}"#).unwrap().len(), 0);
    }

    #[test]
    fn thresholds_are_exact() {
        let fraction = |text| {
            Threshold::parse(text)
                .map(|t| (t.numerator, t.denominator))
                .ok()
        };
        assert_eq!(fraction("0.85"), Some((85, 100)));
        assert_eq!(fraction("1"), Some((1, 1)));
        assert_eq!(fraction(".5"), Some((5, 10)));
        assert_eq!(fraction("1.0"), Some((10, 10)));
        for bad in ["", ".", "1.1", "-0.1", "0,8", "nan", "0.1234567891"] {
            assert_eq!(fraction(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_distance_reaches_the_threshold_exactly() {
        assert_eq!(Threshold::parse("0.9").unwrap().distance_max(1000), 100);
        assert_eq!(Threshold::parse("0.9001").unwrap().distance_max(1000), 99);
        assert_eq!(Threshold::parse("1").unwrap().distance_max(64), 0);
    }
}
