//! From a clkhash schema to a linkage schema of kinfold, with a report of what changes.
//!
//! The two do not make the same codes and never will: what is carried over is which facts are used. Columns are recognised by the words of
//! their identifiers; what kinfold has no field for is left out and said.

use std::fmt::Write as _;

use kinfold_schema::{Fact, FieldName, Recipe, Schema as Linkage};

use super::format::Format;
use super::schema::{HashKind, KdfHash, Schema, Strategy};
use super::token::Comparison;

/// One thing that changes.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Note {
    /// The column's identifier, or what of the schema it is about.
    pub what: String,
    /// In the clkhash schema.
    pub from: String,
    /// In kinfold's.
    pub to: String,
}

/// A converted schema.
#[derive(Clone, Debug)]
pub struct Converted {
    /// The text of the linkage schema.
    pub text: String,
    /// What changes, in the order of the clkhash schema.
    pub notes: Vec<Note>,
    /// For each column that is carried over: its identifier and the field.
    pub columns: Vec<(String, FieldName)>,
}

impl Schema {
    /// The linkage schema of kinfold that uses the same facts, for `people` people a file. `unit_positions` sets the fill of its filter.
    ///
    /// # Errors
    /// When no column is recognised, or those that are make no record usable: then there is nothing to link by.
    pub fn to_linkage_schema(
        &self,
        id: &str,
        people: u32,
        unit_positions: u32,
    ) -> Result<Converted, String> {
        let mut converted = Converted {
            text: String::new(),
            notes: self.general_notes(),
            columns: Vec::new(),
        };
        for feature in &self.features {
            let name = &feature.identifier;
            let Some(hashing) = &feature.hashing else {
                converted.note(name, "ignored", "not read");
                continue;
            };
            let is_date = matches!(hashing.format, Format::Date(_));
            let field = field_of(name, is_date);
            let known = field
                .is_some_and(|field| converted.columns.iter().any(|(_, other)| *other == field));
            let from = format!(
                "{}, {}",
                comparison(&hashing.comparison),
                match hashing.strategy {
                    Strategy::BitsPerToken(k) => format!("{k} bits a token"),
                    Strategy::BitsPerFeature(k) => format!("{k} bits in all"),
                }
            );
            match field {
                None => converted.note(name, &from, "left out: kinfold has no field for it"),
                Some(field) if known && field != FieldName::Address => {
                    let to = format!("left out: `{}` is there already", field.as_str());
                    converted.note(name, &from, &to);
                }
                Some(field) => {
                    let to = format!("field `{}`: {}", field.as_str(), tokens_in_words(field));
                    converted.note(name, &from, &to);
                    if !matches!(hashing.format, Format::Text { .. }) {
                        converted.note(
                            name,
                            "validated by the schema's format",
                            "read by kinfold's own rules, which accept what people write and count what cannot be read",
                        );
                    }
                    converted.columns.push((name.clone(), field));
                }
            }
            if hashing.missing.is_some() {
                converted.note(
                    name,
                    "a sentinel for missing values",
                    "words for \"not known\" are recognised; name others in mapping.toml (`empty`)",
                );
            }
        }
        let mut fields: Vec<FieldName> =
            converted.columns.iter().map(|(_, field)| *field).collect();
        fields.sort_unstable();
        fields.dedup();
        if fields.is_empty() {
            return Err(
                "no column of the schema is recognised as a name, a date or a place".to_owned(),
            );
        }
        converted.text = render(id, people, unit_positions, &fields)?;
        if !has(&fields, FieldName::FirstName)
            || !has(&fields, FieldName::LastName)
            || !has(&fields, FieldName::BirthDate)
        {
            converted.note(
                "filter",
                "one CLK over all columns",
                "none: a filter that does not have names and a birth date together is a bare code of what it has",
            );
        }
        Ok(converted)
    }

