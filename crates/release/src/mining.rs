//! Pattern mining: columns of a filter that are always set together are the positions of a token, and the commonest such set is the
//! commonest token. No key and no known person are needed.
//!
//! After Christen, Vidanage, Ranbaduge and Schnell, "Pattern-mining based cryptanalysis of Bloom filters for privacy-preserving record
//! linkage" (PAKDD 2018), and Vidanage and others (ICDE 2019):
//!
//! 1. columns are grown into sets that as many records as possible have in full, in all records and in the parts with and without a
//!    token that was found already;
//! 2. a set is given the listed token that as many people have, alone and together with the tokens found before;
//! 3. records are named by the tokens that they are seen to have; and whoever is surely named teaches the positions of more tokens: those
//!    that are set in all records of the people who have a token. This goes on while more are named.
//!
//! Of plain filters it names nearly everybody. Diffusion leaves no set of columns that goes together: each released bit is the exclusive-or of
//! several positions of different tokens.

use rayon::prelude::*;

use crate::draws::Draws;
use crate::file::View;
use crate::known::{Named, Pick, counts, judge};
use crate::scene::{NOBODY, Scene};

/// Fewest records that a set of columns must have in common: of fewer, columns that are alike by chance pass for a set.
const RECORDS_MIN: usize = 30;
/// Fewest columns of a set.
const COLUMNS_MIN: usize = 12;
/// Columns that sets are grown from in each part, the fullest first, and most columns that one is grown by.
const STARTS: usize = 1024;
const GROWTH_MAX: usize = 16;
/// A column that more of a part's records have is of no token alone.
const COMMON: f64 = 0.97;
/// Tokens whose parts, with and without them, are mined once more.
const PARTS: usize = 4;
/// Most people of the list by which two counts may differ, as a share, and still be one token's.
const COUNT_TOLERANCE: f64 = 0.02;
/// Rounds in which named records teach more tokens.
const ROUNDS: usize = 12;
/// Fewest named people with a token before its positions are read from their records.
const TEACHERS_MIN: usize = 6;
/// Most of these: more of them do not make it surer.
const TEACHERS_MAX: usize = 40;
/// A record is believed to be somebody's who is ahead of the next by so many tokens.
const BELIEVED: f64 = 4.0;

/// What mining a filter gave.
#[derive(Clone, Debug, PartialEq)]
pub struct Mined {
    /// Sets of columns that were found.
    pub sets: usize,
    /// Tokens whose positions were known in the end.
    pub tokens: usize,
    /// Whom that named.
    pub named: Named,
}

/// Mines one filter of a scene.
pub fn attack(scene: &Scene, view: &View, draws: &mut Draws) -> Mined {
    let columns = Columns::new(view, scene.records);
    let list = List::new(view);
    let found = mine(&columns, &list);
    let sets = found.len();
    let mut seen: Vec<Option<Rows>> = vec![None; view.vocabulary];
    for (token, rows) in found {
        seen[token] = Some(rows);
    }
    let mut picks = Vec::new();
    for _ in 0..ROUNDS {
        picks = rank(&seen, &list, scene, draws);
        let before = seen.iter().flatten().count();
        learn(&mut seen, &picks, &columns, &list);
        if seen.iter().flatten().count() == before {
            break;
        }
    }
    picks.retain(|pick| counts(scene, pick.row));
    Mined {
        sets,
        tokens: seen.iter().flatten().count(),
        named: judge(scene, &picks, &[]),
    }
}

/// A set of records, one bit each.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rows(Vec<u64>);

impl Rows {
    fn all(records: usize) -> Self {
        let mut rows = vec![u64::MAX; records.div_ceil(64)];
        if let Some(last) = rows.last_mut()
            && !records.is_multiple_of(64)
        {
            *last = (1 << (records % 64)) - 1;
        }
        Self(rows)
    }

    fn count(&self) -> usize {
        self.0.iter().map(|word| word.count_ones() as usize).sum()
    }

    fn count_with(&self, other: &Self) -> usize {
        let words = self.0.iter().zip(&other.0);
        words.map(|(a, b)| (a & b).count_ones() as usize).sum()
    }

    fn and(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & b).collect())
    }

    fn without(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(a, b)| a & !b).collect())
    }

    fn has(&self, row: usize) -> bool {
        self.0[row / 64] >> (row % 64) & 1 == 1
    }
}

/// For each released bit the records that have it.
struct Columns {
    rows: Vec<Rows>,
    records: usize,
}

