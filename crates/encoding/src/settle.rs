//! The end of an encoding: all people are in, so it can be judged what may be released of each.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Mutex;

use kinfold_schema::{CodeTable, Fact, NO_MONTH};
use rayon::prelude::*;

use crate::encode::{Encoder, PILES, RANGES, STAY};
use crate::entry::{ENTRY, KEPT, VALUE_PILES, kept};
use crate::finish::Finished;
use crate::gather::Entries;
use crate::household::{Stay, withheld};
use crate::kept::{NO_FILTERS, NOTICE, notice};
use crate::meetings::Meetings;
use crate::report::{EncodeReport, KeyCount};
use crate::sharing::{Room, SharedValues, shared_values};
use crate::shown::{ShownHomes, record_of};
use crate::spill::{PARTS, Spill};
use crate::{Error, presence};

/// Rows that are handed on at once.
const CHUNK: usize = 1024;
/// Piles of values that are judged, for each thread, before it is looked at how much memory is in use.
const TURN: usize = 4;

impl Encoder {
    /// Moves piles to disk when they and what still waits take more memory than they may.
    fn make_room_for(&self, piles: &mut Spill) -> Result<(), Error> {
        let store = &self.piles.store;
        for _ in 0..PARTS {
            if store.in_use() <= self.options.memory {
                break;
            }
            piles.flush(&self.options.scratch)?;
        }
        Ok(())
    }

    /// Decides what is released and hands on the rows, sorted by record reference, some thousands at a time.
    ///
    /// # Errors
    /// Nobody was usable; two people had one reference; a disk that is full; what `sink` gives.
    pub fn finish<E: From<Error>>(
        mut self,
        mut sink: impl FnMut(CodeTable) -> Result<(), E>,
    ) -> Result<EncodeReport, E> {
        if self.records == 0 {
            return Err(Error::Nobody { people: self.given }.into());
        }
        for worker in std::mem::take(&mut self.workers) {
            if let Some(mut worker) = worker.into_inner().expect("no worker panics") {
                worker.hand_over(&self.piles);
            }
        }
        let mut settled = Settled {
            kept: Spill::new(PILES, RANGES, &self.piles.store),
            notices: Spill::new(PILES, 1, &self.piles.store),
        };
        let mut hidden: Vec<(usize, u32)> = Vec::new();
        let mut meetings = Meetings::new(self.shared.shape.keys);
        self.judge_values(&mut settled.kept, &mut hidden, &mut meetings)?;
        self.judge_homes(&mut settled.notices)?;
        self.piles.store.shrink();
        let presence = self.presence(&hidden);
        let mut within = meetings.count(&self.shared.schema, &self.ranks, &presence);
        let mut report = self.report(&presence);
        // Neighbouring piles together make a chunk; each thread makes its own.
        let together = (PILES * CHUNK).div_ceil(report.records).clamp(1, PILES);
        let chunks: Vec<usize> = (0..PILES).step_by(together).collect();
        for wave in chunks.chunks(rayon::current_num_threads()) {
            let finished: Vec<(Finished, usize)> = wave
                .par_iter()
                .map(|&first| {
                    let piles = first..(first + together).min(PILES);
                    self.rows(piles, &settled, &presence)
                })
                .collect::<Result<_, Error>>()?;
            for (mut chunk, bare) in finished {
                if let Some(all) = &mut report.without_filters {
                    *all += bare;
                }
                for (count, more) in report.keys.iter_mut().zip(&chunk.keys) {
                    count.add(more);
                }
                report.household_keys += chunk.household_keys;
                report.household_keys_crowded += chunk.household_keys_crowded;
                if !chunk.table.is_empty() {
                    chunk.table.within = std::mem::take(&mut within);
                    sink(chunk.table)?;
                }
            }
        }
        Ok(report)
    }

