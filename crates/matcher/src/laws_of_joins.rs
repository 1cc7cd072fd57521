//! Laws of joins of filters: whatever the instructions, threads, tiles and plan, they equal a plain loop over all pairs.

use crate::fold::{Fold, most_telling};
use crate::{
    Control, Cut, DEFAULT_DISMISSAL, Join, JoinError, Match, Options, PackedSet, Pairing, Progress,
    Rule, Sequential, SimdLevel, Sink, Stopped, Tile, dismissal_probability, nearest,
};
use proptest::prelude::*;
use std::ops::ControlFlow;

/// The reference: ten lines that are plainly right.
fn reference(left: &[PackedSet], right: &[PackedSet], rules: &[Rule], itself: bool) -> Vec<Match> {
    let mut matches: Vec<Match> = Vec::new();
    for (i, j) in (0..left[0].len())
        .flat_map(|i| (0..right[0].len()).map(move |j| (i, j)))
        .filter(|(i, j)| !itself || i < j)
    {
        for (filter, rule) in rules.iter().enumerate() {
            let (x, y) = (left[filter].row(i), right[filter].row(j));
            let distance = x.iter().zip(y).map(|(x, y)| (x ^ y).count_ones()).sum();
            let total = x.iter().chain(y).map(|word| word.count_ones()).sum();
            let (left, right) = (i as u32, j as u32);
            match matches.last_mut() {
                _ if !passes(*rule, distance, total) => {}
                Some(last) if (last.left, last.right) == (left, right) => {
                    last.passed |= 1 << filter;
                }
                _ => matches.push(Match {
                    left,
                    right,
                    passed: 1 << filter,
                    distance,
                    total,
                }),
            }
        }
    }
    matches
}

/// The rules, word for word.
fn passes(rule: Rule, distance: u32, total: u32) -> bool {
    match rule {
        Rule::Hamming { max_distance } => distance <= max_distance,
        Rule::Dice {
            numerator,
            denominator,
        } => {
            let common = u64::from(total - distance) / 2;
            (total > 0 || numerator == 0)
                && 2 * common * u64::from(denominator) >= u64::from(numerator) * u64::from(total)
        }
    }
}

/// Reproducible words (SplitMix64).
fn words(seed: u64, count: usize) -> Vec<u64> {
    let mix = |mut z: u64| {
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    };
    (1..=count as u64)
        .map(|i| mix((seed << 32 | i).wrapping_mul(0x9e37_79b9_7f4a_7c15)))
        .collect()
}

/// Filters of which every fifth is like one of few others, with some bits wrong: `base` is shared by all sets.
fn alike(seed: u64, rows: usize, bits: usize) -> Vec<u64> {
    let width = bits / 64;
    let mut filters = words(seed, rows * width);
    for row in (0..rows).step_by(5) {
        let base = words(77 + row as u64 % 3, width);
        for (place, word) in filters[row * width..][..width].iter_mut().enumerate() {
            let noise = *word & word.rotate_left(9) & word.rotate_left(22);
            *word = base[place] ^ if place % 2 == row % 2 { noise } else { 0 };
        }
    }
    filters
}

fn ways() -> impl Iterator<Item = (Options, Cut)> {
    let levels = SimdLevel::ALL
        .into_iter()
        .filter(|level| level.is_available());
    let cuts = [(1, 1), (7, 50), (64, 1 << 20), (4_096, 1 << 20)];
    levels
        .zip([1, 2, 3, 0].into_iter().cycle())
        .flat_map(move |(simd, threads)| {
            cuts.map(|(tile_rows, held_matches)| {
                (
                    Options { threads, simd },
                    Cut {
                        tile_rows,
                        held_matches,
                    },
                )
            })
        })
}

