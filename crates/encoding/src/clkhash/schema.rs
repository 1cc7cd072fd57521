//! A clkhash linkage schema, read and understood once, so that nothing after it can meet a wrong value.

use super::base64;
use super::format::Format;
use super::json::{self, Node, Value};
use super::shape::{self, Fault, Version};
use super::token::Comparison;
use super::upgrade;
use num_bigint::BigInt;

mod feature;

/// How to make CLKs of records.
#[derive(Clone, Debug)]
pub struct Schema {
    pub(super) version: u8,
    /// One for each column of the file, in order.
    pub(super) features: Vec<Feature>,
    /// Length of a CLK in bits, after folding.
    pub(super) length: u32,
    /// How often a filter is folded.
    pub(super) folds: u32,
    pub(super) kdf_hash: KdfHash,
    pub(super) salt: Option<Vec<u8>>,
    pub(super) info: Option<Vec<u8>>,
    /// Length of each key in bytes.
    pub(super) key_size: usize,
}

/// The hash function of the key derivation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KdfHash {
    /// SHA-256
    Sha256,
    /// SHA-512
    Sha512,
}

/// One column.
#[derive(Clone, Debug)]
pub struct Feature {
    pub(super) identifier: String,
    /// Nothing for an ignored column.
    pub(super) hashing: Option<Hashing>,
}

/// How a column becomes bits.
#[derive(Clone, Debug)]
pub struct Hashing {
    pub(super) format: Format,
    pub(super) encoding: Encoding,
    pub(super) comparison: Comparison,
    pub(super) strategy: Strategy,
    pub(super) hash: HashKind,
    pub(super) missing: Option<Missing>,
}

/// The bytes of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// ASCII; other characters are an error.
    Ascii,
    /// UTF-8
    Utf8,
    /// UTF-16, little-endian, with a byte order mark before every token.
    Utf16,
    /// UTF-32, the same.
    Utf32,
}

/// How many positions each token gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Strategy {
    /// So many for each token.
    BitsPerToken(u32),
    /// So many for the feature, spread over its tokens; the first ones get one more if they do not come out even.
    BitsPerFeature(u32),
}

/// The hash function of a feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HashKind {
    /// Keyed BLAKE2b.
    Blake,
    /// The double hash.
    Double {
        /// Tokens whose step is zero are hashed again.
        prevent_singularity: bool,
    },
}

/// A value that stands for "not known". It is not validated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    pub(super) sentinel: String,
    /// What is hashed instead; the sentinel itself if the schema says nothing.
    pub(super) replacement: String,
}

/// What to do with names that clkhash 0.18.3 reads over although they look as if they did something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// Refuse them: nobody wants a setting that has no effect.
    Refuse,
    /// Read over them as clkhash does, to make the CLKs that it makes.
    Ignore,
}

/// Why a schema is not usable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SchemaFault {
    /// Where, such as `features[2].hashing.strategy`; empty for the whole.
    pub path: String,
    /// Line in the schema's file, counted from 1.
    pub line: u32,
    /// What is wrong, in words.
    pub what: String,
    /// What to do about it, in words.
    pub hint: String,
    /// Whether clkhash would take it: then this is a limit of kinfold or a refusal on purpose.
    pub is_refusal: bool,
}

/// Longest filter in bits, before folding: 16 MiB. clkhash has no limit but memory; no schema in use comes near.
const LONGEST: u64 = 1 << 27;

impl Schema {
    /// Reads a schema of version 1, 2 or 3.
    ///
    /// # Errors
    /// All [`SchemaFault`]s of the first check that finds any: not JSON, not of the shape that the version demands, not of the shape
    /// of version 3 after the upgrade, values that cannot be worked with.
    pub fn read(text: &str, trap: Trap) -> Result<Self, Vec<SchemaFault>> {
        let node = json::read(text).map_err(|error| {
            let what = if error.is_refusal {
                "the JSON cannot be carried over from Python exactly"
            } else {
                "the text is not JSON"
            };
            vec![SchemaFault {
                path: String::new(),
                line: error.line,
                what: format!("{what}: {}", error.what),
                hint: "correct the text at that line".to_owned(),
                is_refusal: error.is_refusal,
            }]
        })?;
        let (version, node) = latest(node)?;
        let mut faults = Vec::new();
        let schema = build(version, &node, trap, &mut faults);
        if faults.is_empty() {
            Ok(schema.expect("a schema without faults is whole"))
        } else {
            Err(faults)
        }
    }

    /// The version that the text was written in.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// Length of a CLK in bits.
    pub fn length_bits(&self) -> u32 {
        self.length
    }

    /// The name of each column.
    pub fn identifiers(&self) -> impl ExactSizeIterator<Item = &str> {
        self.features
            .iter()
            .map(|feature| feature.identifier.as_str())
    }

