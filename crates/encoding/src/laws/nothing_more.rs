//! Laws of what must not be told: nothing that links a record that may not be linked, nothing that tells random codes from real ones, nothing
//! that the schema does not list.

use super::*;

/// Short forms, names somebody is known by and other spellings are one name: two people who share only that agree on one name part.
#[test]
fn two_forms_of_one_name_are_not_two_names() {
    let schema = Schema::standard().with(Mixing::Apart);
    for (given, families) in [
        ("Robert (Bob)", ["Okafor", "Patel"]),
        ("Bob", ["Okafor", "Patel"]),
        ("Amara", ["Müller", "Mueller"]),
    ] {
        let people: Vec<Person> = families
            .iter()
            .enumerate()
            .map(|(n, family)| {
                let mut one = person(n + 2);
                one.first_names.clear();
                one.middle_names.clear();
                one.add_given_names(
                    read_given_names(if given == "Amara" {
                        ["Amara", "Grace"][n]
                    } else {
                        given
                    })
                    .unwrap(),
                );
                one.family_names = read_family_names(family).unwrap();
                one.births = vec![BirthDate {
                    year: 1980,
                    month: Some(5),
                    day: Some(6),
                }];
                one
            })
            .collect();
        let tokens = |n: usize| {
            let inputs = [Input::new(reference(n), &people[n])];
            let options = Options {
                bench: true,
                ..Options::default()
            };
            let table = encode(&schema, &test_secrets(1), &inputs, &options)
                .unwrap()
                .table;
            let index = schema
                .keys
                .iter()
                .position(|key| key.recipe.to_string() == "NN")
                .unwrap();
            table.keys[schema.key_layout()[index].clone()].to_vec()
        };
        let own = tokens(0);
        assert!(
            tokens(1).iter().all(|token| !own.contains(token)),
            "{given}"
        );
    }
}

#[test]
fn a_record_that_may_not_be_linked_releases_nothing_that_could_link_it() {
    let schema = Schema::standard();
    let open: Vec<Person> = (0..40).map(person).collect();
    let mut closed = open.clone();
    closed[6].do_not_link = true;
    // The same people at another agency: other references, and so other random tokens.
    let elsewhere: Vec<Input<'_>> = open
        .iter()
        .enumerate()
        .map(|(n, person)| Input::new(reference(n + 500), person))
        .collect();
    let elsewhere = encode(&schema, &test_secrets(1), &elsewhere, &Options::default()).unwrap();
    let seen: std::collections::BTreeSet<Token> = elsewhere.table.keys.iter().copied().collect();
    let homes: Vec<Token> = elsewhere
        .table
        .household
        .iter()
        .map(|key| key.token)
        .collect();
    let shared = |people: &[Person]| {
        let encoded = encode_all(people, &identity_order(40));
        let row = encoded
            .table
            .record_ref
            .iter()
            .position(|r| *r == reference(6))
            .unwrap();
        let slots = schema.key_slots();
        let tokens = &encoded.table.keys[row * slots..(row + 1) * slots];
        let home = schema.household_slots();
        let own = &encoded.table.household[row * home..(row + 1) * home];
        let filter = encoded.table.filters[0].row(row).to_vec();
        let nearest = elsewhere.table.filters[0]
            .words
            .chunks_exact(filter.len())
            .map(|other| {
                other
                    .iter()
                    .zip(&filter)
                    .map(|(a, b)| (a ^ b).count_ones())
                    .sum::<u32>()
            })
            .min()
            .unwrap();
        (
            tokens.iter().filter(|token| seen.contains(*token)).count(),
            own.iter().filter(|key| homes.contains(&key.token)).count(),
            nearest,
        )
    };
    let (tokens, at_home, distance) = shared(&open);
    assert!(
        tokens > 10 && at_home == 1 && distance == 0,
        "{tokens} {at_home} {distance}"
    );
    let (tokens, at_home, distance) = shared(&closed);
    assert!(
        tokens == 0 && at_home == 0 && distance > 850,
        "{tokens} {at_home} {distance}"
    );
}

/// Beside values that stay from period to period, random tokens that changed would be known for what they are.
#[test]
fn two_periods_together_do_not_tell_random_tokens_from_values() {
    let schema = Schema::standard();
    let people: Vec<Person> = (0..60).map(odd_person).collect();
    let period = |offset: usize, people: &[Person]| {
        let inputs: Vec<Input<'_>> = people
            .iter()
            .enumerate()
            .map(|(n, person)| {
                let mut input = Input::new(reference(n + offset), person);
                input.lasting_ref = reference(n);
                input
            })
            .collect();
        let table = encode(&schema, &test_secrets(1), &inputs, &Options::default())
            .unwrap()
            .table;
        let row = |n: usize| {
            table
                .record_ref
                .iter()
                .position(|r| *r == reference(n + offset))
                .unwrap()
        };
        (0..people.len())
            .map(|n| {
                let slots = schema.key_slots();
                let keys = table.keys[row(n) * slots..(row(n) + 1) * slots].to_vec();
                (keys, table.filters[0].row(row(n)).to_vec())
            })
            .collect::<Vec<_>>()
    };
    let first = period(1000, &people);
    assert_eq!(first, period(2000, &people));
    // One value more changes one token of its key, and moves no other.
    let mut later = people.clone();
    later[0].upn = kinfold_identity::Upn::parse("B801200005001").ok();
    let second = period(2000, &later);
    let changed = first[0]
        .0
        .iter()
        .filter(|token| !second[0].0.contains(token))
        .count();
    assert!((1..=2).contains(&changed), "{changed}");
}

