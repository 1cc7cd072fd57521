//! What four agencies of an invented borough know of its families, with slips, late moves and their own months; and how much of the families is
//! found when that is linked.

use std::collections::BTreeMap;
use std::error::Error;

use kinfold_identity::{Person, PersonRows, Seen, month_number};
use kinfold_linkage::measures::{HouseholdTable, Memberships, Rates, pairwise};
use kinfold_linkage::{LifeStage, form_households};
use kinfold_schema::Schema;
use kinfold_synth::{Borough, Source};

use crate::joined::Joined;
use crate::open::{OpenSet, Source as OpenSource};

/// The agencies and their files of people; a person of several is one of the agency's people.
pub const AGENCIES: [(&str, &[Source]); 4] = [
    ("council", &[Source::SchoolCensus, Source::Housing]),
    ("health", &[Source::Patients]),
    ("police", &[Source::PolicePeople]),
    ("lscb", &[Source::LscbPeople]),
];
/// The files are of August 2026.
const MONTH: (u16, u8) = (2026, 8);
/// Who is born from here on is a child then.
const CHILD_FROM: u16 = 2009;

/// The month of the files.
pub fn month() -> u16 {
    month_number(MONTH.0, MONTH.1)
}

/// The people whom some files know, with what all of these say.
pub fn known(borough: &Borough, sources: &[Source]) -> BTreeMap<usize, Person> {
    let mut all: BTreeMap<usize, PersonRows> = BTreeMap::new();
    for source in sources {
        for (number, person) in borough.known_with_months(*source) {
            let seen = Seen::by_homes(&person);
            all.entry(number).or_default().add(person, seen);
        }
    }
    let people = all.into_iter();
    people
        .map(|(number, rows)| (number, rows.together()))
        .collect()
}

/// The households of each person.
type Belongs = BTreeMap<u32, Vec<u32>>;

/// A borough as its agencies know it, and as it is.
pub struct Agencies {
    /// What they know.
    pub set: OpenSet,
    everybody: Vec<Person>,
    /// The true households of each person: those that he or she ever belonged to, and those of now.
    truth: [Belongs; 2],
}

/// How much was found of the households of a moment.
pub struct Found {
    /// Which moment.
    pub moment: &'static str,
    /// Pairs of household members.
    pub pairs: Rates,
    /// Whole households.
    pub whole: Rates,
}

impl Agencies {
    /// Of a borough.
    ///
    /// # Errors
    /// A borough without its truth.
    pub fn of(borough: &Borough) -> Result<Self, Box<dyn Error>> {
        let mut set = OpenSet {
            sources: Vec::new(),
            truth: BTreeMap::new(),
        };
        for (name, sources) in AGENCIES {
            let mut people = Vec::new();
            for (row, (person, known)) in known(borough, sources).into_iter().enumerate() {
                set.truth
                    .insert((name.to_owned(), row.to_string()), person as u32);
                people.push((row.to_string(), known));
            }
            set.sources.push(OpenSource {
                name: name.to_owned(),
                people,
            });
        }
        Ok(Self {
            set,
            everybody: borough.people(),
            truth: truth(borough)?,
        })
    }

    /// How well households are found of what was linked, ever and now; and the F1 of pairs of records of one person.
    pub fn found(&self, schema: &Schema, joined: &Joined) -> ([Found; 2], f64) {
        let people = &joined.linked.people;
        let stages: Vec<LifeStage> = people
            .iter()
            .map(|person| {
                let entity = joined.entity(person.members[0]) as usize;
                match self.everybody[entity].births[0].year {
                    CHILD_FROM.. => LifeStage::Child,
                    _ => LifeStage::Adult,
                }
            })
            .collect();
        let formed = form_households(schema, &joined.sets, &joined.linked, &stages);
        let records = joined.labelled();
        let found = |moment: &'static str, truth: &Belongs| {
            let mut of_cluster: Vec<Vec<u32>> = vec![Vec::new(); people.len()];
            for (number, household) in (0u32..).zip(&formed.households) {
                for member in &household.members {
                    if moment == "ever" || member.current {
                        of_cluster[member.person].push(number);
                    }
                }
            }
            let truth = Memberships::new(
                records
                    .iter()
                    .map(|own| truth.get(&own.entity).cloned().unwrap_or_default()),
            );
            let predicted = Memberships::new(records.iter().map(|own| {
                let own = of_cluster.get(own.cluster as usize);
                own.cloned().unwrap_or_default()
            }));
            let table = HouseholdTable {
                records: &records,
                truth: &truth,
                predicted: &predicted,
            };
            Found {
                moment,
                pairs: table.pairs().rates,
                whole: table.whole().rates,
            }
        };
        let found = [found("ever", &self.truth[0]), found("now", &self.truth[1])];
        (found, pairwise(&records).f1)
    }
}

fn truth(borough: &Borough) -> Result<[Belongs; 2], Box<dyn Error>> {
    let files = borough.files();
    let (_, text) = files
        .iter()
        .find(|(name, _)| *name == "truth/households.csv")
        .ok_or("no truth of households")?;
    let mut of_entity: [Belongs; 2] = Default::default();
    for row in csv::Reader::from_reader(&text[..]).records() {
        let row = row?;
        let number = |at: usize| row[at][1..].parse::<u32>();
        // Ids of people count from one.
        let (household, person) = (number(0)?, number(1)? - 1);
        of_entity[0].entry(person).or_default().push(household);
        if row[3].is_empty() {
            of_entity[1].entry(person).or_default().push(household);
        }
    }
    Ok(of_entity)
}
