//! People from a plain table, a row a person, a part at a time: for open data and benches, where there is no mapping and the file may be larger
//! than memory.
//!
//! A custodian's own files are read by [`crate::read_people`], which knows titles, encodings, code lists and several rows a person.

use std::collections::BTreeMap;

use kinfold_identity::{
    AddressSpell, DateEvidence, DateOrder, DateRules, Email, Initial, MixedDateOrder, NO_MONTH,
    NhsNumber, Nino, Person, PostcodeSector, Rejected, SexCodes, Uln, Upn, Uprn, infer_date_rules,
    read_address_abroad, read_date, read_family_names, read_given_names, read_middle_names,
    read_place, read_rest_of_date, read_sex, read_telephones, read_town,
};

/// Which column holds what: roles as in `mapping.toml`, and positions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TableColumns {
    /// Role and position of each column that is read, in the order in which they are told. Any role may stand several times: columns of `address`
    /// are its lines, from the smallest part to the largest; of the others each is one more value, and of those that a person has only one
    /// of the first that can be read.
    pub columns: Vec<(&'static str, usize)>,
    /// The birth date's position, when there is one.
    pub birth_date: Option<usize>,
}

/// The roles that a table's column can have.
pub const TABLE_ROLES: [&str; 19] = [
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
    "telephone",
    "email",
    "town",
];

/// Names that columns of a role usually have beside the role's own and the field's, letters and digits alone, the likeliest first.
pub fn usual_columns(role: &str) -> &'static [&'static str] {
    match role {
        "given_name" => &[
            "firstname",
            "forename",
            "forename1",
            "forenames",
            "givenname",
            "givennames",
            "fname",
            "christianname",
        ],
        "middle_names" => &[
            "middlename",
            "middlenames",
            "secondname",
            "secondforename",
            "forename2",
            "mname",
        ],
        "family_name" => &[
            "lastname",
            "surname",
            "familyname",
            "lname",
            "sname",
            "surname1",
        ],
        "birth_date" => &[
            "dateofbirth",
            "dob",
            "birthdate",
            "birthday",
            "borndate",
            "bdate",
        ],
        "sex" => &["gender", "sexcode", "gendercode"],
        "birth_place" => &["birthplace", "placeofbirth", "birthtown", "townofbirth"],
        "postcode" => &["postalcode", "pcode", "pcd", "zipcode", "zip"],
        "address" => &[
            "fulladdress",
            "homeaddress",
            "addressline1",
            "address1",
            "streetaddress",
        ],
        "nhs_number" => &["nhsnumber", "nhsno", "nhs"],
        "nino" => &["nationalinsurancenumber", "ninumber", "nationalinsuranceno"],
        "upn" => &["uniquepupilnumber", "pupilnumber"],
        "uprn" => &["uniquepropertyreferencenumber"],
        "telephone" => &[
            "phone",
            "phonenumber",
            "telephonenumber",
            "mobile",
            "mobilenumber",
            "mobilephone",
            "mobiletelephone",
            "tel",
            "telno",
            "contactnumber",
            "contactphone",
            "contacttelephone",
            "homephone",
            "hometelephone",
            "cell",
            "cellphone",
        ],
        "email" => &["emailaddress", "contactemail", "emailaddr"],
        "town" => &[
            "posttown",
            "city",
            "towncity",
            "townorcity",
            "suburb",
            "locality",
        ],
        _ => &[],
    }
}

impl TableColumns {
    /// Adds a column; an unknown role is `false`.
    pub fn add(&mut self, role: &str, position: usize) -> bool {
        let Some(role) = TABLE_ROLES.into_iter().find(|known| *known == role) else {
            return false;
        };
        if role == "birth_date" {
            self.birth_date = Some(position);
        }
        self.columns.push((role, position));
        true
    }

    /// The rules of the birth date's column, from its first cells: the order of day and month, what 1 January means. The years from 1600 are
    /// believed, as open data go back to parish registers.
    ///
    /// # Errors
    /// When dates with the day first and with the month first are mixed.
    pub fn date_rules<'a>(
        &self,
        cells: impl Iterator<Item = &'a str>,
    ) -> Result<DateRules, MixedDateOrder> {
        let inferred = infer_date_rules(cells)?;
        Ok(DateRules {
            year_min: 1600,
            ..inferred
        })
    }

    /// The same for a column whose order of day and month is told.
    pub fn date_rules_in<'a>(
        &self,
        order: DateOrder,
        cells: impl Iterator<Item = &'a str>,
    ) -> DateRules {
        let mut seen = DateEvidence::default();
        cells.for_each(|cell| seen.add(cell));
        DateRules {
            year_min: 1600,
            ..seen.rules_in(order)
        }
    }
}

