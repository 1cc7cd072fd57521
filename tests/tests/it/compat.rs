//! `kinfold compat clkhash`, as a custodian runs it.

use kinfold_tests::process::{Done, kinfold};
use serde_json::{Value, json};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder with a schema, records and a secret.
struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new(schema: &Value, records: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let desk = Self { folder };
        fs::write(desk.at("schema.json"), schema.to_string()).expect("written");
        fs::write(desk.at("people.csv"), records).expect("written");
        fs::write(desk.at("secret.txt"), "secret\r\n").expect("written");
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn run(&self, flags: &[&str]) -> Done {
        let mut words = vec![
            "compat",
            "clkhash",
            "schema.json",
            "people.csv",
            "--secret-file",
            "secret.txt",
        ];
        words.extend(["-o", "clks.json"]);
        words.extend(flags);
        Done::run(kinfold(words).current_dir(self.folder.path()))
    }

    fn clks(&self) -> Vec<String> {
        let text = fs::read_to_string(self.at("clks.json")).expect("the CLKs are there");
        let value: Value = serde_json::from_str(&text).expect("JSON");
        let clks = value["clks"].as_array().expect("a list").iter();
        clks.map(|clk| clk.as_str().expect("text").to_owned())
            .collect()
    }

    /// Nothing but what was there before.
    fn is_clean(&self) -> bool {
        fs::read_dir(self.folder.path()).expect("listed").count() == 3
    }
}

fn known_answers() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../crates/encoding/src/clkhash/known_answers.json");
    serde_json::from_str(&fs::read_to_string(path).expect("the file is there")).expect("JSON")
}

#[test]
fn the_known_answers_come_out_of_the_program() {
    let file = known_answers();
    for case in file["cases"].as_array().expect("cases") {
        let mut records = String::new();
        for row in case["rows"].as_array().expect("rows") {
            let cells: Vec<String> = row
                .as_array()
                .expect("cells")
                .iter()
                .map(|cell| format!("\"{}\"", cell.as_str().expect("text")))
                .collect();
            records += &format!("{}\n", cells.join(","));
        }
        let desk = Desk::new(&case["schema"], &records);
        let mut flags = vec!["--header", "none"];
        if case["name"] == "xorFolds_camel_is_ignored" {
            let refused = desk.run(&flags);
            assert_eq!(refused.exit, Some(2), "{refused}");
            assert!(
                refused.stderr.contains("E-COMPAT-REFUSED") && refused.stderr.contains("xor_folds"),
                "{refused}"
            );
            assert!(desk.is_clean());
            flags.push("--clkhash-0.18-compat");
        }
        desk.run(&flags).well();
        assert_eq!(json!(desk.clks()), case["clk_base64"], "{}", case["name"]);
    }
}

fn names_and_numbers() -> Value {
    json!({"version": 3, "clkConfig": {"l": 64, "kdf": {"type": "HKDF"}}, "features": [
        {"identifier": "name", "format": {"type": "string", "case": "lower"},
         "hashing": {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerFeature": 30}}},
        {"identifier": "number", "format": {"type": "integer", "maximum": 99},
         "hashing": {"comparison": {"type": "exact"}, "strategy": {"bitsPerToken": 5}}},
    ]})
}

#[test]
fn what_is_wrong_is_counted_and_placed_and_never_shown() {
    let mut records = "name,number\nann,1\nZebedee,2\nquiteuniquename,123456\n".to_owned();
    records += "ben,\"3\n\"\nONEMORE,4\nshort\n";
    let desk = Desk::new(&names_and_numbers(), &records);
    let done = desk.run(&[]);
    assert_eq!(done.exit, Some(1), "{done}");
    assert!(desk.is_clean(), "no file and no part of one is left");
    for expected in [
        "error[E-COMPAT-COLUMNS]: 1 row has 1 cell where the schema has 2 features (row 6)\n  --> people.csv:8",
        "error[E-COMPAT-VALUE]: 2 values of column `name` are not in lower case (rows 2 and 5)\n  --> people.csv:3, column \"name\"",
        "error[E-COMPAT-VALUE]: 1 value of column `number` is more than `maximum` (row 3)\n  --> people.csv:4, column \"number\"",
    ] {
        assert!(done.stderr.contains(expected), "{expected}\n{done}");
    }
    let all = format!("{}{}", done.stdout, done.stderr);
    for value in [
        "Zebedee",
        "ONEMORE",
        "quiteuniquename",
        "123456",
        "secret\n",
    ] {
        assert!(!all.contains(value), "{value}: {done}");
    }
    let done = desk.run(&["--json"]);
    let value: Value = serde_json::from_str(&done.stdout).expect("JSON");
    assert_eq!(value["schema"], "kinfold.compat-clkhash/1");
    assert_eq!(value["data"]["findings"][1]["rows"], json!([2, 5]));
    assert_eq!(value["data"]["findings"][1]["rule"], "not-lower-case");
}

#[test]
fn headers_are_checked_without_showing_what_may_be_a_record() {
    let desk = Desk::new(&names_and_numbers(), "zebedee,7\nann,1\n");
    let done = desk.run(&[]);
    assert_eq!(done.exit, Some(2), "{done}");
    assert!(
        done.stderr.contains("E-COMPAT-HEADER") && !done.stderr.contains("zebedee"),
        "{done}"
    );
    desk.run(&["--header", "skip"]).well();
    assert_eq!(desk.clks().len(), 1);
    desk.run(&["--header", "none"]).well();
    assert_eq!(desk.clks().len(), 2);
}

#[test]
fn white_space_is_taken_off_on_request_alone() {
    let desk = Desk::new(&names_and_numbers(), "name,number\nann,1\n ann\t, 1\n");
    desk.run(&[]).well();
    let clks = desk.clks();
    assert_ne!(clks[0], clks[1]);
    desk.run(&["--trim"]).well();
    let clks = desk.clks();
    assert_eq!(clks[0], clks[1]);
}

#[test]
fn secrets_and_files_are_kept_apart() {
    let desk = Desk::new(&names_and_numbers(), "name,number\nann,1\n");
    let one = {
        desk.run(&[]).well();
        desk.clks()
    };
    fs::write(desk.at("secret.txt"), "secret").expect("written");
    desk.run(&[]).well();
    assert_eq!(desk.clks(), one, "a line end is not part of the secret");
    fs::write(desk.at("secret.txt"), "secret\n\n").expect("written");
    desk.run(&[]).well();
    assert_ne!(desk.clks(), one, "only one is taken off");
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = fs::metadata(desk.at("clks.json"))
            .expect("there")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o600);
    }
    fs::write(desk.at("secret.txt"), "\n").expect("written");
    let done = desk.run(&[]);
    assert!(
        done.exit == Some(2) && done.stderr.contains("E-COMPAT-SECRET"),
        "{done}"
    );
    let mut words = vec![
        "compat",
        "clkhash",
        "schema.json",
        "people.csv",
        "--secret-file",
        "secret.txt",
    ];
    words.extend(["-o", "people.csv"]);
    let done = Done::run(kinfold(words).current_dir(desk.folder.path()));
    assert!(
        done.exit == Some(2) && done.stderr.contains("E-COMPAT-OUTPUT"),
        "{done}"
    );
}

