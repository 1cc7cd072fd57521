//! Names by community, sex and time of birth; other forms of a name; streets.
//!
//! The lists are in `data/`, with their origin and licence. Weights follow the generation of birth, because a borough where the
//! grandmothers are called Chloe would make linkage look easier than it is.

use std::collections::BTreeMap;

use crate::calendar::Day;
use crate::dice::Dice;

/// A community of an outer London borough: which names, spellings and marriages occur together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Community {
    British,
    Irish,
    Pakistani,
    Bangladeshi,
    Indian,
    Sikh,
    Nigerian,
    Ghanaian,
    Polish,
    Romanian,
    Turkish,
    Chinese,
    Somali,
}

impl Community {
    /// All, with their share of households in per cent, roughly that of an outer London borough.
    pub(crate) const SHARES: [(Self, u32); 13] = [
        (Self::British, 54),
        (Self::Irish, 3),
        (Self::Pakistani, 5),
        (Self::Bangladeshi, 4),
        (Self::Indian, 6),
        (Self::Sikh, 3),
        (Self::Nigerian, 8),
        (Self::Ghanaian, 3),
        (Self::Polish, 4),
        (Self::Romanian, 3),
        (Self::Turkish, 3),
        (Self::Chinese, 2),
        (Self::Somali, 2),
    ];

    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::British => "british",
            Self::Irish => "irish",
            Self::Pakistani => "pakistani",
            Self::Bangladeshi => "bangladeshi",
            Self::Indian => "indian",
            Self::Sikh => "sikh",
            Self::Nigerian => "nigerian",
            Self::Ghanaian => "ghanaian",
            Self::Polish => "polish",
            Self::Romanian => "romanian",
            Self::Turkish => "turkish",
            Self::Chinese => "chinese",
            Self::Somali => "somali",
        }
    }

    /// Places of birth of those born abroad; empty where nearly all were born here.
    pub(crate) const fn birth_places_abroad(self) -> &'static [&'static str] {
        match self {
            Self::British => &["Kingston Jamaica", "Nicosia", "Johannesburg", "Sydney"],
            Self::Irish => &["Dublin", "Cork", "Galway", "Limerick", "Sligo", "Belfast"],
            Self::Pakistani => &[
                "Mirpur",
                "Lahore",
                "Karachi",
                "Rawalpindi",
                "Gujrat",
                "Faisalabad",
            ],
            Self::Bangladeshi => &["Sylhet", "Dhaka", "Chittagong", "Moulvibazar", "Sunamganj"],
            Self::Indian => &[
                "Ahmedabad",
                "Mumbai",
                "Rajkot",
                "Nairobi",
                "Kampala",
                "Chennai",
                "Kochi",
            ],
            Self::Sikh => &["Jalandhar", "Ludhiana", "Amritsar", "Hoshiarpur", "Nairobi"],
            Self::Nigerian => &["Lagos", "Ibadan", "Abuja", "Enugu", "Benin City", "Onitsha"],
            Self::Ghanaian => &["Accra", "Kumasi", "Tema", "Takoradi"],
            Self::Polish => &["Warszawa", "Kraków", "Łódź", "Lublin", "Gdańsk", "Rzeszów"],
            Self::Romanian => &["Bucharest", "Iași", "Cluj", "Bacău", "Suceava", "Constanța"],
            Self::Turkish => &["Istanbul", "Gaziantep", "Maraş", "Sivas", "Nicosia"],
            Self::Chinese => &[
                "Hong Kong",
                "Guangzhou",
                "Fuzhou",
                "Beijing",
                "Kuala Lumpur",
            ],
            Self::Somali => &["Mogadishu", "Hargeisa", "Burao", "Kismayo"],
        }
    }

    /// Whether a woman usually takes her husband's surname.
    pub(crate) const fn share_of_wives_changing_name(self) -> f64 {
        match self {
            Self::British | Self::Irish | Self::Nigerian | Self::Romanian | Self::Turkish => 0.72,
            Self::Polish | Self::Indian | Self::Ghanaian => 0.6,
            Self::Pakistani | Self::Bangladeshi => 0.2,
            Self::Sikh | Self::Chinese | Self::Somali => 0.1,
        }
    }

    /// Whether some members have an official birth date of 1 January because the true one was never recorded.
    pub(crate) const fn has_first_of_january_births(self) -> bool {
        matches!(
            self,
            Self::Somali | Self::Bangladeshi | Self::Pakistani | Self::Nigerian | Self::Turkish
        )
    }
}

