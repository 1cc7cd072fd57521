//! From drafts to rows: what is held back taken out, gaps filled with random tokens, everything sorted.

use kinfold_schema::{CodeTable, HOUSEHOLD_NONE, HouseholdKey, NO_MONTH, Schema, Token};

use crate::Error;
use crate::diffusion::{ROWS, Scratch};
use crate::draft::Draft;
use crate::entry::Half;
use crate::kept::Kept;
use crate::report::KeyCount;
use crate::settle::Presence;
use crate::worker::Shared;

/// The rows of a pile, and what became of their values.
pub(crate) struct Finished {
    pub table: CodeTable,
    pub keys: Vec<KeyCount>,
    pub household_keys: usize,
    pub household_keys_crowded: usize,
    /// Rows whose filters are not released, each with the record's lasting reference.
    bare: Vec<(usize, [u8; 16])>,
    room: Room,
}

/// Working memory, kept from record to record.
#[derive(Default)]
struct Room {
    row: Vec<aes::Block>,
    dummies: Vec<aes::Block>,
    /// The places of a row that have no value.
    gaps: Vec<usize>,
    kept: Kept,
}

impl Finished {
    /// No rows yet.
    pub(crate) fn new(schema: &Schema, partners: &[String]) -> Self {
        Self {
            table: CodeTable::empty(schema, partners),
            keys: schema
                .keys
                .iter()
                .map(|key| KeyCount::new(key.recipe.to_string()))
                .collect(),
            household_keys: 0,
            household_keys_crowded: 0,
            bare: Vec::new(),
            room: Room::default(),
        }
    }

    /// Makes room for so many rows.
    pub(crate) fn reserve(&mut self, shared: &Shared, rows: usize) {
        let table = &mut self.table;
        table.record_ref.reserve(rows);
        table.flags.reserve(rows);
        table.presence.reserve(rows);
        for (filter, column) in shared.filters.iter().zip(&mut table.filters) {
            column.words.reserve(rows * filter.words);
        }
        table
            .keys
            .reserve(rows * shared.key_slots * shared.partners.len());
        table
            .household
            .reserve(rows * shared.schema.household_slots());
    }

