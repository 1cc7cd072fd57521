//! The demo: four agencies' extracts to households with seven needs, by the real binaries, one process a step.
//!
//! Each agency's part runs on its own, as it would on its own machine; only sealed packages cross to the linkage unit. The keys
//! come from a seed, which the agreement allows because it says that it is a test, so that two runs give the same bytes.
//!
//! ```text
//! DIR/sample/…                  the agencies' extracts and the truth about the families
//! DIR/keys/…                    everybody's keys (on one machine only because it is a demo)
//! DIR/agreement.toml, .sig      what was agreed, signed by all
//! DIR/council/ … DIR/lscb/      what each agency made: packages, its checks, its own references
//! DIR/hub/                      the linkage unit's folder
//! DIR/out/                      pairs, people, households, needs, run.json, report.html
//! DIR/logs/                     what every step printed
//! DIR/summary.json              the figures
//! ```

mod folder;
mod parties;
mod summary;

pub use folder::MARKER;
pub use parties::{CUSTODIANS, Party, REFERENCE_DATE};
pub use summary::{Rates, ReleaseCheck, Seconds, States, Summary};

use crate::binaries::Binaries;
use crate::console::Steps;
use anyhow::{Context as _, Result, bail};
use parties::{
    ALL, EPOCH, EXPIRES, INGEST_DATE, INTEGRATOR, LINKAGE_UNIT, PEOPLE, PERIOD, PROJECT,
};
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

/// What to run.
#[derive(Clone, Debug)]
pub struct Demo<'a> {
    /// The binaries under test.
    pub binaries: &'a Binaries,
    /// Which extracts.
    pub input: Input,
    /// Seed of the families and of the keys.
    pub seed: u64,
    /// The linkage schema that is agreed; `standard` where none is given.
    pub schema: Option<&'a Path>,
    /// Where everything goes.
    pub folder: PathBuf,
}

/// Which extracts the agencies have.
#[derive(Clone, Debug)]
pub enum Input {
    /// Make new ones up.
    Generated {
        /// Number of households.
        households: u32,
        /// How messy.
        profile: SampleProfile,
    },
    /// Those of a folder that `kinfold sample` wrote.
    Existing(PathBuf),
}

/// How messy the extracts are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum SampleProfile {
    /// Errors at the rates measured in the UK.
    Uk,
    /// Three times as many.
    Stress,
}

/// What a demo made.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// Its folder.
    pub folder: PathBuf,
    /// The figures, as in `summary.json`.
    pub summary: Summary,
    /// Wall time from the first step to the last, in seconds; building is not counted.
    pub seconds: f64,
}

impl Outcome {
    /// The folder with the results of the linkage unit.
    pub fn results(&self) -> PathBuf {
        self.folder.join("out")
    }

    /// Prints the figures and where to look.
    pub fn print(&self) {
        self.summary.print();
        println!();
        println!("  all steps  {:.1} s", self.seconds);
        println!(
            "  summary    {}",
            self.folder.join("summary.json").display()
        );
        println!(
            "  report     {}",
            self.results().join("report.html").display()
        );
    }
}

/// Runs all steps.
///
/// # Errors
/// When a step fails, or when the folder holds something that is not a demo.
pub fn run(demo: &Demo) -> Result<Outcome> {
    let folder = folder::start_afresh(&demo.folder)?;
    let started = Instant::now();
    let logs = folder.join("logs");
    let sample = match &demo.input {
        Input::Generated { .. } => folder.join("sample"),
        Input::Existing(sample) => sample
            .canonicalize()
            .with_context(|| format!("could not find the sample {}", sample.display()))?,
    };
    let is_generated = matches!(demo.input, Input::Generated { .. });
    // A key and a signature for each party; the project key and the draft; hub, packages, result, comparison.
    let steps_total = usize::from(is_generated) + 2 * ALL.len() + 2 + CUSTODIANS.len() + 4;
    let schema = demo.schema.map(|schema| {
        schema
            .canonicalize()
            .with_context(|| format!("could not find the schema {}", schema.display()))
    });
    let mut walk = Walk {
        binaries: demo.binaries,
        schema: schema.transpose()?,
        steps: Steps::new(&logs, steps_total),
        folder,
        sample,
        seed: demo.seed.to_string(),
    };
    if let Input::Generated {
        households,
        profile,
    } = demo.input
    {
        walk.make_sample(households, profile)?;
    }
    walk.make_keys()?;
    walk.agree()?;
    let mut encode_seconds = 0.0;
    let mut release_checks = BTreeMap::new();
    for custodian in CUSTODIANS {
        let (seconds, check) = walk.encode(custodian.id)?;
        encode_seconds += seconds;
        release_checks.insert(custodian.id.to_owned(), check);
    }
    walk.ingest()?;
    let linked = walk.link()?;
    let measures = walk.evaluate()?;
    let summary = Summary::new(&linked, &measures, encode_seconds, release_checks)?;
    summary.write(&walk.folder.join("summary.json"))?;
    Ok(Outcome {
        folder: walk.folder,
        summary,
        seconds: started.elapsed().as_secs_f64(),
    })
}

