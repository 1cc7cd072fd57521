//! Which needs each household shall have, decided before any event exists.
//!
//! Planning first makes the truth exact: events are then realised so that the published rules give the planned state and no other.
//! Children who belong to two households carry only the education need, and it is planned for both households together.

use crate::calendar::TODAY;
use crate::dice::{Dice, Stage};
use crate::world::{HouseholdKind, World};

/// The seven indicators.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Indicator {
    /// Parental mental health.
    ParentalMentalHealth,
    /// Alcohol and drugs misuse.
    AlcoholAndDrugs,
    /// Domestic abuse.
    DomesticAbuse,
    /// Anti-social behaviour.
    AntiSocialBehaviour,
    /// Worklessness.
    Worklessness,
    /// Homelessness.
    Homelessness,
    /// Educational attainment and attendance.
    Education,
}

impl Indicator {
    /// All seven, in the order of the programme.
    pub const ALL: [Self; 7] = [
        Self::ParentalMentalHealth,
        Self::AlcoholAndDrugs,
        Self::DomesticAbuse,
        Self::AntiSocialBehaviour,
        Self::Worklessness,
        Self::Homelessness,
        Self::Education,
    ];

    /// The id in every file.
    pub const fn id(self) -> &'static str {
        match self {
            Self::ParentalMentalHealth => "parental-mental-health",
            Self::AlcoholAndDrugs => "alcohol-and-drugs",
            Self::DomesticAbuse => "domestic-abuse",
            Self::AntiSocialBehaviour => "anti-social-behaviour",
            Self::Worklessness => "worklessness",
            Self::Homelessness => "homelessness",
            Self::Education => "education",
        }
    }
}

/// The planned state of one indicator of one household.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// A qualifying event in the last year, or an episode that is still open.
    Current,
    /// Qualifying events, the last of them 14 to 40 months ago.
    Past,
    /// No qualifying event.
    None,
}

/// The members on whom events may be planted. Empty lists mean that the household cannot have the need.
#[derive(Clone, Debug, Default)]
pub(crate) struct Carriers {
    pub(crate) adults: Vec<usize>,
    /// Adults old enough to have been adults at the time of any past event.
    pub(crate) older_adults: Vec<usize>,
    /// Adults of working age.
    pub(crate) workers: Vec<usize>,
    /// Young people of 16 to 19 who may be out of education, employment and training.
    pub(crate) leavers: Vec<usize>,
    /// Children of 11 and over who belong to this household alone.
    pub(crate) teenagers: Vec<usize>,
    /// Children who belong to this household alone, of any age.
    pub(crate) children: Vec<usize>,
    /// Pupils.
    pub(crate) pupils: Vec<usize>,
    /// Pupils who were at school at the time of any past event.
    pub(crate) older_pupils: Vec<usize>,
    /// Whether a current member is clearly under 18.
    pub(crate) dependent_child: bool,
    /// The lower-numbered household with which children are shared, if any: it plans education for both.
    pub(crate) education_with: Option<usize>,
}

impl Carriers {
    pub(crate) fn of(world: &World, household: usize) -> Self {
        let mut carriers = Self::default();
        let mut shared_pupils = false;
        for member in world.households[household].current() {
            let person = &world.people[member.person];
            let age = person.born.age_on(TODAY);
            carriers.dependent_child |= age < 17.4;
            let households = world.current_households(member.person);
            let shared = households.len() > 1;
            if shared {
                shared_pupils = true;
                let first = households[0].min(households[1]);
                carriers.education_with = (first != household)
                    .then_some(first)
                    .or(carriers.education_with);
            }
            // Nothing hangs on a record that must not be linked.
            if person.do_not_link {
                continue;
            }
            if age >= 18.6 && !shared {
                carriers.adults.push(member.person);
                if age >= 22.5 {
                    carriers.older_adults.push(member.person);
                }
                if (19.6..64.0).contains(&age) {
                    carriers.workers.push(member.person);
                }
            }
            if (16.5..17.4).contains(&age) && !shared {
                carriers.leavers.push(member.person);
            }
            if age < 17.4 && !shared {
                carriers.children.push(member.person);
                if age >= 11.5 {
                    carriers.teenagers.push(member.person);
                }
            }
            if (6.3..17.4).contains(&age) {
                carriers.pupils.push(member.person);
                if age >= 9.0 {
                    carriers.older_pupils.push(member.person);
                }
            }
        }
        if shared_pupils {
            let is_shared = |person: &usize| world.current_households(*person).len() > 1;
            carriers.pupils.retain(is_shared);
            carriers.older_pupils.retain(is_shared);
        }
        carriers
    }

