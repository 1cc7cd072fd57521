//! Former and present tenants of a home whose keys carry no months.
//!
//! A key without months says that an agency holds the home for a person, and an agency that has not heard of a move still holds the old one. So
//! a home may have the keys of two families who never met. Nobody's dates tell them apart; what does is who is held where with whom.

use kinfold_schema::NO_MONTH;

use super::LifeStage;
use super::homes::Stay;
use crate::people::Forest;

/// Who is held in which homes.
pub(super) struct Tenants<'a> {
    /// Person and home, sorted, each once.
    homes: Vec<(u32, u32)>,
    life_stages: &'a [LifeStage],
}

impl<'a> Tenants<'a> {
    /// From all stays. Without life stages nobody is known to be an adult, and nobody is taken apart.
    pub(super) fn new(stays: &[Stay], life_stages: &'a [LifeStage]) -> Self {
        let mut homes: Vec<(u32, u32)> =
            stays.iter().map(|stay| (stay.person, stay.home)).collect();
        homes.sort_unstable();
        homes.dedup();
        Self { homes, life_stages }
    }

    /// For each of the people of a home (sorted) a number: people of different numbers are not taken together.
    ///
    /// People of one home belong together when one agency holds both there, or when any agencies hold both in another home too. Of the parts that
    /// come of this, one of several people with an adult that is held in another home as a whole has moved out when those
    /// who are held nowhere else are several, an adult among them: they are a family of their own, none of whom anybody has ever held with any
    /// of the part. Everybody else stays together: that no agency holds two people at once mostly means that different agencies know them.
    pub(super) fn parts(&self, home: &[Stay], people: &[u32]) -> Vec<u32> {
        let together = vec![0; people.len()];
        let dated = |stay: &Stay| stay.spell.begun().is_some() || stay.spell.to != NO_MONTH;
        if people.len() < 3 || home.iter().any(dated) {
            return together;
        }
        let here = home[0].home;
        let mut forest = self.companions(home, people);
        let root: Vec<u32> = (0..people.len() as u32).map(|at| forest.find(at)).collect();
        let adult = |at: usize| {
            let stage = self.life_stages.get(people[at] as usize);
            stage == Some(&LifeStage::Adult)
        };
        let moved_out = |part: u32| {
            let members = || (0..people.len()).filter(|&at| root[at] == part);
            let own: Vec<u32> = members().map(|at| people[at]).collect();
            own.len() > 1 && members().any(adult) && self.elsewhere(&own, here)
        };
        let gone: Vec<bool> = root.iter().map(|&part| moved_out(part)).collect();
        let staying = || (0..people.len()).filter(|&at| !gone[at]);
        if staying().count() < 2 || !staying().any(adult) {
            return together;
        }
        (0..people.len())
            .map(|at| if gone[at] { root[at] + 1 } else { 0 })
            .collect()
    }

    /// The people of a home, joined where an agency holds two of them there, or any agencies in another home.
    fn companions(&self, home: &[Stay], people: &[u32]) -> Forest {
        let place = |person: u32| people.binary_search(&person).unwrap_or(0) as u32;
        let mut forest = Forest::new(people.len());
        let mut first_of: Vec<(u32, u32)> = Vec::new();
        for stay in home {
            match first_of.iter().find(|(set, _)| *set == stay.set) {
                Some(&(_, first)) => {
                    forest.join(first, place(stay.person));
                }
                None => first_of.push((stay.set, place(stay.person))),
            }
        }
        for (a, &one) in people.iter().enumerate() {
            for (b, &other) in people.iter().enumerate().skip(a + 1) {
                let also = |&(_, other_home): &(u32, u32)| {
                    other_home != home[0].home
                        && self.homes.binary_search(&(other, other_home)).is_ok()
                };
                if self.of(one).iter().any(also) {
                    forest.join(a as u32, b as u32);
                }
            }
        }
        forest
    }

