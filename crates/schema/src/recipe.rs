//! The small language in which match keys are written, and what it means when two records share one.
//!
//! A recipe is a list of atoms, `NNs Y` or `DF PC`: the key's value is their values joined. An atom with several values for a
//! person (any one name part, any two) makes the key have several values; two records agree on the key when they share one.
//! The atoms and their names are those of the measured ladder that the `standard` schema ships.

use std::fmt;
use std::str::FromStr;

use crate::Error;

macro_rules! atoms {
    ($($(#[doc = $doc:literal])+ $variant:ident = $name:literal,)+) => {
        /// One building block of a match key.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Atom {
            $($(#[doc = $doc])+ $variant,)+
        }

        impl Atom {
            /// Every atom.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The atom's name in a recipe.
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }

            /// What the atom stands for, in plain words.
            pub fn describe(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)+).trim_ascii(),)+ }
            }
        }
    };
}

atoms! {
    /// first name (and its formal form when it is a short form)
    First = "F",
    /// first name by sound
    FirstSound = "Fs",
    /// first initial
    FirstInitial = "Fi",
    /// first three letters of the first name
    FirstThree = "F3",
    /// family name
    Last = "L",
    /// family name by sound
    LastSound = "Ls",
    /// family initial
    LastInitial = "Li",
    /// first three letters of the family name
    LastThree = "L3",
    /// any one name part, whichever field it stands in
    AnyOne = "N1",
    /// any one name part by sound
    AnyOneSound = "N1s",
    /// any two name parts, in any order
    AnyTwo = "NN",
    /// any two name parts by sound, in any order
    AnyTwoSound = "NNs",
    /// middle name
    Middle = "M",
    /// middle initial
    MiddleInitial = "MI",
    /// sex
    Sex = "SX",
    /// full birth date
    BirthFull = "DF",
    /// full birth date, or the year where only the year is known
    Birth = "D",
    /// birth year
    BirthYear = "Y",
    /// birth year or the one after, so that neighbours meet
    BirthYearNear = "Y1",
    /// birth date with day and month in either order
    BirthSwapped = "DS",
    /// birth year and month
    BirthYearMonth = "YM",
    /// birth year and day
    BirthYearDay = "YD",
    /// birth month and day
    BirthMonthDay = "MD",
    /// postcode, or the street where there is no postcode
    Locality = "LOC",
    /// postcode
    Postcode = "PC",
    /// postcode sector
    Sector = "PS",
    /// postcode district
    District = "PD",
    /// postcode district, or one street word where there is none
    DistrictOrStreet = "PDX",
    /// any one word of the street
    StreetWord = "SW",
    /// house and postcode or street
    Home = "AD",
    /// house number or name
    House = "H",
    /// place of birth
    BirthPlace = "PB",
    /// verified NHS number
    Nhs = "NHS",
    /// permanent unique pupil number
    Upn = "UPN",
    /// National Insurance number
    Nino = "NINO",
}

impl FromStr for Atom {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        Self::ALL
            .iter()
            .copied()
            .find(|atom| atom.name() == text)
            .ok_or_else(|| Error::Rule(format!("`{text}` is not an atom of the recipe language")))
    }
}

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
}

impl Field {
    /// Every field, in the order of [`Agreement::levels`].
    pub const ALL: [Self; 7] = [
        Self::First,
        Self::Last,
        Self::AnyName,
        Self::Birth,
        Self::Place,
        Self::BirthPlace,
        Self::Identifier,
    ];
}

/// How far two records agree, field by field: 0 says nothing, 3 is the strongest.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Agreement {
    /// Levels 0 to 3, in the order of [`Field::ALL`].
    pub levels: [u8; 7],
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
        Self { levels }
    }

    /// Raises one field to at least `level`.
    fn raise(&mut self, field: Field, level: u8) {
        let own = &mut self.levels[field as usize];
        *own = (*own).max(level);
    }
}

/// A match key's recipe: the atoms whose values are joined.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Recipe {
    atoms: Vec<Atom>,
}

impl Recipe {
    /// The atoms, in the recipe's order.
    pub fn atoms(&self) -> &[Atom] {
        &self.atoms
    }

