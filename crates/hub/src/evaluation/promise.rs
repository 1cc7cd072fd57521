//! What a result promises where nobody knows the truth: expected precision and recall, and warnings.
//!
//! Everything comes from the people and the candidate pairs of a run, so it can be asked of any result that has them, our own or
//! another tool's, at any time after the run.

use std::collections::BTreeMap;
use std::path::Path;

use kinfold_linkage::measures::{self, Expected, Interval, Moments, Scored, Share};
use kinfold_message::Problem;
use kinfold_store::Column;
use serde::Serialize;

use super::Labels;
use super::files::{At, Keys, People, filled, visit};

/// A bridge below this match probability is weak.
const WEAK: f64 = 0.95;
/// A household with more people than this at once is large: homes with more form no household in our own engine.
const PEOPLE_MAX: usize = 12;
/// How many of the worst are listed by name.
const LISTED: usize = 10;
/// Lower ends of the bands of probability in the calibration.
const BANDS: [f64; 9] = [0.0, 0.1, 0.3, 0.5, 0.7, 0.85, 0.95, 0.99, 0.999];

/// What to expect of a result, and what to look at.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Promise {
    /// Records of the result.
    pub(crate) records: usize,
    /// People of the result.
    pub(crate) people: usize,
    /// Expected precision and recall among the candidate pairs.
    pub(crate) expected: Expected,
    /// Pairs of records that are together only through others: no candidate pair speaks for them, so nothing is expected of them.
    pub(crate) implied: u64,
    /// Records without any candidate: no record of the result can be theirs, or nothing in them lets one be found.
    pub(crate) no_candidate: NoCandidate,
    /// People that are too large.
    pub(crate) sizes: Sizes,
    /// Links that alone hold a person together.
    pub(crate) bridges: Bridges,
    /// Households that are too large, when households are given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) households: Option<LargeHouseholds>,
    /// How often pairs of a probability are really one person, when the truth is given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) calibration: Option<Vec<Band>>,
}

/// Records without any candidate.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct NoCandidate {
    /// Over all sources.
    #[serde(flatten)]
    pub(crate) share: Share,
    /// By source, when the people say theirs.
    pub(crate) by_source: BTreeMap<String, Share>,
}

/// People that are larger than they should be.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Sizes {
    /// Sources of the result; 0 when the people do not say theirs.
    pub(crate) sources: usize,
    /// People with more records than there are sources.
    pub(crate) larger_than_sources: usize,
    /// People with two or more records of one source.
    pub(crate) with_two_of_one_source: usize,
    /// The largest person.
    pub(crate) largest: usize,
    /// The largest people that are larger than there are sources.
    pub(crate) listed: Vec<Large>,
}

/// Something large.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Large {
    /// `cluster_id` or `household_id`.
    pub(crate) id: String,
    /// Records of the person, or people of the household.
    pub(crate) size: usize,
}

/// Households that are larger than they should be.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct LargeHouseholds {
    /// More people than this at once are too many.
    pub(crate) limit: usize,
    /// How many have more.
    pub(crate) larger: usize,
    /// The largest of them.
    pub(crate) listed: Vec<Large>,
}

/// Links that alone hold together a person of three or more records.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Bridges {
    /// How many there are.
    pub(crate) count: usize,
    /// Below this probability a bridge is weak.
    pub(crate) weak_below: f64,
    /// How many are weak.
    pub(crate) weak: usize,
    /// People that a weak bridge holds together.
    pub(crate) people: usize,
    /// The weakest.
    pub(crate) listed: Vec<WeakBridge>,
}

/// A weak bridge.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct WeakBridge {
    /// The person.
    pub(crate) cluster_id: String,
    /// Match probability of the link.
    pub(crate) probability: f64,
    /// Records on its two sides, the smaller side first.
    pub(crate) sides: [u32; 2],
}

/// Candidate pairs of like probability, with the truth.
#[derive(Clone, Debug, Serialize)]
pub(crate) struct Band {
    /// Lowest probability.
    pub(crate) from: f64,
    /// Average probability of the band's pairs.
    pub(crate) expected: f64,
    /// Share of them that is one person.
    pub(crate) found: f64,
    /// 95 % interval of that share.
    pub(crate) interval: Option<Interval>,
    /// How many pairs.
    pub(crate) pairs: u64,
    /// Whether the average probability lies in the interval.
    pub(crate) calibrated: Option<bool>,
}

/// A candidate pair.
struct Pair {
    left: u32,
    right: u32,
    probability: f64,
    /// Whether it is a link that joined people, not merely a pair within one.
    link: bool,
}