/// Runs a join of one or two sets in every way, and compares.
fn check(sets: &[&[PackedSet]], rules: &[Rule], pairing: Pairing, sequential: Sequential) {
    let mut expected = Vec::new();
    for left in 0..sets.len() {
        for right in left..sets.len() {
            if pairing == Pairing::Everything || (left == right) == (pairing == Pairing::Within) {
                expected.push((
                    (left, right),
                    reference(sets[left], sets[right], rules, left == right),
                ));
            }
        }
    }
    for (options, cut) in ways() {
        let join = Join::new(sets, rules, pairing, sequential, options, cut).unwrap();
        let mut kept = Kept::default();
        assert_eq!(join.run(0, &Control::default(), &mut kept), Ok(()));
        let found: Vec<_> = expected
            .iter()
            .map(|(pair, _)| {
                let of_pair = kept
                    .matches
                    .iter()
                    .filter(|(tile, _)| (tile.left_set, tile.right_set) == *pair);
                (
                    *pair,
                    of_pair
                        .flat_map(|(_, matches)| matches.clone())
                        .collect::<Vec<_>>(),
                )
            })
            .collect();
        assert_eq!(found, expected, "{options:?} {cut:?} {rules:?}");
        assert_eq!(kept.done, join.tiles().collect::<Vec<_>>());
        assert_eq!(
            kept.progress.map_or(0, |progress| progress.done),
            join.comparisons()
        );
    }
}

/// Everything that a join delivers.
#[derive(Default)]
struct Kept {
    matches: Vec<(Tile, Vec<Match>)>,
    done: Vec<Tile>,
    progress: Option<Progress>,
    /// Says stop after that many tiles.
    tiles_wanted: Option<usize>,
}

impl Sink for Kept {
    fn matches(&mut self, tile: &Tile, matches: &[Match]) -> ControlFlow<()> {
        self.matches.push((tile.clone(), matches.to_vec()));
        ControlFlow::Continue(())
    }

    fn done(&mut self, tile: &Tile, progress: Progress) -> ControlFlow<()> {
        self.done.push(tile.clone());
        self.progress = Some(progress);
        if self.tiles_wanted == Some(self.done.len()) {
            ControlFlow::Break(())
        } else {
            ControlFlow::Continue(())
        }
    }
}

const DICE: Rule = Rule::Dice {
    numerator: 4,
    denominator: 5,
};

/// Sizes on both sides of every boundary: vectors, groups, blocks, phases.
#[test]
fn sizes_around_the_boundaries() {
    for bits in [64, 128, 192, 256, 320, 1024, 2048, 4096] {
        for (left, right) in [
            (0, 0),
            (0, 3),
            (3, 0),
            (1, 1),
            (63, 64),
            (64, 65),
            (65, 127),
            (66, 129),
            (2, 255),
            (3, 257),
            (1, 513),
        ] {
            let (a, b) = (alike(1, left, bits), alike(2, right, bits));
            let (a, b) = (
                [PackedSet::new(bits, &a).unwrap()],
                [PackedSet::new(bits, &b).unwrap()],
            );
            let near = Rule::Hamming {
                max_distance: bits as u32 / 5,
            };
            for rule in [
                DICE,
                near,
                Rule::Dice {
                    numerator: 1,
                    denominator: 2,
                },
                Rule::Hamming {
                    max_distance: bits as u32,
                },
            ] {
                check(&[&a, &b], &[rule], Pairing::Between, Sequential::Off);
            }
            check(&[&b], &[DICE], Pairing::Within, Sequential::Off);
        }
    }
}

/// More right records than are sorted together, and more left rows than a tile has.
#[test]
fn more_records_than_a_chunk() {
    let (a, b) = (alike(1, 90, 64), alike(2, crate::compare::CHUNK + 300, 64));
    let (a, b) = (
        [PackedSet::new(64, &a).unwrap()],
        [PackedSet::new(64, &b).unwrap()],
    );
    check(&[&a, &b], &[DICE], Pairing::Between, Sequential::Off);
    check(
        &[&a, &b],
        &[Rule::Hamming { max_distance: 9 }],
        Pairing::Between,
        Sequential::Off,
    );
}

