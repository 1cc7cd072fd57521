//! `mapping.toml`: which file, which column, which value means what. One file a custodian, written once and kept.
//!
//! It is strict: a key that nobody knows is an error with its line, so that a typing mistake cannot silently drop a column. The
//! crate's README shows a whole example.

use crate::decode::Encoding;
use crate::error::Error;
use crate::people_rules::{Births, Values};
use crate::sheet::Told;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use toml::Spanned;

/// A custodian's mapping.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The custodian, as the agreement calls it.
    pub custodian: String,
    /// The table of pairs that the custodian decided to be one person or two, relative to the mapping file.
    pub decided: Option<String>,
    /// Files with a row a person.
    pub people: Vec<PeopleInput>,
    /// Files with a row an event.
    #[serde(default)]
    pub events: Vec<EventsInput>,
}

/// How a file is laid out; every part left out is recognised.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FileForm {
    /// The text's encoding.
    pub encoding: Option<Encoding>,
    /// The character between fields; `"\t"` is the tab.
    pub delimiter: Option<char>,
    /// The 1-based line of the column names.
    pub header_line: Option<usize>,
}

impl FileForm {
    /// As the sheet reader wants it.
    pub fn told(&self) -> Told {
        Told {
            encoding: self.encoding,
            delimiter: self.delimiter.and_then(|c| u8::try_from(c).ok()),
            header_line: self.header_line,
        }
    }
}

/// A file with a row a person.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PeopleInput {
    /// Id of this source of people, unique in the agreement.
    pub source: String,
    /// The file, relative to the mapping file.
    pub file: String,
    /// How the file is laid out.
    #[serde(default)]
    pub form: FileForm,
    /// What an own id is.
    #[serde(default)]
    pub own_ids: OwnIds,
    /// The datasets that know a person because this source does: what was checked for them.
    pub datasets: Vec<String>,
    /// Values that mean "nothing here", besides the empty cell.
    #[serde(default)]
    pub empty: Vec<String>,
    /// The date formats that occur. Left out: recognised, column by column.
    #[serde(default)]
    pub dates: Vec<DateForm>,
    /// What is known about the birth dates beside their format.
    #[serde(default)]
    pub births: Births,
    /// Role to column.
    pub columns: Columns,
    /// Role to the values that mean something.
    #[serde(default)]
    pub values: Values,
}

/// What an own id of a source is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OwnIds {
    /// A person: two own ids are two people, unless identifiers or exact identities say otherwise.
    #[default]
    People,
    /// A visit, a claim, an application: two own ids say nothing about people.
    Records,
}

/// A date format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, serde::Serialize)]
pub enum DateForm {
    /// Day, month, year: `31/08/2026`, `31-8-26`, `31.08.2026`, a time after it or not.
    #[serde(rename = "dd/mm/yyyy")]
    DayMonthYear,
    /// Month, day, year, the American order.
    #[serde(rename = "mm/dd/yyyy")]
    MonthDayYear,
    /// `2026-08-31`, a time after it or not.
    #[serde(rename = "yyyy-mm-dd")]
    YearMonthDay,
    /// `20260831`.
    #[serde(rename = "yyyymmdd")]
    Compact,
    /// `31-AUG-2026`.
    #[serde(rename = "dd-mon-yyyy")]
    DayMonthNameYear,
    /// Days since 1900 as Excel counts them.
    #[serde(rename = "excel-serial")]
    ExcelSerial,
}

/// One column's name, with its place in the mapping file.
pub type Column = Spanned<String>;

