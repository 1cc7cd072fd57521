//! Cells of a custodian's columns: what is read is in the standard's form, and reads back as itself.

use crate::texts;
use kinfold_identity::{
    AreaCode, DateOrder, DateRules, Email, EthnicCodes, Initial, NhsNumber, Nino, Person, Postcode,
    PostcodeReading, PostcodeSector, SexCodes, Telephone, Uln, Upn, Uprn, Usrn,
    canonical_nicknames, infer_date_rules, is_verified_trace, read_address, read_date,
    read_ethnic_group, read_family_name, read_family_names, read_given_names, read_middle_names,
    read_place, read_sex, read_telephones, read_town, soundex,
};

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|letter| letter.is_ascii_uppercase())
}

/// Given, middle and family names, initials, places of birth.
pub fn names(bytes: &[u8]) {
    let cell = String::from_utf8_lossy(bytes);
    let mut person = Person::default();
    if let Ok(names) = read_given_names(&cell) {
        let all = || names.middle.iter().chain(&names.known_as);
        assert!(
            std::iter::once(&names.first)
                .chain(all())
                .all(|name| is_name(name))
        );
        let text = std::iter::once(&names.first).chain(&names.middle);
        let text = text.map(String::as_str).collect::<Vec<_>>().join(" ");
        let again = read_given_names(&text).expect("names read back");
        assert!(again.first == names.first && again.middle == names.middle);
        let _ = (soundex(&names.first), canonical_nicknames(&names.first));
        person.add_given_names(names);
    }
    if let Ok(names) = read_middle_names(&cell) {
        assert!(read_middle_names(&names.join(" ")).is_ok_and(|again| again == names));
    }
    if let Ok(all) = read_family_names(&cell) {
        for name in &all {
            assert!(is_name(&name.whole) && !name.parts.is_empty());
            assert!(name.parts.iter().all(|part| is_name(part)));
        }
        // Variants (MACDONALD beside MCDONALD) are written in other ways on purpose.
        let first = &all[0].whole;
        assert!(read_family_name(first).is_ok_and(|again| again.whole == *first));
        person.family_names = all;
    }
    let _ = (person.name_bag().len(), person.given_as_family().count());
    if let Ok(initial) = Initial::read(&cell) {
        assert!(initial.letter().is_ascii_uppercase());
    }
    if let Ok(place) = read_place(&cell) {
        assert!(
            read_place(&place).is_ok_and(|again| again == place),
            "a place reads back"
        );
    }
    if let Ok(town) = read_town(&cell) {
        assert!(
            read_town(&town).is_ok_and(|again| again == town),
            "a town reads back"
        );
    }
    for codes in [
        SexCodes::Standard,
        SexCodes::Ssda903,
        SexCodes::Nhs,
        SexCodes::Police,
    ] {
        let _ = read_sex(&cell, codes);
    }
    for codes in [EthnicCodes::Education, EthnicCodes::Nhs, EthnicCodes::Words] {
        let _ = read_ethnic_group(&cell, codes);
    }
}

/// Names that need rules.
pub fn some_names() -> Vec<Vec<u8>> {
    texts([
        "Mrs Aisha",
        "Begum",
        "O'Brien-Smith",
        "van der Berg",
        "MacDonald",
        "Mohd. Ali",
        "Robert (Bob) J",
        "Müller",
        "Ðorđe",
        "Jean-François",
        "Smith née Jones",
        "SMITH (formerly JONES)",
        "BABY OF SMITH",
        "St. John",
        "D'Souza",
        "bin Laden",
        "Łukasz",
        "Ngọc",
        "J",
        "Jr",
        "unknown",
        "de la Cruz",
        "Bath, UK",
    ])
}

/// Dates in one cell, and columns of them.
pub fn dates(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let read = |cell: &str, rules: &DateRules| {
        if let Ok(date) = read_date(cell, rules) {
            assert!((rules.year_min..=rules.year_max).contains(&date.year));
            assert!(date.month.is_none_or(|month| (1..=12).contains(&month)));
            assert!(date.day.is_none_or(|day| (1..=31).contains(&day)));
            assert!(date.day.is_none() || date.month.is_some());
            let again = read_date(&date.iso(), rules);
            assert!(again == Ok(date), "a date reads back");
        }
    };
    for order in [DateOrder::DayFirst, DateOrder::MonthFirst] {
        for excel_serial in [false, true] {
            let rules = DateRules {
                order,
                excel_serial,
                ..DateRules::default()
            };
            read(&text, &rules);
        }
    }
    if let Ok(rules) = infer_date_rules(text.lines()) {
        for line in text.lines() {
            read(line, &rules);
        }
    }
}

/// Every form that is read.
pub fn some_dates() -> Vec<Vec<u8>> {
    texts([
        "14/03/1991",
        "1991-03-14T00:00:00Z",
        "7.3.90",
        "07-MAR-1990",
        "7th March 1990",
        "March 7, 1990",
        "19900307",
        "07031990",
        "199003071345",
        "33000",
        "1990-03",
        "1990",
        "00/03/1990",
        "XX/??/1990",
        "01/01/1900",
        "29/02/2000",
        "14/03/1991\n03/14/1991",
        "01/01/1980\n01/01/1981\n02/03/1990",
    ])
}

