//! A made-up town with families, in which some people stand twice.

use crate::people::PersonRow;
use crate::unite::{Doubt, Reason};

use crate::unite::laws::{Together, bounded};
use crate::unite::reference::judge::never_one;
use crate::unite::values::{hash, mix};
use kinfold_identity::{
    AddressSpell, DateRules, Email, NO_MONTH, Person, Plain, Sex, read_address, read_date,
    read_family_names, read_given_names,
};
use proptest::prelude::*;

/// `first|family|birth|sex|house|e-mail`.
pub(in crate::unite) fn row(own_id: usize, text: &str) -> PersonRow {
    let part: Vec<&str> = text.split('|').collect();
    let mut person = Person::default();
    if let Ok(names) = read_given_names(part[0]) {
        person.add_given_names(names);
    }
    person.family_names = read_family_names(part[1]).unwrap_or_default();
    let birth = read_date(part[2], &DateRules::default());
    person.births = birth.into_iter().collect();
    person.sex = match part[3] {
        "F" => Some(Sex::Female),
        "M" => Some(Sex::Male),
        _ => None,
    };
    let address = read_address(&[part[4]], "XE4 7AB").ok();
    person.addresses.extend(address.map(|address| AddressSpell {
        address: Some(address),
        uprn: None,
        town: None,
        from: NO_MONTH,
        to: NO_MONTH,
    }));
    person.emails.extend(Email::parse(part[5]).ok());
    PersonRow {
        source: 0,
        own_id: Plain::new(own_id.to_string()),
        line: 0,
        person,
        rejected: Vec::new(),
        last_contact: None,
    }
}

const FIRST: [&str; 16] = [
    "Oliver", "Amelia", "George", "Isla", "Harry", "Ava", "Noah", "Mia", "Jack", "Ivy", "Leo",
    "Lily", "Arthur", "Freya", "Oscar", "Evie",
];
const START: [&str; 12] = [
    "Hart", "Wood", "Ash", "Black", "Thorn", "Lang", "Brad", "Clay", "Mar", "Nor", "Pen", "Sut",
];
const END: [&str; 10] = [
    "ley", "ton", "field", "ford", "worth", "by", "well", "shaw", "ham", "croft",
];

fn draw(lot: u64, what: u64, of: usize) -> usize {
    (mix(mix(lot) ^ what.wrapping_mul(0x9e37)) % of as u64) as usize
}

/// A town of families of three, and every fifth person a second time with a slip.
pub(in crate::unite) fn town() -> Vec<PersonRow> {
    let mut texts = Vec::new();
    for family in 0..120_u64 {
        let name = format!("{}{}", START[draw(family, 1, 12)], END[draw(family, 2, 10)]);
        let house = format!("{} Mill Road", family + 1);
        for member in 0..3_u64 {
            let lot = family * 3 + member;
            let at = draw(lot, 3, 16);
            let (first, sex) = (FIRST[at], if at.is_multiple_of(2) { "M" } else { "F" });
            let (day, month) = (1 + draw(lot, 4, 28), 1 + draw(lot, 5, 12));
            let year = 1950 + draw(lot, 6, 60);
            let email = format!("{first}.{name}{lot}@example.org");
            texts.push(format!(
                "{first}|{name}|{day:02}/{month:02}/{year}|{sex}|{house}|{email}"
            ));
            let slip = match lot % 20 {
                0 => format!("{name}|{first}|{day:02}/{month:02}/{year}|{sex}||{email}"),
                5 => format!(
                    "{first}|{name}|{:02}/{month:02}/{year}|{sex}|{house}|",
                    day % 28 + 1
                ),
                10 => format!("{first}|Other|{day:02}/{month:02}/{year}|{sex}||{email}"),
                15 => format!(
                    "{}|{name}|{day:02}/{month:02}/{year}|{sex}|{house}|",
                    &first[..2]
                ),
                _ => continue,
            };
            texts.push(slip);
        }
    }
    let rows = texts.iter().enumerate();
    rows.map(|(id, text)| row(id, text)).collect()
}

/// The town with some more rows at its end: whether the last two are one person, and why or why not.
fn last_two(ones: [&str; 2]) -> (bool, Together) {
    let mut rows = town();
    let first = rows.len();
    rows.extend([row(first, ones[0]), row(first + 1, ones[1])]);
    let together = bounded(&rows, 1 << 20);
    let one = together
        .people
        .iter()
        .any(|person| person.rows.ends_with(&[first, first + 1]));
    (one, together)
}

