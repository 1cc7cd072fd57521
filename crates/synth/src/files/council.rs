//! The council: school census with preamble, housing list from a spreadsheet, four event files.

use super::sheet::{PLAIN, Style, sheet};
use super::{SYNTHETIC, events_of, forenames, records_of, yes};
use crate::Borough;
use crate::calendar::{Day, TODAY};
use crate::dice::{Dice, Stage};
use crate::happenings::{Row, Source, attendance_band, attendance_percent};
use crate::home::TOWN;
use crate::names::Sex;

const CENSUS_PREAMBLE: &str = "\u{feff}Eastmere Council - School Census Extract (SYNTHETIC DATA, NO REAL PEOPLE)\r\n\
                               Run date: 31/08/2026,Prepared by: Education MI\r\n";

const CENSUS_HEADER: &str = "Data status,Pupil ID,UPN,Former UPN,Surnme,Forename,Mid Name,Preferred Surname,Former Surname,D.O.B,Sex,SAON,PAON,\
                             Street,Locality,Town,Post Code,UPRN,Addr From,Addr Last Checked,Addr Protected,Do Not Link,NC Yr,LAESTAB,Entry Date,\
                             SEN,Last Roll Date";

const HOUSING_HEADER: &str = "Data status,Person Ref,Claim Ref,Title,Forename(s),Surname,Maiden/Prev Name,DOB,Gender,NI No,Address,Postcode,UPRN,\
                              Addr Start,Addr Last Verified,Tenure,Last Contact";

pub(super) fn files(borough: &Borough) -> Vec<(&'static str, Vec<u8>)> {
    let mut dice = Dice::new(borough.options.seed, Stage::Files);
    vec![
        (
            "council/mapping.toml",
            include_bytes!("../../mappings/council.toml").to_vec(),
        ),
        (
            "council/contacts.toml",
            include_bytes!("../../mappings/council.contacts.toml").to_vec(),
        ),
        (
            "council/school-census-preamble-and-temporary-upns.csv",
            census(borough, &mut dice),
        ),
        (
            "council/housing-people-excel-serials-and-damaged-uprns.csv",
            housing(borough, &mut dice),
        ),
        ("council/attendance-one-row-a-term.csv", attendance(borough)),
        (
            "council/exclusions-two-digit-years.csv",
            exclusions(borough),
        ),
        (
            "council/housing-cases-advice-must-not-count.csv",
            housing_cases(borough),
        ),
        (
            "council/benefits-open-episodes-compact-dates.csv",
            benefits(borough),
        ),
    ]
}

fn census(borough: &Borough, dice: &mut Dice) -> Vec<u8> {
    let style = Style {
        carriage_returns: true,
        preamble: CENSUS_PREAMBLE,
        ..PLAIN
    };
    let rows = records_of(borough, Source::SchoolCensus)
        .into_iter()
        .map(|record| {
            let person = &borough.world.people[record.person];
            let home = &borough.world.homes[record.home];
            let year = (person.born.age_on(Day::of(2025, 9, 1)) - 5.0).floor() as i32 + 1;
            let year_group = if year < 1 {
                "R".to_owned()
            } else {
                year.min(13).to_string()
            };
            let entry = Day::of(2025 - dice.between(0, 6).min(year.max(0)), 9, 3);
            let sen = dice.weighted(&[("N", 82), ("K", 14), ("E", 4)]);
            let school = 4_000 + dice.below(40);
            vec![
                SYNTHETIC.to_owned(),
                record.own_id.clone(),
                record.upn.clone().unwrap_or_default(),
                record.former_upn.clone().unwrap_or_default(),
                record.surname.clone(),
                record.forename.clone(),
                record.middle.clone().unwrap_or_default(),
                record.known_as_surname.clone().unwrap_or_default(),
                record.former_surname.clone().unwrap_or_default(),
                record.born.map(Day::slashes).unwrap_or_default(),
                record
                    .sex
                    .map(|sex| if sex == Sex::Female { "F" } else { "M" }.to_owned())
                    .unwrap_or_default(),
                home.before_street(),
                home.number.to_string(),
                home.street.clone(),
                home.locality.to_owned(),
                TOWN.to_owned(),
                record.postcode.clone().unwrap_or_default(),
                record.uprn.clone().unwrap_or_default(),
                record.from.slashes(),
                record.confirmed.slashes(),
                yes(record.protected, ""),
                yes(record.do_not_link, ""),
                year_group,
                format!("001{school}"),
                entry.slashes(),
                sen.to_owned(),
                record.contact.min(TODAY).slashes(),
            ]
        });
    sheet(style, CENSUS_HEADER, rows)
}

