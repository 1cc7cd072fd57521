//! From the rows of a people file to people: each mapped cell is read by `kinfold-identity`, and what cannot be read is counted by
//! rule, never shown.

mod reader;

use crate::columns::DateColumns;
use crate::dates::{Day, civil};
use crate::error::Error;
use crate::mapping::PeopleInput;
use crate::rows::Rows;
use crate::sheet::{Assumed, Sheet};
use crate::steps::Way;
use crate::table::Table;
use kinfold_identity::{Person, Plain, Seen, month_number};
use rayon::prelude::*;
use reader::{Plan, Reader};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// Rows that one worker reads in a go.
const ROWS_OF_A_WORKER: usize = 512;

/// One row of a people file.
#[derive(Clone, Debug)]
pub struct PersonRow {
    /// Index of the people source in the mapping.
    pub source: usize,
    /// The custodian's own id.
    pub own_id: Plain<String>,
    /// 1-based line in the file.
    pub line: usize,
    /// What the row says.
    pub person: Person,
    /// Fields of which some value could not be read, a word for "not known" aside.
    pub rejected: Vec<&'static str>,
    /// Last contact with the person.
    pub last_contact: Option<Day>,
}

impl PersonRow {
    /// When the row was true last: on the day of the last contact, or else in the last month that its homes name.
    pub(crate) fn seen(&self) -> Seen {
        match self.last_contact {
            Some(day) => {
                let (year, month, day) = civil(day);
                let (year, month) = (u16::try_from(year), u8::try_from(month));
                let month = month_number(year.unwrap_or(0), month.unwrap_or(0));
                Seen::on(month, day.try_into().unwrap_or(0))
            }
            None => Seen::by_homes(&self.person),
        }
    }
}

/// What was read from one people file, in counts.
#[derive(Clone, Debug, serde::Serialize)]
pub struct PeopleReport {
    /// The people source.
    pub source: String,
    /// The file as the mapping names it.
    pub file: String,
    /// Rows read.
    pub rows: usize,
    /// Rows without an own id, left out.
    pub without_own_id: usize,
    /// What was assumed about the file.
    pub assumed: Assumed,
    /// Columns of the file that the mapping does not use; they are not sent.
    pub unused_columns: Vec<String>,
    /// Each mapped field, in the order of the mapping's documentation.
    pub fields: Vec<FieldReport>,
}

/// How well one field is filled.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct FieldReport {
    /// The role.
    pub field: &'static str,
    /// The column or columns.
    pub column: String,
    /// Rows with something in it.
    pub filled: usize,
    /// Rows whose value could be read.
    pub valid: usize,
    /// Rows whose value could not, by rule.
    pub rejected: BTreeMap<&'static str, usize>,
    /// Values that were read and are worth a look, by rule: an age that does not fit, a pupil number of an unknown authority. They
    /// are used all the same.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub doubtful: BTreeMap<&'static str, usize>,
}

/// A people file whose rows can be read again.
pub(crate) struct PeopleFile {
    pub(crate) table: Table,
    plan: Plan,
    path: PathBuf,
}

/// Reads a people file and adds its rows.
///
/// # Errors
/// When the file cannot be read, a mapped column is not in it, or a date column mixes day-first and month-first dates.
pub(crate) fn read_people(
    mut table: Table,
    path: &Path,
    input: &PeopleInput,
    source: usize,
    rows: &mut Rows,
    way: &Way<'_>,
) -> Result<PeopleReport, Error> {
    let dates = DateColumns::of_table(&table, Plan::date_columns(input))?;
    let heading = table.heading();
    let plan = Plan::new(&heading, input, &dates)?;
    let mut fields = plan.fields.clone();
    let mut with_own_id: Vec<u32> = Vec::with_capacity(table.rows());
    let all = table.rows();
    table.parts(|first, sheet| {
        way.at(first, all, all);
        for part in read_parts(&plan, sheet, input, source) {
            with_own_id.extend(part.numbers.iter().map(|row| first as u32 + row));
            rows.add(part.rows);
            for (field, more) in fields.iter_mut().zip(part.fields) {
                field.add(more);
            }
        }
        Ok(())
    })?;
    let report = PeopleReport {
        source: input.source.clone(),
        file: input.file.clone(),
        rows: table.rows(),
        without_own_id: table.rows() - with_own_id.len(),
        assumed: table.assumed().clone(),
        unused_columns: plan.unused_columns(&heading),
        fields,
    };
    table.keep(&with_own_id);
    let path = path.to_owned();
    rows.add_file(PeopleFile { table, plan, path }, input);
    Ok(report)
}

