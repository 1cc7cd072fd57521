//! What somebody with a list of people knows of their codes without the key: which tokens each filter of a person has and how many
//! positions each of them takes, which values of match keys people share, and who lives in which home.
//!
//! The release check attacks a file with it. Tokens and values are numbered, so nothing here is plain text; but the numbers are those of
//! real people's facts, so they stay on the custodian's machine like the people themselves.

use kinfold_identity::{NO_MONTH, Person};
use kinfold_schema::{HouseholdKey, Schema};

use crate::births::BirthHalf;
use crate::blocks::Block;
use crate::codes::CodeBook;
use crate::filter::{Heard, NameField};
use crate::household;
use crate::person::{facts, open_homes, seen};
use crate::values::{Books, PersonNames, Values};
use crate::worker::{Shared, mark};
use crate::{Error, Map, Options, ProjectSecrets};

/// A token of a filter: its number, and how many positions it takes. A token that a person has twice takes the larger number.
pub type ListedToken = (u32, u16);

/// What is known of one listed person.
#[derive(Clone, Default)]
pub struct Listed {
    /// For each filter of the schema its tokens, sorted by number; `None` where the filter is random bits.
    pub filters: Vec<Option<Vec<ListedToken>>>,
    /// For each value of a match key the key's number in the schema and the value's number, the most worthy values of a key first. All of them:
    /// neither what others share nor what finds no slot is left out.
    pub keys: Vec<(u16, u64)>,
    /// The homes with their months; the tokens are those of no real key.
    pub homes: Vec<HouseholdKey>,
    /// The presence pattern before it is made coarser.
    pub presence: u32,
    /// People of one neighbourhood have numbers that are near each other (the first letters of the latest postcode); 0 when it is not known.
    pub place: u64,
    /// A number for each first name and each whole family name: which of them are rare in the file.
    pub names: Vec<u64>,
}

/// Lists people under a schema.
pub struct Lister {
    shared: Shared,
    books: Books,
    codes: CodeBook,
    names: PersonNames,
    values: Values,
    /// For each filter the tokens met so far.
    known: Vec<Map<u64, u32>>,
}

impl Lister {
    /// Prepares for a schema.
    ///
    /// # Errors
    /// As [`crate::Encoder::new`] for schemas that cannot be encoded with.
    pub fn new(schema: &Schema) -> Result<Self, Error> {
        Self::at(schema, NO_MONTH)
    }

    /// Prepares for a schema and the month of the release, as [`Options::month`].
    ///
    /// # Errors
    /// As [`crate::Encoder::new`] for schemas that cannot be encoded with.
    pub fn at(schema: &Schema, month: u16) -> Result<Self, Error> {
        // Any key will do: only which values are equal matters, and how many positions a token takes.
        let secrets = ProjectSecrets::new(|purpose| *blake3::hash(purpose.as_bytes()).as_bytes());
        let options = Options {
            own: "own".to_owned(),
            partners: vec!["partner".to_owned()],
            month,
            ..Options::default()
        };
        let shared = Shared::new(schema, &secrets, &options)?;
        Ok(Self {
            codes: CodeBook::new(shared.values.clone()),
            known: vec![Map::default(); shared.filters.len()],
            shared,
            books: Books::default(),
            names: PersonNames::default(),
            values: Values::default(),
        })
    }

    /// Distinct tokens of each filter so far; their numbers are below it.
    pub fn vocabulary(&self) -> Vec<usize> {
        self.known.iter().map(Map::len).collect()
    }

    /// The homes of a person that the schema lets leave, with the months as they leave: a list can be made coarse as the codes are, and finer months
    /// on it tell its owner nothing more.
    fn homes(&self, person: &Person) -> Vec<HouseholdKey> {
        let rule = self.shared.schema.household.as_ref();
        let hasher = &self.shared.household;
        // Without household keys the homes say who lives together.
        rule.map_or_else(
            || household::keys_of(person, hasher),
            |rule| household::keys_for_release(person, hasher, rule, self.shared.month),
        )
    }

    /// What is known of a person.
    pub fn list(&mut self, person: &Person) -> Listed {
        self.list_with(person, true)
    }

    /// The same without values of match keys, which are most of it.
    pub fn list_without_keys(&mut self, person: &Person) -> Listed {
        self.list_with(person, false)
    }

    fn list_with(&mut self, person: &Person, keys: bool) -> Listed {
        let person = seen(person, &self.shared.hidden);
        let facts = facts(&person);
        self.books.make_room();
        self.names.read(
            &person,
            &self.shared.plan,
            self.shared.filters.len(),
            &mut self.books,
            &mut self.codes,
        );
        let filters = (0..self.shared.filters.len())
            .map(|filter| self.filter(&person, facts, filter))
            .collect();
        let latest = open_homes(&person).find_map(|home| home.postcode.as_ref());
        Listed {
            filters,
            keys: if keys { self.keys(&person) } else { Vec::new() },
            homes: self.homes(&person),
            presence: self.shared.schema.presence.pattern(facts),
            place: latest.map_or(0, |postcode| {
                let mut start = [0; 8];
                for (to, from) in start.iter_mut().zip(postcode.unit().bytes()) {
                    *to = from;
                }
                u64::from_be_bytes(start)
            }),
            names: self.name_numbers(&person),
        }
    }

    /// A number for each first name and each family name.
    fn name_numbers(&self, person: &Person) -> Vec<u64> {
        let number = |label: u8, name: &str| {
            let mut hasher = self.shared.values.clone();
            hasher.update(&[label]).update(name.as_bytes());
            first_eight(hasher.finalize().as_bytes())
        };
        let first = person.first_names.iter().map(|name| number(1, name));
        let last = person
            .family_names
            .iter()
            .map(|name| number(2, &name.whole));
        first.chain(last).collect()
    }

