//! The rules that a schema keeps beyond its shape. All are checked in one pass, and each fault names its key, its line and the mend.

mod filters;

use std::collections::BTreeSet;

use crate::POOLS_MAX;
use crate::Recipe;
use crate::error::{Fault, FaultKind};
use crate::fact::{Fact, FieldName, Theme};
use crate::file::{File, LinkageUnit};
use crate::locate::line_of;
use crate::recipe::{Atom, ContactForm, IdentifierKind, NameForm, NameOf, PlaceForm};
use crate::schema::KeySchema;

/// Most key types a schema may list; the join keeps agreeing types in a 128-bit set.
const KEYS_MAX: usize = 128;
/// Most slots a key may have.
const SLOTS_MAX: u16 = 32;
/// Least records that share a released presence pattern.
const PATTERN_RECORDS_MIN: u32 = 20;
/// The largest group of one home that is released: larger ones are few, so their size alone would name the home.
const GROUP_MAX: u32 = 5;

/// What the check found, and the recipes it read on the way.
pub(crate) struct Checked {
    pub keys: Vec<KeySchema>,
    pub faults: Vec<Fault>,
}

/// Checks a schema's file.
pub(crate) fn check(file: &File, text: &str) -> Checked {
    let mut rules = Rules {
        text,
        faults: Vec::new(),
    };
    rules.head(file);
    rules.fields(file);
    rules.filters(file);
    let keys = rules.keys(file);
    rules.household(file);
    rules.presence(file);
    Checked {
        keys,
        faults: rules.faults,
    }
}

struct Rules<'t> {
    text: &'t str,
    faults: Vec<Fault>,
}

