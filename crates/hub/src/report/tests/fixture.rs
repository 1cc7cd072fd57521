//! A made-up result of the size of the committed sample, with everything on it that a page can show.

use kinfold_indicators::{LifeStage, NeedState, RulePack, calendar};

use crate::report::*;

const COUNCIL: &str = "Eastmere Council";
const HEALTH: &str = "Eastmere Health Trust";
const POLICE: &str = "Eastmere Police";
const LSCB: &str = "Eastmere Safeguarding Board";

pub(super) fn day(year: i16, month: i8) -> i32 {
    calendar::day(year, month, 1).unwrap()
}

/// The whole page's data.
pub(super) fn report() -> ReportData {
    let pack = RulePack::local7();
    // current, past, checked, no data, withheld; each adds up to the 512 households.
    let states = [
        [61, 38, 271, 139, 3],
        [34, 19, 318, 140, 1],
        [47, 22, 296, 141, 6],
        [39, 17, 334, 121, 1],
        [118, 31, 287, 76, 0],
        [52, 27, 357, 74, 2],
        [83, 44, 163, 221, 1],
    ];
    let needs = pack
        .indicators()
        .iter()
        .zip(states)
        .map(
            |(indicator, [current, past, checked, no_data, withheld])| IndicatorFacts {
                indicator: indicator.id.clone(),
                name: indicator.name.clone(),
                meaning: indicator.meaning.clone(),
                current,
                past,
                checked,
                no_data,
                withheld,
            },
        )
        .collect();
    ReportData {
        agreement: AgreementFacts {
            name: "Eastmere families".into(),
            purpose: "Offer help early to families whom several agencies already know".into(),
            project: "eastmere".into(),
            epoch: "2026".into(),
            expires: "2027-03-31".into(),
            hash: "5d0c".repeat(16),
            test: true,
        },
        period: "2026-08".into(),
        reference_date: calendar::day(2026, 8, 31).unwrap(),
        custodians: vec![
            custodian("council", COUNCIL, 2874, 1911, &[("school-census", 702), ("exclusions", 702), ("housing", 1389), ("benefits", 1389)]),
            custodian("health", HEALTH, 1846, 402, &[("mental-health", 1846), ("substance-misuse", 1846)]),
            custodian("police", POLICE, 611, 498, &[("police-incidents", 611)]),
            custodian("lscb", LSCB, 238, 171, &[("safeguarding", 238)]),
        ],
        totals: Totals {
            records: 5569,
            people: 2046,
            households: 512,
            people_by_custodians: vec![604, 842, 486, 114],
            people_without_household: 97,
        },
        links: links(),
        needs,
        households_by_current_needs: vec![289, 108, 58, 31, 16, 7, 3, 0],
        overlap: overlap(&pack),
        households: households(&pack),
        limits: Limits { worklist_rows: 20, sections: 3 },
        method: MethodFacts {
            rule_pack: pack.id().into(),
            rule_pack_version: pack.version().into(),
            rule_pack_hash: "9f2c".repeat(16),
            schema: "standard-1".into(),
            schema_hash: "51ab".repeat(16),
            run: "run-2026-08-7f3e21".into(),
            tool_version: "0.1.0".into(),
            accuracy: "The share of right links is what the model expects of itself; it was not checked against known families in this run.".into(),
            limits: vec!["The safeguarding board could supply only nine months of events, so it will have found less than it would have.".into()],
        },
    }
}

fn custodian(
    id: &str,
    name: &str,
    records: u64,
    events: u64,
    datasets: &[(&str, u64)],
) -> CustodianFacts {
    CustodianFacts {
        id: id.into(),
        name: name.into(),
        records,
        events,
        datasets: datasets
            .iter()
            .map(|&(id, records)| DatasetFacts {
                id: id.into(),
                records,
            })
            .collect(),
    }
}

