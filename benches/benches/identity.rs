//! Standardisation: each reader on cells as registers hold them, and the six fields of a record together.

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use kinfold_identity::{
    DateRules, NhsNumber, Nino, Postcode, SexCodes, Uln, Upn, Uprn, canonical_nicknames,
    infer_date_rules, read_address, read_date, read_family_names, read_given_names,
    read_middle_names, read_place, read_sex,
};
use std::hint::black_box;

const GIVEN: [&str; 8] = [
    "Robert",
    "Mary Ann",
    "MOHAMMED",
    "Anne-Marie",
    "Sarah",
    "JASON",
    "Kieran",
    "Oluwaseun",
];
const ACCENTS: [&str; 4] = ["Łukasz", "Søren", "Jörg", "Zoë"];
const FAMILY: [&str; 8] = [
    "Smith",
    "O'Brien",
    "Smith-Jones",
    "PATEL",
    "MacDonald",
    "van der Berg",
    "Begum",
    "Okafor",
];
const DATES: [&str; 6] = [
    "07/03/1990",
    "1990-03-07",
    "7/3/1990",
    "25/12/2001",
    "19900307",
    "07-MAR-1990",
];
const SEXES: [&str; 6] = ["F", "M", "Female", "1", "2", "male"];
const POSTCODES: [&str; 4] = ["DA6 7AT", "SE1P 4DF", "b338th", "CR2 6XH"];
const NHS: [&str; 3] = ["999 000 0018", "9990000026", "999-000-0034"];
const ADDRESSES: [&str; 3] = [
    "Flat 3, 12 High Street, Bexleyheath, Kent",
    "12 St. John's Rd, Welling",
    "4 The Grange Care Home, Park Road",
];

/// One cell after another, round and round; the time is that of one cell.
fn reader<T>(
    criterion: &mut Criterion,
    name: &str,
    cells: &'static [&'static str],
    read: impl Fn(&str) -> T,
) {
    let mut group = criterion.benchmark_group("standardise");
    group.throughput(Throughput::Elements(1));
    let mut cells = cells.iter().cycle();
    group.bench_function(BenchmarkId::from_parameter(name), |bencher| {
        bencher.iter(|| read(black_box(cells.next().expect("the list has cells"))));
    });
    group.finish();
}

fn readers(criterion: &mut Criterion) {
    let rules = DateRules::default();
    reader(criterion, "given-names", &GIVEN, read_given_names);
    reader(criterion, "given-names-accents", &ACCENTS, read_given_names);
    reader(criterion, "middle-names", &GIVEN, read_middle_names);
    reader(criterion, "family-names", &FAMILY, read_family_names);
    reader(criterion, "birth-date", &DATES, |cell| {
        read_date(cell, &rules)
    });
    reader(criterion, "sex", &SEXES, |cell| {
        read_sex(cell, SexCodes::Standard)
    });
    reader(criterion, "postcode", &POSTCODES, Postcode::read);
    reader(criterion, "nhs-number", &NHS, NhsNumber::parse);
    reader(
        criterion,
        "upn",
        &["H801200001001", "B801200005001"],
        Upn::parse,
    );
    reader(criterion, "uln", &["9990000017"], Uln::parse);
    reader(
        criterion,
        "nino",
        &["AB123456C", "HH 01 23 45 D"],
        Nino::parse,
    );
    reader(
        criterion,
        "uprn",
        &["100023336956", "000012345678"],
        Uprn::parse,
    );
    reader(
        criterion,
        "birth-place",
        &["Stoke-on-Trent", "London"],
        read_place,
    );
    reader(
        criterion,
        "nicknames",
        &["BOB", "ROBERT", "SARAH", "LIZ"],
        |name| canonical_nicknames(name).len(),
    );
    reader(criterion, "address-one-line", &ADDRESSES, |line| {
        read_address(&[line], "DA6 7AT")
    });
    reader(
        criterion,
        "address-columns",
        &["12 High Street", "14 Mill Lane"],
        |street| read_address(&["Flat 3", street, "Bexleyheath"], "DA6 7AT"),
    );
}

/// First name, family name, birth date, sex, postcode, NHS number: what nearly every file has.
fn record(criterion: &mut Criterion) {
    let rules = DateRules::default();
    let mut group = criterion.benchmark_group("standardise-record");
    group.throughput(Throughput::Elements(1));
    let mut at = 0usize;
    group.bench_function("six-fields", |bencher| {
        bencher.iter(|| {
            at += 1;
            (
                read_given_names(black_box(GIVEN[at % GIVEN.len()])),
                read_family_names(black_box(FAMILY[at % FAMILY.len()])),
                read_date(black_box(DATES[at % DATES.len()]), &rules),
                read_sex(black_box(SEXES[at % SEXES.len()]), SexCodes::Standard),
                Postcode::read(black_box(POSTCODES[at % POSTCODES.len()])),
                NhsNumber::parse(black_box(NHS[at % NHS.len()])),
            )
        });
    });
    group.throughput(Throughput::Elements(10_000));
    group.bench_function("column-of-10000-dates", |bencher| {
        bencher.iter(|| infer_date_rules(DATES.iter().copied().cycle().take(10_000)));
    });
    group.finish();
}

criterion_group!(benches, readers, record);
criterion_main!(benches);