/// Most bytes of a cell that is read for a person. No name, number or address is as long; such a cell is a note or a broken row, and what is
/// made of a name's letters would take the square of its length.
pub(crate) const CELL_MAX: usize = 1_000;

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
    let mut lines: Vec<&str> = Vec::new();
    let mut postcode = "";
    let (mut uprn, mut town) = (None, None);
    for &(role, position) in &columns.columns {
        let text = cell(position).trim();
        if text.is_empty() {
            continue;
        }
        let person = &mut row.person;
        let read: Result<(), Rejected> = match role {
            _ if text.len() > CELL_MAX => Err(Rejected::BadShape),
            "given_name" => read_given_names(text).map(|names| person.add_given_names(names)),
            "middle_names" => {
                read_middle_names(text).map(|names| person.middle_names.extend(names))
            }
            "family_name" => read_family_names(text).map(|names| person.family_names.extend(names)),
            "given_initial" => Initial::read(text).map(|own| person.first_initials.push(own)),
            "family_initial" => Initial::read(text).map(|own| person.last_initials.push(own)),
            "birth_date" => {
                let read = read_date(text, rules);
                person
                    .births
                    .extend(read.ok().or_else(|| read_rest_of_date(text, rules)));
                read.map(|_| ())
            }
            "sex" => match read_sex(text, SexCodes::Standard) {
                Some(sex) => {
                    person.sex.get_or_insert(sex);
                    Ok(())
                }
                None => Err(Rejected::Placeholder),
            },
            "birth_place" => read_place(text).map(|place| {
                person.birth_place.get_or_insert(place);
            }),
            "postcode" => {
                postcode = text;
                Ok(())
            }
            "postcode_sector" => PostcodeSector::read(text).map(|own| person.sectors.push(own)),
            "address" => {
                lines.push(text);
                Ok(())
            }
            "uprn" => Uprn::parse(text).map(|own| {
                uprn.get_or_insert(own);
            }),
            "nhs_number" => NhsNumber::parse(text).map(|own| {
                person.nhs.get_or_insert(own);
            }),
            "upn" => Upn::parse(text).map(|own| person.add_upn(own)),
            "telephone" => read_telephones(text).map(|numbers| {
                for number in numbers {
                    if !person.telephones.contains(&number) {
                        person.telephones.push(number);
                    }
                }
            }),
            "email" => Email::parse(text).map(|own| person.emails.push(own)),
            "town" => read_town(text).map(|own| {
                town.get_or_insert(own);
            }),
            "nino" => Nino::parse(text).map(|own| {
                person.nino.get_or_insert(own);
            }),
            _ => Uln::parse(text).map(|own| {
                person.uln.get_or_insert(own);
            }),
        };
        if let Err(reason) = read
            && !matches!(reason, Rejected::Empty | Rejected::Placeholder)
        {
            row.rejected.push((role, reason.rule()));
        }
    }
    if !postcode.is_empty() {
        match kinfold_identity::Postcode::read(postcode) {
            Err(reason)
                if reason != Rejected::Empty
                    && kinfold_identity::Postcode::read_abroad(postcode).is_err() =>
            {
                row.rejected.push(("postcode", reason.rule()));
            }
            _ => {}
        }
    }
    let address = read_address_abroad(&lines, postcode).ok();
    if address.is_some() || uprn.is_some() || town.is_some() {
        row.person.addresses.push(AddressSpell {
            address,
            uprn,
            town,
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
            assert!(columns.add(role, position));
        }
        assert!(!columns.add("shoe size", 9));
        let rules = columns
            .date_rules(["14/03/1791", "03/04/1950"].into_iter())
            .unwrap();
        let cells = ["Aisha", "Begum", "14/03/1791", "QQ1", "12 Hill Road"];
        let row = read_table_row(&columns, &rules, |position| cells[position]);
        assert_eq!(row.person.first_names, ["AISHA"]);
        assert_eq!(row.person.births[0].iso(), "1791-03-14");
        assert_eq!(row.rejected, [("postcode", "shape")]);
        assert_eq!(row.person.addresses.len(), 1);
        let mixed = || ["14/03/1991", "03/14/1991"].into_iter();
        assert!(columns.date_rules(mixed()).is_err());
        let told = columns.date_rules_in(DateOrder::MonthFirst, mixed());
        assert_eq!((told.order, told.year_min), (DateOrder::MonthFirst, 1600));
    }

    #[test]
    fn a_cell_that_is_longer_than_any_value_is_not_read() {
        let long: &'static str = "A".repeat(CELL_MAX + 1).leak();
        let row = read(&["given_name", "family_name"], &[long, "Begum"]);
        assert_eq!(row.rejected, [("given_name", "shape")]);
        assert!(row.person.first_names.is_empty());
        assert_eq!(row.person.family_names.len(), 1);
    }

    fn read(roles: &[&str], cells: &[&'static str]) -> TablePerson {
        let mut columns = TableColumns::default();
        for (position, role) in roles.iter().enumerate() {
            assert!(columns.add(role, position));
        }
        read_table_row(&columns, &DateRules::default(), |position| cells[position])
    }

    /// Number, street and town in columns of their own are the home that one cell says.
    #[test]
    fn repeated_columns_of_an_address_are_its_lines() {
        let roles = ["address", "address", "town", "postcode"];
        for (cells, whole) in [
            (
                ["10", "glasgow place", "picnic point", "XE1 2AB"],
                "10 Glasgow Place",
            ),
            (
                ["Flat 3", "12 High St", "St Albans", "XE1 2AB"],
                "Flat 3, 12 High Street",
            ),
            (
                ["12a", "Mill Lane", "Dartford, Kent", "XE1 2AB"],
                "12A Mill Lane",
            ),
            (["0012", "Mill Lane", "", "XE1 2AB"], "12 Mill Lane"),
            (["", "12 Mill Lane", "", "XE1 2AB"], "12 Mill Lane"),
            (
                ["Rose Cottage", "Mill Lane", "Dartford", "XE1 2AB"],
                "Rose Cottage, Mill Lane",
            ),
        ] {
            let row = read(&roles, &cells);
            let spell = &row.person.addresses[0];
            let expected = kinfold_identity::read_address(&[whole], "XE1 2AB").unwrap();
            let address = spell.address.as_ref().unwrap();
            assert_eq!(address.canonical(), expected.canonical(), "{cells:?}");
            assert_eq!(address.street, expected.street, "{cells:?}");
            assert_eq!(spell.town.as_deref(), read_town(cells[2]).as_deref().ok());
            assert_eq!(row.rejected, [], "{cells:?}");
        }
    }

    #[test]
    fn contact_is_read_and_what_is_none_is_named() {
        let roles = [
            "telephone",
            "telephone",
            "email",
            "town",
            "town",
            "sex",
            "sex",
        ];
        let cells = [
            "07700 900123",
            "020 7946 0018 / 07700 900123",
            "Amara@Example.org",
            "SE18",
            "Eastmere",
            "F",
            "M",
        ];
        let row = read(&roles, &cells);
        let numbers: Vec<&str> = row
            .person
            .telephones
            .iter()
            .map(kinfold_identity::Telephone::as_str)
            .collect();
        assert_eq!(numbers, ["07700900123", "02079460018"]);
        assert_eq!(row.person.emails[0].as_str(), "amara@example.org");
        assert_eq!(row.person.addresses[0].town.as_deref(), Some("EASTMERE"));
        assert_eq!(row.rejected, [("town", "shape")]);
        assert_eq!(row.person.sex, Some(kinfold_identity::Sex::Female));
        let none = ["0", "12", "noemail@example.org", "unknown", "", "", ""];
        let row = read(&roles, &none);
        assert!(
            row.person.telephones.is_empty()
                && row.person.emails.is_empty()
                && row.person.addresses.is_empty()
        );
        assert_eq!(row.rejected, [("telephone", "shape")]);
    }

    #[test]
    fn usual_names_are_of_roles_that_there_are_and_of_one_each() {
        let all: Vec<&str> = TABLE_ROLES
            .iter()
            .flat_map(|role| usual_columns(role))
            .copied()
            .collect();
        assert!(all.contains(&"phone") && all.contains(&"surname"));
        for (index, name) in all.iter().enumerate() {
            assert!(
                !all[..index].contains(name) && !TABLE_ROLES.contains(name),
                "{name}"
            );
        }
    }
}
