//! `link`, step by step: packages in, tables and a report out.
//!
//! ```text
//! packages ─ inputs ─► code tables ─ kinfold_linkage ─► people ─ households ─┐
//!                      event tables ─ facts ─────────────────────────────────┴─ kinfold_indicators ─► needs
//!                                                        tables, report, manifest ◄─────────────────────┘
//! ```
//!
//! The libraries decide; this module only carries. Every file is a function of the packages, the terms and the reference date,
//! and `run.json` says which ones they were.

mod bench;
mod estimate;
mod facts;
mod inputs;
mod manifest;
mod preconditions;
mod replay;
mod report_data;
mod staging;
mod tables;

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use kinfold_exchange::Date;
use kinfold_indicators::{HouseholdNeeds, NeedState, PersonFacts};
use kinfold_linkage::{Given, Households, Lineage, Linked, Options};
use kinfold_message::{Problem, counted, write_whole};
use kinfold_store::{Hub, RunInfo};

use crate::screen::Screen;
use crate::terms::Terms;
pub(crate) use bench::{Bench, BenchInputs};
pub(crate) use estimate::Estimate;
pub(crate) use inputs::Inputs;
pub(crate) use preconditions::{date_fits, keys_agree, output_is_apart};
pub(crate) use replay::{Replay, not_kept};
use staging::Staging;

/// The report's file name.
pub(crate) const REPORT: &str = "report.html";
/// The manifest's file name.
const MANIFEST: &str = "run.json";

/// Everything that a run knows when it is done.
#[derive(Debug)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) reference_date: Date,
    pub(crate) options: Options,
    pub(crate) inputs: Inputs,
    pub(crate) replay: Replay,
    pub(crate) linked: Linked,
    pub(crate) households: Households,
    /// What became of every reference since the run before.
    pub(crate) lineage: Vec<Lineage>,
    /// Households with a current member, as positions in `households`: only these have needs.
    pub(crate) living: Vec<usize>,
    /// One for each person, in the order of `linked.people`.
    pub(crate) facts: Vec<PersonFacts>,
    /// One for each living household, in the order of `living`.
    pub(crate) needs: Vec<HouseholdNeeds>,
    /// Seconds of linking (people and households) and of scoring.
    pub(crate) seconds: [f64; 2],
}

impl Run {
    /// Links, forms households and scores. Nothing is written.
    pub(crate) fn new(
        terms: &Terms,
        inputs: Inputs,
        reference_date: Date,
        options: Options,
        replay: Replay,
        screen: &Screen,
    ) -> Self {
        let began = Instant::now();
        let step = screen.step("Linking people", 0);
        let given = Given {
            lives: facts::lives(&inputs, reference_date.days()),
            releases: inputs.releases(),
            ..replay.given.clone()
        };
        let mut linked =
            kinfold_linkage::link_given(&terms.schema, &inputs.sets, &options, &given, &step);
        let people = linked.people.len();
        step.done(&format!(
            "{} in {}",
            counted(people, "person", "people"),
            counted(inputs.records(), "record", "records")
        ));

        let step = screen.step("Forming households", 0);
        let facts = facts::of_people(&inputs, &linked);
        let stages: Vec<_> = facts
            .iter()
            .map(|person| facts::stage_for_linkage(person.life_stage))
            .collect();
        let mut households = kinfold_linkage::form_households_given(
            &terms.schema,
            &inputs.sets,
            &linked,
            &stages,
            &given,
        );
        let lineage = kinfold_linkage::carry_references(
            &inputs.sets,
            &mut linked,
            &mut households,
            &replay.previous,
        );
        let link_seconds = began.elapsed().as_secs_f64();
        let living: Vec<usize> = (0..households.households.len())
            .filter(|&index| {
                households.households[index]
                    .members
                    .iter()
                    .any(|member| member.current)
            })
            .collect();
        step.done(&format!(
            "{}, {} of them with people now",
            counted(households.households.len(), "household", "households"),
            living.len()
        ));

        let began = Instant::now();
        let step = screen.step("Scoring needs", 0);
        let members = facts::of_households(&households, &living);
        let needs =
            kinfold_indicators::score(&terms.rules, reference_date.days(), &facts, &members);
        let current = needs.iter().filter(|needs| needs.current() > 0).count();
        step.done(&format!("{current} households with a current need"));
        let seconds = [link_seconds, began.elapsed().as_secs_f64()];
        let id = manifest::run_id(terms, &inputs, reference_date, &options, &replay);
        Self {
            id,
            reference_date,
            options,
            inputs,
            replay,
            linked,
            households,
            lineage,
            living,
            facts,
            needs,
            seconds,
        }
    }

    /// Writes the tables, the report and `run.json` into `folder`, all or none, and records the run in the hub.
    pub(crate) fn write(
        &self,
        terms: &Terms,
        hub: &mut Hub,
        folder: &Path,
        screen: &Screen,
    ) -> Result<(), Problem> {
        let step = screen.step("Writing tables and the report", 0);
        let staging = Staging::begin(folder)?;
        tables::write(self, terms, staging.folder())?;
        let report = crate::report::render(&report_data::collect(self, terms))?;
        write_whole(&staging.folder().join(REPORT), report.as_bytes())?;
        let mut names: Vec<&str> = tables::NAMES.into_iter().chain([REPORT]).collect();
        let manifest = manifest::compose(self, terms, staging.folder(), &names)?;
        write_whole(&staging.folder().join(MANIFEST), manifest.as_bytes())?;
        let run = RunInfo {
            id: self.id.clone(),
            reference_date: self.reference_date.to_string(),
            manifest,
        };
        hub.record_run(&run, &self.inputs.payload_hashes())?;
        // The manifest goes last: a folder with a run.json is complete.
        names.push(MANIFEST);
        staging.finish(&names)?;
        step.done(&format!(
            "{} in {}",
            counted(names.len(), "file", "files"),
            folder.display()
        ));
        Ok(())
    }

    /// For each indicator, in the pack's order, how many living households are in each state.
    pub(crate) fn needs_by_state(&self, terms: &Terms) -> Vec<(String, BTreeMap<NeedState, u64>)> {
        let indicators = terms.rules.indicators().iter().enumerate();
        indicators
            .map(|(position, indicator)| {
                let mut states: BTreeMap<NeedState, u64> =
                    NeedState::ALL.map(|state| (state, 0)).into();
                for household in &self.needs {
                    *states.entry(household.needs[position].state).or_default() += 1;
                }
                (indicator.id.clone(), states)
            })
            .collect()
    }

    /// Living households by their number of current needs, from none to all.
    pub(crate) fn households_by_current_needs(&self, terms: &Terms) -> Vec<u64> {
        let mut counts = vec![0; terms.rules.indicators().len() + 1];
        for household in &self.needs {
            counts[household.current()] += 1;
        }
        counts
    }
}