/// Serves the report on this machine only, until interrupted.
///
/// # Errors
/// When the server cannot start.
pub fn serve(binaries: &Binaries, outcome: &Outcome) -> Result<()> {
    let status = Command::new(&binaries.hub)
        .arg("serve")
        .arg(outcome.results())
        .status()
        .context("could not start kinfold-hub")?;
    // Ctrl-C is how one stops it.
    if status.success() || status.code().is_none_or(|code| code == 130) {
        return Ok(());
    }
    bail!("`kinfold-hub serve` ended with {status}")
}

/// The steps on their way through a demo folder.
struct Walk<'a> {
    binaries: &'a Binaries,
    schema: Option<PathBuf>,
    steps: Steps,
    folder: PathBuf,
    sample: PathBuf,
    seed: String,
}

impl Walk<'_> {
    fn make_sample(&mut self, households: u32, profile: SampleProfile) -> Result<()> {
        let profile = match profile {
            SampleProfile::Uk => "uk",
            SampleProfile::Stress => "stress",
        };
        let mut command = self.kinfold(&["sample", "--profile", profile, "--seed", &self.seed]);
        command
            .args(["--households", &households.to_string(), "-o"])
            .arg(&self.sample);
        self.steps
            .run(&format!("sample: {households} households"), &mut command)?;
        Ok(())
    }

    fn make_keys(&mut self) -> Result<()> {
        for party in ALL {
            let mut command =
                self.kinfold(&["key", "new", "--party", party.id, "--role", party.role]);
            command.args(["--name", party.name]);
            let contacts = self.sample.join(party.id).join("contacts.toml");
            if contacts.is_file() {
                command.arg("--contacts").arg(contacts);
            }
            command
                .args(["--danger-seed", &self.seed, "-o"])
                .arg(self.key(party.id));
            self.steps
                .run(&format!("{}: key", party.id), &mut command)?;
        }
        let mut command = self.kinfold(&["key", "project", "--project", PROJECT, "--epoch", EPOCH]);
        command
            .args(["--danger-seed", &self.seed, "-o"])
            .arg(self.key("project"));
        self.steps
            .run("custodians: shared project key", &mut command)?;
        Ok(())
    }

    fn agree(&mut self) -> Result<()> {
        let mut command = self.kinfold(&["agreement", "draft", "--test"]);
        command.args([
            "--purpose",
            "A rehearsal with made-up families: find households that several agencies know, so that one worker can bring help together",
            "--lawful-basis",
            "none needed: every person and event is made up",
            "--retention",
            "delete the folder when you have looked at it",
        ]);
        command.args(["--name", "Eastmere supporting families (demo)"]);
        command.args(["--project", PROJECT, "--epoch", EPOCH, "--expires", EXPIRES]);
        command.args(["--people", PEOPLE]);
        self.with_schema(&mut command);
        for party in ALL {
            command
                .arg("--public")
                .arg(self.folder.join(format!("keys/{}.pub.toml", party.id)));
        }
        command.arg("-o").arg(self.agreement());
        self.steps.run("agreement: draft", &mut command)?;
        for party in ALL {
            let mut command = self.kinfold(&["agreement", "sign"]);
            command
                .arg(self.agreement())
                .arg("--key")
                .arg(self.key(party.id));
            self.steps
                .run(&format!("{}: sign the agreement", party.id), &mut command)?;
        }
        Ok(())
    }

    /// Makes a custodian's packages; gives the seconds it took and what the release check said. The agreement is a test, so codes that are
    /// not safe leave all the same, and the demo says so.
    fn encode(&mut self, custodian: &str) -> Result<(f64, ReleaseCheck)> {
        let mut command = self.kinfold(&["run", "--json", "--period", PERIOD, "--sequence", "1"]);
        command.arg("--agreement").arg(self.agreement());
        self.with_schema(&mut command);
        command.arg("--key").arg(self.key(custodian));
        command.arg("--project-key").arg(self.key("project"));
        command
            .arg("--mapping")
            .arg(self.sample.join(custodian).join("mapping.toml"));
        command.arg("-o").arg(self.folder.join(custodian));
        let title = format!("{custodian}: read, check, encode, attack, seal");
        let finished = self.steps.run(&title, &mut command)?;
        let answer = serde_json::from_str(&finished.stdout)
            .with_context(|| format!("`{title}` did not print JSON"))?;
        Ok((finished.seconds, ReleaseCheck::of_run(&answer)?))
    }

    fn ingest(&mut self) -> Result<()> {
        let mut command = self.hub(&["init"]);
        command
            .arg(self.folder.join("hub"))
            .arg("--agreement")
            .arg(self.agreement());
        self.with_schema(&mut command);
        self.steps.run("linkage unit: new hub", &mut command)?;
        let mut command = self.hub(&["ingest"]);
        for custodian in CUSTODIANS {
            command.args(packages(&self.folder.join(custodian.id))?);
        }
        command.arg("--hub").arg(self.folder.join("hub"));
        for party in [LINKAGE_UNIT, INTEGRATOR] {
            command.arg("--key").arg(self.key(party.id));
        }
        command.args(["--on", INGEST_DATE]);
        self.steps
            .run("linkage unit: open and verify packages", &mut command)?;
        Ok(())
    }

    /// Links and scores; returns what the hub says about it.
    fn link(&mut self) -> Result<Value> {
        let mut command = self.hub(&["link", "--reference-date", REFERENCE_DATE, "--json"]);
        command.arg("--hub").arg(self.folder.join("hub"));
        command.arg("-o").arg(self.folder.join("out"));
        self.answer("linkage unit: people, households, needs", &mut command)
    }

    /// Measures the result against the truth. The linkage unit knows records by random references only, so each custodian's own
    /// list of references says which of its rows became which person. Outside a demo nobody holds all of these lists.
    fn evaluate(&mut self) -> Result<Value> {
        let results = self.folder.join("out");
        let truth = self.sample.join("truth");
        let mut command = self.hub(&["evaluate", "--json", "--people"]);
        command.arg(results.join("people.parquet"));
        command.arg("--truth").arg(truth.join("truth.csv"));
        // Samples that were made before there were groups have none.
        let groups = truth.join("groups.csv");
        if groups.is_file() {
            command.arg("--groups").arg(groups);
        }
        command.arg("--pairs").arg(results.join("pairs.parquet"));
        for custodian in CUSTODIANS {
            let name = format!("{}-{PERIOD}.local-references.csv", custodian.id);
            let own_list = self.folder.join(custodian.id).join(name);
            command.arg("--references").arg(own_list);
        }
        command
            .arg("--households")
            .arg(results.join("households.parquet"));
        command
            .arg("--true-households")
            .arg(truth.join("households.csv"));
        command.arg("--needs").arg(results.join("needs.parquet"));
        command.arg("--true-needs").arg(truth.join("needs.csv"));
        self.answer("compare with the truth", &mut command)
    }

    /// Runs a command that prints JSON.
    fn answer(&mut self, title: &str, command: &mut Command) -> Result<Value> {
        let finished = self.steps.run(title, command)?;
        serde_json::from_str(&finished.stdout)
            .with_context(|| format!("`{title}` did not print JSON"))
    }

    fn with_schema(&self, command: &mut Command) {
        if let Some(schema) = &self.schema {
            command.arg("--schema").arg(schema);
        }
    }

    fn agreement(&self) -> PathBuf {
        self.folder.join("agreement.toml")
    }

    fn key(&self, party: &str) -> PathBuf {
        self.folder.join("keys").join(format!("{party}.key"))
    }

    fn kinfold(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binaries.kinfold);
        command.args(words);
        command
    }

    fn hub(&self, words: &[&str]) -> Command {
        let mut command = Command::new(&self.binaries.hub);
        command.args(words);
        command
    }
}

/// The sealed packages of a folder, by name.
fn packages(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = std::fs::read_dir(folder)
        .with_context(|| format!("could not list {}", folder.display()))?;
    let mut found = Vec::new();
    for entry in entries {
        let path = entry
            .with_context(|| format!("could not list {}", folder.display()))?
            .path();
        if path.extension().is_some_and(|extension| extension == "kin") {
            found.push(path);
        }
    }
    found.sort();
    if found.is_empty() {
        bail!("{} holds no package", folder.display());
    }
    Ok(found)
}
