//! Malformed schemas: each with the line, the key and the mend it must name.

use kinfold_message::Problem;

use crate::{FaultKind, Schema};

/// `(replace, with, kind, key, part of the mend)` in the text of `standard`.
const MALFORMED: &[(&str, &str, FaultKind, &str, &str)] = {
    use FaultKind::{Release, Rule, Shape};
    &[
        (
            "format = 2",
            "format = 1",
            Rule,
            "schema.format",
            "format = 2",
        ),
        (
            "format = 2",
            "format = \"2\"",
            Shape,
            "schema.format",
            "compare",
        ),
        ("format = 2\n", "", Shape, "schema", "add the key"),
        (
            "id = \"standard\"",
            "id = \"My Schema\"",
            Rule,
            "schema.id",
            "small letters",
        ),
        (
            "id = \"standard\"",
            "idd = \"standard\"",
            Shape,
            "schema.idd",
            "write `id` instead",
        ),
        (
            "id = \"standard\"",
            "id = standard",
            Shape,
            "schema",
            "compare",
        ),
        (
            "version = \"6.0.0\"",
            "version = \"\"",
            Rule,
            "schema.version",
            "give one",
        ),
        (
            "people_max = 75000",
            "people_max = 0",
            Rule,
            "schema.people_max",
            "how many",
        ),
        (
            "people_max = 75000",
            "people_max = -1",
            Shape,
            "schema.people_max",
            "compare",
        ),
        (
            "people_max = 75000",
            "people_max = 270001",
            Release,
            "filter[0].diffusion",
            "raise `diffusion` to 10",
        ),
        (
            "diffusion = 8",
            "diffusion = 4",
            Release,
            "filter[0].diffusion",
            "lower `people_max` to 500",
        ),
        (
            "diffusion = 8",
            "diffusion = 17",
            Rule,
            "filter[0].diffusion",
            "4 to 10",
        ),
        (
            "linkage_unit = \"outside\"",
            "linkage_unit = \"outsid\"",
            Shape,
            "schema.linkage_unit",
            "write `outside` instead",
        ),
        (
            "key_scope = \"agreement\"",
            "key_scope = \"all\"",
            Shape,
            "schema.key_scope",
            "pair",
        ),
        (
            "[\"nhs\"],",
            "[],",
            Rule,
            "schema.usable",
            "at least one list",
        ),
        (
            "[\"nhs\"],",
            "[\"nhss\"],",
            Shape,
            "schema.usable[8][0]",
            "write `nhs` instead",
        ),
        (
            "name = \"uprn\"",
            "name = \"sex\"",
            Rule,
            "field[8].name",
            "remove one",
        ),
        (
            "name = \"uprn\"",
            "name = \"urpn\"",
            Shape,
            "field[8].name",
            "write `uprn` instead",
        ),
        (
            "name = \"birth-date\"\ngroup = \"birth\"",
            "name = \"birth-date\"\ngroup = \"\"",
            Rule,
            "field[3].group",
            "small letters",
        ),
        (
            "name = \"nino\"\ngroup = \"identifiers\"\n",
            "name = \"uln\"\ngroup = \"identifiers\"\n",
            Rule,
            "key[2].recipe",
            "[[field]]",
        ),
        (
            "bits = 2048",
            "bits = 2000",
            Rule,
            "filter[0].bits",
            "1024 or 2048",
        ),
        (
            "bits = 2048",
            "bits = 2048\ninner_bits = 100",
            Rule,
            "filter[0].inner_bits",
            "leave the key out",
        ),
        (
            "bits = 2048",
            "bitz = 2048",
            Shape,
            "filter[0].bitz",
            "write `bits` instead",
        ),
        (
            "metric = \"hamming\"",
            "metric = \"dice\"",
            Rule,
            "filter[0].metric",
            "hamming",
        ),
        (
            "metric = \"hamming\"",
            "metric = \"jaccard\"",
            Shape,
            "filter[0].metric",
            "hamming, dice",
        ),
        (
            "unit_positions = 41",
            "unit_positions = 0",
            Rule,
            "filter[0].unit_positions",
            "0.47",
        ),
        (
            "candidate_sigmas = 4.5",
            "candidate_sigmas = 1",
            Rule,
            "filter[0].candidate_sigmas",
            "4.5",
        ),
        (
            "candidate_sigmas = 4.5",
            "candidate_dice = 0.8",
            Rule,
            "filter[0].candidate_sigmas",
            "4.5",
        ),
        (
            "requires = [\"first\", \"last\", \"birth\"]",
            "requires = [\"first\"]",
            Release,
            "filter[0].requires",
            "birth",
        ),
        (
            "requires = [\"first\", \"last\", \"birth\"]",
            "requires = []",
            Release,
            "filter[0].requires",
            "first",
        ),
        (
            "scale = { names = 1.0, birth = 1.16 }",
            "scale = { names = 1.0 }",
            Rule,
            "filter[0].scale",
            "add it",
        ),
        (
            "scale = { names = 1.0, birth = 1.16 }",
            "scale = { names = 1.0, birth = 9, place = 1 }",
            Rule,
            "filter[0].scale.birth",
            "1.0",
        ),
        (
            "field = \"first-name\", form = \"whole\"",
            "field = \"first-name\", form = \"digits\"",
            Rule,
            "filter[0].tokens[2].form",
            "manual",
        ),
        (
            "form = \"year\", weight = 1.0",
            "form = \"year\", weight = 5",
            Rule,
            "filter[0].tokens[8].weight",
            "pair of letters",
        ),
        (
            "form = \"year\", weight",
            "form = \"day-month\", weight",
            Rule,
            "filter[0].tokens[8].form",
            "remove one",
        ),
        (
            "recipe = \"F3 MD\"",
            "recipe = \"nn MD\"",
            Rule,
            "key[4].recipe",
            "`NN` and not `nn`",
        ),
        (
            "recipe = \"F3 MD\"",
            "recipe = \"\"",
            Rule,
            "key[4].recipe",
            "atoms",
        ),
        (
            "recipe = \"F3 MD\"",
            "recipe = \"F3 YM\"",
            Rule,
            "key[5].recipe",
            "remove one",
        ),
        (
            "recipe = \"F3 MD\"",
            "recipe = \"NN F L D SX\"",
            Rule,
            "key[4].recipe",
            "atoms",
        ),
        (
            "recipe = \"F3 MD\"\nslots = 1",
            "recipe = \"F3 MD\"\nslots = 40",
            Rule,
            "key[4].slots",
            "values",
        ),
        (
            "recipe = \"UPNX DF\"\nslots = 2",
            "recipe = \"UPNX DF\"\nslots = 2\ncap = 2",
            Release,
            "key[3].cap",
            "leave the key out",
        ),
        (
            "recipe = \"F3 MD\"\nslots = 1",
            "recipe = \"F3 MD\"\nslots = 1\ncap = 9",
            Rule,
            "key[4].cap",
            "leave the key out",
        ),
        (
            "recipe = \"F3 MD\"\nslots = 1\npool = \"all\"",
            "recipe = \"F3 MD\"\nslots = 1\npool = \"all\"\ncap = 2",
            Rule,
            "key[4].cap",
            "the same cap",
        ),
        (
            "recipe = \"F3 YM\"\nslots = 1\npool = \"all\"",
            "recipe = \"F3 YM\"\nslots = 1",
            Rule,
            "key[6].pool",
            "move this",
        ),
        (
            "recipe = \"F3 YM\"\nslots = 1\npool = \"all\"",
            "recipe = \"F3 YM\"\nslots = 1\npool = \"Names, birth\"",
            Rule,
            "key[5].pool",
            "small letters",
        ),
        (
            "recipe = \"NHS\"\nslots = 1",
            "recipe = \"NHS\"\nslots = 1\npool = \"identifiers\"",
            Rule,
            "key[0].pool",
            "leave `pool` out",
        ),
        (
            "slots = 6\ngroup_max = 5",
            "slots = 0\ngroup_max = 5",
            Rule,
            "household_keys.slots",
            "three homes",
        ),
        (
            "group_max = 5",
            "group_max = 6",
            Release,
            "household_keys.group_max",
            "5 or less",
        ),
        (
            "crowd_max = 8",
            "crowd_max = 3",
            Rule,
            "household_keys.crowd_max",
            "leave the key out",
        ),
        (
            "filter_max = 2",
            "filter_max = 6",
            Rule,
            "household_keys.filter_max",
            "write 2",
        ),
        (
            "months = 0",
            "months = 7",
            Rule,
            "household_keys.months",
            "write 0",
        ),
        (
            "left_max = 12",
            "",
            Rule,
            "household_keys.left_max",
            "write 12",
        ),
        (
            "left_max = 12",
            "left_max = 0",
            Rule,
            "household_keys.left_max",
            "however long ago",
        ),
        (
            "min_records = 20",
            "min_records = 1",
            Rule,
            "presence.min_records",
            "20",
        ),
        (
            "min_records = 20",
            "min_records = 10",
            Release,
            "presence.min_records",
            "20",
        ),
        (
            "slots = [\"first\", \"last\"",
            "slots = [\"first\", \"first\"",
            Rule,
            "presence.slots[1]",
            "remove one",
        ),
        (
            "slots = [\"first\", \"last\"",
            "slots = [\"first\", \"lats\"",
            Shape,
            "presence.slots[1]",
            "write `last` instead",
        ),
        (
            "[presence]",
            "[presense]",
            Shape,
            "presense",
            "write `presence` instead",
        ),
        ("[[filter]]", "[[filter", Shape, "schema", "compare"),
    ]
};