    /// Whether all of them are held in one other home.
    fn elsewhere(&self, own: &[u32], here: u32) -> bool {
        let Some((first, rest)) = own.split_first() else {
            return false;
        };
        self.of(*first).iter().any(|&(_, home)| {
            home != here
                && rest
                    .iter()
                    .all(|&person| self.homes.binary_search(&(person, home)).is_ok())
        })
    }

    fn of(&self, person: u32) -> &[(u32, u32)] {
        let from = self.homes.partition_point(|&(p, _)| p < person);
        let to = self.homes.partition_point(|&(p, _)| p <= person);
        &self.homes[from..to]
    }
}

#[cfg(test)]
mod tests {
    use super::super::spell::Spell;
    use super::*;

    /// The parts of home 0, from (person, home, agency); people 0 to 3 are adults.
    fn parts(held: &[(u32, u32, u32)]) -> Vec<u32> {
        let mut stays: Vec<Stay> = held
            .iter()
            .map(|&(person, home, set)| Stay {
                home,
                person,
                spell: Spell {
                    from: 0,
                    to: NO_MONTH,
                },
                set,
                kind: 1,
            })
            .collect();
        stays.sort_unstable();
        let stages: Vec<LifeStage> = (0..10)
            .map(|person| match person {
                0..4 => LifeStage::Adult,
                _ => LifeStage::Child,
            })
            .collect();
        let home: Vec<Stay> = stays
            .iter()
            .filter(|stay| stay.home == 0)
            .copied()
            .collect();
        let mut people: Vec<u32> = home.iter().map(|stay| stay.person).collect();
        people.dedup();
        Tenants::new(&stays, &stages).parts(&home, &people)
    }

    #[test]
    fn a_family_that_moved_out_is_not_with_the_next_one() {
        // Agency 0 still holds 0 and 4 in home 0, agency 1 in home 1; agency 1 holds 1 and 5 in home 0.
        let moved = [
            (0, 0, 0),
            (4, 0, 0),
            (0, 1, 1),
            (4, 1, 1),
            (1, 0, 1),
            (5, 0, 1),
        ];
        let found = parts(&moved);
        // In the order of people: 0, 1, 4, 5.
        assert!(found[0] == found[2] && found[1] == found[3] && found[0] != found[1]);
    }

    #[test]
    fn without_such_evidence_people_of_a_home_stay_together() {
        let one = |held: &[(u32, u32, u32)]| {
            let found = parts(held);
            assert!(found.iter().all(|&part| part == found[0]), "{held:?}");
        };
        // Different agencies know different members, and nobody is held elsewhere.
        one(&[(0, 0, 0), (4, 0, 0), (1, 0, 1), (5, 0, 1)]);
        // One agency holds one of either there.
        one(&[
            (0, 0, 0),
            (4, 0, 0),
            (0, 1, 1),
            (4, 1, 1),
            (1, 0, 1),
            (5, 0, 1),
            (5, 0, 0),
        ]);
        // One of either is in another home with one of the other.
        one(&[
            (0, 0, 0),
            (4, 0, 0),
            (0, 1, 1),
            (4, 1, 1),
            (1, 0, 1),
            (5, 0, 1),
            (5, 1, 2),
        ]);
        // Children alone are no family that stays, nor any that moves out.
        one(&[
            (0, 0, 0),
            (4, 0, 0),
            (0, 1, 1),
            (4, 1, 1),
            (5, 0, 1),
            (6, 0, 1),
        ]);
        one(&[
            (4, 0, 0),
            (5, 0, 0),
            (4, 1, 1),
            (5, 1, 1),
            (0, 0, 1),
            (6, 0, 1),
        ]);
        // One alone is no family: an agency may know a member by himself, or a person may be made of two.
        one(&[(0, 0, 0), (0, 1, 1), (1, 0, 1), (5, 0, 1)]);
    }
}
