//! `link` of files of codes: a bench over any tables, without a hub.

use kinfold_linkage::Options;
use kinfold_message::{Problem, counted};
use serde_json::{Value, json};

use super::trust;
use crate::args::LinkArgs;
use crate::linking::{Bench, BenchInputs, Estimate};
use crate::screen::{Answer, Screen};

pub(super) fn run(args: &LinkArgs, screen: &Screen) -> Result<Answer, Problem> {
    let step = screen.step("Reading codes", 0);
    let inputs = BenchInputs::load(&args.codes)?;
    step.done(&format!(
        "{}, {}, linkage schema `{}`",
        counted(inputs.sets.len(), "file", "files"),
        counted(inputs.records(), "record", "records"),
        inputs.schema.id
    ));
    let estimate = Estimate::of(&inputs.sets, args.threads);
    if args.dry_run {
        return Ok(planned(&inputs, &estimate));
    }
    screen.note(&format!("Estimate: {}", estimate.words()));
    let options = Options {
        threads: args.threads,
        ..Options::default()
    };
    let bench = Bench::new(inputs, options, screen);
    let files = bench.write(&args.output, screen)?;
    Ok(answer(args, &bench, &files))
}

/// The sources with their records, in the order of the files.
fn sources(inputs: &BenchInputs) -> Value {
    let each = inputs.sets.iter();
    each.map(|set| json!({ "source": set.source, "records": set.table.len() }))
        .collect()
}

fn planned(inputs: &BenchInputs, estimate: &Estimate) -> Answer {
    let mut text = String::new();
    for set in &inputs.sets {
        text.push_str(&format!(
            "{} · {}\n",
            set.source,
            counted(set.table.len(), "record", "records")
        ));
    }
    text.push_str(&format!("{}\n", estimate.words()));
    Answer::new(
        text,
        json!({
            "sources": sources(inputs),
            "records": inputs.records(),
            "comparisons": estimate.comparisons,
            "seconds_expected": estimate.seconds,
            "bytes_expected": estimate.bytes,
            "release": false,
        }),
    )
}

fn answer(args: &LinkArgs, bench: &Bench, files: &[&str]) -> Answer {
    let inputs = &bench.inputs;
    let households = bench.households.as_ref();
    let households = households.map(|found| found.households.len());
    let then = households.map_or(String::new(), |count| {
        format!(" → {}", counted(count, "household", "households"))
    });
    let mut answer = Answer::new(
        format!(
            "{} → {}{then}. NOT FOR RELEASE.\n\
             {}\
             Wrote {} in {}\n\
             Next: each CODES.local-references.csv says which row a record reference is (own_id, record_ref)\n",
            counted(inputs.records(), "record", "records"),
            counted(bench.linked.people.len(), "person", "people"),
            trust::lines(&bench.linked.model, inputs.sets.len()),
            files.join(", "),
            args.output.display(),
        ),
        json!({
            "run": bench.id,
            "sources": sources(inputs),
            "linkage_schema": inputs.schema.id,
            "records": inputs.records(),
            "people": bench.linked.people.len(),
            "households": households,
            "model": bench.linked.model,
            "seconds": bench.seconds,
            "output": args.output.display().to_string(),
            "files": files,
            "release": false,
        }),
    );
    answer.warnings = trust::warnings(&bench.linked.model, inputs.sets.len());
    answer
}
