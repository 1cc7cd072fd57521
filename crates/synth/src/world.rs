//! The borough before any agency looks at it: people, households, and who lived where and when.

use std::collections::BTreeSet;

use crate::calendar::{Day, TODAY};
use crate::home::Home;
use crate::names::{Community, Sex};
use crate::plan::Plan;

/// A hard case, planted on purpose and findable by its name in the truth.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Case {
    /// Two children of one birth, one surname, one address.
    Twins,
    /// A father and his son with the same forename and surname.
    FatherAndSonSameName,
    /// A woman whom one agency knows by the surname she had before marriage.
    MaidenName,
    /// A double-barrelled surname that agencies write in different ways.
    DoubleBarrelled,
    /// A name in two spellings of another alphabet or language.
    TransliteratedName,
    /// Forename and surname in each other's columns.
    SwappedNames,
    /// An official birth date of 1 January, the true one being unknown.
    FirstJanuaryBirth,
    /// A birth date of 1 January 1900, which means unknown.
    NineteenHundredBirth,
    /// A UPRN that a spreadsheet has turned into `9E+11`.
    ExcelDamagedUprn,
    /// A birth date that a spreadsheet has turned into a number.
    ExcelSerialDates,
    /// A pupil with a temporary UPN.
    TemporaryUpn,
    /// A patient without an NHS number.
    MissingNhsNumber,
    /// A family in a refuge.
    Refuge,
    /// A person in a hostel.
    Hostel,
    /// A person in a care home.
    CareHome,
    /// A household whose address must be kept from others.
    ProtectedAddress,
    /// An adopted child, whose records before and after must not be linked.
    DoNotLink,
    /// Successive tenants of one address who share a surname and nothing else.
    StrangersSameSurnameAndAddress,
}

impl Case {
    /// Every case, in the order of the issue that asked for them.
    pub const ALL: [Self; 18] = [
        Self::Twins,
        Self::FatherAndSonSameName,
        Self::MaidenName,
        Self::DoubleBarrelled,
        Self::TransliteratedName,
        Self::SwappedNames,
        Self::FirstJanuaryBirth,
        Self::NineteenHundredBirth,
        Self::ExcelDamagedUprn,
        Self::ExcelSerialDates,
        Self::TemporaryUpn,
        Self::MissingNhsNumber,
        Self::Refuge,
        Self::Hostel,
        Self::CareHome,
        Self::ProtectedAddress,
        Self::DoNotLink,
        Self::StrangersSameSurnameAndAddress,
    ];

    /// The name in `truth/cases.csv`.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Twins => "twins",
            Self::FatherAndSonSameName => "father-and-son-same-name",
            Self::MaidenName => "maiden-name",
            Self::DoubleBarrelled => "double-barrelled",
            Self::TransliteratedName => "transliterated-name",
            Self::SwappedNames => "swapped-names",
            Self::FirstJanuaryBirth => "first-january-birth",
            Self::NineteenHundredBirth => "nineteen-hundred-birth",
            Self::ExcelDamagedUprn => "excel-damaged-uprn",
            Self::ExcelSerialDates => "excel-serial-dates",
            Self::TemporaryUpn => "temporary-upn",
            Self::MissingNhsNumber => "missing-nhs-number",
            Self::Refuge => "refuge",
            Self::Hostel => "hostel",
            Self::CareHome => "care-home",
            Self::ProtectedAddress => "protected-address",
            Self::DoNotLink => "do-not-link",
            Self::StrangersSameSurnameAndAddress => "strangers-same-surname-and-address",
        }
    }
}

/// One planted case on one person.
#[derive(Clone, Debug)]
pub(crate) struct CaseRow {
    pub(crate) case: Case,
    pub(crate) person: usize,
    pub(crate) household: Option<usize>,
    pub(crate) note: String,
}

/// A person (entity) of the borough.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    pub(crate) forename: String,
    pub(crate) middle: Option<String>,
    pub(crate) surname: String,
    pub(crate) birth_surname: String,
    /// When the surname changed from the one at birth.
    pub(crate) renamed: Option<Day>,
    pub(crate) born: Day,
    pub(crate) sex: Sex,
    pub(crate) birth_place: String,
    pub(crate) community: Community,
    pub(crate) nhs: String,
    pub(crate) upn: Option<String>,
    pub(crate) nino: Option<String>,
    pub(crate) protected: bool,
    pub(crate) do_not_link: bool,
    pub(crate) cases: BTreeSet<Case>,
}

