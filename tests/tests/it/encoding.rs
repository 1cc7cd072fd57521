//! Linkage schemas and the bench form of `encode`, as somebody types them.

use kinfold_tests::process::Done;
use std::fs;
use std::path::Path;

/// Runs `kinfold` with some words.
fn kinfold<'a>(words: impl IntoIterator<Item = &'a str>) -> Done {
    Done::run(&mut kinfold_tests::process::kinfold(words))
}

/// A table of invented people whose values a message must never repeat.
fn table(folder: &Path, rows: usize) -> std::path::PathBuf {
    let mut text = String::from("rec_id,first_name,last_name,DOB,sex,postcode,nhs_number\n");
    for row in 0..rows {
        let (first, last) = (
            ["Amara", "Bill", "Chloe", "Dmitri"][row % 4],
            ["Okafor", "Kowalska", "Patel"][row % 3],
        );
        text.push_str(&format!(
            "r{row},{first},{last},{:02}/{:02}/{},F,XE{} {}AB,\n",
            row % 28 + 1,
            row % 12 + 1,
            1950 + row % 60,
            row % 9 + 1,
            row % 10
        ));
    }
    let path = folder.join("people.csv");
    fs::write(&path, text).expect("the table is written");
    path
}

fn key(folder: &Path) -> std::path::PathBuf {
    let path = folder.join("bench.key");
    fs::write(&path, "thirty-two bytes of a bench key!").expect("the key is written");
    path
}

#[test]
fn a_shipped_schema_is_explained_compared_and_shown() {
    for name in ["standard", "high", "trusted", "partial"] {
        let explained = kinfold(["schema", "explain", name]);
        assert_eq!(explained.exit, Some(0), "{}", explained.stderr);
        for words in ["mean fill", "Match keys", "Presence patterns"] {
            assert!(explained.stdout.contains(words), "{name}: {words}");
        }
        assert_eq!(kinfold(["schema", "validate", name]).exit, Some(0));
    }
    let explained = kinfold(["schema", "explain"]).stdout;
    for words in [
        "visible radius",
        "rho",
        "safe for 270,000 people",
        "diffusion (t)",
    ] {
        assert!(explained.contains(words), "{words}");
    }
    let difference = kinfold(["schema", "diff", "standard", "high"]);
    assert!(
        difference
            .stdout
            .contains("filter names-birth: diffusion: 8 -> 10")
    );
    assert!(difference.stdout.contains("can never be compared"));
    let editors = kinfold(["schema", "show", "--json-schema"]);
    assert!(editors.stdout.contains("\"$schema\""));
    let unknown = kinfold(["schema", "show", "nothing"]);
    assert_eq!(unknown.exit, Some(2));
    assert!(unknown.stderr.contains("standard, high, trusted, partial"));
}

#[test]
fn a_schema_that_is_too_weak_is_refused_but_for_a_bench() {
    let folder = tempfile::tempdir().expect("a folder");
    let text = kinfold(["schema", "show"])
        .stdout
        .replace("diffusion = 8", "diffusion = 4");
    let path = folder.path().join("weak.toml");
    fs::write(&path, &text).expect("the schema is written");
    let line = text
        .lines()
        .position(|line| line == "diffusion = 4")
        .expect("it is there")
        + 1;
    let path_text = path.display().to_string();
    let refused = kinfold(["schema", "validate", &path_text]);
    assert_eq!(refused.exit, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains("E-SCHEMA-RELEASE"));
    assert!(
        refused.stderr.contains(&format!("weak.toml:{line}")),
        "{}",
        refused.stderr
    );
    assert!(refused.stderr.contains("raise `diffusion` to 7"));
    let bench = kinfold(["schema", "validate", "--bench", &path_text]);
    assert_eq!(bench.exit, Some(0));
    assert!(bench.stdout.contains("must not be released"));
    let encoded = kinfold([
        "encode",
        "--schema",
        &path_text,
        "--key-file",
        &key(folder.path()).display().to_string(),
        &table(folder.path(), 40).display().to_string(),
        "--column",
        "birth_date=DOB",
        "-o",
        &folder.path().join("weak.arrow").display().to_string(),
    ]);
    assert_eq!(encoded.exit, Some(0), "{}", encoded.stderr);
    assert!(encoded.stdout.contains("NOT FOR RELEASE"));
}