fn links() -> LinkFacts {
    let pairs = [
        2140, 1730, 1104, 610, 352, 188, 97, 61, 33, 24, 19, 14, 12, 17, 26, 41, 77, 130, 204, 322,
        461, 583, 702, 744, 690, 588, 402, 251, 120, 44,
    ];
    let histogram = pairs
        .iter()
        .zip(0_u32..)
        .map(|(&pairs, nth)| WeightBin {
            from: -20.0 + 2.0 * f64::from(nth),
            to: -18.0 + 2.0 * f64::from(nth),
            pairs,
        })
        .collect();
    let pair = |left: &str, right: &str, links| CustodianPairFacts {
        left: left.into(),
        right: right.into(),
        links,
    };
    let reason = |reason: &str, count| CountedReason {
        reason: reason.into(),
        count,
    };
    LinkFacts {
        histogram,
        link_threshold: 8.0,
        review_threshold: 2.0,
        links: 5328,
        review: 45,
        expected_precision: Some(0.9914),
        custodian_pairs: vec![
            pair(COUNCIL, COUNCIL, 828),
            pair(COUNCIL, HEALTH, 2391),
            pair(COUNCIL, POLICE, 877),
            pair(COUNCIL, LSCB, 301),
            pair(HEALTH, POLICE, 544),
            pair(HEALTH, LSCB, 229),
            pair(POLICE, LSCB, 158),
        ],
        vetoes: vec![
            reason("two verified NHS numbers that differ", 37),
            reason("twins: same family and birth date, other given name", 22),
            reason("a rule says do not link", 4),
        ],
        not_households: vec![
            reason("over-full address", 9),
            reason("refuge, hostel or care home", 3),
        ],
    }
}

fn overlap(pack: &RulePack) -> Vec<OverlapFacts> {
    let sets: [(&[usize], u64); 21] = [
        (&[], 289),
        (&[4], 41),
        (&[6], 27),
        (&[0], 17),
        (&[4, 5], 16),
        (&[4, 6], 13),
        (&[5], 9),
        (&[3], 8),
        (&[2], 6),
        (&[0, 4], 12),
        (&[2, 4, 6], 11),
        (&[0, 1, 4], 7),
        (&[0, 2], 9),
        (&[3, 6], 8),
        (&[4, 5, 6], 7),
        (&[0, 2, 4, 6], 9),
        (&[1, 3, 4, 6], 4),
        (&[0, 1, 2, 4, 6], 5),
        (&[2, 3, 4], 5),
        (&[0, 2, 4, 5, 6], 2),
        (&[0, 1, 2, 4, 5, 6], 3),
    ];
    sets.iter()
        .map(|&(members, households)| OverlapFacts {
            indicators: members
                .iter()
                .map(|&member| pack.indicators()[member].id.clone())
                .collect(),
            households,
        })
        .collect()
}

/// What one household of the fixture looks like, briefly.
struct Sketch {
    reference: &'static str,
    adults: usize,
    children: usize,
    /// One letter per need: c current, p past, k checked, n no data, w withheld.
    needs: &'static str,
    strength: LinkStrength,
    last: i32,
}

fn households(pack: &RulePack) -> Vec<HouseholdFacts> {
    use LinkStrength::{Firm, Mixed, Probable};
    let sketch = |reference, adults, children, needs, strength, last| Sketch {
        reference,
        adults,
        children,
        needs,
        strength,
        last,
    };
    let mut all: Vec<HouseholdFacts> = [
        sketch("HH-2RXV-9KTA", 2, 2, "cckwccc", Firm, day(2026, 7)),
        sketch("HH-M3C8-XP4E", 1, 3, "cpcknkc", Probable, day(2026, 8)),
        sketch("HH-91ZD-GH6R", 2, 4, "nnckckc", Firm, day(2026, 6)),
        sketch("HH-K7TN-3QWS", 3, 1, "kccpckk", Mixed, day(2026, 5)),
        sketch("HH-4FVB-80JC", 2, 3, "cnkcknc", Firm, day(2026, 5)),
        sketch("HH-D2YH-6MRA", 1, 1, "kkknccn", Firm, day(2026, 8)),
        sketch("HH-Q8PS-5TEX", 2, 0, "ckkkcpn", Probable, day(2026, 3)),
        sketch("HH-77BC-VD1N", 2, 2, "nnnnnnc", Firm, day(2026, 7)),
        sketch("HH-A5GK-2WZM", 2, 1, "kkkpkkn", Firm, day(2025, 2)),
    ]
    .iter()
    .map(|sketch| sketched(pack, sketch))
    .collect();
    all.insert(0, full(pack));
    all
}