fn housing(borough: &Borough, dice: &mut Dice) -> Vec<u8> {
    let style = Style {
        carriage_returns: true,
        ..PLAIN
    };
    let rows = records_of(borough, Source::Housing)
        .into_iter()
        .map(|record| {
            let person = &borough.world.people[record.person];
            let home = &borough.world.homes[record.home];
            let title = match (record.sex, person.age()) {
                (_, ..18) | (None, _) => "",
                (Some(Sex::Male), _) => "Mr",
                (Some(Sex::Female), _) if person.renamed.is_some() => "Mrs",
                (Some(Sex::Female), _) => dice.weighted(&[("Miss", 50), ("Ms", 50)]),
            };
            let nino = record.nino.as_ref().map(|nino| {
                if dice.chance(0.6) {
                    format!(
                        "{} {} {} {} {}",
                        &nino[..2],
                        &nino[2..4],
                        &nino[4..6],
                        &nino[6..8],
                        &nino[8..]
                    )
                } else {
                    nino.clone()
                }
            });
            let born = match record.born {
                Some(born) if record.born_as_serial => born.excel_serial(),
                Some(born) => born.slashes(),
                None => String::new(),
            };
            let postcode = record.postcode.clone().unwrap_or_default();
            vec![
                SYNTHETIC.to_owned(),
                record.own_id.clone(),
                format!(
                    "C{:06}",
                    borough.world.belongs[record.person]
                        .first()
                        .map_or(0, |h| h * 13 % 999_983)
                ),
                title.to_owned(),
                forenames(record),
                record.surname.clone(),
                record.former_surname.clone().unwrap_or_else(|| {
                    if dice.chance(0.3) {
                        "N/A".to_owned()
                    } else {
                        String::new()
                    }
                }),
                born,
                match record.sex {
                    Some(Sex::Female) => "female",
                    Some(Sex::Male) => "male",
                    None => "other or not known",
                }
                .to_owned(),
                nino.unwrap_or_default(),
                home.one_line(),
                if dice.chance(0.6) {
                    postcode.replace(' ', "")
                } else {
                    postcode
                },
                record.uprn.clone().unwrap_or_default(),
                record.from.slashes(),
                record.confirmed.slashes(),
                dice.weighted(&[
                    ("COUNCIL", 35),
                    ("PRIVATE RENT", 40),
                    ("HA", 20),
                    ("OWNER", 5),
                ])
                .to_owned(),
                record.contact.slashes(),
            ]
        });
    sheet(style, HOUSING_HEADER, rows)
}

fn attendance(borough: &Borough) -> Vec<u8> {
    let found = events_of(borough, |event| matches!(event.row, Row::Attendance { .. }));
    let rows = found.into_iter().filter_map(|(event, own_id)| {
        let Row::Attendance {
            term,
            authorised,
            unauthorised,
        } = event.row
        else {
            return None;
        };
        let percent = attendance_percent(term, authorised, unauthorised);
        Some(vec![
            SYNTHETIC.to_owned(),
            own_id.to_owned(),
            term.year.to_owned(),
            term.name.to_owned(),
            term.end.slashes(),
            term.sessions.to_string(),
            authorised.to_string(),
            unauthorised.to_string(),
            format!("{percent:.1}"),
            attendance_band(percent).to_owned(),
        ])
    });
    sheet(
        PLAIN,
        "Data status,Pupil ID,Acad Yr,Term,Term End,Sess Poss,Auth Abs,Unauth Abs,Att %,Band",
        rows,
    )
}

fn exclusions(borough: &Borough) -> Vec<u8> {
    let found = events_of(borough, |event| matches!(event.row, Row::Exclusion { .. }));
    let rows = found
        .into_iter()
        .enumerate()
        .filter_map(|(index, (event, own_id))| {
            let Row::Exclusion { kind } = event.row else {
                return None;
            };
            let reason = ["PP", "PA", "VA", "DB", "DM", "OW"][index % 6];
            let sessions = if kind == "SUSP" {
                (2 + index % 9).to_string()
            } else {
                String::new()
            };
            Some(vec![
                SYNTHETIC.to_owned(),
                own_id.to_owned(),
                kind.to_owned(),
                reason.to_owned(),
                event.start.short_slashes(),
                sessions,
            ])
        });
    sheet(
        PLAIN,
        "Data status,Pupil ID,Type,Reason,Start Dt,Sessions",
        rows,
    )
}

fn housing_cases(borough: &Borough) -> Vec<u8> {
    let style = Style {
        carriage_returns: true,
        ..PLAIN
    };
    let found = events_of(borough, |event| {
        matches!(event.row, Row::HousingCase { .. })
    });
    let rows = found
        .into_iter()
        .enumerate()
        .filter_map(|(index, (event, own_id))| {
            let Row::HousingCase { stage, weeks } = event.row else {
                return None;
            };
            let team = if stage.starts_with("ARR") {
                "Income"
            } else {
                "Housing Options"
            };
            Some(vec![
                SYNTHETIC.to_owned(),
                own_id.to_owned(),
                format!("HC{:06}", 10_001 + index),
                stage.to_owned(),
                event.start.slashes(),
                event.end.map(Day::slashes).unwrap_or_default(),
                if weeks > 0 {
                    weeks.to_string()
                } else {
                    String::new()
                },
                team.to_owned(),
            ])
        });
    sheet(
        style,
        "Data status,Person Ref,Case No,Stage,Opened,Closed,Arrears Wks,Team",
        rows,
    )
}

fn benefits(borough: &Borough) -> Vec<u8> {
    let found = events_of(borough, |event| matches!(event.row, Row::Benefit { .. }));
    let rows = found
        .into_iter()
        .enumerate()
        .filter_map(|(index, (event, own_id))| {
            let Row::Benefit { award } = event.row else {
                return None;
            };
            Some(vec![
                SYNTHETIC.to_owned(),
                own_id.to_owned(),
                format!("B{:06}", 20_001 + index),
                award.to_owned(),
                event.start.compact(),
                event.end.map(Day::compact).unwrap_or_default(),
                format!("{}.{:02}", 20 + index * 37 % 280, index * 61 % 100),
            ])
        });
    sheet(
        PLAIN,
        "Data status,Person Ref,Claim Ref,Award,Start,End,Weekly Amt",
        rows,
    )
}