impl Rules<'_> {
    fn fault(&mut self, kind: FaultKind, key: &str, what: String, fix: &str) {
        self.faults.push(Fault {
            kind,
            line: line_of(self.text, key),
            key: key.to_owned(),
            what,
            fix: fix.to_owned(),
        });
    }

    /// A rule that always holds.
    fn rule(&mut self, holds: bool, key: &str, what: impl Into<String>, fix: &str) {
        if !holds {
            self.fault(FaultKind::Rule, key, what.into(), fix);
        }
    }

    /// A rule of release.
    fn release(&mut self, holds: bool, key: &str, what: impl Into<String>, fix: &str) {
        if !holds {
            self.fault(FaultKind::Release, key, what.into(), fix);
        }
    }

    fn head(&mut self, file: &File) {
        let head = &file.schema;
        self.rule(
            head.format == 2,
            "schema.format",
            format!("this program reads format 2, not {}", head.format),
            "write `format = 2` and compare the rest with `kinfold schema show standard`",
        );
        self.rule(
            is_name(&head.id),
            "schema.id",
            format!("`{}` is no id", head.id),
            "use 1 to 40 small letters, digits and hyphens",
        );
        self.rule(
            !head.version.trim().is_empty(),
            "schema.version",
            "there is no version",
            "give one, such as \"1.0.0\"",
        );
        for (key, text) in [("version", &head.version), ("title", &head.title)] {
            self.rule(
                !text.contains(char::is_control),
                &format!("schema.{key}"),
                format!("the {key} holds a line end or another control character"),
                "write it on one line, with plain characters",
            );
        }
        self.rule(
            head.people_max > 0,
            "schema.people_max",
            "a schema for nobody",
            "say for how many people of one file the schema is meant",
        );
        self.rule(
            !head.usable.is_empty() && head.usable.iter().all(|facts| !facts.is_empty()),
            "schema.usable",
            "it does not say which facts make a record usable",
            "list at least one list of facts, such as [[\"first\", \"last\", \"birth\"]]",
        );
        for (index, facts) in head.usable.iter().enumerate() {
            let themes: BTreeSet<Theme> = facts.iter().map(|fact| fact.theme()).collect();
            // Inside the custodians' own trust the filters of names are bare codes of them anyway, and a full name links.
            let inside = head.linkage_unit == LinkageUnit::Inside;
            let named = [Fact::First, Fact::Last]
                .iter()
                .all(|fact| facts.contains(fact));
            self.release(
                facts.is_empty()
                    || themes.len() > 1
                    || themes.contains(&Theme::Identifier)
                    || (inside && named),
                &format!("schema.usable[{index}]"),
                "a record of one kind of fact is a bare code of it",
                "add a fact of another kind, such as \"birth-year\" or \"place\"",
            );
        }
    }

    fn fields(&mut self, file: &File) {
        self.rule(
            !file.field.is_empty(),
            "field",
            "there is no field",
            "list the fields to read as [[field]] tables",
        );
        let mut seen = BTreeSet::new();
        for (index, field) in file.field.iter().enumerate() {
            let key = format!("field[{index}].name");
            self.rule(
                seen.insert(field.name),
                &key,
                format!("`{}` is listed twice", field.name.as_str()),
                "remove one of the two",
            );
            self.rule(
                is_name(&field.group),
                &format!("field[{index}].group"),
                format!("`{}` is no name of a group", field.group),
                "use small letters, digits and hyphens, such as \"names\"",
            );
        }
    }

    fn keys(&mut self, file: &File) -> Vec<KeySchema> {
        self.rule(
            !file.key.is_empty(),
            "key",
            "there is no match key",
            "list match keys as [[key]] tables; links are found by them first",
        );
        self.rule(
            file.key.len() <= KEYS_MAX,
            "key",
            format!("there are more than {KEYS_MAX} match keys"),
            "remove some; beyond about 40 nothing is gained",
        );
        let mut keys = Vec::new();
        let mut seen = BTreeSet::new();
        let mut pools = BTreeSet::new();
        for (index, key) in file.key.iter().enumerate() {
            let at = |part: &str| format!("key[{index}].{part}");
            let recipe: Recipe = match key.recipe.parse() {
                Ok(recipe) => recipe,
                Err(what) => {
                    self.fault(
                        FaultKind::Rule,
                        &at("recipe"),
                        what,
                        "the manual, reference, linkage schema, lists the atoms; one is written exactly so, `NN` and not `nn`",
                    );
                    continue;
                }
            };
            self.rule(
                seen.insert(recipe.to_string()),
                &at("recipe"),
                format!("the match key `{recipe}` is listed twice"),
                "remove one of the two",
            );
            for &atom in recipe.atoms() {
                let fields = fields_of(atom);
                self.rule(
                    fields
                        .iter()
                        .any(|name| file.field.iter().any(|field| field.name == *name)),
                    &at("recipe"),
                    format!(
                        "`{atom}` is taken from {}, which is not among the fields",
                        fields[0].as_str()
                    ),
                    "add a [[field]] table for it, or remove the key",
                );
            }
            self.rule(
                recipe.identifier() != Some(IdentifierKind::Nhs) || key.slots == 1,
                &at("slots"),
                "a person has one NHS number; with more slots a random token could not be told from it, and no two would be seen to differ",
                "write slots = 1",
            );
            self.rule(
                recipe.identifier() != Some(IdentifierKind::Nhs)
                    || file.presence.slots.contains(&Fact::Nhs),
                "presence.slots",
                "`nhs` is missing, so the linkage unit could not see that two NHS numbers differ",
                "add \"nhs\"",
            );
            self.rule(
                (1..=SLOTS_MAX).contains(&key.slots),
                &at("slots"),
                format!("{} slots are not from 1 to {SLOTS_MAX}", key.slots),
                "give as many slots as nearly every person has values",
            );
            let cap = key.cap.unwrap_or(1);
            self.rule(
                (1..=5).contains(&cap),
                &at("cap"),
                format!("{cap} is not from 1 to 5"),
                "leave the key out: then it is 1",
            );
            self.release(
                !(2..=5).contains(&cap) || file.schema.linkage_unit == LinkageUnit::Inside,
                &at("cap"),
                format!(
                    "match key `{recipe}` lets {cap} records of a file share a value: who shares with whom can be read like a map"
                ),
                "leave the key out: then it is 1",
            );
            if let Some(pool) = &key.pool {
                self.rule(
                    is_name(pool),
                    &at("pool"),
                    format!("`{pool}` is no name of a pool"),
                    "use small letters, digits and hyphens, such as \"names\"",
                );
                self.rule(
                    recipe.identifier() != Some(IdentifierKind::Nhs),
                    &at("pool"),
                    format!(
                        "two different ones of `{recipe}` must be seen to differ, and in a pool they are not"
                    ),
                    "leave `pool` out for it",
                );
                self.rule(
                    (file.key.iter().take(index)).all(|other| {
                        other.pool.as_ref() != Some(pool) || other.cap.unwrap_or(1) == cap
                    }),
                    &at("cap"),
                    format!("the kinds of the pool `{pool}` have different caps"),
                    "give all kinds of a pool the same cap",
                );
                let before = index > 0 && file.key[index - 1].pool.as_ref() == Some(pool);
                self.rule(
                    before || pools.insert(pool),
                    &at("pool"),
                    format!("the kinds of the pool `{pool}` do not stand one after another"),
                    "move this [[key]] table to the others of its pool",
                );
                self.rule(
                    pools.len() <= POOLS_MAX,
                    &at("pool"),
                    format!("there are more than {POOLS_MAX} pools"),
                    "bring some together; the fewer pools, the less a match tells",
                );
            }
            keys.push(KeySchema {
                recipe,
                slots: key.slots,
                cap,
                pool: key.pool.clone(),
            });
        }
        keys
    }

    fn household(&mut self, file: &File) {
        let Some(household) = &file.household_keys else {
            return;
        };
        self.rule(
            (1..=16).contains(&household.slots),
            "household_keys.slots",
            "slots are from 1 to 16",
            "6 hold three homes, each by property number and by address",
        );
        self.rule(
            household.group_max >= 1,
            "household_keys.group_max",
            "a group has at least one person",
            "write 5",
        );
        self.release(
            household.group_max <= GROUP_MAX,
            "household_keys.group_max",
            format!("groups of more than {GROUP_MAX} are so few that their size names the home"),
            "write 5 or less",
        );
        self.rule(
            (household.group_max..=12).contains(&household.crowd()),
            "household_keys.crowd_max",
            "it is from `group_max` to 12",
            "leave the key out: then homes of more than `group_max` people release nothing",
        );
        self.rule(
            [0, 1, 3, 6, 12].contains(&household.step()),
            "household_keys.months",
            "months go in steps of 1, 3, 6 or 12, or are not released (0)",
            "write 0, with `left_max`, where the linkage unit could come by a register of moves",
        );
        self.rule(
            household.step() != 0 || household.left_max.is_some(),
            "household_keys.left_max",
            "without months nothing else tells who lives in a home from who has left it",
            "write 12",
        );
        self.rule(
            household.left_max.is_none_or(|months| (1..=1_200).contains(&months)),
            "household_keys.left_max",
            "it is from 1 to 1,200 months",
            "write 12, or leave the key out: then homes are released however long ago they were left",
        );
        self.rule(
            household
                .filter_max
                .is_none_or(|most| (1..=household.group_max).contains(&most)),
            "household_keys.filter_max",
            "it is from 1 to `group_max`",
            "write 2, or leave the key out: then everybody keeps the filter",
        );
    }

    fn presence(&mut self, file: &File) {
        let mut seen = BTreeSet::new();
        for (index, fact) in file.presence.slots.iter().enumerate() {
            self.rule(
                seen.insert(*fact),
                &format!("presence.slots[{index}]"),
                format!("`{}` is listed twice", fact.as_str()),
                "remove one of the two",
            );
        }
        self.rule(
            file.presence.min_records >= 2,
            "presence.min_records",
            "a pattern of one record is that record",
            "write 20",
        );
        self.release(
            !(2..PATTERN_RECORDS_MIN).contains(&file.presence.min_records),
            "presence.min_records",
            format!(
                "a pattern that fewer than {PATTERN_RECORDS_MIN} records share points at people"
            ),
            "write 20 or more",
        );
    }
}