#[test]
fn several_sets_and_several_filters() {
    let sizes = [130, 1, 0, 67];
    let one: Vec<Vec<u64>> = sizes
        .iter()
        .zip(1..)
        .map(|(rows, seed)| alike(seed, *rows, 256))
        .collect();
    let other: Vec<Vec<u64>> = sizes
        .iter()
        .zip(11..)
        .map(|(rows, seed)| alike(seed, *rows, 128))
        .collect();
    let sets: Vec<[PackedSet; 2]> = one
        .iter()
        .zip(&other)
        .map(|(x, y)| {
            [
                PackedSet::new(256, x).unwrap(),
                PackedSet::new(128, y).unwrap(),
            ]
        })
        .collect();
    let sets: Vec<&[PackedSet]> = sets.iter().map(<[PackedSet; 2]>::as_slice).collect();
    for pairing in [Pairing::Between, Pairing::Within, Pairing::Everything] {
        check(
            &sets,
            &[DICE, Rule::Hamming { max_distance: 40 }],
            pairing,
            Sequential::Off,
        );
    }
}

/// Filters that are long, and far apart unless they are alike: the plan folds them, and nothing is lost.
#[test]
fn folded_scans_lose_nothing() {
    for bits in [512, 1024] {
        let (a, b) = (alike(1, 500, bits), alike(2, 600, bits));
        let (a, b) = (
            [PackedSet::new(bits, &a).unwrap()],
            [PackedSet::new(bits, &b).unwrap()],
        );
        let sets: [&[PackedSet]; 2] = [&a, &b];
        let near = Rule::Hamming {
            max_distance: bits as u32 / 20,
        };
        let join = Join::new(
            &sets,
            &[near],
            Pairing::Between,
            Sequential::Off,
            Options::default(),
            Cut::default(),
        )
        .unwrap();
        assert!(
            join.scanned_bits()[0][0] < bits,
            "there is something to fold"
        );
        check(&sets, &[near], Pairing::Between, Sequential::Off);
        check(
            &sets,
            &[near],
            Pairing::Between,
            Sequential::Exact { key: [1, 2, 3, 4] },
        );
        let order = most_telling([&a[0], &b[0]]);
        assert_eq!(Fold::balanced(&order, 3).words(), 3);
    }
}

/// Pairs at the limit exactly, which are the likeliest to be lost: about as many are as the computed probability says, the same ones in every
/// way of running.
#[test]
fn a_bounded_test_loses_what_it_says() {
    let (bits, distance, rows) = (2048_usize, 870_u32, 400_usize);
    let strangers = words(5, rows * 32);
    let mut partners = strangers.clone();
    for (row, words) in partners.chunks_exact_mut(32).enumerate() {
        // Turn over 870 bits, others in each row.
        let mut places: Vec<usize> = (0..bits).collect();
        for (place, draw) in self::words(900 + row as u64, distance as usize)
            .into_iter()
            .enumerate()
        {
            let other = place + (draw % (bits - place) as u64) as usize;
            places.swap(place, other);
        }
        for place in &places[..distance as usize] {
            words[place / 64] ^= 1 << (place % 64);
        }
    }
    let (a, b) = (
        [PackedSet::new(bits, &strangers).unwrap()],
        [PackedSet::new(bits, &partners).unwrap()],
    );
    let sets: [&[PackedSet]; 2] = [&a, &b];
    let rule = Rule::Hamming {
        max_distance: distance,
    };
    let mut lost = 0;
    let mut promised = 0.0;
    for key in 0..10 {
        let sequential = Sequential::Bounded {
            key: [key, 1, 2, 3],
            dismissal: 0.02,
        };
        let mut all = Vec::new();
        for (options, cut) in ways().step_by(3) {
            let join =
                Join::new(&sets, &[rule], Pairing::Between, sequential, options, cut).unwrap();
            promised = join.dismissal();
            assert!(promised > 0.0 && promised <= 0.02);
            assert!(join.scanned_bits()[0][0] < bits);
            let mut matches: Vec<Match> = Vec::new();
            assert_eq!(join.run(0, &Control::default(), &mut matches), Ok(()));
            all.push(matches);
        }
        assert!(
            all.iter().all(|matches| *matches == all[0]),
            "the same ones whatever the way"
        );
        lost += rows - all[0].iter().filter(|pair| pair.left == pair.right).count();
    }
    let expected = promised * 10.0 * rows as f64;
    assert!(
        (lost as f64 - expected).abs() < 5.0 * expected.sqrt(),
        "{lost} lost, {expected} expected"
    );

    // With what is promised by default, none of these is lost.
    let sequential = Sequential::Bounded {
        key: [9; 4],
        dismissal: DEFAULT_DISMISSAL,
    };
    let join = Join::new(
        &sets,
        &[rule],
        Pairing::Between,
        sequential,
        Options::default(),
        Cut::default(),
    )
    .unwrap();
    let mut matches: Vec<Match> = Vec::new();
    assert_eq!(join.run(0, &Control::default(), &mut matches), Ok(()));
    assert_eq!(matches, reference(&a, &b, &[rule], false));
    assert!(join.dismissal() <= DEFAULT_DISMISSAL);
    let seen = join.scanned_bits()[0][0] as u32;
    assert!(dismissal_probability(bits as u32, distance, seen, seen) == 0.0);
}

