//! The columns of a people file, found once, and the reading of one row after another.

use super::FieldReport;
use crate::columns::{DateColumns, find_column};
use crate::dates::{DateForms, Day, month};
use crate::error::Error;
use crate::mapping::{Column, DateForm, PeopleInput};
use crate::sheet::Sheet;
use crate::stream::CELL_MAX;
use kinfold_identity::{
    AddressSpell, DateOrder, DateRules, Email, Initial, NO_MONTH, NhsNumber, Nino, Person,
    Postcode, PostcodeReading, PostcodeSector, Rejected, Sex, Uln, Upn, Uprn, age_doubt,
    is_verified_trace, read_address, read_date, read_family_names, read_given_names,
    read_middle_names, read_place, read_rest_of_date, read_sex, read_telephones, read_town,
};
use std::collections::BTreeMap;

/// A mapped field: the index of its count in `Reader::fields`, and its columns as a range of `Reader::used`.
#[derive(Clone, Copy, Debug)]
struct Field {
    count: usize,
    from: usize,
    to: usize,
}

/// The columns of a file, found once.
#[derive(Clone)]
pub(super) struct Plan {
    pub(super) own_id: usize,
    /// Positions of all mapped columns, field after field.
    used: Vec<usize>,
    /// A count of nothing for each field.
    pub(super) fields: Vec<FieldReport>,
    given: Option<Field>,
    middle: Option<Field>,
    family: Option<Field>,
    former: Option<Field>,
    known_given: Option<Field>,
    known_family: Option<Field>,
    birth: Option<(Field, DateRules)>,
    sex: Option<Field>,
    birth_place: Option<Field>,
    nhs: Option<Field>,
    trace: Option<usize>,
    upn: Option<Field>,
    former_upn: Option<Field>,
    uln: Option<Field>,
    given_initial: Option<Field>,
    family_initial: Option<Field>,
    sector: Option<Field>,
    nino: Option<Field>,
    uprn: Option<Field>,
    address: Option<Field>,
    postcode: Option<Field>,
    town: Option<Field>,
    telephone: Option<Field>,
    email: Option<Field>,
    from: Option<(Field, DateForms)>,
    confirmed: Option<(Field, DateForms)>,
    contact: Option<(Field, DateForms)>,
    do_not_link: Option<Field>,
    protected: Option<Field>,
}