    /// What changes for every schema.
    fn general_notes(&self) -> Vec<Note> {
        let note = |what: &str, from: String, to: &str| Note {
            what: what.to_owned(),
            from,
            to: to.to_owned(),
        };
        let mut notes = vec![
            note(
                "codes",
                format!("one CLK of {} bits, compared by Dice", self.length),
                "match keys first; one diffused filter of 2,048 bits, compared by Hamming. CLKs and kinfold's codes can never be compared",
            ),
            note(
                "key derivation",
                format!(
                    "HKDF with {} over a shared secret, keys of {} bytes",
                    match self.kdf_hash {
                        KdfHash::Sha256 => "SHA-256",
                        KdfHash::Sha512 => "SHA-512",
                    },
                    self.key_size
                ),
                "HKDF-SHA-256 over the project key, one sub-key a purpose, bound to project, epoch and schema; salt and info are not used",
            ),
        ];
        if self.folds > 0 {
            notes.push(note(
                "folding",
                format!("{} times", self.folds),
                "replaced by diffusion (t = 6 for up to 75,000 people): folding once is diffusion of t = 2, which is broken",
            ));
        }
        let double = |hash: &HashKind| matches!(hash, HashKind::Double { .. });
        let hashed = || {
            self.features
                .iter()
                .filter_map(|feature| feature.hashing.as_ref())
        };
        notes.push(note(
            "hashing",
            if hashed().any(|hashing| double(&hashing.hash)) {
                "double hashing of SHA-1 and MD5 among others".to_owned()
            } else {
                "BLAKE2b".to_owned()
            },
            "keyed BLAKE3, every position by itself; double hashing gives tokens away",
        ));
        notes
    }
}

impl Converted {
    fn note(&mut self, what: &str, from: &str, to: &str) {
        self.notes.push(Note {
            what: what.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
        });
    }
}

fn comparison(comparison: &Comparison) -> String {
    match comparison {
        Comparison::Ngram { n, positional } => {
            let places = if *positional { " with positions" } else { "" };
            let characters = if *n == 1 {
                "single characters".to_owned()
            } else {
                format!("runs of {n} characters")
            };
            format!("{characters}{places}")
        }
        Comparison::Exact => "exact".to_owned(),
        Comparison::Numeric(_) => "numeric distance".to_owned(),
    }
}

fn tokens_in_words(field: FieldName) -> &'static str {
    match field {
        FieldName::FirstName | FieldName::MiddleName | FieldName::LastName => {
            "pairs of letters and whole parts, with the names of the other columns under one key; sounds, initials and any part in match keys"
        }
        FieldName::BirthDate => {
            "day, month, year and digits with positions; parts and swaps in match keys"
        }
        _ => "in match keys, exact and in parts; not in the filter",
    }
}

/// The field that an identifier most likely means.
fn field_of(identifier: &str, is_date: bool) -> Option<FieldName> {
    let lower = identifier.to_lowercase();
    let words: Vec<&str> = lower
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .collect();
    let joined = words.concat();
    let word = |list: &[&str]| words.iter().any(|word| list.contains(word));
    let part = |list: &[&str]| list.iter().any(|text| joined.contains(text));
    let field = if part(&["nhs"]) {
        FieldName::NhsNumber
    } else if word(&["upn"]) || part(&["uniquepupil"]) {
        FieldName::Upn
    } else if word(&["uln"]) || part(&["uniquelearner"]) {
        FieldName::Uln
    } else if word(&["nino", "ni"]) || part(&["nationalinsurance"]) {
        FieldName::Nino
    } else if word(&["uprn"]) || part(&["propertyreference"]) {
        FieldName::Uprn
    } else if part(&["placeofbirth", "birthplace", "birthtown", "birthcountry"]) || word(&["pob"]) {
        FieldName::BirthPlace
    } else if part(&["dob", "dateofbirth", "birthdate", "birthday", "bornon"])
        || (is_date && part(&["birth"]))
    {
        FieldName::BirthDate
    } else if part(&["middle"]) {
        FieldName::MiddleName
    } else if part(&["surname", "lastname", "familyname"]) || word(&["last", "family"]) {
        FieldName::LastName
    } else if part(&["givenname", "firstname", "forename"]) || word(&["first", "given"]) {
        FieldName::FirstName
    } else if word(&["sex", "gender"]) {
        FieldName::Sex
    } else if part(&["postcode", "zipcode", "postalcode"]) || word(&["zip", "postal"]) {
        FieldName::Postcode
    } else if part(&["address", "street", "house"])
        || word(&["addr", "suburb", "town", "city", "flat", "unit"])
    {
        FieldName::Address
    } else {
        return None;
    };
    Some(field)
}

fn has(fields: &[FieldName], field: FieldName) -> bool {
    fields.contains(&field)
}

