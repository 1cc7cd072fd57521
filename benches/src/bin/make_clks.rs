//! `cargo run --release -p kinfold-benches --bin make_clks -- ROWS FOLDER [diffused]`: two files of raw filters, `FOLDER/a.bin` and `b.bin`.
//!
//! Without `diffused` they are CLKs of 1,024 bits as clkhash 0.18.3 makes them (its double hash, so many bits a feature), of invented people
//! with first name, family name, birth date, sex and postcode. Half of the second file are records of the first with up to four things
//! wrong: a typing error, names swapped, another family name, another postcode, nothing where something was. With `diffused` they are
//! filters of 2,048 bits as strangers' look after diffusion, each bit set in half of the records, one record in a thousand of the second
//! file with 40 in 100 bits of a record of the first drawn again.

use std::error::Error;
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kinfold_benches::{Words, filters, people};
use kinfold_encoding::clkhash::{Header, Options, Schema, Trap, encode_csv};

/// As the documentation of clkhash advises: n-grams, the same number of bits for each feature whatever its length.
const SCHEMA: &str = r#"{
  "version": 3,
  "clkConfig": {"l": 1024, "kdf": {"type": "HKDF", "hash": "SHA256", "salt": "SCbL2zHNnmsckfzchsNkZY9XoHk96P/G5nUBrM7ybymlEFsMV6PAeDZCNp3rfNUPCtLDMOGQHG4pCQpfhiHCyA==", "info": "", "keySize": 64}},
  "features": [
    {"identifier": "first_name", "format": {"type": "string", "encoding": "utf-8"}, "hashing": {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerFeature": 200}, "hash": {"type": "doubleHash"}}},
    {"identifier": "last_name", "format": {"type": "string", "encoding": "utf-8"}, "hashing": {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerFeature": 200}, "hash": {"type": "doubleHash"}}},
    {"identifier": "birth_date", "format": {"type": "string", "encoding": "utf-8"}, "hashing": {"comparison": {"type": "ngram", "n": 1, "positional": true}, "strategy": {"bitsPerFeature": 200}, "hash": {"type": "doubleHash"}}},
    {"identifier": "sex", "format": {"type": "string", "encoding": "utf-8"}, "hashing": {"comparison": {"type": "ngram", "n": 1}, "strategy": {"bitsPerFeature": 20}, "hash": {"type": "doubleHash"}}},
    {"identifier": "postcode", "format": {"type": "string", "encoding": "utf-8"}, "hashing": {"comparison": {"type": "ngram", "n": 2, "positional": true}, "strategy": {"bitsPerFeature": 140}, "hash": {"type": "doubleHash"}}}
  ]
}"#;

/// First name, family name, birth date, sex, postcode.
type Cells = [String; 5];

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let (Some(rows), Some(folder)) = (arguments.first(), arguments.get(1)) else {
        return Err("ROWS FOLDER [diffused]".into());
    };
    let (rows, folder) = (rows.parse::<usize>()?, Path::new(folder));
    std::fs::create_dir_all(folder)?;
    if arguments.get(2).is_some_and(|word| word == "diffused") {
        let a = filters(1, rows, 2048);
        let mut b = filters(2, rows, 2048);
        for row in (0..rows).step_by(1_000) {
            let noise: Vec<u64> = Words(row as u64).take(3 * 32).collect();
            for (place, word) in b[row * 32..][..32].iter_mut().enumerate() {
                // Two bits in five are drawn again: a mask of density 3/8 is near enough.
                let drawn = noise[place] & (noise[32 + place] | noise[64 + place]);
                *word = a[row * 32 + place] & !drawn | *word & drawn;
            }
        }
        write(&folder.join("a.bin"), &a)?;
        return write(&folder.join("b.bin"), &b);
    }
    let cells: Vec<Cells> = people::csv(&people::people(rows + rows.div_ceil(2)))
        .lines()
        .skip(1)
        .map(|line| {
            let cells: Vec<&str> = line.split(',').collect();
            std::array::from_fn(|place| cells.get(place + 1).unwrap_or(&"").to_string())
        })
        .collect();
    let mut draw = Draw(Words(23));
    let (first, fresh) = cells.split_at(rows);
    let second: Vec<Cells> = (0..rows)
        .map(|row| {
            if row % 2 == 0 {
                let kept = draw.below(rows);
                draw.damaged(&first[kept], &cells)
            } else {
                fresh[row / 2].clone()
            }
        })
        .collect();
    encode(first, &folder.join("a.bin"))?;
    encode(&second, &folder.join("b.bin"))
}

/// Draws numbers.
struct Draw(Words);

impl Draw {
    fn below(&mut self, limit: usize) -> usize {
        (self.0.next().unwrap_or(0) % limit.max(1) as u64) as usize
    }

    /// A record with nothing to four things wrong.
    fn damaged(&mut self, cells: &Cells, others: &[Cells]) -> Cells {
        let mut cells = cells.clone();
        for _ in 0..self.below(5) {
            let other = self.below(others.len());
            match self.below(8) {
                0 => cells.swap(0, 1),
                1 => cells[1].clone_from(&others[other][1]),
                2 => cells[4].clone_from(&others[other][4]),
                3 => {
                    let place = self.below(5);
                    cells[place].clear();
                }
                _ => {
                    let place = [0, 1, 2, 4][self.below(4)];
                    let mut letters: Vec<char> = cells[place].chars().collect();
                    if letters.len() > 2 {
                        let at = self.below(letters.len());
                        if self.below(2) == 0 {
                            letters.remove(at);
                        } else {
                            letters[at] = char::from(b'a' + self.below(26) as u8);
                        }
                    }
                    cells[place] = letters.into_iter().collect();
                }
            }
        }
        cells
    }
}

fn encode(records: &[Cells], path: &Path) -> Result<(), Box<dyn Error>> {
    let schema = Schema::read(SCHEMA, Trap::Refuse).map_err(|faults| format!("{faults:?}"))?;
    let csv: String = records.iter().map(|cells| cells.join(",") + "\n").collect();
    let options = Options {
        header: Header::None,
        trim: false,
        threads: 2,
    };
    let mut json = Vec::new();
    encode_csv(
        &schema,
        b"secret",
        &mut csv.as_bytes(),
        &mut json,
        options,
        &mut |_, _| {},
    )
    .map_err(|failure| format!("{failure:?}"))?;
    let value: serde_json::Value = serde_json::from_slice(&json)?;
    let mut words = Vec::new();
    for clk in value["clks"].as_array().into_iter().flatten() {
        let bytes = STANDARD.decode(clk.as_str().unwrap_or_default())?;
        words.extend(
            bytes
                .as_chunks()
                .0
                .iter()
                .map(|word| u64::from_le_bytes(*word)),
        );
    }
    write(path, &words)
}

fn write(path: &Path, words: &[u64]) -> Result<(), Box<dyn Error>> {
    let bytes: Vec<u8> = words.iter().flat_map(|word| word.to_le_bytes()).collect();
    Ok(std::fs::write(path, bytes)?)
}