    /// The rows of neighbouring piles, and how many of them have no filter because of their home.
    fn rows(
        &self,
        piles: Range<usize>,
        settled: &Settled,
        presence: &Presence,
    ) -> Result<(Finished, usize), Error> {
        let mut chunk = Finished::new(&self.shared.schema, &self.partners);
        let rows = piles.clone().map(|pile| presence.records_of(pile)).sum();
        chunk.reserve(&self.shared, rows);
        let (mut drafts, mut kept, mut notices) = (Vec::new(), Vec::new(), Vec::new());
        for pile in piles {
            self.piles.drafts.take(pile, &mut drafts)?;
            settled.kept.take(pile, &mut kept)?;
            settled.notices.take(pile, &mut notices)?;
            chunk.add_pile(&self.shared, pile, &drafts, &kept, &notices, presence)?;
        }
        let bare = chunk.blank_filters(&self.shared);
        Ok((chunk, bare))
    }

    /// Finds the values that more people have than their key's cap allows, and the records of which an identifier is among them; the others
    /// go on to the piles of their records.
    fn judge_values(
        &self,
        kept: &mut Spill,
        hidden: &mut Vec<(usize, u32)>,
        meetings: &mut Meetings,
    ) -> Result<(), Error> {
        let piles: Vec<usize> = (0..VALUE_PILES).collect();
        let rooms: Mutex<Vec<JudgeRoom>> = Mutex::default();
        for wave in piles.chunks(TURN * rayon::current_num_threads()) {
            let shared: Vec<SharedValues> = wave
                .par_iter()
                .map(|&pile| {
                    let idle = rooms.lock().expect("no judge panics").pop();
                    let mut room = idle.unwrap_or_default();
                    let judged = self.judge(pile, &mut room, kept);
                    rooms.lock().expect("no judge panics").push(room);
                    judged
                })
                .collect::<Result<_, Error>>()?;
            for values in &shared {
                meetings.add(values);
                hidden.extend_from_slice(&values.hidden);
            }
            self.make_room_for(kept)?;
        }
        for mut room in rooms.into_inner().expect("no judge panics") {
            room.kept.hand_over(kept);
        }
        Ok(())
    }

    /// Judges the values of a pile, and passes on what is not held back.
    fn judge(
        &self,
        pile: usize,
        room: &mut JudgeRoom,
        records: &Spill,
    ) -> Result<SharedValues, Error> {
        self.piles.values.take(pile, &mut room.entries)?;
        let entries = room.entries.as_chunks::<ENTRY>().0;
        let byte = pile as u8;
        let values = shared_values(byte, entries, &self.shared.rules, &mut room.sharing);
        let passed = &mut room.kept;
        room.sharing.each_kept(entries, |entry| {
            let (pile, value) = kept(byte, entry);
            passed.add(pile, value, records);
        });
        Ok(values)
    }

    /// Finds the household keys of crowded homes, and whose filters are not released because of the homes that are shown.
    fn judge_homes(&self, notices: &mut Spill) -> Result<(), Error> {
        let Some(rule) = &self.shared.schema.household else {
            return Ok(());
        };
        let (group_max, crowd_max) = (rule.group_max, rule.crowd());
        let mut pile = Vec::new();
        let mut crowded = Entries::<NOTICE>::new(PILES);
        let mut shown = ShownHomes::new(rule);
        for number in 0..PILES {
            self.piles.stays.take(number, &mut pile)?;
            let entries = pile.as_chunks_mut::<STAY>().0;
            entries.sort_unstable();
            for home in entries.chunk_by(|a, b| a[..16] == b[..16]) {
                let stays: Vec<Stay> = home.iter().map(read_stay).collect();
                let withheld = withheld(&stays, group_max, crowd_max);
                for &index in &withheld {
                    let (pile, number) = record_of(&home[index]);
                    let place = u16::from(home[index][20]);
                    crowded.add(pile, notice(number, place), notices);
                }
                shown.add(home, &withheld, |pile, number| {
                    crowded.add(pile, notice(number, NO_FILTERS), notices);
                });
            }
            self.make_room_for(notices)?;
        }
        shown.settle(|pile, number| {
            crowded.add(pile, notice(number, NO_FILTERS), notices);
        });
        crowded.hand_over(notices);
        Ok(())
    }

