//! The files of an evaluation, from people to needs.

use super::*;
use kinfold_linkage::measures::Rates;
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
        truth: Some(write(folder, "truth.csv", truth)),
        ..EvaluateArgs::default()
    }
}

#[test]
fn pairs_are_counted_over_all_records_of_the_truth() {
    let folder = tempfile::tempdir().unwrap();
    let found = evaluate(&files(folder.path())).unwrap().truth.unwrap();
    assert_eq!((found.records, found.missing, found.unknown), (7, 1, 1));
    assert_eq!((found.entities, found.people), (5, 5));
    assert_eq!(found.pairwise.rates, Rates::from_counts(1, 2, 2));
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
    let found = evaluate(&args).unwrap().truth.unwrap();
    // True: H1 has 2+1+2 records of E1, E2, E3 (2*1 + 2*2 + 1*2 = 8 pairs), H2 adds E3-E4 (2), E3-E5 (2), E4-E5 (1) = 13.
    // Predicted: P1-P2 (2), P3-P4 (2: a3 with b3, which is one person, and with a4, which is right) = 4; right: 3.
    assert_eq!(
        found.household_pair.unwrap().rates,
        Rates::from_counts(3, 4, 13)
    );
    let needs = found.needs.unwrap();
    // H3 has no record in the result and is left out. X1 is matched with H1, X2 with H2.
    assert_eq!((needs.true_households, needs.matched), (2, 2));
    assert_eq!(needs.measured.rates, Rates::from_counts(1, 2, 2));
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
    let found = evaluate(&args).unwrap().truth.unwrap();
    assert_eq!((found.records, found.missing, found.unknown), (7, 4, 0));
    assert_eq!(found.pairwise.rates, Rates::from_counts(1, 1, 2));
}

#[test]
fn a_bench_s_references_have_their_source_in_the_name() {
    let folder = tempfile::tempdir().unwrap();
    let mut args = files(folder.path());
    let people = "cluster_id,source,record_ref\nP1,a,aa\nP1,b,BB\nP2,a,cc\n";
    args.people = write(folder.path(), "people.csv", people);
    let own = |name: &str, rows: &str| {
        let text = format!("own_id,record_ref\n{rows}");
        write(folder.path(), name, &text)
    };
    args.references = vec![
        own("a.local-references.csv", "1,aa\n2,cc\n"),
        own("b.local-references.csv", "1,bb\n"),
    ];
    let found = evaluate(&args).unwrap().truth.unwrap();
    assert_eq!((found.records, found.missing, found.unknown), (7, 4, 0));
    assert_eq!(found.pairwise.rates, Rates::from_counts(1, 1, 2));
    args.references = vec![own("council.csv", "1,aa\n")];
    assert!(
        evaluate(&args)
            .unwrap_err()
            .to_string()
            .contains("no column")
    );
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
        evaluate(&args)
            .unwrap()
            .truth
            .unwrap()
            .household_pair
            .unwrap()
            .rates,
        Rates::from_counts(2, 2, 2)
    );
}

#[test]
fn households_of_now_are_measured_where_both_files_say_who_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let mut args = files(folder.path());
    let write_households = |predicted: &str, truth: &str| {
        (
            Some(write(folder.path(), "households.csv", predicted)),
            Some(write(folder.path(), "true-households.csv", truth)),
        )
    };
    // E2 has left, which the result does not know; two people of now remain on the one side and one on the other.
    let predicted = "household_id,cluster_id,current\nX1,P1,true\nX1,P2,True\nX1,P3,false\n";
    let truth = "household_id,entity_id,from,to\nH1,E1,2020-01,\nH1,E2,2020-01,2025-03\n";
    (args.households, args.true_households) = write_households(predicted, truth);
    let found = evaluate(&args).unwrap().truth.unwrap();
    assert_eq!(
        found.household_pair_now.unwrap().rates,
        Rates::from_counts(0, 2, 0)
    );
    assert_eq!(
        found.whole_household_now.unwrap().rates,
        Rates::from_counts(0, 1, 0)
    );
    // All times count whoever was there.
    assert_eq!(found.household_pair.unwrap().rates.actual, 2);
    let truth = "household_id,entity_id\nH1,E1\nH1,E2\n";
    (args.households, args.true_households) = write_households(predicted, truth);
    let found = evaluate(&args).unwrap().truth.unwrap();
    assert!(found.household_pair_now.is_none() && found.whole_household_now.is_none());
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