    /// Finishes the drafts of a pile and puts them after the rows there are.
    pub(crate) fn add_pile(
        &mut self,
        shared: &Shared,
        pile: usize,
        drafts: &[u8],
        kept: &[u8],
        notices: &[u8],
        presence: &Presence,
    ) -> Result<(), Error> {
        let mut rest = drafts;
        let drafts: Vec<Draft<'_>> =
            std::iter::from_fn(|| Draft::next(&mut rest, shared.shape)).collect();
        let mut known = std::mem::take(&mut self.room.kept);
        known.read(kept, notices, presence.records_of(pile), &drafts);
        let mut order: Vec<(u128, u32)> = drafts
            .iter()
            .zip(0..)
            .map(|(draft, place)| (u128::from_be_bytes(*draft.record_ref()), place))
            .collect();
        order.sort_unstable();
        if order.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            return Err(Error::SameReference);
        }
        for (_, place) in order {
            let draft = drafts[place as usize];
            let number = draft.number();
            if known.is_bare(number) {
                self.bare.push((self.table.len(), *draft.lasting_ref()));
            }
            let table = &mut self.table;
            table.record_ref.push(*draft.record_ref());
            table.flags.push(draft.flags());
            table.presence.push(presence.of(pile, number as usize));
            let mut words = draft.words();
            for (filter, column) in shared.filters.iter().zip(&mut table.filters) {
                let (own, rest) = words.split_at(filter.words);
                column
                    .words
                    .extend(own.iter().map(|bytes| u64::from_le_bytes(*bytes)));
                words = rest;
            }
            self.values(shared, &draft, &known);
            self.homes(shared, &draft, |home| known.is_crowded(number, home));
        }
        self.room.kept = known;
        Ok(())
    }

    /// Puts random bits in place of the filters of those who are shown in a larger home: the same bits that the record would have if it lacked what
    /// its filters require. Gives their number.
    pub(crate) fn blank_filters(&mut self, shared: &Shared) -> usize {
        let (mut inner, mut released) = (Vec::new(), Vec::new());
        let mut scratch = Scratch::default();
        for rows in self.bare.chunks(ROWS) {
            for (filter, column) in shared.filters.iter().zip(&mut self.table.filters) {
                inner.clear();
                inner.resize(rows.len() * filter.inner_words, 0);
                let words = inner.chunks_exact_mut(filter.inner_words);
                for (words, (_, lasting_ref)) in words.zip(rows) {
                    filter.random(lasting_ref, words);
                }
                let blank = if let Some(diffusion) = &filter.diffusion {
                    released.resize(rows.len() * filter.words, 0);
                    diffusion.apply(&inner, &mut released, &mut scratch);
                    &released
                } else {
                    &inner
                };
                for (words, (row, _)) in blank.chunks_exact(filter.words).zip(rows) {
                    column.words[row * filter.words..][..filter.words].copy_from_slice(words);
                }
            }
        }
        self.bare.len()
    }

    fn values(&mut self, shared: &Shared, draft: &Draft<'_>, known: &Kept) {
        let number = draft.number();
        let row = &mut self.room.row;
        let width = shared.key_slots;
        let sets = shared.partners.len();
        row.resize(width * sets, aes::Block::default());
        let gaps = &mut self.room.gaps;
        gaps.clear();
        let tokens = Tokens {
            first: known.halves(number, draft.values_len()),
            second: draft.second_halves(),
            more: (0..sets - 1).map(|set| draft.more_tokens(set)).collect(),
        };
        let (mut place, mut slot) = (0, 0);
        for ((slots, count), &values) in shared.slots.iter().zip(&mut self.keys).zip(draft.counts())
        {
            let (values, first) = (usize::from(values), place);
            place += values;
            slot += slots;
            if values == 0 {
                gaps.extend(slot - slots..slot);
                continue;
            }
            let own = &mut row[slot - slots..];
            let (released, kept) = if values <= u64::BITS as usize {
                let free = known.among(number, first) & (u64::MAX >> (64 - values));
                let released = free.count_ones() as usize;
                let kept = released.min(*slots);
                release(own, width, &tokens, first, free, kept);
                (released, kept)
            } else {
                let later = values - 64;
                let free = known.among(number, first);
                let more = known.among(number, first + 64) & (u64::MAX >> (64 - later));
                let before = (free.count_ones() as usize).min(*slots);
                let released = (free.count_ones() + more.count_ones()) as usize;
                let kept = released.min(*slots);
                release(own, width, &tokens, first, free, before);
                release(
                    &mut own[before..],
                    width,
                    &tokens,
                    first + 64,
                    more,
                    kept - before,
                );
                (released, kept)
            };
            gaps.extend(slot - slots + kept..slot);
            count.values += values;
            count.shared += values - released;
            count.released += kept;
            count.beyond_slots += released - kept;
        }
        // The random token of a place is the same in every period, so that what changes between two looks like a value that changed.
        let dummies = &mut self.room.dummies;
        let first_gaps = gaps.len();
        for set in 1..sets {
            for gap in 0..first_gaps {
                gaps.push(set * width + gaps[gap]);
            }
        }
        shared
            .dummies
            .make(draft.lasting_ref(), gaps.iter().copied(), dummies);
        for (&gap, dummy) in gaps.iter().zip(dummies) {
            row[gap] = *dummy;
        }
        // Tokens look random, so once sorted their order tells nothing about which are real, nor, in a pool, of which kind. That holds only
        // when random ones alone are sorted too.
        let mut rest = row.as_slice();
        for _ in 0..sets {
            for slots in &shared.pools {
                let (own, later) = rest.split_at(*slots);
                sorted(own, &mut self.table.keys);
                rest = later;
            }
        }
    }

    fn homes(&mut self, shared: &Shared, draft: &Draft<'_>, is_crowded: impl Fn(usize) -> bool) {
        let slots = shared.schema.household_slots();
        let household = &mut self.table.household;
        let start = household.len();
        for (place, home) in draft.homes().enumerate() {
            if is_crowded(place) {
                self.household_keys_crowded += 1;
            } else if household.len() < start + slots {
                household.push(home);
                self.household_keys += 1;
            }
        }
        let own = household.len() - start;
        let dummies = &mut self.room.dummies;
        shared
            .household_dummies
            .make(draft.lasting_ref(), own..slots, dummies);
        household.extend(dummies.iter().map(|token| HouseholdKey {
            token: (*token).into(),
            kind: HOUSEHOLD_NONE,
            from: NO_MONTH,
            to: NO_MONTH,
        }));
        // As `HouseholdKey` is ordered, but compared as numbers.
        household[start..].sort_unstable_by_key(|key| {
            (u128::from_be_bytes(key.token), key.kind, key.from, key.to)
        });
    }
}

/// The tokens of a record's values.
struct Tokens<'a> {
    /// Of the first set the first halves.
    first: &'a [Half],
    /// And the second ones.
    second: &'a [Half],
    /// The other sets.
    more: Vec<&'a [Token]>,
}

/// Puts the first `count` tokens that are free (a bit each, from a `first` value on) into a row, of each set in its own part of it.
#[inline]
fn release(
    row: &mut [aes::Block],
    width: usize,
    tokens: &Tokens<'_>,
    first: usize,
    mut free: u64,
    count: usize,
) {
    for place in 0..count {
        let value = first + free.trailing_zeros() as usize;
        free &= free - 1;
        let (own, rest) = row[place].split_at_mut(8);
        own.copy_from_slice(&tokens.first[value]);
        rest.copy_from_slice(&tokens.second[value]);
        for (set, tokens) in (1..).zip(&tokens.more) {
            row[set * width + place] = tokens[value].into();
        }
    }
}

