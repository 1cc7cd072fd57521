//! The invented people of the page.

use kinfold_identity::{
    AddressSpell, NhsNumber, Person, SexCodes, Uprn, infer_date_rules, is_verified_trace,
    month_number, read_address, read_date, read_family_names, read_given_names, read_sex,
};

/// Forty people who have nothing in common with Aisha's family.
const OTHERS: usize = 40;

/// A row of the file: given name, family name, birth date, sex, address lines, postcode.
pub struct Row<'a> {
    pub given: &'a str,
    pub family: &'a str,
    pub birth: &'a str,
    pub sex: &'a str,
    pub address: &'a [&'a str],
    pub postcode: &'a str,
}

impl Row<'_> {
    /// Standardises the row.
    pub fn read(&self) -> Person {
        let rules = infer_date_rules([self.birth, "26/09/1987"].into_iter()).expect("one order");
        let mut person = Person {
            family_names: read_family_names(self.family).expect("a family name"),
            births: vec![read_date(self.birth, &rules).expect("a date")],
            sex: read_sex(self.sex, SexCodes::Standard),
            addresses: vec![AddressSpell {
                address: read_address(self.address, self.postcode).ok(),
                uprn: None,
                town: None,
                from: month_number(2023, 5),
                to: month_number(2026, 8),
            }],
            ..Person::default()
        };
        person.add_given_names(read_given_names(self.given).expect("a given name"));
        person
    }
}

/// Somebody called Begum in Hill Road.
fn in_hill_road(house: &str, given: &str, birth: &str, sex: &str) -> Person {
    let row = Row {
        given,
        family: "Begum",
        birth,
        sex,
        address: &[house, "Eastmere"],
        postcode: "xe1 4ab",
    };
    row.read()
}

/// The same at number 12.
fn at_home(given: &str, birth: &str, sex: &str) -> Person {
    let mut person = in_hill_road("12 Hill Rd", given, birth, sex);
    person.addresses[0].uprn = Uprn::parse("000900000000123").ok();
    person
}

fn aisha() -> Person {
    let mut aisha = at_home("Mrs Aisha", "14/03/1991", "F");
    assert!(is_verified_trace("01"));
    aisha.nhs = NhsNumber::parse("999 000 0018").ok();
    aisha
}

/// The file of the page: Aisha, her sister, their cousin next door, and the others.
pub fn file() -> Vec<Person> {
    const GIVEN: [&str; 8] = [
        "Chloe", "Dmitri", "Elif", "Finn", "Grace", "Kwame", "Rosa", "Tomasz",
    ];
    const FAMILY: [&str; 5] = ["Price", "Okafor", "Kowalska", "Yilmaz", "Hartley"];
    let mut people = vec![
        aisha(),
        at_home("Nadia", "14/03/1991", "F"),
        in_hill_road("14 Hill Rd", "Yusuf", "02/11/1984", "M"),
    ];
    people.extend((0..OTHERS).map(|n| {
        let birth = format!("{:02}/{:02}/{}", n % 28 + 1, n % 12 + 1, 1940 + n);
        let (street, postcode) = (
            format!("{} Mill Lane, Westmere", n + 31),
            format!("XE{} {}CD", n % 4 + 5, n % 9 + 1),
        );
        let row = Row {
            given: GIVEN[n % 8],
            family: FAMILY[n / 8],
            birth: &birth,
            sex: ["F", "M"][n % 2],
            address: &[&street],
            postcode: &postcode,
        };
        row.read()
    }));
    people
}

/// The number of a person that lasts: the page says how the example has it.
pub fn lasting(number: usize) -> [u8; 16] {
    let hash = blake3::hash(number.to_string().as_bytes());
    hash.as_bytes()[..16].try_into().expect("sixteen bytes")
}
