//! Several rows of one person, and which of their values counts.
//!
//! A file has no order that means anything: a database gives its rows in another one tomorrow. So what the rows say together is made of which rows
//! there are and never of which comes first. Of several values the one in most rows stands first: a slip is made once, the right value is written
//! again and again. Of values in as many rows the one that was seen last does, since a later row corrects an earlier one; then the one that
//! its row names first, as a given name is before the name that somebody is known as; then, where nothing speaks for either, the one that is lower as
//! a value, which is the same everywhere.

use std::cmp::Reverse;

use crate::birth_place::BirthPlace;
use crate::date::BirthDate;
use crate::email::Email;
use crate::names::FamilyName;
use crate::numbers::{NhsNumber, Nino, Telephone, Uln, Upn};
use crate::partial::{Initial, PostcodeSector};
use crate::person::{AddressSpell, NO_MONTH, Person};
use crate::plain::Plain;
use crate::sex::Sex;

/// When a row was true last, as a month (see [`crate::month_number`]) and a day in it; the later the larger, and nothing known is the least.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Seen(Option<(u16, u8)>);

impl Seen {
    /// On a day of a month.
    pub fn on(month: u16, day: u8) -> Self {
        Self((month != NO_MONTH).then_some((month, day)))
    }

    /// The last month that a person's homes name.
    pub fn by_homes(person: &Person) -> Self {
        let months = person
            .addresses
            .iter()
            .flat_map(|spell| [spell.from, spell.to]);
        Self(
            months
                .filter(|month| *month != NO_MONTH)
                .max()
                .map(|month| (month, 0)),
        )
    }
}

/// The rows of one person on their way to be one [`Person`]. A single row stays as it is.
#[derive(Default)]
pub struct PersonRows {
    first: Option<(Person, Seen)>,
    /// Once there are several.
    ballots: Option<Box<Ballots>>,
}

impl PersonRows {
    /// Adds what another row says, and when it was true last.
    pub fn add(&mut self, person: Person, seen: Seen) {
        if let Some(ballots) = &mut self.ballots {
            ballots.add(person, seen);
        } else if let Some((first, first_seen)) = self.first.take() {
            let mut ballots = Box::<Ballots>::default();
            ballots.add(first, first_seen);
            ballots.add(person, seen);
            self.ballots = Some(ballots);
        } else {
            self.first = Some((person, seen));
        }
    }

    /// What the rows say together: the same in whichever order they were added.
    ///
    /// Lists have every value once, ordered as told above. Of what a person has only one of, the first in this order counts, and two verified
    /// NHS numbers are no exception: the other one is not kept. A pupil number is present before it is permanent or not: a permanent one, then
    /// one that no row calls a former one, then by the same order; all others are former ones. Flags that protect are never lost.
    pub fn together(self) -> Person {
        match self.ballots {
            Some(ballots) => ballots.together(),
            None => self.first.map(|(person, _)| person).unwrap_or_default(),
        }
    }
}

/// What some rows say of one field.
struct Ballot<T>(Vec<Vote<T>>);

/// What speaks for a value.
struct Vote<T> {
    value: T,
    /// Rows that have it.
    rows: u32,
    /// The last row that has it.
    last_row: u32,
    seen: Seen,
    /// Its place in the row that names it earliest.
    place: u32,
}

impl<T> Default for Ballot<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T: Ord> Ballot<T> {
    /// Adds what a row says. The lists are a handful long, so a scan is the fastest set.
    fn add(&mut self, row: u32, seen: Seen, values: impl IntoIterator<Item = T>) {
        for (value, place) in values.into_iter().zip(0..) {
            let known = self.0.iter_mut().find(|vote| vote.value == value);
            let Some(vote) = known else {
                self.0.push(Vote {
                    value,
                    rows: 1,
                    last_row: row,
                    seen,
                    place,
                });
                continue;
            };
            vote.rows += u32::from(vote.last_row != row);
            vote.last_row = row;
            vote.seen = vote.seen.max(seen);
            vote.place = vote.place.min(place);
        }
    }

    /// The values in order of what speaks for them, where `before` does not put one before another.
    fn ranked_by<K: Ord>(mut self, before: impl Fn(&T) -> K) -> impl Iterator<Item = T> {
        self.0.sort_unstable_by(|one, other| {
            let rank = |vote: &Vote<T>| {
                (
                    before(&vote.value),
                    Reverse((vote.rows, vote.seen)),
                    vote.place,
                )
            };
            rank(one)
                .cmp(&rank(other))
                .then_with(|| one.value.cmp(&other.value))
        });
        self.0.into_iter().map(|vote| vote.value)
    }

    fn ranked(self) -> impl Iterator<Item = T> {
        self.ranked_by(|_| ())
    }

