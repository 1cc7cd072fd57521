//! Readings of real-looking addresses, and the laws.

use proptest::prelude::*;

use super::*;
use crate::rejected::Rejected;

/// `flat|number|street|town|kind` of an address whose postcode is given.
fn fields(lines: &[&str]) -> String {
    let address = read_address(lines, "DA6 7AT").unwrap();
    let kind = match address.kind {
        AddressKind::Home => "home",
        AddressKind::Communal => "communal",
        AddressKind::CareOf => "care of",
        AddressKind::NoFixedAbode => "none",
    };
    format!(
        "{}|{}|{}|{}|{kind}",
        address.flat.clone().unwrap_or_default(),
        address.number.clone().unwrap_or_default(),
        address.street.join(" "),
        address.town.clone().unwrap_or_default(),
    )
}

fn canonical(lines: &[&str]) -> Option<String> {
    read_address(lines, "DA6 7AT").unwrap().canonical()
}

#[test]
fn houses() {
    for (lines, expected) in [
        (
            &["12 High Street", "Bexleyheath", "Kent"][..],
            "|12|HIGH STREET|BEXLEYHEATH|home",
        ),
        (
            &["12, High St., Bexleyheath, Kent"],
            "|12|HIGH STREET|BEXLEYHEATH|home",
        ),
        (
            &["12 HIGH ST BEXLEYHEATH"],
            "|12|HIGH STREET|BEXLEYHEATH|home",
        ),
        (
            &["12", "High Street", "Bexleyheath"],
            "|12|HIGH STREET|BEXLEYHEATH|home",
        ),
        (&["No. 12 High Street"], "|12|HIGH STREET||home"),
        (&["12A High Rd"], "|12A|HIGH ROAD||home"),
        (&["12 A High Rd"], "|12A|HIGH ROAD||home"),
        (&["012 High Rd"], "|12|HIGH ROAD||home"),
        (&["12-14 High Rd"], "|12-14|HIGH ROAD||home"),
        (&["12 St. John's Rd"], "|12|SAINT JOHNS ROAD||home"),
        (
            &["12 Upper St Johns Road"],
            "|12|UPPER SAINT JOHNS ROAD||home",
        ),
        (&["12 Avenue Road"], "|12|AVENUE ROAD||home"),
        (
            &["12 High St Thornton Heath"],
            "|12|HIGH STREET|THORNTON HEATH|home",
        ),
        (
            &["12 Abbey Wood Road, Abbey Wood"],
            "|12|ABBEY WOOD ROAD|ABBEY WOOD|home",
        ),
        (&["12 The Avenue"], "|12|THE AVENUE||home"),
        (
            &["12 Park Road North, Welling"],
            "|12|PARK ROAD NORTH|WELLING|home",
        ),
        (&["12 Park Lane Close"], "|12|PARK LANE CLOSE||home"),
        (&["12 1st Ave"], "|12|FIRST AVENUE||home"),
        (&["12 Tudor Court", "Sidcup"], "|12|TUDOR COURT|SIDCUP|home"),
        (&["12 Broadway"], "|12|BROADWAY||home"),
        (&["12 School Lane"], "|12|SCHOOL LANE||home"),
        (&["Rose Cottage, 12 Mill Lane"], "|12|MILL LANE||home"),
        (
            &["Rose Cottage", "Mill Lane", "Bexley"],
            "|ROSE COTTAGE|MILL LANE|BEXLEY|home",
        ),
        (&["Rose Cottage Mill Lane"], "|ROSE COTTAGE|MILL LANE||home"),
        (
            &["Bramble End", "Birch Lane"],
            "|BRAMBLE END|BIRCH LANE||home",
        ),
        (&["Plot 37", "6 Damson Close"], "|6|DAMSON CLOSE||home"),
        (
            &["The Old School", "Mill Lane"],
            "|THE OLD SCHOOL|MILL LANE||home",
        ),
        (
            &["High Street", "Bexleyheath"],
            "||HIGH STREET|BEXLEYHEATH|home",
        ),
        (&["Bexleyheath"], "|||BEXLEYHEATH|home"),
    ] {
        assert_eq!(fields(lines), expected, "{lines:?}");
    }
}