#[test]
fn what_is_one_person_with_slips_comes_together() {
    for [one, other] in [
        // Another family name, no home; the birth date and the e-mail address say it.
        [
            "Juliet|Carver|03/04/1984|F|7 High Street|juliet.carver@example.org",
            "Juliet|Moss|03/04/1984|F||juliet.carver@example.org",
        ],
        // A nickname, and a birth date with a slip.
        [
            "Robert|Pennington|21/11/1971|M|9 High Street|rp71@example.org",
            "Bob|Pennington|12/11/1971|M||rp71@example.org",
        ],
        // Names in each other's column, and no home.
        [
            "Matilda|Okonkwo|09/08/1990|F|4 High Street|",
            "Okonkwo|Matilda|09/08/1990||| ",
        ],
        // Day and month exchanged, the family name misspelt.
        [
            "Sebastian|Fairweather|05/09/1962|M|8 High Street|",
            "Sebastian|Fairwaether|09/05/1962|M|8 High Street|",
        ],
    ] {
        assert!(last_two([one, other]).0, "{one} and {other}");
    }
}

#[test]
fn a_family_is_not_one_person() {
    for [one, other] in [
        // Twins.
        [
            "Juliet|Carver|03/04/2014|F|7 High Street|carver@example.org",
            "Martha|Carver|03/04/2014|F|7 High Street|carver@example.org",
        ],
        // Father and son of one name.
        [
            "Frederick|Carver|03/04/1954|M|7 High Street|carver@example.org",
            "Frederick|Carver|18/10/1989|M|7 High Street|",
        ],
        // Sisters.
        [
            "Juliet|Carver|03/04/2014|F|7 High Street|carver@example.org",
            "Martha|Carver|16/12/2011|F|7 High Street|carver@example.org",
        ],
        // A couple who were born on one day.
        [
            "Juliet|Carver|03/04/1984|F|7 High Street|carver@example.org",
            "Martin|Carver|03/04/1984|M|7 High Street|carver@example.org",
        ],
        // Namesakes.
        [
            "Harry|Woodley|03/04/1984|M|7 High Street|",
            "Harry|Woodley|16/12/1951|M||",
        ],
    ] {
        assert!(!last_two([one, other]).0, "{one} and {other}");
    }
}

#[test]
fn a_town_finds_its_own_duplicates_and_no_others() {
    let together = bounded(&town(), 1 << 20);
    let rows = town();
    let mut wrong = 0;
    let mut pairs = 0;
    for person in &together.people {
        // The second row of a person follows the first.
        pairs += person.rows.len() - 1;
        wrong += person
            .rows
            .windows(2)
            .filter(|two| two[1] != two[0] + 1)
            .count();
        assert!(person.rows.len() <= 2);
    }
    let planted = rows.len() - 360;
    assert_eq!((planted, wrong), (72, 0));
    assert!(pairs * 10 >= planted * 8, "{pairs} of {planted}");
    assert!(together.joins[&Reason::Evidence] > 20);
}

/// A baby without a name yet, at the home of named twins who were born on its day; and where there is one child, no twins.
#[test]
fn a_row_without_a_first_name_is_neither_of_two_twins() {
    let at_home = |name: &str, sex: &str| {
        format!("{name}|Carver|03/04/2021|{sex}|7 High Street|carver@example.org")
    };
    for unnamed in [
        "BABY",
        "TWIN 1",
        "BABY GIRL",
        "INFANT OF SARAH",
        "Unknown",
        "",
    ] {
        for sex in ["F", ""] {
            let mut rows = town();
            let first = rows.len();
            let texts = [
                at_home("Juliet", "F"),
                at_home(unnamed, sex),
                at_home("Martin", "M"),
            ];
            rows.extend((first..).zip(&texts).map(|(id, text)| row(id, text)));
            let together = bounded(&rows, 1 << 20);
            let alone = |row: usize| together.people.iter().any(|person| person.rows == [row]);
            assert!((first..first + 3).all(alone), "{unnamed} {sex}");
            let mut doubtful = together.doubtful.iter();
            assert!(doubtful.any(|pair| pair.why == Doubt::Twins && pair.right == first + 1));
            rows.pop();
            let together = bounded(&rows, 1 << 20);
            let mut people = together.people.iter();
            assert!(
                people.any(|person| person.rows == [first, first + 1]),
                "{unnamed} {sex}"
            );
        }
    }
}

#[test]
fn the_doubtful_are_listed_and_not_joined() {
    let (one, together) = last_two([
        "Harry|Woodley|03/04/1984|M|7 High Street|",
        "Harry|Woodley|04/05/1984|||",
    ]);
    assert!(!one);
    let last = town().len();
    let listed = together.doubtful.iter().find(|pair| pair.right == last + 1);
    assert_eq!(
        listed.map(|pair| (pair.left, pair.why)),
        None,
        "a namesake, and no doubt about it"
    );
    let (one, together) = last_two([
        "Harriet|Carver|03/04/1984|F|7 High Street|",
        "Harriet|Carver|03/04/1984||8 High Street|",
    ]);
    let listed = together.doubtful.iter().any(|pair| pair.right == last + 1);
    assert!(one || listed);
}

