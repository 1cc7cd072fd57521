//! Every planted hard case of a synthetic borough with its outcome, and what the released codes allow at most.
//!
//! `cargo run -p kinfold-benches --features demo --bin hard_cases -- DEMO_FOLDER...` reads each folder that `cargo xtask demo` wrote (its packages, opened by
//! the linkage unit, and its truth), links and forms households as `kinfold-hub link` does, and prints: accuracy of people and
//! households; where household pairs are lost and where false ones come from; for each planted case how many people and households are right; the ceiling that the released household keys set
//! whatever the method, with the reasons of the rest; how often people of a given confidence are right; and the classes of error, with what ties
//! of parent and child would add. At the end, over all folders: how often households of a given confidence are right, and which constants of it
//! would fit best; and how often pairs of a stated probability are right, with filters or without, with a home in common or without.

mod calibration;
mod causes;
mod confidence;
mod demo;
mod errors;
mod score;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kinfold_linkage::{LifeStage, Options, form_households, link};

use calibration::Calibration;
use causes::Causes;
use confidence::Confidence;
use demo::Demo;
use score::Score;

fn main() -> Result<(), Box<dyn Error>> {
    let folders: Vec<String> = std::env::args().skip(1).collect();
    let (mut confidence, mut calibration) = (Confidence::default(), Calibration::default());
    for folder in &folders {
        println!(
            "{}# {folder}",
            if folder == &folders[0] { "" } else { "\n" }
        );
        show(
            &Demo::read(Path::new(folder))?,
            &mut confidence,
            &mut calibration,
        );
    }
    if folders.is_empty() {
        return Err("give the folder that `cargo xtask demo --out FOLDER` wrote".into());
    }
    confidence.print();
    calibration.print();
    Ok(())
}

/// Links a borough and prints everything about it.
fn show(demo: &Demo, confidence: &mut Confidence, calibration: &mut Calibration) {
    let began = Instant::now();
    let linked = link(&demo.schema, &demo.sets, &Options::default(), &());
    let stages: Vec<LifeStage> = linked
        .people
        .iter()
        .map(|person| {
            let said: Vec<LifeStage> = person
                .members
                .iter()
                .flat_map(|id| {
                    let reference = demo.sets[id.set as usize].table.record_ref[id.row as usize];
                    demo.stages.get(&reference).cloned().unwrap_or_default()
                })
                .collect();
            let count = |stage| said.iter().filter(|&&s| s == stage).count();
            match count(LifeStage::Child).cmp(&count(LifeStage::Adult)) {
                std::cmp::Ordering::Greater => LifeStage::Child,
                std::cmp::Ordering::Less => LifeStage::Adult,
                std::cmp::Ordering::Equal => LifeStage::Unknown,
            }
        })
        .collect();
    let households = form_households(&demo.schema, &demo.sets, &linked, &stages);
    println!("linked in {:.1} s", began.elapsed().as_secs_f64());
    let score = Score::new(demo, &linked, &households);
    score.accuracy();
    Causes::new(demo, &linked, &households, false).print("household pairs");
    Causes::new(demo, &linked, &households, true).print("household pairs now");
    score.cases();
    score.ceiling();
    score.calibration();
    println!();
    errors::Errors::new(demo, &linked, &households).print();
    confidence.add(demo, &score, &households);
    calibration.add(demo, &linked);
}
