//! From the agreement's TOML to its terms: first the shape (unknown keys are errors), then the rules.

use crate::date::Date;
use crate::error::{Error, Result};
use crate::party::{Party, PartyText, Role};
use crate::{hex, names};
use serde::Deserialize;
use std::collections::BTreeSet;

/// Format version of the text.
pub(super) const AGREEMENT_VERSION: u32 = 1;
/// Most parties, event codes and rule packs.
const PARTIES_MAX: usize = 100;
const EVENT_CODES_MAX: usize = 1000;
const RULE_PACKS_MAX: usize = 20;
/// No agreement covers more people than this.
const PEOPLE_MAX: u64 = 100_000_000;

/// How exactly event dates leave a custodian.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum EventDates {
    /// As the first day of their month.
    Month,
    /// As the day.
    Day,
}

impl EventDates {
    /// As written in the agreement.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Month => "month",
            Self::Day => "day",
        }
    }
}

/// A document that the agreement points to: its id and the hash of its bytes.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Reference {
    /// The document's id.
    pub id: String,
    /// BLAKE3 of its text.
    #[serde(with = "hex::hash")]
    pub hash: [u8; 32],
}

/// What the text says, checked.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Terms {
    pub(super) name: String,
    pub(super) project: String,
    pub(super) epoch: String,
    pub(super) purpose: String,
    pub(super) lawful_basis: String,
    pub(super) retention: String,
    pub(super) expires: Date,
    pub(super) people: u64,
    pub(super) test: bool,
    pub(super) trusted_linkage_unit: bool,
    pub(super) event_dates: EventDates,
    pub(super) event_codes: BTreeSet<String>,
    pub(super) schema: Reference,
    pub(super) rule_packs: Vec<Reference>,
    pub(super) parties: Vec<Party>,
}

/// The text's shape.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AgreementText {
    version: u32,
    name: String,
    project: String,
    epoch: String,
    purpose: String,
    lawful_basis: String,
    retention: String,
    expires: Date,
    people: u64,
    #[serde(default)]
    test: bool,
    #[serde(default)]
    trusted_linkage_unit: bool,
    event_dates: EventDates,
    event_codes: Vec<String>,
    schema: Reference,
    #[serde(default)]
    rule_pack: Vec<Reference>,
    party: Vec<PartyText>,
}

impl Terms {
    pub(super) fn parse(text: &str) -> Result<Self> {
        let raw: AgreementText = toml::from_str(text)
            .map_err(|error| Error::agreement(crate::toml_message(&error, text)))?;
        let rule = |holds: bool, what: &str| {
            if holds {
                Ok(())
            } else {
                Err(Error::agreement(what))
            }
        };

        rule(
            raw.version == AGREEMENT_VERSION,
            "this release reads agreements of version 1",
        )?;
        rule(
            names::is_line(&raw.name, 120),
            "`name` is one line of at most 120 bytes",
        )?;
        rule(
            names::is_id(&raw.project) && names::is_id(&raw.epoch),
            "`project` and `epoch` are 1 to 64 of a-z, 0-9 and `-`",
        )?;
        for (key, value) in [
            ("purpose", &raw.purpose),
            ("lawful_basis", &raw.lawful_basis),
            ("retention", &raw.retention),
        ] {
            rule(
                names::is_line(value, 2000),
                &format!("`{key}` is one line of at most 2,000 bytes"),
            )?;
        }
        rule(
            (1..=PEOPLE_MAX).contains(&raw.people),
            "`people` is between 1 and 100 million",
        )?;
        let event_codes: BTreeSet<String> = raw.event_codes.iter().cloned().collect();
        rule(
            raw.event_codes.len() <= EVENT_CODES_MAX,
            "there are more than 1,000 event codes",
        )?;
        rule(
            event_codes.len() == raw.event_codes.len(),
            "an event code is listed twice",
        )?;
        rule(
            event_codes.iter().all(|code| names::is_event_code(code)),
            "an event code is two or three ids joined by `/`",
        )?;
        rule(
            raw.rule_pack.len() <= RULE_PACKS_MAX,
            "there are more than 20 rule packs",
        )?;
        rule(
            names::is_line(&raw.schema.id, 64),
            "the schema's id is one line of at most 64 bytes",
        )?;
        for (index, pack) in raw.rule_pack.iter().enumerate() {
            rule(
                names::is_line(&pack.id, 64),
                "a rule pack's id is one line of at most 64 bytes",
            )?;
            rule(
                raw.rule_pack[..index]
                    .iter()
                    .all(|earlier| earlier.id != pack.id),
                "a rule pack is listed twice",
            )?;
        }
        rule(
            raw.party.len() <= PARTIES_MAX,
            "there are more than 100 parties",
        )?;
        let parties = raw
            .party
            .into_iter()
            .map(Party::try_from)
            .collect::<Result<Vec<_>>>()?;
        check_parties(&parties, raw.test)?;

        Ok(Self {
            name: raw.name,
            project: raw.project,
            epoch: raw.epoch,
            purpose: raw.purpose,
            lawful_basis: raw.lawful_basis,
            retention: raw.retention,
            expires: raw.expires,
            people: raw.people,
            test: raw.test,
            trusted_linkage_unit: raw.trusted_linkage_unit,
            event_dates: raw.event_dates,
            event_codes,
            schema: raw.schema,
            rule_packs: raw.rule_pack,
            parties,
        })
    }
}

/// One linkage unit, one integrator, at least one custodian, and no id or key twice: a linkage unit that shares a key with a
/// custodian would undo the separation of duties.
fn check_parties(parties: &[Party], test: bool) -> Result<()> {
    for (role, wanted) in [
        (Role::LinkageUnit, 1..=1),
        (Role::Integrator, 1..=1),
        (Role::Custodian, 1..=PARTIES_MAX),
    ] {
        let found = parties.iter().filter(|party| party.role == role).count();
        if !wanted.contains(&found) {
            let wanted = if role == Role::Custodian {
                "at least one"
            } else {
                "exactly one"
            };
            return Err(Error::agreement(format!(
                "an agreement has {wanted} {role}; this one has {found}"
            )));
        }
    }
    for (index, party) in parties.iter().enumerate() {
        for earlier in &parties[..index] {
            let same = if earlier.id == party.id {
                "id"
            } else if earlier.signing_key == party.signing_key {
                "signing key"
            } else if earlier.recipient == party.recipient {
                "encryption key"
            } else {
                continue;
            };
            return Err(Error::agreement(format!(
                "parties `{}` and `{}` have the same {same}",
                earlier.id, party.id
            )));
        }
        if party.test_only && !test {
            return Err(Error::KeyTest {
                what: format!("key of `{}`", party.id),
            });
        }
    }
    Ok(())
}
