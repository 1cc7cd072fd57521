//! From the rows of an events file to events: the mapping's rules say which rows are events, and of which kind.
//!
//! A row that no rule takes stops the custodian: a new code in a case system must be looked at once, not dropped in silence. It is
//! shown by pattern (`AA-9`), count and line, because a wrongly mapped column may hold names.

use crate::columns::{DateColumns, find_column};
use crate::dates::{DateForms, Day};
use crate::error::Error;
use crate::mapping::{Band, EventRule, EventsInput, Mapping};
use crate::rows::Rows;
use crate::sheet::{Assumed, Sheet};
use crate::table::Table;
use std::collections::BTreeMap;

/// One event as the custodian's file has it. There may be many, so it takes 28 bytes: code and service are the mapping's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Event {
    /// Index of the events file in the mapping.
    pub file: u32,
    /// Index of the rule that took it.
    rule: u32,
    /// Grade; 0 for none.
    pub grade: u8,
    /// It has no end because it goes on.
    pub ongoing: bool,
    /// The first row with the own id; `u32::MAX` when no people row has it.
    row: u32,
    /// First, or only, day.
    pub start: Day,
    /// Last day, if it ended.
    pub end: Option<Day>,
}

impl Event {
    /// A row of the person; `None` when no people row has the own id.
    pub fn row(&self) -> Option<usize> {
        (self.row != u32::MAX).then_some(self.row as usize)
    }

    /// The event's code.
    ///
    /// # Panics
    /// When the event is of another mapping.
    pub fn code<'mapping>(&self, mapping: &'mapping Mapping) -> &'mapping str {
        let rule = &mapping.events[self.file as usize].rules[self.rule as usize];
        let code = rule.code.as_ref();
        code.expect("a rule without a code makes no events")
            .get_ref()
    }

    /// The service to call.
    ///
    /// # Panics
    /// When the event is of another mapping.
    pub fn service<'mapping>(&self, mapping: &'mapping Mapping) -> &'mapping str {
        let input = &mapping.events[self.file as usize];
        let rule = &input.rules[self.rule as usize];
        rule.service.as_ref().unwrap_or(&input.service).get_ref()
    }
}

/// What was read from one events file, in counts.
#[derive(Clone, Debug, serde::Serialize)]
pub struct EventsReport {
    /// The dataset.
    pub dataset: String,
    /// The file as the mapping names it.
    pub file: String,
    /// Rows read.
    pub rows: usize,
    /// What was assumed about the file.
    pub assumed: Assumed,
    /// Events by code.
    pub codes: BTreeMap<String, usize>,
    /// Rows that a `leave_out` rule took.
    pub left_out: usize,
    /// Rows without an own id.
    pub without_own_id: usize,
    /// Rows whose start date is missing or cannot be read.
    pub without_start: usize,
    /// Events whose end lies before their start; the end was dropped.
    pub end_before_start: usize,
    /// Values that no rule takes. Each blocks.
    pub unknown: Vec<Unknown>,
}

/// Rows with a value that the mapping does not know.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Unknown {
    /// The column or columns.
    pub column: String,
    /// The values' pattern: letters `A`, digits `9`, the rest as it is.
    pub pattern: String,
    /// How many rows have it.
    pub rows: usize,
    /// 1-based line of the first.
    pub line: usize,
}