#[test]
fn flats() {
    for (lines, expected) in [
        (&["Flat 3", "12 High Street"][..], "3|12|HIGH STREET||home"),
        (&["Flat 3 12 High Street"], "3|12|HIGH STREET||home"),
        (&["FLT 3, 12 HIGH ST"], "3|12|HIGH STREET||home"),
        (&["12 High Street", "Flat 3"], "3|12|HIGH STREET||home"),
        (&["12 (Flat 3) High Street"], "3|12|HIGH STREET||home"),
        (
            &["Apartment 3B", "12 High Street"],
            "3B|12|HIGH STREET||home",
        ),
        (&["Flat 3 B 12 High Street"], "3B|12|HIGH STREET||home"),
        (
            &["Flat No 3", "12", "High Street"],
            "3|12|HIGH STREET||home",
        ),
        (
            &["Flat 03", "Albion House", "12 High Street"],
            "3|12|HIGH STREET||home",
        ),
        (
            &["3 Albion House", "12 High Street"],
            "3|12|HIGH STREET||home",
        ),
        (
            &["Flat 3, Albion House", "High Street"],
            "3|ALBION HOUSE|HIGH STREET||home",
        ),
        (
            &["Flat 3 Albion House High Street"],
            "3|ALBION HOUSE|HIGH STREET||home",
        ),
        (
            &["3 Albion House", "High Street"],
            "3|ALBION HOUSE|HIGH STREET||home",
        ),
        (
            &["Ground Floor Flat", "12 High Street"],
            "GROUND|12|HIGH STREET||home",
        ),
        (&["GFF 12 High Street"], "GROUND|12|HIGH STREET||home"),
        (
            &["Basement Flat, 12 High Street"],
            "BASEMENT|12|HIGH STREET||home",
        ),
        (
            &["First Floor Flat 12 High Street"],
            "FIRST|12|HIGH STREET||home",
        ),
        (&["Room 2", "12 High Street"], "ROOM 2|12|HIGH STREET||home"),
        (
            &["Room 2, Flat 3, 12 High Street"],
            "3 ROOM 2|12|HIGH STREET||home",
        ),
        (&["The Flat", "12 High Street"], "FLAT|12|HIGH STREET||home"),
    ] {
        assert_eq!(fields(lines), expected, "{lines:?}");
    }
}

#[test]
fn one_home_has_one_text_whatever_the_layout() {
    let homes: [&[&[&str]]; 5] = [
        &[
            &["12 High Street", "Bexleyheath"],
            &["12", "HIGH ST"],
            &["12 High St, Bexleyheath, Kent, DA6 7AT"],
            &["12 High St\r\nBexleyheath\nKent"],
            &["No 12", "High Street", "", "Kent"],
        ],
        &[
            &["Flat 3", "12 High Street"],
            &["12 High St", "Flat 3"],
            &["FLAT 3 12 HIGH STREET BEXLEYHEATH"],
            &["Apt 3, Albion House, 12 High Street"],
        ],
        &[
            &["Flat A", "12 High Street"],
            &["12A High Street"],
            &["12a", "High St"],
        ],
        &[
            &["Flat 3", "Albion House", "High Street"],
            &["3 Albion House"],
            &["Flat 3 Albion House"],
            &["3 Albion House High Street"],
            &["3 Albion House High St Sidcup"],
            &["3", "Albion Hse", "Sidcup"],
        ],
        &[
            &["Flat 3, Tudor Court"],
            &["3 Tudor Court"],
            &["Flat 3", "Tudor Ct", "High Road"],
            &["3 Tudor Court", "High Road"],
        ],
    ];
    let mut texts = std::collections::BTreeSet::new();
    for writings in homes {
        let first = canonical(writings[0]).unwrap();
        for lines in writings {
            assert_eq!(canonical(lines).as_ref(), Some(&first), "{lines:?}");
        }
        assert!(texts.insert(first));
    }
}

