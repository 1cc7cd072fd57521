//! Laws of filters that are not released: who is shown in a larger home has random bits, and nothing else changes.

use std::collections::BTreeMap;

use kinfold_schema::CodeTable;

use super::*;

/// `standard` with this most of people whom a home shows with their filters, and so many slots for household keys.
fn schema(most: Option<u32>, slots: u16) -> Schema {
    let rule = most.map_or_else(String::new, |most| format!("\nfilter_max = {most}"));
    let text = Schema::standard().text().replace(
        "slots = 6\ngroup_max = 5\nfilter_max = 2",
        &format!("slots = {slots}\ngroup_max = 5{rule}"),
    );
    Schema::parse(&text).unwrap()
}

/// People with several homes each: `homes` are house numbers.
fn living_in(homes: &[Vec<u8>]) -> Vec<Person> {
    let people = (0..).zip(homes).map(|(n, own)| {
        let mut one = person(n);
        one.addresses = own
            .iter()
            .map(|house| AddressSpell {
                address: read_address(&[&format!("{house} Hawthorn Road")], "XE1 2AB").ok(),
                uprn: None,
                town: None,
                from: 1400,
                to: NO_MONTH,
            })
            .collect();
        one
    });
    people.collect()
}

fn row(table: &CodeTable, n: usize) -> usize {
    let own = table.record_ref.iter().position(|own| *own == reference(n));
    own.unwrap()
}

/// The records that released keys show in a home of more than `most`, counted plainly.
fn shown(table: &CodeTable, most: usize, slots: usize) -> Vec<bool> {
    let mut homes: BTreeMap<Token, Vec<usize>> = BTreeMap::new();
    for (place, key) in table.household.iter().enumerate() {
        if key.kind != HOUSEHOLD_NONE {
            homes.entry(key.token).or_default().push(place / slots);
        }
    }
    let mut shown = vec![false; table.len()];
    for rows in homes.values().filter(|rows| rows.len() > most) {
        for row in rows {
            shown[*row] = true;
        }
    }
    shown
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    /// Whose filters differ from those without the rule is exactly whom the linkage unit takes to have none, however many homes people have,
    /// crowded ones among them; and everything else is the same, whatever the order and the number of threads.
    #[test]
    fn the_linkage_unit_counts_as_the_custodian(
        homes in proptest::collection::vec(proptest::collection::vec(1u8..14, 0..5), 60),
        most in 1u32..4,
        slots in 1u16..4,
        order in Just(identity_order(60)).prop_shuffle(),
        threads in 1usize..4,
    ) {
        let people = living_in(&homes);
        let options = Options::default();
        let with = schema(Some(most), slots);
        let encoded = encode_with(&with, &people, &identity_order(60), &options);
        let before = encode_with(&schema(None, slots), &people, &identity_order(60), &options);
        let without = encoded.table.without_filters(&with).unwrap();
        prop_assert_eq!(&without, &shown(&encoded.table, most as usize, slots.into()));
        prop_assert_eq!(before.report.without_filters, None);
        let number = without.iter().filter(|without| **without).count();
        prop_assert_eq!(encoded.report.without_filters, Some(number));
        for (row, without) in without.iter().enumerate() {
            let same = encoded.table.filters[0].row(row) == before.table.filters[0].row(row);
            prop_assert_eq!(same, !without);
        }
        prop_assert_eq!(
            CodeTable { filters: Vec::new(), ..encoded.table.clone() },
            CodeTable { filters: Vec::new(), ..before.table }
        );
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        let again = pool.install(|| encode_with(&with, &people, &order, &options));
        prop_assert_eq!(again.table, encoded.table);
    }

    /// The filter of somebody in a larger home says nothing of the names.
    #[test]
    fn a_filter_that_is_not_released_does_not_depend_on_the_name(
        size in 3usize..6,
        (first, last) in (0usize..8, 0usize..8),
    ) {
        let schema = schema(Some(2), 6);
        // Homes of so many people each.
        let homes: Vec<Vec<u8>> = (0..30).map(|n| vec![(n / size + 1) as u8]).collect();
        let people = living_in(&homes);
        let mut renamed = people.clone();
        renamed[1].first_names.clear();
        renamed[1].middle_names.clear();
        renamed[1].add_given_names(read_given_names(FIRST[first]).unwrap());
        renamed[1].family_names = read_family_names(LAST[last]).unwrap();
        let filters = |people: &[Person]| {
            let table = encode_with(&schema, people, &identity_order(30), &Options::default()).table;
            let own = table.filters[0].row(row(&table, 1)).to_vec();
            prop_assert!(table.without_filters(&schema).unwrap()[row(&table, 1)]);
            Ok((own, table.filters))
        };
        prop_assert_eq!(filters(&people)?, filters(&renamed)?);
    }
}

/// The random bits of a larger home are those that the record has when it lacks what the filter requires: nobody can tell the two apart.
#[test]
fn no_filter_for_the_home_is_no_filter_for_want_of_a_fact() {
    let schema = schema(Some(2), 6);
    let people = living_in(&vec![vec![1]; 4]);
    let mut without_birth = people.clone();
    without_birth[2].births.clear();
    let row_of = |people: &[Person]| {
        let order = identity_order(people.len());
        let table = encode_with(&schema, people, &order, &Options::default()).table;
        table.filters[0].row(row(&table, 2)).to_vec()
    };
    assert_eq!(row_of(&people), row_of(&without_birth));
}
