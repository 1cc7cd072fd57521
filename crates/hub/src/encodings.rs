//! Files of encodings for `match`: clkhash's JSON, raw packed filters, and Arrow columns.
//!
//! All forms are bytes; comparing needs no agreement about the order of bits in a byte as long as both files have the same. A row
//! is padded with zero bits to whole 64-bit words, which changes neither Dice similarity nor Hamming distance. Files are mapped; raw and
//! Arrow filters of whole words are compared where they lie, and clkhash's are converted while the text is read.

use std::borrow::Cow;
use std::fmt;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kinfold_matcher::{MAX_BITS, PackedSet};
use kinfold_message::{Exit, Problem};
use kinfold_store::{ARROW_MAGIC, Filters, MappedFile, push_row};
use serde::de::{
    DeserializeSeed, Deserializer, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor,
};

/// How to read a file that does not say it all itself.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Form<'a> {
    /// Bits of one filter in a `.bin` file.
    pub(crate) bits: Option<usize>,
    /// Id of the filter in an Arrow file with several.
    pub(crate) filter: Option<&'a str>,
}

/// The filters of one file.
#[derive(Clone, Debug)]
pub(crate) struct Encodings {
    /// Open for as long as its filters are compared.
    file: MappedFile,
    filters: Filters,
    /// BLAKE3 of the file's bytes, in hexadecimal.
    pub(crate) hash: String,
}

impl Encodings {
    /// Reads a file: `.bin` with the given number of bits; what begins like one as Arrow; anything else as clkhash JSON.
    pub(crate) fn read(path: &Path, form: Form) -> Result<Self, Problem> {
        let file = MappedFile::open(path)?;
        let is_raw = path
            .extension()
            .is_some_and(|extension| extension.eq_ignore_ascii_case("bin"));
        let filters = if is_raw {
            let bits = form
                .bits
                .ok_or("a .bin file needs `--bits`, the length of one filter");
            bits.map_err(str::to_owned)
                .and_then(|bits| Filters::from_raw(&file, bits))
        } else if file.bytes().starts_with(ARROW_MAGIC) {
            Filters::from_arrow(&file, form.filter)
        } else {
            from_clkhash(file.bytes())
        };
        let filters = filters
            .and_then(fit)
            .map_err(|reason| broken(path, &reason))?;
        let hash = blake3::hash(file.bytes()).to_hex().to_string();
        Ok(Self {
            file,
            filters,
            hash,
        })
    }

    /// Bits of one filter in the file; 0 when it has no filter to tell.
    pub(crate) fn bits(&self) -> usize {
        self.filters.bits()
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.filters.len()
    }

    /// Whether the filters are compared where they lie in the file.
    pub(crate) fn is_in_place(&self) -> bool {
        self.filters.is_in_place()
    }

    /// Bytes of all filters.
    pub(crate) fn size(&self) -> u64 {
        self.filters.words().len() as u64 * 8
    }

    /// The rows as the matcher wants them; `None` when there is no row.
    pub(crate) fn packed(&self) -> Option<PackedSet<'_>> {
        let width = self.bits().div_ceil(64);
        if self.filters.is_empty() {
            return None;
        }
        PackedSet::new(width * 64, self.filters.words()).ok()
    }

    /// Refuses the file when it was changed meanwhile.
    pub(crate) fn check_unchanged(&self) -> Result<(), Problem> {
        self.file.check_unchanged()
    }
}

/// The filters, if they are what the matcher can compare.
fn fit(filters: Filters) -> Result<Filters, String> {
    if filters.bits() > MAX_BITS {
        return Err(format!(
            "its filters have {} bits, and {MAX_BITS} are the most",
            filters.bits()
        ));
    }
    if u32::try_from(filters.len()).is_err() {
        return Err(format!(
            "its {} rows are more than a row number can hold",
            filters.len()
        ));
    }
    Ok(filters)
}

/// `{"clks": ["base64", …]}`; other members are ignored.
fn from_clkhash(bytes: &[u8]) -> Result<Filters, String> {
    let mut rows = Rows::default();
    let mut parser = serde_json::Deserializer::from_slice(bytes);
    let read = ClkhashFile(&mut rows)
        .deserialize(&mut parser)
        .and_then(|()| parser.end());
    match (rows.fault, read) {
        (Some(fault), _) => Err(fault),
        // Not the parser's own text: it may quote what it met.
        (None, Err(e)) => Err(format!(
            "not clkhash JSON: line {}, column {}",
            e.line(),
            e.column()
        )),
        (None, Ok(())) => Ok(Filters::from_words(rows.bits, rows.words)),
    }
}

/// Filters while they are converted.
#[derive(Default)]
struct Rows {
    bits: usize,
    count: usize,
    words: Vec<u64>,
    /// One row's bytes.
    bytes: Vec<u8>,
    fault: Option<String>,
}

