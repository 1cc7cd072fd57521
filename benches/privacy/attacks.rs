//! The attacks: those of the release check, with all of the file's people on the attacker's list and nothing wrong in it.

use kinfold_matcher::{Options, PackedSet, hamming_histogram, hamming_within};
use kinfold_release::visible::{Edge, Sight, groups};
use kinfold_release::{
    Choice, Draws, File, Likeness, ListQuality, Named, Partner, Scene, Share, agreement, attack,
    choose, household_attack, legacy, measures, sharing,
};

use crate::kept::Attacked;
use crate::release::seed;
use crate::schemes::{Kind, Scheme};

/// Most records that the ranking by known people tries to name, drawn by lot: enough for a bound of a fifth of a percent.
const TARGETS: usize = 2_000;
/// The size up to which all ways of knowing people are tried.
pub const USUAL: usize = 3_000;
/// The size up to which graphs are matched as published: all pairs of both sides are held in memory. Beyond the usual size only plain filters
/// are tried, because nothing else was opened there.
const GRAPH_MAX: usize = 10_000;

/// One attack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Attack {
    /// So many people are known: attack M of the release check.
    Known(usize, Choice),
    /// Nobody is known; records that are visibly alike are taken for households (attacks H and S).
    Likeness,
    /// Nobody is known; household keys tell households (attacks H and S).
    HouseholdKeys,
    /// Nobody is known; the graphs of similarities of both sides are matched, as published.
    Graph,
    /// Nobody is known; equal codes are counted and lined up with equal values.
    Counts,
    /// Nobody is known; who shares which match keys with a partner's records, with both custodians' lists to the letter.
    KeysBothLists,
    /// The same with one list of the population, without the slips of the partner's.
    KeysOneList,
    /// The same with one list, by weighing how likely each person's pattern of keys becomes the seen one.
    KeysWeighed,
}

impl Attack {
    /// All, in the order of tables.
    pub const ALL: [Self; 12] = [
        Self::Known(20, Choice::Random),
        Self::Known(200, Choice::Random),
        Self::Known(1_000, Choice::Random),
        Self::Known(1_000, Choice::Households),
        Self::Known(1_000, Choice::Neighbourhood),
        Self::Likeness,
        Self::HouseholdKeys,
        Self::Graph,
        Self::Counts,
        Self::KeysOneList,
        Self::KeysBothLists,
        Self::KeysWeighed,
    ];

    /// Its name in files.
    pub fn id(self) -> String {
        match self {
            Self::Known(number, Choice::Random) => format!("known-{number}"),
            Self::Known(number, Choice::Households) => format!("known-{number}-homes"),
            Self::Known(number, Choice::Neighbourhood) => format!("known-{number}-streets"),
            Self::Likeness => "likeness".to_owned(),
            Self::HouseholdKeys => "household-keys".to_owned(),
            Self::Graph => "graph".to_owned(),
            Self::Counts => "counts".to_owned(),
            Self::KeysOneList => "keys-one-list".to_owned(),
            Self::KeysBothLists => "keys-both-lists".to_owned(),
            Self::KeysWeighed => "keys-weighed".to_owned(),
        }
    }

    /// Whether somebody is known.
    pub fn knows_people(self) -> bool {
        matches!(self, Self::Known(..))
    }

    /// Whether it can be run on a scheme and file of a size.
    pub fn applies(self, scheme: &Scheme, size: usize) -> bool {
        let schema = match &scheme.kind {
            Kind::Alone(_) => None,
            Kind::Package(schema) => Some(schema),
        };
        match self {
            Self::Known(_, Choice::Random) | Self::Likeness | Self::Counts => true,
            Self::Known(..) => size <= USUAL,
            Self::HouseholdKeys => schema.is_some_and(|schema| schema.household.is_some()),
            // Of whole packages the graph of the filter is that of the filter alone.
            Self::Graph => {
                schema.is_none() && size <= GRAPH_MAX && (size <= USUAL || scheme.id == "plain")
            }
            Self::KeysBothLists | Self::KeysOneList | Self::KeysWeighed => {
                schema.is_some_and(|schema| !schema.keys.is_empty())
            }
        }
    }

    /// Boroughs that are tried at most: graph matching takes as long as all else together.
    pub fn boroughs_max(self) -> usize {
        if self == Self::Graph { 1 } else { usize::MAX }
    }

