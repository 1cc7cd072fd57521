//! The values of match keys without any key: for measuring recipes on people whose truth is known.
//!
//! A ladder of keys is chosen by trying hundreds of recipes on test data. What is measured must be what the encoder would release, so this
//! reads people with the encoder's own code, up to the point where a value would be hashed under the project's key.

use kinfold_identity::Person;
use kinfold_schema::{FieldName, Schema};
use zeroize::Zeroizing;

use crate::blocks::Block;
use crate::codes::CodeBook;
use crate::person::{facts, seen};
use crate::plan::Plan;
use crate::values::{Books, PersonNames, Values};

/// Reads the values of a schema's match keys as plain fingerprints.
///
/// **Never for release**: a fingerprint has no key, so whoever has a list of people can make the same ones.
pub struct PlainValues {
    plan: Plan,
    usable: Vec<u32>,
    hidden: Vec<FieldName>,
    books: Books,
    codes: CodeBook,
    values: Values,
    names: PersonNames,
    blocks: Zeroizing<Vec<Block>>,
}

impl PlainValues {
    /// For the match keys, the fields and the rule of usable records of a schema.
    pub fn new(schema: &Schema) -> Self {
        Self {
            plan: Plan::of(schema),
            usable: schema
                .usable
                .iter()
                .map(|list| list.iter().fold(0, |bits, fact| bits | fact.bit()))
                .collect(),
            hidden: FieldName::ALL
                .into_iter()
                .filter(|&name| schema.field(name).is_none())
                .collect(),
            books: Books::default(),
            codes: CodeBook::new(blake3::Hasher::new()),
            values: Values::default(),
            names: PersonNames::default(),
            blocks: Zeroizing::default(),
        }
    }

    /// Gives the fingerprints of a person's values, key after key in the schema's order, the most worthy of a key first, each value once.
    ///
    /// `give` gets the number of the key and the fingerprint. A person whom the encoder would leave out, or who must not be linked, has
    /// none. Values of different keys have different fingerprints, but for chance (64 bits). Every key is read to its end: the caller
    /// counts slots.
    pub fn read(&mut self, person: &Person, mut give: impl FnMut(usize, u64)) {
        let person = seen(person, &self.hidden);
        let has = facts(&person);
        if person.do_not_link || !self.usable.iter().any(|list| has & list == *list) {
            return;
        }
        self.books.make_room();
        self.names
            .read(&person, &self.plan, 0, &mut self.books, &mut self.codes);
        self.values.read(
            &person,
            &self.names,
            &self.plan,
            &self.books,
            &mut self.codes,
        );
        for key in 0..self.plan.recipes.len() {
            self.blocks.clear();
            self.values
                .blocks(key, &self.plan, &self.books.names, &mut self.blocks);
            for block in self.blocks.iter() {
                give(key, fingerprint(block));
            }
        }
    }
}

/// Eight words folded into one by multiplication; the same on every machine.
fn fingerprint(block: &Block) -> u64 {
    // Odd numbers without pattern: the fractions of the square roots of 2 and 3.
    const A: u64 = 0x6a09_e667_f3bc_c909;
    const B: u64 = 0xbb67_ae85_84ca_a73b;
    let fold = |x: u64, y: u64| {
        let product = u128::from(x) * u128::from(y);
        product as u64 ^ (product >> 64) as u64
    };
    let mut hash = A;
    for (word, place) in block.as_chunks::<8>().0.iter().zip(1..) {
        hash = fold(hash ^ u64::from_le_bytes(*word), B ^ place << 1);
        hash = hash.rotate_left(23) ^ A;
    }
    fold(hash, A ^ B | 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Input, Options, ProjectSecrets, encode};
    use kinfold_identity::{BirthDate, read_family_names, read_given_names};
    use kinfold_schema::Mixing;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn person(first: &str, last: &str, year: u16) -> Person {
        let mut person = Person::default();
        if let Ok(names) = read_given_names(first) {
            person.add_given_names(names);
        }
        person.family_names = read_family_names(last).unwrap_or_default();
        person.births.push(BirthDate {
            year,
            month: Some(3),
            day: Some(4),
        });
        person
    }

    fn values(people: &[Person]) -> Vec<BTreeSet<(usize, u64)>> {
        let mut reader = PlainValues::new(&Schema::standard());
        let of = |person| {
            let mut found = BTreeSet::new();
            reader.read(person, |key, value| {
                assert!(found.insert((key, value)), "a value came twice");
            });
            found
        };
        people.iter().map(of).collect()
    }

    proptest! {
        /// Two people alone in their files meet on exactly the keys on which the encoder's tokens meet.
        #[test]
        fn equal_fingerprints_are_equal_tokens(
            names in proptest::collection::vec(("(ANN|ANNE|BOB|ROBERT|EVE)( MAY| LEE)?", "(SMITH|SMYTH|DE SOUZA|LEE)", 1990u16..1993), 2),
        ) {
            let people: Vec<Person> = names.iter().map(|(f, l, y)| person(f, l, *y)).collect();
            let plain = values(&people);
            let shared: BTreeSet<usize> = plain[0].intersection(&plain[1]).map(|(key, _)| *key).collect();
            // Every kind by itself, so that it is seen which agree.
            let schema = Schema::standard().with(Mixing::Apart);
            let options = Options::default();
            let secrets = ProjectSecrets::new(|purpose| *blake3::keyed_hash(&[1; 32], purpose.as_bytes()).as_bytes());
            let rows: Vec<_> = people
                .iter()
                .zip(1..)
                .map(|(person, number)| {
                    let inputs = [Input::new([number; 16], person)];
                    encode(&schema, &secrets, &inputs, &options).unwrap().table.keys
                })
                .collect();
            let expected: BTreeSet<usize> = schema
                .key_layout()
                .into_iter()
                .enumerate()
                .filter(|(_, slots)| rows[0][slots.clone()].iter().any(|token| rows[1][slots.clone()].contains(token)))
                .map(|(key, _)| key)
                .collect();
            // The encoder drops values beyond a key's slots, so it can only find fewer.
            prop_assert!(expected.is_subset(&shared));
            let within = |key: &usize| plain.iter().all(|values| {
                values.iter().filter(|(own, _)| own == key).count() <= usize::from(schema.keys[*key].slots)
            });
            prop_assert!(shared.iter().filter(|key| within(key)).all(|key| expected.contains(key)));
        }
    }

    #[test]
    fn who_is_left_out_has_no_value() {
        let mut hidden = person("ANN", "SMITH", 1990);
        hidden.do_not_link = true;
        let nobody = person("ANN", "", 1990);
        let nameless = Person {
            births: nobody.births.clone(),
            ..Person::default()
        };
        let found = values(&[hidden, nobody, nameless]);
        assert!(found[0].is_empty() && !found[1].is_empty() && found[2].is_empty());
    }
}