impl Person {
    /// Full years at the reference date.
    pub(crate) fn age(&self) -> i32 {
        self.born.age_today()
    }
}

/// What a member is in the household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    Parent,
    Child,
    Grandparent,
    Adult,
    FosterCarer,
    LookedAfter,
    Resident,
}

impl Role {
    pub(crate) const fn id(self) -> &'static str {
        match self {
            Self::Parent => "parent",
            Self::Child => "child",
            Self::Grandparent => "grandparent",
            Self::Adult => "adult",
            Self::FosterCarer => "foster-carer",
            Self::LookedAfter => "looked-after",
            Self::Resident => "resident",
        }
    }
}

/// A person's time in a household.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Member {
    pub(crate) person: usize,
    pub(crate) from: Day,
    pub(crate) to: Option<Day>,
    pub(crate) role: Role,
}

/// A time at one address.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Spell {
    pub(crate) home: usize,
    pub(crate) from: Day,
    pub(crate) to: Option<Day>,
}

/// How a household came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum HouseholdKind {
    Family,
    LoneParent,
    MultiGeneration,
    CoupleWithoutChildren,
    SharedFlat,
    /// One of the two households of parents who live apart.
    Separated,
    Foster,
    AdultSiblings,
    Single,
    Refuge,
    Hostel,
    CareHome,
}

/// A household: people who live or parent together, through their moves.
#[derive(Clone, Debug)]
pub(crate) struct Household {
    pub(crate) kind: HouseholdKind,
    pub(crate) members: Vec<Member>,
    /// In order of time; only the last may be open.
    pub(crate) spells: Vec<Spell>,
    /// The planned state of each indicator.
    pub(crate) plan: [Plan; 7],
}

impl Household {
    /// People whose membership is open at the reference date.
    pub(crate) fn current(&self) -> impl Iterator<Item = &Member> {
        self.members.iter().filter(|member| member.to.is_none())
    }
}

/// People, households and homes.
#[derive(Default)]
pub(crate) struct World {
    pub(crate) people: Vec<Person>,
    pub(crate) households: Vec<Household>,
    pub(crate) homes: Vec<Home>,
    pub(crate) cases: Vec<CaseRow>,
    /// For each person: the households they were ever members of, in order.
    pub(crate) belongs: Vec<Vec<usize>>,
}

impl World {
    /// Marks a person as one end of a planted case.
    pub(crate) fn plant(
        &mut self,
        case: Case,
        person: usize,
        household: Option<usize>,
        note: impl Into<String>,
    ) {
        if self.people[person].cases.insert(case) {
            self.cases.push(CaseRow {
                case,
                person,
                household,
                note: note.into(),
            });
        }
    }

    /// Where a person lived: household spells cut to their membership, in order of time, the open ones last.
    pub(crate) fn residences(&self, person: usize) -> Vec<Spell> {
        let mut all = Vec::new();
        for household in &self.belongs[person] {
            let household = &self.households[*household];
            for member in household
                .members
                .iter()
                .filter(|member| member.person == person)
            {
                for spell in &household.spells {
                    let from = spell.from.max(member.from);
                    let to = match (spell.to, member.to) {
                        (Some(a), Some(b)) => Some(a.min(b)),
                        (a, b) => a.or(b),
                    };
                    if to.is_none_or(|to| to > from) {
                        all.push(Spell {
                            home: spell.home,
                            from,
                            to,
                        });
                    }
                }
            }
        }
        all.sort_by_key(|spell| (spell.to.unwrap_or(TODAY.plus(1)), spell.from));
        all
    }

    /// The households in which the person's membership is open.
    pub(crate) fn current_households(&self, person: usize) -> Vec<usize> {
        let open = |h: &&usize| {
            self.households[**h]
                .current()
                .any(|member| member.person == person)
        };
        self.belongs[person].iter().filter(open).copied().collect()
    }
}
