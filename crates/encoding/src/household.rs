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

/// Tokens of homes that more than `group_max` people of the file share in one month; a spell with unknown ends counts always.
pub(crate) fn crowded<'a>(
    people: impl Iterator<Item = &'a [HouseholdKey]>,
    group_max: u32,
) -> Vec<Token> {
    let mut spells: HashMap<Token, Vec<(u16, u16)>> = HashMap::new();
    for key in people.flatten() {
        let from = if key.from == NO_MONTH { 0 } else { key.from };
        spells.entry(key.token).or_default().push((from, key.to));
    }
    let mut crowded: Vec<Token> = spells
        .into_iter()
        .filter(|(_, spells)| most_at_once(spells) > group_max as usize)
        .map(|(token, _)| token)
        .collect();
    crowded.sort_unstable();
    crowded
}

/// The largest number of spells that share a month.
fn most_at_once(spells: &[(u16, u16)]) -> usize {
    spells
        .iter()
        .map(|&(month, _)| {
            spells
                .iter()
                .filter(|&&(from, to)| from <= month && month <= to)
                .count()
        })
        .max()
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn successive_tenants_do_not_crowd_a_home() {
        assert_eq!(most_at_once(&[(0, 10), (11, 20), (21, NO_MONTH)]), 1);
        assert_eq!(most_at_once(&[(0, 10), (10, 20), (5, NO_MONTH)]), 3);
        assert_eq!(most_at_once(&[]), 0);
    }

    #[test]
    fn only_full_homes_are_crowded() {
        let key = |n: u8| HouseholdKey {
            token: [n; 16],
            kind: HOUSEHOLD_UPRN,
            from: 5,
            to: 9,
        };
        let people: Vec<Vec<HouseholdKey>> = (0..7)
            .map(|i| vec![key(if i < 6 { 1 } else { 2 })])
            .collect();
        assert_eq!(crowded(people.iter().map(Vec::as_slice), 5), vec![[1; 16]]);
        assert!(crowded(people.iter().map(Vec::as_slice), 6).is_empty());
    }
}
