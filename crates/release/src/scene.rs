//! One attack's view: records on one side, a list of people on the other, in an order that says nothing.

use crate::agreement::Weights;
use crate::draws::Draws;
use crate::file::{File, Stay, View};
use crate::homes;
use crate::patterns::Patterns;
use crate::withheld::Withheld;
use kinfold_verdict::Share;

/// A record whose person is not on the list.
pub const NOBODY: u32 = u32::MAX;

/// How good the attacker's list is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ListQuality {
    /// Share of the records whose people are on it. As many strangers fill it up.
    pub overlap: f64,
    /// Share of its people for whom something is wrong.
    pub errors: f64,
}

impl ListQuality {
    /// Everybody, and every value right.
    pub const EXACT: Self = Self {
        overlap: 1.0,
        errors: 0.0,
    };
}

/// Records and a list.
#[derive(Clone, Debug)]
pub struct Scene {
    /// The filters: codes of the records, tokens of the people on the list.
    pub views: Vec<View>,
    /// Number of records.
    pub records: usize,
    /// Number of people on the list.
    pub people: usize,
    /// For each record its person on the list, or [`NOBODY`]. Only the judge looks here.
    pub truth: Vec<u32>,
    /// For each person on the list the household, as a number of one of its people.
    pub home: Vec<u32>,
    /// For each person on the list the number of people of the household on the list.
    pub home_size: Vec<u32>,
    /// For each person on the list the neighbourhood.
    pub place: Vec<u64>,
    /// Records that household keys put together, and single ones.
    pub groups: Vec<Vec<u32>>,
    /// The same with groups of any size, each with whether it is a record without a household key.
    pub(crate) shown: Vec<(Vec<u32>, bool)>,
    /// What the list says of these groups.
    pub(crate) listed: homes::Shown,
    /// The homes that household keys show of each record, and those of each person on the list.
    pub(crate) stays: (Vec<Vec<Stay>>, Vec<Vec<Stay>>),
    /// The length of the steps of months; 0 when household keys carry no months.
    pub(crate) step: u16,
    /// What noise leaves of the covariance of two records' bits ([`crate::Kernel::kept`]); 1 without noise, which is what is drawn.
    pub kept: f64,
    /// The released presence pattern of each record, and the facts of each person on the list; both empty when there are none.
    presence: (Vec<u32>, Vec<u32>),
    /// Whose filters are not released because of the home.
    withheld: Withheld,
    /// What the agreements of match keys with a partner's say of each record, with the people in the order of the file; and for each person on
    /// the list the place in that order.
    weights: Option<(Weights, Vec<u32>)>,
}