/// Which column holds what about a person. Every column that is not named here is not read.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Columns {
    /// The custodian's own id of the person.
    pub own_id: Column,
    /// First given name; may hold further ones after a blank.
    pub given_name: Option<Column>,
    /// Middle names.
    pub middle_names: Option<Column>,
    /// Family name.
    pub family_name: Option<Column>,
    /// Former family names: maiden, previous, preferred. Several columns may be listed.
    #[serde(default)]
    pub former_family_name: OneOrMore,
    /// Given names the person is also known by.
    #[serde(default)]
    pub known_as_given: OneOrMore,
    /// Family names the person is also known by.
    #[serde(default)]
    pub known_as_family: OneOrMore,
    /// First initial, where the source holds no given name.
    pub given_initial: Option<Column>,
    /// Family initial, where the source holds no family name.
    pub family_initial: Option<Column>,
    /// Birth date.
    pub birth_date: Option<Column>,
    /// Sex.
    pub sex: Option<Column>,
    /// Place of birth.
    pub birth_place: Option<Column>,
    /// NHS number.
    pub nhs_number: Option<Column>,
    /// Trace status of the NHS number; only numbers whose status is listed in `values.nhs_verified` count as verified.
    pub nhs_trace: Option<Column>,
    /// Unique pupil number.
    pub upn: Option<Column>,
    /// Former unique pupil numbers. Several columns may be listed. They are further values and never proof.
    #[serde(default)]
    pub former_upn: OneOrMore,
    /// Unique learner number.
    pub uln: Option<Column>,
    /// National Insurance number.
    pub nino: Option<Column>,
    /// Unique property reference number.
    pub uprn: Option<Column>,
    /// The address, or its parts from the smallest to the largest (flat, house, street, locality, town).
    #[serde(default)]
    pub address: OneOrMore,
    /// Town, where it has a column of its own. Used only when the linkage schema lists the field.
    pub town: Option<Column>,
    /// Telephone numbers. Several columns may be listed. Used only when the linkage schema lists the field.
    #[serde(default)]
    pub telephone: OneOrMore,
    /// E-mail addresses. Several columns may be listed. Used only when the linkage schema lists the field.
    #[serde(default)]
    pub email: OneOrMore,
    /// Postcode.
    pub postcode: Option<Column>,
    /// Postcode sector, where the source holds no full postcode.
    pub postcode_sector: Option<Column>,
    /// First day at the address.
    pub address_from: Option<Column>,
    /// Last day on which the address was confirmed.
    pub address_confirmed: Option<Column>,
    /// Last contact with the person.
    pub last_contact: Option<Column>,
    /// Flag: this record must never be linked.
    pub do_not_link: Option<Column>,
    /// Flag: the address is protected.
    pub protected_address: Option<Column>,
}

impl Columns {
    /// Two roles of a name that were given one column, and the second's place: every person would be called `Smith Smith`.
    fn name_column_used_twice(&self) -> Option<(&'static str, &'static str, &Column)> {
        let single = [
            ("given_name", &self.given_name),
            ("middle_names", &self.middle_names),
            ("family_name", &self.family_name),
        ];
        let lists = [
            ("former_family_name", &self.former_family_name),
            ("known_as_given", &self.known_as_given),
            ("known_as_family", &self.known_as_family),
        ];
        let roles: Vec<(&'static str, &Column)> = single
            .into_iter()
            .filter_map(|(role, column)| Some((role, column.as_ref()?)))
            .chain(
                lists
                    .into_iter()
                    .flat_map(|(role, columns)| columns.0.iter().map(move |column| (role, column))),
            )
            .collect();
        roles
            .iter()
            .enumerate()
            .find_map(|(index, (role, column))| {
                let (earlier, _) = roles[..index].iter().find(|(earlier, other)| {
                    earlier != role && crate::sheet::same_name(other.get_ref(), column.get_ref())
                })?;
                Some((*earlier, *role, *column))
            })
    }
}

/// One column or a list of columns.
#[derive(Clone, Debug, Default)]
pub struct OneOrMore(pub Vec<Column>);

impl<'de> Deserialize<'de> for OneOrMore {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a column name or a list of column names")]
        enum Form {
            One(String),
            More(Vec<String>),
        }
        let spanned = Spanned::<Form>::deserialize(deserializer)?;
        let span = spanned.span();
        let names = match spanned.into_inner() {
            Form::One(name) => vec![name],
            Form::More(names) => names,
        };
        Ok(Self(
            names
                .into_iter()
                .map(|name| Spanned::new(span.clone(), name))
                .collect(),
        ))
    }
}

/// A file with a row an event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventsInput {
    /// The dataset these events are of.
    pub dataset: String,
    /// The file, relative to the mapping file.
    pub file: String,
    /// How the file is laid out.
    #[serde(default)]
    pub form: FileForm,
    /// The service to call about them: an id of the party's contacts in the agreement.
    pub service: Spanned<String>,
    /// The people source whose own ids the file uses.
    pub people: Spanned<String>,
    /// The column with the person's own id.
    pub own_id: Column,
    /// The column with the start, or the only, date.
    pub start: Column,
    /// The column with the end date.
    pub end: Option<Column>,
    /// Codes that still go on when the end is empty; for the others an empty end means nothing.
    #[serde(default)]
    pub ongoing: Vec<String>,
    /// Values that mean "nothing here", besides the empty cell.
    #[serde(default)]
    pub empty: Vec<String>,
    /// The date formats that occur. Left out: recognised, column by column.
    #[serde(default)]
    pub dates: Vec<DateForm>,
    /// The rules, in order: the first that takes a row decides. A row that none takes blocks.
    #[serde(rename = "rule")]
    pub rules: Vec<EventRule>,
}

