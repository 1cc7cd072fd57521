//! The kinds of households, one function each.

use crate::builder::Builder;
use crate::calendar::{Day, MOVES_FROM, TODAY};
use crate::names::{Names, Sex};
use crate::world::{HouseholdKind, Role};

/// Builds a world of about `households` households, without communal places.
///
/// Parents who live outside the borough only lend a name: they belong to no household and no agency knows them.
pub(crate) fn populate(names: &Names, seed: u64, households: usize) -> Builder<'_> {
    let mut builder = Builder::new(names, seed);
    while builder.world.households.len() < households {
        let kind = builder.dice.weighted(&[
            (HouseholdKind::Family, 50),
            (HouseholdKind::LoneParent, 14),
            (HouseholdKind::MultiGeneration, 15),
            (HouseholdKind::CoupleWithoutChildren, 2),
            (HouseholdKind::SharedFlat, 8),
            (HouseholdKind::Separated, 5),
            (HouseholdKind::Foster, 4),
            (HouseholdKind::AdultSiblings, 3),
            (HouseholdKind::Single, 2),
        ]);
        match kind {
            HouseholdKind::Family => builder.family(),
            HouseholdKind::LoneParent => builder.lone_parent(),
            HouseholdKind::MultiGeneration => builder.multi_generation(),
            HouseholdKind::CoupleWithoutChildren => builder.couple_without_children(),
            HouseholdKind::SharedFlat => builder.shared_flat(),
            HouseholdKind::Separated => builder.separated_parents(),
            HouseholdKind::Foster => builder.foster_home(),
            HouseholdKind::AdultSiblings => builder.adult_siblings(),
            _ => builder.single(),
        }
    }
    builder
}