    fn first(self) -> Option<T> {
        self.ranked().next()
    }
}

/// What some rows say.
#[derive(Default)]
struct Ballots {
    rows: u32,
    first_names: Ballot<Plain<String>>,
    middle_names: Ballot<Plain<String>>,
    family_names: Ballot<FamilyName>,
    first_initials: Ballot<Initial>,
    last_initials: Ballot<Initial>,
    births: Ballot<BirthDate>,
    sex: Ballot<Sex>,
    birth_place: Ballot<BirthPlace>,
    addresses: Ballot<AddressSpell>,
    sectors: Ballot<PostcodeSector>,
    telephones: Ballot<Telephone>,
    emails: Ballot<Email>,
    nhs: Ballot<NhsNumber>,
    /// Numbers that a row calls the present one.
    upn: Ballot<Upn>,
    former_upns: Ballot<Upn>,
    uln: Ballot<Uln>,
    nino: Ballot<Nino>,
    do_not_link: bool,
    protected_address: bool,
}

impl Ballots {
    fn add(&mut self, mut person: Person, seen: Seen) {
        let row = self.rows;
        self.rows += 1;
        let firsts = person.first_names.drain(..).map(Plain::new);
        self.first_names.add(row, seen, firsts);
        let middles = person.middle_names.drain(..).map(Plain::new);
        self.middle_names.add(row, seen, middles);
        self.family_names.add(row, seen, person.family_names);
        self.first_initials.add(row, seen, person.first_initials);
        self.last_initials.add(row, seen, person.last_initials);
        self.births.add(row, seen, person.births);
        self.sex.add(row, seen, person.sex);
        self.birth_place.add(row, seen, person.birth_place);
        self.addresses.add(row, seen, person.addresses);
        self.sectors.add(row, seen, person.sectors);
        self.telephones.add(row, seen, person.telephones);
        self.emails.add(row, seen, person.emails);
        self.nhs.add(row, seen, person.nhs);
        self.upn.add(row, seen, person.upn);
        self.former_upns.add(row, seen, person.former_upns);
        self.uln.add(row, seen, person.uln);
        self.nino.add(row, seen, person.nino);
        self.do_not_link |= person.do_not_link;
        self.protected_address |= person.protected_address;
    }

    fn together(self) -> Person {
        let names =
            |ballot: Ballot<Plain<String>>| ballot.ranked().map(|name| name.expose().clone());
        let (upn, former_upns) = pupil_numbers(self.upn, self.former_upns);
        Person {
            first_names: names(self.first_names).collect(),
            middle_names: names(self.middle_names).collect(),
            family_names: self.family_names.ranked().collect(),
            first_initials: self.first_initials.ranked().collect(),
            last_initials: self.last_initials.ranked().collect(),
            births: self.births.ranked().collect(),
            sex: self.sex.first(),
            birth_place: self.birth_place.first(),
            addresses: self.addresses.ranked().collect(),
            sectors: self.sectors.ranked().collect(),
            telephones: self.telephones.ranked().collect(),
            emails: self.emails.ranked().collect(),
            nhs: self.nhs.first(),
            upn,
            former_upns,
            uln: self.uln.first(),
            nino: self.nino.first(),
            do_not_link: self.do_not_link,
            protected_address: self.protected_address,
        }
    }
}

