//! Events that must not count, and the safeguarding context: real files are mostly these.

use std::collections::BTreeSet;

use crate::calendar::{Day, TODAY};
use crate::events::Chronicle;
use crate::happenings::{Row, Source};
use crate::inclusion::Inclusion;
use crate::world::{Role, World};

/// Adds attendance for every pupil, context and noise, all on people who are in the file.
pub(crate) fn add(chronicle: &mut Chronicle, world: &World, inclusion: &Inclusion) {
    let pupils: Vec<usize> = (0..world.people.len())
        .filter(|p| inclusion.has(*p, Source::SchoolCensus))
        .collect();
    chronicle.fill_attendance(&pupils);
    let out_of_work: BTreeSet<usize> = chronicle
        .all
        .iter()
        .filter(|h| {
            matches!(
                h.row,
                Row::Benefit {
                    award: "UC-NW" | "JSA" | "IS" | "ESA" | "NEET"
                }
            )
        })
        .map(|h| h.person)
        .collect();
    for person in 0..world.people.len() {
        let age = world.people[person].age();
        if inclusion.has(person, Source::SchoolCensus) && chronicle.dice.chance(0.03) {
            let kind = chronicle.dice.weighted(&[("WARN", 50), ("INT", 50)]);
            chronicle.noise(person, Row::Exclusion { kind });
        }
        if inclusion.has(person, Source::Housing) && age >= 18 {
            housing(chronicle, person, age, out_of_work.contains(&person));
        }
        if inclusion.has(person, Source::Patients) && age >= 18 {
            health(chronicle, person, age);
        }
        if inclusion.has(person, Source::PolicePeople) {
            police(chronicle, person);
        }
        if inclusion.has(person, Source::LscbPeople) {
            safeguarding(chronicle, world, person, age);
        }
    }
}

fn housing(chronicle: &mut Chronicle, person: usize, age: i32, out_of_work: bool) {
    if chronicle.dice.chance(0.16) {
        let (stage, weeks) =
            chronicle
                .dice
                .weighted(&[(("ADVC", 0), 40), (("ARR1", 2), 35), (("REPR", 0), 25)]);
        chronicle.noise(person, Row::HousingCase { stage, weeks });
    }
    if !out_of_work && chronicle.dice.chance(0.45) {
        let award = if age >= 66 {
            "PENS"
        } else {
            chronicle
                .dice
                .weighted(&[("UC-W", 50), ("CTR-EI", 30), ("SPD", 20)])
        };
        chronicle.noise(person, Row::Benefit { award });
    }
}

fn health(chronicle: &mut Chronicle, person: usize, age: i32) {
    if age >= 70 && chronicle.dice.chance(0.15) {
        chronicle.noise(person, Row::MentalHealth { team: "MEMC" });
    } else if chronicle.dice.chance(0.03) {
        chronicle.noise(person, Row::MentalHealth { team: "DNA" });
    }
    if chronicle.dice.chance(0.05) {
        let contact = chronicle.dice.weighted(&[("SMOK", 70), ("NEED", 30)]);
        chronicle.noise(person, Row::Substance { contact });
    }
}

fn police(chronicle: &mut Chronicle, person: usize) {
    if chronicle.dice.chance(0.55) {
        let occurrence = chronicle.next_number();
        let row = |role, class, asb, abuse| Row::Incident {
            occurrence,
            role,
            class,
            asb,
            abuse,
            grade: "",
            disposal: "",
        };
        let row = match chronicle.dice.below(100) {
            0..=29 => row(
                chronicle
                    .dice
                    .weighted(&[("VIC", 50), ("REP", 30), ("WIT", 20)]),
                chronicle
                    .dice
                    .weighted(&[("PERS", 40), ("NUIS", 40), ("ENV", 20)]),
                true,
                false,
            ),
            30..=39 => row(
                chronicle.dice.weighted(&[("REP", 60), ("WIT", 40)]),
                "DOM",
                false,
                true,
            ),
            _ => row(
                chronicle
                    .dice
                    .weighted(&[("VIC", 50), ("SUS", 25), ("WIT", 25)]),
                chronicle
                    .dice
                    .weighted(&[("THEFT", 40), ("BURG", 25), ("RTC", 20), ("MISP", 15)]),
                false,
                false,
            ),
        };
        chronicle.noise(person, row);
    }
}

fn safeguarding(chronicle: &mut Chronicle, world: &World, person: usize, age: i32) {
    let placement = world.belongs[person].iter().find_map(|h| {
        let members = &world.households[*h].members;
        members
            .iter()
            .find(|m| m.person == person && m.role == Role::LookedAfter)
            .map(|m| m.from)
    });
    if let Some(from) = placement {
        chronicle.context(
            person,
            from,
            None,
            Row::SafeguardingPlan {
                plan: "CLA",
                category: "N1",
            },
        );
    }
    if age < 18 {
        if chronicle.dice.chance(0.5) {
            let start = chronicle.any_day();
            let (plan, category) = chronicle.dice.weighted(&[
                (("CIN", "N1"), 50),
                (("CPP", "NEG"), 12),
                (("CPP", "EMO"), 12),
                (("CPP", "PHY"), 5),
                (("EH", ""), 21),
            ]);
            let end = Day(start.0 + chronicle.dice.between(60, 400));
            chronicle.context(
                person,
                start,
                (end < TODAY).then_some(end),
                Row::SafeguardingPlan { plan, category },
            );
        }
        if chronicle.dice.chance(0.25) {
            let assessment = chronicle.next_number();
            let factor = chronicle.dice.weighted(&[
                ("4A", 25),
                ("5A", 10),
                ("6A", 15),
                ("10A", 15),
                ("14A", 15),
                ("18A", 10),
                ("21", 10),
            ]);
            let start = chronicle.any_day();
            chronicle.context(person, start, None, Row::Factor { assessment, factor });
        }
    } else if chronicle.dice.chance(0.01) {
        let (case, ticks) = (chronicle.next_number(), 14);
        let start = chronicle.any_day();
        chronicle.context(
            person,
            start,
            None,
            Row::Marac {
                case,
                role: "REFERRER",
                ticks,
                repeat: false,
            },
        );
    }
}
