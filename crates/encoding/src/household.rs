//! Household keys: keyed tokens of homes, with the months for which there is evidence.

use kinfold_identity::{AddressKind, AddressSpell, Person};
use kinfold_schema::{HOUSEHOLD_ADDRESS, HOUSEHOLD_UPRN, HouseholdKey, HouseholdSchema, NO_MONTH};

use crate::secrets::token;

/// Months between two spells in one home that are one stay, written down with a gap.
const GAP_MONTHS_MAX: u16 = 12;
/// More people of a file than this, over all months, are no households one after another: the home is a place where people pass through, and
/// their number alone would name it.
pub const PEOPLE_OF_A_HOME_MAX: usize = 15;

/// The months of a home as a schema lets them leave, for a release of `month`; `None` for a home that was left too long ago.
///
/// A row of the months in which each of a family came is nearly a name: with a list of moving-in dates three in four records of an invented
/// council were named by it, and steps of a year left one in four. So whatever is coarse is made coarse here, and nothing finer leaves the agency:
///
/// - A home is left when its last month is more than `left_max` before the month of the release. A home without a last month is never left. Where
///   the month of the release is not known, every home with a last month counts as left: that releases less, never more.
/// - With steps, a first month becomes the first of its step and a last month the last of its step, so the released time covers the true one and two
///   people who lived together still do. An open end stays open: it is no month. Steps begin with a calendar year, which is the same for every
///   agency whatever the month of its release.
/// - Without months both ends are left open: only that somebody lives there now, as the file has it, is said.
pub(crate) fn for_release(
    rule: &HouseholdSchema,
    (from, to): (u16, u16),
    month: u16,
) -> Option<(u16, u16)> {
    let left = rule.left_max.is_some_and(|most| {
        to != NO_MONTH && (month == NO_MONTH || to.saturating_add(most) < month)
    });
    if left {
        return None;
    }
    Some(match rule.step() {
        0 => (NO_MONTH, NO_MONTH),
        step => {
            let first = |month: u16| month / step * step;
            let last = |month: u16| first(month).saturating_add(step - 1).min(NO_MONTH - 1);
            let known = |month: u16, coarse: &dyn Fn(u16) -> u16| {
                if month == NO_MONTH {
                    NO_MONTH
                } else {
                    coarse(month)
                }
            };
            (known(from, &first), known(to, &last))
        }
    })
}

/// The household keys that may leave, the latest home first.
pub(crate) fn keys_for_release(
    person: &Person,
    hasher: &blake3::Hasher,
    rule: &HouseholdSchema,
    month: u16,
) -> Vec<HouseholdKey> {
    let mut keys = keys_of(person, hasher);
    keys.retain_mut(|key| {
        let months = for_release(rule, (key.from, key.to), month);
        (key.from, key.to) = months.unwrap_or((NO_MONTH, NO_MONTH));
        months.is_some()
    });
    keys
}

/// The homes of a person, the latest first, with their true months. Communal homes, c/o addresses and protected addresses have none.
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

