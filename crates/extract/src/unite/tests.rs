//! Rows of one person come together, and rows of two people do not.

use super::*;
use kinfold_identity::{
    AddressSpell, DateRules, NO_MONTH, NhsNumber, Nino, Plain, Sex, Upn, read_address, read_date,
    read_family_names, read_given_names,
};
use proptest::prelude::*;
use std::collections::{BTreeMap, BTreeSet};

/// `first|family|birth|sex|house|postcode`; an empty part is not known.
fn row(source: usize, own_id: &str, text: &str) -> PersonRow {
    let part: Vec<&str> = text.split('|').collect();
    let mut person = Person::default();
    if let Ok(names) = read_given_names(part[0]) {
        person.add_given_names(names);
    }
    person.family_names = read_family_names(part[1]).unwrap_or_default();
    person.births = read_date(part[2], &DateRules::default())
        .into_iter()
        .collect();
    person.sex = match part[3] {
        "F" => Some(Sex::Female),
        "M" => Some(Sex::Male),
        _ => None,
    };
    person.addresses = read_address(&[part[4]], part[5])
        .ok()
        .map(|address| AddressSpell {
            address: Some(address),
            uprn: None,
            town: None,
            from: NO_MONTH,
            to: NO_MONTH,
        })
        .into_iter()
        .collect();
    PersonRow {
        source,
        own_id: Plain::new(own_id.to_owned()),
        line: 0,
        person,
        rejected: Vec::new(),
        last_contact: None,
    }
}

fn unite(rows: &[PersonRow]) -> laws::Together {
    laws::bounded(rows, 1000)
}

fn lists(rows: &[PersonRow]) -> Vec<Vec<usize>> {
    unite(rows)
        .people
        .into_iter()
        .map(|person| person.rows)
        .collect()
}

const AMY: &str = "Amy|Smith|13/02/2015|F|4 Mill Road|XE4 7AB";

#[test]
fn one_own_id_is_one_person() {
    let rows = [
        row(0, "1", AMY),
        row(1, "1", "Tom|Jones|01/05/1980|M||"),
        row(0, "1", "Amelia|Brown|||5 High Street|XE1 1AA"),
    ];
    assert_eq!(lists(&rows), [vec![0, 2], vec![1]]);
    assert_eq!(unite(&rows).joins, BTreeMap::from([(Reason::OwnId, 1)]));
}

#[test]
fn an_own_id_of_several_people_joins_nobody() {
    let class: Vec<PersonRow> = ["Amy", "Tom", "Zoe", "Bob"]
        .iter()
        .enumerate()
        .map(|(index, name)| {
            let born = format!("{:02}/0{}/2015", index + 10, index + 1);
            row(0, "7", &format!("{name}|Smith|{born}|||"))
        })
        .chain([row(0, "8", AMY), row(0, "8", AMY)])
        .collect();
    let united = unite(&class);
    assert_eq!(
        united.shared_own_ids,
        [SharedOwnId {
            rows: vec![0, 1, 2, 3]
        }]
    );
    assert_eq!(
        lists(&class),
        [vec![0], vec![1], vec![2], vec![3], vec![4, 5]]
    );
    // A nickname, a slip in the date, a date or a first name that is missing, or names in the wrong columns: still one person.
    for other in [
        "Bob|Jones|01/05/1990|M||",
        "Robert|Jones|20/11/1985|M||",
        "Tom|Jones|01/06/1980|M||",
        "Tom|Jones||M||",
        "|Jones|20/11/1985|M||",
        "Jones|Robert|20/11/1985|M||",
    ] {
        let rows = [
            row(0, "1", "Robert|Jones|01/05/1980|M||"),
            row(0, "1", other),
        ];
        let united = unite(&rows);
        assert_eq!(
            (united.people.len(), united.shared_own_ids.len()),
            (1, 0),
            "{other}"
        );
    }
}

#[test]
fn a_pupil_and_a_housing_applicant_come_together() {
    for (other, reason) in [
        (
            "Amy|Smith|13/02/2015|F|9 High Street|XE1 1AA",
            Reason::NameBirthSex,
        ),
        (
            "Amy Louise|Smith-Brown|13/02/2015||4 Mill Road|XE4 7AB",
            Reason::NameBirthPlace,
        ),
        (
            "Amyleigh|Smith|13/02/2015|F|4 Mill Road|XE4 7AB",
            Reason::NearNameAtAddress,
        ),
        (
            "Amy|Brown|13/02/2015|F|4 Mill Road|XE4 7AB",
            Reason::OtherFamilyName,
        ),
        (
            "Amy|Smiht|13/02/2015|M|4 Mill Road|XE4 7AB",
            Reason::OtherFamilyName,
        ),
        (
            "Smith|Amy|13/02/2015|F|9 Mill Road|XE4 7AB",
            Reason::NamesSwapped,
        ),
        (
            "Amy|Smith|23/02/2015|F|4 Mill Road|XE4 7AB",
            Reason::BirthSlip,
        ),
    ] {
        let united = unite(&[row(0, "1", AMY), row(1, "1", other)]);
        assert_eq!(united.joins, BTreeMap::from([(reason, 1)]), "{other}");
    }
}