impl Plan {
    /// Finds the columns in the heading of a file, of which the columns of dates were looked through.
    pub(super) fn new(
        sheet: &Sheet,
        input: &PeopleInput,
        dates: &DateColumns,
    ) -> Result<Self, Error> {
        let columns = &input.columns;
        let mut finder = Finder {
            sheet,
            own_id: columns.own_id.get_ref(),
            dates,
            used: Vec::new(),
            fields: Vec::new(),
        };
        let own_id = finder.column(&columns.own_id)?;
        let given = finder.one("given_name", columns.given_name.as_ref())?;
        let middle = finder.one("middle_names", columns.middle_names.as_ref())?;
        let family = finder.one("family_name", columns.family_name.as_ref())?;
        let former = finder.more("former_family_name", &columns.former_family_name.0)?;
        let known_given = finder.more("known_as_given", &columns.known_as_given.0)?;
        let known_family = finder.more("known_as_family", &columns.known_as_family.0)?;
        let birth = finder.one("birth_date", columns.birth_date.as_ref())?;
        let sex = finder.one("sex", columns.sex.as_ref())?;
        let birth_place = finder.one("birth_place", columns.birth_place.as_ref())?;
        let nhs = finder.one("nhs_number", columns.nhs_number.as_ref())?;
        let trace = columns
            .nhs_trace
            .as_ref()
            .map(|column| finder.column(column))
            .transpose()?;
        let upn = finder.one("upn", columns.upn.as_ref())?;
        let former_upn = finder.more("former_upn", &columns.former_upn.0)?;
        let uln = finder.one("uln", columns.uln.as_ref())?;
        let given_initial = finder.one("given_initial", columns.given_initial.as_ref())?;
        let family_initial = finder.one("family_initial", columns.family_initial.as_ref())?;
        let sector = finder.one("postcode_sector", columns.postcode_sector.as_ref())?;
        let nino = finder.one("nino", columns.nino.as_ref())?;
        let uprn = finder.one("uprn", columns.uprn.as_ref())?;
        let address = finder.more("address", &columns.address.0)?;
        let postcode = finder.one("postcode", columns.postcode.as_ref())?;
        let town = finder.one("town", columns.town.as_ref())?;
        let telephone = finder.more("telephone", &columns.telephone.0)?;
        let email = finder.more("email", &columns.email.0)?;
        let from = finder.date("address_from", columns.address_from.as_ref(), &input.dates)?;
        let confirmed = finder.date(
            "address_confirmed",
            columns.address_confirmed.as_ref(),
            &input.dates,
        )?;
        let contact = finder.date("last_contact", columns.last_contact.as_ref(), &input.dates)?;
        let do_not_link = finder.one("do_not_link", columns.do_not_link.as_ref())?;
        let protected = finder.one("protected_address", columns.protected_address.as_ref())?;
        let birth = match birth {
            Some(field) => {
                let rules = birth_rules(sheet, finder.used[field.from], input, dates)?;
                Some((field, rules))
            }
            None => None,
        };
        let Finder { used, fields, .. } = finder;
        Ok(Self {
            own_id,
            used,
            fields,
            given,
            middle,
            family,
            former,
            known_given,
            known_family,
            birth,
            sex,
            birth_place,
            nhs,
            trace,
            upn,
            former_upn,
            uln,
            given_initial,
            family_initial,
            sector,
            nino,
            uprn,
            address,
            postcode,
            town,
            telephone,
            email,
            from,
            confirmed,
            contact,
            do_not_link,
            protected,
        })
    }

    /// The columns of dates that a mapping names.
    pub(super) fn date_columns(input: &PeopleInput) -> impl Iterator<Item = &str> {
        let columns = &input.columns;
        let administrative = [
            &columns.address_from,
            &columns.address_confirmed,
            &columns.last_contact,
        ];
        // Told forms of administrative dates need no evidence; birth dates have rules that are never told.
        administrative
            .into_iter()
            .filter(|_| input.dates.is_empty())
            .chain([&columns.birth_date])
            .filter_map(|column| Some(column.as_ref()?.get_ref().as_str()))
    }

    pub(super) fn unused_columns(&self, sheet: &Sheet) -> Vec<String> {
        let unused = |(position, _): &(usize, &String)| !self.used.contains(position);
        sheet
            .columns()
            .iter()
            .enumerate()
            .filter(unused)
            .map(|(_, name)| name.clone())
            .collect()
    }
}

/// Reads one row after another, and counts.
pub(super) struct Reader<'sheet> {
    plan: &'sheet Plan,
    sheet: &'sheet Sheet,
    input: &'sheet PeopleInput,
    pub(super) fields: Vec<FieldReport>,
    /// Fields of the row being read that hold something that is no value of theirs.
    rejected: Vec<&'static str>,
}

impl<'sheet> Reader<'sheet> {
    pub(super) fn new(
        plan: &'sheet Plan,
        sheet: &'sheet Sheet,
        input: &'sheet PeopleInput,
    ) -> Self {
        Self {
            plan,
            sheet,
            input,
            fields: plan.fields.clone(),
            rejected: Vec::new(),
        }
    }

