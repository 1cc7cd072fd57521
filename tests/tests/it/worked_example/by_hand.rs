//! The codes of one person worked out step by step, as the manual's page tells it and without the engine: what the page says is
//! true when both give the same.

use aes::Aes256;
use aes::cipher::{BlockEncrypt as _, KeyInit as _};
use kinfold_exchange::{PartyKey, ProjectKey, Role};
use kinfold_identity::Person;
use kinfold_schema::{Schema, Token};
use std::sync::Arc;

/// Bits of the filter, before and after diffusion.
pub const BITS: usize = 2048;
/// Released bits are the exclusive-or of so many.
const T: usize = 8;

/// Kinds of facts, as `encoding` numbers them.
pub const NAME: u8 = 1;
pub const BIRTH: u8 = 6;
pub const PROPERTY: u8 = 16;

/// The project key of the page: the bytes 0 to 31, read from a file like any other.
pub fn project_key() -> Arc<ProjectKey> {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("example.key");
    let secret = (0..32).map(|byte| format!("{byte:02x}"));
    let secret = secret.collect::<Vec<_>>().concat();
    let text =
        format!("version = 1\nproject = \"example\"\nepoch = \"2026\"\nsecret = \"{secret}\"\n");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(&path).expect("a new file");
    std::io::Write::write_all(&mut file, text.as_bytes()).expect("the key is written");
    let holder = PartyKey::danger_from_seed("council", Role::Custodian, 1).expect("a custodian");
    Arc::new(ProjectKey::load(&path, &holder).expect("a project key"))
}

/// Makes codes under the sub-keys of one project.
pub struct Hand {
    key: Arc<ProjectKey>,
    schema_hash: [u8; 32],
}

impl Hand {
    pub fn new(key: Arc<ProjectKey>, schema: &Schema) -> Self {
        Self {
            key,
            schema_hash: schema.hash(),
        }
    }

    fn sub_key(&self, purpose: &str) -> [u8; 32] {
        self.key.expand(purpose, &self.schema_hash)
    }

    /// The code of a fact: kind, length, letters and zeroes, or a hash of kind, mark and letters.
    pub fn code(&self, kind: u8, text: &[u8]) -> [u8; 12] {
        let mut code = [0; 12];
        if text.len() <= 10 {
            code[0] = kind;
            code[1] = text.len() as u8;
            code[2..2 + text.len()].copy_from_slice(text);
        } else {
            let long = [&[kind, 0x1f], text].concat();
            let hash = blake3::keyed_hash(&self.sub_key("values"), &long);
            code[0] = 0xff;
            code[1..].copy_from_slice(&hash.as_bytes()[..11]);
        }
        code
    }

    /// The token of a value: the keyed hash of a block of codes with the number of the recipe at its end.
    pub fn token(&self, codes: &[[u8; 12]], recipe: usize) -> Token {
        let mut block = [0; 64];
        block[..codes.len() * 12].copy_from_slice(codes.as_flattened());
        block[62..].copy_from_slice(&(recipe as u16).to_le_bytes());
        half(&blake3::keyed_hash(&self.sub_key("match-key"), &block))
    }

    /// The token of a home.
    pub fn home(&self, value: &str) -> Token {
        half(&blake3::keyed_hash(
            &self.sub_key("household"),
            value.as_bytes(),
        ))
    }

    /// The random token of a place: one block of AES-256.
    pub fn random_token(&self, lasting: &[u8; 16], place: usize) -> Token {
        let input = u128::from_le_bytes(*lasting) ^ place as u128;
        let mut block = aes::Block::from(input.to_le_bytes());
        Aes256::new(&self.sub_key("match-key-dummy").into()).encrypt_block(&mut block);
        block.into()
    }

    /// The positions of a piece: numbers of a keyed stream, each once.
    pub fn positions(&self, group: &str, piece: &[u8], count: usize) -> Vec<usize> {
        let key = self.sub_key(&format!("filter/names-birth/group/{group}"));
        let mut stream = stream(&key, piece);
        let mut positions = Vec::new();
        while positions.len() < count {
            // 2,048 divides what a number of 32 bits can be; the engine leaves out the last 2,048 of them all the same.
            let position = number(&mut stream) as usize % BITS;
            if !positions.contains(&position) {
                positions.push(position);
            }
        }
        positions
    }

    /// The bits of a person before diffusion.
    pub fn bits(&self, person: &Person) -> Vec<bool> {
        let mut bits = vec![false; BITS];
        let mut set = |group: &str, piece: &[u8], count: usize| {
            for position in self.positions(group, piece, count) {
                bits[position] = true;
            }
        };
        let families = person.family_names.iter().flat_map(|name| &name.parts);
        for name in person.first_names.iter().chain(families) {
            let formal = kinfold_identity::canonical_nicknames(name);
            for form in std::iter::once(name.as_str()).chain(formal.iter().copied()) {
                for pair in format!("_{form}_").as_bytes().windows(2) {
                    set("names", &[b'B', pair[0], pair[1]], 41);
                }
            }
            set("names", &[b"W", name.as_bytes()].concat(), 29);
        }
        for birth in &person.births {
            let (month, day) = (birth.month.expect("a month"), birth.day.expect("a day"));
            set("birth", &[b'v', day], 48);
            set("birth", &[b'v', month], 48);
            set(
                "birth",
                &[&b"y"[..], &birth.year.to_le_bytes()].concat(),
                48,
            );
            for (place, digit) in digits(&birth.iso()).bytes().enumerate() {
                set("birth", &[b'd', place as u8, digit], 48);
            }
        }
        bits
    }

    /// Of which bits each released bit is the exclusive-or: every bit is drawn once before any is drawn again.
    pub fn lists(&self) -> Vec<Vec<usize>> {
        let key = self.sub_key("filter/names-birth/diffusion");
        let mut stream = stream(&key, b"lists");
        let mut pool: Vec<usize> = Vec::new();
        let mut lists = Vec::new();
        for _ in 0..BITS {
            let mut list: Vec<usize> = Vec::new();
            let mut aside = Vec::new();
            while list.len() < T {
                if pool.is_empty() {
                    pool.extend(0..BITS);
                }
                let bound = pool.len() as u32;
                let drawn = loop {
                    let number = number(&mut stream);
                    if number < u32::MAX - u32::MAX % bound {
                        break pool.swap_remove((number % bound) as usize);
                    }
                };
                if list.contains(&drawn) {
                    aside.push(drawn);
                } else {
                    list.push(drawn);
                }
            }
            pool.append(&mut aside);
            lists.push(list);
        }
        lists
    }
}

/// Eight digits of `1991-03-14`.
pub fn digits(iso: &str) -> String {
    iso.replace('-', "")
}

fn half(hash: &blake3::Hash) -> Token {
    hash.as_bytes()[..16].try_into().expect("sixteen bytes")
}

fn stream(key: &[u8; 32], text: &[u8]) -> blake3::OutputReader {
    blake3::Hasher::new_keyed(key).update(text).finalize_xof()
}

fn number(stream: &mut blake3::OutputReader) -> u32 {
    let mut bytes = [0; 4];
    stream.fill(&mut bytes);
    u32::from_le_bytes(bytes)
}