fn state(letter: char) -> NeedState {
    match letter {
        'c' => NeedState::Current,
        'p' => NeedState::Past,
        'k' => NeedState::Checked,
        'w' => NeedState::Withheld,
        _ => NeedState::NoData,
    }
}

fn person(
    reference: &str,
    life_stage: LifeStage,
    custodians: &[&str],
    records: u64,
    strength: LinkStrength,
) -> PersonFacts {
    PersonFacts {
        reference: reference.into(),
        life_stage,
        custodians: custodians.iter().map(|&name| name.into()).collect(),
        records,
        strength,
        withheld: false,
    }
}

/// Which custodian supplies which need, in the pack's order.
const SUPPLIERS: [&str; 7] = [HEALTH, HEALTH, POLICE, POLICE, COUNCIL, COUNCIL, COUNCIL];

fn need(
    indicator: &str,
    state: NeedState,
    supplier: &str,
    last: i32,
    people: Vec<NeedState>,
) -> NeedFacts {
    let known = matches!(state, NeedState::Current | NeedState::Past);
    NeedFacts {
        indicator: indicator.into(),
        state,
        severity: if state == NeedState::Current { 2 } else { 0 },
        last: match state {
            NeedState::Current => Some(last),
            NeedState::Past => Some(day(2025, 2)),
            _ => None,
        },
        records: if known { 2 } else { 0 },
        sources: if known || state == NeedState::Checked {
            vec![supplier.into()]
        } else {
            Vec::new()
        },
        people,
    }
}

fn sketched(pack: &RulePack, sketch: &Sketch) -> HouseholdFacts {
    let people: Vec<PersonFacts> = (0..sketch.adults + sketch.children)
        .map(|nth| {
            let stage = if nth < sketch.adults {
                LifeStage::Adult
            } else {
                LifeStage::Child
            };
            let tail = &sketch.reference[8..];
            person(
                &format!("P-{nth}{tail}"),
                stage,
                &[COUNCIL, HEALTH],
                2,
                sketch.strength,
            )
        })
        .collect();
    let needs: Vec<NeedFacts> = pack
        .indicators()
        .iter()
        .zip(sketch.needs.chars())
        .zip(SUPPLIERS)
        .map(|((indicator, letter), supplier)| {
            let of_person = |nth: usize| match state(letter) {
                NeedState::Current | NeedState::Past if nth > 0 => NeedState::Checked,
                other => other,
            };
            need(
                &indicator.id,
                state(letter),
                supplier,
                sketch.last,
                (0..people.len()).map(of_person).collect(),
            )
        })
        .collect();
    let current: Vec<String> = needs
        .iter()
        .filter(|need| need.state == NeedState::Current)
        .map(|need| need.indicator.clone())
        .collect();
    let contact = ContactFacts {
        custodian: COUNCIL.into(),
        service: "Early Help front door".into(),
        contact: "020 7946 0011".into(),
        last_involved: Some(sketch.last),
        indicators: current.clone(),
    };
    let timeline = current
        .iter()
        .map(|indicator| TimelineFacts {
            start: sketch.last,
            end: None,
            ongoing: false,
            person: Some(0),
            indicator: Some(indicator.clone()),
            what: pack
                .codes()
                .iter()
                .find(|code| code.indicator.as_ref() == Some(indicator))
                .unwrap()
                .words
                .clone(),
            custodian: COUNCIL.into(),
            service: "Early Help front door".into(),
        })
        .collect();
    HouseholdFacts {
        reference: sketch.reference.into(),
        area: None,
        joins: vec![JoinFacts {
            person: Some(0),
            sentence: "Housing and patient index: names and birth date agree exactly; address differs; NHS number not supplied by one side.".into(),
            strength: sketch.strength,
        }],
        people,
        needs,
        contacts: vec![contact],
        strength: sketch.strength,
        timeline,
    }
}

