//! Atoms: what a recipe joins.

use std::fmt;
use std::str::FromStr;

/// Which name an atom takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameOf {
    /// First names, names the person is known as, and the formal names of short forms.
    First,
    /// Family names, present and former, whole and in parts.
    Last,
    /// Middle names.
    Middle,
    /// Any one name part, whichever field it stands in: swaps, maiden names and blank first names at once.
    AnyOne,
    /// Any two parts of different names, in any order.
    AnyTwo,
}

/// How an atom takes a name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum NameForm {
    /// As standardised.
    Whole,
    /// American Soundex (Russell 1918; National Archives rules): SMITH and SMYTH agree.
    Sound,
    /// The first letter.
    Initial,
    /// The first letters, as many as the number says (2 to 9).
    Prefix(u8),
    /// The word and every word made by leaving one letter out: two spellings one edit apart share one (the symmetric deletion
    /// neighbourhood of Bocek, Hunt and Stiller 2007). Five to ten times the tokens of a sound.
    Deletions,
    /// Only the formal names of short forms (BOB gives ROBERT); a name that is no short form gives itself.
    Formal,
}

/// How an atom takes a birth date.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum BirthForm {
    /// The full date.
    Full,
    /// The full date, or the year where only the year is known.
    FullOrYear,
    /// The year.
    Year,
    /// The year and the one after, so that neighbours meet.
    YearNear,
    /// The date with day and month in either order.
    Swapped,
    /// Year and month.
    YearMonth,
    /// Year and day.
    YearDay,
    /// Month and day.
    MonthDay,
    /// The eight ways to leave one digit of the full date out.
    Deletions,
}

/// How an atom takes a home.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PlaceForm {
    /// The postcode, or the street where there is none.
    Locality,
    /// The postcode unit: about 15 homes.
    Postcode,
    /// The postcode sector: about 3,000 homes.
    Sector,
    /// The postcode district: about 8,000 homes.
    District,
    /// The district, or any one street word where there is none.
    DistrictOrStreet,
    /// Any one word of the street.
    StreetWord,
    /// The whole street.
    Street,
    /// House, and postcode or street.
    Home,
    /// House, and any one word of the street.
    HouseStreet,
    /// House number or name.
    House,
    /// Town.
    Town,
    /// Unique property reference number.
    Property,
}

/// Which identifier an atom takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum IdentifierKind {
    /// Verified NHS number.
    Nhs,
    /// Permanent unique pupil number, the present one.
    Upn,
    /// Any unique pupil number: permanent, temporary or former. It is never proof by itself: an adopted child gets a new number precisely so
    /// that the old one leads nowhere, and a temporary one is one school's.
    AnyUpn,
    /// National Insurance number, first eight characters.
    Nino,
    /// Unique learner number.
    Uln,
}

/// How an atom takes a telephone number or an e-mail address.
///
/// Both are near-unique and neither is proof: a couple, or parents and the children whose contact they are, have one together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ContactForm {
    /// The telephone number.
    Telephone,
    /// The telephone number and the number with any one digit left out: a wrong, a missing and an added digit meet.
    TelephoneDeletions,
    /// The e-mail address.
    Email,
    /// The local part of the e-mail address, before the `@`: it survives a change of provider and a slip in the domain, and strangers of one
    /// name share it.
    EmailLocal,
    /// The local part and every word made by leaving one character of it out.
    EmailDeletions,
}

/// One building block of a match key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Atom {
    /// A name in some form.
    Name(NameOf, NameForm),
    /// A birth date in some form.
    Birth(BirthForm),
    /// A home in some form.
    Place(PlaceForm),
    /// Sex.
    Sex,
    /// Place of birth.
    BirthPlace,
    /// An identifier.
    Identifier(IdentifierKind),
    /// A telephone number or an e-mail address in some form.
    Contact(ContactForm),
}

