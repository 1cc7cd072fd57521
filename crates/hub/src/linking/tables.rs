//! The tables of a run.

use std::path::Path;

use kinfold_linkage::{
    Household, Households, Linked, Pair, Reason, RecordId, RecordSet, Spoken, Verdict, Veto,
};
use kinfold_message::Problem;
use kinfold_schema::{NO_MONTH, Pool, Schema};
use kinfold_store::{
    HouseholdRow, LineageRow, NeedRow, Origin, PairRow, PersonRow, write_households_of,
    write_lineage, write_needs, write_pairs_of, write_people_of,
};

use serde_json::json;

use super::Run;
use crate::terms::{Terms, hex};

/// Candidates less likely than this, and not vetoed, are left out of the table of pairs: they are strangers who share one common
/// fact, and there are very many of them.
const PROBABILITY_MIN: f64 = 0.01;

/// File names of the tables.
pub(super) const NAMES: [&str; 5] = [
    "pairs.parquet",
    "people.parquet",
    "households.parquet",
    "needs.parquet",
    "lineage.parquet",
];

/// Writes the tables.
pub(super) fn write(run: &Run, terms: &Terms, folder: &Path) -> Result<(), Problem> {
    let withheld: Vec<bool> = run.facts.iter().map(|facts| facts.withheld).collect();
    let found = Found {
        schema: &terms.schema,
        sets: &run.inputs.sets,
        linked: &run.linked,
        households: Some(&run.households),
        withheld: &withheld,
    };
    found.write(Origin::Run, folder)?;
    write_lineage(&folder.join(NAMES[4]), lineage_rows(run))?;
    Ok(write_needs(&folder.join(NAMES[3]), need_rows(run))?)
}

/// What linking found, of a run or of a bench.
pub(super) struct Found<'a> {
    pub schema: &'a Schema,
    pub sets: &'a [RecordSet],
    pub linked: &'a Linked,
    /// None where the linkage schema has no household keys.
    pub households: Option<&'a Households>,
    /// For each person, whether nothing may be shown about it.
    pub withheld: &'a [bool],
}

impl Found<'_> {
    /// Writes pairs, people and, where there are any, households.
    pub(super) fn write(&self, origin: Origin, folder: &Path) -> Result<(), Problem> {
        let [pairs, people, households, ..] = NAMES.map(|name| folder.join(name));
        let (pools, spoken) = (self.schema.pools(), Spoken::of(self.schema));
        let kept = self.linked.pairs.iter().enumerate().filter(|(_, pair)| {
            // That two records may not be linked would be told by listing the pair; such pairs are only counted.
            let secret = pair.verdict == Verdict::Vetoed(Veto::DoNotLink);
            !secret && (pair.probability >= PROBABILITY_MIN || pair.verdict != Verdict::NotLinked)
        });
        write_pairs_of(
            origin,
            &pairs,
            kept.map(|(index, pair)| self.pair_row(index, pair, &pools, &spoken)),
        )?;
        write_people_of(origin, &people, self.people_rows())?;
        if let Some(found) = self.households {
            write_households_of(origin, &households, self.household_rows(found))?;
        }
        Ok(())
    }

    fn pair_row(&self, index: usize, pair: &Pair, pools: &[Pool], spoken: &Spoken) -> PairRow {
        let (source_l, record_ref_l) = self.named(pair.left);
        let (source_r, record_ref_r) = self.named(pair.right);
        PairRow {
            source_l,
            record_ref_l,
            source_r,
            record_ref_r,
            match_weight: pair.weight,
            match_probability: pair.probability,
            decision: word(pair.verdict).to_owned(),
            match_keys: shared_keys(pair, pools),
            filter_sigmas: pair.sigmas,
            evidence: pair.sentence(spoken),
            waterfall: json!(self.linked.waterfalls.steps(index)).to_string(),
        }
    }

    fn people_rows(&self) -> impl Iterator<Item = PersonRow> + '_ {
        self.linked
            .people
            .iter()
            .zip(self.withheld)
            .flat_map(move |(person, &withheld)| {
                person.members.iter().map(move |&record| {
                    let (source, record_ref) = self.named(record);
                    PersonRow {
                        cluster_id: person.reference.clone(),
                        source,
                        record_ref,
                        confidence: Some(person.confidence),
                        withheld,
                    }
                })
            })
    }

    fn household_rows<'h>(
        &'h self,
        found: &'h Households,
    ) -> impl Iterator<Item = HouseholdRow> + 'h {
        found.households.iter().flat_map(move |household| {
            let members = household.members.iter().map(move |member| {
                let seen = member.seen;
                HouseholdRow {
                    from: month(member.from),
                    to: month(member.to),
                    seen_from: seen.and_then(|seen| month(seen.from)),
                    seen_to: seen.and_then(|seen| month(seen.to)),
                    gone_by: seen.and_then(|seen| month(seen.gone?)),
                    current: member.current,
                    confidence: household.confidence,
                    custodians: member.custodians,
                    reasons: sentences(&household.reasons),
                    ..self.membership(household, member.person)
                }
            });
            let former = household.former.iter().map(move |former| {
                let seen = former.seen;
                let why = seen.gone.map(|gone| Reason::Former {
                    last: seen.to,
                    gone,
                    elsewhere: former.elsewhere,
                });
                HouseholdRow {
                    seen_from: month(seen.from),
                    seen_to: month(seen.to),
                    gone_by: seen.gone.and_then(month),
                    reasons: sentences(why.as_slice()),
                    ..self.membership(household, former.person)
                }
            });
            members.chain(former)
        })
    }

    /// What is the same for all who are or were in a household; nothing else is known yet.
    fn membership(&self, household: &Household, person: usize) -> HouseholdRow {
        HouseholdRow {
            household_id: household.reference.clone(),
            cluster_id: self.linked.people[person].reference.clone(),
            from: None,
            to: None,
            seen_from: None,
            seen_to: None,
            gone_by: None,
            current: false,
            confidence: None,
            homes: household.homes as u32,
            sources: household.sources.join(";"),
            custodians: 0,
            reasons: String::new(),
            withheld: self.withheld[person],
        }
    }

    /// Custodian and record reference of a record.
    fn named(&self, record: RecordId) -> (String, String) {
        let set = &self.sets[record.set as usize];
        (
            set.source.clone(),
            hex(&set.table.record_ref[record.row as usize]),
        )
    }
}

