//! Laws of fields compared one by one: what is found is all that should be, what is missing is never evidence, and nothing depends on the order
//! of sets or the number of threads.

use super::*;
use crate::fields::blocks::Fields;
use crate::fields::{EXACT, FAR, MISSING, of_schema};
use crate::{Options, Spoken, Verdict, WATERFALL_TOLERANCE, link};
use proptest::prelude::*;

/// A schema with a plain filter for each field.
fn plain() -> Schema {
    Schema::parse(include_str!("../../../schema/schemas/trusted.toml")).unwrap()
}

/// The bits of a value: values of four in a row are a slip apart.
fn bits(filter: &str, value: u32, words: usize) -> Vec<u64> {
    let mut out = vec![0u64; words];
    let mut add = |what: &[u8], value: u32, times: u32| {
        for time in 0..times {
            let own = hash(&[
                filter.as_bytes(),
                what,
                &value.to_le_bytes(),
                &time.to_le_bytes(),
            ]);
            let place = u16::from_le_bytes([own.as_bytes()[0], own.as_bytes()[1]]) as usize;
            let place = place % (64 * words);
            out[place / 64] |= 1 << (place % 64);
        }
    };
    add(b"alike", value / 4, 100);
    add(b"own", value, 12);
    out
}

/// A record set whose filters are those of a first name, a family name, a birth date and a home; random bits stand for all others.
fn plain_set(schema: &Schema, source: &str, people: &[Someone]) -> RecordSet {
    let mut set = set(schema, source, people);
    let by_reference: BTreeMap<Token, &Someone> = people
        .iter()
        .enumerate()
        .map(|(row, person)| {
            (
                token(&[source.as_bytes(), &(row as u64).to_le_bytes()]),
                person,
            )
        })
        .collect();
    set.table.filters = schema
        .filters
        .iter()
        .map(|filter| {
            let words = filter.bits as usize / 64;
            let of_record = |reference: &Token| {
                let person = by_reference[reference];
                let value = match filter.id.as_str() {
                    "first-name" => person.first,
                    "last-name" => person.last,
                    "birth-date" => person.birth,
                    "place" => person.homes.last().unwrap().0 * 4,
                    _ => {
                        return bits(
                            "none",
                            u32::from_le_bytes(reference[..4].try_into().unwrap()),
                            words,
                        );
                    }
                };
                bits(&filter.id, value, words)
            };
            FilterColumn {
                id: filter.id.clone(),
                bits: filter.bits,
                words: set.table.record_ref.iter().flat_map(of_record).collect(),
            }
        })
        .collect();
    set
}

fn two_files(seed: u32) -> Vec<Someone> {
    (0..140u64)
        .map(|n| {
            let own = u32::from_le_bytes(
                token(&[&seed.to_le_bytes(), &n.to_le_bytes()])[..4]
                    .try_into()
                    .unwrap(),
            );
            someone(
                own % 61,
                own / 61 % 53,
                4_000 + own / 3_233 % 3_000,
                own / 7 % 70,
            )
        })
        .collect()
}

#[test]
fn a_schema_with_a_filter_for_each_field_is_compared_field_by_field() {
    let schema = plain();
    let said: Vec<&str> = of_schema(&schema).iter().map(|field| field.label).collect();
    for label in [
        "first name",
        "middle name",
        "family name",
        "birth date",
        "place of birth",
        "place",
    ] {
        assert!(said.contains(&label), "{said:?}");
    }
    // One diffused filter, and one plain filter of everything, are something else.
    assert!(of_schema(&Schema::standard()).is_empty());
}

#[test]
fn one_slip_is_seen_and_said() {
    let schema = plain();
    let people = two_files(1);
    let mut others = people.clone();
    // A slip in each family name of the second file.
    for person in &mut others {
        person.last ^= 1;
    }
    let sets = [
        plain_set(&schema, "a", &people),
        plain_set(&schema, "b", &others),
    ];
    let linked = link(&schema, &sets, &Options::default(), &());
    let right = |pair: &crate::Pair| {
        let number = |id: crate::RecordId| {
            let source = &sets[id.set as usize];
            let reference = source.table.record_ref[id.row as usize];
            (0..140u64)
                .find(|row| token(&[source.source.as_bytes(), &row.to_le_bytes()]) == reference)
        };
        number(pair.left) == number(pair.right)
    };
    let links: Vec<&crate::Pair> = linked
        .pairs
        .iter()
        .filter(|pair| pair.verdict == Verdict::Linked)
        .collect();
    assert!(links.len() >= 136, "{}", links.len());
    assert!(links.iter().all(|pair| right(pair)));
    let sentence = links[0].sentence(&Spoken::of(&schema));
    assert!(sentence.contains("first name is the same"), "{sentence}");
    assert!(!sentence.contains("family name is the same"), "{sentence}");
    assert!(sentence.contains("birth date is the same"), "{sentence}");
    assert!(sentence.contains("place of birth is missing"), "{sentence}");
    assert!(
        linked.waterfalls.add_up(&linked.pairs),
        "{WATERFALL_TOLERANCE}"
    );
    let steps = linked.waterfalls.steps(0).iter().map(|step| step.label);
    assert!(
        steps.clone().any(|label| label == "family name"),
        "{:?}",
        steps.collect::<Vec<_>>()
    );
}