impl Columns {
    fn new(view: &View, records: usize) -> Self {
        let mut rows = vec![Rows(vec![0; records.div_ceil(64)]); view.bits];
        for row in 0..records {
            for (at, word) in view.row(row).iter().enumerate() {
                let mut left = *word;
                while left != 0 {
                    let bit = left.trailing_zeros() as usize;
                    rows[at * 64 + bit].0[row / 64] |= 1 << (row % 64);
                    left &= left - 1;
                }
            }
        }
        Self { rows, records }
    }

    /// Grows a column into the set of columns that go with it in a part of the records, and gives the records that have them all. `shares`
    /// has the share of the part's records that have each column: those that go with the set more often than that are taken.
    fn grow(&self, part: &Rows, shares: &[f64], start: usize) -> Option<Rows> {
        let mut now = part.and(&self.rows[start]);
        let mut used = vec![start];
        for _ in 0..GROWTH_MAX {
            let size = now.count();
            if size < RECORDS_MIN {
                return None;
            }
            let counts: Vec<usize> = self.rows.iter().map(|own| now.count_with(own)).collect();
            // Those that the set was grown by are not all of the token, and what nearly all records have is of no token alone.
            let of_itself =
                |at: &usize| counts[*at] == size && shares[*at] < COMMON && !used.contains(at);
            let own: Vec<usize> = (0..counts.len()).filter(of_itself).collect();
            if own.len() >= COLUMNS_MIN {
                let rows = own
                    .iter()
                    .fold(part.clone(), |rows, at| rows.and(&self.rows[*at]));
                return Some(rows);
            }
            let size = size as f64;
            let surprise = |at: usize| {
                let share = shares[at];
                let spread = libm::sqrt((size * share * (1.0 - share)).max(1e-9));
                (counts[at] as f64 - size * share) / spread
            };
            // What all of them have tells nothing more.
            let next = (0..counts.len())
                .filter(|at| (counts[*at] as f64) < size && shares[*at] < COMMON)
                .max_by(|a, b| surprise(*a).total_cmp(&surprise(*b)).then(b.cmp(a)))?;
            used.push(next);
            now = now.and(&self.rows[next]);
        }
        None
    }
}

/// The list by its tokens.
struct List {
    /// For each token the people who have it.
    people: Vec<Vec<u32>>,
    /// For each person the number of tokens.
    tokens: Vec<Vec<u32>>,
    /// The people of each token once more, as a set.
    sets: Vec<Rows>,
}

impl List {
    fn new(view: &View) -> Self {
        let mut people = vec![Vec::new(); view.vocabulary];
        let mut sets = vec![Rows(vec![0; view.tokens.len().div_ceil(64)]); view.vocabulary];
        let mut tokens = Vec::new();
        for (person, own) in view.tokens.iter().enumerate() {
            let own: Vec<u32> = own.iter().flatten().map(|(token, _)| *token).collect();
            for token in &own {
                people[*token as usize].push(person as u32);
                sets[*token as usize].0[person / 64] |= 1 << (person % 64);
            }
            tokens.push(own);
        }
        Self {
            people,
            tokens,
            sets,
        }
    }
}

/// Sets of columns with the tokens that they are taken for, by their records.
fn mine(columns: &Columns, list: &List) -> Vec<(usize, Rows)> {
    let all = Rows::all(columns.records);
    let mut found: Vec<(usize, Rows)> = Vec::new();
    explain(mine_part(columns, &all), list, &mut found);
    let first: Vec<Rows> = found
        .iter()
        .take(PARTS)
        .map(|(_, rows)| rows.clone())
        .collect();
    let parts: Vec<Rows> = first
        .iter()
        .flat_map(|rows| [rows.clone(), all.without(rows)])
        .collect();
    // In a part a set shows only its records there; those of the whole file have the same columns.
    let more: Vec<Vec<Rows>> = parts
        .par_iter()
        .map(|part| mine_part(columns, part))
        .collect();
    let mut whole: Vec<Rows> = more.into_iter().flatten().collect();
    whole.sort_unstable();
    whole.dedup();
    explain(whole, list, &mut found);
    found
}