impl Scene {
    /// The number of records of each group that household keys show; records without any key are left out.
    pub fn group_sizes(&self) -> impl Iterator<Item = usize> + '_ {
        let groups = self.shown.iter().filter(|(_, bare)| !bare);
        groups.map(|(rows, _)| rows.len())
    }

    /// For each record the listed person whom the pattern of its homes alone gives, looked at without any months, and how many different
    /// patterns there are.
    pub fn by_homes(&self) -> (Vec<Option<u32>>, usize) {
        let bare = |stays: &[Vec<Stay>]| -> Vec<Vec<Stay>> {
            let bare = |stay: &Stay| Stay {
                from: 0,
                to: u16::MAX,
                ..*stay
            };
            let own = |own: &Vec<Stay>| own.iter().map(bare).collect();
            stays.iter().map(own).collect()
        };
        let patterns = Patterns::of(&bare(&self.stays.0), &bare(&self.stays.1));
        (patterns.named(), patterns.different())
    }

    /// How many of such guesses are right, of the records that have a home.
    pub fn right(&self, guesses: &[Option<u32>]) -> Share {
        let rows = self.stays.0.iter().zip(guesses).zip(&self.truth);
        let with_home = rows.filter(|((stays, _), _)| !stays.is_empty());
        let (mut of, mut right) = (0, 0);
        for ((_, guess), person) in with_home {
            of += 1;
            right += u64::from(*person != NOBODY && *guess == Some(*person));
        }
        Share::new(right, of)
    }

    /// Whether a record can be a person's by its presence pattern, which is made coarser by claiming less and never more, and by whether it has a
    /// filter where household keys take some people's.
    pub fn can_be(&self, row: u32, person: u32) -> bool {
        let seen = self.presence.0.get(row as usize).copied().unwrap_or(0);
        let listed = self
            .presence
            .1
            .get(person as usize)
            .copied()
            .unwrap_or(u32::MAX);
        seen & !listed == 0 && self.withheld.can_be(row, person)
    }

    /// The same with the match keys that agree with a partner's weighed too. The weights are of the same file, record `i` being person `i`; the
    /// list has to be a full one.
    ///
    /// # Panics
    /// With a list that lacks people.
    #[must_use]
    pub fn weighed(mut self, weights: Weights) -> Self {
        let mut order = vec![NOBODY; self.people];
        for (row, place) in (0u32..).zip(&self.truth) {
            order[*place as usize] = row;
        }
        self.weights = Some((weights, order));
        self
    }

    /// Whether a record's filters are not released because household keys show it in a larger home.
    pub(crate) fn is_without_filter(&self, row: u32) -> bool {
        self.withheld.is_seen(row)
    }

    /// How likely a record is a person's by the match keys that agree, as a logarithm; 0 when they are not looked at.
    pub(crate) fn weight(&self, row: u32, person: u32) -> f64 {
        self.weights.as_ref().map_or(0.0, |(weights, order)| {
            weights.of(row, order[person as usize])
        })
    }

    /// The same with more known of each record and person: a person can only be a record's who has all the bits that the record has.
    pub(crate) fn told(&self, records: &[u32], people: &[u32]) -> Self {
        let with = |own: &[u32], more: &[u32], missing: u32| -> Vec<u32> {
            let own = (0..more.len()).map(|at| own.get(at).copied().unwrap_or(missing));
            // The upper half is free: patterns have few bits.
            own.zip(more)
                .map(|(own, more)| own & 0xffff | more)
                .collect()
        };
        Self {
            presence: (
                with(&self.presence.0, records, 0),
                with(&self.presence.1, people, 0xffff),
            ),
            ..self.clone()
        }
    }

    /// Draws a list for a file. With less than full overlap only a part of the file is attacked: people of the other part are the strangers on
    /// the list.
    pub fn draw(file: &File, quality: ListQuality, seed: &[u8; 32]) -> Self {
        let mut draws = Draws::new(seed, "scene");
        let (rows, listed) = if quality.overlap >= 1.0 {
            let all: Vec<u32> = (0..file.records as u32).collect();
            (all.clone(), all)
        } else {
            two_lists(file, quality.overlap, &mut draws)
        };
        let mut order = listed;
        draws.shuffle(&mut order);
        let seen = file.only(&rows);
        let list = file.only(&order);
        let withheld = Withheld::of(&seen, &list);
        let mut place_on_list = vec![NOBODY; file.records];
        for (place, person) in order.iter().enumerate() {
            place_on_list[*person as usize] = place as u32;
        }
        let mut views: Vec<View> = seen
            .views
            .into_iter()
            .zip(list.views)
            .map(|(seen, list)| View {
                tokens: list.tokens,
                withheld: list.withheld,
                ..seen
            })
            .collect();
        if quality.errors > 0.0 {
            spoil(&mut views, quality.errors, &mut draws);
        }
        let home = homes::households(&list.stays_listed, usize::MAX);
        let seen_homes = homes::households(&seen.stays_seen, usize::MAX);
        let mut size = vec![0; home.len()];
        for first in &home {
            size[*first as usize] += 1;
        }
        Self {
            views,
            records: rows.len(),
            people: order.len(),
            truth: rows
                .iter()
                .map(|row| place_on_list[*row as usize])
                .collect(),
            home_size: home.iter().map(|first| size[*first as usize]).collect(),
            home,
            place: list.place,
            presence: (seen.presence, list.presence_listed),
            withheld,
            weights: None,
            step: file.step,
            kept: 1.0,
            groups: homes::groups_of(&seen_homes),
            shown: homes::all_groups_of(&seen_homes)
                .into_iter()
                .map(|rows| {
                    let bare = rows
                        .iter()
                        .all(|row| seen.stays_seen.get(*row as usize).is_none_or(Vec::is_empty));
                    (rows, bare)
                })
                .collect(),
            listed: homes::Shown::of(&list.stays_listed, file.group_max(), file.crowd),
            stays: (
                filled(seen.stays_seen, rows.len()),
                filled(list.stays_listed, order.len()),
            ),
        }
    }
}

/// One for each, also where there are none at all.
fn filled(mut stays: Vec<Vec<Stay>>, number: usize) -> Vec<Vec<Stay>> {
    stays.resize(number, Vec::new());
    stays
}

/// Rows and listed people, of one size, that share a part; households stay together but where a side ends.
fn two_lists(file: &File, overlap: f64, draws: &mut Draws) -> (Vec<u32>, Vec<u32>) {
    let homes = homes::households(&file.stays_listed, usize::MAX);
    let mut members: Vec<Vec<u32>> = vec![Vec::new(); file.records];
    for (person, home) in homes.iter().enumerate() {
        members[*home as usize].push(person as u32);
    }
    members.retain(|home| !home.is_empty());
    draws.shuffle(&mut members);
    let people: Vec<u32> = members.into_iter().flatten().collect();
    // Of n people, `shared` are on both sides and each side has as many of its own that the sides are `overlap` alike.
    let side = (people.len() as f64 / (2.0 - overlap)) as usize;
    let shared = (side as f64 * overlap) as usize;
    let mut rows: Vec<u32> = people[..side].to_vec();
    let mut listed: Vec<u32> = people[side - shared..].to_vec();
    listed.truncate(side);
    rows.sort_unstable();
    listed.sort_unstable();
    (rows, listed)
}

/// Tokens that go wrong with one slip of a letter or digit: two pairs of letters and the whole name.
const SLIP: usize = 3;

/// For a share of the people some tokens become those of somebody else.
fn spoil(views: &mut [View], errors: f64, draws: &mut Draws) {
    for view in views {
        let people = view.tokens.len();
        for person in 0..people {
            if draws.share() >= errors {
                continue;
            }
            let other = view.tokens[draws.below(people)].clone().unwrap_or_default();
            let Some(own) = &mut view.tokens[person] else {
                continue;
            };
            for _ in 0..SLIP {
                if own.is_empty() || other.is_empty() {
                    break;
                }
                let wrong = other[draws.below(other.len())];
                let at = draws.below(own.len());
                own.remove(at);
                if own.iter().all(|(token, _)| *token != wrong.0) {
                    own.push(wrong);
                }
                own.sort_unstable();
            }
        }
    }
}