#[test]
fn a_malformed_schema_is_refused_with_line_key_and_mend() {
    let text = Schema::standard().text().to_owned();
    for &(from, to, kind, key, fix) in MALFORMED {
        assert!(
            text.contains(from),
            "`{from}` is not in the schema any more"
        );
        let wrong = text.replacen(from, to, 1);
        let error = Schema::parse(&wrong).expect_err(to);
        let Some(fault) = error.faults().iter().find(|fault| fault.key == key) else {
            panic!("`{to}` gives no fault at `{key}`:\n{error}");
        };
        assert_eq!(fault.kind, kind, "{to}: {fault}");
        assert!(fault.fix.contains(fix), "{to}: {}", fault.fix);
        assert!(fault.line.is_some(), "{to}: {fault}");
        // Only rules of release are waived for a bench.
        assert_eq!(
            Schema::parse_for_bench(&wrong).is_ok(),
            error
                .faults()
                .iter()
                .all(|fault| fault.kind == FaultKind::Release),
            "{to}"
        );
        let problem = Problem::from(error);
        assert!(problem.to_string().contains(key), "{problem}");
    }
}

#[test]
fn the_line_is_that_of_the_key() {
    let text = Schema::standard()
        .text()
        .replace("min_records = 20", "min_records = 1");
    let line = text
        .lines()
        .position(|line| line == "min_records = 1")
        .unwrap()
        + 1;
    let error = Schema::parse(&text).unwrap_err();
    assert!(
        error.faults().iter().all(|fault| fault.line == Some(line)),
        "{error}"
    );
    let problem = error.in_file(std::path::Path::new("mine.toml"));
    assert!(
        problem.to_string().contains(&format!("mine.toml:{line}")),
        "{problem}"
    );
}

#[test]
fn all_faults_are_found_in_one_pass() {
    let text = Schema::standard()
        .text()
        .replace("bits = 2048", "bits = 2000")
        .replace("recipe = \"F3 MD\"", "recipe = \"QQ\"")
        .replace("min_records = 20", "min_records = 1");
    let error = Schema::parse(&text).unwrap_err();
    assert_eq!(error.faults().len(), 3, "{error}");
    assert!(error.faults().is_sorted_by_key(|fault| fault.line));
}
