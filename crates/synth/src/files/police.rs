//! The police: capitals, tabs, the whole address in one cell, incidents with roles and flags.

use super::sheet::{PLAIN, Style, sheet};
use super::{SYNTHETIC, events_of, forenames, records_of, yes};
use crate::Borough;
use crate::calendar::Day;
use crate::dice::{Dice, Stage};
use crate::happenings::{Row, Source};
use crate::home::{TOWN, abbreviated};
use crate::names::{Sex, plain_letters};

const STYLE: Style = Style {
    delimiter: b'\t',
    ..PLAIN
};

const PEOPLE_HEADER: &str = "DATA STATUS\tNOMINAL REF\tSURNAME\tFORENAMES\tMAIDEN OR FORMER\tALIAS SURNAME\tALIAS FORENAME\tDATE OF BIRTH\tSEX\tPOB\t\
                             HOME ADDRESS\tPCODE\tADDR FROM\tADDR LAST CONFIRMED\tPROT ADDR\tWARNING\tLAST OCCURRENCE";

pub(super) fn files(borough: &Borough) -> Vec<(&'static str, Vec<u8>)> {
    vec![
        (
            "police/mapping.toml",
            include_bytes!("../../mappings/police.toml").to_vec(),
        ),
        (
            "police/contacts.toml",
            include_bytes!("../../mappings/police.contacts.toml").to_vec(),
        ),
        (
            "police/people-tabs-capitals-one-line-address.txt",
            people(borough),
        ),
        (
            "police/incidents-only-suspects-count-for-asb.txt",
            incidents(borough),
        ),
    ]
}

/// As typed by an officer: capitals, no marks.
fn capitals(text: &str) -> String {
    plain_letters(text).to_uppercase()
}

fn people(borough: &Borough) -> Vec<u8> {
    let mut dice = Dice::new(borough.options.seed ^ 0x504f_4c49, Stage::Files);
    let rows = records_of(borough, Source::PolicePeople)
        .into_iter()
        .map(|record| {
            let person = &borough.world.people[record.person];
            let home = &borough.world.homes[record.home];
            let postcode = record.postcode.clone().unwrap_or_default();
            let street = if dice.chance(0.4) {
                abbreviated(&home.street_line())
            } else {
                home.street_line()
            };
            let (address, postcode) = if record.no_fixed_abode {
                ("NO FIXED ABODE".to_owned(), "ZZ99 3VZ".to_owned())
            } else {
                let line = format!("{} {street} {TOWN} {postcode}", home.before_street());
                (
                    capitals(line.trim()),
                    if dice.chance(0.15) {
                        postcode.replace(' ', "  ")
                    } else {
                        postcode
                    },
                )
            };
            let place = match dice.below(100) {
                0..=9 => "N/K".to_owned(),
                10..=14 => "UNKNOWN".to_owned(),
                15..=22 => String::new(),
                _ => capitals(&person.birth_place),
            };
            vec![
                SYNTHETIC.to_owned(),
                record.own_id.clone(),
                capitals(&record.surname),
                capitals(&forenames(record)),
                record
                    .former_surname
                    .as_deref()
                    .map(capitals)
                    .unwrap_or_default(),
                record
                    .known_as_surname
                    .as_deref()
                    .map(capitals)
                    .unwrap_or_default(),
                record
                    .known_as_forename
                    .as_deref()
                    .map(capitals)
                    .unwrap_or_default(),
                record.born.map_or_else(|| "UNKNOWN".to_owned(), Day::iso),
                match record.sex {
                    Some(Sex::Female) => "F",
                    Some(Sex::Male) => "M",
                    None => "U",
                }
                .to_owned(),
                place,
                address,
                postcode,
                record.from.iso(),
                record.confirmed.iso(),
                yes(record.protected, "N"),
                dice.weighted(&[("", 90), ("VI", 4), ("ME", 3), ("WE", 3)])
                    .to_owned(),
                record.contact.iso(),
            ]
        });
    sheet(STYLE, PEOPLE_HEADER, rows)
}

fn incidents(borough: &Borough) -> Vec<u8> {
    let found = events_of(borough, |event| matches!(event.row, Row::Incident { .. }));
    let rows = found.into_iter().filter_map(|(event, own_id)| {
        let Row::Incident {
            occurrence,
            role,
            class,
            asb,
            abuse,
            grade,
            disposal,
        } = event.row
        else {
            return None;
        };
        let minute = occurrence * 37 % 1_440;
        Some(vec![
            SYNTHETIC.to_owned(),
            format!("OCC/{:06}/{:02}", occurrence, event.start.year() % 100),
            own_id.to_owned(),
            role.to_owned(),
            format!(
                "{}T{:02}:{:02}",
                event.start.iso(),
                minute / 60,
                minute % 60
            ),
            class.to_owned(),
            yes(asb, "N"),
            yes(abuse, "N"),
            grade.to_owned(),
            disposal.to_owned(),
        ])
    });
    sheet(
        STYLE,
        "DATA STATUS\tOCC NO\tNOMINAL REF\tROLE\tOCC DATE\tNSIR CLASS\tASB FLAG\tDA FLAG\tDASH GRADE\tDISPOSAL",
        rows,
    )
}