#[test]
fn these_stay_apart() {
    for (other, doubt) in [
        // A twin at home, a father of one name, a namesake elsewhere, a sister.
        (
            "Tom|Smith|13/02/2015|M|4 Mill Road|XE4 7AB",
            Some(Doubt::Twins),
        ),
        ("Amy|Smith|01/06/1985|F|4 Mill Road|XE4 7AB", None),
        ("Amy|Smith|13/02/2014|F|9 High Street|XE1 1AA", None),
        (
            "Amy|Smith|13/02/2015||9 High Street|XE1 1AA",
            Some(Doubt::Unconfirmed),
        ),
        ("Amy|Smith|||4 Mill Road|XE4 7AB", Some(Doubt::BirthMissing)),
        ("Zoe|Smith|01/05/2017|F|4 Mill Road|XE4 7AB", None),
    ] {
        let united = unite(&[row(0, "1", AMY), row(1, "1", other)]);
        assert_eq!(united.people.len(), 2, "{other}");
        assert_eq!(
            united.doubtful.first().map(|doubtful| doubtful.why),
            doubt,
            "{other}"
        );
    }
}

#[test]
fn a_record_that_must_not_be_linked_stays_alone() {
    let mut flagged = row(1, "1", AMY);
    flagged.person.do_not_link = true;
    let rows = [row(0, "1", AMY), flagged, row(2, "1", AMY)];
    assert_eq!(lists(&rows), [vec![0, 2], vec![1]]);
    assert!(unite(&rows).doubtful.is_empty(), "not even a hint");
}

#[test]
fn identifiers_join_and_contradict() {
    let with_nino = |text: &str, nino: &str| {
        let mut row = row(0, text, text);
        row.person.nino = Nino::parse(nino).ok();
        assert!(row.person.nino.is_some());
        row
    };
    let joined = [
        with_nino("Amy|Smith|13/02/1985|F||", "AB123456C"),
        with_nino("Amy|Brown|13/02/1985|F||", "AB123456C"),
    ];
    assert_eq!(lists(&joined).len(), 1);
    let spouse = [
        with_nino("Amy|Smith|13/02/1985|F||", "AB123456C"),
        with_nino("John|Smith|01/07/1983|M||", "AB123456C"),
    ];
    let united = unite(&spouse);
    assert_eq!(
        (united.people.len(), united.doubtful[0].why),
        (2, Doubt::IdentifierOfAnother)
    );

    let with_nhs = |id: &str, number: &str| {
        let mut row = row(0, id, AMY);
        row.person.nhs = NhsNumber::parse(number).ok();
        row
    };
    let united = unite(&[with_nhs("1", "9990000018"), with_nhs("2", "9990000026")]);
    assert_eq!(
        (united.people.len(), united.doubtful[0].why),
        (2, Doubt::TwoNhsNumbers)
    );

    // Near names and two pupil numbers: sisters born on one day, not a slip.
    let with_upn = |id: &str, name: &str, upn: &str| {
        let mut row = row(0, id, &AMY.replace("Amy", name));
        row.person.upn = Upn::parse(upn).ok();
        assert!(row.person.upn.is_some());
        row
    };
    let united = unite(&[
        with_upn("1", "Maria", "H801200001001"),
        with_upn("2", "Mariam", "T801200001007"),
    ]);
    assert_eq!(united.people.len(), 2);
}

#[test]
fn a_third_row_cannot_join_twins() {
    // A row that knows both names: whichever twin it joins first, the other stays apart.
    let rows = [
        row(0, "1", AMY),
        row(0, "2", "Tom|Smith|13/02/2015|M|4 Mill Road|XE4 7AB"),
        row(1, "1", "Amy (Tom)|Smith|13/02/2015||4 Mill Road|XE4 7AB"),
    ];
    let united = unite(&rows);
    assert_eq!(united.people.len(), 2);
    assert!(
        united
            .doubtful
            .iter()
            .any(|doubtful| doubtful.why == Doubt::Chain)
    );
}

prop_compose! {
    fn any_row()(source in 0usize..2, own_id in 0usize..6, first in 0usize..4, family in 0usize..2, birth in 0usize..3, house in 0usize..2, flag in 0usize..8) -> PersonRow {
        let text = [
            ["Amy", "Tom", "Amie", ""][first],
            ["Smith", "Jones"][family],
            ["13/02/2015", "13/03/2015", ""][birth],
            "",
            ["4 Mill Road", "7 High Street"][house],
            "XE4 7AB",
        ].join("|");
        let mut row = row(source, &own_id.to_string(), &text);
        row.person.do_not_link = flag == 0;
        row
    }
}

proptest! {
    /// Every row is in exactly one person, the counts add up, and a flagged record stays alone.
    #[test]
    fn the_people_are_a_partition_of_the_rows(rows in proptest::collection::vec(any_row(), 0..12)) {
        let united = unite(&rows);
        let mut all: Vec<usize> = united.people.iter().flat_map(|person| person.rows.clone()).collect();
        all.sort_unstable();
        prop_assert_eq!(all, (0..rows.len()).collect::<Vec<_>>());
        let by_reason: usize = united.joins.values().sum();
        prop_assert_eq!(united.people.len() + by_reason, rows.len());
        for person in &united.people {
            let flagged = person.rows.iter().any(|index| rows[*index].person.do_not_link);
            let own_ids: BTreeSet<_> = person.rows.iter().map(|index| (rows[*index].source, rows[*index].own_id.expose())).collect();
            prop_assert!(!flagged || own_ids.len() == 1, "a flagged record came together with another");
        }
        prop_assert_eq!(unite(&rows).doubtful, united.doubtful);
    }
}