/// The present pupil number and the former ones. An adopted child gets a new number, and the old one is then in some rows the present one and in
/// others a former one: it is a former one.
fn pupil_numbers(present: Ballot<Upn>, former: Ballot<Upn>) -> (Option<Upn>, Vec<Upn>) {
    let former: Vec<Upn> = former.ranked().collect();
    let mut present = present.ranked_by(|upn| (!upn.is_permanent(), former.contains(upn)));
    let upn = present.next();
    let mut others: Vec<Upn> = present.collect();
    for number in former {
        if upn.as_ref() != Some(&number) && !others.contains(&number) {
            others.push(number);
        }
    }
    (upn, others)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        Uprn, read_family_name, read_family_names, read_given_names, read_place, read_town,
    };
    use proptest::prelude::*;
    use proptest::sample::select;

    fn together(rows: impl IntoIterator<Item = (Person, Seen)>) -> Person {
        let mut all = PersonRows::default();
        for (person, seen) in rows {
            all.add(person, seen);
        }
        all.together()
    }

    fn families(person: &Person) -> Vec<&str> {
        let names = person.family_names.iter();
        names.map(|name| name.whole.as_str()).collect()
    }

    #[test]
    fn rows_of_one_person_come_together() {
        let mut person = Person::default();
        person.add_given_names(read_given_names("Robert (Bob) James").unwrap());
        person.family_names.push(read_family_name("Smith").unwrap());
        person.upn = Upn::parse("G80120000101A").ok();
        let mut other = Person {
            do_not_link: true,
            sex: Some(Sex::Male),
            ..Person::default()
        };
        other.add_given_names(read_given_names("Robert Lee").unwrap());
        other.family_names = read_family_names("Smith-Jones (Smith)").unwrap();
        other.upn = Upn::parse("H801200001001").ok();
        let both = together([&person, &other].map(|one| (one.clone(), Seen::default())));
        assert_eq!(both.first_names, ["ROBERT", "BOB"]);
        assert_eq!(both.middle_names, ["JAMES", "LEE"]);
        assert_eq!(
            families(&both),
            ["SMITH", "SMITHJONES"],
            "SMITH is in both rows"
        );
        assert!(both.upn.as_ref().is_some_and(Upn::is_permanent));
        assert!(both.do_not_link && both.sex == Some(Sex::Male));
        assert_eq!(both.former_upns.len(), 1, "the temporary number");
        let alone = together([(person, Seen::default())]);
        assert_eq!(alone.first_names, ["ROBERT", "BOB"]);
        assert!(together([]).first_names.is_empty());
    }

    #[test]
    fn most_rows_count_then_the_latest_then_the_lower_value() {
        let row = |sex: Sex, nhs: &str, seen: Seen| {
            let person = Person {
                sex: Some(sex),
                nhs: NhsNumber::parse(nhs).ok(),
                ..Person::default()
            };
            (person, seen)
        };
        let (low, high) = ("9990000018", "9990000026");
        let nhs = |rows: &[(Person, Seen)]| {
            let person = together(rows.iter().cloned());
            let number = person.nhs.map(|number| number.as_str().to_owned());
            (person.sex, number.unwrap())
        };
        let (no_day, early, late) = (Seen::default(), Seen::on(1500, 3), Seen::on(1500, 4));
        let rows = [
            row(Sex::Male, low, late),
            row(Sex::Female, high, no_day),
            row(Sex::Female, high, early),
        ];
        assert_eq!(
            nhs(&rows),
            (Some(Sex::Female), high.to_owned()),
            "two of three"
        );
        assert_eq!(
            nhs(&rows[..2]),
            (Some(Sex::Male), low.to_owned()),
            "seen last"
        );
        let rows = [row(Sex::Male, high, early), row(Sex::Female, low, early)];
        let lower = Sex::Male.min(Sex::Female);
        assert_eq!(
            nhs(&rows),
            (Some(lower), low.to_owned()),
            "nothing else to go by"
        );
        assert_eq!(Seen::on(NO_MONTH, 3), no_day);
    }

    #[test]
    fn a_number_that_a_row_calls_a_former_one_is_a_former_one() {
        let (old, new) = ("B801200005001", "H801200001001");
        let upn = |text: &str| Upn::parse(text).unwrap();
        let before = Person {
            upn: Some(upn(old)),
            ..Person::default()
        };
        let after = Person {
            upn: Some(upn(new)),
            former_upns: vec![upn(old)],
            ..Person::default()
        };
        // However often the old one is there.
        let rows = [&before, &before, &after, &before];
        let person = together(rows.map(|row| (row.clone(), Seen::default())));
        assert!(person.upn == Some(upn(new)) && person.former_upns == [upn(old)]);
    }

    /// Everything of a person, in the lists' order.
    type Facts<'a> = (
        [Vec<&'a str>; 2],
        (&'a [FamilyName], &'a [Initial], &'a [Initial]),
        (&'a [BirthDate], Option<Sex>, Option<&'a BirthPlace>),
        (&'a [AddressSpell], &'a [PostcodeSector]),
        (&'a [Telephone], &'a [Email]),
        (Option<&'a NhsNumber>, Option<&'a Uln>, Option<&'a Nino>),
        (Option<&'a Upn>, &'a [Upn]),
        [bool; 2],
    );

    fn facts(person: &Person) -> Facts<'_> {
        (
            [&person.first_names, &person.middle_names]
                .map(|names| names.iter().map(String::as_str).collect()),
            (
                &person.family_names,
                &person.first_initials,
                &person.last_initials,
            ),
            (&person.births, person.sex, person.birth_place.as_ref()),
            (&person.addresses, &person.sectors),
            (&person.telephones, &person.emails),
            (
                person.nhs.as_ref(),
                person.uln.as_ref(),
                person.nino.as_ref(),
            ),
            (person.upn.as_ref(), &person.former_upns),
            [person.do_not_link, person.protected_address],
        )
    }

    /// A row with something in every field, which others contradict.
    fn any_row() -> impl Strategy<Value = (Person, Seen)> {
        let names = (
            select(vec![
                "Robert (Bob)",
                "Jörg",
                "Anne-Marie",
                "Mohd Ali",
                "Bob",
                "",
            ]),
            select(vec!["Smith nee Jones", "MacDonald", "Begum", "Müller", ""]),
            select(vec![b'A', b'B', b'C']),
        );
        let numbers = (
            select(vec!["H801200001001", "B801200005001", "G80120000101A", ""]),
            select(vec!["H801200001001", "B801200005001", "G80120000101A", ""]),
            select(vec!["9990000018", "9990000026", ""]),
            select(vec!["AB123456C", "AB123457C", ""]),
            select(vec!["1000000116", "1000000124", ""]),
        );
        let contact = (
            select(vec!["07700 900123", "07700 900124 / 020 7946 0018", ""]),
            select(vec!["a@example.org", "b@example.org", ""]),
            select(vec!["SE1 1", "SE1 2", ""]),
        );
        let home = (
            select(vec!["Eastmere", "Westmere", ""]),
            select(vec!["900000000001", "900000000002", ""]),
            select(vec![NO_MONTH, 1400, 1410]),
            select(vec![NO_MONTH, 1420]),
        );
        let rest = (
            (1980_u16..1983, 1_u8..3),
            select(vec![None, Some(Sex::Female), Some(Sex::Male)]),
            select(vec!["Lagos", "Leeds", ""]),
            any::<[bool; 2]>(),
            select(vec![Seen::default(), Seen::on(1500, 1), Seen::on(1501, 1)]),
        );
        (names, numbers, contact, home, rest).prop_map(|(names, numbers, contact, home, rest)| {
            let initial = Initial::read(std::str::from_utf8(&[names.2]).unwrap()).ok();
            let mut person = Person {
                family_names: read_family_names(names.1).unwrap_or_default(),
                first_initials: initial.into_iter().collect(),
                last_initials: initial.into_iter().collect(),
                births: vec![BirthDate {
                    year: rest.0.0,
                    month: Some(rest.0.1),
                    day: Some(1),
                }],
                sex: rest.1,
                birth_place: read_place(rest.2).ok(),
                addresses: vec![AddressSpell {
                    address: None,
                    uprn: Uprn::parse(home.1).ok(),
                    town: read_town(home.0).ok(),
                    from: home.2,
                    to: home.3,
                }],
                sectors: PostcodeSector::read(contact.2).into_iter().collect(),
                telephones: crate::read_telephones(contact.0).unwrap_or_default(),
                emails: Email::parse(contact.1).into_iter().collect(),
                nhs: NhsNumber::parse(numbers.2).ok(),
                uln: Uln::parse(numbers.4).ok(),
                nino: Nino::parse(numbers.3).ok(),
                do_not_link: rest.3[0],
                protected_address: rest.3[1],
                ..Person::default()
            };
            if let Ok(names) = read_given_names(names.0) {
                person.add_given_names(names);
            }
            if let Ok(upn) = Upn::parse(numbers.0) {
                person.add_upn(upn);
            }
            if let Ok(former) = Upn::parse(numbers.1) {
                person.add_former_upn(former);
            }
            (person, rest.4)
        })
    }

    /// Whether every value of one list is in another.
    fn within<T: PartialEq>(some: &[T], all: &[T]) -> bool {
        some.iter().all(|one| all.contains(one))
    }

    proptest! {
        #[test]
        fn no_order_of_rows_changes_the_person(
            (rows, order) in proptest::collection::vec(any_row(), 1..7)
                .prop_flat_map(|rows| (Just(rows.clone()), Just(rows).prop_shuffle())),
        ) {
            let (person, again) = (together(rows.clone()), together(order));
            prop_assert!(facts(&person) == facts(&again));
            // Nothing is lost of what a person may have several of, and nothing is there twice.
            for (row, _) in &rows {
                prop_assert!(within(&row.first_names, &person.first_names));
                prop_assert!(within(&row.middle_names, &person.middle_names));
                prop_assert!(within(&row.family_names, &person.family_names));
                prop_assert!(within(&row.births, &person.births));
                prop_assert!(within(&row.addresses, &person.addresses));
                prop_assert!(within(&row.telephones, &person.telephones));
                prop_assert!(within(&row.emails, &person.emails));
                prop_assert!(!row.do_not_link || person.do_not_link);
                prop_assert!(!row.protected_address || person.protected_address);
                let upns: Vec<&Upn> = person.upn.iter().chain(&person.former_upns).collect();
                prop_assert!(row.upn.iter().chain(&row.former_upns).all(|upn| upns.contains(&upn)));
                prop_assert!((1..upns.len()).all(|at| !upns[..at].contains(&upns[at])), "a number twice");
            }
            // A row that is there twice over says no more than it does once.
            let doubled = rows.iter().flat_map(|row| [row.clone(), row.clone()]);
            prop_assert!(rows.len() == 1 || facts(&together(doubled)) == facts(&person));
        }
    }
}
