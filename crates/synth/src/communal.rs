//! Communal places: a refuge, a hostel, a care home. Their residents share an address and are no household with each other.

use crate::builder::Builder;
use crate::calendar::{Day, TODAY};
use crate::home::HomeKind;
use crate::world::{Case, HouseholdKind, Role, Spell};

/// Boroughs smaller than this have no communal places: their residents would outnumber the families.
const SMALLEST_WITH_PLACES: usize = 60;

/// Plants one place of each kind for every 2,500 households.
pub(crate) fn plant(builder: &mut Builder<'_>, households: usize) {
    if households < SMALLEST_WITH_PLACES {
        return;
    }
    for place in 0..households.div_ceil(2_500) {
        builder.refuge(place);
        builder.hostel(place);
        builder.care_home(place);
    }
}

impl Builder<'_> {
    /// A refuge: mothers and children who fled a home where the father may have stayed. Each family stays a household of its own.
    fn refuge(&mut self, place: usize) {
        let home = self.homes.communal(
            HomeKind::Refuge,
            format!(
                "{} Refuge",
                ["Harbour", "Lantern", "Willow", "Beacon"][place % 4]
            ),
            self.names,
            &mut self.dice,
        );
        for _ in 0..6 {
            let eldest = f64::from(self.dice.between(50, 140)) / 10.0;
            let count = 1 + self.dice.below(3);
            let community = self.community();
            let (mother, father) = self.couple(community, eldest);
            let mut children = self.children(mother, Some(father), eldest, count);
            let start = TODAY
                .plus(-(eldest * 365.25) as i32 - 500)
                .min(Day::of(2018, 1, 1));
            let household = self.household(HouseholdKind::Refuge, start);
            let fled = Day(self
                .dice
                .between(Day::of(2025, 10, 1).0, Day::of(2026, 5, 1).0));
            // All of them have known the earlier home, so that the files that do not know the refuge can show that home.
            children.retain(|child| self.world.people[*child].born.plus(150) < fled);
            // Their only move in years is the flight.
            self.world.households[household].spells.truncate(1);
            let old_home = self.world.households[household].spells[0].home;
            self.world.households[household].spells[0].to = Some(fled);
            self.world.households[household].spells.push(Spell {
                home,
                from: fled,
                to: None,
            });
            self.join(household, mother, start, Role::Parent);
            for child in &children {
                self.join(household, *child, start, Role::Child);
            }
            if self.dice.chance(0.5) {
                self.join(household, father, start, Role::Parent);
                self.leave(household, father, fled);
                let own = self.household(HouseholdKind::Single, fled);
                self.world.households[own].spells = vec![Spell {
                    home: old_home,
                    from: fled,
                    to: None,
                }];
                self.join(own, father, fled, Role::Adult);
            }
            for person in children.iter().copied().chain([mother]) {
                self.world.people[person].protected = true;
                self.world
                    .plant(Case::Refuge, person, Some(household), "lives in a refuge");
                self.world.plant(
                    Case::ProtectedAddress,
                    person,
                    Some(household),
                    "lives in a refuge",
                );
            }
        }
    }

    /// A hostel: people who live under one roof and are no household.
    fn hostel(&mut self, place: usize) {
        let name = format!(
            "{} Hostel",
            ["Bridge", "Mariner", "Crossway", "Quay"][place % 4]
        );
        self.residents(
            HomeKind::Hostel,
            name,
            HouseholdKind::Hostel,
            (21.0, 58.0),
            14,
            Case::Hostel,
        );
    }

    fn care_home(&mut self, place: usize) {
        let name = format!(
            "{} Care Home",
            ["Larkfield", "Elm Lodge", "Sunnybank", "Orchard"][place % 4]
        );
        self.residents(
            HomeKind::CareHome,
            name,
            HouseholdKind::CareHome,
            (76.0, 97.0),
            16,
            Case::CareHome,
        );
    }

    fn residents(
        &mut self,
        kind: HomeKind,
        name: String,
        household_kind: HouseholdKind,
        ages: (f64, f64),
        count: usize,
        case: Case,
    ) {
        let home = self.homes.communal(kind, name, self.names, &mut self.dice);
        for _ in 0..count {
            let community = self.community();
            let (sex, born) = (self.sex(), self.born_aged(ages.0, ages.1));
            let surname = self.names.surname(community, &mut self.dice);
            let resident = self.person(community, sex, born, &surname);
            let start = Day::of(2016, 1, 1).plus(self.dice.between(0, 900));
            let household = self.household(household_kind, start);
            let came = Day(self
                .dice
                .between(Day::of(2024, 6, 1).0, Day::of(2026, 4, 1).0));
            self.world.households[household].spells.truncate(1);
            self.world.households[household].spells[0].to = Some(came);
            self.world.households[household].spells.push(Spell {
                home,
                from: came,
                to: None,
            });
            self.join(household, resident, start, Role::Resident);
            self.world.plant(
                case,
                resident,
                Some(household),
                "communal address: no household with the other residents",
            );
        }
    }
}