/// The records of the sets that are found in a part: those of the whole file that have all columns of a set.
fn mine_part(columns: &Columns, part: &Rows) -> Vec<Rows> {
    let size = part.count();
    if size < RECORDS_MIN {
        return Vec::new();
    }
    let mut order: Vec<(usize, usize)> = (0..columns.rows.len())
        .map(|at| (part.count_with(&columns.rows[at]), at))
        // What all have tells nothing.
        .filter(|(count, _)| *count < size)
        .collect();
    order.sort_by_key(|(count, at)| (usize::MAX - count, *at));
    let all = Rows::all(columns.records);
    let shares: Vec<f64> = columns
        .rows
        .iter()
        .map(|own| part.count_with(own) as f64 / size as f64)
        .collect();
    let mut sets: Vec<Rows> = Vec::new();
    let mut is_used = vec![false; columns.rows.len()];
    let mut tries = 0;
    for (_, start) in order {
        if is_used[start] || tries == STARTS {
            continue;
        }
        tries += 1;
        let Some(rows) = columns.grow(part, &shares, start) else {
            continue;
        };
        // Nearly all: some may have the first columns by chance and not the rest.
        let count = rows.count();
        let mut whole = all.clone();
        for (own, used) in columns.rows.iter().zip(&mut is_used) {
            if rows.count_with(own) * 64 >= count * 63 {
                whole = whole.and(own);
                *used = true;
            }
        }
        sets.push(whole);
    }
    sets.sort_unstable();
    sets.dedup();
    sets
}

/// Gives sets the tokens that as many people have, alone and together with each token found before. The commonest first.
fn explain(mut sets: Vec<Rows>, list: &List, found: &mut Vec<(usize, Rows)>) {
    sets.sort_by_key(|rows| (usize::MAX - rows.count(), rows.clone()));
    for rows in sets {
        let count = rows.count();
        if found.iter().any(|(_, own)| *own == rows) || count < RECORDS_MIN {
            continue;
        }
        let near =
            |a: usize, b: usize| a.abs_diff(b) as f64 <= COUNT_TOLERANCE * a.max(b) as f64 + 1.0;
        let mut best: Option<(usize, usize)> = None;
        let mut tie = false;
        for token in 0..list.people.len() {
            if !near(list.people[token].len(), count) || found.iter().any(|(own, _)| *own == token)
            {
                continue;
            }
            let mut apart = list.people[token].len().abs_diff(count);
            let mut fits = true;
            for (own, own_rows) in found.iter() {
                let (seen, listed) = (
                    rows.count_with(own_rows),
                    list.sets[token].count_with(&list.sets[*own]),
                );
                fits &= near(seen, listed);
                apart += seen.abs_diff(listed);
            }
            if !fits {
                continue;
            }
            match best {
                Some((_, least)) if apart > least => {}
                // People with the very same tokens are told apart by none: either is right.
                Some((other, least)) if apart == least => {
                    tie |= list.sets[token] != list.sets[other];
                }
                _ => (best, tie) = (Some((token, apart)), false),
            }
        }
        if let Some((token, _)) = best.filter(|_| !tie) {
            found.push((token, rows));
        }
    }
}

/// For each record the person whose tokens are most nearly those that it is seen to have.
fn rank(seen: &[Option<Rows>], list: &List, scene: &Scene, draws: &mut Draws) -> Vec<Pick> {
    let known: Vec<usize> = (0..seen.len())
        .filter(|token| seen[*token].is_some())
        .collect();
    // Of those who fit alike the first by lot.
    let order = draws.order(scene.people);
    let is_seen = |token: &&u32| seen[**token as usize].is_some();
    let own: Vec<f64> = list
        .tokens
        .iter()
        .map(|tokens| tokens.iter().filter(is_seen).count() as f64)
        .collect();
    let best: Vec<(u32, f64, f64)> = (0..scene.records)
        .into_par_iter()
        .map(|row| {
            if known.is_empty() {
                return (NOBODY, 0.0, 0.0);
            }
            let mut common = vec![0u32; scene.people];
            for token in &known {
                if seen[*token].as_ref().is_some_and(|rows| rows.has(row)) {
                    for person in &list.people[*token] {
                        common[*person as usize] += 1;
                    }
                }
            }
            let mut best = (NOBODY, f64::NEG_INFINITY, f64::NEG_INFINITY);
            for person in &order {
                if !scene.can_be(row as u32, *person) {
                    continue;
                }
                // Tokens in both, less those that are on one side alone; the record's number is the same for everybody.
                let score = 3.0 * f64::from(common[*person as usize]) - own[*person as usize];
                if score > best.1 {
                    best = (*person, score, best.1);
                } else {
                    best.2 = best.2.max(score);
                }
            }
            best
        })
        .collect();
    let mut best_row: Vec<(f64, u32)> = vec![(f64::NEG_INFINITY, NOBODY); scene.people];
    for (row, (person, score, _)) in best.iter().enumerate() {
        if *person != NOBODY && *score > best_row[*person as usize].0 {
            best_row[*person as usize] = (*score, row as u32);
        }
    }
    let pick = |(row, (person, score, second)): (usize, &(u32, f64, f64))| Pick {
        row: row as u32,
        candidate: *person,
        ahead: score - second,
        mutual: *person != NOBODY && best_row[*person as usize].1 == row as u32,
    };
    best.iter().enumerate().map(pick).collect()
}

