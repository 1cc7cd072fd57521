//! Whose filters are not released because household keys show them in a larger home ([`kinfold_schema::HouseholdSchema::filter_max`]), as an
//! attacker can tell.
//!
//! Of a record he always can: household keys show how many records a home has, and above `filter_max` all of them have random bits. Of a person
//! on his list he can where the list says how many people of the file live there: up to `filter_max`, or so many that everybody is shown. Of a
//! home in which some are drawn by key he cannot, for nobody without the key knows who is drawn.

use kinfold_encoding::PEOPLE_OF_A_HOME_MAX;

use crate::file::{File, Stay};
use crate::homes::{by_home, most_at_once};

/// Who is seen to have no filter, and what a list says of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Withheld {
    /// For each record whether it is shown in a larger home; empty when homes take nobody's filter.
    seen: Vec<bool>,
    /// The same for each person on the list, where the list can tell.
    listed: Vec<Option<bool>>,
}

impl Withheld {
    /// Records of one file, and people on a list that was drawn from another part of the same.
    pub(crate) fn of(seen: &File, list: &File) -> Self {
        Self {
            seen: seen.withheld(),
            listed: foretold(list),
        }
    }

    /// Whether a record is shown in a larger home.
    pub(crate) fn is_seen(&self, row: u32) -> bool {
        self.seen.get(row as usize).copied().unwrap_or(false)
    }

    /// Whether a record can be a person's: one without a filter is not a person's who has one, and the other way round.
    pub(crate) fn can_be(&self, row: u32, person: u32) -> bool {
        let seen = self.seen.get(row as usize);
        let listed = self.listed.get(person as usize).copied().flatten();
        match (seen, listed) {
            (Some(seen), Some(listed)) => *seen == listed,
            _ => true,
        }
    }
}

/// For each person of a list whether the filter is withheld, if the list can tell. Where it would be wrong (somebody's key may be held back for
/// another reason) the attacker is taken to know that he cannot tell.
fn foretold(list: &File) -> Vec<Option<bool>> {
    let Some(most) = list.filter_max else {
        return Vec::new();
    };
    let mut foretold = vec![Some(false); list.records];
    for (_, stays) in by_home(&list.stays_listed) {
        let at_once = most_at_once(&stays);
        if at_once > list.crowd || stays.len() > PEOPLE_OF_A_HOME_MAX {
            // Nobody is shown.
            continue;
        }
        let people = distinct(&stays);
        for person in &people {
            let own = &mut foretold[*person as usize];
            if at_once > list.group_max() {
                if *own == Some(false) {
                    *own = None;
                }
            } else if people.len() > most as usize {
                *own = Some(true);
            }
        }
    }
    let really = list.withheld();
    for (own, really) in foretold.iter_mut().zip(really) {
        *own = own.filter(|said| *said == really);
    }
    foretold
}

/// The people of a home, each once.
fn distinct(stays: &[(u32, Stay)]) -> Vec<u32> {
    let mut people: Vec<u32> = stays.iter().map(|(person, _)| *person).collect();
    people.sort_unstable();
    people.dedup();
    people
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;

    /// Homes of one to seven; of six and seven five are shown, of three and more nobody's filter is released.
    fn file() -> File {
        let mut file = made_up::in_homes_of(&[1, 2, 3, 5, 6, 7], 240, 7);
        (file.crowd, file.drawn) = (6, 5);
        for home in by_home(&file.stays_listed.clone()).into_values() {
            let shown = match home.len() {
                7 => 0,
                6 => 5,
                all => all,
            };
            for (person, _) in &home[shown..] {
                file.stays_seen[*person as usize].clear();
            }
        }
        made_up::withhold(&mut file, 2);
        file
    }

    #[test]
    fn a_list_says_whose_filter_is_withheld_unless_some_are_drawn() {
        let file = file();
        let own = Withheld::of(&file, &file);
        let homes = by_home(&file.stays_listed);
        for people in homes.values() {
            for (at, (person, _)) in people.iter().enumerate() {
                let (seen, listed) = (own.seen[*person as usize], own.listed[*person as usize]);
                match people.len() {
                    3 | 5 => assert_eq!((seen, listed), (true, Some(true))),
                    6 => assert_eq!((seen, listed), (at < 5, None)),
                    _ => assert_eq!((seen, listed), (false, Some(false))),
                }
            }
        }
        let of_size = |size: usize| homes.values().find(|own| own.len() == size).unwrap()[0].0;
        assert!(own.can_be(of_size(3), of_size(5)) && own.can_be(of_size(1), of_size(7)));
        assert!(!own.can_be(of_size(3), of_size(1)) && !own.can_be(of_size(2), of_size(5)));
        assert!(own.can_be(of_size(1), of_size(6)) && own.can_be(of_size(3), of_size(6)));
    }

    #[test]
    fn without_the_rule_everybody_can_be_anybody() {
        let file = made_up::people(60, 7);
        let own = Withheld::of(&file, &file);
        assert!((0..60).all(|row| own.can_be(row, 59 - row)));
        // Nor is anything told where everybody has been given the filter back.
        let all = self::file().with_all_filters();
        let own = Withheld::of(&all, &all);
        assert!((0..240).all(|row| own.can_be(row, 239 - row)));
    }
}