impl PeopleFile {
    /// Reads some rows again, ascending.
    pub(crate) fn load(
        &self,
        input: &PeopleInput,
        source: usize,
        rows: impl Iterator<Item = usize>,
    ) -> Result<Vec<PersonRow>, Error> {
        let sheet = self
            .table
            .part(rows)
            .map_err(|error| error.in_file(&self.path))?;
        let parts = read_parts(&self.plan, &sheet, input, source);
        Ok(parts.into_iter().flat_map(|part| part.rows).collect())
    }
}

/// What was read from some rows.
struct Part {
    rows: Vec<PersonRow>,
    /// The numbers in the sheet of those rows that have an own id.
    numbers: Vec<u32>,
    fields: Vec<FieldReport>,
}

/// Rows are independent, so they are read in parallel; parts stay in order, so the result does not depend on it.
fn read_parts(plan: &Plan, sheet: &Sheet, input: &PeopleInput, source: usize) -> Vec<Part> {
    let starts: Vec<usize> = (0..sheet.rows()).step_by(ROWS_OF_A_WORKER).collect();
    starts
        .into_par_iter()
        .map(|start| {
            let range = start..sheet.rows().min(start + ROWS_OF_A_WORKER);
            read_part(Reader::new(plan, sheet, input), sheet, source, range)
        })
        .collect()
}

fn read_part(mut reader: Reader<'_>, sheet: &Sheet, source: usize, range: Range<usize>) -> Part {
    let mut rows = Vec::with_capacity(range.len());
    let mut numbers = Vec::with_capacity(range.len());
    for row in range {
        let own_id = reader.own_id(row);
        if own_id.is_empty() {
            continue;
        }
        let own_id = Plain::new(own_id.to_owned());
        let last_contact = reader.last_contact(row);
        let (person, rejected) = reader.person(row);
        numbers.push(row as u32);
        rows.push(PersonRow {
            source,
            own_id,
            line: sheet.line(row),
            person,
            rejected,
            last_contact,
        });
    }
    Part {
        rows,
        numbers,
        fields: reader.fields,
    }
}

impl FieldReport {
    /// Adds the counts of other rows.
    fn add(&mut self, more: Self) {
        self.filled += more.filled;
        self.valid += more.valid;
        for (rule, count) in more.rejected {
            *self.rejected.entry(rule).or_default() += count;
        }
        for (rule, count) in more.doubtful {
            *self.doubtful.entry(rule).or_default() += count;
        }
    }
}

