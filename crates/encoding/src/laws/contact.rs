//! Laws of telephone numbers, e-mail addresses and towns: what meets, what a protected address withholds, and known answers.

use super::*;
use kinfold_identity::{Email, Telephone, read_telephones, read_town};

/// `standard` with the three fields, their keys, and one filter for a bench that has every form of their tokens.
fn schema() -> Schema {
    let fields = ["telephone", "email", "town"]
        .map(|name| format!("[[field]]\nname = \"{name}\"\ngroup = \"contact\"\n"))
        .concat();
    let tokens: String = [
        ("telephone", "bigrams"),
        ("telephone", "digits"),
        ("telephone", "whole"),
        ("email", "bigrams"),
        ("email", "whole"),
        ("town", "bigrams"),
        ("town", "words"),
        ("town", "whole"),
    ]
    .map(|(field, form)| format!("  {{ field = \"{field}\", form = \"{form}\", weight = 1.0 }},\n"))
    .concat();
    let filter = format!(
        "[[filter]]\nid = \"contact\"\nbits = 1024\ndiffusion = 0\nmetric = \"dice\"\nunit_positions = 10\ncandidate_dice = 0.8\n\
         requires = [\"telephone\"]\nscale = {{ contact = 1.0 }}\ntokens = [\n{tokens}]\n"
    );
    let keys: String = [
        ("TEL", 2),
        ("TELd", 14),
        ("EM", 1),
        ("EMl", 1),
        ("EMd", 16),
        ("N1 T", 4),
        ("H T", 4),
        ("TELd N1i", 16),
    ]
    .map(|(recipe, slots)| format!("[[key]]\nrecipe = \"{recipe}\"\nslots = {slots}\n"))
    .concat();
    let text = Schema::standard()
        .text()
        .replace("[[filter]]\n", &format!("{fields}{filter}[[filter]]\n"))
        .replace(
            "slots = [\"first\",",
            "slots = [\"telephone\", \"email\", \"town\", \"first\",",
        );
    let schema = Schema::parse_for_bench(&(text + &keys)).unwrap();
    assert_eq!(schema.presence.slots.len(), 12);
    schema
}

fn options() -> Options {
    Options {
        bench: true,
        ..Options::default()
    }
}

/// A made-up person with something to be reached by.
fn reachable(n: usize) -> Person {
    let mut person = odd_person(n);
    person.telephones = match n % 5 {
        0 => Vec::new(),
        1 => read_telephones(&format!("020 7946 0{:03} / 07700 900{:03}", n, n + 100)).unwrap(),
        _ => read_telephones(&format!("07700 900{:03}", n * 7 % 1000)).unwrap(),
    };
    if !n.is_multiple_of(3) {
        let local = ["amara.okafor", "b", "long.name.of.somebody-else"][n % 3];
        person.emails = vec![Email::parse(&format!("{local}{n}@example.org")).unwrap()];
    }
    if let Some(spell) = person.addresses.first_mut() {
        spell.town = read_town(["Eastmere", "St Albans", ""][n % 3]).ok();
    }
    person
}

/// The tokens of one key that two people share who are each alone in their file.
fn shared(one: &Person, other: &Person, recipe: &str) -> usize {
    let schema = schema();
    let at = schema
        .keys
        .iter()
        .position(|key| key.recipe.to_string() == recipe);
    let range = schema.key_layout()[at.unwrap()].clone();
    let tokens = |person: &Person, n: usize| {
        let inputs = [Input::new(reference(n), person)];
        let table = encode(&schema, &test_secrets(1), &inputs, &options())
            .unwrap()
            .table;
        table.keys[range.clone()].to_vec()
    };
    let own = tokens(one, 1);
    let theirs = tokens(other, 2);
    theirs.iter().filter(|token| own.contains(token)).count()
}

fn with(telephone: &str, email: &str) -> Person {
    let mut one = person(3);
    one.telephones = Telephone::parse(telephone).into_iter().collect();
    one.emails = Email::parse(email).into_iter().collect();
    one
}

#[test]
fn numbers_and_addresses_meet_as_their_atoms_say() {
    let own = with("07700 900123", "amara.okafor@example.org");
    let meets = |telephone, email| {
        let other = with(telephone, email);
        ["TEL", "TELd", "EM", "EMl", "EMd"].map(|recipe| shared(&own, &other, recipe) > 0)
    };
    let all = [true; 5];
    assert_eq!(meets("+44 (0)7700 900123", "Amara.Okafor@EXAMPLE.org"), all);
    let none = [false; 5];
    assert_eq!(meets("07700 900456", "b.okafor@example.org"), none);
    let near = [false, true, false, false, true];
    // One digit or letter wrong, one missing, one too many.
    assert_eq!(meets("07700 900128", "amara.okafer@example.org"), near);
    assert_eq!(meets("07700 90123", "amaraokafor@example.org"), near);
    assert_eq!(meets("07700 9001234", "amara.okaforr@example.org"), near);
    // Another provider, and a number two digits away.
    let moved = [false, false, false, true, true];
    assert_eq!(
        meets("07700 900132", "amara.okafor@example.com")[2..],
        moved[2..]
    );
    assert!(!meets("07700 900778", "")[1]);
}

