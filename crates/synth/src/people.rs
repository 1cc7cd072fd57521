//! The people of a borough, as somebody without errors would write them down and as each agency knows them: for measuring a linkage schema
//! on a population.

use kinfold_identity::{
    AddressSpell, BirthDate, NO_MONTH, NhsNumber, Nino, Person, Upn, Uprn, read_address,
    read_family_names, read_given_names, read_place,
};

use crate::Borough;
use crate::calendar::Day;
use crate::happenings::Source;
use crate::names::Sex;
use crate::record::Record;

impl Borough {
    /// Everybody, one record each: name, birth date, sex, place of birth, last home, numbers. Nothing is mistyped or missing.
    pub fn people(&self) -> Vec<Person> {
        (0..self.world.people.len())
            .map(|index| self.written_down(index))
            .collect()
    }

    fn written_down(&self, index: usize) -> Person {
        let own = &self.world.people[index];
        let mut person = Person::default();
        let given = match &own.middle {
            Some(middle) => format!("{} {middle}", own.forename),
            None => own.forename.clone(),
        };
        if let Ok(names) = read_given_names(&given) {
            person.add_given_names(names);
        }
        person.family_names = read_family_names(&own.surname).unwrap_or_default();
        let (year, month, day) = own.born.parts();
        person.births.push(BirthDate {
            year: year as u16,
            month: Some(month as u8),
            day: Some(day as u8),
        });
        person.sex = Some(sex(own.sex));
        person.birth_place = read_place(&own.birth_place).ok();
        person.nhs = NhsNumber::parse(&own.nhs).ok();
        person.upn = own.upn.as_deref().and_then(|upn| Upn::parse(upn).ok());
        person.nino = own.nino.as_deref().and_then(|nino| Nino::parse(nino).ok());
        if let Some(spell) = self.world.residences(index).last() {
            let home = &self.world.homes[spell.home];
            person.addresses.push(AddressSpell {
                address: self.address(spell.home, &home.postcode),
                uprn: Uprn::parse(&home.uprn.to_string()).ok(),
                town: None,
                from: NO_MONTH,
                to: NO_MONTH,
            });
        }
        person
    }

    fn address(&self, home: usize, postcode: &str) -> Option<kinfold_identity::Address> {
        let home = &self.world.homes[home];
        let flat = home
            .flat
            .map(|flat| format!("Flat {flat}"))
            .unwrap_or_default();
        let name = home.name.clone().unwrap_or_default();
        let street = format!("{} {}", home.number, home.street);
        read_address(&[&name, &flat, &street, home.locality], postcode).ok()
    }

