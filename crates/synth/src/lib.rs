//! A borough of families that never lived, with known truth.
//!
//! Real extracts cannot be shared, and without truth nobody can say how good a linkage is. So this crate makes both: people in
//! households with births, marriages, separations and moves; what four agencies know of them, each in its own messy way, with errors
//! at the rates measured in the United Kingdom; dated events for seven needs; hard cases on purpose; and beside it all the truth.
//!
//! ```text
//!  families ─ structure ─► world ─ plan ─► events ─ inclusion ─► records ─ faces, slips ─► files
//!  (who lives with whom)   (truth)  (needs)  (dated)  (who is known)  (what is known)  (what is mistyped)
//! ```
//!
//! Needs are planned first and events realised from the plan, so the truth is exact. One seed gives one borough, byte for byte.
//! The columns of every file are in `COLUMNS.md`; the names' origin and licence in `data/README.md`.

mod builder;
mod calendar;
mod communal;
mod dice;
mod error;
mod events;
mod faces;
mod families;
mod files;
mod happenings;
mod home;
mod inclusion;
mod names;
mod noise;
mod numbers;
mod people;
mod plan;
mod record;
mod slips;
mod structure;
mod truth;
mod typing;
mod world;

use std::path::Path;

pub use error::Error;
pub use happenings::Source;
pub use plan::{Indicator, Plan};
pub use slips::SlipRates;
pub use world::Case;

use dice::{Dice, Stage};
use happenings::Happening;
use record::Record;
use slips::Slip;
use world::World;

/// More households would run out of NHS numbers in the range kept for testing.
pub const MOST_HOUSEHOLDS: usize = 200_000;

/// How bad the data are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Profile {
    /// Errors at the rates measured in the United Kingdom.
    #[default]
    Uk,
    /// Three times as many, and agencies that hear of moves late.
    Stress,
}

/// What borough to make.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Households of families (about four people each), 1 to [`MOST_HOUSEHOLDS`]; residents of communal places come on top.
    pub households: usize,
    /// The same seed gives the same bytes.
    pub seed: u64,
    /// How bad the data are.
    pub profile: Profile,
}

/// A borough: what the agencies' files and the truth files say.
pub struct Borough {
    options: Options,
    world: World,
    records: Vec<Record>,
    events: Vec<Happening>,
    /// For each event, the record whose own id it carries.
    event_records: Vec<usize>,
    slips: Vec<Slip>,
}

/// What was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Written {
    /// Files.
    pub files: usize,
    /// People (entities of the truth).
    pub people: usize,
    /// Households of the truth, past ones included.
    pub households: usize,
    /// Rows of the five people files.
    pub records: usize,
    /// Rows of the event files.
    pub events: usize,
}

/// Makes a borough. Numbers of households outside the range are brought into it.
pub fn generate(options: &Options) -> Borough {
    let options = Options {
        households: options.households.clamp(1, MOST_HOUSEHOLDS),
        ..*options
    };
    let names = names::Names::read();
    let mut builder = families::populate(&names, options.seed, options.households);
    structure::plant(&mut builder, options.households);
    let mut world = std::mem::take(&mut builder.world);
    world.homes = std::mem::take(&mut builder.homes.all);

    let carriers = plan::plan(&mut world, options.seed);
    let mut chronicle = events::realise(&world, &carriers, options.seed);
    let inclusion = inclusion::draw(&world, &chronicle.all, options.seed);
    noise::add(&mut chronicle, &world, &inclusion);

    let mut records = record::make(&world, &inclusion, &names, &options);
    let faces = faces::plant(&mut world, &mut records, &names, &options);
    let mut slips = faces.slips;
    slips.extend(slips::make(
        &mut world,
        &mut records,
        &faces.touched,
        &names,
        &options,
    ));
    assemble(options, world, records, chronicle.all, slips)
}

/// Puts the files in random order, gives out own ids, and ties every event to a record.
fn assemble(
    options: Options,
    world: World,
    mut records: Vec<Record>,
    events: Vec<Happening>,
    slips: Vec<Slip>,
) -> Borough {
    let mut dice = Dice::new(options.seed, Stage::Order);
    for source in Source::ALL {
        let mut of_source: Vec<usize> = (0..records.len())
            .filter(|i| records[*i].source == source)
            .collect();
        dice.shuffle(&mut of_source);
        let mut number = 1_000 + dice.below(1_000);
        for index in of_source {
            number += 1 + dice.below(6);
            records[index].own_id = match source {
                Source::SchoolCensus => format!("PU{number:06}"),
                Source::Housing => format!("HB{number:07}"),
                Source::Patients => format!("1{number:06}"),
                Source::PolicePeople => format!("NOM/{number:06}"),
                Source::LscbPeople => (50_000 + number).to_string(),
            };
        }
    }
    let mut of_person: Vec<[Vec<usize>; 5]> = vec![Default::default(); world.people.len()];
    for (index, record) in records.iter().enumerate() {
        of_person[record.person][record.source as usize].push(index);
    }
    let event_records = events
        .iter()
        .map(|event| {
            let possible = &of_person[event.person][event.row.source() as usize];
            *possible[..]
                .get(dice.below(possible.len().max(1)))
                .expect("inclusion puts everybody with an event into the event's file")
        })
        .collect();
    Borough {
        options,
        world,
        records,
        events,
        event_records,
        slips,
    }
}

impl Borough {
    /// The options it was made with.
    pub fn options(&self) -> &Options {
        &self.options
    }

    /// All files: path with `/`, and bytes. The same for the same options, whatever the machine.
    pub fn files(&self) -> Vec<(&'static str, Vec<u8>)> {
        let mut all = files::extracts(self);
        all.extend(truth::files(self));
        all
    }

    /// Writes all files under a folder: `council/`, `health/`, `police/`, `lscb/` (each with its `mapping.toml`) and `truth/`.
    ///
    /// # Errors
    /// [`Error::Write`] with the file and the reason. Every file appears whole or not at all.
    pub fn write(&self, folder: &Path) -> Result<Written, Error> {
        let all = self.files();
        for (path, bytes) in &all {
            let target = folder.join(path);
            if let Some(parent) = target.parent() {
                std::fs::create_dir_all(parent).map_err(|error| {
                    Error::Write(kinfold_message::Problem::io(
                        "make the folder",
                        parent,
                        &error,
                    ))
                })?;
            }
            kinfold_message::write_whole(&target, bytes).map_err(Error::Write)?;
        }
        Ok(Written {
            files: all.len(),
            people: truth::entities(self).count(),
            households: self.world.households.len(),
            records: self.records.len(),
            events: self.events.len(),
        })
    }
}