    /// What a shared value of this key implies about the two records: for each field the level of agreement.
    ///
    /// The scale within a field orders how much must agree, for instance for birth: year 1, two of three components or a day-month
    /// swap 2, the full date 3. A pair's pattern is the maximum over all keys that it shares.
    pub fn implies(&self) -> Agreement {
        let mut agreement = Agreement::default();
        for atom in &self.atoms {
            let implied: &[(Field, u8)] = match atom {
                Atom::First => &[(Field::First, 3), (Field::AnyName, 2)],
                Atom::FirstSound | Atom::FirstThree => &[(Field::First, 2), (Field::AnyName, 1)],
                Atom::FirstInitial => &[(Field::First, 1)],
                Atom::Last => &[(Field::Last, 3), (Field::AnyName, 2)],
                Atom::LastSound | Atom::LastThree => &[(Field::Last, 2), (Field::AnyName, 1)],
                Atom::LastInitial => &[(Field::Last, 1)],
                Atom::AnyOne | Atom::Middle => &[(Field::AnyName, 2)],
                Atom::AnyOneSound => &[(Field::AnyName, 1)],
                Atom::AnyTwo => &[(Field::AnyName, 3)],
                Atom::AnyTwoSound => &[(Field::AnyName, 2)],
                Atom::BirthFull | Atom::Birth => &[(Field::Birth, 3)],
                Atom::BirthSwapped
                | Atom::BirthYearMonth
                | Atom::BirthYearDay
                | Atom::BirthMonthDay => &[(Field::Birth, 2)],
                Atom::BirthYear | Atom::BirthYearNear => &[(Field::Birth, 1)],
                Atom::Home => &[(Field::Place, 3)],
                Atom::Locality | Atom::Postcode => &[(Field::Place, 2)],
                Atom::Sector
                | Atom::District
                | Atom::DistrictOrStreet
                | Atom::StreetWord
                | Atom::House => &[(Field::Place, 1)],
                Atom::BirthPlace => &[(Field::BirthPlace, 1)],
                Atom::Nhs | Atom::Upn | Atom::Nino => &[(Field::Identifier, 3)],
                Atom::MiddleInitial | Atom::Sex => &[],
            };
            for &(field, level) in implied {
                agreement.raise(field, level);
            }
        }
        // First and last together, in their own fields, are two agreeing name parts.
        if self.has(Atom::First) && self.has(Atom::Last) {
            agreement.raise(Field::AnyName, 3);
        }
        agreement
    }

    /// Whether the recipe uses the atom.
    pub fn has(&self, atom: Atom) -> bool {
        self.atoms.contains(&atom)
    }
}

impl FromStr for Recipe {
    type Err = Error;

    /// Atoms separated by spaces; each at most once, at least one.
    fn from_str(text: &str) -> Result<Self, Error> {
        let atoms = text
            .split_whitespace()
            .map(Atom::from_str)
            .collect::<Result<Vec<_>, _>>()?;
        if atoms.is_empty() {
            return Err(Error::Rule("a match key has an empty recipe".to_owned()));
        }
        for (index, atom) in atoms.iter().enumerate() {
            if atoms[..index].contains(atom) {
                return Err(Error::Rule(format!(
                    "the recipe `{text}` names `{}` twice",
                    atom.name()
                )));
            }
        }
        Ok(Self { atoms })
    }
}

impl fmt::Display for Recipe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, atom) in self.atoms.iter().enumerate() {
            if index > 0 {
                f.write_str(" ")?;
            }
            f.write_str(atom.name())?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_atom_reads_back() {
        for atom in Atom::ALL {
            assert_eq!(atom.name().parse::<Atom>().as_ref(), Ok(atom));
            assert!(!atom.describe().is_empty());
        }
    }

    #[test]
    fn recipes_print_as_they_are_written() {
        for text in ["NN D", "NHS", "F3 L3 Y", "DF MI SX"] {
            assert_eq!(text.parse::<Recipe>().unwrap().to_string(), text);
        }
    }

    #[test]
    fn bad_recipes_are_refused() {
        for text in ["", "  ", "QQ", "F F", "nn"] {
            assert!(text.parse::<Recipe>().is_err(), "{text}");
        }
    }

    #[test]
    fn sharing_more_implies_more() {
        let levels = |text: &str| text.parse::<Recipe>().unwrap().implies();
        assert_eq!(levels("NN D").level(Field::Birth), 3);
        assert_eq!(levels("NNs Y").level(Field::Birth), 1);
        assert_eq!(levels("F L MI").level(Field::AnyName), 3);
        assert_eq!(levels("NHS").level(Field::Identifier), 3);
        let both = levels("NN D").max(levels("DF H"));
        assert_eq!(both.level(Field::Place), 1);
        assert_eq!(both.level(Field::AnyName), 3);
    }
}
