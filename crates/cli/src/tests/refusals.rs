//! What a custodian must not do by accident: send a class as one child, sign a draft, use a number twice.

use super::*;

#[test]
fn one_own_id_on_a_whole_class_blocks() {
    let office = Office::open();
    let census = office.at("sample/council/school-census-preamble-and-temporary-upns.csv");
    let bytes = std::fs::read(&census).expect("read");
    let lines: Vec<String> = String::from_utf8_lossy(&bytes)
        .lines()
        .map(str::to_owned)
        .collect();
    let header = lines
        .iter()
        .position(|line| line.contains("Pupil ID"))
        .expect("a header");
    let column = lines[header]
        .split(',')
        .position(|name| name.trim_matches('"').trim() == "Pupil ID")
        .expect("a column");
    let id = |line: &str| line.split(',').nth(column).expect("an id").to_owned();
    // Excel's fill-down: the number of the first pupil on all that follow.
    let (mut filled, first) = (lines.clone(), id(&lines[header + 1]));
    for line in &mut filled[header + 2..header + 18] {
        *line = line.replacen(&id(line), &first, 1);
    }
    std::fs::write(&census, filled.join("\n") + "\n").expect("written");
    let outcome = office.run("run", "refused", &[]).expect("an answer");
    assert_eq!(
        (outcome.exit, outcome.messages[0].problem.code),
        (Exit::Answer, "E-CHECK-SHARED-ID")
    );
    assert!(!outcome.messages[0].problem.to_string().contains(&first));
    assert!(!office.at("refused").exists());
    let mapping = office.at("sample/council/mapping.toml");
    kinfold(&[
        "check",
        "--mapping",
        text(&mapping),
        "-o",
        text(&office.at("checked")),
    ])
    .expect("an answer");
    let report = std::fs::read(office.at("checked/check.json")).expect("written");
    let report: serde_json::Value = serde_json::from_slice(&report).expect("JSON");
    assert_eq!(
        report["shared_own_ids"][0].as_array().map(Vec::len),
        Some(17)
    );
}

#[test]
fn a_draft_cannot_be_signed() {
    let office = Office::open();
    let draft = office.at("draft.toml");
    let agreement = std::fs::read_to_string(office.at("agreement.toml")).expect("read");
    std::fs::write(
        &draft,
        agreement.replace("a rehearsal", "TO BE WRITTEN before signing"),
    )
    .expect("written");
    let problem = kinfold(&[
        "agreement",
        "sign",
        text(&draft),
        "--key",
        text(&office.at("keys/council.key")),
    ])
    .err()
    .expect("refused");
    assert_eq!((problem.code, problem.exit), ("E-AGR-DRAFT", Exit::Refused));
    assert!(problem.what.contains("`purpose` is still"), "{problem}");
    assert!(!office.at("draft.sig").exists());
}

#[test]
fn a_number_never_stands_for_two_contents() {
    let office = Office::open();
    let run = |sequence: &str| {
        let mut line = office.line("run", "out", &[]);
        *line.last_mut().expect("a number") = sequence.to_owned();
        kinfold(&line.iter().map(String::as_str).collect::<Vec<_>>())
    };
    run("1").expect("run");
    run("1").expect("the same content may be written again");
    let cases = office.at("sample/council/attendance-one-row-a-term.csv");
    let text = std::fs::read_to_string(&cases).expect("read");
    let shorter: Vec<&str> = text.lines().collect();
    std::fs::write(&cases, shorter[..shorter.len() / 2].join("\n") + "\n").expect("written");
    let before = std::fs::read(office.at("out/council-2026-08.events.kin")).expect("read");
    let problem = run("1").err().expect("refused");
    assert_eq!(
        (problem.code, problem.exit),
        ("E-SEAL-EXISTS", Exit::CouldNotRun)
    );
    assert!(problem.hint.contains("--sequence 2"), "{problem}");
    let after = std::fs::read(office.at("out/council-2026-08.events.kin")).expect("read");
    assert!(before == after, "the package was replaced");
    run("2").expect("the next number");
    assert_eq!(
        run("1").err().map(|problem| problem.code),
        Some("E-SEAL-EXISTS")
    );
    assert!(
        Cli::try_parse_from(["kinfold"].into_iter().chain(["run", "--sequence", "0"])).is_err()
    );
}
