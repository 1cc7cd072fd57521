//! Whose filters are not released: people whom household keys show in a home with more others than the schema allows.
//!
//! The linkage unit has only the released keys to count by ([`kinfold_schema::in_larger_homes`]), so what is counted here are exactly those.
//! Whether a key of somebody with more homes than slots is released depends on the other homes, which lie in other piles: these few wait until
//! all homes have been seen.

use std::collections::{BTreeMap, BTreeSet};

use kinfold_schema::HouseholdSchema;

use crate::encode::STAY;

/// A record, by its pile and its number there.
type Record = (usize, u32);

/// The homes that household keys show, as they are seen one after another.
pub(crate) struct ShownHomes {
    /// Most people whom a home may show with their filters.
    most: Option<usize>,
    slots: usize,
    /// Of records with more homes than slots, the places of homes that are held back.
    held_back: BTreeMap<Record, BTreeSet<u8>>,
    /// Homes of which it is open who is shown.
    open: Vec<Vec<(Record, u8)>>,
}

impl ShownHomes {
    pub(crate) fn new(rule: &HouseholdSchema) -> Self {
        Self {
            most: rule.filter_max.map(|most| most as usize),
            slots: rule.slots.into(),
            held_back: BTreeMap::new(),
            open: Vec::new(),
        }
    }

    /// Adds a home, with the stays in it that are held back, ascending; tells whose filters are certainly not released.
    pub(crate) fn add(
        &mut self,
        home: &[[u8; STAY]],
        withheld: &[usize],
        mut bare: impl FnMut(usize, u32),
    ) {
        let Some(most) = self.most else {
            return;
        };
        for entry in withheld.iter().map(|&index| &home[index]) {
            if entry[21] != 0 {
                let own = self.held_back.entry(record_of(entry)).or_default();
                own.insert(entry[20]);
            }
        }
        if home.len() - withheld.len() <= most {
            return;
        }
        let mut left_out = vec![false; home.len()];
        for &index in withheld {
            left_out[index] = true;
        }
        let shown = home.iter().zip(&left_out).filter(|(_, out)| !**out);
        let shown = shown.map(|(entry, _)| (record_of(entry), entry[20]));
        let shown: Vec<(Record, u8)> = shown.collect();
        if shown
            .iter()
            .all(|(_, place)| usize::from(*place) < self.slots)
        {
            for ((pile, number), _) in shown {
                bare(pile, number);
            }
        } else {
            self.open.push(shown);
        }
    }

    /// Tells the rest, once all homes have been added.
    pub(crate) fn settle(self, mut bare: impl FnMut(usize, u32)) {
        let most = self.most.unwrap_or(usize::MAX);
        for mut home in self.open {
            home.retain(|(record, place)| {
                let own = self.held_back.get(record);
                let before = own.map_or(0, |own| own.range(..*place).count());
                usize::from(*place) - before < self.slots
            });
            if home.len() > most {
                for ((pile, number), _) in home {
                    bare(pile, number);
                }
            }
        }
    }
}

/// The record of a stay, by its pile and its number there.
pub(crate) fn record_of(entry: &[u8; STAY]) -> Record {
    let pile = u16::from_le_bytes([entry[22], entry[23]]);
    let number = u32::from_le_bytes(entry[16..20].try_into().expect("four bytes"));
    (pile.into(), number)
}