#[test]
fn what_is_missing_is_never_compared() {
    let schema = plain();
    let sets = [
        plain_set(&schema, "a", &two_files(2)),
        plain_set(&schema, "b", &two_files(3)),
    ];
    let fields = Fields::new(&schema, &sets, &Options::default()).unwrap();
    let missing = ["middle-name", "birth-place"];
    for (at, field) in of_schema(&schema).iter().enumerate() {
        for (l, r) in (0..140).zip((0..140).rev()) {
            let level = fields.levels((0, l), (1, r)).get(at);
            assert_eq!(
                level == MISSING,
                missing.contains(&field.filter.id.as_str())
            );
        }
    }
    // A rare pattern of facts is not released; a name that others have is real all the same, one that nobody is near may be random bits.
    let mut sets = [
        plain_set(&schema, "a", &two_files(2)),
        plain_set(&schema, "b", &two_files(3)),
    ];
    sets[0].table.presence.fill(0);
    let fields = Fields::new(&schema, &sets, &Options::default()).unwrap();
    let mut seen = [0; 3];
    for l in 0..140 {
        for r in 0..140 {
            let level = fields.levels((0, l), (1, r)).get(0);
            seen[0] += usize::from(level == MISSING);
            seen[1] += usize::from(level == FAR);
            seen[2] += usize::from(level == EXACT);
        }
    }
    assert!(seen[1] > 0 && seen[2] > 0 && seen[0] < seen[1], "{seen:?}");
}

#[test]
fn a_part_of_a_value_is_no_other_value() {
    let schema = plain();
    let people = two_files(4);
    let mut sets = [
        plain_set(&schema, "a", &people),
        plain_set(&schema, "b", &people),
    ];
    // Half of each family name of the second file is lost.
    let last = 2;
    for word in &mut sets[1].table.filters[last].words {
        *word &= 0x5555_5555_5555_5555;
    }
    let fields = Fields::new(&schema, &sets, &Options::default()).unwrap();
    let row = |set: usize, row: u32| sets[set].table.filters[last].row(row as usize);
    let mut parts = 0;
    for l in 0..140 {
        for r in 0..140 {
            let before = fields.levels((0, l), (1, r));
            let levels = fields.in_part(before, (0, l), (1, r));
            let all = row(0, l)
                .iter()
                .zip(row(1, r))
                .all(|(whole, part)| part & !whole == 0);
            assert_eq!(levels.is_part(last), all);
            assert_eq!(levels.get(last) == EXACT, all);
            assert_eq!(levels.get(0), before.get(0));
            if all {
                // As many have that much as have the whole.
                let value = fields.values[last].of[1][r as usize];
                let near = fields.values[last].rows(1, value).len() as f64;
                let share = fields.values[last].share_around((0, l), (1, r), EXACT);
                assert!(share * 280.0 >= near - 1.0, "{share}");
                parts += 1;
            }
        }
    }
    assert!(parts >= 140, "{parts}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn the_pairs_found_are_all_that_say_enough(seed in 0u32..1_000) {
        let schema = plain();
        let sets = [plain_set(&schema, "a", &two_files(seed)), plain_set(&schema, "b", &two_files(seed + 1)[..90])];
        let fields = Fields::new(&schema, &sets, &Options::default()).unwrap();
        for (left, right) in [(0, 1), (0, 0)] {
            let found = fields.pairs(&sets, left, right);
            let mut expected = Vec::new();
            for l in 0..sets[left].table.len() as u32 {
                for r in 0..sets[right].table.len() as u32 {
                    let levels = fields.levels((left, l), (right, r));
                    if (left != right || l < r) && fields.is_candidate(levels) {
                        expected.push((l, r, levels));
                    }
                }
            }
            prop_assert_eq!(found, expected);
        }
    }

    #[test]
    fn fields_link_the_same_in_any_order_and_with_any_number_of_threads(seed in 0u32..1_000) {
        let schema = plain();
        let people = two_files(seed);
        let a = plain_set(&schema, "a", &people[..100]);
        let b = plain_set(&schema, "b", &people[30..]);
        let c = plain_set(&schema, "c", &people[60..120]);
        let sets = [a.clone(), b.clone(), c.clone()];
        let turned = [c, a, b];
        let one = link(&schema, &sets, &Options { threads: 1, ..Options::default() }, &());
        let two = link(&schema, &sets, &Options { threads: 2, ..Options::default() }, &());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(3).build().unwrap();
        let three = pool.install(|| link(&schema, &sets, &Options::default(), &()));
        prop_assert_eq!(&one.pairs, &two.pairs);
        prop_assert_eq!(&one.pairs, &three.pairs);
        prop_assert_eq!(&one.waterfalls, &two.waterfalls);
        let other = link(&schema, &turned, &Options::default(), &());
        prop_assert_eq!(people_of(&sets, &one), people_of(&turned, &other));
    }
}
