//! Which units are one person.

use super::units::Lists;

/// Disjoint groups of units. A group is a ring: each unit names the next one of its group. Eight bytes a unit.
#[derive(Clone)]
pub(super) struct Groups {
    /// The lowest unit of each unit's group.
    lowest: Vec<u32>,
    next: Vec<u32>,
}

impl Groups {
    pub(super) fn new(units: usize) -> Self {
        Self {
            lowest: (0..units as u32).collect(),
            next: (0..units as u32).collect(),
        }
    }

    pub(super) fn find(&self, unit: u32) -> u32 {
        self.lowest[unit as usize]
    }

    pub(super) fn is_alone(&self, unit: u32) -> bool {
        self.next[unit as usize] == unit
    }

    /// The units of a unit's group, from that unit on around.
    pub(super) fn members(&self, unit: u32) -> Vec<u32> {
        let mut members = vec![unit];
        let mut at = self.next[unit as usize];
        while at != unit {
            members.push(at);
            at = self.next[at as usize];
        }
        members
    }

    pub(super) fn join(&mut self, left: u32, right: u32) {
        let (left_group, right_group) = (self.find(left), self.find(right));
        if left_group == right_group {
            return;
        }
        let (keep, give) = if left_group < right_group {
            (left_group, right)
        } else {
            (right_group, left)
        };
        for unit in self.members(give) {
            self.lowest[unit as usize] = keep;
        }
        // Two rings with two of their arrows swapped are one ring.
        self.next.swap(left as usize, right as usize);
    }

    /// The groups in the order of their first unit, each ascending; and the group of each unit.
    pub(super) fn into_people(self) -> (Lists, Vec<u32>) {
        let mut person_of_unit = self.lowest;
        let mut people = 0;
        for unit in 0..person_of_unit.len() {
            let lowest = person_of_unit[unit] as usize;
            person_of_unit[unit] = if lowest == unit {
                people += 1;
                people - 1
            } else {
                // The lowest unit of a group comes first, so its own entry is a person already.
                person_of_unit[lowest]
            };
        }
        let lists = Lists::by(&person_of_unit, people as usize);
        (lists, person_of_unit)
    }
}
