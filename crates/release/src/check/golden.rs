//! The same file gets the same report, byte for byte, as when the whole file and the whole list were held in memory: `golden/*.json` were
//! written by that check (of commit f4f2b4c; the small files were written when the larger ones had proved equal). A change of what the check looks at changes them and has to say so;
//! `KINFOLD_WRITE_GOLDEN=1 cargo test -p kinfold-release golden` writes them anew.

use super::{Options, check_with_earlier};
use crate::draws::Draws;
use crate::file::File;
use crate::keys::KeyView;
use crate::made_up;
use kinfold_verdict::Form;

/// A pool of match keys, as an encoder would release it: four kinds that families and namesakes share in part, filled up with random tokens.
fn pool(id: &str, cap: u32, file: &File, seed: u8) -> KeyView {
    let mut draws = Draws::new(&[seed; 32], id);
    let mut view = KeyView {
        id: id.to_owned(),
        cap,
        slots: vec![2, 1, 1, 2],
        seen: vec![Vec::new(); file.records],
        listed: Vec::new(),
    };
    for (row, names) in file.names.iter().enumerate() {
        let (first, last) = (names[0], names[1]);
        let home = file.stays_listed[row][0].home[0];
        let values = [
            (0, first * 10_000 + last),
            (0, draws.word() >> 40),
            (1, last * 1_000 + u64::from(home)),
            (2, first * 1_000 + u64::from(home)),
            (3, 1 << 50 | draws.word() >> 50),
        ];
        view.listed.push(values.to_vec());
    }
    for own in view.released() {
        let mut token = [0; 16];
        let hash = blake3::keyed_hash(&[seed; 32], &own.value.to_le_bytes());
        token.copy_from_slice(&hash.as_bytes()[..16]);
        view.seen[own.row as usize].push(token);
    }
    for own in &mut view.seen {
        while own.len() < 6 {
            let mut token = [0; 16];
            token[..8].copy_from_slice(&draws.word().to_le_bytes());
            own.push(token);
        }
        own.sort_unstable();
    }
    view
}

fn file(number: usize, diffusion: usize, cap: u32) -> File {
    let mut file = made_up::people(number, 9).coded(&[5; 32], diffusion);
    file.views[0].tokens[7] = None;
    file.keys = vec![pool("pool", cap, &file, 1), pool("NHS", 1, &file, 2)];
    file.presence_listed = (0..number as u32)
        .map(|row| if row % 9 == 0 { 3 } else { 7 })
        .collect();
    file.presence = file.presence_listed.iter().map(|facts| facts & 5).collect();
    file.within = vec![3, 40, 7];
    for (row, (seen, listed)) in file
        .stays_seen
        .iter_mut()
        .zip(&mut file.stays_listed)
        .enumerate()
    {
        if row % 11 == 0 {
            seen.clear();
        } else if row % 5 == 0 {
            for stays in [seen, listed] {
                stays[0].from = 1_200 + (row % 40) as u16;
            }
        }
    }
    file
}

fn report(file: &File, earlier: &[File], form: Form) -> String {
    let options = Options {
        form,
        payload: [6; 32],
    };
    let outcome = check_with_earlier(file, earlier, &options, &mut |_| {});
    let mut text = String::from_utf8(outcome.report.to_json()).unwrap();
    text.push_str(&format!("\noutliers {:?}\n", outcome.outliers));
    text
}

fn must_be(name: &str, text: &str) {
    let path = format!(
        "{}/src/check/golden/{name}.json",
        env!("CARGO_MANIFEST_DIR")
    );
    if std::env::var_os("KINFOLD_WRITE_GOLDEN").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    for (is, was) in text.lines().zip(golden.lines()) {
        assert_eq!(is, was, "{name}");
    }
    assert_eq!(text.len(), golden.len(), "{name}");
}

fn diffused(number: usize) {
    let now = file(number, 6, 1);
    let rows: Vec<u32> = (0..number as u32).filter(|row| row % 7 != 3).collect();
    let mut earlier = now.only(&rows);
    // A value that was another person's.
    let token = earlier.keys[0].seen[4][0];
    earlier.keys[0].seen[12][0] = token;
    earlier.presence[5] = 4;
    earlier.stays_seen[8].clear();
    let stranger = earlier.coded(&[8; 32], 6);
    let report = report(&now, &[earlier, stranger], Form::Full);
    must_be(&format!("diffused-{number}"), &report);
}

/// A plain file in which records share values.
fn plain(number: usize) {
    let report = report(&file(number, 0, 3), &[], Form::Full);
    must_be(&format!("plain-{number}"), &report);
}

#[test]
fn a_quick_look() {
    must_be("quick-2000", &report(&file(2_000, 6, 1), &[], Form::Quick));
}

// Of fewer than 200 people there is no map to lay upon another, which takes the most time.
#[test]
fn small_files() {
    diffused(190);
    plain(160);
}

#[test]
fn larger_files() {
    diffused(900);
    plain(400);
}