#[test]
fn places_that_are_no_homes() {
    for lines in [
        &["St Mungo's Hostel", "12 High Street"][..],
        &["Women's Refuge", "PO Box 12"],
        &["Sunny Bank Nursing Home", "12 Hill Rise"],
        &["HMP Belmarsh", "Western Way"],
        &["Queen Elizabeth Hospital, Stadium Road"],
        &["Queen Elizabeth Hospital Stadium Road"],
        &["The Grange Care Home, 4 Park Road"],
        &["4 The Grange Care Home, Park Road"],
        &["Bexley Grammar School", "Danson Lane"],
        &["Room 4", "Seaview B&B", "2 Marine Parade"],
        &["Travelodge", "High Street"],
        &["The Surgery, 2 High Street"],
        &["YMCA, 2 High Street"],
        &["Smith & Partners Solicitors", "2 High Street"],
        &["Civic Offices", "2 Watling Street"],
        &["Housing Office, Civic Centre"],
        &["Local Authority Family Hub, 2 Park Road"],
        &["Dr Patel GP Practice", "2 High Street"],
        &["Thamesview Medical Practice, 2 High Street"],
        &["Women's Refuge (address withheld)"],
        &["Supported Living, 4 Park Road"],
        &["Approved Premises", "4 Park Road"],
        &["HM YOI Cookham Wood"],
    ] {
        let address = read_address(lines, "DA6 7AT").unwrap();
        assert!(
            address.kind == AddressKind::Communal && !address.is_home(),
            "{lines:?}"
        );
    }
    for lines in [
        &["12 Hospital Road"][..],
        &["12 Hospital Bridge Road"],
        &["School House, 1 School Lane"],
        &["The Old Surgery, 2 High Street"],
        &["12 Barrack Road"],
        &["Flat 2 College Court, College Road"],
        &["12 Refuge Close"],
        &["12 Prison Lane"],
        &["4 Crown Court", "High Street"],
        &["County Hall Apartments", "Belvedere Road"],
    ] {
        assert!(
            read_address(lines, "DA6 7AT").unwrap().is_home(),
            "{lines:?}"
        );
    }
    let care_of = read_address(&["c/o Mrs A Smith", "12 High Street"], "DA6 7AT").unwrap();
    assert!(care_of.kind == AddressKind::CareOf && care_of.number.as_deref() == Some("12"));
    for owner in [
        "C/O 12 High Street",
        "c\\o 12 High Street",
        "Care of Mr Smith, 12 High Street",
        "c/- 12 High St",
    ] {
        let address = read_address(&[owner], "DA6 7AT").unwrap();
        assert!(
            address.kind == AddressKind::CareOf && address.number.as_deref() == Some("12"),
            "{owner}"
        );
    }
    assert!(
        read_address(&["12 Care Office Road"], "DA6 7AT")
            .unwrap()
            .is_home()
    );
    assert!(
        read_address(&["C/O 12 High Street"], "DA6 7AT")
            .unwrap()
            .kind
            == AddressKind::CareOf
    );
    for (lines, postcode) in [
        (&["NFA"][..], ""),
        (&["No fixed abode", "Bexley"], "DA6 7AT"),
        (&[""], "ZZ99 3VZ"),
        (&["12 High Street"], "ZZ99 3VZ"),
    ] {
        let address = read_address(lines, postcode).unwrap();
        assert!(
            address.kind == AddressKind::NoFixedAbode && address.canonical().is_none(),
            "{lines:?}"
        );
    }
}

#[test]
fn postcodes_from_the_lines() {
    let unit = |lines: &[&str], postcode: &str| {
        read_address(lines, postcode)
            .unwrap()
            .postcode
            .as_ref()
            .map(|p| p.unit().to_owned())
    };
    assert_eq!(
        unit(&["12 High Street", "Bexleyheath DA6 7AT"], "").as_deref(),
        Some("DA67AT")
    );
    assert_eq!(
        unit(&["12 High Street, Bexleyheath, DA67AT"], "").as_deref(),
        Some("DA67AT")
    );
    assert_eq!(unit(&["12 High Street"], "not known"), None);
    assert_eq!(unit(&["12 High Street"], "DA6"), None);
    // The given one stands; another in the lines is not believed.
    assert_eq!(
        unit(&["12 High Street", "DA6 8XX"], "DA6 7AT").as_deref(),
        Some("DA67AT")
    );
}

#[test]
fn nothing_to_read() {
    assert_eq!(read_address(&[], ""), Err(Rejected::Empty));
    assert_eq!(read_address(&["", " , "], ""), Err(Rejected::Empty));
    assert_eq!(read_address(&["Unknown"], ""), Err(Rejected::Placeholder));
    assert_eq!(
        read_address(&["not known"], "ZZ99 3WZ"),
        Err(Rejected::Placeholder)
    );
    let only_postcode = read_address(&[], "DA6 7AT").unwrap();
    assert!(only_postcode.number.is_none() && only_postcode.canonical().is_none());
}

