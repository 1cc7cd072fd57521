//! Makes one person or one household at a time; what the household kinds share.

use crate::calendar::{Day, MOVES_FROM, TODAY};
use crate::dice::{Dice, Stage};
use crate::home::Homes;
use crate::names::{Community, Names, Sex, surname_for};
use crate::numbers;
use crate::plan::Plan;
use crate::world::{Household, HouseholdKind, Member, Person, Role, Spell, World};

/// Builds a world step by step.
pub(crate) struct Builder<'a> {
    pub(crate) names: &'a Names,
    pub(crate) dice: Dice,
    pub(crate) homes: Homes,
    pub(crate) world: World,
    nhs_serial: u32,
}

/// Places of birth in the country, with weights; most children are born in the borough's own hospital.
const BIRTH_PLACES_HERE: [(&str, u32); 30] = [
    ("Eastmere", 60),
    ("London", 26),
    ("Greenwich", 9),
    ("Lewisham", 8),
    ("Croydon", 6),
    ("Romford", 6),
    ("Dartford", 8),
    ("Ilford", 4),
    ("Hackney", 4),
    ("Woolwich", 6),
    ("Orpington", 4),
    ("Gravesend", 4),
    ("Birmingham", 4),
    ("Manchester", 3),
    ("Leeds", 3),
    ("Bradford", 3),
    ("Leicester", 3),
    ("Luton", 3),
    ("Liverpool", 2),
    ("Glasgow", 2),
    ("Cardiff", 2),
    ("Nottingham", 2),
    ("Southend", 2),
    ("Chatham", 2),
    ("Brighton", 2),
    ("Bristol", 2),
    ("Norwich", 1),
    ("Plymouth", 1),
    ("Sheffield", 2),
    ("Newcastle", 1),
];

impl<'a> Builder<'a> {
    pub(crate) fn new(names: &'a Names, seed: u64) -> Self {
        Self {
            names,
            dice: Dice::new(seed, Stage::Population),
            homes: Homes::default(),
            world: World::default(),
            nhs_serial: 0,
        }
    }

    /// A birth date that makes someone between the two ages today.
    pub(crate) fn born_aged(&mut self, youngest: f64, oldest: f64) -> Day {
        let days = self
            .dice
            .between((youngest * 365.25) as i32, (oldest * 365.25) as i32);
        TODAY.plus(-days)
    }

    /// A new person with identifiers; their index.
    pub(crate) fn person(
        &mut self,
        community: Community,
        sex: Sex,
        born: Day,
        surname: &str,
    ) -> usize {
        self.person_not_called(community, sex, born, surname, &[])
    }

    /// As [`Self::person`], with a forename that is none of the given people's.
    pub(crate) fn person_not_called(
        &mut self,
        community: Community,
        sex: Sex,
        born: Day,
        surname: &str,
        others: &[usize],
    ) -> usize {
        let mut forename = self.names.forename(community, sex, born, &mut self.dice);
        for _ in 0..20 {
            if others
                .iter()
                .all(|other| self.world.people[*other].forename != forename)
            {
                break;
            }
            forename = self.names.forename(community, sex, born, &mut self.dice);
        }
        let middle = self
            .dice
            .chance(0.62)
            .then(|| self.names.forename(community, sex, born, &mut self.dice))
            .filter(|m| *m != forename);
        let nhs = loop {
            self.nhs_serial += 1;
            if let Some(number) =
                numbers::nhs_number(numbers::scattered(self.nhs_serial, 1_000_000))
            {
                break number;
            }
        };
        let index = self.world.people.len();
        let age = born.age_today();
        let serial = numbers::scattered(index as u32 + 1, 1_000_000);
        let upn = (3..22)
            .contains(&age)
            .then(|| numbers::upn(serial / 900, 100 + serial % 900));
        let nino = (age >= 16).then(|| numbers::nino(serial));
        let birth_place = self.birth_place(community, born);
        let surname = surname_for(surname, community, sex);
        self.world.people.push(Person {
            forename,
            middle,
            birth_surname: surname.clone(),
            surname,
            renamed: None,
            born,
            sex,
            birth_place,
            community,
            nhs,
            upn,
            nino,
            protected: false,
            do_not_link: false,
            cases: std::collections::BTreeSet::new(),
        });
        self.world.belongs.push(Vec::new());
        index
    }

    fn birth_place(&mut self, community: Community, born: Day) -> String {
        let share_abroad = match (community, born.year()) {
            (Community::British, _) => 0.02,
            (_, 2010..) => 0.1,
            (_, 1995..) => 0.45,
            _ => 0.85,
        };
        if self.dice.chance(share_abroad) {
            (*self.dice.pick(community.birth_places_abroad())).to_owned()
        } else {
            self.dice.weighted(&BIRTH_PLACES_HERE).to_owned()
        }
    }

    pub(crate) fn community(&mut self) -> Community {
        self.dice.weighted(&Community::SHARES)
    }

    pub(crate) fn sex(&mut self) -> Sex {
        if self.dice.chance(0.51) {
            Sex::Female
        } else {
            Sex::Male
        }
    }