#[test]
fn schemas_are_refused_by_place_and_line() {
    let mut schema = names_and_numbers();
    schema["features"][0]["hashing"]["strategy"] = json!({"bitsPerFeatures": 3});
    schema["features"][1]["format"] = json!({"type": "integer", "minimum": "x"});
    let desk = Desk::new(&schema, "name,number\nann,1\n");
    let done = desk.run(&[]);
    assert_eq!(done.exit, Some(2), "{done}");
    for expected in [
        "`features[0].hashing.strategy",
        "`features[1].format.minimum` should be a whole number",
        "--> schema.json:1",
    ] {
        assert!(done.stderr.contains(expected), "{expected}\n{done}");
    }
    fs::write(desk.at("schema.json"), "{\n\"version\": 3,\n}").expect("written");
    let done = desk.run(&[]);
    assert!(
        done.stderr.contains("E-COMPAT-SCHEMA") && done.stderr.contains("--> schema.json:3"),
        "{done}"
    );
}

#[test]
fn names_from_a_schema_cannot_steer_a_terminal() {
    let name = "n\u{1b}[2J\nx";
    let feature = json!({"identifier": name, "format": {"type": "integer"}, "hashing": {
        "comparison": {"type": "exact"}, "strategy": {"bitsPerToken": 5}, (name): 1}});
    let schema = |feature: &Value| json!({"version": 3, "clkConfig": {"l": 64, "kdf": {"type": "HKDF"}}, "features": [feature]});
    let desk = Desk::new(&schema(&feature), "x\nno\n");
    let mut sound = feature.clone();
    sound["hashing"]
        .as_object_mut()
        .expect("an object")
        .remove(name);
    for (text, flags) in [
        (schema(&feature).to_string(), &[][..]),
        (schema(&sound).to_string(), &[]),
        (schema(&sound).to_string(), &["--header", "skip"]),
    ] {
        fs::write(desk.at("schema.json"), text).expect("written");
        let done = desk.run(flags);
        assert!(
            done.exit != Some(0) && done.stderr.contains("n\\u{1b}[2J\\nx"),
            "{done}"
        );
        assert!(!done.stderr.contains('\u{1b}'), "{done}");
    }
    // The report of a conversion is read on a screen too; programs get the name as it is.
    let mut born = sound.clone();
    born["identifier"] = json!("nhs\u{1b}number");
    fs::write(desk.at("schema.json"), schema(&born).to_string()).expect("written");
    let words = ["compat", "schema", "schema.json", "-o", "ours.toml"];
    let done = Done::run(kinfold(words).current_dir(desk.folder.path())).well();
    assert!(
        done.stdout.contains("nhs-number=nhs\\u{1b}number"),
        "{done}"
    );
    assert!(!done.stdout.contains('\u{1b}'), "{done}");
}

#[test]
fn a_schema_that_is_not_text_is_refused_by_its_line() {
    let desk = Desk::new(&names_and_numbers(), "name,number\n");
    fs::write(desk.at("schema.json"), b"{\n\n\"\xff\": 1}").expect("written");
    let done = desk.run(&[]);
    assert!(
        done.exit == Some(2) && done.stderr.contains("--> schema.json:3"),
        "{done}"
    );
    let words = ["schema", "validate", "schema.json"];
    let done = Done::run(kinfold(words).current_dir(desk.folder.path()));
    assert!(
        done.exit == Some(2) && done.stderr.contains("--> schema.json:3"),
        "{done}"
    );
    let words = ["compat", "schema", "schema.json", "-o", "x", "--id", "a\"b"];
    let done = Done::run(kinfold(words).current_dir(desk.folder.path()));
    assert!(
        done.exit == Some(2) && done.stderr.contains("small letters"),
        "{done}"
    );
}
