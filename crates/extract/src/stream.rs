//! People from a plain table, a row a person, a part at a time: for open data and benches, where there is no mapping and the file may be larger
//! than memory.
//!
//! A custodian's own files are read by [`crate::read_people`], which knows titles, encodings, code lists and several rows a person.

use std::collections::BTreeMap;

use kinfold_identity::{
    AddressSpell, DateEvidence, DateOrder, DateRules, Initial, MixedDateOrder, NO_MONTH, NhsNumber,
    Nino, Person, PostcodeSector, Rejected, SexCodes, Uln, Upn, Uprn, read_address, read_date,
    read_family_names, read_given_names, read_middle_names, read_place, read_sex,
};
use zeroize::Zeroizing;

/// Which column holds what: roles as in `mapping.toml`, and positions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableColumns {
    /// Each value that is read: its role, and the positions of the columns that make it up. A role that stands several times is several
    /// values; for `address` these are the lines of one.
    pub columns: Vec<(&'static str, Vec<usize>)>,
}

/// The roles that a table's column can have.
pub const TABLE_ROLES: [&str; 16] = [
    "given_name",
    "middle_names",
    "family_name",
    "given_initial",
    "family_initial",
    "birth_date",
    "sex",
    "birth_place",
    "postcode",
    "postcode_sector",
    "address",
    "uprn",
    "nhs_number",
    "upn",
    "nino",
    "uln",
];

impl TableColumns {
    /// Adds a value of one or several columns; an unknown role is `false`.
    pub fn add(&mut self, role: &str, positions: &[usize]) -> bool {
        let Some(role) = TABLE_ROLES.into_iter().find(|known| *known == role) else {
            return false;
        };
        self.columns.push((role, positions.to_vec()));
        true
    }

    /// The text of each birth date of a row.
    pub fn birth_dates<'a>(
        &self,
        cell: impl Fn(usize) -> &'a str,
    ) -> impl Iterator<Item = Zeroizing<String>> {
        let dates = self.columns.iter().filter(|(role, _)| *role == BIRTH_DATE);
        dates.map(move |(role, positions)| joined(role, positions, &cell))
    }

    /// The rules of the birth dates, from the first of them: the order of day and month (unless it is told), what 1 January means. The years
    /// from 1600 are believed, as open data go back to parish registers.
    ///
    /// # Errors
    /// When no order is told, and dates with the day first and with the month first are mixed.
    pub fn date_rules<'a>(
        &self,
        cells: impl Iterator<Item = &'a str>,
        told: Option<DateOrder>,
    ) -> Result<DateRules, MixedDateOrder> {
        let mut seen = DateEvidence::default();
        cells.for_each(|cell| seen.add(cell));
        let inferred = match told {
            Some(order) => seen.rules_in(order),
            None => seen.rules()?,
        };
        Ok(DateRules {
            year_min: 1600,
            ..inferred
        })
    }
}

/// The role of birth dates.
const BIRTH_DATE: &str = "birth_date";
/// What stands for the day or month that a date in several columns lacks.
const NOT_KNOWN: &str = "??";

/// One text of several cells: words with spaces between them; a date as `5/3/1999`, in the order of the columns.
///
/// A date without its day or month is still a date. One without its year is none, and must not become one: in `5/3/??` the end would be
/// read as a year of two digits.
fn joined<'a>(
    role: &str,
    positions: &[usize],
    cell: &impl Fn(usize) -> &'a str,
) -> Zeroizing<String> {
    let cells = || positions.iter().map(|&position| cell(position).trim());
    let mut text = Zeroizing::new(String::new());
    if role != BIRTH_DATE {
        for part in cells().filter(|part| !part.is_empty()) {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(part);
        }
        return text;
    }
    // Data frames write whole numbers as 5.0 where a cell is missing.
    let number = |part: &'a str| part.strip_suffix(".0").unwrap_or(part);
    let has_year = cells().any(|part| number(part).len() == 4);
    for (index, part) in cells().enumerate() {
        let part = match number(part) {
            "" if has_year && positions.len() > 1 => NOT_KNOWN,
            part => part,
        };
        if index > 0 && !part.is_empty() && !text.is_empty() {
            text.push('/');
        }
        text.push_str(part);
    }
    text
}

/// What one row says.
#[derive(Debug, Default)]
pub struct TablePerson {
    /// The person.
    pub person: Person,
    /// Roles whose cell holds something that is no value of theirs, with the rule that says so.
    pub rejected: Vec<(&'static str, &'static str)>,
}

