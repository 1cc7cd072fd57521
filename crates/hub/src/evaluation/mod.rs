//! A result measured against known truth.
//!
//! Only synthetic or specially labelled data has a truth. The files are joined here; the measures themselves are
//! `kinfold_linkage::measures`. Records that the result does not have count as people of their own, so leaving records out never
//! makes a result look better.

mod labels;
mod needs;

use std::collections::BTreeMap;

use kinfold_linkage::measures::{self, BCubed, HouseholdRecord, Labelled, Rates};
use kinfold_message::{Exit, Problem};
use serde::Serialize;

use crate::args::EvaluateArgs;
pub(crate) use labels::Labels;

/// Everything that `evaluate` says.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Evaluation {
    /// Records of the truth.
    pub(crate) records: usize,
    /// Of these, how many the result does not have.
    pub(crate) missing: usize,
    /// Records of the result that the truth does not have; they are left out of all measures.
    pub(crate) unknown: usize,
    /// True people.
    pub(crate) entities: usize,
    /// Predicted people among the records of the truth; missing records count as one each.
    pub(crate) people: usize,
    /// Pairs of records of one person.
    pub(crate) pairwise: Rates,
    /// The same, averaged over records.
    pub(crate) b_cubed: BCubed,
    /// Pairs of records of different people of one household, when households are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) household_pair: Option<Rates>,
    /// Household by indicator, current or not, when needs are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs: Option<NeedsEvaluation>,
    /// F1 of the needs once more, under the name that summaries use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) needs_f1: Option<f64>,
}

/// How well current needs were found.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NeedsEvaluation {
    /// Over all indicators.
    #[serde(flatten)]
    pub(crate) rates: Rates,
    /// Each indicator.
    pub(crate) by_indicator: BTreeMap<String, Rates>,
    /// True households with at least one record in the result.
    pub(crate) true_households: usize,
    /// Predicted households with at least one record of the truth.
    pub(crate) predicted_households: usize,
    /// Pairs of a predicted and a true household.
    pub(crate) matched: usize,
}

/// Reads the files and measures.
pub(crate) fn evaluate(args: &EvaluateArgs) -> Result<Evaluation, Problem> {
    let labels = Labels::read(args)?;
    let records: Vec<Labelled> = labels
        .records
        .iter()
        .map(|r| Labelled {
            entity: r.entity,
            cluster: r.cluster,
        })
        .collect();
    let distinct = |of: fn(&HouseholdRecord) -> u32| {
        labels
            .records
            .iter()
            .map(of)
            .collect::<std::collections::BTreeSet<_>>()
            .len()
    };
    let household_pair = (args.households.is_some() && labels.has_true_households)
        .then(|| measures::household_pairs(&labels.records));
    let needs = match (&args.needs, &args.true_needs) {
        (Some(predicted), Some(truth)) => Some(needs::evaluate(&labels, predicted, truth)?),
        _ => None,
    };
    Ok(Evaluation {
        records: labels.records.len(),
        missing: labels.present.iter().filter(|present| !**present).count(),
        unknown: labels.unknown,
        entities: distinct(|record| record.entity),
        people: distinct(|record| record.cluster),
        pairwise: measures::pairwise(&records),
        b_cubed: measures::b_cubed(&records),
        household_pair,
        needs_f1: needs.as_ref().map(|needs| needs.rates.f1),
        needs,
    })
}