#[test]
fn who_is_shown_in_a_larger_home_has_no_filter_and_the_officer_is_told() {
    let folder = tempfile::tempdir().expect("a folder");
    let schema = "standard";
    let explained = kinfold(["schema", "explain", schema]).stdout;
    let sentence = "filter_max 2: whoever is shown in a home of more people gets random bits";
    assert!(explained.contains(sentence), "{explained}");

    // A home of four and one of two.
    let people = folder.path().join("people.csv");
    let mut table = String::from("id,first_name,last_name,birth_date,sex,address,postcode\n");
    for (row, first) in ["Amara", "Bill", "Chloe", "Dmitri", "Esther", "Farid"]
        .into_iter()
        .enumerate()
    {
        let (house, last) = if row < 4 {
            (3, "Okafor")
        } else {
            (8, "Kowalska")
        };
        table.push_str(&format!(
            "r{row},{first},{last},{:02}/03/19{row}7,F,{house} Mill Lane,XE1 1AB\n",
            row + 11
        ));
    }
    fs::write(&people, table).expect("the table is written");
    let (people, codes) = (
        people.to_str().expect("a plain path"),
        folder.path().join("codes.arrow"),
    );
    let (codes, key) = (codes.to_str().expect("a plain path"), key(folder.path()));
    let key = key.to_str().expect("a plain path");
    let words = [
        "encode",
        "--schema",
        schema,
        "--key-file",
        key,
        people,
        "-o",
        codes,
    ];
    let told = kinfold(words);
    assert_eq!(told.exit, Some(0), "{}", told.stderr);
    let line = "Filters: 4 records have random bits for one, because household keys show their home to be larger";
    assert!(told.stdout.contains(line), "{}", told.stdout);
    fs::remove_file(codes).expect("the codes are there");
    let counted = kinfold(words.into_iter().chain(["--json"]));
    assert!(
        counted.stdout.contains("\"without_filters\":4"),
        "{}",
        counted.stdout
    );

    // Without the rule nothing is said of it.
    fs::remove_file(codes).expect("the codes are there");
    let everybody = folder.path().join("everybody.toml");
    let text = kinfold(["schema", "show", schema]).stdout;
    let rule = "\nfilter_max = 2\n";
    assert!(text.contains(rule), "{text}");
    fs::write(&everybody, text.replace(rule, "\n")).expect("the schema is written");
    let everybody = everybody.to_str().expect("a plain path");
    let words = words.map(|word| if word == schema { everybody } else { word });
    assert!(!kinfold(words).stdout.contains("Filters: "));
}

#[test]
fn a_table_becomes_codes_that_nothing_takes_for_a_package() {
    let folder = tempfile::tempdir().expect("a folder");
    let (table, key) = (table(folder.path(), 300), key(folder.path()));
    let encode = |output: &str, threads: &str| {
        let ran = kinfold([
            "encode",
            "--schema",
            "standard",
            // Its people have few names, each always with the same month of birth.
            "--no-unite",
            "--key-file",
            &key.display().to_string(),
            &table.display().to_string(),
            "--column",
            "birth_date=DOB",
            "--threads",
            threads,
            "-o",
            &folder.path().join(output).display().to_string(),
            "--json",
        ]);
        assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
        for value in ["Okafor", "OKAFOR", "Amara"] {
            assert!(!ran.stdout.contains(value) && !ran.stderr.contains(value));
        }
        (
            ran.stdout,
            fs::read(folder.path().join(output)).expect("codes"),
        )
    };
    let (report, one) = encode("one.arrow", "1");
    let report: serde_json::Value = serde_json::from_str(&report).expect("JSON");
    let data = if report["data"].is_null() {
        &report
    } else {
        &report["data"]
    };
    assert_eq!(data["records"], 300, "{report}");
    assert_eq!(data["release"], false);
    let (_, two) = encode("two.arrow", "2");
    assert!(one == two, "the number of threads changes nothing");
    let references =
        fs::read_to_string(folder.path().join("one.local-references.csv")).expect("the references");
    assert_eq!(references.lines().count(), 301);
    assert!(references.contains("\"r17\","));
    // Its kind says what it is, so that nothing that opens a package's table takes it.
    let kind = b"codes-not-for-release/1";
    assert!(one.windows(kind.len()).any(|bytes| bytes == kind));

    // The linkage unit's tool compares its filters where they lie.
    let matched = Done::run(&mut kinfold_tests::process::hub([
        "match",
        &folder.path().join("one.arrow").display().to_string(),
        "--self",
        "--metric",
        "hamming",
        "--threshold",
        "0.7",
        "-o",
        &folder.path().join("pairs.parquet").display().to_string(),
        "--json",
    ]))
    .well();
    let answer: serde_json::Value = serde_json::from_str(&matched.stdout).expect("JSON");
    assert_eq!(answer["left"], 300, "{matched}");
    assert_eq!(answer["comparisons"], 300 * 299 / 2, "{matched}");
    assert_eq!(answer["in_place"][0], true, "{matched}");
    assert!(answer["pairs"].as_u64() > Some(0), "{matched}");
}