/// Reads one row; `cell` gives the text at a position.
pub fn read_table_row<'a>(
    columns: &TableColumns,
    rules: &DateRules,
    cell: impl Fn(usize) -> &'a str,
) -> TablePerson {
    let mut row = TablePerson::default();
    // Most tables have a column for each value, and then nothing is copied.
    let several = columns
        .columns
        .iter()
        .any(|(_, positions)| positions.len() != 1);
    let texts: Vec<Zeroizing<String>> = if several {
        let all = columns.columns.iter();
        all.map(|(role, positions)| joined(role, positions, &cell))
            .collect()
    } else {
        Vec::new()
    };
    let mut lines: Vec<&str> = Vec::new();
    let mut postcode = "";
    let mut uprn = None;
    for (index, (role, positions)) in columns.columns.iter().enumerate() {
        let role = *role;
        let text = match (texts.get(index), positions.first()) {
            (Some(text), _) => text.as_str(),
            (None, Some(&position)) => cell(position).trim(),
            (None, None) => continue,
        };
        if text.is_empty() {
            continue;
        }
        let person = &mut row.person;
        let read: Result<(), Rejected> = match role {
            "given_name" => read_given_names(text).map(|names| person.add_given_names(names)),
            "middle_names" => {
                read_middle_names(text).map(|names| person.middle_names.extend(names))
            }
            "family_name" => read_family_names(text).map(|names| person.family_names.extend(names)),
            "given_initial" => Initial::read(text).map(|own| person.first_initials.push(own)),
            "family_initial" => Initial::read(text).map(|own| person.last_initials.push(own)),
            "birth_date" => read_date(text, rules).map(|date| person.births.push(date)),
            "sex" => match read_sex(text, SexCodes::Standard) {
                Some(sex) => {
                    person.sex = Some(sex);
                    Ok(())
                }
                None => Err(Rejected::Placeholder),
            },
            "birth_place" => read_place(text).map(|place| person.birth_place = Some(place)),
            "postcode" => {
                postcode = text;
                Ok(())
            }
            "postcode_sector" => PostcodeSector::read(text).map(|own| person.sectors.push(own)),
            "address" => {
                lines.push(text);
                Ok(())
            }
            "uprn" => Uprn::parse(text).map(|own| uprn = Some(own)),
            "nhs_number" => NhsNumber::parse(text).map(|own| person.nhs = Some(own)),
            "upn" => Upn::parse(text).map(|own| person.add_upn(own)),
            "nino" => Nino::parse(text).map(|own| person.nino = Some(own)),
            _ => Uln::parse(text).map(|own| person.uln = Some(own)),
        };
        if let Err(reason) = read
            && !matches!(reason, Rejected::Empty | Rejected::Placeholder)
        {
            row.rejected.push((role, reason.rule()));
        }
    }
    if !postcode.is_empty() {
        match kinfold_identity::Postcode::read(postcode) {
            Err(reason) if reason != Rejected::Empty => {
                row.rejected.push(("postcode", reason.rule()));
            }
            _ => {}
        }
    }
    let address = read_address(&lines, postcode).ok();
    if address.is_some() || uprn.is_some() {
        row.person.addresses.push(AddressSpell {
            address,
            uprn,
            from: NO_MONTH,
            to: NO_MONTH,
        });
    }
    row
}

/// Counts of values that could not be read, by role and rule.
pub type RejectedCounts = BTreeMap<(&'static str, &'static str), usize>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_read_by_its_roles_and_what_is_no_value_is_named() {
        let mut columns = TableColumns::default();
        for (position, role) in [
            "given_name",
            "family_name",
            "birth_date",
            "postcode",
            "address",
        ]
        .into_iter()
        .enumerate()
        {
            assert!(columns.add(role, &[position]));
        }
        assert!(!columns.add("shoe size", &[9]));
        let rules = columns
            .date_rules(["14/03/1791", "03/04/1950"].into_iter(), None)
            .unwrap();
        let cells = ["Aisha", "Begum", "14/03/1791", "QQ1", "12 Hill Road"];
        let row = read_table_row(&columns, &rules, |position| cells[position]);
        assert_eq!(row.person.first_names, ["AISHA"]);
        assert_eq!(row.person.births[0].iso(), "1791-03-14");
        assert_eq!(row.rejected, [("postcode", "shape")]);
        assert_eq!(row.person.addresses.len(), 1);
        let mixed = || ["14/03/1991", "03/14/1991"].into_iter();
        assert!(columns.date_rules(mixed(), None).is_err());
        let told = columns
            .date_rules(mixed(), Some(DateOrder::MonthFirst))
            .unwrap();
        let cells = ["Aisha", "Begum", "03/14/1791", "", ""];
        let row = read_table_row(&columns, &told, |position| cells[position]);
        assert_eq!(row.person.births[0].iso(), "1791-03-14");
    }

    #[test]
    fn a_value_of_several_columns_is_one_text() {
        let mut columns = TableColumns::default();
        columns.add("birth_date", &[0, 1, 2]);
        columns.add("given_name", &[3, 4]);
        columns.add("address", &[5, 6]);
        columns.add("address", &[7]);
        columns.add("postcode", &[8]);
        let read = |cells: [&'static str; 9]| {
            read_table_row(&columns, &DateRules::default(), |position| cells[position])
        };
        let row = read([
            "5",
            "3",
            "1999",
            "Ana",
            "Rose",
            "12",
            "Hill Road",
            "Leeds",
            "LS7 4DN",
        ]);
        assert_eq!(row.person.births[0].iso(), "1999-03-05");
        assert_eq!(row.person.first_names, ["ANA"]);
        let address = row.person.addresses[0].address.as_ref().unwrap();
        assert_eq!(address.canonical().as_deref(), Some("|12|HILLROAD|LS7 4DN"));
        for (cells, born) in [
            (["5.0", "3.0", "1999.0"], Some("1999-03-05")),
            (["", "3", "1999"], Some("1999-03")),
            (["", "", "1999"], Some("1999")),
            (["5", "3", "99"], Some("1999-03-05")),
            // Without a year there is no date, and none is made of the rest.
            (["5", "3", ""], None),
            (["5", "", ""], None),
            (["", "", ""], None),
        ] {
            let [day, month, year] = cells;
            let row = read([day, month, year, "Ana", "", "", "", "", ""]);
            let read: Vec<String> = row.person.births.iter().map(|date| date.iso()).collect();
            assert_eq!(read.first().map(String::as_str), born, "{cells:?}");
        }
        let texts: Vec<_> = columns
            .birth_dates(|position| ["5", "3", "1999"][position])
            .collect();
        assert_eq!(texts[0].as_str(), "5/3/1999");
    }
}