/// The match keys that two records share: a kind by itself by its recipe, a pool by its name and the number of agreeing tokens.
fn shared_keys(pair: &Pair, pools: &[Pool]) -> String {
    let shared = pools.iter().enumerate();
    let shared = shared.filter(|(pool, _)| pair.keys >> pool & 1 == 1);
    let named = shared.map(|(_, pool)| match pool.counted {
        Some(counted) => format!("{} {}", pool.name, pair.counts[counted]),
        None => pool.name.clone(),
    });
    named.collect::<Vec<_>>().join("; ")
}

/// The word for a verdict in files.
pub(super) fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Linked => "linked",
        Verdict::Outvoted => "outvoted",
        Verdict::Tied => "tied",
        Verdict::Review => "review",
        Verdict::Guarded(_) => "guarded",
        Verdict::NotLinked => "not_linked",
        Verdict::Vetoed(_) => "vetoed",
    }
}

fn lineage_rows(run: &Run) -> impl Iterator<Item = LineageRow> + '_ {
    run.lineage.iter().map(|line| LineageRow {
        reference: line.reference.clone(),
        change: line.change.as_str().to_owned(),
        other: line.other.clone(),
        shared: line.shared,
        lost: line.lost,
        gained: line.gained,
        why: line.sentence(),
    })
}

fn need_rows(run: &Run) -> impl Iterator<Item = NeedRow> + '_ {
    run.living
        .iter()
        .zip(&run.needs)
        .flat_map(move |(&household, needs)| {
            needs.needs.iter().map(move |need| NeedRow {
                household_id: run.households.households[household].reference.clone(),
                indicator: need.indicator.clone(),
                state: need.state.id().to_owned(),
                severity: need.severity,
                first: need.first,
                last: need.last,
                records: need.records as u32,
                sources: need
                    .sources
                    .iter()
                    .map(|source| format!("{}/{}", source.custodian, source.service))
                    .collect::<Vec<_>>()
                    .join(";"),
            })
        })
}

fn sentences(reasons: &[Reason]) -> String {
    let sentences: Vec<String> = reasons.iter().map(Reason::sentence).collect();
    sentences.join(" ")
}

/// A month as `YYYY-MM`; months count from January 1900.
pub(super) fn month(month: u16) -> Option<String> {
    (month != NO_MONTH).then(|| format!("{:04}-{:02}", 1900 + month / 12, month % 12 + 1))
}

/// The number of a month `YYYY-MM`; none for anything else.
pub(super) fn month_number(text: &str) -> Option<u16> {
    let (year, of_year) = text.split_once('-')?;
    let (year, of_year) = (year.parse::<u16>().ok()?, of_year.parse::<u16>().ok()?);
    let number = year.checked_sub(1900)?.checked_mul(12)?;
    let number = number.checked_add(of_year.checked_sub(1)?)?;
    // Nothing but the one way to write it.
    (month(number).as_deref() == Some(text)).then_some(number)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixed_keys_are_listed_with_their_number() {
        let pools = Schema::standard()
            .with(kinfold_schema::Mixing::PlacesApart)
            .pools();
        let at = |name: &str| pools.iter().position(|pool| pool.name == name).unwrap();
        let pair = |keys| Pair {
            left: RecordId { set: 0, row: 0 },
            right: RecordId { set: 1, row: 0 },
            weight: 9.0,
            probability: 0.9,
            agreement: kinfold_linkage::Agreement::default(),
            keys,
            counts: [14, 3, 0, 0],
            same_home: false,
            sigmas: None,
            filter_bits: 0.0,
            fields: kinfold_linkage::FieldLevels::default(),
            comparable: kinfold_linkage::Comparable::default(),
            verdict: Verdict::Linked,
        };
        let keys = ["NHS", "names-birth", "place"].map(|name| 1 << at(name));
        let listed = |keys: &[u128]| shared_keys(&pair(keys.iter().sum()), &pools);
        assert_eq!(listed(&keys), "NHS; names-birth 14; place 3");
        assert_eq!(listed(&keys[1..2]), "names-birth 14");
        assert_eq!(listed(&[]), "");
    }

    #[test]
    fn months_count_from_january_1900() {
        assert_eq!(month(0).as_deref(), Some("1900-01"));
        assert_eq!(month((2026 - 1900) * 12 + 7).as_deref(), Some("2026-08"));
        assert_eq!(month(NO_MONTH), None);
        for text in ["1900-01", "2026-08", "2026-12"] {
            assert_eq!(month_number(text).and_then(month).as_deref(), Some(text));
        }
        for text in [
            "",
            "2026",
            "2026-00",
            "2026-13",
            "2026-8",
            "1899-12",
            "2026-08-01",
            "9999-01",
            "+2026-08",
        ] {
            assert_eq!(month_number(text), None, "{text}");
        }
    }
}