impl Recipe {
    /// Whether every atom can be taken from one of these fields.
    pub fn can_be_made(&self, fields: &[FieldName]) -> bool {
        self.atoms()
            .iter()
            .all(|&atom| fields_of(atom).iter().any(|field| fields.contains(field)))
    }
}

/// The fields that an atom can be taken from; one of them is enough.
fn fields_of(atom: Atom) -> &'static [FieldName] {
    use FieldName as F;
    match atom {
        Atom::Name(NameOf::First, NameForm::Initial) => &[F::FirstName, F::FirstInitial],
        Atom::Name(NameOf::Last, NameForm::Initial) => &[F::LastName, F::LastInitial],
        Atom::Name(NameOf::First, _) => &[F::FirstName],
        Atom::Name(NameOf::Last, _) => &[F::LastName],
        Atom::Name(NameOf::Middle, _) => &[F::MiddleName],
        Atom::Name(NameOf::AnyOne | NameOf::AnyTwo, _) => {
            &[F::FirstName, F::LastName, F::MiddleName]
        }
        Atom::Birth(_) => &[F::BirthDate],
        Atom::Place(PlaceForm::Postcode) => &[F::Postcode],
        Atom::Place(PlaceForm::Sector | PlaceForm::District) => &[F::Postcode, F::PostcodeSector],
        Atom::Place(PlaceForm::Property) => &[F::Uprn],
        Atom::Place(PlaceForm::Locality | PlaceForm::DistrictOrStreet) => {
            &[F::Postcode, F::Address]
        }
        Atom::Place(PlaceForm::Town) => &[F::Town, F::Address],
        Atom::Place(_) => &[F::Address],
        Atom::Sex => &[F::Sex],
        Atom::BirthPlace => &[F::BirthPlace],
        Atom::Identifier(IdentifierKind::Nhs) => &[F::NhsNumber],
        Atom::Identifier(IdentifierKind::Upn | IdentifierKind::AnyUpn) => &[F::Upn],
        Atom::Identifier(IdentifierKind::Nino) => &[F::Nino],
        Atom::Identifier(IdentifierKind::Uln) => &[F::Uln],
        Atom::Contact(ContactForm::Telephone | ContactForm::TelephoneDeletions) => &[F::Telephone],
        Atom::Contact(
            ContactForm::Email | ContactForm::EmailLocal | ContactForm::EmailDeletions,
        ) => &[F::Email],
    }
}

/// Whether a text is a name as ids and groups have them: 1 to 40 small letters, digits and hyphens.
pub fn is_name(id: &str) -> bool {
    !id.is_empty()
        && id.len() <= 40
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}