    /// A household that begins on a day, at a fresh home, with moves between 2019 and today.
    pub(crate) fn household(&mut self, kind: HouseholdKind, start: Day) -> usize {
        let home = self.homes.fresh(self.names, &mut self.dice);
        self.world.households.push(Household {
            kind,
            members: Vec::new(),
            spells: vec![Spell {
                home,
                from: start,
                to: None,
            }],
            plan: [Plan::None; 7],
        });
        let index = self.world.households.len() - 1;
        let moves = self.dice.weighted(&[(0, 36), (1, 48), (2, 16)]);
        let mut days: Vec<i32> = (0..moves)
            .map(|_| self.dice.between(MOVES_FROM.0 + 150, TODAY.0 - 130))
            .collect();
        days.sort_unstable();
        for day in days {
            self.move_household(index, Day(day), None);
        }
        index
    }

    /// Moves a household on a day, to the given home or a fresh one. Moves less than half a year after the last are left out.
    pub(crate) fn move_household(
        &mut self,
        household: usize,
        day: Day,
        home: Option<usize>,
    ) -> bool {
        let last = self.world.households[household].spells.len() - 1;
        if day.0 - self.world.households[household].spells[last].from.0 < 180 {
            return false;
        }
        let home = home.unwrap_or_else(|| self.homes.fresh(self.names, &mut self.dice));
        let spells = &mut self.world.households[household].spells;
        spells[last].to = Some(day);
        spells.push(Spell {
            home,
            from: day,
            to: None,
        });
        true
    }

    /// Makes a person a member from a day on (not before birth or the household's beginning).
    pub(crate) fn join(&mut self, household: usize, person: usize, from: Day, role: Role) {
        let from = from
            .max(self.world.people[person].born)
            .max(self.world.households[household].spells[0].from);
        self.world.households[household].members.push(Member {
            person,
            from,
            to: None,
            role,
        });
        self.world.belongs[person].push(household);
    }

    /// Ends a membership on a day; without effect where it began later.
    pub(crate) fn leave(&mut self, household: usize, person: usize, day: Day) {
        for member in &mut self.world.households[household].members {
            if member.person == person && member.to.is_none() {
                member.to = Some(day.max(member.from.plus(1)));
            }
        }
    }

    /// A mother and a father of children, the eldest of the given age. Mixed couples happen.
    pub(crate) fn couple(&mut self, community: Community, eldest_age: f64) -> (usize, usize) {
        let first_birth = 19.0 + f64::from(self.dice.between(0, 160)) / 10.0;
        let mother_age = (eldest_age + first_birth).min(88.0);
        let mother_born = self.born_aged(mother_age, mother_age + 0.9);
        let gap = f64::from(self.dice.between(-20, 60)) / 10.0;
        let father_age = (mother_age + gap).clamp(eldest_age + 18.5, 92.0);
        let father_born = self.born_aged(father_age, father_age + 0.9);
        let other = if self.dice.chance(0.1) {
            self.community()
        } else {
            community
        };
        let father_surname = self.names.surname(community, &mut self.dice);
        let mother_surname = self.names.surname(other, &mut self.dice);
        let father = self.person(community, Sex::Male, father_born, &father_surname);
        let mother = self.person(other, Sex::Female, mother_born, &mother_surname);
        if self.dice.chance(0.7) && self.dice.chance(other.share_of_wives_changing_name()) {
            let earliest = Day::of(mother_born.year() + 19, 6, 1);
            let day = if self.dice.chance(0.12) {
                Day(self
                    .dice
                    .between(Day::of(2020, 4, 1).0, Day::of(2025, 9, 1).0))
            } else {
                Day(self.dice.between(earliest.0, earliest.0 + 3_600)).min(Day::of(2023, 1, 1))
            };
            let person = &mut self.world.people[mother];
            person.surname = surname_for(&father_surname, community, Sex::Female);
            person.renamed = Some(day);
        }
        (mother, father)
    }

    /// Children of a mother and perhaps a father: the eldest of the given age, the others younger, twins now and then.
    pub(crate) fn children(
        &mut self,
        mother: usize,
        father: Option<usize>,
        eldest_age: f64,
        count: usize,
    ) -> Vec<usize> {
        let mut born = self.born_aged(eldest_age, eldest_age + 0.2);
        let community = self.world.people[father.unwrap_or(mother)].community;
        let surname = self.childrens_surname(mother, father);
        let mut children: Vec<usize> = Vec::new();
        while children.len() < count {
            let sex = self.sex();
            let used: Vec<usize> = children
                .iter()
                .copied()
                .chain([mother])
                .chain(father)
                .collect();
            let child = self.person_not_called(community, sex, born, &surname, &used);
            children.push(child);
            if self.dice.chance(0.015) && children.len() < count {
                continue;
            }
            born = born.plus(self.dice.between(420, 1_500));
            if born.plus(20) > TODAY {
                break;
            }
        }
        children
    }

    fn childrens_surname(&mut self, mother: usize, father: Option<usize>) -> String {
        let of_mother = self.world.people[mother].birth_surname.clone();
        let Some(father) = father else {
            return of_mother;
        };
        let of_father = self.world.people[father].birth_surname.clone();
        let simple = !of_mother.contains(['-', ' ', '\'']) && !of_father.contains(['-', ' ', '\'']);
        let same_community =
            self.world.people[mother].community == self.world.people[father].community;
        match self.dice.below(100) {
            0..=4 if simple && same_community && of_mother != of_father => {
                format!("{of_mother}-{of_father}")
            }
            5..=15 if self.world.people[mother].renamed.is_none() => of_mother,
            _ => of_father,
        }
    }
}