/// The commands of the how-to page are run, and what they print is what the page shows. `KINFOLD_WRITE_GOLDEN=1` writes the page.
#[test]
fn the_page_shows_what_the_commands_print() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let page = top.join("docs/src/how-to/measure-a-result.md");
    let shown = std::fs::read_to_string(&page).unwrap();
    let mut printed = String::new();
    let (mut inside, mut commands) = (false, 0);
    for line in shown.lines() {
        if line == "```console" {
            inside = true;
        } else if inside && line == "```" {
            inside = false;
        } else if let Some(command) = line.strip_prefix("$ target/debug/kinfold-hub ") {
            commands += 1;
            printed.push_str(&format!("{line}\n{}", printed_by(&top, command)));
            continue;
        } else if inside {
            continue;
        }
        printed.push_str(line);
        printed.push('\n');
    }
    assert_eq!(commands, 2);
    assert!(
        printed.lines().all(|line| line.starts_with('$')
            || line.starts_with('|')
            || line.chars().count() <= 120),
    );
    if std::env::var_os("KINFOLD_WRITE_GOLDEN").is_some() {
        std::fs::write(&page, &printed).unwrap();
        return;
    }
    assert!(
        printed == shown,
        "the page differs: run the tests with KINFOLD_WRITE_GOLDEN=1 and look at the difference\n{printed}"
    );
}

/// What a command line prints; files are looked for from the top folder.
fn printed_by(top: &Path, command: &str) -> String {
    let text = text(&evaluate(&sample(top, command)).unwrap());
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    text
}

fn sample(top: &Path, command: &str) -> EvaluateArgs {
    use clap::Parser as _;
    let words = command.split_whitespace().map(|word| {
        if word.starts_with("data-samples/") {
            top.join(word).display().to_string()
        } else {
            word.to_owned()
        }
    });
    let line = std::iter::once("kinfold-hub".to_owned()).chain(words);
    match crate::args::Cli::try_parse_from(line).unwrap().command {
        crate::args::Command::Evaluate(args) => args,
        other => panic!("not a command of this page: {other:?}"),
    }
}

/// Everything that `--json` gives, as a reviewed difference; a second reading gives the same bytes.
#[test]
fn the_json_is_golden() {
    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = "data-samples/evaluate";
    let command = format!(
        "evaluate --people {folder}/people.csv --truth {folder}/truth.csv --groups {folder}/groups.csv --pairs {folder}/pairs.csv"
    );
    let json = || {
        let found = evaluate(&sample(&top, &command)).unwrap();
        serde_json::to_string_pretty(&found).unwrap()
    };
    let found = json();
    assert_eq!(found, json());
    insta::assert_snapshot!(found);
}

#[test]
fn missing_records_and_the_order_of_rows_do_not_change_a_digit() {
    let folder = tempfile::tempdir().unwrap();
    let args = files(folder.path());
    let turn = |path: &Path| {
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines: Vec<&str> = text.lines().collect();
        lines[1..].reverse();
        std::fs::write(path, lines.join("\n")).unwrap();
    };
    let json = || serde_json::to_string(&evaluate(&args).unwrap()).unwrap();
    let before = json();
    turn(&args.people);
    turn(args.truth.as_ref().unwrap());
    assert_eq!(before, json());
}

#[test]
fn households_across_sources_need_no_predicted_households() {
    let folder = tempfile::tempdir().unwrap();
    let mut args = files(folder.path());
    let truth = "source,rec_id,entity_id,household_id\n\
                 a,1,E1,H1\nb,1,E1,G1\na,2,E2,H1\nb,2,E2,G1\na,3,E3,H2\nb,3,E3,G2\n";
    args.truth = Some(write(folder.path(), "truth.csv", truth));
    // E2 is missed, so H1 and G1 are tied by E1 alone; E3 is found.
    let people = "cluster_id,source,rec_id\nP1,a,1\nP1,b,1\nP2,a,2\nP3,b,2\nP4,a,3\nP4,b,3\n";
    args.people = write(folder.path(), "people.csv", people);
    let found = evaluate(&args)
        .unwrap()
        .truth
        .unwrap()
        .household_link
        .unwrap();
    assert_eq!(found.links.rates, Rates::from_counts(2, 2, 2));
    assert_eq!((found.whole.count, found.whole.of), (1, 2));
}

#[test]
fn faults_are_named_with_file_line_and_column() {
    let folder = tempfile::tempdir().unwrap();
    let place = |change: &dyn Fn(&mut EvaluateArgs)| {
        let mut args = files(folder.path());
        change(&mut args);
        let problem = evaluate(&args).unwrap_err();
        assert_eq!(problem.code, "E-EVALUATE-INPUT");
        let place = problem.place.unwrap();
        place.replace(&format!("{}/", folder.path().display()), "")
    };
    let file = |name: &str, text: &str| write(folder.path(), name, text);
    let truth = |text: &str| place(&|args| args.truth = Some(file("truth.csv", text)));
    assert_eq!(
        truth("source,rec_id,entity_id\na,1,E1\na,2,\n"),
        "truth.csv:3, column \"entity_id\""
    );
    assert_eq!(
        truth("source,rec_id,entity_id\na,1,E1\na,1,E2\n"),
        "truth.csv:3"
    );
    assert_eq!(
        place(&|args| args.people = file("people.csv", "cluster_id,source,rec_id\nP1,a,\n")),
        "people.csv:2, column \"rec_id\" or \"own_id\""
    );
    let pairs = |text: &str| {
        place(&|args| {
            let head = "source_l,rec_id_l,source_r,rec_id_r,match_probability\n";
            args.pairs = Some(file("pairs.csv", &format!("{head}{text}")));
        })
    };
    assert_eq!(
        pairs("a,1,b,1,0.9\na,1,b,1,1.5\n"),
        "pairs.csv:3, column \"match_probability\""
    );
    assert_eq!(
        pairs("a,1,b,77,0.9\n"),
        "pairs.csv:2, column \"rec_id_r\" or \"own_id_r\""
    );
    let groups = "entity_id,sex\nE1,F\nE1,M\n";
    assert_eq!(
        place(&|args| args.groups = Some(file("groups.csv", groups))),
        "groups.csv:3, column \"sex\""
    );
}

