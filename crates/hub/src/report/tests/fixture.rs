//! A made-up result of the size of the committed sample, with everything on it that a page can show.

mod households;

use kinfold_indicators::{RulePack, calendar};

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
        households: households::households(&pack),
        limits: Limits { worklist_rows: 20, sections: 1, most: 4 },
        method: MethodFacts {
            rule_pack: pack.id().into(),
            rule_pack_version: pack.version().into(),
            rule_pack_hash: "9f2c".repeat(16),
            look_back: Some(12),
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
    // Not linked, for review, linked.
    let low = [2140, 1730, 1104, 610, 352, 188, 97, 61, 33, 24, 19];
    let high = [
        (2, 12, 0),
        (0, 12, 0),
        (0, 13, 0),
        (3, 3, 20),
        (4, 2, 35),
        (6, 1, 70),
        (5, 1, 124),
        (3, 1, 200),
        (2, 0, 320),
        (2, 0, 459),
        (30, 0, 553),
        (0, 0, 702),
        (0, 0, 744),
        (0, 0, 690),
        (0, 0, 588),
        (0, 0, 402),
        (0, 0, 257),
        (0, 0, 120),
        (0, 0, 44),
    ];
    let histogram = low
        .map(|pairs| (pairs, 0, 0))
        .into_iter()
        .chain(high)
        .zip(0_u32..)
        .map(|((not_linked, review, linked), nth)| WeightBin {
            from: -20.0 + 2.0 * f64::from(nth),
            to: -18.0 + 2.0 * f64::from(nth),
            linked,
            review,
            not_linked,
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
        expected_recall: Some([0.9723, 0.9211, 0.9906]),
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
        not_households: vec![reason("more people at once than a household has", 9)],
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
