//! The join of match keys of four files: time, memory, candidates.
//!
//! `cargo run --release -p kinfold-benches --bin key_join [-- PEOPLE [SLOTS [THREADS [MIB [FOLDER]]]]]` writes the tokens of four files of PEOPLE
//! records into a folder, reads them back, joins them in MIB of working memory, and prints one line a step; then the same with one join
//! for every two files, which must find the same. `benches/peers/keys.py` gives the same files to other programs.
//!
//! Four files each hold a quarter of all people, drawn by chance, so every two share a quarter of their records. Seven slots in ten
//! hold a real token, four in five of those are what another file makes too, and all else is random, as dummies are.

use std::error::Error;
use std::fs::File;
use std::io::{BufWriter, Read, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use kinfold_benches::Words;
use kinfold_benches::process::{peak_mib, processor_seconds};
use kinfold_matcher::{Crowd, KeyFile, KeyJoin, join_key_files};

const FILES: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |index: usize, default: usize| {
        arguments
            .get(index)
            .map_or(Ok(default), |text| text.parse::<usize>())
    };
    let people = number(0, 250_000)?;
    let slots = number(1, 50)?;
    let threads = number(2, 2)?;
    let mib = number(3, 1024)?;
    let folder = arguments.get(4).map_or("target/key_join", String::as_str);
    let folder = PathBuf::from(folder);
    std::fs::create_dir_all(&folder)?;
    let types = slot_types(slots);
    std::fs::write(folder.join("types"), &types)?;
    for file in 0..FILES {
        write(&path(&folder, file), file, people, &types)?;
    }
    println!(
        "tokens written to {}; peak memory {} MiB",
        folder.display(),
        peak_mib()
    );

    let start = Instant::now();
    let tokens: Vec<Vec<[u8; 16]>> = (0..FILES)
        .map(|file| read(&path(&folder, file)))
        .collect::<Result<_, _>>()?;
    println!(
        "read in {:.2} s; peak memory {} MiB",
        start.elapsed().as_secs_f64(),
        peak_mib()
    );
    let mut files = Vec::new();
    for tokens in &tokens {
        let mut file = KeyFile::new(&types)?;
        file.push(tokens)?;
        files.push(file);
    }
    let how = KeyJoin {
        threads,
        memory: mib << 20,
        within: false,
        crowd: Crowd::Refuse(1),
    };
    let all = timed("one join of all files", &[&files], &how)?;
    let pairs: Vec<[KeyFile; 2]> = (0..FILES)
        .flat_map(|left| (left + 1..FILES).map(move |right| [left, right]))
        .map(|two| two.map(|file| files[file].clone()))
        .collect();
    let pairs: Vec<&[KeyFile]> = pairs.iter().map(<[KeyFile; 2]>::as_slice).collect();
    if timed("a join of every two files", &pairs, &how)? != all {
        return Err("the joins of every two files find something else".into());
    }
    Ok(())
}

/// Does some joins one after another and says what they took. The answer is a sum of all candidates in their order.
fn timed(what: &str, joins: &[&[KeyFile]], how: &KeyJoin) -> Result<u64, Box<dyn Error>> {
    let (start, used) = (Instant::now(), processor_seconds());
    let (mut agreeing, mut checksum) = (0u64, 0u64);
    let (mut tokens, mut passes, mut candidates) = (0, 0, 0);
    for files in joins {
        let report = join_key_files(files, how, |found| {
            for pair in found {
                agreeing += u64::from(pair.types.count_ones());
                let place = u64::from(pair.left) << 32 | u64::from(pair.right);
                checksum = (checksum ^ place ^ pair.types as u64)
                    .rotate_left(7)
                    .wrapping_mul(0x9e37_79b9_7f4a_7c15);
            }
            Ok::<(), std::convert::Infallible>(())
        })?;
        tokens += report.tokens;
        passes += report.passes;
        candidates += report.candidates;
    }
    let elapsed = start.elapsed().as_secs_f64();
    let [own, system] = [0, 1].map(|which| processor_seconds()[which] - used[which]);
    println!(
        "{what}: {tokens} tokens, {} thread(s), {} MiB: {elapsed:.2} s by the clock, {:.2} s of processor time of which {system:.2} s the system's, \
         {passes} passes; {candidates} candidates, {agreeing} agreeing key types, checksum {checksum:016x}; peak memory {} MiB",
        how.threads,
        how.memory >> 20,
        own + system,
        peak_mib()
    );
    Ok(checksum)
}

/// Types of one slot and, for the last third of the slots, of two.
fn slot_types(slots: usize) -> Vec<u8> {
    let single = slots - slots / 3;
    (0..slots)
        .map(|slot| (slot.min(single) + slot.saturating_sub(single) / 2) as u8)
        .collect()
}

fn path(folder: &Path, file: usize) -> PathBuf {
    folder.join(format!("{file}.tokens"))
}

/// Writes the tokens of one file.
fn write(path: &Path, file: usize, people: usize, types: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut output = BufWriter::with_capacity(1 << 20, File::create(path)?);
    let mut chance = Words(1 + file as u64);
    let mut draw = move || chance.next().unwrap_or(0);
    let mut population: Vec<u32> = (0..(people * FILES) as u32).collect();
    for place in 0..people {
        let other = place + (draw() % (population.len() - place) as u64) as usize;
        population.swap(place, other);
    }
    for &person in &population[..people] {
        // The same words of the same person in every file.
        let mut own = Words(u64::from(person) << 20 ^ 0x5eed);
        let mut row: Vec<[u8; 16]> = types
            .iter()
            .map(|_| {
                let real = own.next().unwrap_or(0) % 10 < 7;
                let token = [own.next().unwrap_or(0), own.next().unwrap_or(0)];
                let kept = real && draw() % 5 < 4;
                let [low, high] = if kept { token } else { [draw(), draw()] };
                (u128::from(high) << 64 | u128::from(low)).to_le_bytes()
            })
            .collect();
        // Tokens of one type stand in no order.
        for slot in 1..row.len() {
            if types[slot] == types[slot - 1] && draw() % 2 == 0 {
                row.swap(slot, slot - 1);
            }
        }
        output.write_all(row.as_flattened())?;
    }
    Ok(output.flush()?)
}

fn read(path: &Path) -> Result<Vec<[u8; 16]>, Box<dyn Error>> {
    let mut file = File::open(path)?;
    let mut tokens = vec![[0; 16]; file.metadata()?.len() as usize / 16];
    file.read_exact(tokens.as_flattened_mut())?;
    Ok(tokens)
}