/// Sex as the agencies record it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Sex {
    Female,
    Male,
}

impl Sex {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Female => Self::Male,
            Self::Male => Self::Female,
        }
    }
}

/// Names with cumulative weights.
#[derive(Default)]
struct Weighted {
    names: Vec<&'static str>,
    upper: Vec<u32>,
}

impl Weighted {
    fn add(&mut self, name: &'static str, weight: u32) {
        if weight > 0 {
            let before = self.upper.last().copied().unwrap_or(0);
            self.names.push(name);
            self.upper.push(before + weight);
        }
    }

    fn draw(&self, dice: &mut Dice) -> &'static str {
        let total = self.upper.last().copied().unwrap_or(1);
        let ticket = dice.below(total as usize) as u32;
        self.names
            .get(self.upper.partition_point(|upper| *upper <= ticket))
            .copied()
            .unwrap_or("Alex")
    }
}

const FORENAMES: &str = include_str!("../data/forenames.tsv");
const SURNAMES: &str = include_str!("../data/surnames.tsv");
const STREETS: &str = include_str!("../data/streets.txt");
const NICKNAMES: &str = include_str!("../data/nicknames.tsv");
const VARIANTS: &str = include_str!("../data/variants.tsv");

/// All name lists, ready to draw from.
pub(crate) struct Names {
    forenames: BTreeMap<(&'static str, &'static str, usize), Weighted>,
    surnames: BTreeMap<&'static str, Weighted>,
    nicknames: BTreeMap<&'static str, &'static str>,
    variants: BTreeMap<&'static str, Vec<&'static str>>,
    pub(crate) streets: Vec<&'static str>,
}

impl Names {
    pub(crate) fn read() -> Self {
        let mut forenames: BTreeMap<_, Weighted> = BTreeMap::new();
        for fields in rows(FORENAMES) {
            if let [community, sex, name, weights @ ..] = fields.as_slice() {
                for (generation, weight) in weights.iter().enumerate() {
                    forenames
                        .entry((*community, *sex, generation))
                        .or_default()
                        .add(name, weight.parse().unwrap_or(0));
                }
            }
        }
        let mut surnames: BTreeMap<_, Weighted> = BTreeMap::new();
        for fields in rows(SURNAMES) {
            if let [community, name, weight] = fields.as_slice() {
                surnames
                    .entry(*community)
                    .or_default()
                    .add(name, weight.parse().unwrap_or(0));
            }
        }
        let mut variants: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for fields in rows(VARIANTS) {
            if let [one, other] = fields.as_slice() {
                variants.entry(one).or_default().push(other);
                variants.entry(other).or_default().push(one);
            }
        }
        let nicknames = rows(NICKNAMES)
            .filter_map(|fields| Some((*fields.first()?, *fields.get(1)?)))
            .collect();
        Self {
            forenames,
            surnames,
            nicknames,
            variants,
            streets: STREETS.lines().collect(),
        }
    }

    pub(crate) fn forename(
        &self,
        community: Community,
        sex: Sex,
        born: Day,
        dice: &mut Dice,
    ) -> String {
        let generation = match born.year() {
            ..1950 => 0,
            1950..1970 => 1,
            1970..1990 => 2,
            1990..2008 => 3,
            _ => 4,
        };
        // A third of the names given in other communities come from the common stock of the country.
        let list = if community != Community::British && generation >= 3 && dice.chance(0.15) {
            Community::British
        } else {
            community
        };
        let sex = if sex == Sex::Female { "F" } else { "M" };
        self.forenames
            .get(&(list.id(), sex, generation))
            .map_or_else(|| "Alex".to_owned(), |names| names.draw(dice).to_owned())
    }