/// The atoms that are no names, with their spelling and their meaning.
const FIXED: &[(Atom, &str, &str)] = &[
    (Atom::Sex, "SX", "sex"),
    (Atom::Birth(BirthForm::Full), "DF", "full birth date"),
    (
        Atom::Birth(BirthForm::FullOrYear),
        "D",
        "full birth date, or the year where only the year is known",
    ),
    (Atom::Birth(BirthForm::Year), "Y", "birth year"),
    (
        Atom::Birth(BirthForm::YearNear),
        "Y1",
        "birth year or the one after, so that neighbours meet",
    ),
    (
        Atom::Birth(BirthForm::Swapped),
        "DS",
        "birth date with day and month in either order",
    ),
    (
        Atom::Birth(BirthForm::YearMonth),
        "YM",
        "birth year and month",
    ),
    (Atom::Birth(BirthForm::YearDay), "YD", "birth year and day"),
    (
        Atom::Birth(BirthForm::MonthDay),
        "MD",
        "birth month and day",
    ),
    (
        Atom::Birth(BirthForm::Deletions),
        "Dd",
        "full birth date with any one digit left out",
    ),
    (
        Atom::Place(PlaceForm::Locality),
        "LOC",
        "postcode, or the street where there is no postcode",
    ),
    (Atom::Place(PlaceForm::Postcode), "PC", "postcode"),
    (Atom::Place(PlaceForm::Sector), "PS", "postcode sector"),
    (Atom::Place(PlaceForm::District), "PD", "postcode district"),
    (
        Atom::Place(PlaceForm::DistrictOrStreet),
        "PDX",
        "postcode district, or one street word where there is none",
    ),
    (
        Atom::Place(PlaceForm::StreetWord),
        "SW",
        "any one word of the street",
    ),
    (Atom::Place(PlaceForm::Street), "ST", "the whole street"),
    (
        Atom::Place(PlaceForm::Home),
        "AD",
        "house and postcode or street",
    ),
    (
        Atom::Place(PlaceForm::HouseStreet),
        "HS",
        "house and any one word of the street",
    ),
    (Atom::Place(PlaceForm::House), "H", "house number or name"),
    (Atom::Place(PlaceForm::Town), "T", "town"),
    (
        Atom::Place(PlaceForm::Property),
        "UPRN",
        "unique property reference number",
    ),
    (Atom::BirthPlace, "PB", "place of birth"),
    (
        Atom::Identifier(IdentifierKind::Nhs),
        "NHS",
        "verified NHS number",
    ),
    (
        Atom::Identifier(IdentifierKind::Upn),
        "UPN",
        "permanent unique pupil number",
    ),
    (
        Atom::Identifier(IdentifierKind::AnyUpn),
        "UPNX",
        "any unique pupil number: permanent, temporary or former",
    ),
    (
        Atom::Identifier(IdentifierKind::Nino),
        "NINO",
        "National Insurance number",
    ),
    (
        Atom::Identifier(IdentifierKind::Uln),
        "ULN",
        "unique learner number",
    ),
    (
        Atom::Contact(ContactForm::Telephone),
        "TEL",
        "telephone number",
    ),
    (
        Atom::Contact(ContactForm::TelephoneDeletions),
        "TELd",
        "telephone number with any one digit left out, or none",
    ),
    (Atom::Contact(ContactForm::Email), "EM", "e-mail address"),
    (
        Atom::Contact(ContactForm::EmailLocal),
        "EMl",
        "e-mail address before the @",
    ),
    (
        Atom::Contact(ContactForm::EmailDeletions),
        "EMd",
        "e-mail address before the @ with any one character left out, or none",
    ),
    // Written without the small letter since the first ladder.
    (
        Atom::Name(NameOf::Middle, NameForm::Initial),
        "MI",
        "middle initial",
    ),
];

/// The names, longest spelling first so that `N1` is not read as something else.
const NAMES: &[(NameOf, &str, &str)] = &[
    (NameOf::AnyTwo, "NN", "any two name parts"),
    (NameOf::AnyOne, "N1", "any one name part"),
    (NameOf::First, "F", "first name"),
    (NameOf::Last, "L", "family name"),
    (NameOf::Middle, "M", "middle name"),
];

