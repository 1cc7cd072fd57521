//! What is compared: one filter alone, hardened in one way or another, and whole packages of a linkage schema.

use std::error::Error;
use std::path::Path;

use kinfold_schema::Schema;

use crate::hardening::Hardening;

/// Changes with everything that changes results and is not in a schema: kept results of another number are not used.
const VERSION: &str = "1";

/// `standard` before version 4.1.0: its filter is the same, and most schemes were measured as variants of it. With 4.1.0 five people of a home with
/// six to eight send household keys.
pub const BEFORE: &str = include_str!("standard-4.0.0.toml");

/// One thing to release.
pub struct Scheme {
    /// Its name in files.
    pub id: String,
    /// Its name in tables and pictures.
    pub label: String,
    /// What it is.
    pub kind: Kind,
    /// Tells results of this very scheme from those of an earlier one of the same name.
    pub hash: String,
}

/// Which kind of release it is.
pub enum Kind {
    /// The filter of `standard` over names and birth date, alone.
    Alone(Hardening),
    /// All that a schema releases.
    Package(Box<Schema>),
}

impl Scheme {
    fn alone(id: &str, label: &str, hardening: Hardening) -> Self {
        Self {
            id: id.to_owned(),
            label: label.to_owned(),
            kind: Kind::Alone(hardening),
            hash: hash(&format!("{hardening:?} {BEFORE}")),
        }
    }

    fn package(id: &str, label: &str, text: &str) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            id: id.to_owned(),
            label: label.to_owned(),
            kind: Kind::Package(Box::new(Schema::parse_for_bench(text)?)),
            hash: hash(text),
        })
    }

    /// Whether it is one filter alone.
    pub fn is_alone(&self) -> bool {
        matches!(self.kind, Kind::Alone(_))
    }

    /// Whether it is a shipped profile.
    pub fn is_shipped(&self) -> bool {
        Schema::shipped_names().any(|name| name == self.id)
    }
}

fn hash(text: &str) -> String {
    let hash = blake3::hash(format!("{VERSION}\0{text}").as_bytes());
    hash.to_hex()[..8].to_owned()
}

/// Ladders of the ladder bench that are compared.
const LADDERS: [&str; 3] = ["15k-60", "75k-100", "1m-60"];
/// Diffusions of `standard` 4.0.0 beside its own.
const STANDARD: [u8; 3] = [4, 6, 10];

/// Everything, in the order of tables.
///
/// # Errors
/// Ladders that cannot be read.
pub fn all(ladders: &Path) -> Result<Vec<Scheme>, Box<dyn Error>> {
    let mut all = vec![
        Scheme::alone("plain", "plain", Hardening::Plain),
        Scheme::alone("folded", "folded", Hardening::Folded),
        Scheme::alone("rule-90", "Rule 90", Hardening::Rule90),
    ];
    for percent in [5, 20] {
        all.push(Scheme::alone(
            &format!("flipped-{percent:02}"),
            &format!("flipped {percent} %"),
            Hardening::Flipped(percent),
        ));
    }
    all.push(Scheme::alone("salted", "salted", Hardening::Salted));
    for t in 2..=10 {
        all.push(Scheme::alone(
            &format!("t{t:02}"),
            &format!("t = {t}"),
            Hardening::Diffused(t),
        ));
    }
    for name in ["standard", "high", "partial", "trusted"] {
        let schema = Schema::shipped(name).ok_or("a shipped schema is missing")?;
        all.push(Scheme::package(name, name, schema.text())?);
    }
    all.push(Scheme::package("standard-4.0.0", "standard 4.0.0", BEFORE)?);
    for t in STANDARD {
        let text = BEFORE.replace("diffusion = 8", &format!("diffusion = {t}"));
        all.push(Scheme::package(
            &format!("standard-t{t:02}"),
            &format!("standard 4.0.0, t = {t}"),
            &text,
        )?);
    }
    for name in LADDERS {
        let text = std::fs::read_to_string(ladders.join(format!("{name}.toml")))?;
        all.push(Scheme::package(
            &format!("ladder-{name}"),
            &format!("ladder {name}"),
            &text,
        )?);
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_scheme_is_another() {
        let all = all(Path::new("ladder/candidates")).unwrap();
        let ids: std::collections::BTreeSet<&str> = all.iter().map(|own| own.id.as_str()).collect();
        let hashes: std::collections::BTreeSet<&str> =
            all.iter().map(|own| own.hash.as_str()).collect();
        assert_eq!((ids.len(), hashes.len()), (all.len(), all.len()));
        // What is said of the filter alone holds for the shipped one.
        let before = Schema::parse_for_bench(BEFORE).unwrap();
        assert_eq!(before.filters, Schema::standard().filters);
        for name in Schema::shipped_names() {
            assert!(ids.contains(name), "{name} is shipped and not compared");
        }
        for t in STANDARD {
            let Some(Kind::Package(schema)) = all
                .iter()
                .find(|own| own.id == format!("standard-t{t:02}"))
                .map(|own| &own.kind)
            else {
                panic!("a package");
            };
            assert_eq!(schema.filters[0].diffusion, u32::from(t));
        }
    }
}