/// The files contradict each other.
fn contradiction(path: &std::path::Path, what: &str) -> Problem {
    Problem::new(
        "E-EVALUATE-INPUT",
        Exit::CouldNotRun,
        what,
        "check that the files belong to the same run and the same truth",
    )
    .at(path.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::{Path, PathBuf};

    fn write(folder: &Path, name: &str, text: &str) -> PathBuf {
        let path = folder.join(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// Two households of two people; one record of person E3 is put with E4, and one record is missing.
    fn files(folder: &Path) -> EvaluateArgs {
        let truth = "source,rec_id,entity_id,household_id\n\
                     a,1,E1,H1\nb,1,E1,H1\na,2,E2,H1\na,3,E3,H2;H1\nb,3,E3,H2;H1\na,4,E4,H2\na,5,E5,H2\n";
        let people =
            "cluster_id,source,rec_id\nP1,a,1\nP1,b,1\nP2,a,2\nP3,a,3\nP4,b,3\nP4,a,4\nP9,zz,9\n";
        EvaluateArgs {
            people: write(folder, "people.csv", people),
            truth: write(folder, "truth.csv", truth),
            references: Vec::new(),
            households: None,
            true_households: None,
            needs: None,
            true_needs: None,
        }
    }

    #[test]
    fn pairs_are_counted_over_all_records_of_the_truth() {
        let folder = tempfile::tempdir().unwrap();
        let found = evaluate(&files(folder.path())).unwrap();
        assert_eq!((found.records, found.missing, found.unknown), (7, 1, 1));
        assert_eq!((found.entities, found.people), (5, 5));
        assert_eq!(found.pairwise, Rates::from_counts(1, 2, 2));
        assert!(found.household_pair.is_none() && found.needs.is_none());
    }

    #[test]
    fn households_and_needs_are_measured_when_they_are_given() {
        let folder = tempfile::tempdir().unwrap();
        let mut args = files(folder.path());
        let households = "household_id,cluster_id\nX1,P1\nX1,P2\nX2,P3\nX2,P4\n";
        args.households = Some(write(folder.path(), "households.csv", households));
        let needs = "household_id,indicator,state\n\
                     X1,education,current\nX1,homelessness,past\nX2,education,current\n";
        args.needs = Some(write(folder.path(), "needs.csv", needs));
        let true_needs = "household_id,indicator,current\n\
                          H1,education,true\nH1,homelessness,true\nH2,education,false\nH3,education,true\n";
        args.true_needs = Some(write(folder.path(), "true-needs.csv", true_needs));
        let found = evaluate(&args).unwrap();
        // True: H1 has 2+1+2 records of E1, E2, E3 (2*1 + 2*2 + 1*2 = 8 pairs), H2 adds E3-E4 (2), E3-E5 (2), E4-E5 (1) = 13.
        // Predicted: P1-P2 (2), P3-P4 (2: a3 with b3, which is one person, and with a4, which is right) = 4; right: 3.
        assert_eq!(found.household_pair.unwrap(), Rates::from_counts(3, 4, 13));
        let needs = found.needs.unwrap();
        // H3 has no record in the result and is left out. X1 is matched with H1, X2 with H2.
        assert_eq!((needs.true_households, needs.matched), (2, 2));
        assert_eq!(needs.rates, Rates::from_counts(1, 2, 2));
        assert_eq!(found.needs_f1, Some(0.5));
    }

    #[test]
    fn references_join_a_result_that_has_only_record_references() {
        let folder = tempfile::tempdir().unwrap();
        let mut args = files(folder.path());
        let people = "cluster_id,source,record_ref\nP1,council,aa\nP1,health,BB\nP2,council,cc\n";
        args.people = write(folder.path(), "people.csv", people);
        let council = "source,own_id,record_ref\na,1,aa\na,2,cc\n";
        args.references = vec![
            write(folder.path(), "council.csv", council),
            write(
                folder.path(),
                "health.csv",
                "source,own_id,record_ref\nb,1,bb\n",
            ),
        ];
        let found = evaluate(&args).unwrap();
        assert_eq!((found.records, found.missing, found.unknown), (7, 4, 0));
        assert_eq!(found.pairwise, Rates::from_counts(1, 1, 2));
    }

    #[test]
    fn true_households_may_come_from_their_own_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut args = files(folder.path());
        args.households = Some(write(
            folder.path(),
            "households.csv",
            "household_id,cluster_id\nX1,P1\nX1,P2\n",
        ));
        let households = "household_id,entity_id\nH1,E1\nH1,E2\n";
        args.true_households = Some(write(folder.path(), "true-households.csv", households));
        assert_eq!(
            evaluate(&args).unwrap().household_pair.unwrap(),
            Rates::from_counts(2, 2, 2)
        );
    }

    #[test]
    fn a_record_of_two_people_is_a_contradiction() {
        let folder = tempfile::tempdir().unwrap();
        let mut args = files(folder.path());
        args.people = write(
            folder.path(),
            "people.csv",
            "cluster_id,source,rec_id\nP1,a,1\nP2,a,1\n",
        );
        assert_eq!(evaluate(&args).unwrap_err().code, "E-EVALUATE-INPUT");
    }
}