#[test]
fn a_stopped_join_goes_on_where_it_was() {
    let (a, b) = (alike(1, 100, 128), alike(2, 70, 128));
    let (a, b) = (
        [PackedSet::new(128, &a).unwrap()],
        [PackedSet::new(128, &b).unwrap()],
    );
    let sets: [&[PackedSet]; 2] = [&a, &b];
    let cut = Cut {
        tile_rows: 30,
        held_matches: 20,
    };
    let join = Join::new(
        &sets,
        &[DICE],
        Pairing::Everything,
        Sequential::Off,
        Options::default(),
        cut,
    )
    .unwrap();
    let mut whole = Kept::default();
    assert_eq!(join.run(0, &Control::default(), &mut whole), Ok(()));
    for tiles in 1..whole.done.len() {
        let mut kept = Kept {
            tiles_wanted: Some(tiles),
            ..Kept::default()
        };
        let stopped = join.run(0, &Control::default(), &mut kept);
        assert_eq!(stopped, Err(Stopped { tile: tiles as u64 }));
        kept.tiles_wanted = None;
        assert_eq!(
            join.run(tiles as u64, &Control::default(), &mut kept),
            Ok(())
        );
        assert_eq!(
            (kept.done, kept.progress),
            (whole.done.clone(), whole.progress)
        );
        let flat = |kept: &[(Tile, Vec<Match>)]| {
            kept.iter()
                .flat_map(|(_, matches)| matches.clone())
                .collect::<Vec<_>>()
        };
        assert_eq!(flat(&kept.matches), flat(&whole.matches));
    }
    let control = Control::default();
    control.cancel();
    let mut nothing = Kept::default();
    assert_eq!(
        join.run(2, &control, &mut nothing),
        Err(Stopped { tile: 2 })
    );
    assert!(nothing.matches.is_empty());
}

