//! Who is in which agency's file: overlapping and uneven, as in life, and everyone with an event is in the file that holds it.

use crate::calendar::TODAY;
use crate::dice::{Dice, Stage};
use crate::happenings::{Happening, Source};
use crate::world::{HouseholdKind, Role, World};

/// For every person, the sources that know him or her.
pub(crate) struct Inclusion(Vec<[bool; 5]>);

impl Inclusion {
    pub(crate) fn has(&self, person: usize, source: Source) -> bool {
        self.0[person][source as usize]
    }

    /// The sources that know a person, in order.
    pub(crate) fn sources(&self, person: usize) -> impl Iterator<Item = Source> {
        let known = self.0[person];
        Source::ALL
            .into_iter()
            .filter(move |source| known[*source as usize])
    }
}

/// Draws inclusion. People who belong to no household are known to nobody.
pub(crate) fn draw(world: &World, events: &[Happening], seed: u64) -> Inclusion {
    let mut dice = Dice::new(seed, Stage::Inclusion);
    let mut known = vec![[false; 5]; world.people.len()];
    for household in 0..world.households.len() {
        let kind = world.households[household].kind;
        let client = dice.chance(match kind {
            HouseholdKind::LoneParent | HouseholdKind::Refuge => 0.75,
            HouseholdKind::Single
            | HouseholdKind::CoupleWithoutChildren
            | HouseholdKind::SharedFlat => 0.35,
            _ => 0.5,
        });
        let social_care = dice.chance(0.12);
        for member in &world.households[household].members {
            let age = world.people[member.person].born.age_on(TODAY);
            let row = &mut known[member.person];
            let child = age < 18.0;
            row[Source::SchoolCensus as usize] |= dice.chance(match age {
                4.6..16.6 => 0.95,
                16.6..18.0 => 0.55,
                _ => 0.0,
            });
            row[Source::Patients as usize] |= dice.chance(0.92);
            row[Source::Housing as usize] |= client && dice.chance(if child { 0.8 } else { 0.95 });
            row[Source::PolicePeople as usize] |= dice.chance(match age {
                18.0..70.0 => 0.1,
                11.0..18.0 => 0.05,
                _ => 0.01,
            });
            let parent = matches!(member.role, Role::Parent);
            row[Source::LscbPeople as usize] |= match member.role {
                Role::LookedAfter => true,
                _ if child => social_care,
                _ => social_care && parent && dice.chance(0.75),
            };
            match kind {
                // Above the number that may share a household key in every file that holds the place's address.
                HouseholdKind::Refuge => {
                    row[Source::SchoolCensus as usize] |= (4.6..16.6).contains(&age);
                    row[Source::Patients as usize] = true;
                    row[Source::LscbPeople as usize] = true;
                    row[Source::Housing as usize] = true;
                }
                HouseholdKind::Hostel => {
                    row[Source::Patients as usize] = true;
                    row[Source::Housing as usize] = true;
                    // Four of five, and never so few that they look like a family.
                    row[Source::PolicePeople as usize] |= household % 5 != 0;
                }
                HouseholdKind::CareHome => {
                    row[Source::Patients as usize] = true;
                    row[Source::PolicePeople as usize] = false;
                }
                _ => {}
            }
        }
    }
    for (person, row) in known.iter_mut().enumerate() {
        if world.belongs[person].is_empty() {
            *row = [false; 5];
            continue;
        }
        if world.people[person].do_not_link {
            // Before the adoption only children's social care knew the child; after it everybody but them.
            let before = world.current_households(person).is_empty();
            *row = if before {
                [false, false, false, false, true]
            } else {
                [true, false, true, false, false]
            };
        } else if row.iter().all(|source| !source) {
            row[Source::Patients as usize] = true;
        }
    }
    for event in events {
        known[event.person][event.row.source() as usize] = true;
    }
    Inclusion(known)
}
