//! Many invented people of six fields: first name, family name, birth date, sex, postcode, NHS number.

use kinfold_identity::{AddressSpell, BirthDate, NO_MONTH, NhsNumber, Person, read_address};
use kinfold_synth::{Options, Profile, generate};

use crate::Words;

/// `count` people whose names and postcodes are as frequent as in an invented borough; birth dates and numbers are drawn.
pub fn people(count: usize) -> Vec<Person> {
    let mut people = People::new(count);
    (0..count).map(|index| people.person(index)).collect()
}

/// A source of people, for files that are not to be held in memory.
pub struct People {
    seeds: Vec<Person>,
    words: Words,
    postcodes: usize,
}

impl People {
    /// A source of about `count` people: the number sets how many postcodes there are.
    pub fn new(count: usize) -> Self {
        let borough = generate(&Options {
            households: 2_500,
            seed: 7,
            profile: Profile::Uk,
        });
        Self {
            seeds: borough.people(),
            words: Words(17),
            // As many as people of a borough have: fifteen homes each.
            postcodes: count / 40 + 1,
        }
    }

    /// The next person; `index` makes the NHS number.
    pub fn person(&mut self, index: usize) -> Person {
        let Self {
            seeds,
            words,
            postcodes,
        } = self;
        let mut draw = |below: usize| (words.next().unwrap_or(0) % below as u64) as usize;
        let (named, family) = (&seeds[draw(seeds.len())], &seeds[draw(seeds.len())]);
        let mut person = Person {
            sex: named.sex,
            ..Person::default()
        };
        person.first_names.extend(named.first_names.iter().cloned());
        person
            .family_names
            .extend(family.family_names.iter().cloned());
        person.births.push(BirthDate {
            year: 1930 + draw(95) as u16,
            month: Some(1 + draw(12) as u8),
            day: Some(1 + draw(28) as u8),
        });
        person.nhs = number(index);
        let unit = draw(*postcodes);
        let letters = b"ABDEFGHJLNPQRSTUWXYZ";
        let postcode = format!(
            "XE{} {}{}{}",
            unit / 4000 % 90 + 1,
            unit / 400 % 10,
            letters[unit / 20 % 20] as char,
            letters[unit % 20] as char
        );
        person.addresses.push(AddressSpell {
            address: read_address(&[], &postcode).ok(),
            uprn: None,
            town: None,
            from: NO_MONTH,
            to: NO_MONTH,
        });
        person
    }
}

/// An NHS number of the range kept for testing; nine in ten people have one.
fn number(index: usize) -> Option<NhsNumber> {
    let digits = format!("999{:06}", index % 1_000_000);
    let sum: u32 = digits
        .bytes()
        .zip((2..=10).rev())
        .map(|(d, w)| u32::from(d - b'0') * w)
        .sum();
    let check = (11 - sum % 11) % 11;
    NhsNumber::parse(&format!("{digits}{check}")).ok()
}

/// The same people as a CSV file with the columns of a bench.
pub fn csv(people: &[Person]) -> String {
    let mut text = String::from("id,first_name,last_name,birth_date,sex,postcode,nhs_number\n");
    for (index, person) in people.iter().enumerate() {
        let birth = person.births[0];
        text.push_str(&format!(
            "{index},{},{},{},{},{},{}\n",
            person.first_names.join(" "),
            person
                .family_names
                .first()
                .map_or("", |name| name.whole.as_str()),
            birth.iso(),
            person.sex.map_or("", kinfold_identity::Sex::letter),
            person.addresses[0]
                .address
                .as_ref()
                .and_then(|a| a.postcode.as_ref())
                .map_or("", |p| p.unit()),
            person.nhs.as_ref().map_or("", |id| id.as_str()),
        ));
    }
    text
}
