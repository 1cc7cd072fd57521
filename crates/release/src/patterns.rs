//! The pattern of a record's homes: how many there are, their months, who else is there and when, and where those people live besides.
//!
//! Household keys draw a net of records and homes, with months on its threads. Whoever has an exact list draws the same net from it. A place in
//! the net that only one record has, and only one listed person, is that person's. Places are told apart by colour refinement (Weisfeiler and
//! Leman 1968): the colour of a home comes from the months and colours of its people, that of a person from the months and colours of the homes,
//! round after round. Nearer neighbours come first, so that a home that the list has and the keys withhold spoils only what is near it.

use std::collections::BTreeMap;

use crate::file::Stay;

/// Rounds of refinement; a household with all homes of its members, and the people of these, is within three.
const ROUNDS: usize = 4;

/// What each thread says: first and last month, and the colour at its other end.
type Threads = Vec<(u16, u16, u32)>;

/// What the patterns of records and of listed people tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patterns {
    /// For each record with homes the colours that it had, round by round.
    seen: Vec<Vec<u32>>,
    /// The same for the listed people.
    listed: Vec<Vec<u32>>,
}

impl Patterns {
    /// Draws both nets.
    pub fn of(seen: &[Vec<Stay>], listed: &[Vec<Stay>]) -> Self {
        let sides = [seen, listed];
        let mut colours: [Vec<u32>; 2] = sides.map(|side| vec![0; side.len()]);
        let mut rounds: [Vec<Vec<u32>>; 2] = sides.map(|side| vec![Vec::new(); side.len()]);
        for _ in 0..ROUNDS {
            let mut homes: [BTreeMap<[u8; 16], Threads>; 2] = Default::default();
            for ((homes, side), colours) in homes.iter_mut().zip(sides).zip(&colours) {
                for (own, colour) in side.iter().zip(colours) {
                    for stay in own {
                        let threads = homes.entry(stay.home).or_default();
                        threads.push((stay.from, stay.to, *colour));
                    }
                }
            }
            let home_colours = numbered(homes);
            let people = [0, 1].map(|side| {
                let own = sides[side].iter().enumerate();
                own.map(|(row, stays)| {
                    let threads = stays
                        .iter()
                        .map(|stay| (stay.from, stay.to, home_colours[side][&stay.home]));
                    (row, threads.collect())
                })
                .collect::<BTreeMap<usize, Threads>>()
            });
            let numbers = numbered(people);
            for ((numbers, colours), rounds) in numbers.iter().zip(&mut colours).zip(&mut rounds) {
                for (row, colour) in numbers {
                    colours[*row] = *colour;
                    rounds[*row].push(*colour);
                }
            }
        }
        let [seen, listed] = rounds;
        Self { seen, listed }
    }

    /// For each record the only listed person with its pattern, when no other record has it either; from the nearest round that tells.
    pub fn named(&self) -> Vec<Option<u32>> {
        let mut named = vec![None; self.seen.len()];
        for round in 0..ROUNDS {
            let mut of_colour: BTreeMap<u32, (Vec<u32>, Vec<u32>)> = BTreeMap::new();
            for (row, rounds) in (0u32..).zip(&self.seen) {
                of_colour.entry(rounds[round]).or_default().0.push(row);
            }
            for (person, rounds) in (0u32..).zip(&self.listed) {
                of_colour.entry(rounds[round]).or_default().1.push(person);
            }
            for (rows, people) in of_colour.values() {
                if let ([row], [person]) = (&rows[..], &people[..])
                    && named[*row as usize].is_none()
                {
                    named[*row as usize] = Some(*person);
                }
            }
        }
        named
    }

    /// The number of different patterns of records in the last round: whoever picks by lot among the people with a record's pattern names so many
    /// records on average when the list is exact.
    pub fn different(&self) -> usize {
        let last = self.seen.iter().filter_map(|rounds| rounds.last());
        last.collect::<std::collections::BTreeSet<_>>().len()
    }
}

/// Numbers for what is equal, the same on both sides.
fn numbered<K: Ord>(sides: [BTreeMap<K, Threads>; 2]) -> [BTreeMap<K, u32>; 2] {
    let mut numbers: BTreeMap<Threads, u32> = BTreeMap::new();
    sides.map(|side| {
        side.into_iter()
            .map(|(own, mut threads)| {
                threads.sort_unstable();
                let next = numbers.len() as u32;
                (own, *numbers.entry(threads).or_insert(next))
            })
            .collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stay(home: u8, from: u16) -> Stay {
        Stay {
            home: [home; 16],
            from,
            to: u16::MAX,
        }
    }

    /// A couple, a couple of whom one has a second home, and somebody alone there.
    fn net() -> Vec<Vec<Stay>> {
        vec![
            vec![stay(1, 0)],
            vec![stay(1, 0)],
            vec![stay(2, 0)],
            vec![stay(2, 0), stay(3, 0)],
            vec![stay(3, 0)],
        ]
    }

    #[test]
    fn a_place_that_one_has_alone_names() {
        let seen = net();
        // The list in another order, with other numbers for the homes.
        let order = [4, 2, 0, 3, 1];
        let listed: Vec<Vec<Stay>> = order
            .iter()
            .map(|person| {
                let own = seen[*person].iter();
                own.map(|own| stay(own.home[0] + 100, own.from)).collect()
            })
            .collect();
        let patterns = Patterns::of(&seen, &listed);
        // The couple of home 1 is alike to itself; homes 2 and 3 are mirrors of each other.
        assert_eq!(patterns.named(), [None, None, None, Some(3), None]);
        assert_eq!(patterns.different(), 3);
        // A month tells the mirrors apart, and with them the people in them.
        let with_month = |mut stays: Vec<Vec<Stay>>, at: usize| {
            stays[at][0].from = 1_400;
            stays
        };
        let patterns = Patterns::of(&with_month(seen, 4), &with_month(listed, 0));
        assert_eq!(patterns.named(), [None, None, Some(1), Some(3), Some(0)]);
    }

    #[test]
    fn a_home_more_on_the_list_spoils_what_is_near_it_only() {
        let seen = net();
        let mut listed = net();
        listed.push(vec![stay(1, 0)]);
        let patterns = Patterns::of(&seen, &listed);
        assert_eq!(patterns.named(), [None, None, None, Some(3), None]);
        assert_eq!(Patterns::of(&[], &[]), Patterns::default());
    }
}