/// Postcodes, their sectors, and area codes.
pub fn postcode(bytes: &[u8]) {
    let cell = String::from_utf8_lossy(bytes);
    if let Ok(PostcodeReading::Valid(postcode)) = Postcode::read(&cell) {
        let unit = postcode.unit();
        assert!((5..=7).contains(&unit.len()));
        assert!(
            unit.bytes()
                .all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        );
        assert!(unit.starts_with(postcode.sector()) && unit.starts_with(postcode.district()));
        assert!(postcode.district().starts_with(postcode.area()));
        let again = Postcode::read(unit);
        assert!(
            again == Ok(PostcodeReading::Valid(postcode.clone())),
            "it reads back"
        );
    }
    if let Ok(sector) = PostcodeSector::read(&cell) {
        assert!(sector.sector().starts_with(sector.district()));
        // Without a space it may be a district.
        let (district, number) = (
            sector.district(),
            &sector.sector()[sector.district().len()..],
        );
        let again = PostcodeSector::read(&format!("{district} {number}"));
        assert!(
            again.is_ok_and(|again| again == sector),
            "a sector reads back"
        );
    }
    if let Ok(area) = AreaCode::parse(&cell) {
        let again = AreaCode::parse(area.as_str());
        assert!(again.is_ok_and(|again| again == area), "an area reads back");
    }
}

/// Good, bad and special ones.
pub fn some_postcodes() -> Vec<Vec<u8>> {
    texts([
        "xe1 4ab",
        "DA6 7AT",
        "EC1A 1BB",
        "P01 3AX",
        "ZZ99 3VZ",
        "GIR 0AA",
        "BFPO 12",
        "XE1 4",
        "N/A",
        "W1A0AX",
        "E09000004",
        "E01000001",
        "no fixed abode",
        "M1 1AE.",
    ])
}

/// Identifiers: what is read is canonical.
pub fn numbers(bytes: &[u8]) {
    let cell = String::from_utf8_lossy(bytes);
    macro_rules! reads_back {
        ($($number:ty),*) => {$(
            if let Ok(number) = <$number>::parse(&cell) {
                let text = number.as_str();
                assert!(text.bytes().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit()));
                let again = <$number>::parse(text);
                assert!(again.is_ok_and(|again| again == number), "it reads back");
            }
        )*};
    }
    reads_back!(NhsNumber, Upn, Uln, Nino, Uprn, Usrn, Telephone);
    for number in read_telephones(&cell).unwrap_or_default() {
        assert!((6..=15).contains(&number.as_str().len()));
        let _ = number.is_mobile();
    }
    if let Ok(email) = Email::parse(&cell) {
        assert!(email.as_str().starts_with(email.local()) && !email.local().is_empty());
        let again = Email::parse(email.as_str());
        assert!(
            again.is_ok_and(|again| again == email),
            "an address reads back"
        );
    }
    if let Ok(upn) = Upn::parse(&cell) {
        let _ = (upn.kind(), upn.is_permanent(), upn.is_of_known_authority());
    }
    let _ = is_verified_trace(&cell);
}

/// One of each, and what spreadsheets make of them.
pub fn some_numbers() -> Vec<Vec<u8>> {
    texts([
        "999 000 0018",
        "9.990000018E9",
        "H801200001001",
        "G80120000101A",
        "ZZ123456A",
        "zz 12 34 56 a",
        "000900000000123",
        "9.00000000123E+11",
        "1000000006",
        "20300001",
        "01",
        "9999999999",
        "=\"9990000018\"",
        "+44 (0)20 7946 0018 ext 12",
        "0044 7700 900123 / 07700 900124 (mum)",
        "Jane <jane+x@googlemail.com>",
    ])
}

/// Lines of an address, the last one as its postcode.
pub fn address(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let lines: Vec<&str> = text.split('\n').collect();
    let (postcode, lines) = lines.split_last().expect("a text has a line");
    let Ok(address) = read_address(lines, postcode) else {
        return;
    };
    let words = address.flat.iter().chain(&address.number);
    for word in words.chain(&address.street).chain(&address.town) {
        let plain = |c: u8| c.is_ascii_uppercase() || c.is_ascii_digit() || c == b' ' || c == b'-';
        assert!(!word.is_empty() && word.bytes().all(plain));
    }
    if let Some(home) = address.canonical() {
        // A flat may be `3 ROOM 2`.
        assert!(home.matches('|').count() == 3 && !home.contains("  "));
    }
    let _ = address.is_home();
}

/// Homes and what is none.
pub fn some_addresses() -> Vec<Vec<u8>> {
    texts([
        "12 Hill Rd, Eastmere\nxe1 4ab",
        "Flat 3, Albion House\nHigh Street\nEastmere\nXE1 4AB",
        "12A High St\n\nXE4 2AB",
        "c/o The Old School, 5 Church Lane\nXE1 1AA",
        "HMP Eastmere\nXE2 2BB",
        "Rose Cottage\nMill Lane\nXE3 3CC",
        "no fixed abode\nZZ99 3VZ",
        "1-3 The Parade\nXE5 5EE",
        "Room 4, Eastmere Hostel, 10-12 Station Approach, Eastmere, XE1 4AB\n",
        "Flat 2/1, 14 King's Road\nXE9 9ZZ",
        "Unit 7 Trading Estate\nXE7 7AA",
    ])
}