/// Own ids of the people, in an order that does not depend on the rows'.
pub(in crate::unite) fn partition(rows: &[PersonRow], together: &Together) -> Vec<Vec<String>> {
    let mut people: Vec<Vec<String>> = Vec::new();
    for person in &together.people {
        let ids = person
            .rows
            .iter()
            .map(|row| rows[*row].own_id.expose().clone());
        let mut ids: Vec<String> = ids.collect();
        ids.sort_unstable();
        people.push(ids);
    }
    people.sort_unstable();
    people
}

#[test]
fn uniting_what_was_united_changes_nothing() {
    let mut rows = town();
    let together = bounded(&rows, 1 << 20);
    for (id, person) in together.people.iter().enumerate() {
        for row in &person.rows {
            rows[*row].own_id = Plain::new(format!("p{id}"));
        }
    }
    let again = bounded(&rows, 1 << 20);
    let lists = |united: &Together| -> Vec<Vec<usize>> {
        united
            .people
            .iter()
            .map(|person| person.rows.clone())
            .collect()
    };
    assert_eq!(lists(&again), lists(&together));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(6))]

    #[test]
    fn neither_order_nor_memory_changes_who_is_one(order in any::<u64>(), hash_bytes in 0usize..200_000) {
        let rows = town();
        let expected = bounded(&rows, 1 << 22);
        let mut moved = rows.clone();
        moved.sort_by_key(|row| mix(order ^ mix(row.own_id.expose().len() as u64 ^ hash(row.own_id.expose()))));
        let found = bounded(&moved, hash_bytes);
        prop_assert_eq!(partition(&moved, &found), partition(&rows, &expected));
        for person in &found.people {
            for (at, one) in person.rows.iter().enumerate() {
                for other in &person.rows[at + 1..] {
                    prop_assert!(!never_one(&moved[*one].person, &moved[*other].person));
                }
            }
        }
    }
}

/// So many people, each once, in communities with twenty first and thirty family names of their own, as texts of [`row`].
pub(super) fn communities(people: usize, communities: usize) -> Vec<String> {
    let letters = |of: u64, count: u32| -> String {
        let drawn = mix(of);
        let letter = |at: u32| (b'a' + (drawn >> (4 * at) & 15) as u8) as char;
        (0..count).map(letter).collect()
    };
    let text = |person: usize| {
        let lot = person as u64 + 7000;
        let community = draw(lot, 1, communities) as u64 * 1000;
        let at = draw(lot, 2, 20) as u64;
        let first = letters(community + at, 6);
        let family = letters(community + 500 + draw(lot, 3, 30) as u64, 8);
        let (day, month) = (1 + draw(lot, 4, 28), 1 + draw(lot, 5, 12));
        let year = 1925 + draw(lot, 6, 95);
        let sex = if at.is_multiple_of(2) { "M" } else { "F" };
        format!("{first}|{family}|{day:02}/{month:02}/{year}|{sex}||")
    };
    (0..people).map(text).collect()
}

#[test]
fn people_of_one_name_who_are_there_once_stay_apart() {
    let texts = communities(20_000, 16);
    let rows = texts.iter().enumerate();
    let rows: Vec<PersonRow> = rows.map(|(id, text)| row(id, text)).collect();
    let together = bounded(&rows, 1 << 22);
    let joined = together.joins.get(&Reason::Evidence).copied();
    assert_eq!(joined.unwrap_or(0), 0);
}

/// People who stand once each, some of one name, half of them with an e-mail address made of their name and a number.
fn numbered_addresses(people: u64) -> Vec<String> {
    let text = |lot: u64| {
        let at = draw(lot, 3, 16);
        let family = format!("{}{}", START[draw(lot, 1, 12)], END[draw(lot, 2, 10)]);
        let (day, month) = (1 + draw(lot, 4, 28), 1 + draw(lot, 5, 12));
        let year = 1940 + draw(lot, 6, 80);
        let email = match draw(lot, 7, 2) {
            0 => format!("{}.{family}{}@example.org", FIRST[at], lot % 97),
            _ => String::new(),
        };
        format!(
            "{}|{family}|{day:02}/{month:02}/{year}|||{email}",
            FIRST[at]
        )
    };
    (0..people).map(text).collect()
}

#[test]
fn a_numbered_address_of_the_same_name_is_another_address() {
    let texts = numbered_addresses(3_000);
    let rows = texts.iter().enumerate();
    let rows: Vec<PersonRow> = rows.map(|(id, text)| row(id, text)).collect();
    let together = bounded(&rows, 1 << 22);
    let joined = together.joins.get(&Reason::Evidence).copied();
    // Some six have the same number too. Those whose numbers differ are near five hundred.
    assert!(joined.unwrap_or(0) < 30, "{joined:?}");
}