#[test]
fn a_table_that_cannot_be_encoded_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = key(folder.path());
    let broken = folder.path().join("broken.csv");
    fs::write(&broken, "first_name,last_name\nAmara,Okafor\nBill\n").expect("written");
    let output = folder.path().join("codes.arrow");
    let run = |input: &Path, more: &[&str]| {
        let mut arguments = vec!["encode", "--key-file"];
        let (key, input, output) = (
            key.display().to_string(),
            input.display().to_string(),
            output.display().to_string(),
        );
        arguments.extend([key.as_str(), input.as_str(), "-o", output.as_str()]);
        arguments.extend(more);
        kinfold(arguments)
    };
    let ragged = run(&broken, &[]);
    assert_eq!(ragged.exit, Some(2));
    assert!(ragged.stderr.contains("E-ENCODE-TABLE") && ragged.stderr.contains("broken.csv:3"));
    let unnamed = folder.path().join("unnamed.csv");
    fs::write(&unnamed, "a,b\n1,2\n").expect("written");
    assert!(
        run(&unnamed, &[])
            .stderr
            .contains("--column first-name=COLUMN")
    );
    assert!(
        run(&broken, &["--column", "first-name=nobody"])
            .stderr
            .contains("E-ENCODE-COLUMN")
    );
    let mixed = folder.path().join("mixed.csv");
    fs::write(
        &mixed,
        "first_name,birth_date\nAnn,14/03/1991\nBob,03/14/1991\n",
    )
    .expect("written");
    assert!(run(&mixed, &[]).stderr.contains("E-EXTRACT-DATES"));
    let short = folder.path().join("bench.key");
    fs::write(&short, "short").expect("written");
    assert!(run(&unnamed, &[]).stderr.contains("E-ENCODE-KEY"));
    let left: Vec<String> = fs::read_dir(folder.path())
        .expect("the folder")
        .map(|entry| {
            entry
                .expect("an entry")
                .file_name()
                .to_string_lossy()
                .into_owned()
        })
        .filter(|name| name.contains("codes") || name.contains(".part"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn rows_of_one_person_come_together_unless_told_otherwise_and_usual_names_are_found() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = key(folder.path()).display().to_string();
    let table = folder.path().join("table.csv");
    let rows = "rec_id,Given name,Surname,DOB,Gender,Zip code,Other\n\
                a,Amara,Okafor,1991-03-14,F,AB1 2CD,x\n\
                b,Amara,Okafor,1991-03-14,F,AB1 2CD,y\n\
                c,Bill,Quarry,1972-11-30,M,AB1 2CE,z\n";
    fs::write(&table, rows).expect("written");
    let (input, output) = (table.display().to_string(), folder.path().join("codes"));
    let output = output.display().to_string();
    let encode = |more: &[&str]| {
        let words = [
            "encode",
            "--key-file",
            &key,
            &input,
            "-o",
            &output,
            "--json",
        ];
        let ran = kinfold([&words[..], more].concat());
        assert_eq!(ran.exit, Some(0), "{ran}");
        let answer: serde_json::Value = serde_json::from_str(&ran.stdout).expect("JSON");
        answer["data"].clone()
    };
    for (more, people, united) in [
        (&[][..], 2, 1),
        (&["--unite"][..], 2, 1),
        (&["--no-unite"][..], 3, 0),
    ] {
        let said = encode(more);
        assert_eq!(said["records"], people, "{more:?}");
        assert_eq!(
            said["united"]["rows_united"].as_u64().unwrap_or(0),
            united,
            "{more:?}"
        );
        let named = &said["columns_by_name"];
        assert_eq!(named["first-name"], "Given name");
        assert_eq!(named["birth-date"], "DOB");
        assert_eq!(named["sex"], "Gender");
        assert_eq!(named["postcode"], "Zip code");
    }
}

#[test]
fn tables_are_read_as_people_save_them_and_errors_name_the_line() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = key(folder.path()).display().to_string();
    let table = folder.path().join("table.csv");
    let (input, output) = (table.display().to_string(), folder.path().join("codes"));
    let output = output.display().to_string();
    let encode = |bytes: &[u8]| {
        fs::write(&table, bytes).expect("written");
        kinfold(["encode", "--key-file", &key, &input, "-o", &output])
    };
    for separator in [",", ";", "\t", "|"] {
        let rows = "\u{feff}first_name,last_name,dob\r\nAnn,Lee,1990-01-02\r\nAnn,Lee,1990-01-02\r\nBob,Ray,1980-03-04\r\n";
        let ran = encode(rows.replace(',', separator).as_bytes());
        assert_eq!(ran.exit, Some(0), "{ran}");
        assert!(ran.stdout.contains("of 3 rows"), "{ran}");
    }
    let latin = encode(b"first_name,last_name,dob\nJos\xe9,Lee,1990-01-02\n");
    assert_eq!(latin.exit, Some(2));
    assert!(
        latin.stderr.contains("E-ENCODE-TABLE") && latin.stderr.contains("table.csv:2"),
        "{latin}"
    );
    for nobody in [&b""[..], b"first_name,last_name,dob\n"] {
        let ran = encode(nobody);
        assert_eq!(ran.exit, Some(2), "{ran}");
        assert!(ran.stderr.contains("the table has no rows"), "{ran}");
    }
}