    /// What a source's people file says, row after row: the number of the true person, and the person as standardised, with all slips,
    /// missing values, former names and addresses out of date. A person with two rows comes twice.
    ///
    /// It says what reading the written file through its shipped mapping says, without writing it; only how a file writes a value
    /// (capitals, date formats, damaged property numbers) is left out. Own months of addresses are not given.
    pub fn known_to(&self, source: Source) -> impl Iterator<Item = (usize, Person)> + '_ {
        self.records
            .iter()
            .filter(move |record| record.source == source)
            .map(|record| (record.person, self.as_known(record)))
    }

    /// As [`Self::known_to`], with the months for which the source knows of the address: from when somebody came, as the source heard it, to when
    /// the address was last confirmed. The shipped mappings read the written files like this.
    pub fn known_with_months(&self, source: Source) -> impl Iterator<Item = (usize, Person)> + '_ {
        let month = |day: Day| {
            let (year, month, _) = day.parts();
            kinfold_identity::month_number(year as u16, month as u8)
        };
        self.records
            .iter()
            .filter(move |record| record.source == source)
            .map(move |record| {
                let mut person = self.as_known(record);
                for spell in &mut person.addresses {
                    (spell.from, spell.to) = (month(record.from), month(record.confirmed));
                }
                (record.person, person)
            })
    }

    fn as_known(&self, record: &Record) -> Person {
        let own = &self.world.people[record.person];
        let mut person = Person {
            do_not_link: record.do_not_link,
            protected_address: record.protected,
            sex: record.sex.map(sex),
            ..Person::default()
        };
        let given = match &record.middle {
            Some(middle) => format!("{} {middle}", record.forename),
            None => record.forename.clone(),
        };
        for cell in [Some(&given), record.known_as_forename.as_ref()] {
            if let Some(Ok(names)) = cell.map(|cell| read_given_names(cell)) {
                person.add_given_names(names);
            }
        }
        let family = [
            Some(&record.surname),
            record.known_as_surname.as_ref(),
            record.former_surname.as_ref(),
        ];
        for cell in family.into_iter().flatten() {
            for name in read_family_names(cell).unwrap_or_default() {
                if !person.family_names.contains(&name) {
                    person.family_names.push(name);
                }
            }
        }
        person.births.extend(record.born.map(|born| {
            let (year, month, day) = born.parts();
            BirthDate {
                year: year as u16,
                month: Some(month as u8),
                day: Some(day as u8),
            }
        }));
        // Health and the police ask for it; one in five police rows does not have it.
        let asked = match record.source {
            Source::Patients => !record.person.is_multiple_of(25),
            Source::PolicePeople => !record.person.is_multiple_of(5),
            _ => false,
        };
        person.birth_place = read_place(&own.birth_place).ok().filter(|_| asked);
        person.nhs = record
            .nhs
            .as_deref()
            .filter(|_| matches!(record.nhs_trace, "01" | ""))
            .and_then(|nhs| NhsNumber::parse(nhs).ok());
        if let Some(Ok(upn)) = record.upn.as_deref().map(Upn::parse) {
            person.add_upn(upn);
        }
        person.former_upns.extend(
            record
                .former_upn
                .as_deref()
                .and_then(|u| Upn::parse(u).ok()),
        );
        person.nino = record
            .nino
            .as_deref()
            .and_then(|nino| Nino::parse(nino).ok());
        if !record.no_fixed_abode {
            person.addresses.push(AddressSpell {
                address: self.address(record.home, record.postcode.as_deref().unwrap_or("")),
                uprn: record.uprn.as_deref().and_then(|u| Uprn::parse(u).ok()),
                town: None,
                from: NO_MONTH,
                to: NO_MONTH,
            });
        }
        person
    }
}

fn sex(sex: Sex) -> kinfold_identity::Sex {
    match sex {
        Sex::Female => kinfold_identity::Sex::Female,
        Sex::Male => kinfold_identity::Sex::Male,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Options, Profile, generate};

    #[test]
    fn agencies_know_nearly_the_truth_of_most_people() {
        let borough = generate(&Options {
            households: 300,
            seed: 3,
            profile: Profile::Uk,
        });
        let truth = borough.people();
        for source in Source::ALL {
            let known: Vec<(usize, Person)> = borough.known_to(source).collect();
            assert!(known.len() > 50, "{source:?} {}", known.len());
            let same = |of: fn(&Person, &Person) -> bool| {
                let right = known.iter().filter(|(index, own)| of(own, &truth[*index]));
                right.count() as f64 / known.len() as f64
            };
            let births = same(|a, b| a.births == b.births);
            let first = same(|a, b| a.first_names[0] == b.first_names[0]);
            let homes = same(|a, b| {
                !a.addresses.is_empty() && {
                    let unit = |p: &Person| {
                        p.addresses.first().and_then(|s| {
                            s.address
                                .as_ref()?
                                .postcode
                                .as_ref()
                                .map(|p| p.unit().to_owned())
                        })
                    };
                    unit(a) == unit(b)
                }
            });
            // Slips exist, and are few; homes are out of date more often.
            assert!((0.9..1.0).contains(&births), "{source:?} {births}");
            assert!((0.9..1.0).contains(&first), "{source:?} {first}");
            assert!((0.4..1.0).contains(&homes), "{source:?} {homes}");
        }
    }
}
