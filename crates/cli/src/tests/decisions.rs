//! Doubtful pairs, the officer's decisions about them, and what the next run makes of these.

use super::{kinfold, text};
use crate::outcome::Outcome;
use kinfold_message::{Exit, Problem};
use std::path::Path;

const MAPPING: &str = "custodian = \"council\"\nDECIDED\n[[people]]\nsource = \"housing\"\nfile = \"people.csv\"\ndatasets = []\n\
    [people.columns]\nown_id = \"Ref\"\ngiven_name = \"Name\"\nfamily_name = \"Family\"\nbirth_date = \"Born\"\naddress = \"Home\"\npostcode = \"PC\"\n";

/// A pair of twins, and an exact pair with two own ids.
const PEOPLE: &str = "Ref,Name,Family,Born,Home,PC\nH1,Ann,Smith,13/02/2015,4 Mill Road,XE4 7AB\nH2,Zoe,Smith,13/02/2015,4 Mill Road,XE4 7AB\n\
    H3,Tom,Okafor,31/05/2001,9 High Street,XE1 1AA\nH4,Tom,Okafor,31/05/2001,9 High Street,XE1 1AA\n";

fn check(folder: &Path, decided: Option<(&str, &str)>) -> Result<Outcome, Problem> {
    let line = decided.map_or(String::new(), |(name, lines)| {
        if !lines.is_empty() {
            std::fs::write(folder.join(name), lines).expect("written");
        }
        format!("decided = \"{name}\"")
    });
    let write = |name: &str, text: &str| std::fs::write(folder.join(name), text).expect("written");
    write("mapping.toml", &MAPPING.replace("DECIDED", &line));
    write("people.csv", PEOPLE);
    let (mapping, out) = (folder.join("mapping.toml"), folder.join("out"));
    kinfold(&["check", "--mapping", text(&mapping), "-o", text(&out)])
}

fn listed(folder: &Path) -> String {
    std::fs::read_to_string(folder.join("out/doubtful.csv")).expect("written")
}

const HEADER: &str = "source,line,own_id,other_source,other_line,other_own_id,why,decision\n";

#[test]
fn a_doubtful_pair_is_listed_decided_and_not_asked_again() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let outcome = check(folder, None).expect("checked");
    assert_eq!(outcome.data["people"], 3);
    let twins = "housing,2,H1,housing,3,H2,twins,";
    assert_eq!(listed(folder), format!("{HEADER}{twins}\n"));
    assert!(outcome.data.get("decisions").is_none());
    for (decision, people) in [("one", 2), (" TWO ", 3)] {
        let lines = format!("{HEADER}{twins}{decision}\n");
        let outcome = check(folder, Some(("decided.csv", &lines))).expect("checked");
        assert_eq!(outcome.data["people"], people, "{decision}");
        assert_eq!(outcome.data["decisions"]["read"], 1);
        assert_eq!(listed(folder), HEADER);
        assert_eq!(outcome.text.contains(", 1 as you decided"), people == 2);
    }
    // Against a sure rule; and a pair that is in no file any more.
    let lines = format!("{HEADER}housing,4,H3,housing,5,H4,,two\nhousing,4,H3,housing,9,H9,,one\n");
    let outcome = check(folder, Some(("decided.csv", &lines))).expect("checked");
    assert_eq!(outcome.data["people"], 4);
    assert_eq!(outcome.data["decisions"]["about_unknown_own_ids"], 1);
    let codes = outcome.messages.iter().map(|message| message.problem.code);
    assert!(codes.into_iter().any(|code| code == "E-CHECK-DECIDED"));
}

#[test]
fn decisions_that_contradict_each_other_are_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    let lines = format!("{HEADER}housing,2,H1,housing,3,H2,,one\nhousing,2,H1,housing,3,H2,,two\n");
    let outcome = check(folder, Some(("decided.csv", &lines))).expect("checked");
    assert_eq!(outcome.data["people"], 3);
    assert_eq!(outcome.data["decisions"]["not_followed"], 1);
    let codes = outcome.messages.iter().map(|message| message.problem.code);
    assert!(codes.into_iter().any(|code| code == "E-CHECK-DECISION"));
}

#[test]
fn a_wrong_table_of_decisions_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let folder = folder.path();
    for (lines, code) in [
        ("source,own_id\nhousing,H1\n".to_owned(), "E-EXTRACT-COLUMN"),
        (
            format!("{HEADER}housing,2,H1,housing,3,H2,,perhaps\n"),
            "E-EXTRACT-DECISION",
        ),
        (
            format!("{HEADER}elsewhere,2,H1,housing,3,H2,,one\n"),
            "E-EXTRACT-DECISION",
        ),
        (
            format!("{HEADER}housing,2,H1,housing,2,H1,,one\n"),
            "E-EXTRACT-DECISION",
        ),
    ] {
        let refused = check(folder, Some(("decided.csv", &lines))).map(|outcome| outcome.exit);
        let problem = refused.expect_err(code);
        assert_eq!((problem.code, problem.exit), (code, Exit::CouldNotRun));
        assert!(kinfold_message::explain(code).is_some());
        assert!(
            problem
                .place
                .is_some_and(|place| place.contains("decided.csv"))
        );
        assert!(!problem.what.contains("H1"), "no own id in a message");
    }
    // The list that is written anew is no place to keep decisions.
    check(folder, None).expect("checked");
    let refused = check(folder, Some(("out/doubtful.csv", ""))).map(|outcome| outcome.exit);
    assert_eq!(refused.expect_err("refused").code, "E-CHECK-DECISIONS");
    assert!(listed(folder).contains("twins"), "and it is still there");
}