#[test]
fn sets_that_do_not_fit_are_refused() {
    let words = [0; 8];
    let (short, long) = (
        [PackedSet::new(64, &words).unwrap()],
        [PackedSet::new(128, &words).unwrap()],
    );
    let uneven = [
        PackedSet::new(64, &words).unwrap(),
        PackedSet::new(128, &words).unwrap(),
    ];
    let join = |sets: &[&[PackedSet]], rules: &[Rule], sequential| {
        Join::new(
            sets,
            rules,
            Pairing::Between,
            sequential,
            Options::default(),
            Cut::default(),
        )
        .err()
    };
    assert_eq!(
        join(&[&short, &long], &[DICE], Sequential::Off),
        Some(JoinError::Bits(64, 128))
    );
    assert_eq!(
        join(&[&short], &[], Sequential::Off),
        Some(JoinError::Filters(0))
    );
    assert_eq!(
        join(&[&short], &[DICE, DICE], Sequential::Off),
        Some(JoinError::Filters(1))
    );
    assert_eq!(
        join(&[&uneven], &[DICE, DICE], Sequential::Off),
        Some(JoinError::Rows(8, 4))
    );
    let nothing = Rule::Dice {
        numerator: 0,
        denominator: 0,
    };
    assert_eq!(
        join(&[&short], &[nothing], Sequential::Off),
        Some(JoinError::Denominator)
    );
    for dismissal in [0.0, 1.0, f64::NAN] {
        let sequential = Sequential::Bounded {
            key: [0; 4],
            dismissal,
        };
        assert_eq!(
            join(&[&short], &[DICE], sequential),
            Some(JoinError::Dismissal)
        );
    }
}

/// Bits, and words of two sets, sparse and dense, so that counts and distances spread widely.
fn two_sets() -> impl Strategy<Value = (usize, Vec<u64>, Vec<u64>)> {
    (1_usize..5, 0_usize..70, 0_usize..140).prop_flat_map(|(width, left, right)| {
        let word = prop_oneof![
            Just(0_u64),
            Just(u64::MAX),
            any::<u64>(),
            any::<u64>().prop_map(|word| word & (word >> 7) & (word >> 13))
        ];
        let left = proptest::collection::vec(word.clone(), width * left);
        (
            Just(width * 64),
            left,
            proptest::collection::vec(word, width * right),
        )
    })
}

fn rule() -> impl Strategy<Value = Rule> {
    prop_oneof![
        (0_u32..260).prop_map(|max_distance| Rule::Hamming { max_distance }),
        (0_u32..12, 1_u32..11).prop_map(|(numerator, denominator)| Rule::Dice {
            numerator,
            denominator
        })
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn joins_equal_the_reference((bits, a, b) in two_sets(), rule in rule()) {
        let (a, b) = ([PackedSet::new(bits, &a).unwrap()], [PackedSet::new(bits, &b).unwrap()]);
        check(&[&a, &b], &[rule], Pairing::Everything, Sequential::Off);
        check(&[&a, &b], &[rule], Pairing::Between, Sequential::Exact { key: [7; 4] });
    }

    #[test]
    fn the_nearest_are_the_first_of_all((bits, a, b) in two_sets(), rule in rule(), most in 0_usize..6, itself in any::<bool>()) {
        let a = PackedSet::new(bits, &a).unwrap();
        let b = if itself { a } else { PackedSet::new(bits, &b).unwrap() };
        let mut expected = Vec::new();
        for row in 0..a.len() as u32 {
            let mut others: Vec<Match> = reference(&[a], &[b], &[rule], false)
                .into_iter()
                .filter(|pair| pair.left == row && !(itself && pair.right == row))
                .collect();
            others.sort_by(|x, y| {
                let by_similarity = match rule {
                    Rule::Hamming { .. } => x.distance.cmp(&y.distance),
                    Rule::Dice { .. } => (y.intersection() * x.total.max(1)).cmp(&(x.intersection() * y.total.max(1))),
                };
                by_similarity.then(x.right.cmp(&y.right))
            });
            others.truncate(most);
            expected.append(&mut others);
        }
        for (options, _) in ways().step_by(4) {
            let mut found: Vec<Match> = Vec::new();
            let finished = nearest(&a, &b, rule, most, itself, &options, 0, &Control::default(), &mut found);
            prop_assert_eq!(finished, Ok(Ok(())));
            prop_assert_eq!(&found, &expected);
        }
    }
}
