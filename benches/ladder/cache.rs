//! What was tried once is kept, so that a run that was stopped goes on, and a change of the choosing does not try all keys again.

use std::error::Error;
use std::fs;
use std::io::Read as _;
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::read::GzDecoder;
use flate2::write::GzEncoder;
use kinfold_schema::{Recipe, Schema};

use crate::pair::Pair;
use crate::table::{KeyFigures, KeyOnPair, SLOTS, Tried, try_keys};

/// To be raised when the meaning of what is kept changes.
const VERSION: u32 = 2;

/// Tries keys on a pair, or reads what an earlier run found for the same people, keys and schema.
pub fn tried(
    folder: &Path,
    (set, weight): (&str, f64),
    pair: &Pair,
    schema: &Schema,
    recipes: &[Recipe],
    divided: bool,
) -> Result<Tried, Box<dyn Error>> {
    let path = place(folder, pair, schema, recipes, divided);
    let keys = if let Ok(file) = fs::File::open(&path) {
        read(&mut GzDecoder::new(std::io::BufReader::new(file)), recipes)?
    } else {
        let keys = try_keys(pair, schema, recipes, divided);
        fs::create_dir_all(folder)?;
        // Whole or not at all: a run that is stopped leaves no half.
        let unfinished = path.with_extension("unfinished");
        let file = std::io::BufWriter::new(fs::File::create(&unfinished)?);
        let mut out = GzEncoder::new(file, Compression::fast());
        write(&mut out, &keys)?;
        out.finish()?
            .into_inner()
            .map_err(std::io::IntoInnerError::into_error)?;
        fs::rename(&unfinished, &path)?;
        keys
    };
    Ok(Tried {
        set: set.to_owned(),
        weight,
        name: pair.name.clone(),
        size: pair.size(),
        pairs: pair.mates.len(),
        keys,
    })
}

/// The name says everything that the content depends on, but for the program itself.
fn place(
    folder: &Path,
    pair: &Pair,
    schema: &Schema,
    recipes: &[Recipe],
    divided: bool,
) -> PathBuf {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&VERSION.to_le_bytes());
    hasher.update(&schema.hash());
    hasher.update(format!("{} {divided} {}", pair.name, pair.size()).as_bytes());
    for (left, right) in &pair.mates {
        hasher.update(&left.to_le_bytes());
        hasher.update(&right.to_le_bytes());
    }
    for recipe in recipes {
        hasher.update(format!("{recipe}\n").as_bytes());
    }
    let name = pair.name.replace(' ', "-");
    let hash = hasher.finalize().to_hex();
    folder.join(format!("{name}-{}.gz", &hash[..16]))
}

fn write(out: &mut impl std::io::Write, keys: &[KeyOnPair]) -> std::io::Result<()> {
    for key in keys {
        let figures = &key.figures;
        let numbers = [&figures.recall[..], &figures.strangers[..]].concat();
        for number in numbers.iter().chain(&[figures.tokens, figures.entropy]) {
            out.write_all(&number.to_le_bytes())?;
        }
        out.write_all(&[figures.slots99, key.hits.len() as u8])?;
        for (hits, strangers) in key.hits.iter().zip(&key.strangers) {
            out.write_all(&(hits.len() as u32).to_le_bytes())?;
            out.write_all(hits)?;
            for count in strangers {
                out.write_all(&count.to_le_bytes())?;
            }
        }
    }
    Ok(())
}

fn read(input: &mut impl std::io::Read, recipes: &[Recipe]) -> std::io::Result<Vec<KeyOnPair>> {
    fn array<const N: usize>(input: &mut impl std::io::Read) -> std::io::Result<[u8; N]> {
        let mut bytes = [0; N];
        input.read_exact(&mut bytes)?;
        Ok(bytes)
    }
    let mut keys = Vec::with_capacity(recipes.len());
    for _ in recipes {
        let mut numbers = [0.0; 8];
        for number in &mut numbers {
            *number = f64::from_le_bytes(array(input)?);
        }
        let [a, b, c, d, e, f, tokens, entropy] = numbers;
        let [slots99, levels] = array(input)?;
        let mut key = KeyOnPair {
            hits: Vec::new(),
            strangers: Vec::new(),
            figures: KeyFigures {
                recall: [a, b, c],
                strangers: [d, e, f],
                tokens,
                slots99,
                entropy,
            },
        };
        for _ in 0..levels {
            let count = u32::from_le_bytes(array(input)?);
            let mut hits = Vec::new();
            input.take(count.into()).read_to_end(&mut hits)?;
            key.hits.push(hits);
            let mut strangers = [0; SLOTS.len()];
            for count in &mut strangers {
                *count = u32::from_le_bytes(array(input)?);
            }
            key.strangers.push(strangers);
        }
        keys.push(key);
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_reads_back() {
        let key = KeyOnPair {
            hits: vec![vec![0, 1, 3], vec![2, 0, 0]],
            strangers: vec![[1; SLOTS.len()], [9; SLOTS.len()]],
            figures: KeyFigures {
                recall: [0.5, 0.6, 0.7],
                strangers: [0.1, 0.2, 0.3],
                tokens: 1.5,
                slots99: 3,
                entropy: 12.25,
            },
        };
        let mut bytes = Vec::new();
        write(&mut bytes, std::slice::from_ref(&key)).unwrap();
        let recipes: Vec<Recipe> = vec!["NN D".parse().unwrap()];
        let back = read(&mut &bytes[..], &recipes).unwrap();
        assert_eq!(
            (&back[0].hits, &back[0].strangers),
            (&key.hits, &key.strangers)
        );
        assert_eq!(
            format!("{:?}", back[0].figures),
            format!("{:?}", key.figures)
        );
        bytes.pop();
        assert!(read(&mut &bytes[..], &recipes).is_err());
    }
}
