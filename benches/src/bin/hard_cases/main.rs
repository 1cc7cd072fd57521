//! Every planted hard case of a synthetic borough with its outcome, and what the released codes allow at most.
//!
//! `cargo run -p kinfold-benches --features demo --bin hard_cases -- DEMO_FOLDER` reads the folder that `cargo xtask demo` wrote (its packages, opened by
//! the linkage unit, and its truth), links and forms households as `kinfold-hub link` does, and prints: accuracy of people and
//! households; for each planted case how many people and households are right; the ceiling that the released household keys set
//! whatever the method, with the reasons of the rest; how often people and households of a given confidence are right; and the classes
//! of error, with what ties of parent and child would add.

mod demo;
mod errors;
mod score;

use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kinfold_linkage::{LifeStage, Options, form_households, link};

use demo::Demo;
use score::Score;

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args()
        .nth(1)
        .ok_or("give the folder that `cargo xtask demo --out FOLDER` wrote")?;
    let demo = Demo::read(Path::new(&folder))?;
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
    let score = Score::new(&demo, &linked, &households);
    score.accuracy();
    score.cases();
    score.ceiling();
    score.calibration();
    println!();
    errors::Errors::new(&demo, &linked, &households).print();
    Ok(())
}