/// The household that shows everything.
fn full(pack: &RulePack) -> HouseholdFacts {
    use NeedState::{Checked as K, Current as C, NoData as N, Past as P};
    let id = |nth: usize| pack.indicators()[nth].id.clone();
    let people = vec![
        person(
            "P-8ZQF-11KD",
            LifeStage::Adult,
            &[COUNCIL, HEALTH, POLICE],
            4,
            LinkStrength::Firm,
        ),
        person(
            "P-3HNW-70TC",
            LifeStage::Adult,
            &[COUNCIL, POLICE],
            2,
            LinkStrength::Probable,
        ),
        person(
            "P-KD52-9VRX",
            LifeStage::Child,
            &[COUNCIL, HEALTH, LSCB],
            3,
            LinkStrength::Firm,
        ),
        person(
            "P-0WTB-E6MS",
            LifeStage::Child,
            &[COUNCIL, HEALTH],
            2,
            LinkStrength::Firm,
        ),
        person(
            "P-5XJA-2PGH",
            LifeStage::Child,
            &[HEALTH],
            1,
            LinkStrength::Firm,
        ),
    ];
    let mut needs = vec![
        need(&id(0), C, HEALTH, day(2026, 8), vec![C, K, K, K, K]),
        need(&id(1), P, HEALTH, day(2025, 2), vec![P, N, K, K, K]),
        need(&id(2), C, POLICE, day(2026, 6), vec![C, C, C, N, N]),
        need(&id(3), K, POLICE, day(2026, 6), vec![K, K, N, N, N]),
        need(&id(4), C, COUNCIL, day(2026, 8), vec![C, K, N, N, N]),
        need(&id(5), C, COUNCIL, day(2026, 5), vec![C, K, N, N, N]),
        need(&id(6), C, COUNCIL, day(2026, 7), vec![N, N, C, K, N]),
    ];
    needs[2].severity = 3;
    needs[2].sources = vec![LSCB.into(), POLICE.into()];
    needs[2].records = 4;
    needs[4].severity = 1;
    needs[5].severity = 3;
    let contact =
        |custodian: &str, service: &str, contact: &str, last, indicators: &[usize]| ContactFacts {
            custodian: custodian.into(),
            service: service.into(),
            contact: contact.into(),
            last_involved: Some(last),
            indicators: indicators.iter().map(|&nth| id(nth)).collect(),
        };
    let event = |start,
                 end,
                 ongoing,
                 person,
                 need: Option<usize>,
                 code: &str,
                 custodian: &str,
                 service: &str| TimelineFacts {
        start,
        end,
        ongoing,
        person: Some(person),
        indicator: need.map(id),
        what: pack.code(code).unwrap().words.clone(),
        custodian: custodian.into(),
        service: service.into(),
    };
    let join = |person, sentence: &str, strength| JoinFacts {
        person,
        sentence: sentence.into(),
        strength,
    };
    HouseholdFacts {
        reference: "HH-7Q4K-2MWD".into(),
        area: Some("Marsh Ward".into()),
        people,
        needs,
        contacts: vec![
            contact(
                HEALTH,
                "Community mental-health team",
                "020 7946 0023, cmht@health.example",
                day(2026, 8),
                &[0],
            ),
            contact(
                COUNCIL,
                "Benefits and income team",
                "020 7946 0014",
                day(2026, 8),
                &[4],
            ),
            contact(
                COUNCIL,
                "School attendance service",
                "020 7946 0012",
                day(2026, 7),
                &[6],
            ),
            contact(
                LSCB,
                "Conference coordinator",
                "020 7946 0041, secure mail only",
                day(2026, 6),
                &[2],
            ),
            contact(
                POLICE,
                "Public protection unit",
                "020 7946 0031",
                day(2026, 6),
                &[2],
            ),
            contact(
                COUNCIL,
                "Housing options",
                "020 7946 0013",
                day(2026, 5),
                &[5],
            ),
        ],
        strength: LinkStrength::Mixed,
        joins: vec![
            join(
                Some(0),
                "Housing, patient index and police: NHS number agrees where supplied; names, birth date and sex agree exactly; match weight 34.1.",
                LinkStrength::Firm,
            ),
            join(
                Some(1),
                "Housing and police: given name and birth date agree; family name nearly agrees; no number supplied by both; match weight 9.2.",
                LinkStrength::Probable,
            ),
            join(
                Some(2),
                "School census, patient index and safeguarding: names and birth date agree exactly; address agrees; match weight 29.7.",
                LinkStrength::Firm,
            ),
            join(
                None,
                "Five people share an address code since March 2024, from three agencies; four of them share a family name.",
                LinkStrength::Firm,
            ),
        ],
        timeline: vec![
            event(
                day(2026, 2),
                None,
                true,
                0,
                Some(0),
                "mental-health/secondary-care",
                HEALTH,
                "Community mental-health team",
            ),
            event(
                day(2026, 8),
                None,
                false,
                0,
                Some(0),
                "mental-health/crisis-contact",
                HEALTH,
                "Community mental-health team",
            ),
            event(
                day(2024, 11),
                Some(day(2025, 2)),
                false,
                0,
                Some(1),
                "substance/treatment",
                HEALTH,
                "Drug and alcohol service",
            ),
            event(
                day(2026, 1),
                None,
                false,
                0,
                Some(2),
                "domestic-abuse/incident",
                POLICE,
                "Public protection unit",
            ),
            event(
                day(2026, 6),
                None,
                false,
                0,
                Some(2),
                "domestic-abuse/incident",
                POLICE,
                "Public protection unit",
            ),
            event(
                day(2026, 6),
                None,
                false,
                1,
                Some(2),
                "domestic-abuse/incident",
                POLICE,
                "Public protection unit",
            ),
            event(
                day(2026, 6),
                None,
                false,
                0,
                Some(2),
                "domestic-abuse/marac",
                LSCB,
                "Conference coordinator",
            ),
            event(
                day(2025, 3),
                None,
                true,
                0,
                Some(4),
                "work/out-of-work",
                COUNCIL,
                "Benefits and income team",
            ),
            event(
                day(2025, 12),
                Some(day(2026, 5)),
                false,
                0,
                Some(5),
                "housing/temporary-accommodation",
                COUNCIL,
                "Housing options",
            ),
            event(
                day(2025, 11),
                None,
                false,
                0,
                Some(5),
                "housing/relief-duty",
                COUNCIL,
                "Housing options",
            ),
            event(
                day(2025, 12),
                None,
                false,
                2,
                Some(6),
                "education/attendance-below-90",
                COUNCIL,
                "School attendance service",
            ),
            event(
                day(2026, 4),
                None,
                false,
                2,
                Some(6),
                "education/attendance-below-90",
                COUNCIL,
                "School attendance service",
            ),
            event(
                day(2026, 7),
                None,
                false,
                2,
                Some(6),
                "education/attendance-below-50",
                COUNCIL,
                "School attendance service",
            ),
            event(
                day(2023, 10),
                None,
                false,
                2,
                Some(6),
                "education/suspension",
                COUNCIL,
                "School attendance service",
            ),
            event(
                day(2026, 3),
                None,
                true,
                2,
                None,
                "safeguarding/child-protection-plan",
                LSCB,
                "Conference coordinator",
            ),
        ],
    }
}