    /// The own id of a row.
    pub(super) fn own_id(&self, row: usize) -> &'sheet str {
        self.text(row, self.plan.own_id)
    }

    /// A cell; empty when it holds one of the values that mean "nothing here".
    pub(super) fn text(&self, row: usize, column: usize) -> &'sheet str {
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

    /// The cell of a field that has one column.
    fn first_text(&self, row: usize, field: Field) -> &'sheet str {
        self.text(row, self.plan.used[field.from])
    }

    /// Reads each column of a field, counts, and gives what could be read.
    fn read<T>(
        &mut self,
        field: Option<Field>,
        row: usize,
        mut read: impl FnMut(&str) -> Result<T, Rejected>,
    ) -> Vec<T> {
        let Some(Field { count, from, to }) = field else {
            return Vec::new();
        };
        let (mut values, mut filled, mut rejected) = (Vec::new(), false, None);
        for column in from..to {
            let cell = self.text(row, self.plan.used[column]);
            if cell.is_empty() {
                continue;
            }
            filled = true;
            let value = if cell.len() > CELL_MAX {
                Err(Rejected::BadShape)
            } else {
                read(cell)
            };
            match value {
                Ok(value) => values.push(value),
                Err(reason) => rejected = Some(reason.rule()),
            }
        }
        self.count(count, filled, !values.is_empty(), rejected);
        values
    }

    fn count(&mut self, field: usize, filled: bool, valid: bool, rejected: Option<&'static str>) {
        let report = &mut self.fields[field];
        report.filled += usize::from(filled);
        report.valid += usize::from(valid);
        if let (true, Some(rule)) = (filled, rejected) {
            *report.rejected.entry(rule).or_default() += 1;
            // A word for "not known" is no wrong value.
            let missing = [Rejected::Empty.rule(), Rejected::Placeholder.rule()];
            if !valid && !missing.contains(&rule) {
                self.rejected.push(report.field);
            }
        }
    }

    /// Counts a value that was read and is worth a look.
    fn doubt(&mut self, field: Field, rule: &'static str) {
        *self.fields[field.count].doubtful.entry(rule).or_default() += 1;
    }

    /// The person of a row, and the fields of which some value could not be read.
    pub(super) fn person(&mut self, row: usize) -> (Person, Vec<&'static str>) {
        self.rejected.clear();
        let mut person = Person::default();
        self.names(row, &mut person);
        if let Some((field, rules)) = self.plan.birth {
            let mut rests = Vec::new();
            person.births = self.read(Some(field), row, |cell| {
                let read = read_date(cell, &rules);
                if read.is_err() {
                    rests.extend(read_rest_of_date(cell, &rules));
                }
                read
            });
            if person.births.is_empty() {
                person.births = rests;
            }
            if let Some(made_on) = rules.latest {
                let role = self.input.births.ages.into();
                let doubts = person
                    .births
                    .iter()
                    .filter_map(|b| age_doubt(*b, made_on, role));
                for doubt in doubts {
                    self.doubt(field, doubt.rule());
                }
            }
        }
        let codes = &self.input.values.sex;
        let told = !(codes.male.is_empty() && codes.female.is_empty());
        person.sex = self
            .read(self.plan.sex, row, |cell| {
                let is = |list: &[String]| list.iter().any(|code| code.eq_ignore_ascii_case(cell));
                match () {
                    () if is(&codes.male) => Ok(Sex::Male),
                    () if is(&codes.female) => Ok(Sex::Female),
                    () if is(&codes.unknown) => Err(Rejected::Placeholder),
                    () if told => Err(Rejected::BadShape),
                    () => {
                        read_sex(cell, self.input.values.sex_codes.into()).ok_or(Rejected::BadShape)
                    }
                }
            })
            .pop();
        person.birth_place = self.read(self.plan.birth_place, row, read_place).pop();
        self.numbers(row, &mut person);
        self.contact(row, &mut person);
        person.protected_address = self.flag(
            self.plan.protected,
            row,
            self.input.values.protected_address.as_deref(),
        );
        person.do_not_link = self.flag(
            self.plan.do_not_link,
            row,
            self.input.values.do_not_link.as_deref(),
        );
        person.addresses.extend(self.address_spell(row));
        (person, std::mem::take(&mut self.rejected))
    }

    fn names(&mut self, row: usize, person: &mut Person) {
        for names in self.read(self.plan.given, row, read_given_names) {
            person.add_given_names(names);
        }
        for names in self.read(self.plan.middle, row, read_middle_names) {
            for name in names {
                if !person.middle_names.contains(&name) {
                    person.middle_names.push(name);
                }
            }
        }
        for names in self.read(self.plan.known_given, row, read_given_names) {
            person.add_given_names(names);
        }
        for field in [self.plan.family, self.plan.known_family, self.plan.former] {
            for names in self.read(field, row, read_family_names) {
                for name in names {
                    if !person.family_names.contains(&name) {
                        person.family_names.push(name);
                    }
                }
            }
        }
    }

    fn numbers(&mut self, row: usize, person: &mut Person) {
        let values = &self.input.values;
        let verified = match (self.plan.trace, &values.nhs_verified) {
            (Some(column), None) => is_verified_trace(self.text(row, column)),
            (Some(column), listed) => is_listed(self.text(row, column), listed.as_deref(), &[]),
            (None, _) => values.nhs_all_verified,
        };
        // A number that nobody traced may be a neighbour's: it is counted, and no use is made of it.
        person.nhs = self
            .read(self.plan.nhs, row, NhsNumber::parse)
            .pop()
            .filter(|_| verified);
        for upn in self.read(self.plan.upn, row, Upn::parse) {
            if let (Some(field), false) = (self.plan.upn, upn.is_of_known_authority()) {
                self.doubt(field, "unknown-authority");
            }
            person.add_upn(upn);
        }
        for upn in self.read(self.plan.former_upn, row, Upn::parse) {
            person.add_former_upn(upn);
        }
        person.first_initials = self.read(self.plan.given_initial, row, Initial::read);
        person.last_initials = self.read(self.plan.family_initial, row, Initial::read);
        person.sectors = self.read(self.plan.sector, row, PostcodeSector::read);
        person.uln = self.read(self.plan.uln, row, Uln::parse).pop();
        person.nino = self.read(self.plan.nino, row, Nino::parse).pop();
    }

    fn contact(&mut self, row: usize, person: &mut Person) {
        let telephones = self.read(self.plan.telephone, row, read_telephones);
        for number in telephones.into_iter().flatten() {
            if !person.telephones.contains(&number) {
                person.telephones.push(number);
            }
        }
        for email in self.read(self.plan.email, row, Email::parse) {
            if !person.emails.contains(&email) {
                person.emails.push(email);
            }
        }
    }

    fn address_spell(&mut self, row: usize) -> Option<AddressSpell> {
        let uprn = self.read(self.plan.uprn, row, Uprn::parse).pop();
        let town = self.read(self.plan.town, row, read_town).pop();
        let postcode = match self.plan.postcode {
            Some(field) => {
                let cell = self.first_text(row, field);
                self.read(Some(field), row, |cell| match Postcode::read(cell)? {
                    PostcodeReading::Valid(_) | PostcodeReading::NoFixedAbode => Ok(()),
                    PostcodeReading::Unknown => Err(Rejected::Placeholder),
                });
                cell
            }
            None => "",
        };
        let columns = self.plan.address.map_or(0..0, |field| field.from..field.to);
        let lines: Vec<&str> = columns
            .map(|column| self.text(row, self.plan.used[column]))
            .filter(|line| !line.is_empty())
            .collect();
        let address = read_address(&lines, postcode);
        if let Some(Field { count, .. }) = self.plan.address {
            let rejected = address.as_ref().err().map(|reason| reason.rule());
            self.count(
                count,
                !lines.is_empty(),
                address.is_ok() && !lines.is_empty(),
                rejected,
            );
        }
        let from = self.date(self.plan.from, row).and_then(month);
        let to = self.date(self.plan.confirmed, row).and_then(month);
        // The confirmation is the evidence; a start after it is a slip.
        let from = from.filter(|from| to.is_none_or(|to| *from <= to));
        let address = address.ok();
        (address.is_some() || uprn.is_some() || town.is_some()).then(|| AddressSpell {
            address,
            uprn,
            town,
            from: from.unwrap_or(NO_MONTH),
            to: to.unwrap_or(NO_MONTH),
        })
    }

    pub(super) fn last_contact(&mut self, row: usize) -> Option<Day> {
        self.date(self.plan.contact, row)
    }

    fn date(&mut self, field: Option<(Field, DateForms)>, row: usize) -> Option<Day> {
        let (field, forms) = field?;
        self.read(Some(field), row, |cell| {
            forms.read(cell).ok_or(Rejected::BadShape)
        })
        .pop()
    }

    /// A flag that protects: anything but a clear "no" or nothing sets it, and an unclear value is counted.
    fn flag(&mut self, field: Option<Field>, row: usize, yes: Option<&[String]>) -> bool {
        self.read(field, row, |cell| {
            if is_listed(cell, yes, &["Y", "YES", "TRUE", "T", "1"]) {
                Ok(true)
            } else if is_listed(cell, None, &["N", "NO", "FALSE", "F", "0"]) {
                Ok(false)
            } else {
                Err(Rejected::BadShape)
            }
        })
        .pop()
        .unwrap_or_else(|| field.is_some_and(|field| !self.first_text(row, field).is_empty()))
    }
}