/// Appends a few tokens in order.
fn sorted(tokens: &[aes::Block], out: &mut Vec<Token>) {
    match tokens.len() {
        1 => out.push(tokens[0].into()),
        2 => few::<2>(tokens, out),
        3 => few::<3>(tokens, out),
        4 => few::<4>(tokens, out),
        5 => few::<5>(tokens, out),
        6 => few::<6>(tokens, out),
        7 => few::<7>(tokens, out),
        8 => few::<8>(tokens, out),
        9..=128 => pool::<128, 256>(tokens, out),
        129..=HEADS => pool::<HEADS, { 2 * HEADS }>(tokens, out),
        _ => many(tokens, out),
    }
}

/// Most tokens that [`pool`] sorts.
const HEADS: usize = 256;

/// Sorts the tokens of a pool by their first 56 bits, each with its number behind them. Random tokens fall evenly into buckets by their first
/// bits, so after that hardly any two stand in the wrong order; comparing them one by one would mislead the processor each time.
fn pool<const N: usize, const BUCKETS: usize>(tokens: &[aes::Block], out: &mut Vec<Token>) {
    const NUMBER: u64 = HEADS as u64 - 1;
    // At least as many buckets as tokens, at most twice as many.
    let bits = usize::BITS - tokens.len().leading_zeros();
    let bucket = |head: u64| (head >> (u64::BITS - bits)) as usize % BUCKETS;
    let mut starts = [0u16; BUCKETS];
    let starts = &mut starts[..1 << bits];
    let mut heads = [0u64; N];
    let heads = &mut heads[..tokens.len()];
    for ((head, token), number) in heads.iter_mut().zip(tokens).zip(0..) {
        let first = u64::from_be_bytes(*token.first_chunk().expect("sixteen bytes"));
        *head = first & !NUMBER | number;
        starts[bucket(*head)] += 1;
    }
    let mut start = 0;
    for count in &mut *starts {
        let next = start + *count;
        *count = start;
        start = next;
    }
    let mut order = [0u64; N];
    let order = &mut order[..tokens.len()];
    for &head in &*heads {
        let place = &mut starts[bucket(head)];
        order[usize::from(*place)] = head;
        *place += 1;
    }
    for right in 1..order.len() {
        let head = order[right];
        let mut at = right;
        while at > 0 && order[at - 1] > head {
            order[at] = order[at - 1];
            at -= 1;
        }
        order[at] = head;
    }
    // Two tokens with 56 equal bits are one in 10^13.
    let mut alike = false;
    for (left, right) in order.iter().zip(&order[1..]) {
        alike |= (left ^ right) <= NUMBER;
    }
    if alike {
        return many(tokens, out);
    }
    let at = |head: &u64| Token::from(tokens[(head & NUMBER) as usize]);
    out.extend(order.iter().map(at));
}

fn many(tokens: &[aes::Block], out: &mut Vec<Token>) {
    let start = out.len();
    out.extend(tokens.iter().map(|token| Token::from(*token)));
    out[start..].sort_unstable();
}

/// Sorts by a network of comparisons that depends on the number of tokens only: random tokens would mislead every guess of a processor at the
/// outcome of a comparison, and here it has none to make. What is compared is the first 60 bits of each with its number behind them.
#[inline(always)]
fn few<const N: usize>(tokens: &[aes::Block], out: &mut Vec<Token>) {
    const NUMBER: u64 = 15;
    let tokens: &[aes::Block; N] = tokens.try_into().expect("the length was looked at");
    let mut heads: [u64; N] = std::array::from_fn(|number| {
        let head = u64::from_be_bytes(*tokens[number].first_chunk().expect("sixteen bytes"));
        head & !NUMBER | number as u64
    });
    for right in 1..N {
        for left in (0..right).rev() {
            let (a, b) = (heads[left], heads[left + 1]);
            heads[left] = a.min(b);
            heads[left + 1] = a.max(b);
        }
    }
    // Two tokens with sixty equal bits are one in 10^18.
    let mut alike = false;
    for (left, right) in heads.iter().zip(&heads[1..]) {
        alike |= (left ^ right) <= NUMBER;
    }
    if alike {
        return many(tokens, out);
    }
    out.extend(
        heads
            .iter()
            .map(|head| Token::from(tokens[(head & NUMBER) as usize % N])),
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn few_tokens_are_sorted_like_many(
            tokens in proptest::collection::vec(prop_oneof![any::<[u8; 16]>(), Just([7; 16]), (0u8..3).prop_map(|n| {
                let mut token = [9; 16];
                token[15] = n;
                token
            })], 0..300),
        ) {
            let mut expected = tokens.clone();
            expected.sort_unstable();
            let blocks: Vec<aes::Block> = tokens.into_iter().map(Into::into).collect();
            let mut out = vec![[1; 16]];
            sorted(&blocks, &mut out);
            prop_assert_eq!(&out[1..], expected);
        }
    }
}