impl Rows {
    fn add(&mut self, text: &str) -> Result<(), String> {
        let row = self.count;
        self.bytes.clear();
        STANDARD
            .decode_vec(text.as_bytes(), &mut self.bytes)
            .map_err(|_| format!("row {row} is not base64"))?;
        let bits = self.bytes.len() * 8;
        if row == 0 {
            self.bits = bits;
        }
        if bits != self.bits || bits == 0 || bits > MAX_BITS {
            return Err(format!(
                "row {row} has {bits} bits; every row has the same number, from 8 to {MAX_BITS}"
            ));
        }
        push_row(&mut self.words, &self.bytes);
        self.count += 1;
        Ok(())
    }
}

struct ClkhashFile<'r>(&'r mut Rows);
struct Clks<'r>(&'r mut Rows);
struct Clk<'r>(&'r mut Rows);

impl<'de> DeserializeSeed<'de> for ClkhashFile<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for ClkhashFile<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with `clks`")
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let mut is_there = false;
        while let Some(name) = map.next_key::<Cow<str>>()? {
            if name != "clks" {
                map.next_value::<IgnoredAny>()?;
            } else if is_there {
                return Err(A::Error::duplicate_field("clks"));
            } else {
                map.next_value_seed(Clks(&mut *self.0))?;
                is_there = true;
            }
        }
        if is_there {
            Ok(())
        } else {
            Err(A::Error::missing_field("clks"))
        }
    }
}

impl<'de> DeserializeSeed<'de> for Clks<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Clks<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of texts in base64")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element_seed(Clk(&mut *self.0))?.is_some() {}
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for Clk<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_str(self)
    }
}

impl Visitor<'_> for Clk<'_> {
    type Value = ();
    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a text in base64")
    }
    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<(), E> {
        self.0.add(text).map_err(|fault| {
            self.0.fault = Some(fault);
            E::custom("a row that is not as the others")
        })
    }
}

/// A file of encodings that cannot be used.
pub(crate) fn broken(path: &Path, reason: &str) -> Problem {
    Problem::new(
        "E-MATCH-FILE",
        Exit::CouldNotRun,
        format!("cannot read the encodings: {reason}"),
        "give clkhash JSON ({\"clks\":[base64,…]}), an Arrow file with a column `filter_…`, or raw filters in a .bin file with `--bits`",
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

    fn raw(bytes: &[u8], bits: Option<usize>) -> Result<Encodings, Problem> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.bin");
        std::fs::write(&path, bytes).unwrap();
        Encodings::read(&path, Form { bits, filter: None })
    }

    #[test]
    fn clkhash_json_and_raw_bytes_are_the_same_filters() {
        let json = br#"{"clks": ["AQAAAAAAAAAC", "/////////////w=="], "other": 1}"#;
        assert!(from_clkhash(json).unwrap_err().contains("row 1"));
        let json = br#"{"count": 2, "clks": ["AQAAAAAAAAAC", "////////////"], "other": {}}"#;
        let from_json = from_clkhash(json).unwrap();
        let from_raw = raw(
            &[
                1, 0, 0, 0, 0, 0, 0, 0, 2, 255, 255, 255, 255, 255, 255, 255, 255, 255,
            ],
            Some(72),
        )
        .unwrap();
        assert_eq!(from_json.words(), from_raw.filters.words());
        assert_eq!((from_raw.bits(), from_raw.len()), (72, 2));
        assert_eq!(from_raw.packed().unwrap().bits, 128);
    }

    #[test]
    fn broken_files_say_what_is_wrong() {
        for (bytes, bits, says) in [
            (&b"123"[..], None, "--bits"),
            (b"123", Some(12), "multiple of 8"),
            (b"123", Some(16), "whole number"),
            (&[0; 16_384], Some(131_072), "are the most"),
        ] {
            assert!(raw(bytes, bits).unwrap_err().what.contains(says));
        }
        for (text, says) in [
            ("{}", "not clkhash JSON"),
            (r#"{"clks":["AQ=="],"clks":[]}"#, "not clkhash JSON"),
            (r#"{"clks":[7]}"#, "not clkhash JSON"),
            (r#"{"clks":["AQ=="]} x"#, "not clkhash JSON"),
            (r#"{"clks":["?"]}"#, "row 0"),
            (r#"{"clks":[""]}"#, "row 0"),
        ] {
            assert!(
                from_clkhash(text.as_bytes()).unwrap_err().contains(says),
                "{text}"
            );
        }
    }

    #[test]
    fn no_rows_is_a_file_too() {
        assert_eq!(from_clkhash(br#"{"clks":[]}"#).unwrap().len(), 0);
        assert!(raw(b"", Some(64)).unwrap().packed().is_none());
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
