//! `sample`: a borough of synthetic families, with known truth.

use crate::args::{ProfileArg, SampleArgs};
use crate::outcome::Outcome;
use crate::progress::Progress;
use kinfold_message::{Exit, Problem, counted, grouped};
use kinfold_synth::{MOST_HOUSEHOLDS, Options, Profile, generate};
use serde_json::json;

/// Runs `sample`.
pub fn run(args: &SampleArgs, progress: &Progress) -> Result<Outcome, Problem> {
    if !(1..=MOST_HOUSEHOLDS).contains(&args.households) {
        return Err(Problem::new(
            "E-SAMPLE-SIZE",
            Exit::CouldNotRun,
            format!(
                "a sample has between 1 and {} households",
                grouped(MOST_HOUSEHOLDS)
            ),
            "give a number in this range with `--households`",
        ));
    }
    progress.step(&format!(
        "Making {}",
        counted(args.households, "household", "households")
    ));
    let profile = match args.profile {
        ProfileArg::Uk => Profile::Uk,
        ProfileArg::Stress => Profile::Stress,
    };
    let borough = generate(&Options {
        households: args.households,
        seed: args.seed,
        profile,
    });
    progress.step("Writing");
    crate::files::make_folder(&args.output)?;
    let written = borough.write(&args.output)?;
    let text = format!(
        "Wrote {} files to {}: {} in {}, {} in five files of four agencies, {}.\nEverything is synthetic; the truth is in {}.\n",
        written.files,
        args.output.display(),
        counted(written.people, "person", "people"),
        counted(written.households, "household", "households"),
        counted(written.records, "record", "records"),
        counted(written.events, "event", "events"),
        args.output.join("truth").display()
    );
    let data = json!({
        "files": written.files,
        "people": written.people,
        "households": written.households,
        "records": written.records,
        "events": written.events,
    });
    Ok(Outcome::done("kinfold.sample/1", text, data))
}
