//! `link`: links people, forms households, scores needs, writes the tables and the report.

use std::fmt::Write as _;

use kinfold_linkage::Options;
use kinfold_message::{Problem, counted};
use serde_json::{Map, Value, json};

use super::trust;
use crate::args::LinkArgs;
use crate::linking::{
    Estimate, Inputs, Replay, Run, date_fits, keys_agree, not_kept, output_is_apart,
};
use crate::screen::{Answer, Screen};
use crate::terms::{Terms, day};

pub(super) fn run(args: &LinkArgs, screen: &Screen) -> Result<Answer, Problem> {
    let (Some(hub), Some(reference_date)) = (&args.hub, &args.reference_date) else {
        return super::link_codes::run(args, screen);
    };
    let reference_date = day("--reference-date", reference_date)?;
    output_is_apart(&args.output, hub)?;
    let (mut hub, terms) = Terms::open(hub)?;
    let step = screen.step("Reading packages", 0);
    let inputs = Inputs::load(&hub, &terms)?;
    keys_agree(&inputs.packages)?;
    date_fits(reference_date, &inputs.packages)?;
    step.done(&format!(
        "{}, {}",
        counted(inputs.packages.len(), "package", "packages"),
        counted(inputs.records(), "record", "records")
    ));
    for gap in &inputs.gaps {
        screen.note(&format!("note: {gap}"));
    }
    let estimate = Estimate::of(&inputs.sets, args.threads);
    if args.dry_run {
        return Ok(planned(&inputs, &estimate));
    }
    screen.note(&format!("Estimate: {}", estimate.words()));

    let options = Options {
        threads: args.threads,
        ..Options::default()
    };
    let replay = Replay::read(
        args.decisions.as_deref(),
        args.previous.as_deref(),
        &hub,
        &terms,
        &inputs,
    )?;
    let run = Run::new(&terms, inputs, reference_date, options, replay, screen);
    for note in not_kept(&run.linked.outcomes) {
        screen.note(&format!("note: {note}"));
    }
    run.write(&terms, &mut hub, &args.output, screen)?;
    Ok(answer(args, &terms, &run))
}

fn planned(inputs: &Inputs, estimate: &Estimate) -> Answer {
    let mut text = String::new();
    for package in &inputs.packages {
        // Writing to a string cannot fail.
        let _ = writeln!(
            text,
            "{} {} {} #{} · {}",
            package.custodian,
            package.kind,
            package.period,
            package.sequence,
            counted(package.rows, "row", "rows")
        );
    }
    let _ = writeln!(text, "{}", estimate.words());
    Answer::new(
        text,
        json!({
            "packages": inputs.packages,
            "records": inputs.records(),
            "comparisons": estimate.comparisons,
            "seconds_expected": estimate.seconds,
            "bytes_expected": estimate.bytes,
        }),
    )
}

fn answer(args: &LinkArgs, terms: &Terms, run: &Run) -> Answer {
    let by_state = |(indicator, states): (String, std::collections::BTreeMap<_, u64>)| {
        let states: Map<String, Value> = states
            .into_iter()
            .map(|(state, count): (kinfold_indicators::NeedState, u64)| {
                (state.id().to_owned(), json!(count))
            })
            .collect();
        (indicator, Value::Object(states))
    };
    let needs: Map<String, Value> = run
        .needs_by_state(terms)
        .into_iter()
        .map(by_state)
        .collect();
    let by_current = run.households_by_current_needs(terms);
    let several: u64 = by_current.iter().skip(3).sum();
    let numbered: Map<String, Value> = by_current
        .iter()
        .enumerate()
        .map(|(count, households)| (count.to_string(), json!(households)))
        .collect();
    let report = args.output.join("report.html");
    let mut answer = Answer::new(
        format!(
            "Run {}: {} → {} → {}, {several} of them with three or more current needs\n{}Report: {}\n",
            run.id,
            counted(run.inputs.records(), "record", "records"),
            counted(run.linked.people.len(), "person", "people"),
            counted(run.living.len(), "household", "households"),
            trust::lines(&run.linked.model, run.inputs.sets.len()),
            report.display()
        ),
        json!({
            "run": run.id,
            "records": run.inputs.records(),
            "people": run.linked.people.len(),
            "households": run.living.len(),
            "needs": needs,
            "households_by_current_needs": numbered,
            "seconds": { "link": run.seconds[0], "score": run.seconds[1] },
            "output": args.output.display().to_string(),
            "report": report.display().to_string(),
        }),
    );
    answer.warnings = trust::warnings(&run.linked.model, run.inputs.sets.len());
    answer
}
