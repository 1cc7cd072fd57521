//! A document with places whose text must be what the engine gives.
//!
//! A place is named by the words before and after it, so that the document needs no marks. With `UPDATE_EXPECT=1` a place that is
//! wrong is written again.

use std::ops::Range;
use std::path::{Path, PathBuf};

/// A document and what is known about it so far.
pub struct Page {
    path: PathBuf,
    text: String,
    /// Places that were compared.
    seen: Vec<Range<usize>>,
    faults: Vec<String>,
    changed: bool,
}

impl Page {
    /// Reads a document of the manual.
    pub fn read(path: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path);
        let text = std::fs::read_to_string(&path).expect("the document is there");
        Self {
            path,
            text,
            seen: Vec::new(),
            faults: Vec::new(),
            changed: false,
        }
    }

    /// Between `before`, which stands in the document once, and the next `after` must stand `value`.
    pub fn says(&mut self, before: &str, value: impl ToString, after: &str) {
        let value = value.to_string();
        let starts: Vec<usize> = self.text.match_indices(before).map(|(at, _)| at).collect();
        let [start] = starts[..] else {
            let times = starts.len();
            return self.fault(format!("`{before}` is there {times} times and not once"));
        };
        let start = start + before.len();
        let Some(length) = self.text[start..].find(after) else {
            return self.fault(format!("after `{before}` there is no `{after}`"));
        };
        let found = self.text[start..start + length].to_owned();
        if found != value {
            if std::env::var_os("UPDATE_EXPECT").is_none() {
                self.fault(format!(
                    "after `{before}` it says `{found}` and not `{value}`"
                ));
            } else {
                self.text.replace_range(start..start + length, &value);
                self.changed = true;
                for place in self.seen.iter_mut().filter(|place| place.start > start) {
                    place.start = place.start + value.len() - length;
                    place.end = place.end + value.len() - length;
                }
            }
        }
        let length = if self.changed { value.len() } else { length };
        self.seen.push(start..start + length);
    }

    /// Runs of eight and more digits to the base sixteen, with a letter among them, that nothing was compared with.
    fn unseen_codes(&self) -> Vec<String> {
        let is_code = |word: &str| {
            word.len() >= 8
                && word.bytes().all(|c| c.is_ascii_hexdigit())
                && word.bytes().any(|c| c.is_ascii_alphabetic())
                && word.bytes().any(|c| c.is_ascii_digit())
        };
        let mut codes = Vec::new();
        let mut start = 0;
        for word in self.text.split_inclusive(|c: char| !c.is_alphanumeric()) {
            let letters = word.trim_end_matches(|c: char| !c.is_alphanumeric());
            let inside = |place: &Range<usize>| place.start <= start && start < place.end;
            if is_code(letters) && !self.seen.iter().any(inside) {
                codes.push(letters.to_owned());
            }
            start += word.len();
        }
        codes
    }

    fn fault(&mut self, fault: String) {
        self.faults.push(fault);
    }

    /// Every code in the document was compared with something.
    pub fn has_nothing_unseen(&mut self) {
        for code in self.unseen_codes() {
            self.fault(format!("nothing checks `{code}`"));
        }
    }

    /// Ends the comparison with all that is wrong.
    fn done(self) -> Vec<String> {
        if self.changed {
            std::fs::write(&self.path, &self.text).expect("the document is written");
        }
        let name = self.path.file_name().expect("a file").to_string_lossy();
        let faults = self.faults.iter();
        faults.map(|fault| format!("{name}: {fault}")).collect()
    }
}

/// Ends the comparison of some documents.
///
/// # Panics
/// With all that is wrong.
pub fn all_are_right(documents: impl IntoIterator<Item = Page>) {
    let faults: Vec<String> = documents.into_iter().flat_map(Page::done).collect();
    assert!(
        faults.is_empty(),
        "UPDATE_EXPECT=1 writes values again, not words:\n{}",
        faults.join("\n")
    );
}