/// Reads the positions of more tokens from the records of those who are surely named.
fn learn(seen: &mut [Option<Rows>], picks: &[Pick], columns: &Columns, list: &List) {
    let mut row_of = vec![NOBODY; list.tokens.len()];
    for pick in picks
        .iter()
        .filter(|pick| pick.mutual && pick.ahead >= BELIEVED)
    {
        row_of[pick.candidate as usize] = pick.row;
    }
    let learnt: Vec<Option<Rows>> = (0..seen.len())
        .into_par_iter()
        .map(|token| {
            let teachers: Vec<u32> = list.people[token]
                .iter()
                .map(|person| row_of[*person as usize])
                .filter(|row| *row != NOBODY)
                .take(TEACHERS_MAX)
                .collect();
            if teachers.len() < TEACHERS_MIN {
                return None;
            }
            let in_all = |own: &&Rows| {
                // One in ten may be named wrongly.
                let lack = teachers
                    .iter()
                    .filter(|row| !own.has(**row as usize))
                    .count();
                lack * 10 <= teachers.len()
            };
            let own: Vec<&Rows> = columns.rows.iter().filter(in_all).collect();
            (own.len() >= COLUMNS_MIN).then(|| {
                own.iter()
                    .fold(Rows::all(columns.records), |rows, own| rows.and(own))
            })
        })
        .collect();
    for (seen, learnt) in seen.iter_mut().zip(learnt) {
        if learnt.is_some() {
            *seen = learnt;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;
    use crate::scene::ListQuality;

    const SEED: [u8; 32] = [12; 32];

    fn mined(people: usize, diffusion: usize, threads: usize) -> Mined {
        let file = made_up::people(people, 12).coded(&SEED, diffusion);
        let scene = Scene::draw(&file, ListQuality::EXACT, &SEED);
        let mut draws = Draws::new(&SEED, "test");
        rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .build()
            .unwrap()
            .install(|| attack(&scene, &scene.views[0], &mut draws))
    }

    #[test]
    fn sets_of_rows() {
        let all = Rows::all(70);
        assert_eq!((all.count(), all.0.len()), (70, 2));
        let some = Rows(vec![0b1011, 1]);
        assert_eq!(all.without(&some).count(), 66);
        assert_eq!(all.and(&some), some);
        assert!(some.has(64) && some.has(3) && !some.has(2));
        assert_eq!(Rows::all(64).count(), 64);
    }

    /// Two tokens, of 60 and 40 of 100 people, on columns of their own, and columns that are set by lot.
    #[test]
    fn the_columns_of_a_token_are_found() {
        let mut draws = Draws::new(&[1; 32], "columns");
        let tokens: Vec<Option<Vec<(u32, u16)>>> = (0..100)
            .map(|person| {
                let mut own = Vec::new();
                if person < 60 {
                    own.push((0, 20));
                }
                if person >= 60 {
                    own.push((1, 20));
                }
                Some(own)
            })
            .collect();
        let mut codes = Vec::new();
        for person in 0..100 {
            let mut word = draws.word() & !0xff_ffff_ffff;
            word |= if person < 60 {
                0xf_ffff
            } else {
                0xff_fff0_0000
            };
            codes.push(word);
        }
        let view = View {
            id: "test".to_owned(),
            bits: 64,
            inner_bits: 64,
            diffusion: 0,
            codes,
            tokens,
            withheld: Vec::new(),
            vocabulary: 2,
        };
        let found = mine(&Columns::new(&view, 100), &List::new(&view));
        let sizes: Vec<(usize, usize)> = found
            .iter()
            .map(|(token, rows)| (*token, rows.count()))
            .collect();
        assert_eq!(sizes, [(0, 60), (1, 40)]);
        assert!((0..60).all(|row| found[0].1.has(row)));
    }

    #[test]
    fn plain_filters_are_read_and_diffused_ones_are_not() {
        let plain = mined(1_000, 0, 2);
        assert!(plain.named.all.unwrap().share > 0.9, "{plain:?}");
        let diffused = mined(1_000, 6, 2);
        assert_eq!((diffused.sets, diffused.tokens), (0, 0));
        assert_eq!(diffused.named.all.unwrap().hits, 0);
    }

    #[test]
    fn threads_change_nothing() {
        assert_eq!(mined(500, 0, 1), mined(500, 0, 3));
    }
}
