//! Candidate pairs: every pair of records, of different custodians, that shares a match key or has near filters.

use kinfold_matcher::{PackedSet, hamming_within};
use kinfold_schema::{
    Agreement, CodeTable, Comparable, Comparing, FLAG_DO_NOT_LINK, Fact, FilterSchema,
    HOUSEHOLD_NONE, IdentifierKind, KeySchema, Metric, Schema, Token,
};

use crate::fields::blocks::Fields;
use crate::fields::{Levels, imply};
use crate::pattern::{BANDS, band};
use crate::pooled::{self, Counts, Rows};
use crate::shared_keys::{Shared, shared_keys};
use crate::{Options, Progress, RecordId, RecordSet, Veto};

/// One candidate pair.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub left: u32,
    pub right: u32,
    pub keys: u128,
    pub agreement: Agreement,
    /// How many tokens of each counted pool agree.
    pub counts: Counts,
    pub comparable: Comparable,
    pub same_home: bool,
    /// Whether both have household keys to compare.
    pub both_homes: bool,
    pub sigmas: Option<f64>,
    pub veto: Option<Veto>,
}

/// The candidates of two record sets, with what the model needs to know about all pairs.
#[derive(Clone, Debug)]
pub(crate) struct SetPair {
    pub left_set: u32,
    pub right_set: u32,
    pub candidates: Vec<Candidate>,
    /// Pairs of strangers in each distance band, as many as pairs within the two files show; only bands that the filter looks at.
    pub stranger_bands: [f64; BANDS],
    /// From how many standard deviations below strangers the filter finds a pair.
    pub candidate_sigmas: f64,
    /// Bits of the filter.
    pub bits: u32,
    /// How many bits of a record each bit of the filter mixes.
    pub diffusion: u32,
    /// Records of the smaller set.
    pub smaller: usize,
    /// Share of all pairs of which both records have a filter.
    pub compared: f64,
    /// How near the fields of each candidate are; empty where the schema has no filters of single fields.
    pub levels: Vec<Levels>,
    /// Those of the fields that are a first name, a family name or a birth date.
    pub personal: Vec<usize>,
    /// Whether each is a candidate by its fields.
    pub by_fields: Vec<bool>,
}

#[cfg(test)]
impl Candidate {
    /// Two rows of which nothing is known but that they are candidates.
    pub(crate) fn bare(left: u32, right: u32) -> Self {
        Self {
            left,
            right,
            keys: 1,
            agreement: Agreement::default(),
            counts: [0; 4],
            comparable: Comparable::default(),
            same_home: false,
            both_homes: false,
            sigmas: None,
            veto: None,
        }
    }
}

impl SetPair {
    /// These candidates of the first two sets, all records of which have a filter as `standard` makes it; no stranger is near.
    #[cfg(test)]
    pub(crate) fn bare(candidates: Vec<Candidate>) -> Self {
        Self {
            left_set: 0,
            right_set: 1,
            smaller: candidates.len(),
            candidates,
            stranger_bands: [0.0; BANDS],
            candidate_sigmas: f64::INFINITY,
            bits: 2048,
            diffusion: 8,
            compared: 1.0,
            levels: Vec::new(),
            personal: Vec::new(),
            by_fields: Vec::new(),
        }
    }

    pub(crate) fn left(&self, candidate: &Candidate) -> RecordId {
        RecordId {
            set: self.left_set,
            row: candidate.left,
        }
    }

    pub(crate) fn right(&self, candidate: &Candidate) -> RecordId {
        RecordId {
            set: self.right_set,
            row: candidate.right,
        }
    }
}

/// For each record whether its filter is a real one: it has the facts without which the filter is random bits, and no home shows it with more
/// people than keep theirs. Both are in what was released.
pub(crate) fn with_filter(schema: &Schema, table: &CodeTable) -> Vec<bool> {
    let bit = |fact| schema.presence.bit(fact).unwrap_or(0);
    let required = evidence_filter(schema).map_or(0, |(_, filter)| {
        filter.requires.iter().map(|&fact| bit(fact)).sum::<u32>()
    });
    let mut real: Vec<bool> = table
        .presence
        .iter()
        .map(|presence| presence & required == required)
        .collect();
    if let Some(without) = table.without_filters(schema) {
        for (real, without) in real.iter_mut().zip(without) {
            *real &= !without;
        }
    }
    real
}