    pub(crate) fn surname(&self, community: Community, dice: &mut Dice) -> String {
        self.surnames
            .get(community.id())
            .map_or_else(|| "Smith".to_owned(), |names| names.draw(dice).to_owned())
    }

    pub(crate) fn nickname(&self, forename: &str) -> Option<&'static str> {
        self.nicknames.get(forename).copied()
    }

    /// Other accepted spellings of the same name.
    pub(crate) fn variants(&self, name: &str) -> &[&'static str] {
        self.variants.get(name).map_or(&[], Vec::as_slice)
    }
}

/// The fields of every line that is not a comment.
fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .filter(|line| !line.starts_with('#') && !line.is_empty())
        .map(|line| line.split('\t').collect())
}

/// The form of a Polish surname for one sex (Kowalski, Kowalska); other surnames stay as they are.
pub(crate) fn surname_for(surname: &str, community: Community, sex: Sex) -> String {
    if community == Community::Polish && sex == Sex::Female {
        for (male, female) in [("ski", "ska"), ("cki", "cka"), ("dzki", "dzka")] {
            if let Some(stem) = surname.strip_suffix(male) {
                return format!("{stem}{female}");
            }
        }
    }
    surname.to_owned()
}

/// Letters with marks as plain letters, as typed by a clerk without them on the keyboard.
pub(crate) fn plain_letters(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            'ą' | 'ă' | 'â' | 'á' | 'à' | 'ä' => 'a',
            'ć' | 'ç' | 'č' => 'c',
            'ę' | 'é' | 'è' | 'ë' => 'e',
            'ğ' => 'g',
            'ı' | 'î' | 'í' => 'i',
            'İ' => 'I',
            'ł' => 'l',
            'ń' | 'ñ' => 'n',
            'ó' | 'ö' | 'ò' | 'ô' => 'o',
            'ś' | 'ş' | 'ș' | 'š' => 's',
            'ț' | 'ţ' => 't',
            'ü' | 'ú' | 'ù' | 'û' => 'u',
            'ź' | 'ż' | 'ž' => 'z',
            'Ą' | 'Ă' | 'Â' | 'Á' => 'A',
            'Ć' | 'Ç' | 'Č' => 'C',
            'É' => 'E',
            'Ł' => 'L',
            'Ó' | 'Ö' => 'O',
            'Ś' | 'Ş' | 'Ș' | 'Š' => 'S',
            'Ț' => 'T',
            'Ü' | 'Ú' => 'U',
            'Ź' | 'Ż' | 'Ž' => 'Z',
            'Î' => 'I',
            other => other,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Stage;

    #[test]
    fn every_community_has_names_for_every_generation() {
        let names = Names::read();
        for (community, _) in Community::SHARES {
            assert!(names.surnames.contains_key(community.id()));
            for sex in ["F", "M"] {
                for generation in 0..5 {
                    let list = names.forenames.get(&(community.id(), sex, generation));
                    assert!(
                        list.is_some_and(|l| l.names.len() >= 10),
                        "{community:?} {sex} {generation}"
                    );
                }
            }
        }
    }

    #[test]
    fn names_of_a_time() {
        let names = Names::read();
        let mut dice = Dice::new(1, Stage::Population);
        let old: Vec<_> = (0..500)
            .map(|_| {
                names.forename(
                    Community::British,
                    Sex::Female,
                    Day::of(1940, 1, 1),
                    &mut dice,
                )
            })
            .collect();
        assert!(old.iter().any(|n| n == "Margaret") && !old.iter().any(|n| n == "Chloe"));
    }

    #[test]
    fn marks_leave_nothing_behind() {
        for list in [FORENAMES, SURNAMES] {
            for line in list.lines().filter(|line| !line.starts_with('#')) {
                assert!(plain_letters(line).is_ascii(), "{line}");
            }
        }
    }
}
