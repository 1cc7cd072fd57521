//! Household keys: keyed tokens of homes, with the months for which there is evidence.

use std::collections::HashMap;

use kinfold_identity::{AddressKind, Person};
use kinfold_schema::{HOUSEHOLD_ADDRESS, HOUSEHOLD_UPRN, HouseholdKey, NO_MONTH, Token};

use crate::secrets::token;

/// The household keys of a person, the latest home first. Communal homes, c/o addresses and protected addresses have none.
pub(crate) fn keys_of(person: &Person, hasher: &blake3::Hasher) -> Vec<HouseholdKey> {
    if person.protected_address || person.do_not_link {
        return Vec::new();
    }
    let mut spells: Vec<_> = person.addresses.iter().collect();
    spells.sort_by_key(|spell| std::cmp::Reverse((spell.to, spell.from)));
    let mut keys: Vec<HouseholdKey> = Vec::new();
    for spell in spells {
        let kind = spell.address.as_ref().map(|address| address.kind);
        if kind.is_some_and(|kind| kind != AddressKind::Home) {
            continue;
        }
        let uprn = spell
            .uprn
            .as_ref()
            .map(|uprn| (HOUSEHOLD_UPRN, format!("uprn\u{1f}{}", uprn.as_str())));
        let address = spell
            .address
            .as_ref()
            .and_then(kinfold_identity::Address::canonical)
            .map(|canonical| (HOUSEHOLD_ADDRESS, format!("address\u{1f}{canonical}")));
        for (kind, value) in uprn.into_iter().chain(address) {
            let token = token(hasher, value.as_bytes());
            // Two spells in one home become one that covers both.
            if let Some(known) = keys.iter_mut().find(|key| key.token == token) {
                known.from = known.from.min(spell.from);
                known.to = if known.to == NO_MONTH {
                    spell.to
                } else if spell.to == NO_MONTH {
                    known.to
                } else {
                    known.to.max(spell.to)
                };
            } else {
                keys.push(HouseholdKey {
                    token,
                    kind,
                    from: spell.from,
                    to: spell.to,
                });
            }
        }
    }
    keys
}

/// Which household keys are not released, as sorted pairs of person and token, so that no released group is larger than `group_max`
/// in any month. Of a home with more people than `crowd_max` at once nobody's key is released: a large group is easy to recognise,
/// and it is seldom one household. Of a home in between (a large family) as many people as allowed are drawn by key; a spell with
/// unknown ends counts always.
pub(crate) fn withheld(
    people: &[Vec<HouseholdKey>],
    record_refs: &[[u8; 16]],
    group_max: u32,
    crowd_max: u32,
    draw: &blake3::Hasher,
) -> Vec<(usize, Token)> {
    let mut homes: HashMap<Token, Vec<(usize, Spell)>> = HashMap::new();
    for (person, keys) in people.iter().enumerate() {
        for key in keys {
            let from = if key.from == NO_MONTH { 0 } else { key.from };
            homes
                .entry(key.token)
                .or_default()
                .push((person, (from, key.to)));
        }
    }
    let mut withheld = Vec::new();
    for (home, mut spells) in homes {
        let most = most_at_once(spells.iter().map(|&(_, spell)| spell));
        if most <= group_max as usize {
            continue;
        }
        let mut kept: Vec<Spell> = Vec::new();
        // The order of the draw depends on the key and the record references, not on the order of rows.
        spells.sort_by_cached_key(|&(person, _)| {
            token(draw, &[&home[..], &record_refs[person][..]].concat())
        });
        for (person, spell) in spells {
            let with = kept.iter().copied().chain([spell]);
            if most <= crowd_max as usize && most_at_once(with) <= group_max as usize {
                kept.push(spell);
            } else {
                withheld.push((person, home));
            }
        }
    }
    withheld.sort_unstable();
    withheld
}

/// First and last month.
type Spell = (u16, u16);

/// The largest number of spells that share a month.
fn most_at_once(spells: impl Iterator<Item = Spell> + Clone) -> usize {
    spells
        .clone()
        .map(|(month, _)| {
            spells
                .clone()
                .filter(|&(from, to)| from <= month && month <= to)
                .count()
        })
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn successive_tenants_do_not_crowd_a_home() {
        assert_eq!(
            most_at_once([(0, 10), (11, 20), (21, NO_MONTH)].into_iter()),
            1
        );
        assert_eq!(
            most_at_once([(0, 10), (10, 20), (5, NO_MONTH)].into_iter()),
            3
        );
        assert_eq!(most_at_once([].into_iter()), 0);
    }

    /// `n` people in one home, one of them elsewhere too.
    fn released(n: usize) -> usize {
        let key = |home: u8| HouseholdKey {
            token: [home; 16],
            kind: HOUSEHOLD_UPRN,
            from: 5,
            to: 9,
        };
        let mut people: Vec<Vec<HouseholdKey>> = (0..n).map(|_| vec![key(1)]).collect();
        people.push(vec![key(2)]);
        let refs: Vec<[u8; 16]> = (0..=n).map(|i| [i as u8; 16]).collect();
        let withheld = withheld(&people, &refs, 5, 8, &blake3::Hasher::new_keyed(&[1; 32]));
        assert!(withheld.iter().all(|&(_, home)| home == [1; 16]));
        n - withheld.len()
    }

    #[test]
    fn large_families_are_drawn_down_and_crowds_left_out() {
        assert_eq!([4, 5, 6, 8, 9, 20].map(released), [4, 5, 5, 5, 0, 0]);
    }

    proptest! {
        #[test]
        fn no_released_group_is_too_large(spells in proptest::collection::vec((0u16..50, 0u16..30), 0..30)) {
            let people: Vec<Vec<HouseholdKey>> = spells
                .iter()
                .map(|&(from, length)| {
                    vec![HouseholdKey { token: [1; 16], kind: HOUSEHOLD_UPRN, from, to: from + length }]
                })
                .collect();
            let refs: Vec<[u8; 16]> = (0..people.len()).map(|i| [i as u8; 16]).collect();
            let withheld = withheld(&people, &refs, 5, 8, &blake3::Hasher::new_keyed(&[1; 32]));
            let kept = spells
                .iter()
                .enumerate()
                .filter(|(person, _)| !withheld.iter().any(|(other, _)| other == person))
                .map(|(_, &(from, length))| (from, from + length));
            prop_assert!(most_at_once(kept) <= 5);
        }
    }
}
