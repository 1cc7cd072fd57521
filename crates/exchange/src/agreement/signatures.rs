//! The signatures beside an agreement: one JSON line a party.

use super::Agreement;
use crate::error::{Error, Result};
use crate::key::PartyKey;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ed25519_dalek::Signature;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// Says what a signature is for, so that it serves nothing else.
const CONTEXT: &[u8] = b"kinfold/agreement/v1\0";

/// One line of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    party: String,
    signature: String,
}

/// One signature line, without a line end.
pub(super) fn sign(agreement: &Agreement, key: &PartyKey) -> String {
    let signature = BASE64_STANDARD.encode(key.sign(CONTEXT, &agreement.hash()));
    serde_json::to_string(&Line {
        party: key.id().to_owned(),
        signature,
    })
    .expect("two strings are always JSON")
}

/// Checks every line and gives back who signed.
pub(super) fn verify(agreement: &Agreement, lines: &str) -> Result<BTreeSet<String>> {
    let message = [CONTEXT, &agreement.hash()].concat();
    let mut signed = BTreeSet::new();
    for line in parse(lines)? {
        let party = agreement.party(&line.party)?;
        BASE64_STANDARD
            .decode(&line.signature)
            .ok()
            .and_then(|bytes| Signature::from_slice(&bytes).ok())
            .filter(|signature| party.signing_key.verify_strict(&message, signature).is_ok())
            .ok_or_else(|| Error::AgreementSignature {
                party: party.id.clone(),
            })?;
        if !signed.insert(line.party) {
            return Err(Error::agreement(format!(
                "two signatures of `{}`",
                party.id
            )));
        }
    }
    Ok(signed)
}

/// The lines with one party's line added or exchanged, sorted by party.
pub(super) fn replace(lines: &str, party: &str, line: &str) -> Result<String> {
    let mut kept: Vec<Line> = parse(lines)?
        .into_iter()
        .filter(|kept| kept.party != party)
        .collect();
    kept.extend(parse(line)?);
    kept.sort_by(|a, b| a.party.cmp(&b.party));
    let text = kept
        .iter()
        .map(|line| serde_json::to_string(line).expect("two strings are always JSON") + "\n");
    Ok(text.collect())
}

fn parse(lines: &str) -> Result<Vec<Line>> {
    lines
        .lines()
        .enumerate()
        .filter(|(_, line)| !line.trim().is_empty())
        .map(|(index, line)| {
            serde_json::from_str(line).map_err(|_| {
                Error::agreement(format!(
                    "line {} is not a signature line {{party, signature}}",
                    index + 1
                ))
            })
        })
        .collect()
}