    /// Number of columns that are not ignored.
    pub fn hashed_columns(&self) -> usize {
        self.features
            .iter()
            .filter(|feature| feature.hashing.is_some())
            .count()
    }

    /// Length of a filter before it is folded, in bits.
    pub(super) fn filter_length(&self) -> u32 {
        self.length << self.folds
    }
}

/// Checks a schema's shape and brings it to version 3; with the version it was written in.
fn latest(node: Node) -> Result<(u8, Node), Vec<SchemaFault>> {
    let Value::Object(_) = node.value else {
        return Err(vec![whole_fault(&node, "a schema is a JSON object")]);
    };
    let number = match node.get("version").map(|version| &version.value) {
        None => return Err(vec![whole_fault(&node, "the schema has no `version`")]),
        Some(Value::Int(number)) => u8::try_from(number).ok(),
        Some(Value::Float(number)) => [1.0, 2.0, 3.0]
            .iter()
            .position(|one| one == number)
            .map(|at| at as u8 + 1),
        Some(_) => None,
    };
    let version = match number {
        Some(1) => Version::V1,
        Some(2) => Version::V2,
        Some(3) => Version::V3,
        _ => {
            let line = node.get("version").map_or(1, |version| version.line);
            return Err(vec![SchemaFault {
                path: "version".to_owned(),
                line,
                what: "is none of 1, 2 and 3".to_owned(),
                hint: "say which version of clkhash's schemas it follows; 3 is the present one"
                    .to_owned(),
                is_refusal: false,
            }]);
        }
    };
    check(&node, version, "")?;
    let number = number.unwrap_or_default();
    if version == Version::V3 {
        return Ok((number, node));
    }
    // Before a version is dropped: in version 1 the upgrade throws away what it does not know.
    let folds = (version == Version::V1)
        .then(|| {
            node.get("clkConfig")
                .and_then(|config| config.get("xorFolds"))
                .cloned()
        })
        .flatten();
    let line = node.line;
    let upgraded = match version {
        Version::V1 => upgrade::from_v1(node).and_then(upgrade::from_v2),
        _ => upgrade::from_v2(node),
    };
    let Some(mut upgraded) = upgraded else {
        let node = Node {
            line,
            value: Value::Null,
        };
        return Err(vec![whole_fault(
            &node,
            "the schema cannot be brought to version 3",
        )]);
    };
    check(&upgraded, Version::V3, " (after the upgrade to version 3)")?;
    if let Some(folds) = folds
        && let Some(mut config) = upgraded.take("clkConfig")
    {
        config.put("xorFolds", folds);
        upgraded.put("clkConfig", config);
    }
    Ok((number, upgraded))
}

fn whole_fault(node: &Node, what: &str) -> SchemaFault {
    SchemaFault {
        path: String::new(),
        line: node.line,
        what: what.to_owned(),
        hint: "compare it with the example in the manual's page on clkhash".to_owned(),
        is_refusal: false,
    }
}

fn check(node: &Node, version: Version, when: &str) -> Result<(), Vec<SchemaFault>> {
    let faults = shape::faults(node, version);
    if faults.is_empty() {
        return Ok(());
    }
    let explained = |Fault { path, line, what }| {
        let hint = if what.starts_with("has no") {
            "add what is missing"
        } else if what.contains("not a name") {
            "correct the spelling, or take it out"
        } else {
            "correct the value"
        };
        SchemaFault {
            path,
            line,
            what: what + when,
            hint: hint.to_owned(),
            is_refusal: false,
        }
    };
    Err(faults.into_iter().map(explained).collect())
}

/// Collects faults with their place.
struct Report<'faults> {
    faults: &'faults mut Vec<SchemaFault>,
}

impl Report<'_> {
    fn wrong(&mut self, path: &str, node: &Node, what: impl Into<String>, hint: &str) {
        self.add(path, node, what.into(), hint, false);
    }

    fn refuse(&mut self, path: &str, node: &Node, what: impl Into<String>, hint: &str) {
        self.add(path, node, what.into(), hint, true);
    }

    fn add(&mut self, path: &str, node: &Node, what: String, hint: &str, is_refusal: bool) {
        self.faults.push(SchemaFault {
            path: path.to_owned(),
            line: node.line,
            what,
            hint: hint.to_owned(),
            is_refusal,
        });
    }

    /// A whole number within bounds that are kinfold's own.
    fn number(&mut self, path: &str, node: &Node, most: u64) -> Option<u32> {
        let Value::Int(value) = &node.value else {
            // clkhash's shapes take `64.0`, but its code then fails in most places.
            self.wrong(
                path,
                node,
                "is written as a decimal",
                "write it as a whole number, without point",
            );
            return None;
        };
        let value = u64::try_from(value).ok().filter(|value| *value <= most);
        if value.is_none() {
            self.refuse(
                path,
                node,
                format!("is more than {most}"),
                "choose a smaller number",
            );
        }
        value.and_then(|value| u32::try_from(value).ok())
    }
}

