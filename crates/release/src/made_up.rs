//! Made-up people for tests: token lists like those of names and birth dates, in households of one to five or as wanted.

use kinfold_encoding::ListedToken;

use crate::draws::Draws;
use crate::file::{File, Stay, View};

/// People with a first name, a family name (most of a household share it) and a birth date, as lists of tokens: a name has seven tokens that
/// other names share in part, a date has eight digits, day, month and year.
pub(crate) fn people(number: usize, seed: u8) -> File {
    in_homes_of(&[1, 1, 1, 2, 2, 2, 2, 3, 3, 4, 4, 5], number, seed)
}

/// The same in homes of these sizes, each as often as it stands there; `number` people at most.
pub(crate) fn in_homes_of(sizes: &[usize], number: usize, seed: u8) -> File {
    let mut draws = Draws::new(&[seed; 32], "people");
    let mut tokens = Vec::new();
    let mut stays = Vec::new();
    let mut place = Vec::new();
    let mut names = Vec::new();
    let mut home = 0u64;
    while tokens.len() < number {
        home += 1;
        let size = sizes[draws.below(sizes.len())];
        let family = rank(&mut draws);
        for _ in 0..size {
            let last = if draws.below(20) < 17 {
                family
            } else {
                rank(&mut draws)
            };
            let first = rank(&mut draws);
            let mut list: Vec<ListedToken> = Vec::new();
            list.extend(name(first));
            list.extend(name(1000 + last));
            let (year, month, day) = (
                1930 + draws.below(90),
                1 + draws.below(12),
                1 + draws.below(28),
            );
            let digits = format!("{year:04}{month:02}{day:02}");
            list.extend(
                digits
                    .bytes()
                    .enumerate()
                    .map(|(at, digit)| (2000 + at as u32 * 10 + u32::from(digit - b'0'), 40)),
            );
            list.extend([
                (2100 + day as u32, 40),
                (2100 + month as u32, 40),
                (2200 + (year - 1930) as u32, 40),
            ]);
            list.sort_unstable();
            list.dedup_by_key(|(token, _)| *token);
            tokens.push(Some(list));
            let mut token = [0; 16];
            token[..8].copy_from_slice(&home.to_le_bytes());
            stays.push(vec![Stay {
                home: token,
                from: 0,
                to: u16::MAX,
            }]);
            place.push(home / 15);
            names.push(vec![first as u64, 1000 + last as u64]);
        }
    }
    tokens.truncate(number);
    stays.truncate(number);
    place.truncate(number);
    names.truncate(number);
    File {
        records: number,
        views: vec![View {
            id: "names-birth".to_owned(),
            bits: 2048,
            inner_bits: 2048,
            diffusion: 0,
            codes: Vec::new(),
            tokens,
            withheld: Vec::new(),
            vocabulary: 2300,
        }],
        crowd: 5,
        step: 1,
        stays_seen: stays.clone(),
        stays_listed: stays,
        place,
        names,
        ..File::default()
    }
}

/// Takes the filters of all whom household keys show in a home of more than `most`; the file has to be coded afterwards.
pub(crate) fn withhold(file: &mut File, most: u32) {
    file.filter_max = Some(most);
    let homes = (0u32..).zip(&file.stays_seen);
    let homes = homes.flat_map(|(row, own)| own.iter().map(move |stay| (row, stay.home)));
    let without = kinfold_schema::in_larger_homes(homes, file.records, most);
    for view in &mut file.views {
        view.withhold(&without);
    }
}

/// The rank of a name: low ones are frequent.
fn rank(draws: &mut Draws) -> usize {
    let most = draws.below(400) + 1;
    draws.below(most)
}

/// Seven tokens of a name, six of which it shares with others, and itself.
fn name(rank: usize) -> Vec<ListedToken> {
    let mut draws = Draws::new(&[9; 32], &rank.to_string());
    let mut own: Vec<ListedToken> = (0..6).map(|_| (draws.below(500) as u32, 40)).collect();
    own.push((500 + (rank % 1000 + rank / 1000 * 400) as u32, 28));
    own
}