    fn keys(&mut self, person: &Person) -> Vec<(u16, u64)> {
        if person.do_not_link {
            return Vec::new();
        }
        self.values.read(
            person,
            &self.names,
            &self.shared.plan,
            &self.books,
            &mut self.codes,
        );
        let mut keys = Vec::new();
        let mut blocks: Vec<Block> = Vec::new();
        for key in 0..self.shared.slots.len() {
            blocks.clear();
            self.values
                .blocks(key, &self.shared.plan, &self.books.names, &mut blocks);
            keys.extend(blocks.iter().map(|block| {
                let hash = self.shared.values.clone().update(block).finalize();
                (key as u16, first_eight(hash.as_bytes()))
            }));
        }
        zeroize::Zeroize::zeroize(&mut blocks);
        keys
    }

    fn filter(&mut self, person: &Person, facts: u32, number: usize) -> Option<Vec<ListedToken>> {
        let filter = &self.shared.filters[number];
        if person.do_not_link || facts & filter.requires != filter.requires {
            return None;
        }
        let books = &mut self.books;
        let mut as_encoded = vec![0; filter.inner_words];
        let themes = mark(filter, person, &self.names, books, &mut as_encoded);
        if themes != filter.themes {
            return None;
        }
        // Once more without the books of names and dates, which remember bits and not tokens.
        books.tokens.listen();
        let mut out = vec![0; filter.inner_words];
        let lists = [
            (NameField::First, &self.names.own_first),
            (NameField::Middle, &self.names.own_middle),
            (NameField::Last, &self.names.own_last),
        ];
        for (field, list) in lists {
            for &name in list {
                let (text, formals) = books.names.text(name);
                let mask = filter.name_mask(text, formals, field, &mut books.tokens);
                for (word, bits) in out.iter_mut().zip(mask) {
                    *word |= bits;
                }
            }
        }
        if let Some(&(birth, _)) = self.names.births.first() {
            let halves = [
                BirthHalf::Year(birth.year),
                BirthHalf::Day(birth.month.unwrap_or(0), birth.day.unwrap_or(0)),
            ];
            for half in halves {
                filter.mark_birth(half, &mut books.tokens, &mut out);
            }
            filter.mark_whole_birth(birth, &mut books.tokens, &mut out);
        }
        if filter.themes.others {
            filter.mark_others(person, &mut books.tokens, &mut out);
        }
        debug_assert_eq!(out, as_encoded, "the tokens listed are those encoded");
        let known = &mut self.known[number];
        let mut tokens: Vec<ListedToken> = Vec::new();
        for Heard { token, positions } in books.tokens.heard() {
            let next = known.len() as u32;
            let token = *known.entry(token).or_insert(next);
            if positions > 0 {
                tokens.push((token, positions));
            }
        }
        tokens.sort_unstable_by_key(|&(token, positions)| (token, std::cmp::Reverse(positions)));
        tokens.dedup_by_key(|(token, _)| *token);
        Some(tokens)
    }
}

fn first_eight(hash: &[u8; 32]) -> u64 {
    u64::from_le_bytes(*hash.first_chunk().expect("a hash has 32 bytes"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_identity::AddressSpell;
    use kinfold_identity::{BirthDate, read_address, read_family_names, read_given_names};

    fn person(first: &str, last: &str, house: &str) -> Person {
        let mut person = Person::default();
        person.add_given_names(read_given_names(first).unwrap());
        person.family_names = read_family_names(last).unwrap();
        person.births = vec![BirthDate {
            year: 1980,
            month: Some(2),
            day: Some(3),
        }];
        person.addresses = vec![AddressSpell {
            address: read_address(&[house], "XE1 2AB").ok(),
            town: None,
            uprn: None,
            from: 1400,
            to: NO_MONTH,
        }];
        person
    }

    #[test]
    fn people_share_the_tokens_that_they_share() {
        let mut lister = Lister::new(&Schema::standard()).unwrap();
        let one = lister.list(&person("Anna", "Okafor", "1 Hawthorn Road"));
        let again = lister.list(&person("Anna", "Okafor", "1 Hawthorn Road"));
        let other = lister.list(&person("Anne", "Okafor", "1 Hawthorn Road"));
        let far = lister.list(&person("Anna", "Okafor", "2 Hawthorn Road"));
        let tokens = |listed: &Listed| listed.filters[0].clone().unwrap();
        assert_eq!(tokens(&one), tokens(&again));
        // _A AN NN NA A_ against _A AN NN NE E_, each name whole, and the formal names of a short form.
        let shared = tokens(&one)
            .iter()
            .filter(|token| tokens(&other).contains(token))
            .count();
        assert!(shared < tokens(&one).len() && shared > tokens(&one).len() / 2);
        assert!(tokens(&one).is_sorted());
        assert_eq!(one.homes[0].token, other.homes[0].token);
        assert_ne!(one.homes[0].token, far.homes[0].token);
        assert_eq!(one.place, far.place);
        assert!(one.keys.iter().any(|key| !far.keys.contains(key)));
        assert!(one.keys.iter().any(|key| far.keys.contains(key)));
    }

    #[test]
    fn a_person_without_what_a_filter_requires_has_no_list_of_it() {
        let mut lister = Lister::new(&Schema::standard()).unwrap();
        let mut bare = person("Anna", "Okafor", "1 Hawthorn Road");
        bare.births.clear();
        assert!(lister.list(&bare).filters[0].is_none());
        let mut hidden = person("Anna", "Okafor", "1 Hawthorn Road");
        hidden.do_not_link = true;
        let listed = lister.list(&hidden);
        assert!(listed.filters[0].is_none() && listed.keys.is_empty() && listed.homes.is_empty());
    }
}
