//! The custodian's own list of which record is whose: `CUSTODIAN-PERIOD.local-references.csv`, which never leaves.

use crate::encoded::hex;
use std::collections::BTreeSet;
use std::io::Write;

/// All lines of the list, in few bytes each.
#[derive(Default)]
pub struct References {
    sources: Vec<String>,
    /// All own ids, one after another.
    own_ids: String,
    lines: Vec<Line>,
}

#[derive(Clone, Copy)]
struct Line {
    record_ref: [u8; 16],
    /// Where the own id is among all own ids.
    start: usize,
    length: u32,
    source: u32,
    person: u32,
}

impl References {
    /// Adds an own id of a person.
    pub fn add(&mut self, source: &str, own_id: &str, record_ref: [u8; 16], person: u32) {
        let known = self.sources.iter().position(|known| known == source);
        let source = known.unwrap_or_else(|| {
            self.sources.push(source.to_owned());
            self.sources.len() - 1
        });
        self.lines.push(Line {
            record_ref,
            start: self.own_ids.len(),
            length: own_id.len() as u32,
            source: source as u32,
            person,
        });
        self.own_ids.push_str(own_id);
    }

    /// Keeps the lines of some people, and sorts them by source, own id and record.
    pub fn keep(&mut self, mut is_kept: impl FnMut(u32) -> bool) {
        self.lines.retain(|line| is_kept(line.person));
        let mut lines = std::mem::take(&mut self.lines);
        lines.sort_unstable_by_key(|line| (self.text(line), line.record_ref));
        self.lines = lines;
    }

    fn text(&self, line: &Line) -> (&str, &str) {
        (
            &self.sources[line.source as usize],
            &self.own_ids[line.start..line.start + line.length as usize],
        )
    }

    /// Writes the list as a table.
    ///
    /// # Errors
    /// When the writer fails.
    pub fn write_to(&self, writer: &mut dyn Write) -> std::io::Result<()> {
        self.write_some(writer, |_| true)
    }

    /// The lines of some records, as a table.
    pub fn of_records(&self, records: &BTreeSet<[u8; 16]>) -> Vec<u8> {
        let mut bytes = Vec::new();
        self.write_some(&mut bytes, |line| records.contains(&line.record_ref))
            .expect("memory can be written to");
        bytes
    }

    fn write_some(
        &self,
        writer: &mut dyn Write,
        wanted: impl Fn(&Line) -> bool,
    ) -> std::io::Result<()> {
        let mut writer = csv::Writer::from_writer(writer);
        writer.write_record(["source", "own_id", "record_ref"])?;
        for line in self.lines.iter().filter(|line| wanted(line)) {
            let (source, own_id) = self.text(line);
            writer.write_record([source, own_id, hex(&line.record_ref).as_str()])?;
        }
        writer.flush()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_of_references_is_a_sorted_table() {
        let mut references = References::default();
        references.add("housing", "7,\"x\"", [0xAB; 16], 0);
        references.add("housing", "10", [0x01; 16], 1);
        references.add("benefits", "9", [0x02; 16], 2);
        references.keep(|person| person != 1);
        let mut bytes = Vec::new();
        references.write_to(&mut bytes).expect("written to memory");
        assert_eq!(
            String::from_utf8(bytes).expect("text"),
            format!(
                "source,own_id,record_ref\nbenefits,9,{}\nhousing,\"7,\"\"x\"\"\",{}\n",
                "02".repeat(16),
                "ab".repeat(16)
            )
        );
        let some = references.of_records(&BTreeSet::from([[0x02; 16]]));
        assert_eq!(
            String::from_utf8(some).expect("text"),
            format!("source,own_id,record_ref\nbenefits,9,{}\n", "02".repeat(16))
        );
    }
}
