//! Laws of filters that are not released: what is in their place is never evidence.

use super::*;
use crate::candidates::{find, with_filter};
use crate::{Options, link};

/// People in homes of one to four, who are known to both files.
fn people() -> Vec<Someone> {
    let mut people = town(120);
    for (person, n) in people.iter_mut().zip(0u32..) {
        person.homes[0].0 = n / 10 * 4 + [0, 1, 1, 2, 2, 2, 3, 3, 3, 3][n as usize % 10];
    }
    people
}

/// A file in which the filters of who is shown in a home of more than two are all these bits.
fn blanked(schema: &Schema, source: &str, bits: u64) -> RecordSet {
    let mut set = set(schema, source, &people());
    let without = set.table.without_filters(schema).unwrap();
    let column = &mut set.table.filters[0];
    let width = column.bits as usize / 64;
    for (words, without) in column.words.chunks_exact_mut(width).zip(without) {
        if without {
            words.fill(bits);
        }
    }
    set
}

#[test]
fn what_stands_for_a_filter_that_is_not_released_is_never_compared() {
    let schema = Schema::standard();
    // Alike in both files, which would be the surest evidence; and as far apart as can be.
    let all = |left, right| {
        let sets = [blanked(&schema, "a", left), blanked(&schema, "b", right)];
        let real = with_filter(&schema, &sets[0].table);
        // Of ten people seven are in a home of three or four.
        assert_eq!(real.iter().filter(|real| **real).count(), 36);
        let found = find(&schema, &sets, None, &Options::default(), &());
        let [pair] = &found[..] else {
            panic!("two sets are one pair");
        };
        assert!((pair.compared - 0.09).abs() < 1e-9);
        let mut compared = 0;
        for candidate in &pair.candidates {
            let (left, right) = (pair.left(candidate), pair.right(candidate));
            let real = |id: crate::RecordId| {
                with_filter(&schema, &sets[id.set as usize].table)[id.row as usize]
            };
            assert_eq!(candidate.sigmas.is_some(), real(left) && real(right));
            compared += usize::from(candidate.sigmas.is_some());
        }
        assert!(compared >= 36);
        let linked = link(&schema, &sets, &Options::default(), &());
        (
            format!("{found:?}"),
            format!("{:?}", people_of(&sets, &linked)),
        )
    };
    assert_eq!(all(0, 0), all(0, u64::MAX));
}

#[test]
fn without_the_rule_a_home_takes_nobodys_filter() {
    let text = Schema::standard()
        .text()
        .replace("\nfilter_max = 2\n", "\n");
    let schema = Schema::parse(&text).unwrap();
    let set = set(&schema, "a", &people());
    assert_eq!(set.table.without_filters(&schema), None);
    assert!(with_filter(&schema, &set.table).iter().all(|real| *real));
}