/// Outputs of a diffusion obey relations (an even number of inputs that each feed as many outputs cancel out): free random bits would
/// not, and would be known for what they are.
#[test]
fn a_random_filter_obeys_the_relations_of_a_real_one() {
    let mut people: Vec<Person> = (0..120).map(person).collect();
    for one in people.iter_mut().step_by(2) {
        one.births.clear();
    }
    let encoded = encode_all(&people, &identity_order(120));
    assert_eq!(encoded.report.blank_filters, [60]);
    let filter = &encoded.table.filters[0];
    let odd = (0..120)
        .filter(|&row| {
            let ones: u32 = filter.row(row).iter().map(|word| word.count_ones()).sum();
            !ones.is_multiple_of(2)
        })
        .count();
    assert_eq!(odd, 0);
}

/// What a schema does not list never becomes a code.
#[test]
fn fields_that_the_schema_does_not_list_change_nothing() {
    let text = Schema::standard().text().to_owned();
    let without: Vec<&str> = text.split("[[field]]\n").collect();
    let kept: Vec<&str> = without
        .iter()
        .copied()
        .filter(|part| {
            let listed = |name: &str| part.starts_with(&format!("name = \"{name}\""));
            !listed("uprn") && !listed("sex") && !listed("birth-place")
        })
        .collect();
    let text = kept.join("[[field]]\n");
    let (text, rest) = text.split_at(text.find("[household_keys]").unwrap());
    let parts: Vec<&str> = text.split("[[key]]\n").collect();
    let head = parts[0];
    let keys: Vec<&str> = parts[1..]
        .iter()
        .copied()
        .filter(|part| {
            !part.lines().next().unwrap().contains("SX")
                && !part.lines().next().unwrap().contains("PB")
        })
        .collect();
    let text = format!("{head}[[key]]\n{}{rest}", keys.join("[[key]]\n"));
    let schema = Schema::parse(&text).unwrap();
    let bare: Vec<Person> = (0..30).map(person).collect();
    let mut more = bare.clone();
    for one in &mut more {
        one.sex = Some(Sex::Other);
        one.birth_place = read_place("Lagos").ok();
        one.addresses[0].uprn = kinfold_identity::Uprn::parse("900000000001").ok();
    }
    let order = identity_order(30);
    let options = Options::default();
    assert_eq!(
        encode_with(&schema, &bare, &order, &options).table,
        encode_with(&schema, &more, &order, &options).table
    );
}

#[test]
fn protected_and_communal_homes_leave_no_household_key() {
    let schema = Schema::standard();
    let mut people: Vec<Person> = (0..40).map(person).collect();
    people[4].protected_address = true;
    people[5].addresses[0].address =
        read_address(&["Rosewood Care Home", "3 Hawthorn Road"], "XE1 2AB").ok();
    people[6].do_not_link = true;
    let encoded = encode_all(&people, &identity_order(40));
    let real = |n: usize| {
        let row = encoded
            .table
            .record_ref
            .iter()
            .position(|r| *r == reference(n))
            .unwrap();
        let slots = schema.household_slots();
        encoded.table.household[row * slots..(row + 1) * slots]
            .iter()
            .filter(|key| key.kind != HOUSEHOLD_NONE)
            .count()
    };
    assert_eq!((real(4), real(5), real(6)), (0, 0, 0));
    assert_eq!(real(7), 1);
}

/// The month of the release comes from the agreement's period, not from a clock.
#[test]
fn a_home_that_was_left_a_year_before_the_release_leaves_no_key_and_no_home_a_month() {
    let schema = Schema::standard();
    let mut people: Vec<Person> = (0..40).map(person).collect();
    people[7].addresses[0].to = 1_500;
    let keys = |month: u16| {
        let options = Options {
            month,
            ..Options::default()
        };
        let encoded = encode_with(&schema, &people, &identity_order(40), &options);
        let keys = encoded.table.household;
        assert!(
            keys.iter()
                .all(|key| key.from == NO_MONTH && key.to == NO_MONTH)
        );
        keys.iter().filter(|key| key.kind != HOUSEHOLD_NONE).count()
    };
    assert_eq!((keys(1_512), keys(1_513), keys(NO_MONTH)), (40, 39, 39));
}