    /// Whether events can realise the state.
    fn can(&self, indicator: Indicator, plan: Plan) -> bool {
        let past = plan == Plan::Past;
        let adults = if past {
            &self.older_adults
        } else {
            &self.adults
        };
        match indicator {
            Indicator::ParentalMentalHealth | Indicator::AlcoholAndDrugs => {
                self.dependent_child && !adults.is_empty()
            }
            Indicator::DomesticAbuse | Indicator::AntiSocialBehaviour | Indicator::Homelessness => {
                !adults.is_empty()
            }
            Indicator::Worklessness => self.workers.iter().any(|p| adults.contains(p)),
            Indicator::Education => !(if past {
                &self.older_pupils
            } else {
                &self.pupils
            })
            .is_empty(),
        }
    }
}

/// Plans every household and writes the plan into the world.
pub(crate) fn plan(world: &mut World, seed: u64) -> Vec<Carriers> {
    let mut dice = Dice::new(seed, Stage::Plan);
    let carriers: Vec<Carriers> = (0..world.households.len())
        .map(|household| Carriers::of(world, household))
        .collect();
    for (household, carriers) in carriers.iter().enumerate() {
        let mut states = draw(&mut dice, world.households[household].kind, carriers);
        if let Some(first) = carriers.education_with {
            states[Indicator::Education as usize] =
                world.households[first].plan[Indicator::Education as usize];
        }
        world.households[household].plan = states;
    }
    carriers
}

fn draw(dice: &mut Dice, kind: HouseholdKind, carriers: &Carriers) -> [Plan; 7] {
    let mut states = [Plan::None; 7];
    let (forced, number): (&[Indicator], usize) = match kind {
        HouseholdKind::Hostel => (
            &[Indicator::Homelessness],
            dice.weighted(&[(1, 30), (2, 45), (3, 25)]),
        ),
        HouseholdKind::Refuge => (
            &[Indicator::Homelessness, Indicator::DomesticAbuse],
            dice.weighted(&[(2, 40), (3, 40), (4, 20)]),
        ),
        HouseholdKind::CareHome => (&[], 0),
        _ if !carriers.dependent_child => {
            (&[], dice.weighted(&[(0, 58), (1, 27), (2, 11), (3, 4)]))
        }
        _ => (
            &[],
            dice.weighted(&[
                (0, 40),
                (1, 20),
                (2, 15),
                (3, 11),
                (4, 7),
                (5, 4),
                (6, 2),
                (7, 1),
            ]),
        ),
    };
    for indicator in forced {
        if carriers.can(*indicator, Plan::Current) {
            states[*indicator as usize] = Plan::Current;
        }
    }
    let weights = [14, 10, 13, 12, 20, 12, 19];
    let mut left: Vec<(Indicator, u32)> = Indicator::ALL.iter().copied().zip(weights).collect();
    while !left.is_empty() && states.iter().filter(|s| **s == Plan::Current).count() < number {
        let chosen = dice.weighted(&left);
        left.retain(|(indicator, _)| *indicator != chosen);
        if carriers.can(chosen, Plan::Current) {
            states[chosen as usize] = Plan::Current;
        }
    }
    let share_past = if number == 0 { 0.06 } else { 0.14 };
    for indicator in Indicator::ALL {
        if states[indicator as usize] == Plan::None
            && kind != HouseholdKind::CareHome
            && carriers.can(indicator, Plan::Past)
            && dice.chance(share_past)
        {
            states[indicator as usize] = Plan::Past;
        }
    }
    states
}