/// Whether somebody with this birth date is under 18 on a day; `None` when it cannot be told.
pub fn is_child(person: &Person, on: Day) -> Option<bool> {
    let (year, month, day) = civil(on);
    let mut answer = None;
    for birth in &person.births {
        let eighteenth = i32::from(birth.year) + 18;
        let is_child = match (eighteenth.cmp(&year), birth.month, birth.day) {
            (std::cmp::Ordering::Greater, ..) => true,
            (std::cmp::Ordering::Less, ..) => false,
            (std::cmp::Ordering::Equal, Some(birth_month), Some(birth_day)) => {
                (i32::from(birth_month), i32::from(birth_day)) > (month, day)
            }
            (std::cmp::Ordering::Equal, ..) => continue,
        };
        match answer {
            None => answer = Some(is_child),
            // Two birth dates that disagree about it.
            Some(other) if other != is_child => return None,
            Some(_) => {}
        }
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dates::days;
    use crate::mapping::Mapping;
    use crate::sheet::Told;
    use crate::source::Source;
    use crate::table::Memory;
    use kinfold_identity::{DateRules, read_date};

    const COLUMNS: &str = r#"
own_id = "ID"
given_name = "First"
middle_names = "Mid"
family_name = "Last"
former_family_name = ["Maiden"]
known_as_given = "AKA"
birth_date = "DOB"
sex = "Sex"
nhs_number = "NHS"
nhs_trace = "Trace"
upn = "UPN"
former_upn = "Old UPN"
address = ["House", "Street"]
postcode = "PC"
uprn = "UPRN"
address_from = "From"
address_confirmed = "To"
last_contact = "Seen"
do_not_link = "DNL"
"#;

    fn people(text: &str, input: &PeopleInput) -> Result<(Vec<PersonRow>, PeopleReport), Error> {
        let source = Source::held(text.as_bytes().to_vec());
        let table = Table::find(source, &Told::default()).expect("a table");
        let mut rows = Rows::new(Memory::default(), Path::new("."));
        let way = Way::new(&|_| (), "");
        let report = read_people(table, Path::new("f"), input, 0, &mut rows, &way)?;
        let all: Vec<u32> = (0..rows.len() as u32).collect();
        Ok((rows.load(&all)?, report))
    }

    fn read(rows: &str) -> (Vec<PersonRow>, PeopleReport) {
        let mapping = format!(
            "custodian = \"c\"\n[[people]]\nsource = \"s\"\nfile = \"f\"\ndatasets = []\nempty = [\"N/K\"]\n[people.columns]{COLUMNS}"
        );
        let mapping = Mapping::parse(&mapping).expect("a mapping");
        let header = "ID,First,Mid,Last,Maiden,AKA,DOB,Sex,NHS,Trace,UPN,Old UPN,House,Street,PC,UPRN,From,To,Seen,DNL,Notes";
        people(&format!("{header}\n{rows}"), &mapping.people[0]).expect("read")
    }

    fn field<'report>(report: &'report PeopleReport, name: &str) -> &'report FieldReport {
        report
            .fields
            .iter()
            .find(|field| field.field == name)
            .expect("a field of this name")
    }

    #[test]
    fn a_row_becomes_a_person() {
        let (rows, report) = read(
            "7,Kathy,A.,O'Neill,Smith,Kate,13/02/1990,F,999 000 0018,01,,,Flat 2 14,Mill Road,XE4 7AB,100023336956,01/02/2020,01/03/2021,05/06/2022,,free text\n",
        );
        let person = &rows[0].person;
        assert_eq!(person.first_names, ["KATHY", "KATE"]);
        assert_eq!(person.middle_names, ["A"]);
        assert_eq!(
            person
                .family_names
                .iter()
                .map(|name| name.whole.as_str())
                .collect::<Vec<_>>(),
            ["ONEILL", "SMITH"]
        );
        assert_eq!(person.births[0].iso(), "1990-02-13");
        assert!(person.nhs.is_some() && !person.do_not_link);
        assert_eq!(
            (person.addresses[0].from, person.addresses[0].to),
            (120 * 12 + 1, 121 * 12 + 2)
        );
        assert_eq!(rows[0].last_contact, Some(days(2022, 6, 5)));
        assert_eq!(
            (rows[0].line, report.unused_columns.as_slice()),
            (2, ["Notes".to_owned()].as_slice())
        );
    }

    #[test]
    fn what_cannot_be_read_is_counted_by_rule() {
        let (rows, report) = read(
            "1,Ann,,Unknown,,,01/01/1900,F,9990000018,02,,,1,High St,XE4 7AB,9E+11,,,,N,\n,Bob,,Lee,,,,,,,,,,,,,,,,,\n3,Cy,,Lee,,,13/01/2010,N/K,123,01,,,,,nonsense,,,,,see file,\n",
        );
        assert_eq!((rows.len(), report.without_own_id), (2, 1));
        assert_eq!(field(&report, "family_name").rejected["placeholder"], 1);
        assert_eq!(
            (
                field(&report, "birth_date").filled,
                field(&report, "birth_date").valid
            ),
            (2, 1)
        );
        assert_eq!(field(&report, "uprn").rejected.len(), 1);
        assert_eq!(field(&report, "sex").filled, 1);
        assert_eq!(field(&report, "postcode").rejected["shape"], 1);
        // A number that was not traced is valid, and not used.
        assert!(rows[0].person.nhs.is_none());
        assert_eq!(field(&report, "nhs_number").valid, 1);
        // An unclear word in a protecting flag protects.
        assert!(!rows[0].person.do_not_link && rows[1].person.do_not_link);
    }

    #[test]
    fn a_former_pupil_number_stays_apart_from_the_present_one() {
        let (rows, report) = read(
            "1,Ann,,Lee,,,,,,,G80120000101A,H801200001001,,,,,,,,,\n2,Bo,,Lee,,,,,,,H243278544154,,,,,,,,,,\n",
        );
        let person = &rows[0].person;
        assert!(person.upn.as_ref().is_some_and(|upn| !upn.is_permanent()));
        assert!(person.former_upns.len() == 1 && person.former_upns[0].is_permanent());
        assert_eq!(field(&report, "former_upn").valid, 1);
        // An authority that the census does not list is worth a look, and the number is kept.
        assert!(rows[1].person.upn.is_some());
        assert_eq!(field(&report, "upn").doubtful["unknown-authority"], 1);
    }

    #[test]
    fn contact_and_town_are_read_from_columns_of_their_own() {
        let mapping = "custodian = \"c\"\n[[people]]\nsource = \"s\"\nfile = \"f\"\ndatasets = []\n[people.columns]\nown_id = \"ID\"\n\
                       address = [\"No\", \"Street\"]\ntown = \"City\"\ntelephone = [\"Home\", \"Mobile\"]\nemail = \"Mail\"\n";
        let mapping = Mapping::parse(mapping).expect("a mapping");
        let (rows, report) = people(
            "ID,No,Street,City,Home,Mobile,Mail\n\
             1,12,Mill Road,St. Albans,020 7946 0018,+44 7700 900123,Ann@Example.org\n\
             2,,,Dartford,0,07700900123 / 020 7946 0018,none@none\n\
             3,,,SE18,12,,ann\n",
            &mapping.people[0],
        )
        .expect("read");
        let numbers = |row: usize| -> Vec<&str> {
            let all = rows[row].person.telephones.iter();
            all.map(kinfold_identity::Telephone::as_str).collect()
        };
        assert_eq!(numbers(0), ["02079460018", "07700900123"]);
        assert_eq!(numbers(1), ["07700900123", "02079460018"]);
        assert_eq!(rows[0].person.emails[0].as_str(), "ann@example.org");
        assert_eq!(
            rows[0].person.addresses[0].town.as_deref(),
            Some("ST ALBANS")
        );
        assert_eq!(
            rows[1].person.addresses[0].town.as_deref(),
            Some("DARTFORD")
        );
        assert!(rows[2].person.addresses.is_empty());
        assert_eq!(rows[2].rejected, ["telephone", "email", "town"]);
        assert_eq!(rows[1].rejected, [""; 0]);
        assert_eq!(field(&report, "telephone").valid, 2);
        assert_eq!(field(&report, "email").rejected["placeholder"], 1);
    }

    #[test]
    fn only_verified_nhs_numbers_are_used() {
        let used = |trace: &str| {
            let (rows, report) = read(&format!("1,Ann,,Lee,,,,,9990000018,{trace},,,,,,,,,,,\n"));
            assert_eq!(field(&report, "nhs_number").valid, 1);
            rows[0].person.nhs.is_some()
        };
        assert!(used("01") && used("1") && used("01 - verified"));
        assert!(
            !["", "02", "03", "04", "05", "06", "07", "08", "N/K"]
                .iter()
                .any(|trace| used(trace))
        );
    }

    #[test]
    fn what_is_told_about_birth_dates_is_obeyed() {
        let read = |births: &str, dates: &[&str]| {
            let mapping = format!(
                "custodian = \"c\"\n[[people]]\nsource = \"s\"\nfile = \"f\"\ndatasets = []\nbirths = {{ {births} }}\n[people.columns]\nown_id = \"ID\"\nbirth_date = \"DOB\"\nuln = \"ULN\"\n"
            );
            let mapping = Mapping::parse(&mapping).expect("a mapping");
            let mut rows = String::new();
            for (id, date) in dates.iter().enumerate() {
                rows.push_str(&format!("{id},{date},9990000017\n"));
            }
            people(&format!("ID,DOB,ULN\n{rows}"), &mapping.people[0]).expect("read")
        };
        let dates = [
            "2012-05-06",
            "1950-01-02",
            "2027-01-02",
            "1642-12-25",
            "07/03/12",
        ];
        let iso = |rows: &[PersonRow]| -> Vec<String> {
            rows.iter()
                .map(|row| {
                    row.person
                        .births
                        .first()
                        .map(|b| b.iso())
                        .unwrap_or_default()
                })
                .collect()
        };
        let (rows, report) = read("", &dates);
        assert_eq!(
            iso(&rows),
            ["2012-05-06", "1950-01-02", "2027-01-02", "", "2012-03-07"]
        );
        assert!(field(&report, "birth_date").doubtful.is_empty());
        assert!(rows.iter().all(|row| row.person.uln.is_some()));
        let told =
            "made_on = \"2026-08-31\", ages = \"pupil\", year_min = 1600, two_digit_pivot = 2010";
        let (rows, report) = read(told, &dates);
        assert_eq!(
            iso(&rows),
            ["2012-05-06", "1950-01-02", "", "1642-12-25", "1912-03-07"]
        );
        let births = field(&report, "birth_date");
        assert_eq!(
            (births.rejected["future"], births.doubtful["too-old"]),
            (1, 3)
        );
    }

    #[test]
    fn a_missing_column_is_named_with_what_is_there() {
        let mapping = format!(
            "custodian = \"c\"\n[[people]]\nsource = \"s\"\nfile = \"f\"\ndatasets = []\n[people.columns]{COLUMNS}"
        );
        let mapping = Mapping::parse(&mapping).expect("a mapping");
        match people("ID,Name\n1,Ann\n", &mapping.people[0]) {
            Err(Error::Column { column, found }) => {
                assert_eq!((column.as_str(), found.len()), ("First", 2));
            }
            other => panic!("expected a column error, got {other:?}"),
        }
    }

    /// A file without a header, or with another one: its first line is a person.
    #[test]
    fn a_person_is_not_shown_as_the_columns_of_a_file() {
        let mapping = format!(
            "custodian = \"c\"\n[[people]]\nsource = \"s\"\nfile = \"f\"\ndatasets = []\n[people.columns]{COLUMNS}"
        );
        let mapping = Mapping::parse(&mapping).expect("a mapping");
        let error = match people("7,Zoé,O’Neill\n8,Amy,Smith\n", &mapping.people[0]) {
            Err(error) => kinfold_message::Problem::from(error).to_string(),
            Ok(_) => panic!("expected a column error"),
        };
        assert!(error.contains("E-EXTRACT-COLUMN"), "{error}");
        assert!(!error.contains("Zoé") && !error.contains("Amy"), "{error}");
    }

    #[test]
    fn childhood_ends_on_the_eighteenth_birthday() {
        let born = |text: &str| Person {
            births: vec![read_date(text, &DateRules::default()).expect("a date")],
            ..Person::default()
        };
        let on = days(2026, 8, 31);
        assert_eq!(is_child(&born("31/08/2008"), on), Some(false));
        assert_eq!(is_child(&born("01/09/2008"), on), Some(true));
        assert_eq!(is_child(&born("2008"), on), None);
        assert_eq!(is_child(&born("2010"), on), Some(true));
        assert_eq!(is_child(&Person::default(), on), None);
    }
}