/// The filter that stands behind the keys: the first diffused one. Plain filters of single fields are compared field by field
/// ([`crate::fields`]).
pub(crate) fn evidence_filter(schema: &Schema) -> Option<(usize, &FilterSchema)> {
    schema
        .filters
        .iter()
        .enumerate()
        .find(|(_, filter)| filter.metric == Metric::Hamming)
}

/// The pool that is the verified NHS number alone.
fn nhs_pool(schema: &Schema) -> Option<usize> {
    let is_nhs = |key: &KeySchema| key.recipe.identifier() == Some(IdentifierKind::Nhs);
    let pools = schema.pools();
    pools
        .iter()
        .position(|pool| pool.counted.is_none() && is_nhs(&schema.keys[pool.keys.start]))
}

/// The verified NHS number's token of each record that released one, as compared with another custodian's records.
pub(crate) fn nhs_tokens(schema: &Schema, set: &RecordSet, partner: &str) -> Vec<Option<Token>> {
    let none = vec![None; set.table.len()];
    let claimed = schema.presence.bit(Fact::Nhs).unwrap_or(0);
    let (Some(index), Some(keys)) = (
        nhs_pool(schema),
        set.table.keys_for(partner, schema.key_slots()),
    ) else {
        return none;
    };
    let range = schema.pools()[index].slots.clone();
    // One slot: with more, a dummy could not be told from the number.
    if range.len() != 1 {
        return none;
    }
    (0..set.table.len())
        .map(|row| {
            (set.table.presence[row] & claimed != 0)
                .then(|| keys[row * schema.key_slots() + range.start])
        })
        .collect()
}

/// Steps of linking so many sets: joining their keys, comparing every two, learning, and putting together.
pub(crate) fn steps(sets: usize) -> usize {
    3 + sets * sets.saturating_sub(1) / 2
}

/// Finds the candidates of every two sets.
pub(crate) fn find(
    schema: &Schema,
    sets: &[RecordSet],
    fields: Option<&Fields<'_>>,
    options: &Options,
    progress: &dyn Progress,
) -> Vec<SetPair> {
    let total = steps(sets.len());
    let real: Vec<Vec<bool>> = sets
        .iter()
        .map(|set| with_filter(schema, &set.table))
        .collect();
    let bands: Vec<StrangerBands> = sets
        .iter()
        .zip(&real)
        .map(|(set, real)| StrangerBands::within(schema, set, real, options))
        .collect();
    let filters = Filters {
        real: &real,
        bands: &bands,
        fields,
    };
    progress.step(0, total, "joining the match keys of all custodians");
    let mut shared = shared_keys(schema, sets, options.threads).into_iter();
    let mut found = Vec::with_capacity(sets.len() * sets.len().saturating_sub(1) / 2);
    for left in 0..sets.len() {
        for right in left + 1..sets.len() {
            progress.step(
                1 + found.len(),
                total,
                &format!(
                    "comparing {} with {}",
                    sets[left].source, sets[right].source
                ),
            );
            let keys = shared.next().unwrap_or_default();
            found.push(find_in(
                schema,
                sets,
                (left, right),
                keys,
                &filters,
                options,
            ));
        }
    }
    found
}

/// What is known of the filters of each set.
struct Filters<'a> {
    /// For each record whether it has one ([`with_filter`]).
    real: &'a [Vec<bool>],
    bands: &'a [StrangerBands],
    /// Where every field has a plain filter of its own.
    fields: Option<&'a Fields<'a>>,
}