/// One rule: conditions, and what a row that meets them is.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EventRule {
    /// Column to the values of which the row must have one. `""` is the empty cell.
    #[serde(default)]
    pub when: BTreeMap<String, Vec<String>>,
    /// Column to the band in which the row's number must lie.
    #[serde(default)]
    pub when_number: BTreeMap<String, Band>,
    /// The service to call about these events, where it is not the one of the whole file.
    pub service: Option<Spanned<String>>,
    /// The event's code in the agreement.
    pub code: Option<Spanned<String>>,
    /// `true`: the row is not an event.
    #[serde(default)]
    pub leave_out: bool,
    /// The event's grade; 0 when left out.
    #[serde(default)]
    pub grade: u8,
    /// The column that grades the event, and what its values mean.
    pub grade_from: Option<GradeFrom>,
}

/// A band of numbers.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Band {
    /// Lower bound, inside the band.
    pub from: Option<f64>,
    /// Upper bound, outside the band.
    pub below: Option<f64>,
}

/// A column that grades an event.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GradeFrom {
    /// The column.
    pub column: String,
    /// Value to grade, 0 to 255. `""` is the empty cell. Other values block.
    pub values: BTreeMap<String, u8>,
}

impl Mapping {
    /// Reads a mapping file.
    ///
    /// # Errors
    /// When the file cannot be read or is not a mapping: then with the line.
    pub fn load(path: &Path) -> Result<Self, Error> {
        let text = std::fs::read_to_string(path).map_err(|error| Error::Read {
            path: path.to_owned(),
            error,
        })?;
        Self::parse(&text).map_err(|error| error.in_file(path))
    }

    /// Reads the text of a mapping file.
    ///
    /// # Errors
    /// When the text is not a mapping, with the line.
    pub fn parse(text: &str) -> Result<Self, Error> {
        let mapping: Self = toml::from_str(text).map_err(|error| Error::Mapping {
            what: first_line(error.message()),
            line: error.span().map(|span| line_of(text, &span)),
            hint: "correct this line of the mapping file; the manual, reference, mapping.toml, lists every key".to_owned(),
        })?;
        mapping.check(text)?;
        Ok(mapping)
    }

    /// What the types cannot say.
    fn check(&self, text: &str) -> Result<(), Error> {
        let wrong = |what: String, span: Option<Range<usize>>, hint: &str| {
            Err(Error::Mapping {
                what,
                line: span.map(|span| line_of(text, &span)),
                hint: hint.to_owned(),
            })
        };
        if self.people.is_empty() {
            return wrong(
                "the mapping has no `[[people]]`".to_owned(),
                None,
                "add a `[[people]]` table for each file of people",
            );
        }
        let sources: Vec<&str> = self
            .people
            .iter()
            .map(|input| input.source.as_str())
            .collect();
        for (index, input) in self.people.iter().enumerate() {
            if sources[..index].contains(&input.source.as_str()) {
                return wrong(
                    format!("the people source `{}` is listed twice", input.source),
                    Some(input.columns.own_id.span()),
                    "give each file of people its own `source`",
                );
            }
            if let Some((one, other, column)) = input.columns.name_column_used_twice() {
                return wrong(
                    format!(
                        "`{one}` and `{other}` name the same column, `{}`",
                        column.get_ref()
                    ),
                    Some(column.span()),
                    "give each name its own column; a column with the whole name must be split before it comes here",
                );
            }
            if let Some(told) = &input.births.made_on
                && input.births.made_on().is_none()
            {
                return wrong(
                    "`made_on` is not a day".to_owned(),
                    Some(told.span()),
                    "write it as `made_on = \"2026-08-31\"`",
                );
            }
            if input.columns.nhs_trace.is_some() && input.columns.nhs_number.is_none() {
                return wrong(
                    "`nhs_trace` is given without `nhs_number`".to_owned(),
                    input.columns.nhs_trace.as_ref().map(Spanned::span),
                    "name the column of the NHS number too",
                );
            }
        }
        for input in &self.events {
            if !sources.contains(&input.people.get_ref().as_str()) {
                return wrong(
                    format!(
                        "the events of `{}` use people source `{}`, which is not listed",
                        input.file,
                        input.people.get_ref()
                    ),
                    Some(input.people.span()),
                    "use the `source` of one of the `[[people]]` tables",
                );
            }
            let known = self.people.iter().any(|people| {
                &people.source == input.people.get_ref() && people.datasets.contains(&input.dataset)
            });
            if !known {
                return wrong(
                    format!(
                        "dataset `{}` has events but people source `{}` does not list it",
                        input.dataset,
                        input.people.get_ref()
                    ),
                    Some(input.people.span()),
                    "add the dataset to `datasets` of that `[[people]]` table: its people were checked for these events",
                );
            }
            for rule in &input.rules {
                if rule.code.is_some() == rule.leave_out {
                    return wrong(
                        "a rule needs either `code` or `leave_out = true`".to_owned(),
                        Some(
                            rule.code
                                .as_ref()
                                .map_or(input.own_id.span(), Spanned::span),
                        ),
                        "say for each rule what its rows are",
                    );
                }
                if rule.when.is_empty() && rule.when_number.is_empty() {
                    return wrong(
                        "a rule has no condition, so it would take every row".to_owned(),
                        Some(
                            rule.code
                                .as_ref()
                                .map_or(input.own_id.span(), Spanned::span),
                        ),
                        "give it a `when` or a `when_number`",
                    );
                }
            }
        }
        Ok(())
    }
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or_default().to_owned()
}