/// The text of the schema: the tables of `standard` that the fields can fill.
fn render(
    id: &str,
    people: u32,
    unit_positions: u32,
    fields: &[FieldName],
) -> Result<String, String> {
    use FieldName as F;
    let named = has(fields, F::FirstName) && has(fields, F::LastName);
    let standard = Linkage::standard();
    let place = [F::Postcode, F::Address, F::Uprn]
        .iter()
        .any(|field| has(fields, *field));
    let mut text = format!(
        "# Made from a clkhash schema by `kinfold compat schema`. Read it before use: columns were recognised by their names.\n\n\
         [schema]\nformat = 2\nid = \"{id}\"\nversion = \"1.0.0\"\ntitle = \"Made from a clkhash schema\"\nstandardisation = \"{}\"\n\
         people_max = {people}\nusable = [\n",
        standard.standardisation
    );
    let available = |fact: &Fact| match fact {
        Fact::First => has(fields, F::FirstName),
        Fact::Last => has(fields, F::LastName),
        Fact::Middle => has(fields, F::MiddleName),
        Fact::Birth | Fact::BirthYear => has(fields, F::BirthDate),
        Fact::Sex => has(fields, F::Sex),
        Fact::Postcode => has(fields, F::Postcode),
        Fact::Home => has(fields, F::Address) && has(fields, F::Postcode),
        Fact::Place => place,
        Fact::BirthPlace => has(fields, F::BirthPlace),
        Fact::Nhs => has(fields, F::NhsNumber),
        Fact::UpnOrNino => has(fields, F::Upn) || has(fields, F::Nino),
        // Telephone numbers and e-mail addresses are not taken over: they must be asked for.
        Fact::FirstInitial | Fact::LastInitial | Fact::Telephone | Fact::Email | Fact::Town => {
            false
        }
    };
    let quoted = |facts: &[Fact]| {
        let words: Vec<String> = facts
            .iter()
            .map(|fact| format!("\"{}\"", fact.as_str()))
            .collect();
        words.join(", ")
    };
    let mut usable = 0;
    for facts in standard
        .usable
        .iter()
        .filter(|facts| facts.iter().all(&available))
    {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  [{}],", quoted(facts));
        usable += 1;
    }
    if usable == 0 {
        return Err("the columns that are recognised make no record usable: a name with a birth date or a place is needed, or a number".to_owned());
    }
    text.push_str("]\n");
    for field in standard
        .fields
        .iter()
        .filter(|field| has(fields, field.name))
    {
        let _ = write!(
            text,
            "\n[[field]]\nname = \"{}\"\ngroup = \"{}\"\n",
            field.name.as_str(),
            field.group
        );
    }
    if has(fields, F::Uln) {
        text.push_str("\n[[field]]\nname = \"uln\"\ngroup = \"identifiers\"\n");
    }
    if named && has(fields, F::BirthDate) {
        let filter = &standard.filters[0];
        let diffusion = kinfold_schema::risk::diffusion_for(filter, people)
            .ok_or_else(|| format!("no filter is safe for {people} people"))?;
        let _ = write!(
            text,
            "\n[[filter]]\nid = \"{}\"\nbits = {}\ndiffusion = {diffusion}\nmetric = \"hamming\"\nunit_positions = {unit_positions}\ncandidate_sigmas = 4.5\n\
             requires = [{}]\nscale = {{ names = 1.0, birth = 1.16 }}\ntokens = [\n",
            filter.id,
            filter.bits,
            quoted(&filter.requires),
        );
        for token in filter
            .tokens
            .iter()
            .filter(|token| has(fields, token.field))
        {
            let _ = writeln!(
                text,
                "  {{ field = \"{}\", form = \"{}\", weight = {} }},",
                token.field.as_str(),
                token.form.as_str(),
                token.weight
            );
        }
        text.push_str("]\n");
    }
    let mut keys = 0;
    let uln = [("ULN".parse::<Recipe>()?, 1)];
    let all = standard
        .keys
        .iter()
        .map(|key| (key.recipe.clone(), key.slots))
        .chain(uln);
    for (recipe, slots) in all.filter(|(recipe, _)| recipe.can_be_made(fields)) {
        let _ = write!(text, "\n[[key]]\nrecipe = \"{recipe}\"\nslots = {slots}\n");
        keys += 1;
    }
    if keys == 0 {
        return Err("the columns that are recognised make no match key".to_owned());
    }
    if has(fields, F::Uprn) || (has(fields, F::Address) && has(fields, F::Postcode)) {
        text.push_str("\n[household_keys]\nslots = 6\ngroup_max = 5\n");
    }
    let slots: Vec<Fact> = standard
        .presence
        .slots
        .iter()
        .filter(|fact| available(fact))
        .copied()
        .collect();
    let _ = write!(
        text,
        "\n[presence]\nslots = [{}]\nmin_records = 20\n",
        quoted(&slots)
    );
    Linkage::parse(&text).map_err(|error| error.to_string())?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clkhash::Trap;

    fn schema(features: &str) -> Schema {
        let text = format!(
            r#"{{"version": 3, "clkConfig": {{"l": 1024, "xor_folds": 1, "kdf": {{"type": "HKDF"}}}}, "features": [{features}]}}"#
        );
        Schema::read(&text, Trap::Refuse).unwrap_or_else(|faults| panic!("{faults:?}"))
    }

    fn text(identifier: &str) -> String {
        format!(
            r#"{{"identifier": "{identifier}", "format": {{"type": "string"}}, "hashing": {{"comparison": {{"type": "ngram", "n": 2}}, "strategy": {{"bitsPerToken": 20}}}}}}"#
        )
    }

    #[test]
    fn names_dates_and_places_are_recognised() {
        for (identifier, field) in [
            ("given_name", Some(FieldName::FirstName)),
            ("FIRST NAME", Some(FieldName::FirstName)),
            ("surname", Some(FieldName::LastName)),
            ("Last-Name", Some(FieldName::LastName)),
            ("middleName", Some(FieldName::MiddleName)),
            ("date_of_birth", Some(FieldName::BirthDate)),
            ("DOB YYYY/MM/DD", Some(FieldName::BirthDate)),
            ("GENDER M or F", Some(FieldName::Sex)),
            ("postcode", Some(FieldName::Postcode)),
            ("zip_code", Some(FieldName::Postcode)),
            ("street_number", Some(FieldName::Address)),
            ("address_1", Some(FieldName::Address)),
            ("nhs_number", Some(FieldName::NhsNumber)),
            ("place_of_birth", Some(FieldName::BirthPlace)),
            ("soc_sec_id", None),
            ("state", None),
        ] {
            assert_eq!(field_of(identifier, false), field, "{identifier}");
        }
    }

    #[test]
    fn what_is_made_is_a_schema_and_what_is_left_out_is_said() {
        let features = [
            "given_name",
            "surname",
            "surname2_surname",
            "dob",
            "address_1",
            "address_2",
            "postcode",
            "soc_sec_id",
        ]
        .map(text)
        .join(",");
        let converted = schema(&features)
            .to_linkage_schema("mine", 50_000, 41)
            .unwrap();
        let made = Linkage::parse(&converted.text).unwrap();
        assert_eq!(
            (made.id.as_str(), made.people_max, made.filters[0].diffusion),
            ("mine", 50_000, 7)
        );
        assert_eq!(converted.columns.len(), 6);
        let said = |what: &str, words: &str| {
            converted
                .notes
                .iter()
                .any(|note| note.what == what && note.to.contains(words))
        };
        assert!(said("soc_sec_id", "no field"));
        assert!(said("surname2_surname", "there already"));
        assert!(said("folding", "diffusion"));
        assert!(made.keys.iter().all(|key| key.recipe.to_string() != "NHS"));
        assert!(made.household.is_some());
    }

    #[test]
    fn without_names_there_is_no_filter_and_without_anything_no_schema() {
        let born = [text("dob"), text("nhs_number")].join(",");
        let converted = schema(&born).to_linkage_schema("mine", 1_000, 41).unwrap();
        assert!(Linkage::parse(&converted.text).unwrap().filters.is_empty());
        assert!(converted.notes.iter().any(|note| note.what == "filter"));
        assert!(
            schema(&text("shoe size"))
                .to_linkage_schema("mine", 1_000, 41)
                .is_err()
        );
        assert!(
            schema(&text("surname"))
                .to_linkage_schema("mine", 1_000, 41)
                .is_err()
        );
    }
}
