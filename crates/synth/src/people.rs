//! The people of a borough as somebody without errors would write them down: for measuring a linkage schema on a population.

use kinfold_identity::{
    AddressSpell, BirthDate, NO_MONTH, NhsNumber, Nino, Person, Upn, Uprn, read_address,
    read_family_names, read_given_names, read_place,
};

use crate::Borough;
use crate::names::Sex;

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
        person.sex = Some(match own.sex {
            Sex::Female => kinfold_identity::Sex::Female,
            Sex::Male => kinfold_identity::Sex::Male,
        });
        person.birth_place = read_place(&own.birth_place).ok();
        person.nhs = NhsNumber::parse(&own.nhs).ok();
        person.upn = own.upn.as_deref().and_then(|upn| Upn::parse(upn).ok());
        person.nino = own.nino.as_deref().and_then(|nino| Nino::parse(nino).ok());
        if let Some(spell) = self.world.residences(index).last() {
            let home = &self.world.homes[spell.home];
            let flat = home
                .flat
                .map(|flat| format!("Flat {flat}"))
                .unwrap_or_default();
            let name = home.name.clone().unwrap_or_default();
            let street = format!("{} {}", home.number, home.street);
            person.addresses.push(AddressSpell {
                address: read_address(&[&name, &flat, &street, home.locality], &home.postcode).ok(),
                uprn: Uprn::parse(&home.uprn.to_string()).ok(),
                town: None,
                from: NO_MONTH,
                to: NO_MONTH,
            });
        }
        person
    }
}