impl Builder<'_> {
    fn number_of_children(&mut self) -> usize {
        self.dice
            .weighted(&[(1, 12), (2, 42), (3, 34), (4, 10), (5, 2)])
    }

    fn eldest_age(&mut self) -> f64 {
        f64::from(self.dice.between(4, 190)) / 10.0
    }

    /// When a family with an eldest child of this age began to live together.
    fn family_start(&mut self, eldest_age: f64) -> Day {
        let days = (eldest_age * 365.25) as i32 + self.dice.between(60, 1_800);
        TODAY.plus(-days).max(Day::of(2003, 1, 1))
    }

    fn family(&mut self) {
        let eldest = self.eldest_age();
        let count = self.number_of_children();
        let community = self.community();
        let (mother, father) = self.couple(community, eldest);
        let children = self.children(mother, Some(father), eldest, count);
        let start = self.family_start(eldest);
        let household = self.household(HouseholdKind::Family, start);
        for parent in [mother, father] {
            self.join(household, parent, start, Role::Parent);
        }
        for child in &children {
            self.join(household, *child, start, Role::Child);
        }
        if eldest > 18.5 && self.dice.chance(0.5) {
            self.leave_home(household, children[0]);
        }
    }

    fn lone_parent(&mut self) {
        let eldest = self.eldest_age();
        let count = self.number_of_children();
        let community = self.community();
        let (mother, father) = self.couple(community, eldest);
        let mother_alone = self.dice.chance(0.88);
        let children = self.children(mother, Some(father), eldest, count);
        let start = self.family_start(eldest);
        let household = self.household(HouseholdKind::LoneParent, start);
        let (parent, absent) = if mother_alone {
            (mother, father)
        } else {
            (father, mother)
        };
        self.join(household, parent, start, Role::Parent);
        for child in &children {
            self.join(household, *child, start, Role::Child);
        }
        // The other parent lives elsewhere on his or her own since before the records begin.
        if self.dice.chance(0.12) {
            let other = self.household(HouseholdKind::Single, Day::of(2018, 3, 1));
            self.join(other, absent, Day::of(2018, 3, 1), Role::Adult);
        }
    }

    fn multi_generation(&mut self) {
        let eldest = f64::from(self.dice.between(4, 150)) / 10.0;
        let count = self.dice.weighted(&[(1, 25), (2, 50), (3, 25)]);
        let community = self.community();
        let (mother, father) = self.couple(community, eldest);
        let children = self.children(mother, Some(father), eldest, count);
        let start = self.family_start(eldest);
        let household = self.household(HouseholdKind::MultiGeneration, start);
        let lone = self.dice.chance(0.2);
        self.join(household, mother, start, Role::Parent);
        if !lone {
            self.join(household, father, start, Role::Parent);
        }
        for child in &children {
            self.join(household, *child, start, Role::Child);
        }
        let with_his_parents = !lone && self.dice.chance(0.7);
        let adult_child = if with_his_parents { father } else { mother };
        let age = f64::from(self.world.people[adult_child].age());
        let (grandmother, grandfather) =
            self.couple(self.world.people[adult_child].community, age.max(20.0));
        let surname = self.world.people[adult_child].birth_surname.clone();
        for (elder, takes) in [
            (grandfather, true),
            (
                grandmother,
                self.world.people[grandmother].renamed.is_some(),
            ),
        ] {
            if takes {
                self.world.people[elder].surname = crate::names::surname_for(
                    &surname,
                    self.world.people[elder].community,
                    self.world.people[elder].sex,
                );
            }
            if elder == grandfather {
                self.world.people[elder].birth_surname.clone_from(&surname);
            }
        }
        let both = self.dice.chance(0.35);
        self.join(household, grandmother, start, Role::Grandparent);
        if both {
            self.join(household, grandfather, start, Role::Grandparent);
        }
    }

    fn couple_without_children(&mut self) {
        let community = self.community();
        let years = f64::from(self.dice.between(10, 400)) / 10.0;
        let (woman, man) = self.couple(community, years);
        let start = Day(self
            .dice
            .between(Day::of(2006, 1, 1).0, Day::of(2024, 1, 1).0));
        let household = self.household(HouseholdKind::CoupleWithoutChildren, start);
        self.join(household, woman, start, Role::Adult);
        self.join(household, man, start, Role::Adult);
    }

    fn shared_flat(&mut self) {
        let count = self.dice.weighted(&[(3, 40), (4, 40), (5, 20)]);
        let start = Day(self
            .dice
            .between(Day::of(2021, 1, 1).0, Day::of(2025, 3, 1).0));
        let household = self.household(HouseholdKind::SharedFlat, start);
        for _ in 0..count {
            let community = self.community();
            let (sex, born) = (self.sex(), self.born_aged(20.5, 38.0));
            let surname = self.names.surname(community, &mut self.dice);
            let adult = self.person(community, sex, born, &surname);
            let from = start.plus(self.dice.between(0, 300));
            self.join(household, adult, from, Role::Adult);
        }
    }

    /// Parents who lived together and then apart; the children belong to both homes from then on.
    fn separated_parents(&mut self) {
        let eldest = f64::from(self.dice.between(60, 165)) / 10.0;
        let count = self.dice.weighted(&[(1, 30), (2, 50), (3, 20)]);
        let community = self.community();
        let (mother, father) = self.couple(community, eldest);
        let children = self.children(mother, Some(father), eldest, count);
        let start = self.family_start(eldest).min(Day::of(2018, 6, 1));
        let first = self.household(HouseholdKind::Separated, start);
        self.join(first, mother, start, Role::Parent);
        self.join(first, father, start, Role::Parent);
        for child in &children {
            self.join(first, *child, start, Role::Child);
        }
        let apart = Day(self.dice.between(MOVES_FROM.0 + 200, Day::of(2024, 9, 1).0));
        self.leave(first, father, apart);
        let second = self.household(HouseholdKind::Separated, apart);
        self.join(second, father, apart, Role::Parent);
        for child in &children {
            self.join(second, *child, apart.plus(30), Role::Child);
        }
        if self.dice.chance(0.35) {
            let surname = self.names.surname(community, &mut self.dice);
            let born = self.born_aged(27.0, 45.0);
            let partner = self.person(community, Sex::Female, born, &surname);
            self.join(second, partner, apart.plus(400), Role::Adult);
        }
    }

    /// Foster carers, their own children, and looked-after children, some of whom come from a household of the borough.
    fn foster_home(&mut self) {
        let eldest = f64::from(self.dice.between(60, 190)) / 10.0;
        let community = self.community();
        let (mother, father) = self.couple(community, eldest);
        let own = self.dice.below(3);
        let children = if own > 0 {
            self.children(mother, Some(father), eldest, own)
        } else {
            Vec::new()
        };
        let start = self.family_start(eldest).min(Day::of(2019, 1, 1));
        let household = self.household(HouseholdKind::Foster, start);
        for carer in [mother, father] {
            self.join(household, carer, start, Role::FosterCarer);
        }
        for child in &children {
            self.join(household, *child, start, Role::Child);
        }
        let placed = 1 + self.dice.below(2);
        for _ in 0..placed {
            self.look_after_a_child(household);
        }
    }

    fn look_after_a_child(&mut self, household: usize) {
        let born = self.born_aged(3.0, 16.5);
        let earliest = born.plus(300).max(Day::of(2021, 1, 1));
        let placement = Day(self.dice.between(earliest.0, Day::of(2026, 2, 1).0)).max(earliest);
        let lone_parents = 0..self.world.households.len();
        let origins: Vec<usize> = lone_parents
            .filter(|h| {
                let origin = &self.world.households[*h];
                origin.kind == HouseholdKind::LoneParent
                    && origin.members.len() <= 3
                    && origin.spells[0].from.plus(400) < placement
            })
            .collect();
        let origin = (!origins.is_empty() && self.dice.chance(0.6))
            .then(|| origins[self.dice.below(origins.len())]);
        let (community, surname, siblings) = if let Some(origin) = origin {
            let members = &self.world.households[origin].members;
            let model = members.last().map_or(0, |member| member.person);
            let siblings: Vec<usize> = members.iter().map(|member| member.person).collect();
            (
                self.world.people[model].community,
                self.world.people[model].birth_surname.clone(),
                siblings,
            )
        } else {
            let community = self.community();
            (
                community,
                self.names.surname(community, &mut self.dice),
                Vec::new(),
            )
        };
        let sex = self.sex();
        let child = self.person_not_called(community, sex, born, &surname, &siblings);
        if let Some(origin) = origin {
            self.join(origin, child, born, Role::Child);
            self.leave(origin, child, placement);
        }
        self.join(household, child, placement, Role::LookedAfter);
    }

    fn adult_siblings(&mut self) {
        let community = self.community();
        let surname = self.names.surname(community, &mut self.dice);
        let start = Day(self
            .dice
            .between(Day::of(2012, 1, 1).0, Day::of(2023, 1, 1).0));
        let household = self.household(HouseholdKind::AdultSiblings, start);
        let count = 2 + self.dice.below(2);
        let mut born = self.born_aged(26.0, 52.0);
        let mut siblings = Vec::new();
        for _ in 0..count {
            let sex = self.sex();
            let sibling = self.person_not_called(community, sex, born, &surname, &siblings);
            siblings.push(sibling);
            self.join(household, sibling, start, Role::Adult);
            born = born
                .plus(self.dice.between(400, 1_400))
                .min(TODAY.plus(-7_700));
        }
    }

    fn single(&mut self) {
        let community = self.community();
        let (sex, born) = (self.sex(), self.born_aged(21.0, 82.0));
        let surname = self.names.surname(community, &mut self.dice);
        let adult = self.person(community, sex, born, &surname);
        let start = Day(self
            .dice
            .between(Day::of(2008, 1, 1).0, Day::of(2024, 1, 1).0));
        let household = self.household(HouseholdKind::Single, start);
        self.join(household, adult, start, Role::Adult);
    }

    /// A grown-up child moves out, alone or to a partner.
    fn leave_home(&mut self, household: usize, child: usize) {
        let of_age = self.world.people[child].born.plus(6_600);
        let day = Day(self
            .dice
            .between(of_age.max(Day::of(2021, 1, 1)).0, Day::of(2026, 3, 1).0));
        if of_age >= day || self.world.people[child].age() < 19 {
            return;
        }
        self.leave(household, child, day);
        let own = self.household(HouseholdKind::Single, day);
        // A new household has no moves of its own yet.
        self.world.households[own].spells.truncate(1);
        self.world.households[own].spells[0].to = None;
        self.join(own, child, day, Role::Adult);
        if self.dice.chance(0.4) {
            let person = &self.world.people[child];
            let (community, sex) = (person.community, person.sex.other());
            let surname = self.names.surname(community, &mut self.dice);
            let born = self.born_aged(19.5, 26.0);
            let partner = self.person(community, sex, born, &surname);
            self.join(own, partner, day.plus(40), Role::Adult);
        }
    }
}
