//! What every reader makes of a fixed list of cells, for the version of the rules that is in force.
//!
//! Two custodians link only when they standardise alike, so a reader may not change its answer under the same version. A line that
//! fails here means: either the change was an accident, or [`crate::STANDARDISATION`] needs a new name and this list a new file.

use crate::{
    Address, AddressKind, DateOrder, DateRules, Email, GivenNames, NhsNumber, Nino, Postcode,
    PostcodeReading, Rejected, STANDARDISATION, SexCodes, Telephone, Uln, Upn, UpnKind, Uprn,
    read_address, read_date, read_family_names, read_given_names, read_middle_names, read_place,
    read_sex, read_telephones, read_town,
};

/// `reader`, cell and result, parted by tabs; `\n` in a cell is a line end.
const LIST: &str = include_str!("../golden/uk-2.tsv");

#[test]
fn the_rules_of_this_version_give_what_they_gave() {
    assert_eq!(STANDARDISATION, "uk-2", "the list is that of uk-2");
    let mut changed = Vec::new();
    let mut lines = 0;
    for line in LIST.lines().filter(|line| !line.starts_with('#')) {
        let mut fields = line.split('\t');
        let (Some(reader), Some(cell)) = (fields.next(), fields.next()) else {
            panic!("a line without a tab");
        };
        let found = result(reader, &cell.replace("\\n", "\n"));
        if fields.next() != Some(&found) {
            changed.push(format!("{reader}\t{cell}\t{found}"));
        }
        lines += 1;
    }
    assert!(
        changed.is_empty(),
        "{} of {lines} lines are now:\n{}",
        changed.len(),
        changed.join("\n")
    );
    assert!(lines > 250, "{lines} lines");
}

fn result(reader: &str, cell: &str) -> String {
    let rules = DateRules::default();
    match reader {
        "given" => told(read_given_names(cell).map(given)),
        "middle" => told(read_middle_names(cell).map(|names| names.join(" "))),
        "family" => told(read_family_names(cell).map(|names| {
            let names = names
                .iter()
                .map(|name| format!("{}={}", name.whole, name.parts.join("+")));
            names.collect::<Vec<_>>().join(" ")
        })),
        "date" => told(read_date(cell, &rules).map(crate::BirthDate::iso)),
        "date-month-first" => {
            let rules = DateRules {
                order: DateOrder::MonthFirst,
                excel_serial: true,
                year_min: 1600,
                ..rules
            };
            told(read_date(cell, &rules).map(crate::BirthDate::iso))
        }
        "sex" => sex(cell, SexCodes::Standard),
        "sex-903" => sex(cell, SexCodes::Ssda903),
        "sex-cin" => sex(cell, SexCodes::ChildrenInNeed),
        "sex-nhs" => sex(cell, SexCodes::Nhs),
        "postcode" => told(Postcode::read(cell).map(|reading| match reading {
            PostcodeReading::Valid(postcode) => postcode.unit().to_owned(),
            PostcodeReading::NoFixedAbode => "no fixed abode".to_owned(),
            PostcodeReading::Unknown => "unknown".to_owned(),
        })),
        "nhs" => told(NhsNumber::parse(cell).map(|number| number.as_str().to_owned())),
        "upn" => told(Upn::parse(cell).map(|number| {
            let kind = match number.kind() {
                UpnKind::Permanent => "permanent",
                UpnKind::Temporary => "temporary",
            };
            format!("{} {kind}", number.as_str())
        })),
        "uln" => told(Uln::parse(cell).map(|number| number.as_str().to_owned())),
        "nino" => told(Nino::parse(cell).map(|number| number.as_str().to_owned())),
        "uprn" => told(Uprn::parse(cell).map(|number| number.as_str().to_owned())),
        "place" => told(read_place(cell).map(|place| place.to_string())),
        "address" => told(read_address(&[cell], "").map(|address| self::address(&address))),
        "telephone" => told(read_telephones(cell).map(|numbers| {
            let numbers: Vec<&str> = numbers.iter().map(Telephone::as_str).collect();
            numbers.join(" ")
        })),
        "email" => told(Email::parse(cell).map(|email| email.as_str().to_owned())),
        "town" => told(read_town(cell).map(|town| town.to_string())),
        other => panic!("no reader `{other}`"),
    }
}

fn told(result: Result<String, Rejected>) -> String {
    result.unwrap_or_else(|why| format!("! {}", why.rule()))
}

fn given(names: GivenNames) -> String {
    format!(
        "{}|{}|{}",
        names.first,
        names.middle.join(" "),
        names.known_as.join(" ")
    )
}

fn sex(cell: &str, codes: SexCodes) -> String {
    read_sex(cell, codes)
        .map_or("-", crate::Sex::letter)
        .to_owned()
}

fn address(address: &Address) -> String {
    let kind = match address.kind {
        AddressKind::Home => "home",
        AddressKind::Communal => "communal",
        AddressKind::CareOf => "care of",
        AddressKind::NoFixedAbode => "no fixed abode",
    };
    format!("{} {kind}", address.canonical().unwrap_or_default())
}