/// Finds columns by name and opens a count for each field.
struct Finder<'sheet> {
    sheet: &'sheet Sheet,
    /// The name of the column of own ids.
    own_id: &'sheet str,
    dates: &'sheet DateColumns,
    used: Vec<usize>,
    fields: Vec<FieldReport>,
}

impl Finder<'_> {
    fn column(&mut self, column: &Column) -> Result<usize, Error> {
        let position = find_column(self.sheet, column.get_ref(), self.own_id)?;
        self.used.push(position);
        Ok(position)
    }

    fn one(
        &mut self,
        field: &'static str,
        column: Option<&Column>,
    ) -> Result<Option<Field>, Error> {
        self.more(field, column.map(std::slice::from_ref).unwrap_or_default())
    }

    fn more(&mut self, field: &'static str, columns: &[Column]) -> Result<Option<Field>, Error> {
        if columns.is_empty() {
            return Ok(None);
        }
        let from = self.used.len();
        for column in columns {
            self.column(column)?;
        }
        let names: Vec<&str> = columns
            .iter()
            .map(|column| column.get_ref().as_str())
            .collect();
        self.fields.push(FieldReport {
            field,
            column: names.join(", "),
            filled: 0,
            valid: 0,
            rejected: BTreeMap::new(),
            doubtful: BTreeMap::new(),
        });
        Ok(Some(Field {
            count: self.fields.len() - 1,
            from,
            to: self.used.len(),
        }))
    }

    fn date(
        &mut self,
        field: &'static str,
        column: Option<&Column>,
        told: &[DateForm],
    ) -> Result<Option<(Field, DateForms)>, Error> {
        let Some(found) = self.one(field, column)? else {
            return Ok(None);
        };
        let forms = self.dates.forms(self.sheet, self.used[found.from], told)?;
        Ok(Some((found, forms)))
    }
}