#[test]
fn a_column_of_names_is_no_grouping() {
    let folder = tempfile::tempdir().unwrap();
    let mut args = files(folder.path());
    let rows: Vec<String> = (0..41).map(|n| format!("E{n},SECRET{n}")).collect();
    let groups = format!("entity_id,surname\n{}\n", rows.join("\n"));
    args.groups = Some(write(folder.path(), "groups.csv", &groups));
    let problem = evaluate(&args).unwrap_err();
    assert_eq!(problem.code, "E-EVALUATE-GROUPS");
    assert!(!format!("{problem:?}").contains("SECRET"));
    args.by = vec!["shoe_size".into()];
    let problem = evaluate(&args).unwrap_err();
    assert_eq!(problem.code, "E-EVALUATE-GROUPS");
    assert!(problem.hint.contains("`surname`"), "{problem:?}");
}

#[test]
fn groups_may_name_people_or_records_and_bands_are_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let mut args = files(folder.path());
    let of_people = "entity_id,age\nE1,10-14\nE2,5-9\nE3,5-9\nE4,adult\n";
    args.groups = Some(write(folder.path(), "groups.csv", of_people));
    let found = evaluate(&args).unwrap().truth.unwrap();
    let shown = |by: &ByGroup| -> Vec<(String, u64)> {
        let groups = by.groups.iter();
        groups
            .map(|group| (group.value.clone(), group.records))
            .collect()
    };
    let expected = [("5-9", 3), ("10-14", 2), ("adult", 1), ("(not given)", 1)];
    assert_eq!(found.by_group[0].column, "source");
    assert_eq!(
        shown(&found.by_group[1]),
        expected.map(|(value, records)| (value.to_owned(), records))
    );
    let of_records = "source,rec_id,age\na,1,5-9\nb,3,5-9\n";
    args.groups = Some(write(folder.path(), "groups.csv", of_records));
    let found = evaluate(&args).unwrap().truth.unwrap();
    let expected = [("5-9", 2), ("(not given)", 5)];
    assert_eq!(
        shown(&found.by_group[1]),
        expected.map(|(value, records)| (value.to_owned(), records))
    );
}

#[test]
fn warnings_name_the_people_that_hang_on_one_weak_link() {
    let folder = tempfile::tempdir().unwrap();
    let people =
        "cluster_id,source,record_ref\nP1,a,01\nP1,b,02\nP1,b,03\nP2,a,04\nP2,b,05\nP3,a,06\n";
    let pairs = "source_l,record_ref_l,source_r,record_ref_r,match_probability,decision\n\
                 a,01,b,02,0.999,linked\na,01,b,03,0.9,linked\na,04,b,05,0.86,linked\na,06,b,05,0.3,review\n";
    let households: Vec<String> = (0..13)
        .map(|n| format!("X1,P{n},true\nX2,P{n},false"))
        .collect();
    let args = EvaluateArgs {
        people: write(folder.path(), "people.csv", people),
        pairs: Some(write(folder.path(), "pairs.csv", pairs)),
        households: Some(write(
            folder.path(),
            "households.csv",
            &format!(
                "household_id,cluster_id,current\n{}\n",
                households.join("\n")
            ),
        )),
        ..EvaluateArgs::default()
    };
    let found = evaluate(&args).unwrap().without_truth.unwrap();
    // Two records, one link: nothing to warn of. P1 has two bridges, one of them weak.
    assert_eq!(
        (
            found.bridges.count,
            found.bridges.weak,
            found.bridges.people
        ),
        (2, 1, 1)
    );
    assert_eq!(found.bridges.listed[0].cluster_id, "P1");
    assert_eq!(found.bridges.listed[0].sides, [1, 2]);
    assert_eq!(
        (found.sizes.sources, found.sizes.larger_than_sources),
        (2, 1)
    );
    assert_eq!(found.sizes.with_two_of_one_source, 1);
    assert_eq!(found.implied, 1);
    assert_eq!(found.households.as_ref().unwrap().larger, 1);
    assert_eq!((found.expected.linked, found.expected.not_linked), (3, 1));
    assert!((found.expected.precision.unwrap() - (0.999 + 0.9 + 0.86) / 3.0).abs() < 1e-12);
    assert_eq!(
        (found.no_candidate.share.count, found.no_candidate.share.of),
        (0, 6)
    );
}
