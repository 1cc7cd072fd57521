//! An invented partner of a file: another custodian who knows some of its people, with some values written otherwise.

use crate::agreement::Known;
use crate::draws::Draws;
use crate::keys::KeyView;

/// Share of the people that the partner has too, and of their values that differ there.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    /// Of the people.
    pub overlap: f64,
    /// Of the values of match keys of those people.
    pub slips: f64,
}

impl Likeness {
    /// Half of the people, a fifth of their values written otherwise.
    pub const USUAL: Self = Self {
        overlap: 0.5,
        slips: 0.2,
    };
}

/// Match keys of the people whom the partner has; of others there are none.
#[derive(Clone, Debug)]
pub struct Partner {
    /// As the partner wrote them.
    pub written: Vec<KeyView>,
    /// As a list of the population without slips has them.
    pub listed: Vec<KeyView>,
}

impl Partner {
    /// Draws who is there and what is written otherwise. Another number for a value is a value that nobody else has.
    pub fn draw(keys: &[KeyView], likeness: Likeness, draws: &mut Draws) -> Self {
        let people = keys.first().map_or(0, |key| key.listed.len());
        let has: Vec<bool> = (0..people)
            .map(|_| draws.share() < likeness.overlap)
            .collect();
        let listed: Vec<KeyView> = keys
            .iter()
            .map(|key| KeyView {
                listed: key
                    .listed
                    .iter()
                    .zip(&has)
                    .map(|(own, has)| if *has { own.clone() } else { Vec::new() })
                    .collect(),
                seen: Vec::new(),
                id: key.id.clone(),
                cap: key.cap,
                slots: key.slots.clone(),
            })
            .collect();
        let mut written = listed.clone();
        let values = written.iter_mut().flat_map(|key| &mut key.listed);
        for (_, value) in values.flatten() {
            if draws.share() < likeness.slips {
                *value = draws.word();
            }
        }
        Self { written, listed }
    }

    /// What is known of the partner's keys.
    pub fn known(&self) -> Known<'_> {
        Known {
            written: &self.written,
            listed: &self.listed,
        }
    }
}
