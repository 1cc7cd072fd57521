//! Interrupted or killed: nothing half-written stays, own ids in clear least of all.

#![cfg(unix)]

use kinfold_tests::process::{Done, binaries, hub, kinfold};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new(people: usize) -> Self {
        let desk = Self(tempfile::tempdir().expect("a folder"));
        let mut text = String::from("id,given_name,family_name,birth_date,postcode\n");
        let letters = |of: usize| -> String {
            let letter = |at: u32| (b'a' + (of / 17_usize.pow(at) % 17) as u8) as char;
            (0..4).map(letter).collect()
        };
        for person in 0..people {
            let _ = writeln!(
                text,
                "own-{person},{},{},{:02}/{:02}/{},XE{} {}AB",
                letters(person * 31),
                letters(person * 7919 + 3),
                person % 28 + 1,
                person % 12 + 1,
                1940 + person % 70,
                person % 9 + 1,
                person / 9 % 10,
            );
        }
        // Somebody else's file has one person less.
        let fewer: Vec<&str> = text.lines().take(people).collect();
        fs::write(desk.at("fewer.csv"), fewer.join("\n")).expect("written");
        fs::write(desk.at("people.csv"), text).expect("written");
        fs::write(desk.at("bench.key"), [7; 32]).expect("written");
        let _ = binaries();
        desk
    }

    fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn encode(&self, input: &str, output: &str) -> Command {
        let mut command = kinfold(["encode", "--no-unite", "--key-file"]);
        command.arg(self.at("bench.key")).arg(self.at(input));
        command.arg("-o").arg(self.at(output));
        command
    }

    /// Everything in a folder, hidden or not.
    fn names(&self) -> Vec<String> {
        let entries = fs::read_dir(self.0.path()).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name());
        let mut names: Vec<String> = names.map(|name| name.to_string_lossy().into()).collect();
        names.sort_unstable();
        names
    }
}

fn start(command: &mut Command) -> Child {
    let command = command.stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().expect("it starts")
}

/// Waits until there is something in a file or folder that the command begins, and sends a signal.
fn signalled(mut child: Child, begun: &Path, signal: &str) -> (Option<i32>, String) {
    let is_there = || fs::metadata(begun).is_ok_and(|found| found.len() > 0);
    while !is_there() {
        let ended = child.try_wait().expect("it can be asked");
        assert!(ended.is_none(), "it ended too early: {ended:?}");
        std::thread::sleep(Duration::from_millis(1));
    }
    let id = child.id().to_string();
    let sent = Command::new("kill").args([signal, &id]).status();
    assert!(sent.expect("kill runs").success());
    let output = child.wait_with_output().expect("it ends");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (output.status.code(), said)
}

#[test]
fn an_encoding_that_is_interrupted_leaves_nothing() {
    let desk = Desk::new(60_000);
    let before = desk.names();
    let begun = desk.at(".a.local-references.csv.part");
    for signal in ["-INT", "-TERM"] {
        let child = start(&mut desk.encode("people.csv", "a.codes"));
        let (exit, said) = signalled(child, &begun, signal);
        assert_eq!(exit, Some(130), "{signal}: {said}");
        assert!(said.contains("[E-FILE-INTERRUPTED]"), "{said}");
        assert_eq!(desk.names(), before, "{signal}");
    }
    // What is killed cannot tidy up; the same command does when it begins again.
    let (exit, _) = signalled(
        start(&mut desk.encode("people.csv", "a.codes")),
        &begun,
        "-KILL",
    );
    assert_eq!(exit, None);
    assert!(begun.exists());
    Done::run(&mut desk.encode("people.csv", "a.codes")).well();
    let mut after = before;
    after.extend(["a.codes".into(), "a.local-references.csv".into()]);
    after.sort_unstable();
    assert_eq!(desk.names(), after);
}

#[test]
fn a_linkage_that_is_interrupted_leaves_nothing() {
    let desk = Desk::new(30_000);
    for (input, output) in [("people.csv", "a.codes"), ("fewer.csv", "b.codes")] {
        Done::run(&mut desk.encode(input, output)).well();
    }
    let before = desk.names();
    let begun = desk.at("linked/.run.part");
    for signal in ["-INT", "-TERM"] {
        // Writing is the quickest part: on a busy machine it can be over before the signal is there.
        let ended = (0..5).find_map(|_| {
            let mut command = hub(["link"]);
            command.args(["a.codes", "b.codes"].map(|name| desk.at(name)));
            let child = start(command.arg("-o").arg(desk.at("linked")));
            let ended = signalled(child, &begun, signal);
            let too_late = ended.0 == Some(0);
            if too_late {
                fs::remove_dir_all(desk.at("linked")).expect("removed");
            }
            (!too_late).then_some(ended)
        });
        let (exit, said) = ended.expect("interrupted in time");
        assert_eq!(exit, Some(130), "{signal}: {said}");
        assert!(said.contains("[E-FILE-INTERRUPTED]"), "{said}");
        assert_eq!(desk.names(), before, "{signal}");
    }
}
