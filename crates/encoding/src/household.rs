//! Household keys: keyed tokens of homes, with the months for which there is evidence.

use kinfold_identity::{AddressKind, AddressSpell, Person};
use kinfold_schema::{HOUSEHOLD_ADDRESS, HOUSEHOLD_UPRN, HouseholdKey, NO_MONTH};

use crate::secrets::token;

/// Months between two spells in one home that are one stay, written down with a gap.
const GAP_MONTHS_MAX: u16 = 12;
/// More people of a file than this, over all months, are no households one after another: the home is a place where people pass through, and
/// their number alone would name it.
pub const PEOPLE_OF_A_HOME_MAX: usize = 15;

/// The household keys of a person, the latest home first. Communal homes, c/o addresses and protected addresses have none.
pub(crate) fn keys_of(person: &Person, hasher: &blake3::Hasher) -> Vec<HouseholdKey> {
    if person.protected_address || person.do_not_link || person.addresses.is_empty() {
        return Vec::new();
    }
    // Nothing is built for the many who have a postcode and no more.
    let speaks = |spell: &&AddressSpell| {
        spell.uprn.is_some()
            || spell
                .address
                .as_ref()
                .is_some_and(|address| address.number.is_some())
    };
    let mut spells: Vec<_> = person.addresses.iter().filter(speaks).collect();
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
            // An earlier spell in the same home lengthens the later one when they meet; a time long before it is left out, since a
            // home that was left in between is no evidence for the years between. The later spell comes first, so its end stays; no
            // end counts as open.
            if let Some(known) = keys.iter_mut().find(|key| key.token == token) {
                let meets =
                    known.from == NO_MONTH || spell.to.saturating_add(GAP_MONTHS_MAX) >= known.from;
                if meets && spell.from != NO_MONTH {
                    known.from = known.from.min(spell.from);
                }
            } else {
                keys.push(HouseholdKey {
                    token,
                    kind,
                    // A start after the end is a slip; the end is the evidence.
                    from: if spell.from == NO_MONTH {
                        NO_MONTH
                    } else {
                        spell.from.min(spell.to)
                    },
                    to: spell.to,
                });
            }
        }
    }
    keys
}

/// One person's time in a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stay {
    /// The person's place in the draw: a keyed number that depends on the person alone.
    pub lot: [u8; 16],
    /// First month; 0 when it is not known.
    pub from: u16,
    /// Last month.
    pub to: u16,
}

/// Which stays in one home are not released, so that no released group is larger than `group_max` in any month. Of a home with more
/// people than `crowd_max` at once nobody's key is released: a large group is easy to recognise, and it is seldom one household. Of a
/// home in between as many people as allowed are drawn by lot; a stay with unknown ends counts always.
pub(crate) fn withheld(stays: &[Stay], group_max: u32, crowd_max: u32) -> Vec<usize> {
    let most = most_at_once(stays);
    if most <= group_max as usize && stays.len() <= PEOPLE_OF_A_HOME_MAX {
        return Vec::new();
    }
    if most > crowd_max as usize || stays.len() > PEOPLE_OF_A_HOME_MAX {
        return (0..stays.len()).collect();
    }
    let mut order: Vec<usize> = (0..stays.len()).collect();
    order.sort_unstable_by_key(|&index| stays[index].lot);
    let mut kept: Vec<Stay> = Vec::new();
    let mut withheld = Vec::new();
    for index in order {
        kept.push(stays[index]);
        if most_at_once(&kept) > group_max as usize {
            kept.pop();
            withheld.push(index);
        }
    }
    withheld
}