fn build(version: u8, node: &Node, trap: Trap, faults: &mut Vec<SchemaFault>) -> Option<Schema> {
    let mut report = Report { faults };
    let config = node.get("clkConfig")?;
    let kdf = config.get("kdf")?;
    let length_node = config.get("l")?;
    let length = report.number("clkConfig.l", length_node, LONGEST);
    let folds = read_folds(config, trap, &mut report);
    let key_size = match kdf.get("keySize") {
        None => Some(64),
        Some(node) => report.number("clkConfig.kdf.keySize", node, 1 << 20),
    };
    let kdf_hash = match kdf.get("hash").and_then(Node::text) {
        Some("SHA512") => KdfHash::Sha512,
        _ => KdfHash::Sha256,
    };
    let mut bytes = |name: &str| -> Option<Option<Vec<u8>>> {
        let Some(node) = kdf.get(name) else {
            return Some(None);
        };
        let decoded = base64::decode_leniently(node.text()?);
        if decoded.is_none() {
            let path = format!("clkConfig.kdf.{name}");
            report.wrong(
                &path,
                node,
                "is not base64",
                "encode the bytes as base64, with its `=` at the end",
            );
        }
        decoded.map(Some)
    };
    let (salt, info) = (bytes("salt"), bytes("info"));
    let feature_nodes = node.get("features")?.list();
    let filter_length = length
        .zip(folds)
        .map(|(length, folds)| u64::from(length) << folds);
    if filter_length.is_some_and(|length| length > LONGEST) {
        report.refuse(
            "clkConfig.l",
            length_node,
            format!("makes filters of more than {LONGEST} bits before folding"),
            "choose shorter filters",
        );
    }
    if let Some(size) = key_size {
        let per_hash = match kdf_hash {
            KdfHash::Sha256 => 32,
            KdfHash::Sha512 => 64,
        };
        let needed = 2 * feature_nodes.len() * size as usize;
        if needed > 255 * per_hash {
            let what = format!(
                "{} features with two keys of {size} bytes need {needed} bytes, and HKDF gives {} at most",
                feature_nodes.len(),
                255 * per_hash
            );
            let hint = "use a shorter `keySize`, or `SHA512` as the hash of the `kdf`";
            report.wrong("clkConfig.kdf", kdf, what, hint);
        }
    }
    let context = feature::Context {
        filter_length: filter_length.filter(|length| *length <= LONGEST),
        key_size,
        trap,
    };
    let mut features = Vec::with_capacity(feature_nodes.len());
    for (index, node) in feature_nodes.iter().enumerate() {
        if let Some(feature) =
            feature::read(node, &format!("features[{index}]"), &context, &mut report)
        {
            features.push(feature);
        }
    }
    Some(Schema {
        version,
        features,
        length: length?,
        folds: folds?,
        kdf_hash,
        salt: salt?,
        info: info?,
        key_size: key_size? as usize,
    })
}

/// `xor_folds` is what clkhash reads, `xorFolds` is what its own JSON Schema and documentation call it.
fn read_folds(config: &Node, trap: Trap, report: &mut Report) -> Option<u32> {
    let folds = match config.get("xor_folds") {
        None => Some(0),
        Some(node) => match &node.value {
            // To Python, `true` is 1.
            Value::Bool(value) => Some(u32::from(*value)),
            Value::Int(value) if *value < BigInt::ZERO => {
                report.wrong(
                    "clkConfig.xor_folds",
                    node,
                    "is negative",
                    "count the folds from 0",
                );
                None
            }
            Value::Int(_) => report.number("clkConfig.xor_folds", node, 26),
            _ => {
                report.wrong(
                    "clkConfig.xor_folds",
                    node,
                    "is not a whole number",
                    "count the folds from 0",
                );
                None
            }
        },
    };
    if let (Some(node), Some(folds), Trap::Refuse) = (config.get("xorFolds"), folds, trap) {
        // Where both spellings mean the same number, nothing can go wrong.
        let same = match &node.value {
            Value::Int(value) => *value == BigInt::from(folds),
            Value::Float(value) => *value == f64::from(folds),
            _ => false,
        };
        if !same {
            report.refuse(
                "clkConfig.xorFolds",
                node,
                "has no effect in clkhash 0.18.3, which reads `xor_folds`",
                "write `xor_folds` if filters are to be folded; to get the unfolded filters that clkhash makes, use `--clkhash-0.18-compat`",
            );
        }
    }
    folds
}

#[cfg(test)]
mod tests;