proptest! {
    #[test]
    fn any_text_is_survived(lines in proptest::collection::vec("\\PC{0,30}|((FLAT|ROOM|12|3B|A|HIGH|ST|ROAD|HOUSE|COURT|C/O|THE|OLD|SCHOOL|NO|FLOOR|GROUND|DA6|7AT|-|,|/)[ ]?){0,8}", 0..5), postcode in "|DA6 7AT|ZZ99 3VZ|\\PC{0,8}") {
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        if let Ok(address) = read_address(&lines, &postcode) {
            let words = address.flat.iter().chain(&address.number).chain(&address.street).chain(&address.town);
            for word in words {
                prop_assert!(!word.is_empty() && word.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b' ' || b == b'-'));
            }
        }
    }

    /// A home reads back from its own standard lines, and however its parts are spread over columns.
    #[test]
    fn layouts_agree(flat in proptest::option::of("[1-9][0-9]?[A-D]?"), number in "[1-9][0-9]{0,2}[A-D]?", name in "[B-DF-HJ-NP-TV-Z][AEIOU][A-Z]{3,6}", kind in 0usize..4) {
        prop_assume!(vocabulary::street_type(&name).is_none() && vocabulary::building(&name).is_none() && !vocabulary::is_region(&name));
        let (short, full) = [("Rd", "ROAD"), ("St", "STREET"), ("Ave.", "AVENUE"), ("Gdns", "GARDENS")][kind];
        let flat_text = flat.as_ref().map(|f| format!("Flat {f}")).unwrap_or_default();
        let street = format!("{name} {short}");
        let numbered = format!("{number} {street}");
        let flat_numbered = format!("{flat_text} {numbered}");
        let one_line = format!("{flat_text}, {numbered}, Bexleyheath, Kent DA6 7AT");
        let writings: [(&[&str], &str); 5] = [
            (&[&flat_text, &number, &street, "Bexleyheath"], "DA6 7AT"),
            (&[&flat_text, &numbered], "da67at"),
            (&[&flat_numbered], "DA6 7AT"),
            (&[&numbered, &flat_text, "BEXLEYHEATH"], "DA6 7AT"),
            (&[&one_line], ""),
        ];
        let first = read_address(writings[0].0, writings[0].1).unwrap();
        prop_assert_eq!(&first.flat, &flat);
        prop_assert_eq!(first.number.as_ref(), Some(&number));
        prop_assert_eq!(&first.street, &[name, full.to_owned()]);
        for (lines, postcode) in writings {
            let address = read_address(lines, postcode).unwrap();
            prop_assert_eq!(address.canonical(), first.canonical());
        }
    }

    /// What was read, written out again as standard lines, reads as the same home.
    #[test]
    fn a_home_reads_back_from_its_own_parts(flat in proptest::option::of("[1-9][0-9]?[A-D]?"), number in proptest::option::of("[1-9][0-9]{0,2}[A-D]?"), name in "[B-DF-HJ-NP-TV-Z][AEIOU][A-Z]{3,6}", street in "[B-DF-HJ-NP-TV-Z][AEIOU][A-Z]{3,6}", building in 0usize..4, one_line in any::<bool>()) {
        for word in [&name, &street] {
            prop_assume!(vocabulary::street_type(word).is_none() && vocabulary::building(word).is_none() && !vocabulary::is_region(word));
        }
        // "TUDOR COURT" without a flat is as likely a street.
        prop_assume!(building != 3 || flat.is_some());
        let building = ["Hse", "Cottage", "Lodge", "Ct"][building];
        let mut lines = vec![];
        lines.extend(flat.map(|flat| format!("Flat {flat}")));
        lines.push(format!("{name} {building}"));
        lines.push(number.map_or_else(|| format!("{street} Rd"), |number| format!("{number} {street} Rd")));
        if one_line {
            lines = vec![lines.join(", ")];
        }
        let lines: Vec<&str> = lines.iter().map(String::as_str).collect();
        let first = read_address(&lines, "DA6 7AT").unwrap();
        let mut again = vec![];
        again.extend(first.flat.as_ref().map(|flat| format!("FLAT {flat}")));
        again.extend(first.number.clone());
        again.push(first.street.join(" "));
        let again: Vec<&str> = again.iter().map(String::as_str).collect();
        let second = read_address(&again, "DA6 7AT").unwrap();
        prop_assert!(first.canonical().is_some());
        prop_assert_eq!(second.canonical(), first.canonical());
    }
}