/// Reads the events of one table: the events file of the mapping with this index.
///
/// # Errors
/// When a mapped column is not in the sheet, or a date column mixes day-first and month-first dates.
pub(crate) fn read_events(
    table: &Table,
    mapping: &Mapping,
    file: usize,
    people: &Rows,
    events: &mut Vec<Event>,
) -> Result<EventsReport, Error> {
    let input = &mapping.events[file];
    let told = !input.dates.is_empty();
    let dates = std::iter::once(&input.start).chain(&input.end);
    let dates = dates
        .filter(|_| !told)
        .map(|column| column.get_ref().as_str());
    let dates = DateColumns::of_table(table, dates)?;
    // Also a table without rows must have the columns.
    Reader::new(&table.heading(), input, &dates)?;
    let source = mapping
        .people
        .iter()
        .position(|people| &people.source == input.people.get_ref());
    let source = source.expect("the mapping was checked: its events name a people source");
    let mut report = EventsReport {
        dataset: input.dataset.clone(),
        file: input.file.clone(),
        rows: table.rows(),
        assumed: table.assumed().clone(),
        codes: BTreeMap::new(),
        left_out: 0,
        without_own_id: 0,
        without_start: 0,
        end_before_start: 0,
        unknown: Vec::new(),
    };
    let mut unknown: BTreeMap<(String, String), (usize, usize)> = BTreeMap::new();
    table.parts(|_, sheet| {
        let reader = Reader::new(sheet, input, &dates)?;
        for row in 0..sheet.rows() {
            let mut block = |column: String, pattern: String| {
                unknown
                    .entry((column, pattern))
                    .or_insert((0, sheet.line(row)))
                    .0 += 1;
            };
            let taken = reader.rules.iter().position(|rule| reader.takes(rule, row));
            let Some(number) = taken else {
                let (column, pattern) = reader.describe(row);
                block(column, pattern);
                continue;
            };
            let rule = &reader.rules[number];
            let Some(code) = &rule.written.code else {
                report.left_out += 1;
                continue;
            };
            let Some(grade) = reader.grade(rule, row) else {
                let column = rule
                    .grade_column
                    .expect("only a graded rule can fail to grade");
                block(
                    sheet.columns()[column].clone(),
                    pattern(reader.text(row, column)),
                );
                continue;
            };
            let own_id = reader.text(row, reader.own_id);
            if own_id.is_empty() {
                report.without_own_id += 1;
                continue;
            }
            let Some(start) = reader.start.1.read(reader.text(row, reader.start.0)) else {
                report.without_start += 1;
                continue;
            };
            let (end, still_open) = match reader.end {
                Some((column, forms)) => {
                    let cell = reader.text(row, column);
                    (forms.read(cell), cell.is_empty())
                }
                None => (None, false),
            };
            let reversed = end.is_some_and(|end| end < start);
            report.end_before_start += usize::from(reversed);
            let code = code.get_ref();
            let ongoing = still_open && input.ongoing.contains(code);
            *report.codes.entry(code.clone()).or_default() += 1;
            events.push(Event {
                file: file as u32,
                rule: number as u32,
                grade,
                ongoing,
                row: people.find(source, own_id).unwrap_or(u32::MAX),
                start,
                end: end.filter(|_| !reversed),
            });
        }
        Ok(())
    })?;
    report.unknown = unknown
        .into_iter()
        .map(|((column, pattern), (rows, line))| Unknown {
            column,
            pattern,
            rows,
            line,
        })
        .collect();
    Ok(report)
}

/// A rule with its columns found.
struct Rule<'input> {
    written: &'input EventRule,
    values: Vec<(usize, &'input [String])>,
    numbers: Vec<(usize, Band)>,
    grade_column: Option<usize>,
}

/// The columns of a sheet, found once.
struct Reader<'input> {
    sheet: &'input Sheet,
    input: &'input EventsInput,
    own_id: usize,
    start: (usize, DateForms),
    end: Option<(usize, DateForms)>,
    rules: Vec<Rule<'input>>,
}

