//! The terms of a hub: the signed agreement, and the schema and rule pack that it names by hash.
//!
//! They are verified anew each time a hub is opened, so a text edited on disk is noticed before it is used.

use std::path::Path;

use kinfold_exchange::{Agreement, Date, Reference};
use kinfold_indicators::RulePack;
use kinfold_message::{Exit, Problem};
use kinfold_schema::Schema;
use kinfold_store::Hub;

/// Agreement, schema and rules, all fitting each other.
#[derive(Debug)]
pub(crate) struct Terms {
    pub(crate) agreement: Agreement,
    pub(crate) schema: Schema,
    pub(crate) rules: RulePack,
}

impl Terms {
    /// The terms of an agreement file, with the standard schema and rule pack where no file is given.
    pub(crate) fn load(
        agreement: &Path,
        schema: Option<&Path>,
        rules: Option<&Path>,
    ) -> Result<Self, Problem> {
        let agreement = Agreement::load(agreement)?;
        let schema = match schema {
            Some(path) => Schema::parse(&read(path)?)
                .map_err(|error| Problem::from(error).at(path.display().to_string()))?,
            None => Schema::standard(),
        };
        let rules = match rules {
            Some(path) => RulePack::parse(&read(path)?)
                .map_err(|error| Problem::from(error).at(path.display().to_string()))?,
            None => RulePack::local7(),
        };
        named(
            "linkage schema",
            &schema.id,
            schema.hash(),
            std::slice::from_ref(agreement.schema()),
            "--schema",
        )?;
        named(
            "rule pack",
            rules.id(),
            rules.hash(),
            agreement.rule_packs(),
            "--rule-pack",
        )?;
        Ok(Self {
            agreement,
            schema,
            rules,
        })
    }

    /// Opens a hub and verifies its terms.
    pub(crate) fn open(folder: &Path) -> Result<(Hub, Self), Problem> {
        let hub = Hub::open(folder)?;
        let terms = Self::load(
            &hub.agreement_path(),
            Some(&hub.schema_path()),
            Some(&hub.rules_path()),
        )?;
        Ok((hub, terms))
    }

    /// The name of a party for people; its id when the agreement does not have it.
    pub(crate) fn party_name(&self, id: &str) -> String {
        self.agreement
            .party(id)
            .map_or_else(|_| id.to_owned(), |party| party.name.clone())
    }
}

/// A day as the user typed it.
pub(crate) fn day(flag: &str, text: &str) -> Result<Date, Problem> {
    text.parse().map_err(|error: kinfold_exchange::NotADate| {
        Problem::new(
            "E-USAGE",
            Exit::CouldNotRun,
            format!("`{text}` is not a day for `{flag}`"),
            error.to_string(),
        )
    })
}

/// Lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes
        .iter()
        .fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
            // Writing to a string cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
}

/// The agreement names this very text.
fn named(
    kind: &str,
    id: &str,
    hash: [u8; 32],
    agreed: &[Reference],
    flag: &str,
) -> Result<(), Problem> {
    if agreed.iter().any(|reference| reference.hash == hash) {
        return Ok(());
    }
    let wanted: Vec<String> = agreed
        .iter()
        .map(|reference| format!("`{}` ({})", reference.id, &hex(&reference.hash)[..12]))
        .collect();
    Err(Problem::new(
        "E-HUB-TERMS",
        Exit::Integrity,
        format!(
            "the {kind} `{id}` ({}) is not the one of the agreement: {}",
            &hex(&hash)[..12],
            wanted.join(", ")
        ),
        format!(
            "give the agreed {kind} with `{flag} FILE` when making the hub; a changed file in the hub's folder must be restored"
        ),
    ))
}

fn read(path: &Path) -> Result<String, Problem> {
    std::fs::read_to_string(path).map_err(|error| Problem::io("read the file", path, &error))
}