/// Reads the pairs and says what to expect.
pub(super) fn evaluate(
    path: &Path,
    households: Option<&Path>,
    keys: &Keys,
    people: &People,
    labels: Option<&Labels>,
) -> Result<Promise, Problem> {
    let pairs = read(path, keys, people)?;
    // Pairs that begin at one person are taken to depend on each other. Parts tied by all candidates would be no use: weak candidates tie
    // nearly everybody to everybody.
    let part = |pair: &Pair| people.cluster[pair.left as usize];
    let together =
        |pair: &Pair| people.cluster[pair.left as usize] == people.cluster[pair.right as usize];
    let scored: Vec<Scored> = pairs
        .iter()
        .map(|pair| Scored {
            part: part(pair),
            linked: together(pair),
            probability: pair.probability,
        })
        .collect();
    let expected = measures::expected(&scored, people.clusters.len());
    let ids = people.clusters.list();
    let sizes = sizes(people, &ids);
    let within: u64 = cluster_sizes(people)
        .iter()
        .map(|&n| n * n.saturating_sub(1) / 2)
        .sum();
    Ok(Promise {
        records: people.cluster.len(),
        people: people.clusters.len(),
        implied: within.saturating_sub(expected.linked),
        expected,
        no_candidate: no_candidate(people, &pairs),
        sizes,
        bridges: bridges(people, &pairs, &ids),
        households: households.map(large_households).transpose()?,
        calibration: labels.map(|labels| calibration(&pairs, people, labels)),
    })
}

fn cluster_sizes(people: &People) -> Vec<u64> {
    let mut sizes = vec![0; people.clusters.len()];
    for &cluster in &people.cluster {
        sizes[cluster as usize] += 1;
    }
    sizes
}

fn read(path: &Path, keys: &Keys, people: &People) -> Result<Vec<Pair>, Problem> {
    let (left, right): (&[&str], &[&str]) = if keys.by_reference() {
        (
            &["record_ref_l", "unique_id_l"],
            &["record_ref_r", "unique_id_r"],
        )
    } else {
        (&["rec_id_l", "own_id_l"], &["rec_id_r", "own_id_r"])
    };
    let source = |names: &'static [&'static str]| {
        if keys.by_reference() {
            Column::optional(names)
        } else {
            Column::needed(names)
        }
    };
    let probability = &["match_probability"];
    let wanted = [
        Column::needed(left),
        Column::needed(right),
        source(&["source_l", "source_dataset_l"]),
        source(&["source_r", "source_dataset_r"]),
        Column::needed(probability),
        Column::optional(&["decision"]),
    ];
    let mut pairs = Vec::new();
    visit(path, &wanted, |row, at| {
        let end = |id: usize, names: &[&str], source: usize| {
            let key = keys.of_result(
                row.cell(source).unwrap_or_default(),
                filled(row, at, id, names)?,
            );
            let known = people.numbers.get(&key).copied();
            known.ok_or_else(|| at.cell(names, "a pair has a record that the people do not have"))
        };
        let (left, right) = (end(0, left, 2)?, end(1, right, 3)?);
        let probability = read_probability(filled(row, at, 4, probability)?, at, probability)?;
        let together = people.cluster[left as usize] == people.cluster[right as usize];
        pairs.push(Pair {
            left,
            right,
            probability,
            link: together && row.cell(5).is_none_or(|decision| decision == "linked"),
        });
        Ok(())
    })?;
    Ok(pairs)
}

fn read_probability(text: &str, at: At<'_>, column: &[&str]) -> Result<f64, Problem> {
    text.parse::<f64>()
        .ok()
        .filter(|probability| (0.0..=1.0).contains(probability))
        .ok_or_else(|| at.cell(column, "a probability is not a number from 0 to 1"))
}

fn no_candidate(people: &People, pairs: &[Pair]) -> NoCandidate {
    let mut met = vec![false; people.cluster.len()];
    for pair in pairs {
        met[pair.left as usize] = true;
        met[pair.right as usize] = true;
    }
    let mut all = Moments::default();
    let mut each = vec![Moments::default(); people.sources.len()];
    for (record, met) in met.iter().enumerate() {
        all.add(u64::from(!met), 1);
        if let Some(&source) = people.source.get(record) {
            each[source as usize].add(u64::from(!met), 1);
        }
    }
    let names = people.sources.list();
    NoCandidate {
        share: Share::of(&all),
        by_source: names
            .iter()
            .zip(&each)
            .map(|(name, moments)| ((*name).to_owned(), Share::of(moments)))
            .collect(),
    }
}

fn sizes(people: &People, ids: &[&str]) -> Sizes {
    let sizes = cluster_sizes(people);
    let sources = people.sources.len();
    let mut twice: Vec<(u32, u32)> = people
        .cluster
        .iter()
        .copied()
        .zip(people.source.iter().copied())
        .collect();
    twice.sort_unstable();
    let mut doubled: Vec<u32> = twice
        .windows(2)
        .filter(|two| two[0] == two[1])
        .map(|two| two[0].0)
        .collect();
    doubled.dedup();
    let large = sizes
        .iter()
        .zip(ids)
        .filter(|&(&size, _)| sources > 0 && size as usize > sources)
        .map(|(&size, id)| Large {
            id: (*id).to_owned(),
            size: size as usize,
        })
        .collect();
    let (larger_than_sources, listed) = largest(large);
    Sizes {
        sources,
        larger_than_sources,
        with_two_of_one_source: doubled.len(),
        largest: sizes.iter().copied().max().unwrap_or(0) as usize,
        listed,
    }
}