#[test]
fn a_town_is_that_of_its_column_or_of_the_address_and_goes_with_its_home() {
    let at = |lines: &[&str], town: &str| {
        let mut one = person(3);
        one.addresses = vec![AddressSpell {
            address: read_address(lines, "").ok(),
            town: read_town(town).ok(),
            ..AddressSpell::default()
        }];
        one
    };
    let in_lines = at(&["12 High Street", "St Albans"], "");
    let in_column = at(&["12 High Street"], "St. Albans");
    assert!(shared(&in_lines, &in_column, "H T") > 0);
    assert!(shared(&in_lines, &at(&[], "ST ALBANS"), "N1 T") > 0);
    assert_eq!(
        shared(&in_lines, &at(&["14 High Street"], "St Albans"), "H T"),
        0
    );
    assert_eq!(
        shared(&in_lines, &at(&["12 High Street"], "Eastmere"), "N1 T"),
        0
    );
    // The house of one home and the town of another are no home.
    let mut two = at(&["12 High Street"], "Eastmere");
    two.addresses
        .extend(at(&["9 Mill Lane"], "St Albans").addresses);
    assert_eq!(shared(&in_lines, &two, "H T"), 0);
    let homeless = at(&["No fixed abode"], "St Albans");
    assert_eq!(shared(&in_lines, &homeless, "N1 T"), 0);
}

/// A landline stands in the home, and a shared one says who lives there.
#[test]
fn a_protected_address_takes_its_telephone_and_its_town_with_it() {
    let mut open = with("020 7946 0018", "amara@example.org");
    open.telephones.extend(Telephone::parse("07700 900123"));
    open.addresses[0].town = read_town("Eastmere").ok();
    let mut protected = open.clone();
    protected.protected_address = true;
    assert_eq!(
        (
            shared(&open, &open, "TEL"),
            shared(&open, &protected, "TEL")
        ),
        (2, 1)
    );
    assert_eq!(shared(&open, &protected, "N1 T"), 0);
    assert_eq!(shared(&open, &protected, "EM"), 1);
    protected.telephones.truncate(1);
    assert_eq!(
        crate::person::facts(&protected) & kinfold_schema::Fact::Telephone.bit(),
        0
    );
    let mut forbidden = open.clone();
    forbidden.do_not_link = true;
    for recipe in ["TEL", "TELd", "EM", "EMl", "EMd", "N1 T"] {
        assert_eq!(shared(&open, &forbidden, recipe), 0, "{recipe}");
    }
}

/// By default, what somebody is reached by leaves nothing in a package.
#[test]
fn shipped_schemas_make_nothing_of_contact() {
    let bare: Vec<Person> = (0..40).map(odd_person).collect();
    let more: Vec<Person> = (0..40).map(reachable).collect();
    for name in Schema::shipped_names() {
        let schema = Schema::shipped(name).unwrap();
        let order = identity_order(40);
        let table =
            |people: &[Person]| encode_with(&schema, people, &order, &Options::default()).table;
        assert_eq!(table(&bare), table(&more), "{name}");
    }
}

/// As those of the shipped schemas; the file of its own can grow without touching theirs.
#[test]
fn known_answers_of_contact() {
    let people: Vec<Person> = (0..64).map(reachable).collect();
    let hash = |bytes: &[u8]| blake3::hash(bytes).to_hex().to_string();
    let schema = schema();
    let table = |order: &[usize]| encode_with(&schema, &people, order, &options()).table;
    let forwards = table(&identity_order(64));
    let backwards: Vec<usize> = (0..64).rev().collect();
    assert_eq!(table(&backwards), forwards);
    let mut answers = String::new();
    for filter in &forwards.filters {
        let bytes: Vec<u8> = filter.words.iter().flat_map(|w| w.to_le_bytes()).collect();
        answers += &format!("filter {} {}\n", filter.id, hash(&bytes));
    }
    for (key, range) in schema
        .keys
        .iter()
        .zip(schema.key_layout())
        .skip(Schema::standard().keys.len())
    {
        let tokens: Vec<u8> = forwards
            .keys
            .chunks_exact(schema.key_slots())
            .flat_map(|row| row[range.clone()].as_flattened().to_vec())
            .collect();
        answers += &format!("key {} {}\n", key.recipe, hash(&tokens));
    }
    let presence: Vec<u8> = forwards
        .presence
        .iter()
        .flat_map(|p| p.to_le_bytes())
        .collect();
    answers += &format!("presence {}\n", hash(&presence));
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/known_answers_contact.txt");
    if std::env::var_os("UPDATE_EXPECT").is_some() {
        std::fs::write(&path, &answers).unwrap();
    }
    assert_eq!(std::fs::read_to_string(&path).unwrap_or_default(), answers);
}
