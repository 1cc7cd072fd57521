//! A new agreement as text, with a comment on what each line means for the families and the parties.

use super::text::{AGREEMENT_VERSION, EventDates, Reference};
use crate::date::Date;
use crate::hex;
use crate::party::{Party, Role};
use std::fmt::Write as _;

/// Stands at the beginning of a text that the parties have not written yet. Nobody can sign an agreement with such a text.
pub const TO_BE_WRITTEN: &str = "TO BE WRITTEN";

/// What a new agreement says.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Name for people.
    pub name: String,
    /// Project id.
    pub project: String,
    /// Epoch id.
    pub epoch: String,
    /// Why the parties link, in a sentence.
    pub purpose: String,
    /// The legal ground, in a sentence.
    pub lawful_basis: String,
    /// How long what is kept, in a sentence.
    pub retention: String,
    /// Last day.
    pub expires: Date,
    /// Largest number of people.
    pub people: u64,
    /// A rehearsal with test keys.
    pub test: bool,
    /// The linkage unit is inside the custodians' own trust.
    pub trusted_linkage_unit: bool,
    /// How exactly event dates leave a custodian.
    pub event_dates: EventDates,
    /// Event codes that may be sent.
    pub event_codes: Vec<String>,
    /// The linkage schema.
    pub schema: Reference,
    /// The rule packs.
    pub rule_packs: Vec<Reference>,
    /// The parties with their public keys.
    pub parties: Vec<Party>,
}

impl Draft {
    /// The text: parties sorted by role, then id, so that the same draft gives the same bytes.
    pub(super) fn render(&self) -> String {
        let mut text = String::with_capacity(8192);
        self.write_terms(&mut text);
        self.write_documents(&mut text);
        self.write_parties(&mut text);
        text
    }

    fn write_terms(&self, text: &mut String) {
        text.push_str(
            "# kinfold agreement. Every party signs this exact text: after any change, even of a comment, all sign again.\n\
             # The hash of this text is in every package, and a package made under another text is refused.\n\n",
        );
        let mut line = |comment: &str, key: &str, value: String| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "# {comment}\n{key} = {value}\n");
        };
        line(
            "Format of this file.",
            "version",
            AGREEMENT_VERSION.to_string(),
        );
        line(
            "Shown on every screen and report.",
            "name",
            quoted(&self.name),
        );
        line(
            "Part of every key: codes of two projects can never be joined.",
            "project",
            quoted(&self.project),
        );
        line(
            "A new epoch means a new project key and new codes. Change it every year, and when somebody with the key leaves.",
            "epoch",
            quoted(&self.epoch),
        );
        line(
            "Why the parties link. Anything else is outside the agreement.",
            "purpose",
            quoted(&self.purpose),
        );
        line(
            "The legal ground, for instance an Act and section, or consent.",
            "lawful_basis",
            quoted(&self.lawful_basis),
        );
        line(
            "What is kept, where, for how long, and who deletes it.",
            "retention",
            quoted(&self.retention),
        );
        line(
            "Last day. Afterwards packages are neither made nor accepted.",
            "expires",
            quoted(&self.expires.to_string()),
        );
        line(
            "The largest number of people in one package. The strength of the codes is chosen for it; more records are refused.",
            "people",
            self.people.to_string(),
        );
        if self.test {
            line(
                "A REHEARSAL: keys that anyone can make are accepted. Never use it with real records.",
                "test",
                "true".to_owned(),
            );
        }
        if self.trusted_linkage_unit {
            line(
                "The linkage unit is inside the custodians' own trust: codes that could be read by whoever holds a list of the population \
                 may be sent to it. The parties must say in `lawful_basis` why.",
                "trusted_linkage_unit",
                "true".to_owned(),
            );
        }
        line(
            "How exactly event dates leave a custodian: \"month\" (first of the month) or \"day\".",
            "event_dates",
            quoted(self.event_dates.as_str()),
        );
        let codes: Vec<String> = self
            .event_codes
            .iter()
            .map(|code| format!("    {},\n", quoted(code)))
            .collect();
        line(
            "The only event codes that may be sent. Taking one out means no party learns of such events.",
            "event_codes",
            format!("[\n{}]", codes.concat()),
        );
    }

    fn write_documents(&self, text: &mut String) {
        text.push_str("# The linkage schema: what is encoded and how strongly it is protected.\n");
        let _ = writeln!(text, "[schema]\n{}", reference(&self.schema));
        for pack in &self.rule_packs {
            text.push_str("# The published rules that turn events into needs.\n");
            let _ = writeln!(text, "[[rule_pack]]\n{}", reference(pack));
        }
    }

    fn write_parties(&self, text: &mut String) {
        let mut parties: Vec<&Party> = self.parties.iter().collect();
        parties.sort_by(|a, b| (a.role, &a.id).cmp(&(b.role, &b.id)));
        for party in parties {
            let comment = match party.role {
                Role::Custodian => {
                    "Owns records; encodes them and sends packages. Holds the project key."
                }
                Role::LinkageUnit => "Receives codes and links them. Never holds the project key.",
                Role::Integrator => {
                    "Receives events and adds them to linked households. Never holds the project key."
                }
            };
            let _ = writeln!(
                text,
                "# {comment}\n# fingerprint: {}\n[[party]]",
                party.fingerprint_words()
            );
            party.write_fields(text, "party.contact");
            text.push('\n');
        }
    }
}

fn reference(reference: &Reference) -> String {
    format!(
        "id = {}\nhash = \"{}\"\n",
        quoted(&reference.id),
        hex::encode(&reference.hash)
    )
}

fn quoted(value: &str) -> String {
    toml::Value::from(value).to_string()
}