/// A home has a key by its property number and one by its address. Were the people of a large home drawn for each, the two draws together
/// would show more than either may.
#[test]
fn both_keys_of_a_large_home_draw_the_same_people() {
    let schema = Schema::standard();
    let mut people: Vec<Person> = (0..40).map(person).collect();
    for (number, one) in people.iter_mut().enumerate() {
        // Five homes of eight.
        let home = number / 8;
        let address = read_address(&[&format!("{} Hawthorn Road", home + 1)], "XE1 2AB");
        one.addresses[0].address = address.ok();
        one.addresses[0].uprn =
            kinfold_identity::Uprn::parse(&format!("90000000000{}", home + 1)).ok();
    }
    let encoded = encode_with(&schema, &people, &identity_order(40), &Options::default());
    let mut shown = [0; 3];
    for own in encoded
        .table
        .household
        .chunks_exact(schema.household_slots())
    {
        let real = own.iter().filter(|key| key.kind != HOUSEHOLD_NONE).count();
        shown[real] += 1;
    }
    assert_eq!(shown, [15, 0, 25]);
}

/// If only slots with a value were sorted, an unsorted one would say that all its tokens are random.
#[test]
fn tokens_of_every_kind_are_sorted_whatever_they_are() {
    let schema = Schema::standard();
    let mut people: Vec<Person> = (0..40).map(odd_person).collect();
    people[3].do_not_link = true;
    let table = encode_all(&people, &identity_order(40)).table;
    for row in table.keys.chunks_exact(schema.key_slots()) {
        for pool in schema.pools() {
            assert!(row[pool.slots].is_sorted());
        }
    }
    for row in table.household.chunks_exact(schema.household_slots()) {
        assert!(row.is_sorted());
    }
}

#[test]
fn rare_presence_patterns_are_not_released() {
    let mut people: Vec<Person> = (0..60).map(person).collect();
    people[1].nhs = NhsNumber::parse("9990000018").ok();
    people[2].birth_place = read_place("Lagos").ok();
    let encoded = encode_all(&people, &identity_order(60));
    assert_eq!(encoded.report.presence_patterns, 1);
    // The two; who has a middle name is not told.
    assert_eq!(encoded.report.presence_coarsened, 2);
}

/// Whatever facts a schema requires: a filter that got nothing of one of its kinds of fact is a bare code of the rest.
#[test]
fn a_filter_without_one_of_its_themes_is_random() {
    let text = Schema::standard().text().replace(
        "requires = [\"first\", \"last\", \"birth\"]",
        "requires = []",
    );
    let schema = Schema::parse_for_bench(&text).unwrap();
    let mut people: Vec<Person> = (0..30).map(person).collect();
    people[3].births.clear();
    people[4].first_names.clear();
    people[4].middle_names.clear();
    people[4].family_names.clear();
    people[4].nhs = NhsNumber::parse("9990000018").ok();
    let bench = Options {
        bench: true,
        ..Options::default()
    };
    let report = encode_with(&schema, &people, &identity_order(30), &bench).report;
    assert_eq!(report.blank_filters, [2]);
}

/// Of somebody with more birth dates than are looked at, a full one is, and the filter is that of the full date.
#[test]
fn a_full_birth_date_is_looked_at_wherever_it_stands() {
    let people: Vec<Person> = (0..30).map(person).collect();
    let mut many = people.clone();
    let years = (0..15).map(|n| BirthDate {
        year: 1950 + n,
        month: None,
        day: None,
    });
    many[5].births = years.chain(people[5].births.iter().copied()).collect();
    let filter = |people: &[Person]| {
        let table = encode_all(people, &identity_order(30)).table;
        let row = table.record_ref.iter().position(|r| *r == reference(5));
        table.filters[0].row(row.unwrap()).to_vec()
    };
    assert_eq!(filter(&many), filter(&people));
}

/// The linkage unit takes the token of a claimed identifier for the number.
#[test]
fn an_identifier_without_a_token_is_not_claimed() {
    let with_nino = Schema::standard().text().to_owned();
    let without = with_nino.replace(
        "[[key]]\nrecipe = \"NINO\"\nslots = 1\npool = \"identifiers\"\n",
        "",
    );
    assert_ne!(with_nino, without);
    let people: Vec<Person> = (0..30)
        .map(|n| {
            let mut one = person(n);
            one.nino = kinfold_identity::Nino::parse(&format!("ZZ12{n:04}A")).ok();
            one
        })
        .collect();
    let claimed = |text: &str| {
        let schema = Schema::parse(text).unwrap();
        let bit = schema
            .presence
            .bit(kinfold_schema::Fact::UpnOrNino)
            .unwrap();
        let table = encode_with(&schema, &people, &identity_order(30), &Options::default()).table;
        table
            .presence
            .iter()
            .filter(|pattern| **pattern & bit != 0)
            .count()
    };
    // Eight of thirty have a middle name, which is too rare to claim; the number is claimed for all or for nobody.
    assert_eq!((claimed(&with_nino), claimed(&without)), (30, 0));
}