/// A file without a first line of names holds a person there: not even a mistake in the command prints it.
#[test]
fn a_table_without_names_of_columns_is_not_quoted() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = key(folder.path()).display().to_string();
    let table = folder.path().join("table.csv");
    fs::write(&table, "Amara,Okafor,1991-03-14\nBill,Quarry,1972-11-30\n").expect("written");
    let (input, output) = (table.display().to_string(), folder.path().join("codes"));
    let output = output.display().to_string();
    for more in [&[][..], &["--column", "first-name=forename"][..]] {
        let words = ["encode", "--key-file", &key, &input, "-o", &output];
        let ran = kinfold([&words[..], more].concat());
        assert_eq!(ran.exit, Some(2), "{ran}");
        assert!(ran.stderr.contains("E-ENCODE-COLUMN"), "{ran}");
        let said = format!("{}{}", ran.stdout, ran.stderr);
        assert!(
            !said.contains("Amara") && !said.contains("Okafor"),
            "{said}"
        );
    }
}

#[test]
fn values_in_several_columns_and_either_order_of_dates_are_read() {
    let folder = tempfile::tempdir().expect("a folder");
    let key = key(folder.path()).display().to_string();
    let encode = |name: &str, text: &str, more: &[&str]| {
        let at = |ending: &str| folder.path().join(format!("{name}.{ending}"));
        fs::write(at("csv"), text).expect("the table is written");
        let (input, output) = (at("csv").display().to_string(), at("codes"));
        let output_text = output.display().to_string();
        let words = ["encode", "--key-file", &key, &input, "-o", &output_text];
        let ran = kinfold([&words[..], more].concat());
        assert_eq!(ran.exit, Some(0), "{ran}");
        let references = fs::read_to_string(at("local-references.csv")).expect("references");
        (ran.stdout, references)
    };
    let (_, references) = encode(
        "parts",
        "number,first_name,d,m,y,house,street\nP7,Amara,5,3,1999,12,Hill Road\n",
        &[
            "--column",
            "birth-date=d+m+y",
            "--column",
            "address=house+street",
            "--column",
            "id=number",
        ],
    );
    assert!(references.contains("\"P7\","), "{references}");
    let mixed = "first_name,birth_date\nAmara,03/14/1991\nBill,14/03/1991\nChloe,03/04/1991\n";
    for order in ["day-first", "month-first"] {
        let (said, _) = encode(order, mixed, &["--date-order", order]);
        assert!(said.contains("Not read: 1 of birth_date"), "{said}");
    }
    // Two tables of one key have no reference in common, and one table always the same.
    let (_, again) = encode("again", mixed, &["--date-order", "day-first"]);
    let first = fs::read_to_string(folder.path().join("day-first.local-references.csv"));
    assert_eq!(first.expect("references"), again);
    let known = |text: &str| -> Vec<String> {
        let rows = text.lines().skip(1);
        rows.filter_map(|row| row.split_once(',').map(|row| row.1.to_owned()))
            .collect()
    };
    assert!(
        known(&references)
            .iter()
            .all(|own| !known(&again).contains(own))
    );
}