/// The largest number of stays that share a month.
fn most_at_once(stays: &[Stay]) -> usize {
    // A largest group is there in the first month of some stay.
    let mut begins: Vec<u16> = stays.iter().map(|stay| stay.from).collect();
    let mut ends: Vec<u16> = stays.iter().map(|stay| stay.to).collect();
    begins.sort_unstable();
    ends.sort_unstable();
    let mut over = 0;
    let mut most = 0;
    for (begun, month) in begins.iter().enumerate() {
        while ends.get(over).is_some_and(|end| end < month) {
            over += 1;
        }
        most = most.max((begun + 1).saturating_sub(over));
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stay(from: u16, to: u16) -> Stay {
        Stay {
            lot: [0; 16],
            from,
            to,
        }
    }

    #[test]
    fn successive_tenants_do_not_crowd_a_home() {
        let most = |spells: &[(u16, u16)]| {
            let stays: Vec<Stay> = spells.iter().map(|&(from, to)| stay(from, to)).collect();
            most_at_once(&stays)
        };
        assert_eq!(most(&[(0, 10), (11, 20), (21, NO_MONTH)]), 1);
        assert_eq!(most(&[(0, 10), (10, 20), (5, NO_MONTH)]), 3);
        assert_eq!(most(&[]), 0);
    }

    /// How many of `n` people in one home are released.
    fn released(n: usize, crowd_max: u32) -> usize {
        let stays: Vec<Stay> = (0..n)
            .map(|index| Stay {
                lot: [index as u8; 16],
                from: 5,
                to: 9,
            })
            .collect();
        n - withheld(&stays, 5, crowd_max).len()
    }

    #[test]
    fn groups_over_five_release_nothing_unless_the_schema_draws() {
        assert_eq!(
            [4, 5, 6, 8, 9, 20].map(|n| released(n, 5)),
            [4, 5, 0, 0, 0, 0]
        );
        assert_eq!(
            [4, 5, 6, 8, 9, 20].map(|n| released(n, 8)),
            [4, 5, 5, 5, 0, 0]
        );
    }

    fn spell(from: u16, to: u16) -> AddressSpell {
        AddressSpell {
            address: None,
            uprn: kinfold_identity::Uprn::parse("900000000001").ok(),
            town: None,
            from,
            to,
        }
    }

    #[test]
    fn the_present_home_stays_and_no_year_is_invented() {
        let months = |spells: &[(u16, u16)]| {
            let person = Person {
                addresses: spells.iter().map(|&(from, to)| spell(from, to)).collect(),
                ..Person::default()
            };
            let keys = keys_of(&person, &blake3::Hasher::new_keyed(&[1; 32]));
            assert_eq!(keys.len(), 1);
            (keys[0].from, keys[0].to)
        };
        assert_eq!(months(&[(1200, 1260), (1440, NO_MONTH)]), (1440, NO_MONTH));
        assert_eq!(
            months(&[(NO_MONTH, 1390), (1460, NO_MONTH)]),
            (1460, NO_MONTH)
        );
        assert_eq!(months(&[(1430, 1435), (1440, 1450)]), (1430, 1450));
        assert_eq!(months(&[(1200, 1260), (1440, 1450)]), (1440, 1450));
        assert_eq!(months(&[(1450, 1440)]), (1440, 1440));
        assert_eq!(months(&[(NO_MONTH, 1390)]), (NO_MONTH, 1390));
    }

    #[test]
    fn a_home_that_many_pass_through_releases_nothing() {
        let after_each_other =
            |n: u16| -> Vec<Stay> { (0..n).map(|i| stay(i * 10, i * 10 + 5)).collect() };
        assert_eq!(withheld(&after_each_other(15), 5, 5).len(), 0);
        assert_eq!(withheld(&after_each_other(16), 5, 5).len(), 16);
    }

    proptest! {
        #[test]
        fn no_released_group_is_too_large(
            spells in proptest::collection::vec((0u16..50, 0u16..30), 0..30),
            crowd in 5u32..12,
        ) {
            let stays: Vec<Stay> = spells
                .iter()
                .enumerate()
                .map(|(index, &(from, length))| Stay { lot: [index as u8; 16], from, to: from + length })
                .collect();
            let out = withheld(&stays, 5, crowd);
            let kept: Vec<Stay> = stays
                .iter()
                .enumerate()
                .filter(|(index, _)| !out.contains(index))
                .map(|(_, stay)| *stay)
                .collect();
            prop_assert!(most_at_once(&kept) <= 5);
            // Counting month by month says the same.
            let counted = (0..100).map(|m| stays.iter().filter(|s| s.from <= m && m <= s.to).count()).max().unwrap();
            prop_assert_eq!(most_at_once(&stays), counted);
        }
    }
}
