//! Candidate pairs: every pair of records, of different custodians, that shares a match key or has near filters.

use kinfold_matcher::{KeyTable, PackedSet, hamming_scan, join_keys};
use kinfold_schema::{
    Agreement, FLAG_DO_NOT_LINK, Fact, Field, FilterSchema, HOUSEHOLD_NONE, IdentifierKind, Metric,
    Schema, Token,
};

use crate::pattern::{BANDS, band};
use crate::{Comparable, Options, Progress, RecordId, RecordSet, Veto};

/// One candidate pair.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub left: u32,
    pub right: u32,
    pub keys: u128,
    pub agreement: Agreement,
    pub comparable: Comparable,
    pub same_home: bool,
    pub sigmas: Option<f64>,
    pub veto: Option<Veto>,
}

/// The candidates of two record sets, with what the model needs to know about all pairs.
#[derive(Clone, Debug)]
pub(crate) struct SetPair {
    pub left_set: u32,
    pub right_set: u32,
    pub candidates: Vec<Candidate>,
    /// Share of all pairs in each distance band.
    pub band_shares: [f64; BANDS],
    /// Which presence bits say what.
    pub presence: PresenceBits,
}

impl SetPair {
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

/// Bits of the presence pattern that the model asks about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct PresenceBits {
    first: u32,
    birth: u32,
    place: u32,
    nhs: u32,
    /// Facts without which the filter is random bits.
    filter: u32,
}

impl PresenceBits {
    pub(crate) fn of(schema: &Schema) -> Self {
        let bit = |fact| schema.presence.bit(fact).unwrap_or(0);
        let required = |filter: &FilterSchema| filter.requires.iter().map(|&fact| bit(fact)).sum();
        Self {
            first: bit(Fact::First),
            birth: bit(Fact::Birth),
            place: bit(Fact::Home) | bit(Fact::Postcode) | bit(Fact::Place),
            nhs: bit(Fact::Nhs),
            filter: evidence_filter(schema).map_or(0, |(_, filter)| required(filter)),
        }
    }

    /// What both records have.
    pub(crate) fn comparable(self, left: u32, right: u32) -> Comparable {
        let both = |bits: u32| left & bits != 0 && right & bits != 0;
        Comparable {
            first: both(self.first),
            birth: both(self.birth),
            place: both(self.place),
            nhs: both(self.nhs),
        }
    }

    /// Whether a record's filter is a real one.
    fn has_filter(self, presence: u32) -> bool {
        presence & self.filter == self.filter
    }
}

/// The filter that stands behind the keys: the first diffused one. Plain filters of single fields (the schema `trusted`) are not evidence
/// in this model yet; links under such a schema rest on keys alone.
pub(crate) fn evidence_filter(schema: &Schema) -> Option<(usize, &FilterSchema)> {
    schema
        .filters
        .iter()
        .enumerate()
        .find(|(_, filter)| filter.metric == Metric::Hamming)
}

/// The key that is the verified NHS number alone.
fn nhs_key(schema: &Schema) -> Option<usize> {
    schema
        .keys
        .iter()
        .position(|key| key.recipe.identifier() == Some(IdentifierKind::Nhs))
}

/// The verified NHS number's token of each record that released one, as compared with another custodian's records.
pub(crate) fn nhs_tokens(schema: &Schema, set: &RecordSet, partner: &str) -> Vec<Option<Token>> {
    let none = vec![None; set.table.len()];
    let bits = PresenceBits::of(schema);
    let (Some(index), Some(keys)) = (
        nhs_key(schema),
        set.table.keys_for(partner, schema.key_slots()),
    ) else {
        return none;
    };
    let range = schema.key_layout()[index].clone();
    // One slot: with more, a dummy could not be told from the number.
    if range.len() != 1 {
        return none;
    }
    (0..set.table.len())
        .map(|row| {
            (set.table.presence[row] & bits.nhs != 0)
                .then(|| keys[row * schema.key_slots() + range.start])
        })
        .collect()
}

/// Finds the candidates of every two sets.
pub(crate) fn find(
    schema: &Schema,
    sets: &[RecordSet],
    options: &Options,
    progress: &dyn Progress,
) -> Vec<SetPair> {
    let total = sets.len() * sets.len().saturating_sub(1) / 2;
    let mut found = Vec::with_capacity(total);
    for left in 0..sets.len() {
        for right in left + 1..sets.len() {
            progress.step(
                found.len(),
                total,
                &format!(
                    "comparing {} with {}",
                    sets[left].source, sets[right].source
                ),
            );
            found.push(find_in(schema, sets, left, right, options));
        }
    }
    found
}