    /// The released presence pattern of each record.
    fn presence(&mut self, hidden: &[(usize, u32)]) -> Presence {
        // An identifier that is held back is not claimed: the linkage unit would take the random token for the value. Which of several
        // it was does not matter: claiming fewer is always safe, and an identifier that two people share is doubtful anyway.
        let identifiers = Fact::Nhs.bit() | Fact::UpnOrNino.bit();
        for &(pile, number) in hidden {
            let own = self.facts_known[usize::from(self.facts[pile][number as usize])];
            self.facts[pile][number as usize] = self.facts_number(own & !identifiers);
        }
        let schema = &self.shared.schema.presence;
        let patterns: Vec<u32> = self
            .facts_known
            .iter()
            .map(|facts| schema.pattern(*facts))
            .collect();
        let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
        for &facts in self.facts.iter().flatten() {
            *counts.entry(patterns[facts as usize]).or_default() += 1;
        }
        let coarser = presence::coarsen(&counts, schema.min_records);
        let coarsened = counts
            .iter()
            .filter(|(pattern, _)| coarser[pattern] != **pattern)
            .map(|(_, n)| *n as usize)
            .sum();
        let released: BTreeSet<u32> = coarser.values().copied().collect();
        Presence {
            facts: std::mem::take(&mut self.facts),
            patterns: patterns
                .iter()
                .map(|pattern| coarser.get(pattern).copied().unwrap_or(0))
                .collect(),
            released: released.len(),
            coarsened,
        }
    }

    fn report(&self, presence: &Presence) -> EncodeReport {
        let records = self.records;
        let fills = self.ones.iter().zip(&self.shared.filters);
        EncodeReport {
            records,
            left_out: self.left_out.clone(),
            left_out_for_invalid: self.left_out_for_invalid,
            mean_fill: fills
                .map(|((ones, filters), plan)| {
                    *ones as f64 / (*filters).max(1) as f64 / (plan.inner_words * 64) as f64
                })
                .collect(),
            blank_filters: self
                .ones
                .iter()
                .map(|(_, filters)| records - filters)
                .collect(),
            keys: self
                .shared
                .schema
                .keys
                .iter()
                .map(|key| KeyCount::new(key.recipe.to_string()))
                .collect(),
            without_filters: self
                .shared
                .schema
                .household
                .as_ref()
                .and_then(|rule| rule.filter_max)
                .map(|_| 0),
            presence_patterns: presence.released,
            presence_coarsened: presence.coarsened,
            ..EncodeReport::default()
        }
    }
}

/// What may be released, in piles of records.
struct Settled {
    /// Values that are not held back.
    kept: Spill,
    /// Notices of homes that are.
    notices: Spill,
}

/// What judging values needs, kept from pile to pile.
struct JudgeRoom {
    entries: Vec<u8>,
    sharing: Room,
    kept: Entries<KEPT>,
}

impl Default for JudgeRoom {
    fn default() -> Self {
        Self {
            entries: Vec::new(),
            sharing: Room::default(),
            kept: Entries::new(PILES),
        }
    }
}

/// The presence patterns of all records.
pub(crate) struct Presence {
    facts: Vec<Vec<u16>>,
    patterns: Vec<u32>,
    released: usize,
    coarsened: usize,
}

impl Presence {
    /// The pattern of a record by its pile and its number there.
    pub(crate) fn of(&self, pile: usize, number: usize) -> u32 {
        self.patterns[self.facts[pile][number] as usize]
    }

    /// Records of a pile.
    pub(crate) fn records_of(&self, pile: usize) -> usize {
        self.facts[pile].len()
    }
}

fn read_stay(entry: &[u8; STAY]) -> Stay {
    let month = |at: usize| u16::from_le_bytes([entry[at], entry[at + 1]]);
    let from = month(24);
    Stay {
        lot: entry[28..].try_into().expect("sixteen bytes"),
        from: if from == NO_MONTH { 0 } else { from },
        to: month(26),
    }
}