impl<'input> Reader<'input> {
    fn new(
        sheet: &'input Sheet,
        input: &'input EventsInput,
        dates: &DateColumns,
    ) -> Result<Self, Error> {
        let find_column = |name: &str| find_column(sheet, name, input.own_id.get_ref());
        let dated = |name: &str| -> Result<(usize, DateForms), Error> {
            let column = find_column(name)?;
            Ok((column, dates.forms(sheet, column, &input.dates)?))
        };
        let mut rules = Vec::with_capacity(input.rules.len());
        for rule in &input.rules {
            let values = rule
                .when
                .iter()
                .map(|(name, values)| Ok((find_column(name)?, values.as_slice())));
            let numbers = rule
                .when_number
                .iter()
                .map(|(name, band)| Ok((find_column(name)?, *band)));
            rules.push(Rule {
                written: rule,
                values: values.collect::<Result<_, Error>>()?,
                numbers: numbers.collect::<Result<_, Error>>()?,
                grade_column: rule
                    .grade_from
                    .as_ref()
                    .map(|from| find_column(&from.column))
                    .transpose()?,
            });
        }
        Ok(Self {
            sheet,
            input,
            own_id: find_column(input.own_id.get_ref())?,
            start: dated(input.start.get_ref())?,
            end: input
                .end
                .as_ref()
                .map(|column| dated(column.get_ref()))
                .transpose()?,
            rules,
        })
    }

    /// A cell; empty when it holds one of the values that mean "nothing here".
    fn text(&self, row: usize, column: usize) -> &'input str {
        let cell = self.sheet.cell(row, column);
        if self
            .input
            .empty
            .iter()
            .any(|empty| empty.eq_ignore_ascii_case(cell))
        {
            ""
        } else {
            cell
        }
    }

    fn takes(&self, rule: &Rule<'_>, row: usize) -> bool {
        let value = |(column, values): &(usize, &[String])| {
            let cell = self.text(row, *column);
            values.iter().any(|value| value.eq_ignore_ascii_case(cell))
        };
        let number = |(column, band): &(usize, Band)| {
            number(self.text(row, *column)).is_some_and(|number| in_band(*band, number))
        };
        rule.values.iter().all(value) && rule.numbers.iter().all(number)
    }

    /// The grade; `None` when the grading column holds a value that the rule does not list.
    fn grade(&self, rule: &Rule<'_>, row: usize) -> Option<u8> {
        match (&rule.written.grade_from, rule.grade_column) {
            (Some(from), Some(column)) => {
                let cell = self.text(row, column);
                from.values
                    .iter()
                    .find(|(value, _)| value.eq_ignore_ascii_case(cell))
                    .map(|(_, grade)| *grade)
            }
            _ => Some(rule.written.grade),
        }
    }

    /// The columns that decide and the pattern of their values in a row, for the list of what is unknown.
    fn describe(&self, row: usize) -> (String, String) {
        let mut columns: Vec<usize> = self
            .rules
            .iter()
            .flat_map(|rule| {
                rule.values
                    .iter()
                    .map(|(column, _)| *column)
                    .chain(rule.numbers.iter().map(|(column, _)| *column))
            })
            .collect();
        columns.sort_unstable();
        columns.dedup();
        let names: Vec<&str> = columns
            .iter()
            .map(|column| self.sheet.columns()[*column].as_str())
            .collect();
        let patterns: Vec<String> = columns
            .iter()
            .map(|column| pattern(self.text(row, *column)))
            .collect();
        (names.join(" + "), patterns.join(" + "))
    }
}

fn in_band(band: Band, number: f64) -> bool {
    band.from.is_none_or(|from| number >= from) && band.below.is_none_or(|below| number < below)
}

/// A number, with or without a percent sign; a comma may stand for the point.
fn number(cell: &str) -> Option<f64> {
    let cell = cell.trim_end_matches('%').trim();
    if cell.is_empty()
        || !cell
            .bytes()
            .all(|byte| byte.is_ascii_digit() || matches!(byte, b'.' | b',' | b'-'))
    {
        return None;
    }
    cell.replace(',', ".").parse().ok()
}