fn find_in(
    schema: &Schema,
    sets: &[RecordSet],
    (left_set, right_set): (usize, usize),
    shared: Vec<Shared>,
    filters: &Filters<'_>,
    options: &Options,
) -> SetPair {
    let (left, right) = (&sets[left_set].table, &sets[right_set].table);
    let how = kinfold_matcher::Options {
        threads: options.threads,
        ..Default::default()
    };
    let stranger_bands = filters.bands;
    let both_real =
        |l: u32, r: u32| filters.real[left_set][l as usize] && filters.real[right_set][r as usize];
    let comparing = Comparing::new(&schema.presence);
    let pools = schema.pools();
    let rows_of =
        |table, partner: usize| Rows::of(table, &sets[partner].source, schema.key_slots());
    let (left_rows, right_rows) = (rows_of(left, right_set), rows_of(right, left_set));
    let nhs = nhs_pool(schema);

    let filter = evidence_filter(schema);
    let mut near: Vec<(u32, u32)> = Vec::new();
    if let Some((index, filter)) = filter
        && let Some(limit) = filter.candidate_sigmas
        && let (Ok(a), Ok(b)) = (
            PackedSet::new(filter.bits as usize, &left.filters[index].words),
            PackedSet::new(filter.bits as usize, &right.filters[index].words),
        )
    {
        near = hamming_within(&a, &b, distance_at(filter.bits, limit), &how)
            .iter()
            .filter(|pair| both_real(pair.left, pair.right))
            .map(|pair| (pair.left, pair.right))
            .collect();
    }

    if let Some(fields) = filters.fields {
        let by_fields = fields.pairs(sets, left_set, right_set);
        near = by_fields.into_iter().map(|(l, r, _)| (l, r)).collect();
    }

    let mut rows = shared;
    rows.extend(near.into_iter().map(|(l, r)| (l, r, 0)));
    rows.sort_unstable_by_key(|&(l, r, types)| (l, r, std::cmp::Reverse(types)));
    rows.dedup_by_key(|&mut (l, r, _)| (l, r));

    let home_slots = schema.household_slots();
    let homes = |table: &CodeTable, row: u32| -> Vec<Token> {
        table.household[row as usize * home_slots..(row as usize + 1) * home_slots]
            .iter()
            .filter(|key| key.kind != HOUSEHOLD_NONE)
            .map(|key| key.token)
            .collect()
    };
    let mut levels: Vec<Levels> = filters.fields.map_or_else(Vec::new, |fields| {
        rows.iter()
            .map(|&(l, r, _)| fields.levels((left_set, l), (right_set, r)))
            .collect()
    });
    let mut by_fields: Vec<bool> = Vec::new();
    if let Some(fields) = filters.fields {
        by_fields.extend(levels.iter().map(|&levels| fields.is_candidate(levels)));
        for (levels, &(l, r, _)) in levels.iter_mut().zip(&rows) {
            *levels = fields.in_part(*levels, (left_set, l), (right_set, r));
        }
    }
    let candidates = rows
        .into_iter()
        .enumerate()
        .map(|(at, (l, r, keys))| {
            let (own, theirs) = (homes(left, l), homes(right, r));
            let same_home = theirs.iter().any(|token| own.contains(token));
            let both_homes = !own.is_empty() && !theirs.is_empty();
            let (mut agreement, counts) =
                pooled::agreement(&pools, keys, (left_rows, l), (right_rows, r));
            if let (Some(fields), Some(levels)) = (filters.fields, levels.get(at)) {
                imply(&fields.filters, *levels, &mut agreement);
            }
            let (lp, rp) = (left.presence[l as usize], right.presence[r as usize]);
            let comparable: Comparable = comparing.comparable(lp, rp);
            let same_nhs = nhs.is_some_and(|index| keys >> index & 1 == 1);
            let flags = left.flags[l as usize] | right.flags[r as usize];
            let veto = if flags & FLAG_DO_NOT_LINK != 0 {
                Some(Veto::DoNotLink)
            } else if comparable.nhs && !same_nhs {
                Some(Veto::NhsNumbersDiffer)
            } else {
                None
            };
            let sigmas = filter.filter(|_| both_real(l, r)).map(|(index, filter)| {
                let distance: u32 = left.filters[index]
                    .row(l as usize)
                    .iter()
                    .zip(right.filters[index].row(r as usize))
                    .map(|(a, b)| (a ^ b).count_ones())
                    .sum();
                sigmas(filter.bits, distance)
            });
            Candidate {
                left: l,
                right: r,
                keys,
                agreement,
                counts,
                comparable,
                same_home,
                both_homes,
                sigmas,
                veto,
            }
        })
        .collect();
    let personal = filters.fields.map_or_else(Vec::new, Fields::personal);
    SetPair {
        left_set: left_set as u32,
        right_set: right_set as u32,
        candidates,
        stranger_bands: stranger_bands[left_set].between(&stranger_bands[right_set]),
        candidate_sigmas: filter
            .and_then(|(_, filter)| filter.candidate_sigmas)
            .unwrap_or(f64::INFINITY),
        bits: filter.map_or(0, |(_, filter)| filter.bits),
        diffusion: filter.map_or(0, |(_, filter)| filter.diffusion),
        smaller: left.len().min(right.len()),
        compared: filters.fields.map_or_else(
            || {
                stranger_bands[left_set].share(left.len())
                    * stranger_bands[right_set].share(right.len())
            },
            |fields| fields.share_compared(&personal, left_set, right_set),
        ),
        personal,
        by_fields,
        levels,
    }
}