#[test]
fn a_clkhash_schema_is_converted_with_a_report() {
    let folder = tempfile::tempdir().expect("a folder");
    let clkhash = folder.path().join("clkhash.json");
    let feature = |name: &str| {
        format!(
            r#"{{"identifier": "{name}", "format": {{"type": "string"}}, "hashing": {{"comparison": {{"type": "ngram", "n": 2}}, "strategy": {{"bitsPerToken": 20}}}}}}"#
        )
    };
    let features = ["given_name", "surname", "dob", "postcode", "soc_sec_id"].map(feature);
    fs::write(
        &clkhash,
        format!(
            r#"{{"version": 3, "clkConfig": {{"l": 1024, "kdf": {{"type": "HKDF"}}}}, "features": [{}]}}"#,
            features.join(",")
        ),
    )
    .expect("written");
    let output = folder.path().join("ours.toml").display().to_string();
    let ran = kinfold([
        "compat",
        "schema",
        &clkhash.display().to_string(),
        "-o",
        &output,
    ]);
    assert_eq!(ran.exit, Some(0), "{}", ran.stderr);
    assert!(
        ran.stdout.contains("soc_sec_id") && ran.stdout.contains("kinfold has no field for it")
    );
    assert!(ran.stdout.contains("birth-date=dob"));
    assert_eq!(kinfold(["schema", "validate", &output]).exit, Some(0));
}

#[test]
fn plain_filters_need_an_agreement_that_says_so() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut public = Vec::new();
    for (party, role) in [
        ("council", "custodian"),
        ("unit", "linkage-unit"),
        ("events", "integrator"),
    ] {
        let key = folder
            .path()
            .join(format!("{party}.key"))
            .display()
            .to_string();
        let made = kinfold(["key", "new", "--party", party, "--role", role, "-o", &key]);
        assert_eq!(made.exit, Some(0), "{}", made.stderr);
        public.push(
            folder
                .path()
                .join(format!("{party}.pub.toml"))
                .display()
                .to_string(),
        );
    }
    let draft = |name: &str, more: &[&str]| {
        let output = folder.path().join(name).display().to_string();
        let mut words = vec![
            "agreement",
            "draft",
            "--name",
            "Trial",
            "--project",
            "trial",
        ];
        words.extend([
            "--epoch",
            "2026",
            "--expires",
            "2027-01-01",
            "--people",
            "1000",
        ]);
        words.extend(["--schema", "trusted", "-o", output.as_str(), "--public"]);
        words.extend(public.iter().map(String::as_str));
        words.extend(more);
        kinfold(words)
    };
    let refused = draft("no.toml", &[]);
    assert_eq!(refused.exit, Some(3), "{}", refused.stderr);
    assert!(refused.stderr.contains("E-SCHEMA-TRUST"));
    assert!(!folder.path().join("no.toml").exists());
    let drafted = draft("yes.toml", &["--trusted-linkage-unit"]);
    assert_eq!(drafted.exit, Some(0), "{}", drafted.stderr);
    let text = fs::read_to_string(folder.path().join("yes.toml")).expect("the agreement");
    assert!(text.contains("trusted_linkage_unit = true"));
}