fn line_of(text: &str, span: &Range<usize>) -> usize {
    text.as_bytes()[..span.start.min(text.len())]
        .split(|byte| *byte == b'\n')
        .count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const SMALL: &str = r#"
custodian = "police"

[[people]]
source = "police-people"
file = "people.txt"
datasets = ["police-incidents"]
empty = ["N/K"]
[people.columns]
own_id = "REF"
family_name = "SURNAME"
address = ["HOUSE", "STREET"]

[[events]]
dataset = "police-incidents"
file = "incidents.txt"
service = "front-desk"
people = "police-people"
own_id = "REF"
start = "DATE"
[[events.rule]]
when = { CLASS = ["ASB"], ROLE = ["SUS"] }
code = "asb/incident"
[[events.rule]]
when_number = { AGE = { below = 10 } }
leave_out = true
"#;

    #[test]
    fn a_mapping_is_read() {
        let mapping = Mapping::parse(SMALL).expect("a mapping");
        assert_eq!(mapping.people[0].columns.address.0.len(), 2);
        assert_eq!(mapping.events[0].rules[0].when["ROLE"], ["SUS"]);
        assert_eq!(
            mapping.events[0].rules[1].when_number["AGE"],
            Band {
                from: None,
                below: Some(10.0)
            }
        );
    }

    #[test]
    fn the_day_of_a_file_is_a_day() {
        let births = |text: &str| {
            let births = format!("empty = [\"N/K\"]\nbirths = {{ {text} }}");
            Mapping::parse(&SMALL.replace("empty = [\"N/K\"]", &births))
        };
        let mapping = births("made_on = \"2026-08-31\", ages = \"pupil\", year_min = 1600");
        let births_told = &mapping.expect("a mapping").people[0].births;
        assert_eq!(
            births_told
                .made_on()
                .map(kinfold_identity::BirthDate::iso)
                .as_deref(),
            Some("2026-08-31")
        );
        for wrong in ["2026-02-30", "31/08/2026", "2026-8-31", ""] {
            let found = births(&format!("made_on = \"{wrong}\""));
            assert!(
                matches!(found, Err(Error::Mapping { line: Some(9), .. })),
                "{wrong}"
            );
        }
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let line_of_error = |from: &str, to: &str| match Mapping::parse(&SMALL.replace(from, to)) {
            Err(Error::Mapping { line, .. }) => line,
            other => panic!("expected a mapping error, got {other:?}"),
        };
        assert_eq!(line_of_error("family_name", "famly_name"), Some(11));
        assert_eq!(
            line_of_error(
                "family_name = \"SURNAME\"",
                "given_name = \"surname\"\nfamily_name = \"SURNAME\""
            ),
            Some(12)
        );
        assert_eq!(
            line_of_error("people = \"police-people\"", "people = \"elsewhere\""),
            Some(18)
        );
        assert_eq!(
            line_of_error("[\"police-incidents\"]", "[\"other\"]"),
            Some(18)
        );
        assert_eq!(
            line_of_error(
                "code = \"asb/incident\"",
                "code = \"asb/incident\"\nleave_out = true"
            ),
            Some(23)
        );
        assert_eq!(
            line_of_error("when_number = { AGE = { below = 10 } }\n", ""),
            Some(19)
        );
    }
}
