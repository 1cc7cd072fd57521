//! What a shared value of a key says about two records: the linkage unit knows the recipe, never the value.

use super::{Atom, BirthForm, ContactForm, IdentifierKind, NameForm, NameOf, PlaceForm, Recipe};

/// The things about a person on which two records can agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// First name.
    First,
    /// Family name.
    Last,
    /// Name parts in any field.
    AnyName,
    /// Birth date.
    Birth,
    /// Place.
    Place,
    /// Place of birth.
    BirthPlace,
    /// A verified identifier.
    Identifier,
    /// A telephone number or an e-mail address. Families share them, so the strongest level is still no proof of one person.
    Contact,
}

impl Field {
    /// Every field, in the order of [`Agreement::levels`].
    pub const ALL: [Self; 8] = [
        Self::First,
        Self::Last,
        Self::AnyName,
        Self::Birth,
        Self::Place,
        Self::BirthPlace,
        Self::Identifier,
        Self::Contact,
    ];
}

/// Most pools of match keys of a schema.
pub const POOLS_MAX: usize = 4;

/// How far two records agree, field by field: 0 says nothing, 3 is the strongest; and of how many keys of each pool, where kinds of keys are
/// mixed so that nobody can say which agree.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Agreement {
    /// Levels 0 to 3, in the order of [`Field::ALL`].
    pub levels: [u8; 8],
    /// For each pool the step of the number of agreeing tokens ([`Agreement::step`]).
    pub pools: [u8; POOLS_MAX],
}

impl Agreement {
    /// The level of one field.
    pub fn level(&self, field: Field) -> u8 {
        self.levels[field as usize]
    }

    /// Field by field the stronger of two.
    #[must_use]
    pub fn max(self, other: Self) -> Self {
        let mut levels = self.levels;
        for (level, theirs) in levels.iter_mut().zip(other.levels) {
            *level = (*level).max(theirs);
        }
        let mut pools = self.pools;
        for (count, theirs) in pools.iter_mut().zip(other.pools) {
            *count = (*count).max(theirs);
        }
        Self { levels, pools }
    }

    /// The step of a number of agreeing tokens: each of the first twenty by itself, since people of one name agree on numbers of their own
    /// (thirteen and fourteen of `standard`), then ever wider ones, since beyond that every pair is sure.
    pub fn step(count: usize) -> u8 {
        match count {
            0..=20 => count as u8,
            21..=22 => 21,
            23..=25 => 22,
            26..=29 => 23,
            30..=34 => 24,
            _ => Self::STEPS - 1,
        }
    }

    /// Number of steps.
    pub const STEPS: u8 = 26;

    /// Raises one field to at least `level`.
    fn raise(&mut self, field: Field, level: u8) {
        let own = &mut self.levels[field as usize];
        *own = (*own).max(level);
    }
}

impl Recipe {
    /// What a shared value of this key implies about the two records: for each field the level of agreement.
    ///
    /// The scale within a field orders how much must agree, for instance for birth: year 1, two of three components or a day-month
    /// swap 2, the full date 3. For contact: a local part one character apart 1, as short ones are near to many; the local part of an e-mail
    /// address, which two strangers of one name can have, or a telephone number one digit apart 2; the whole number or address 3. A pair's pattern is the maximum over all keys that it shares.
    pub fn implies(&self) -> Agreement {
        let mut agreement = Agreement::default();
        for atom in self.atoms() {
            match *atom {
                Atom::Name(of, form) => implied_by_name(&mut agreement, of, form),
                Atom::Birth(form) => agreement.raise(
                    Field::Birth,
                    match form {
                        BirthForm::Full | BirthForm::FullOrYear => 3,
                        BirthForm::Swapped
                        | BirthForm::YearMonth
                        | BirthForm::YearDay
                        | BirthForm::MonthDay
                        | BirthForm::Deletions => 2,
                        BirthForm::Year | BirthForm::YearNear => 1,
                    },
                ),
                Atom::Place(form) => agreement.raise(
                    Field::Place,
                    match form {
                        PlaceForm::Home | PlaceForm::Property => 3,
                        PlaceForm::Locality | PlaceForm::Postcode | PlaceForm::HouseStreet => 2,
                        _ => 1,
                    },
                ),
                Atom::BirthPlace => agreement.raise(Field::BirthPlace, 1),
                // A former pupil number is a lead and no proof.
                Atom::Identifier(IdentifierKind::AnyUpn) | Atom::Sex => {}
                Atom::Identifier(_) => agreement.raise(Field::Identifier, 3),
                Atom::Contact(form) => agreement.raise(
                    Field::Contact,
                    match form {
                        ContactForm::Telephone | ContactForm::Email => 3,
                        ContactForm::TelephoneDeletions | ContactForm::EmailLocal => 2,
                        ContactForm::EmailDeletions => 1,
                    },
                ),
            }
        }
        // First and last together, in their own fields, are two agreeing name parts.
        let whole = |of| self.has(Atom::Name(of, NameForm::Whole));
        if whole(NameOf::First) && whole(NameOf::Last) {
            agreement.raise(Field::AnyName, 3);
        }
        agreement
    }
}

fn implied_by_name(agreement: &mut Agreement, of: NameOf, form: NameForm) {
    // Whole or formal names agree fully; sounds, beginnings and one letter apart agree nearly; an initial hints.
    let strength = match form {
        NameForm::Whole | NameForm::Formal => 3,
        NameForm::Sound | NameForm::Prefix(_) | NameForm::Deletions => 2,
        NameForm::Initial => 1,
    };
    match of {
        NameOf::First => agreement.raise(Field::First, strength),
        NameOf::Last => agreement.raise(Field::Last, strength),
        NameOf::Middle | NameOf::AnyOne | NameOf::AnyTwo => {}
    }
    let parts = match of {
        NameOf::AnyTwo => strength,
        // A middle initial is too common to count as a name part.
        NameOf::Middle if form == NameForm::Initial => 0,
        _ => strength.saturating_sub(1),
    };
    agreement.raise(Field::AnyName, parts);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sharing_more_implies_more() {
        let levels = |text: &str| text.parse::<Recipe>().unwrap().implies();
        assert_eq!(levels("NN D").level(Field::Birth), 3);
        assert_eq!(levels("NNs Y").level(Field::Birth), 1);
        assert_eq!(levels("F L MI").level(Field::AnyName), 3);
        assert_eq!(levels("NHS").level(Field::Identifier), 3);
        assert_eq!(levels("Fi Li LOC").level(Field::AnyName), 0);
        assert_eq!(levels("N1s DS").level(Field::AnyName), 1);
        assert_eq!(levels("L PD").level(Field::AnyName), 2);
        assert_eq!(levels("TEL").level(Field::Contact), 3);
        assert_eq!(levels("TELd N1i").level(Field::Contact), 2);
        assert_eq!(levels("EMl").level(Field::Contact), 2);
        assert_eq!(levels("EMd Y").level(Field::Contact), 1);
        assert_eq!(levels("EM").level(Field::Identifier), 0);
        assert_eq!(levels("N1 T").level(Field::Place), 1);
        let both = levels("NN D").max(levels("DF H"));
        assert_eq!(both.level(Field::Place), 1);
        assert_eq!(both.level(Field::AnyName), 3);
    }
}
