//! Health: a patient index from an old system in Windows-1252 with semicolons, and two lists of contacts.

use super::sheet::{PLAIN, Style, sheet};
use super::{SYNTHETIC, events_of, records_of};
use crate::Borough;
use crate::calendar::Day;
use crate::dice::{Dice, Stage};
use crate::happenings::{Row, Source};
use crate::home::{TOWN, abbreviated};
use crate::names::Sex;

const STYLE: Style = Style {
    delimiter: b';',
    carriage_returns: true,
    windows_1252: true,
    ..PLAIN
};

const PATIENTS_HEADER: &str = "Data status;Local Pt ID;NHS No;NHS Trace;Family Name;Given Name;Other Given Names;Previous Family Name;Known As;\
                               Date of Birth;Gender Code;Birth Place;Address 1;Address 2;Address 3;Address 4;Post Code;UPRN;Address Valid From;\
                               Address Confirmed;S Flag;GP Practice;Ethnic Cat;Last Seen";

pub(super) fn files(borough: &Borough) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (
            "health/mapping.toml",
            include_bytes!("../../mappings/health.toml").to_vec(),
        ),
        (
            "health/contacts.toml",
            include_bytes!("../../mappings/health.contacts.toml").to_vec(),
        ),
        (
            "health/patients-semicolon-windows-1252.csv",
            patients(borough),
        ),
        (
            "health/mental-health-contacts-open-and-closed.csv",
            mental_health(borough),
        ),
        (
            "health/substance-contacts-other-teams-must-not-count.csv",
            substance(borough),
        ),
    ]
}

fn patients(borough: &Borough) -> Vec<u8> {
    let mut dice = Dice::new(borough.options.seed ^ 0x4845_414c, Stage::Files);
    let rows = records_of(borough, Source::Patients)
        .into_iter()
        .map(|record| {
            let person = &borough.world.people[record.person];
            let home = &borough.world.homes[record.home];
            let street = if dice.chance(0.3) {
                abbreviated(&home.street_line())
            } else {
                home.street_line()
            };
            let before = home.before_street();
            let (first, second) = if before.is_empty() {
                (street, String::new())
            } else {
                (before, street)
            };
            let nhs = record
                .nhs
                .as_ref()
                .map(|number| format!("{} {} {}", &number[..3], &number[3..6], &number[6..]));
            vec![
                SYNTHETIC.to_owned(),
                record.own_id.clone(),
                nhs.unwrap_or_default(),
                record.nhs_trace.to_owned(),
                record.surname.clone(),
                record.forename.clone(),
                record.middle.clone().unwrap_or_default(),
                record.former_surname.clone().unwrap_or_default(),
                record.known_as_forename.clone().unwrap_or_default(),
                record.born.map(Day::month_name).unwrap_or_default(),
                match record.sex {
                    Some(Sex::Male) => "1",
                    Some(Sex::Female) => "2",
                    None => dice.weighted(&[("0", 70), ("9", 30)]),
                }
                .to_owned(),
                if dice.chance(0.04) {
                    "NOT KNOWN".to_owned()
                } else {
                    person.birth_place.clone()
                },
                first,
                second,
                if dice.chance(0.7) {
                    home.locality.to_owned()
                } else {
                    String::new()
                },
                TOWN.to_owned(),
                record.postcode.clone().unwrap_or_default(),
                record.uprn.clone().unwrap_or_default(),
                record.from.month_name(),
                record.confirmed.month_name(),
                if record.protected {
                    "S".to_owned()
                } else {
                    String::new()
                },
                format!("G8{:04}", 1_000 + dice.below(30)),
                dice.weighted(&[
                    ("A", 40),
                    ("C", 10),
                    ("H", 12),
                    ("J", 8),
                    ("K", 8),
                    ("N", 12),
                    ("Z", 10),
                ])
                .to_owned(),
                record.contact.month_name(),
            ]
        });
    sheet(STYLE, PATIENTS_HEADER, rows)
}

fn mental_health(borough: &Borough) -> Vec<u8> {
    let found = events_of(borough, |event| {
        matches!(event.row, Row::MentalHealth { .. })
    });
    let rows = found
        .into_iter()
        .enumerate()
        .filter_map(|(index, (event, own_id))| {
            let Row::MentalHealth { team } = event.row else {
                return None;
            };
            Some(vec![
                SYNTHETIC.to_owned(),
                own_id.to_owned(),
                format!("R{:06}", 30_001 + index),
                team.to_owned(),
                event.start.month_name(),
                event.end.map(Day::month_name).unwrap_or_default(),
                if event.end.is_some() {
                    "Closed"
                } else {
                    "Open"
                }
                .to_owned(),
            ])
        });
    sheet(
        STYLE,
        "Data status;Local Pt ID;Referral ID;Team;Referral Date;Discharge Date;Status",
        rows,
    )
}

fn substance(borough: &Borough) -> Vec<u8> {
    let found = events_of(borough, |event| matches!(event.row, Row::Substance { .. }));
    let rows = found
        .into_iter()
        .enumerate()
        .filter_map(|(index, (event, own_id))| {
            let Row::Substance { contact } = event.row else {
                return None;
            };
            let exit = match (contact, event.end) {
                ("DROP", _) => "Dropped out",
                (_, Some(_)) => "Completed",
                (_, None) => "",
            };
            Some(vec![
                SYNTHETIC.to_owned(),
                own_id.to_owned(),
                format!("S{:06}", 40_001 + index),
                contact.to_owned(),
                event.start.month_name(),
                event.end.map(Day::month_name).unwrap_or_default(),
                exit.to_owned(),
            ])
        });
    sheet(
        STYLE,
        "Data status;Local Pt ID;Episode;Contact Type;Start Date;End Date;Exit Reason",
        rows,
    )
}