/// The shape of a value without the value: `TA-B&B` is `AA-A&A`, an empty cell is `(empty)`.
fn pattern(cell: &str) -> String {
    if cell.is_empty() {
        return "(empty)".to_owned();
    }
    let shape = |c: char| match c {
        c if c.is_numeric() => '9',
        c if c.is_alphabetic() => 'A',
        c => c,
    };
    let mut text: String = cell.chars().take(24).map(shape).collect();
    if cell.chars().count() > 24 {
        text.push('…');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sheet::Told;
    use crate::source::Source;
    use crate::table::Memory;
    use std::path::Path;

    const MAPPING: &str = r#"
custodian = "c"
[[people]]
source = "s"
file = "people.csv"
datasets = ["d"]
columns = { own_id = "ID" }
[[events]]
dataset = "d"
file = "events.csv"
service = "team"
people = "s"
own_id = "ID"
start = "From"
end = "To"
ongoing = ["a/open"]
empty = ["NULL"]
[[events.rule]]
when = { Kind = ["TA"] }
code = "a/open"
[[events.rule]]
when = { Kind = ["DA"] }
code = "a/graded"
service = "other"
grade_from = { column = "Grade", values = { "" = 1, H = 3 } }
[[events.rule]]
when = { Kind = ["ATT"] }
when_number = { "Att %" = { from = 50.0, below = 90.0 } }
code = "a/low"
[[events.rule]]
when = { Kind = ["NO", "ATT"] }
leave_out = true
"#;

    fn read(rows: &str) -> (Vec<Event>, EventsReport) {
        let mapping = Mapping::parse(MAPPING).expect("a mapping");
        let text = format!("ID,Kind,Grade,Att %,From,To\n{rows}");
        let table =
            Table::find(Source::held(text.into_bytes()), &Told::default()).expect("a table");
        let people = Rows::held(Vec::new(), Memory::default(), Path::new("."));
        let mut events = Vec::new();
        let report = read_events(&table, &mapping, 0, &people, &mut events).expect("read");
        (events, report)
    }

    #[test]
    fn rules_make_events() {
        let (events, report) = read(
            "1,ta,,,01/02/2026,NULL\n2,TA,,,01/02/2026,05/02/2026\n3,DA,H,,01/02/2026,\n4,DA,,,13/02/2026,\n5,ATT,,89.9,01/02/2026,\n6,ATT,,90.0,01/02/2026,\n7,NO,,,,\n",
        );
        let mapping = Mapping::parse(MAPPING).expect("a mapping");
        let seen: Vec<(&str, bool, u8, &str)> = events
            .iter()
            .map(|event| {
                (
                    event.code(&mapping),
                    event.ongoing,
                    event.grade,
                    event.service(&mapping),
                )
            })
            .collect();
        assert_eq!(
            seen,
            [
                ("a/open", true, 0, "team"),
                ("a/open", false, 0, "team"),
                ("a/graded", false, 3, "other"),
                ("a/graded", false, 1, "other"),
                ("a/low", false, 0, "team")
            ]
        );
        assert_eq!((report.left_out, report.unknown.len()), (2, 0));
        assert_eq!(report.codes["a/graded"], 2);
    }

    #[test]
    fn unknown_values_block_by_pattern_and_line() {
        let (events, report) =
            read("1,B&B,,,01/02/2026,\n2,B&B,,,01/02/2026,\n3,DA,M,,01/02/2026,\n");
        assert!(events.is_empty());
        let shown: Vec<(&str, &str, usize, usize)> = report
            .unknown
            .iter()
            .map(|unknown| {
                (
                    unknown.column.as_str(),
                    unknown.pattern.as_str(),
                    unknown.rows,
                    unknown.line,
                )
            })
            .collect();
        assert_eq!(
            shown,
            [
                ("Grade", "A", 1, 4),
                ("Kind + Att %", "A&A + (empty)", 2, 2)
            ]
        );
    }

    #[test]
    fn rows_that_cannot_be_used_are_counted() {
        let (events, report) =
            read(",TA,,,01/02/2026,\n2,TA,,,soon,\n3,TA,,,05/02/2026,01/02/2026\n");
        assert_eq!(
            (
                events.len(),
                report.without_own_id,
                report.without_start,
                report.end_before_start
            ),
            (1, 1, 1, 1)
        );
        assert_eq!((events[0].end, events[0].ongoing), (None, false));
    }
}
