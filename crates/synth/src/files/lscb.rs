//! The local safeguarding children board: pipes, timestamps and the word NULL from a database dump.

use super::sheet::{PLAIN, Style, sheet};
use super::{SYNTHETIC, events_of, records_of, yes};
use crate::Borough;
use crate::calendar::Day;
use crate::dice::{Dice, Stage};
use crate::happenings::{Row, Source};
use crate::home::{TOWN, abbreviated};
use crate::names::Sex;

const STYLE: Style = Style {
    delimiter: b'|',
    ..PLAIN
};

const PEOPLE_HEADER: &str = "Data status|ID|Role|First Name|Last Name|AKA First|AKA Last|BirthDate|Sex|UPN|NHS Number|House|Street|Town|PostCode|UPRN|\
                             AddressStart|AddressLastConfirmed|Case Status|Do Not Link|LastContact";

pub(super) fn files(borough: &Borough) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (
            "lscb/mapping.toml",
            include_bytes!("../../mappings/lscb.toml").to_vec(),
        ),
        (
            "lscb/contacts.toml",
            include_bytes!("../../mappings/lscb.contacts.toml").to_vec(),
        ),
        (
            "lscb/people-pipes-timestamps-and-nulls.csv",
            people(borough),
        ),
        ("lscb/plans-context-only.csv", plans(borough)),
        (
            "lscb/assessment-factors-on-child-or-parent.csv",
            factors(borough),
        ),
        ("lscb/marac-cases.csv", marac(borough)),
    ]
}

fn or_null(cell: Option<String>) -> String {
    cell.filter(|text| !text.is_empty())
        .unwrap_or_else(|| "NULL".to_owned())
}

fn people(borough: &Borough) -> Vec<u8> {
    let mut dice = Dice::new(borough.options.seed ^ 0x4c53_4342, Stage::Files);
    let rows = records_of(borough, Source::LscbPeople)
        .into_iter()
        .map(|record| {
            let person = &borough.world.people[record.person];
            let home = &borough.world.homes[record.home];
            let before = home.before_street();
            let house = if before.is_empty() {
                home.number.to_string()
            } else {
                format!("{before}, {}", home.number)
            };
            let postcode = record.postcode.clone();
            let closed = person.do_not_link || dice.chance(0.4);
            vec![
                SYNTHETIC.to_owned(),
                record.own_id.clone(),
                if person.age() < 18 { "Child" } else { "Adult" }.to_owned(),
                record.forename.clone(),
                record.surname.clone(),
                or_null(record.known_as_forename.clone()),
                or_null(record.known_as_surname.clone()),
                or_null(record.born.map(Day::timestamp)),
                match record.sex {
                    Some(Sex::Female) => "F",
                    Some(Sex::Male) => "M",
                    None => "U",
                }
                .to_owned(),
                or_null(record.upn.clone()),
                or_null(record.nhs.clone()),
                house,
                if dice.chance(0.15) {
                    abbreviated(&home.street)
                } else {
                    home.street.clone()
                },
                TOWN.to_owned(),
                or_null(if dice.chance(0.2) {
                    postcode.map(|p| p.to_lowercase())
                } else {
                    postcode
                }),
                or_null(record.uprn.clone()),
                record.from.timestamp(),
                record.confirmed.timestamp(),
                if closed { "Closed" } else { "Open" }.to_owned(),
                yes(record.do_not_link, "N"),
                record.contact.timestamp(),
            ]
        });
    sheet(STYLE, PEOPLE_HEADER, rows)
}

fn plans(borough: &Borough) -> Vec<u8> {
    let found = events_of(borough, |event| {
        matches!(event.row, Row::SafeguardingPlan { .. })
    });
    let rows = found.into_iter().filter_map(|(event, own_id)| {
        let Row::SafeguardingPlan { plan, category } = event.row else {
            return None;
        };
        Some(vec![
            SYNTHETIC.to_owned(),
            own_id.to_owned(),
            plan.to_owned(),
            or_null(Some(category.to_owned())),
            event.start.timestamp(),
            or_null(event.end.map(Day::timestamp)),
        ])
    });
    sheet(
        STYLE,
        "Data status|ID|Plan|Category|PlanStart|PlanEnd",
        rows,
    )
}

fn factors(borough: &Borough) -> Vec<u8> {
    let found = events_of(borough, |event| matches!(event.row, Row::Factor { .. }));
    let rows = found.into_iter().filter_map(|(event, own_id)| {
        let Row::Factor { assessment, factor } = event.row else {
            return None;
        };
        Some(vec![
            SYNTHETIC.to_owned(),
            own_id.to_owned(),
            format!("A{assessment:06}"),
            event.start.timestamp(),
            factor.to_owned(),
        ])
    });
    sheet(
        STYLE,
        "Data status|ID|AssessmentID|AssessmentDate|Factor",
        rows,
    )
}

fn marac(borough: &Borough) -> Vec<u8> {
    let found = events_of(borough, |event| matches!(event.row, Row::Marac { .. }));
    let rows = found.into_iter().filter_map(|(event, own_id)| {
        let Row::Marac {
            case,
            role,
            ticks,
            repeat,
        } = event.row
        else {
            return None;
        };
        Some(vec![
            SYNTHETIC.to_owned(),
            format!("M{case:06}"),
            own_id.to_owned(),
            role.to_owned(),
            event.start.timestamp(),
            ticks.to_string(),
            yes(repeat, "N"),
        ])
    });
    sheet(
        STYLE,
        "Data status|CaseNo|ID|MaracRole|MeetingDate|DashTicks|Repeat",
        rows,
    )
}