    /// How much there is to do, in the time that a billion bits take to be ranked: what a time left is reckoned by. The factors of the other
    /// attacks were measured on 3,000 people.
    pub fn work(self, scheme: &Scheme, size: usize) -> f64 {
        let bits = match &scheme.kind {
            Kind::Alone(_) => 2048.0,
            Kind::Package(schema) => schema.filters.iter().map(|own| f64::from(own.bits)).sum(),
        };
        let n = size as f64;
        let all_pairs = n * n * bits / 1e9;
        match self {
            // Two thousand records against everybody, and the known among each other.
            Self::Known(known, _) => {
                let known = known as f64;
                (n * n.min(TARGETS as f64) * bits + n * known * bits) / 1e9
            }
            Self::Likeness | Self::HouseholdKeys => 0.3 * all_pairs,
            Self::Graph => 8.0 * all_pairs,
            Self::Counts => 0.0,
            Self::KeysBothLists | Self::KeysOneList => n / 1e3,
            Self::KeysWeighed => all_pairs / 10.0,
        }
    }
}

/// A file with the attacker's list.
pub struct Scenery {
    file: File,
    scene: Scene,
    name: String,
}

impl Scenery {
    /// Draws the list. `name` names the borough and the size: everything by lot comes from it.
    pub fn new(scheme: &Scheme, file: File, name: &str) -> Self {
        let mut scene = Scene::draw(&file, ListQuality::EXACT, &seed(&format!("list/{name}")));
        if let Kind::Alone(hardening) = &scheme.kind {
            scene.kept = hardening.kept();
        }
        Self {
            file,
            scene,
            name: name.to_owned(),
        }
    }

    /// Runs an attack. The fields that name the cell are left for the caller.
    pub fn run(&self, which: Attack) -> Attacked {
        let scene = &self.scene;
        let mut draws = Draws::new(&seed(&self.name), &which.id());
        let one_of = |others: usize| 1.0 / others.max(1) as f64;
        match which {
            Attack::Known(number, choice) => {
                let known = choose(scene, number.min(scene.records / 2), choice, &mut draws);
                let named = attack(scene, &known, TARGETS, &mut draws);
                let beyond = named.beyond_households;
                cell(&named, beyond, one_of(scene.people - known.len()))
            }
            Attack::Likeness => self.by_households(&likeness(scene, &mut draws), &mut draws),
            Attack::HouseholdKeys => self.by_households(&scene.groups, &mut draws),
            Attack::Graph => {
                let named = legacy::attack(scene, &[], &mut draws);
                cell(&named, named.all, one_of(scene.people))
            }
            Attack::Counts => counted(&self.file),
            Attack::KeysWeighed => {
                let keys = &self.file.keys[..];
                let partner = Partner::draw(keys, Likeness::USUAL, &mut draws);
                let agreed = agreement::attack(
                    agreement::Known::exact(keys),
                    &[partner.known()],
                    self.file.records,
                    agreement::Sight::Strangers,
                );
                of_share(agreed.named, 0.0)
            }
            Attack::KeysBothLists | Attack::KeysOneList => {
                let singled = shared_keys(&self.file, which == Attack::KeysOneList, &mut draws);
                let share = if which == Attack::KeysOneList {
                    singled.named
                } else {
                    singled.unique
                };
                of_share(share, 0.0)
            }
        }
    }

    /// Attacks H and S; of the two what named more.
    fn by_households(&self, groups: &[Vec<u32>], draws: &mut Draws) -> Attacked {
        let reached = household_attack::attack(&self.scene, groups, draws);
        let hits = |named: &Named| named.all.map_or(0, |share| share.hits);
        let better = if hits(&reached.snowball) > hits(&reached.households) {
            &reached.snowball
        } else {
            &reached.households
        };
        // Whoever guesses a household of the right size and an order of its members names one of each size.
        let sizes = better.by_size.iter().filter(|share| share.of > 0).count();
        let of = better.all.map_or(0, |share| share.of);
        cell(better, better.all, sizes as f64 / of.max(1) as f64)
    }
}

fn cell(named: &Named, judged: Option<Share>, chance: f64) -> Attacked {
    let or_none = |share: Option<Share>| share.unwrap_or(Share::new(0, 0));
    let (all, sure) = (or_none(named.all), or_none(named.surest_tenth));
    Attacked {
        named_all: all.hits,
        of_all: all.of,
        sure: sure.hits,
        sure_of: sure.of,
        ..of_share(or_none(judged), chance)
    }
}

fn of_share(share: Share, chance: f64) -> Attacked {
    Attacked {
        scheme: String::new(),
        hash: String::new(),
        size: 0,
        seed: 0,
        attack: String::new(),
        named: share.hits,
        of: share.of,
        named_all: share.hits,
        of_all: share.of,
        sure: 0,
        sure_of: 0,
        chance,
    }
}