/// How many there are, and the largest of them, ties by id.
fn largest(mut large: Vec<Large>) -> (usize, Vec<Large>) {
    large.sort_by(|a, b| b.size.cmp(&a.size).then_with(|| a.id.cmp(&b.id)));
    let count = large.len();
    large.truncate(LISTED);
    (count, large)
}

fn bridges(people: &People, pairs: &[Pair], ids: &[&str]) -> Bridges {
    let links: Vec<&Pair> = pairs.iter().filter(|pair| pair.link).collect();
    let edges: Vec<(u32, u32)> = links.iter().map(|pair| (pair.left, pair.right)).collect();
    let mut found: Vec<(f64, &str, [u32; 2])> = measures::bridges(people.cluster.len(), &edges)
        .into_iter()
        // Two records are always held by their one link.
        .filter(|bridge| bridge.left + bridge.right > 2)
        .map(|bridge| {
            let pair = links[bridge.edge];
            let id = ids[people.cluster[pair.left as usize] as usize];
            let sides = [bridge.left.min(bridge.right), bridge.left.max(bridge.right)];
            (pair.probability, id, sides)
        })
        .collect();
    found.sort_by(|a, b| {
        a.0.total_cmp(&b.0)
            .then_with(|| (a.1, a.2).cmp(&(b.1, b.2)))
    });
    let weak = found.partition_point(|bridge| bridge.0 < WEAK);
    let mut held: Vec<&str> = found[..weak].iter().map(|bridge| bridge.1).collect();
    held.sort_unstable();
    held.dedup();
    Bridges {
        count: found.len(),
        weak_below: WEAK,
        weak,
        people: held.len(),
        listed: found[..weak.min(LISTED)]
            .iter()
            .map(|&(probability, id, sides)| WeakBridge {
                cluster_id: id.to_owned(),
                probability,
                sides,
            })
            .collect(),
    }
}

fn large_households(path: &Path) -> Result<LargeHouseholds, Problem> {
    let (household, cluster) = (&["household_id"], &["cluster_id"]);
    let wanted = [
        Column::needed(household),
        Column::needed(cluster),
        Column::optional(&["current"]),
    ];
    let mut members: BTreeMap<String, Vec<String>> = BTreeMap::new();
    visit(path, &wanted, |row, at| {
        let household = filled(row, at, 0, household)?;
        let cluster = filled(row, at, 1, cluster)?;
        if row
            .cell(2)
            .is_none_or(|current| current.eq_ignore_ascii_case("true"))
        {
            let own = members.entry(household.to_owned()).or_default();
            own.push(cluster.to_owned());
        }
        Ok(())
    })?;
    let large = members
        .into_iter()
        .map(|(id, mut own)| {
            own.sort_unstable();
            own.dedup();
            Large {
                id,
                size: own.len(),
            }
        })
        .filter(|household| household.size > PEOPLE_MAX)
        .collect();
    let (larger, listed) = largest(large);
    Ok(LargeHouseholds {
        limit: PEOPLE_MAX,
        larger,
        listed,
    })
}

/// Pairs of records that both have a truth, by bands of probability.
fn calibration(pairs: &[Pair], people: &People, labels: &Labels) -> Vec<Band> {
    let mut entity: Vec<Option<u32>> = vec![None; people.cluster.len()];
    for (key, &row) in &labels.rows {
        if let Some(&record) = people.numbers.get(key) {
            entity[record as usize] = Some(labels.records[row as usize].entity);
        }
    }
    let mut rows: Vec<(usize, u32, f64, bool)> = pairs
        .iter()
        .filter_map(|pair| {
            let (left, right) = (entity[pair.left as usize]?, entity[pair.right as usize]?);
            let band = BANDS.partition_point(|&from| from <= pair.probability) - 1;
            Some((
                band,
                people.cluster[pair.left as usize],
                pair.probability,
                left == right,
            ))
        })
        .collect();
    rows.sort_by_key(|&(band, part, ..)| (band, part));
    rows.chunk_by(|a, b| a.0 == b.0)
        .map(|band| {
            let mut moments = Moments::default();
            for part in band.chunk_by(|a, b| a.1 == b.1) {
                let right = part.iter().filter(|row| row.3).count();
                moments.add(right as u64, part.len() as u64);
            }
            let expected = band.iter().map(|row| row.2).sum::<f64>() / band.len() as f64;
            let interval = moments.interval();
            Band {
                from: BANDS[band[0].0],
                expected,
                found: moments.ratio().unwrap_or_default(),
                interval,
                pairs: band.len() as u64,
                calibrated: interval.map(|interval| interval.holds(expected)),
            }
        })
        .collect()
}