/// Which stays in one home are not released, so that no released group is larger than `group_max` in any month. Stays are counted with the
/// months that are released: coarse months cover the true ones, so a group that is small enough by them is so by the true ones too. Counted by
/// the true ones, people who followed one another within a step would look like a crowd to an attacker. Of a home with more
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

    fn rule(months: u16, left_max: Option<u16>) -> HouseholdSchema {
        HouseholdSchema {
            slots: 6,
            group_max: 5,
            crowd_max: None,
            months: Some(months),
            left_max,
            filter_max: None,
        }
    }

    #[test]
    fn months_by_hand() {
        let of = |year, month| kinfold_identity::month_number(year, month);
        let stay = (of(2019, 5), of(2024, 8));
        let coarse = |months| for_release(&rule(months, None), stay, NO_MONTH);
        assert_eq!(coarse(1), Some(stay));
        assert_eq!(coarse(3), Some((of(2019, 4), of(2024, 9))));
        assert_eq!(coarse(6), Some((of(2019, 1), of(2024, 12))));
        assert_eq!(coarse(12), Some((of(2019, 1), of(2024, 12))));
        assert_eq!(
            for_release(&rule(0, Some(12)), stay, of(2025, 8)),
            Some((NO_MONTH, NO_MONTH))
        );
        // One month later the home was left 13 months before.
        assert_eq!(for_release(&rule(0, Some(12)), stay, of(2025, 9)), None);
        assert_eq!(for_release(&rule(1, Some(12)), stay, of(2025, 9)), None);
        // An end after the release is a plan or a slip, and no reason to withhold.
        assert!(for_release(&rule(0, Some(12)), stay, of(2020, 1)).is_some());
        // Without the month of the release a home with an end counts as left, one without does not.
        assert_eq!(for_release(&rule(0, Some(12)), stay, NO_MONTH), None);
        let open = (of(2019, 5), NO_MONTH);
        assert_eq!(
            for_release(&rule(3, Some(12)), open, of(2090, 1)),
            Some((of(2019, 4), NO_MONTH))
        );
    }

    #[test]
    fn a_home_that_was_left_has_no_key_and_a_recent_one_has_no_months() {
        let person = Person {
            addresses: vec![spell(1200, 1400), {
                let mut later = spell(1401, 1510);
                later.uprn = kinfold_identity::Uprn::parse("900000000002").ok();
                later
            }],
            ..Person::default()
        };
        let hasher = blake3::Hasher::new_keyed(&[1; 32]);
        let all = keys_of(&person, &hasher);
        assert_eq!(all.len(), 2);
        let kept = keys_for_release(&person, &hasher, &rule(0, Some(12)), 1519);
        assert_eq!(kept.len(), 1);
        assert_eq!(kept[0].token, all[0].token);
        assert_eq!((kept[0].from, kept[0].to), (NO_MONTH, NO_MONTH));
    }

    fn months() -> impl Strategy<Value = (u16, u16)> {
        let month = || prop_oneof![4 => 0u16..2_000, 1 => 65_500u16..=NO_MONTH];
        (month(), month())
    }

    proptest! {
        #[test]
        fn coarse_months_cover_the_true_ones(
            (from, to) in months(),
            step in prop::sample::select(vec![1u16, 3, 6, 12]),
        ) {
            let rule = rule(step, None);
            let once = for_release(&rule, (from, to), NO_MONTH);
            let (first, last) = once.unwrap();
            // An open end stays open, and nothing else becomes one.
            prop_assert_eq!((first == NO_MONTH, last == NO_MONTH), (from == NO_MONTH, to == NO_MONTH));
            prop_assert!(from == NO_MONTH || (first <= from && from - first < step && first.is_multiple_of(step)));
            prop_assert!(last >= to && (to == NO_MONTH || last - to < step));
            // Making coarse twice changes nothing, and a longer step of which this is a part forgets it.
            prop_assert_eq!(for_release(&rule, (first, last), NO_MONTH), once);
            let year = self::rule(12, None);
            prop_assert_eq!(for_release(&year, (first, last), NO_MONTH), for_release(&year, (from, to), NO_MONTH));
        }

        #[test]
        fn what_is_left_does_not_depend_on_steps_and_later_releases_release_less(
            (from, to) in months(),
            left_max in 1u16..100,
            month in 0u16..2_000,
        ) {
            let there = |step, month| for_release(&rule(step, Some(left_max)), (from, to), month).is_some();
            prop_assert_eq!(there(0, month), there(12, month));
            prop_assert!(there(0, month) || !there(0, month + 1));
            prop_assert_eq!(there(0, NO_MONTH), to == NO_MONTH);
        }

        #[test]
        fn the_order_of_rows_changes_no_released_month(
            mut spells in proptest::collection::vec((1_300u16..1_500, 1_300u16..1_520), 1..6),
            step in prop::sample::select(vec![0u16, 1, 3, 6, 12]),
        ) {
            let keys = |spells: &[(u16, u16)]| {
                let person = Person {
                    addresses: spells.iter().map(|&(from, to)| spell(from, to)).collect(),
                    ..Person::default()
                };
                let hasher = blake3::Hasher::new_keyed(&[1; 32]);
                keys_for_release(&person, &hasher, &rule(step, Some(24)), 1_519)
            };
            let before = keys(&spells);
            spells.reverse();
            prop_assert_eq!(before, keys(&spells));
        }

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