/// The least number of standard deviations below strangers at which likeness is believed to mean something.
const SIGMAS_MIN: f64 = 4.5;

/// Groups of records that are visibly alike. The attacker does not know how near housemates come, but he knows how large households are: of
/// several limits (as many pairs as a quarter of the records, half of them, and so on) he takes the one that puts most records into groups of
/// two to five.
fn likeness(scene: &Scene, draws: &mut Draws) -> Vec<Vec<u32>> {
    let bits: usize = scene.views.iter().map(|view| view.bits).sum();
    let words: Vec<u64> = (0..scene.records)
        .flat_map(|row| scene.views.iter().flat_map(move |view| view.row(row)))
        .copied()
        .collect();
    let Ok(set) = PackedSet::new(bits, &words) else {
        return Vec::new();
    };
    let sight = Sight::new(&scene.views, scene.records, draws);
    let farthest = (sight.mean - SIGMAS_MIN * sight.deviation).max(0.0) as usize;
    let histogram = hamming_histogram(&set, &set, &Options::default());
    let mut best: (usize, Vec<Vec<u32>>) = (0, groups(&[], scene.records));
    let mut tried = None;
    for quarters in [1, 2, 4, 8] {
        let wanted = (scene.records * quarters / 4) as u64;
        let limit = limit_of(&histogram, scene.records as u64, wanted).min(farthest);
        if tried == Some(limit) {
            continue;
        }
        tried = Some(limit);
        let edges: Vec<Edge> = hamming_within(&set, &set, limit as u32, &Options::default())
            .into_iter()
            .filter(|pair| pair.left < pair.right)
            .map(|pair| Edge {
                left: pair.left,
                right: pair.right,
                distance: pair.distance,
            })
            .collect();
        let found = groups(&edges, scene.records);
        let in_groups = found
            .iter()
            .map(Vec::len)
            .filter(|size| *size > 1)
            .sum::<usize>();
        if in_groups > best.0 {
            best = (in_groups, found);
        }
    }
    best.1
}

/// The largest distance within which there are at most so many pairs of different records, each counted twice in the histogram, as every
/// record is with itself.
fn limit_of(histogram: &[u64], records: u64, wanted: u64) -> usize {
    let mut within = 0;
    for (distance, number) in histogram.iter().enumerate() {
        within += number;
        if within.saturating_sub(records) > 2 * wanted {
            return distance.saturating_sub(1);
        }
    }
    histogram.len().saturating_sub(1)
}

/// The filter of which most can be read by counting.
fn counted(file: &File) -> Attacked {
    let mut worst = Share::new(0, file.records as u64);
    for view in &file.views {
        let codes: Vec<u64> = (0..file.records)
            .map(|row| measures::fingerprint(view.row(row)))
            .collect();
        let value = |tokens: &Vec<(u32, u16)>| {
            let words: Vec<u64> = tokens
                .iter()
                .map(|(token, k)| u64::from(*token) << 16 | u64::from(*k))
                .collect();
            measures::fingerprint(&words)
        };
        let values: Vec<Option<u64>> = view
            .tokens
            .iter()
            .map(|tokens| tokens.as_ref().map(value))
            .collect();
        let read = measures::count(&codes, &values).read_by_count;
        if read.hits > worst.hits {
            worst = Share::new(read.hits, file.records as u64);
        }
    }
    of_share(worst, 0.0)
}

/// The graph of which record of the file shares which match keys with which of a partner's.
fn shared_keys(file: &File, one_list: bool, draws: &mut Draws) -> sharing::Singled {
    let partner = Partner::draw(&file.keys, Likeness::USUAL, draws);
    let n = file.records;
    let seen = sharing::Graph::of_matches(&file.keys, &partner.written, n, n);
    if one_list {
        let list = sharing::Graph::of_matches(&file.keys, &partner.listed, n, n);
        sharing::attack(&seen, &list, n)
    } else {
        sharing::attack(&seen, &seen, n)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_by_hand() {
        // Three records: each with itself at 0; pairs at 2 and at 5 and at 6, counted twice.
        let histogram = [3, 0, 2, 0, 0, 2, 2, 0];
        assert_eq!(limit_of(&histogram, 3, 0), 1);
        assert_eq!(limit_of(&histogram, 3, 1), 4);
        assert_eq!(limit_of(&histogram, 3, 2), 5);
        assert_eq!(limit_of(&histogram, 3, 3), 7);
    }
}