impl Atom {
    /// Every atom, prefixes of three letters standing for all prefixes.
    pub fn all() -> Vec<Self> {
        let forms = [
            NameForm::Whole,
            NameForm::Sound,
            NameForm::Initial,
            NameForm::Prefix(3),
            NameForm::Deletions,
            NameForm::Formal,
        ];
        let names = NAMES
            .iter()
            .flat_map(|&(of, ..)| forms.map(|form| Self::Name(of, form)));
        let fixed = FIXED.iter().map(|&(atom, ..)| atom);
        let mut all: Vec<Self> = names.filter(|atom| atom.exists()).chain(fixed).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// Two parts one letter apart each would give hundreds of values, and a pair of formal names is nearly the pair of names.
    fn exists(self) -> bool {
        !matches!(
            self,
            Self::Name(NameOf::AnyTwo, NameForm::Deletions | NameForm::Formal)
                | Self::Name(NameOf::Middle | NameOf::Last, NameForm::Formal)
        )
    }

    /// How many facts an atom joins: two for any two name parts, otherwise one.
    pub fn facts(self) -> usize {
        1 + usize::from(matches!(self, Self::Name(NameOf::AnyTwo, _)))
    }

    /// What the atom stands for, in plain words.
    pub fn describe(self) -> String {
        if let Some((_, _, words)) = FIXED.iter().find(|&&(atom, ..)| atom == self) {
            return (*words).to_owned();
        }
        let Self::Name(of, form) = self else {
            unreachable!("atoms that are no names are in the table");
        };
        let (_, _, name) = NAMES
            .iter()
            .find(|&&(known, ..)| known == of)
            .expect("every name is in the table");
        let order = if of == NameOf::AnyTwo {
            ", in any order"
        } else {
            ""
        };
        match form {
            NameForm::Whole if of == NameOf::First => {
                format!("{name} (and its formal form when it is a short form)")
            }
            NameForm::Whole => format!("{name}{order}"),
            NameForm::Sound => format!("{name} by sound{order}"),
            NameForm::Initial => format!("{name}'s initial{order}"),
            NameForm::Prefix(n) => format!("first {n} letters of {name}{order}"),
            NameForm::Deletions => format!("{name} with any one letter left out, or none"),
            NameForm::Formal => format!("formal form of {name}"),
        }
    }
}

impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((_, name, _)) = FIXED.iter().find(|&&(atom, ..)| atom == *self) {
            return f.write_str(name);
        }
        let Self::Name(of, form) = *self else {
            unreachable!("atoms that are no names are in the table");
        };
        let (_, name, _) = NAMES
            .iter()
            .find(|&&(known, ..)| known == of)
            .expect("every name is in the table");
        f.write_str(name)?;
        match form {
            NameForm::Whole => Ok(()),
            NameForm::Sound => f.write_str("s"),
            NameForm::Initial => f.write_str("i"),
            NameForm::Prefix(n) => write!(f, "{n}"),
            NameForm::Deletions => f.write_str("d"),
            NameForm::Formal => f.write_str("c"),
        }
    }
}

impl FromStr for Atom {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if let Some(&(atom, ..)) = FIXED.iter().find(|(_, name, _)| *name == text) {
            return Ok(atom);
        }
        let read = NAMES.iter().find_map(|&(of, name, _)| {
            let form = match text.strip_prefix(name)? {
                "" => NameForm::Whole,
                "s" => NameForm::Sound,
                "i" => NameForm::Initial,
                "d" => NameForm::Deletions,
                "c" => NameForm::Formal,
                digit => match digit.parse() {
                    Ok(n @ 2..=9) if digit.len() == 1 => NameForm::Prefix(n),
                    _ => return None,
                },
            };
            // The middle initial has one spelling, MI.
            let atom = Self::Name(of, form);
            (atom.exists() && atom.to_string() == text).then_some(atom)
        });
        read.ok_or_else(|| format!("`{text}` is not an atom of the recipe language"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_atom_reads_back_and_has_words() {
        for atom in Atom::all() {
            assert_eq!(atom.to_string().parse(), Ok(atom), "{atom}");
            assert!(!atom.describe().is_empty());
        }
    }

    #[test]
    fn spellings_are_distinct() {
        let all = Atom::all();
        let spelt: std::collections::BTreeSet<String> =
            all.iter().map(ToString::to_string).collect();
        assert_eq!(spelt.len(), all.len());
    }

    #[test]
    fn one_spelling_each() {
        assert_eq!(
            "MI".parse(),
            Ok(Atom::Name(NameOf::Middle, NameForm::Initial))
        );
        for wrong in ["Mi", "F1", "F10", "Lc", "NNc", "f", "Ns"] {
            assert!(wrong.parse::<Atom>().is_err(), "{wrong}");
        }
    }
}