/// Most records of a set whose filters are compared with each other: 72 million pairs, in which chance puts some 250 beyond 4.5 standard
/// deviations. Rows are in the order of their random references, so the first are a fair sample.
const SAMPLE_MAX: usize = 12_000;

/// How near the filters of different people of one file come.
struct StrangerBands {
    /// Pairs in each band.
    counts: [f64; BANDS],
    /// Records that have a filter: in the sample, and in the set.
    sampled: f64,
    records: f64,
}

impl StrangerBands {
    /// Compares the filters of a set with each other.
    fn within(schema: &Schema, set: &RecordSet, real: &[bool], options: &Options) -> Self {
        let mut out = Self {
            counts: [0.0; BANDS],
            sampled: 0.0,
            records: 0.0,
        };
        let Some((index, filter)) = evidence_filter(schema) else {
            return out;
        };
        let rows: Vec<usize> = (0..set.table.len()).filter(|&row| real[row]).collect();
        let sample = &rows[..rows.len().min(SAMPLE_MAX)];
        let words: Vec<u64> = sample
            .iter()
            .flat_map(|&row| set.table.filters[index].row(row))
            .copied()
            .collect();
        (out.sampled, out.records) = (sample.len() as f64, rows.len() as f64);
        let how = kinfold_matcher::Options {
            threads: options.threads,
            ..Default::default()
        };
        if let (Some(limit), Ok(packed)) = (
            filter.candidate_sigmas,
            PackedSet::new(filter.bits as usize, &words),
        ) {
            for pair in hamming_within(&packed, &packed, distance_at(filter.bits, limit), &how) {
                if pair.left < pair.right {
                    out.counts[band(sigmas(filter.bits, pair.distance))] += 1.0;
                }
            }
        }
        out
    }

    /// Share of the records of a set of so many that have a filter.
    fn share(&self, records: usize) -> f64 {
        self.records / (records as f64).max(1.0)
    }

    /// How many pairs of strangers of two files come as near.
    fn between(&self, other: &Self) -> [f64; BANDS] {
        let pairs = |of: &Self| of.sampled * (of.sampled - 1.0).max(0.0) / 2.0;
        let all = pairs(self) + pairs(other);
        let mut out = [0.0; BANDS];
        for (out, (a, b)) in out.iter_mut().zip(self.counts.iter().zip(&other.counts)) {
            *out = (a + b) / all.max(1.0) * self.records * other.records;
        }
        out
    }
}

/// How many standard deviations below the mean of independent filters a distance is: mean `bits / 2`, variance `bits / 4`.
pub(crate) fn sigmas(bits: u32, distance: u32) -> f64 {
    (f64::from(bits) / 2.0 - f64::from(distance)) / (f64::from(bits) / 4.0).sqrt()
}

/// The largest distance that is at least `sigmas` standard deviations below the mean.
fn distance_at(bits: u32, sigmas: f64) -> u32 {
    (f64::from(bits) / 2.0 - sigmas * (f64::from(bits) / 4.0).sqrt())
        .floor()
        .max(0.0) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distance_limit_is_the_inverse_of_sigmas() {
        for wanted in [3.0, 4.5, 9.0] {
            let distance = distance_at(2048, wanted);
            assert!(sigmas(2048, distance) >= wanted);
            assert!(sigmas(2048, distance + 1) < wanted);
        }
    }
}