/// How the birth dates of a column are to be read: recognised, save for what the mapping tells.
fn birth_rules(
    sheet: &Sheet,
    column: usize,
    input: &PeopleInput,
    dates: &DateColumns,
) -> Result<DateRules, Error> {
    let told = &input.dates;
    let found = dates.birth_rules(column);
    if told.is_empty() {
        return found
            .map(|found| input.births.told(found))
            .map_err(|mixed| Error::MixedDates {
                column: sheet.columns()[column].clone(),
                day_first: mixed.day_first,
                month_first: mixed.month_first,
            });
    }
    let order = if told.contains(&DateForm::MonthDayYear) {
        DateOrder::MonthFirst
    } else {
        DateOrder::DayFirst
    };
    let excel_serial = told.contains(&DateForm::ExcelSerial);
    Ok(input.births.told(DateRules {
        order,
        excel_serial,
        ..found.unwrap_or_default()
    }))
}

/// Whether a cell is one of the listed values, or of the usual ones when none are listed.
fn is_listed(cell: &str, listed: Option<&[String]>, usual: &[&str]) -> bool {
    match listed {
        Some(listed) => listed.iter().any(|value| value.eq_ignore_ascii_case(cell)),
        None => usual.iter().any(|value| value.eq_ignore_ascii_case(cell)),
    }
}