fn find_in(
    schema: &Schema,
    sets: &[RecordSet],
    left_set: usize,
    right_set: usize,
    options: &Options,
) -> SetPair {
    let (left, right) = (&sets[left_set].table, &sets[right_set].table);
    let slots = schema.key_slots();
    let slot_types: Vec<u8> = schema
        .key_layout()
        .iter()
        .enumerate()
        .flat_map(|(key, range)| range.clone().map(move |_| key as u8))
        .collect();
    let how = kinfold_matcher::Options {
        threads: options.threads,
        ..Default::default()
    };
    // Where every two custodians have their own tokens, those are compared that each made for the other.
    let left_keys = left
        .keys_for(&sets[right_set].source, slots)
        .unwrap_or_default();
    let right_keys = right
        .keys_for(&sets[left_set].source, slots)
        .unwrap_or_default();
    let shared = join_keys(
        &KeyTable {
            slots,
            tokens: &left_keys,
        },
        &KeyTable {
            slots,
            tokens: &right_keys,
        },
        &slot_types,
        &how,
    );
    let bits = PresenceBits::of(schema);
    let implied: Vec<Agreement> = schema.keys.iter().map(|key| key.recipe.implies()).collect();
    let nhs_key = nhs_key(schema);

    let filter = evidence_filter(schema);
    let mut band_shares = [0.0; BANDS];
    let mut near: Vec<(u32, u32)> = Vec::new();
    if let Some((index, filter)) = filter
        && let Some(limit) = filter.candidate_sigmas
        && let (Ok(a), Ok(b)) = (
            PackedSet::new(filter.bits as usize, &left.filters[index].words),
            PackedSet::new(filter.bits as usize, &right.filters[index].words),
        )
    {
        let limit = distance_at(filter.bits, limit);
        let scan = hamming_scan(&a, &b, limit, &how);
        let pairs: u64 = scan.histogram.iter().sum();
        for (distance, &count) in scan.histogram.iter().enumerate() {
            band_shares[band(sigmas(filter.bits, distance as u32))] +=
                count as f64 / pairs.max(1) as f64;
        }
        near = scan
            .pairs
            .iter()
            .filter(|pair| {
                bits.has_filter(left.presence[pair.left as usize])
                    && bits.has_filter(right.presence[pair.right as usize])
            })
            .map(|pair| (pair.left, pair.right))
            .collect();
    }

    let mut rows: Vec<(u32, u32, u128)> = shared
        .iter()
        .map(|pair| (pair.left, pair.right, pair.types))
        .collect();
    rows.extend(near.into_iter().map(|(l, r)| (l, r, 0)));
    rows.sort_unstable_by_key(|&(l, r, types)| (l, r, std::cmp::Reverse(types)));
    rows.dedup_by_key(|&mut (l, r, _)| (l, r));

    let home_slots = schema.household_slots();
    let homes = |table: &kinfold_schema::CodeTable, row: u32| -> Vec<Token> {
        table.household[row as usize * home_slots..(row as usize + 1) * home_slots]
            .iter()
            .filter(|key| key.kind != HOUSEHOLD_NONE)
            .map(|key| key.token)
            .collect()
    };
    let candidates = rows
        .into_iter()
        .map(|(l, r, keys)| {
            let same_home = {
                let own = homes(left, l);
                homes(right, r).iter().any(|token| own.contains(token))
            };
            let mut agreement = Agreement::default();
            for (index, implied) in implied.iter().enumerate() {
                if keys >> index & 1 == 1 {
                    agreement = agreement.max(*implied);
                }
            }
            if same_home {
                agreement.levels[Field::Place as usize] = 3;
            }
            let (lp, rp) = (left.presence[l as usize], right.presence[r as usize]);
            let comparable = bits.comparable(lp, rp);
            let same_nhs = nhs_key.is_some_and(|index| keys >> index & 1 == 1);
            let flags = left.flags[l as usize] | right.flags[r as usize];
            let veto = if flags & FLAG_DO_NOT_LINK != 0 {
                Some(Veto::DoNotLink)
            } else if comparable.nhs && !same_nhs {
                Some(Veto::NhsNumbersDiffer)
            } else {
                None
            };
            let sigmas = filter
                .filter(|_| bits.has_filter(lp) && bits.has_filter(rp))
                .map(|(index, filter)| {
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
                comparable,
                same_home,
                sigmas,
                veto,
            }
        })
        .collect();
    SetPair {
        left_set: left_set as u32,
        right_set: right_set as u32,
        candidates,
        band_shares,
        presence: bits,
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
