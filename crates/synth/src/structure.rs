//! Hard cases in the structure of the borough: protected families, adoption, tenants of one surname, twins, namesakes,
//! double-barrelled names, official birth dates. Communal places have their own module.

use crate::builder::Builder;
use crate::calendar::{Day, MOVES_FROM, TODAY};
use crate::names::{Sex, surname_for};
use crate::world::{Case, HouseholdKind, Person, Role};

/// How many of a case to plant: at least two, then so many per thousand households.
pub(crate) fn quota(households: usize, per_thousand: usize) -> usize {
    (households * per_thousand / 1_000).max(2)
}

/// Plants every structural case into the world.
pub(crate) fn plant(builder: &mut Builder<'_>, households: usize) {
    builder.strangers(quota(households, 6));
    builder.adopted_children(quota(households, 4));
    builder.twins(quota(households, 12));
    builder.fathers_and_sons(quota(households, 10));
    builder.double_barrelled(quota(households, 30));
    builder.first_of_january(quota(households, 12));
    builder.protected_families(quota(households, 5));
    crate::communal::plant(builder, households);
}

impl Builder<'_> {
    /// Indexes of the households of some kinds, in random order.
    fn households_of(&mut self, kinds: &[HouseholdKind]) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.world.households.len())
            .filter(|h| kinds.contains(&self.world.households[*h].kind))
            .collect();
        self.dice.shuffle(&mut found);
        found
    }

    /// The first member of a household.
    fn first_of(&self, household: usize) -> Option<&Person> {
        self.world.households[household]
            .members
            .first()
            .map(|member| &self.world.people[member.person])
    }

    /// A family moves out; months later another family of the same surname moves in.
    fn strangers(&mut self, wanted: usize) {
        let kinds = [HouseholdKind::Family, HouseholdKind::LoneParent];
        let households = self.households_of(&kinds);
        let mut used = std::collections::BTreeSet::new();
        let mut planted = 0;
        for first in &households {
            if planted == wanted {
                break;
            }
            let Some(left) = self.world.households[*first]
                .spells
                .iter()
                .find(|s| s.to.is_some_and(|to| to > MOVES_FROM))
                .copied()
            else {
                continue;
            };
            let (Some(left_on), Some(head)) = (left.to, self.first_of(*first)) else {
                continue;
            };
            let community = head.community;
            let of_second = self.world.households[*first]
                .members
                .get(1)
                .map(|m| &self.world.people[m.person].birth_surname);
            let father_line = of_second.unwrap_or(&head.birth_surname).clone();
            let next = households.iter().copied().find(|second| {
                let candidate = &self.world.households[*second];
                let arrives = candidate.spells[candidate.spells.len() - 1].from;
                let same_community = self
                    .first_of(*second)
                    .is_some_and(|other| other.community == community);
                // Children who also belong elsewhere, or came from elsewhere, keep their own names.
                let alone = || {
                    candidate
                        .members
                        .iter()
                        .all(|m| self.world.belongs[m.person].len() == 1)
                };
                let free = second != first && !used.contains(second) && !used.contains(first);
                free && same_community && arrives > left_on.plus(75) && alone()
            });
            let Some(second) = next else { continue };
            used.insert(*first);
            used.insert(second);
            let last = self.world.households[second].spells.len() - 1;
            self.world.households[second].spells[last].home = left.home;
            let members: Vec<usize> = self.world.households[second]
                .members
                .iter()
                .map(|m| m.person)
                .collect();
            let earlier: Vec<usize> = self.world.households[*first]
                .members
                .iter()
                .map(|m| m.person)
                .collect();
            for person in &members {
                let (community, sex, born) = (
                    self.world.people[*person].community,
                    self.world.people[*person].sex,
                    self.world.people[*person].born,
                );
                let married_in = self.world.people[*person].renamed.is_some();
                let own = surname_for(&father_line, community, sex);
                let clash = earlier.iter().any(|other| {
                    self.world.people[*other].forename == self.world.people[*person].forename
                });
                if clash {
                    let others: Vec<usize> = earlier.iter().chain(&members).copied().collect();
                    for _ in 0..20 {
                        let forename = self.names.forename(community, sex, born, &mut self.dice);
                        if others
                            .iter()
                            .all(|other| self.world.people[*other].forename != forename)
                        {
                            self.world.people[*person].forename = forename;
                            break;
                        }
                    }
                }
                let changed = &mut self.world.people[*person];
                if !married_in {
                    changed.birth_surname.clone_from(&own);
                }
                changed.surname = own;
            }
            for (people, household, note) in [
                (&earlier, *first, "earlier tenants"),
                (&members, second, "later tenants"),
            ] {
                for person in people {
                    self.world.plant(
                        Case::StrangersSameSurnameAndAddress,
                        *person,
                        Some(household),
                        note,
                    );
                }
            }
            planted += 1;
        }
    }

    /// A child adopted into a family: the record from before and the record from after are two entities that stay apart.
    fn adopted_children(&mut self, wanted: usize) {
        let mut planted = 0;
        for household in self.households_of(&[HouseholdKind::Family]) {
            if planted == wanted {
                break;
            }
            let children: Vec<usize> = self.world.households[household]
                .current()
                .filter(|m| m.role == Role::Child)
                .map(|m| m.person)
                .collect();
            let fits = |p: &usize| {
                (6..15).contains(&self.world.people[*p].age())
                    && self.world.people[*p].cases.is_empty()
            };
            let Some(child) = children.iter().copied().find(fits) else {
                continue;
            };
            let born = self.world.people[child].born;
            let adoption = born
                .plus(self.dice.between(400, 1_500))
                .max(self.world.households[household].spells[0].from.plus(60));
            if adoption.plus(400) > TODAY {
                continue;
            }
            for member in &mut self.world.households[household].members {
                if member.person == child {
                    member.from = adoption;
                }
            }
            let community = self.world.people[child].community;
            let surname = self.names.surname(community, &mut self.dice);
            let before = self.person(community, self.world.people[child].sex, born, &surname);
            let after = self.world.people[child].clone();
            let record = &mut self.world.people[before];
            if self.dice.chance(0.7) {
                record.forename = after.forename;
                record.middle = after.middle;
            }
            record.birth_place = after.birth_place;
            // The birth mother's household; she may still be known to agencies.
            let mother_born = born.plus(-self.dice.between(6_800, 11_000));
            let birth_mother = self.person(community, Sex::Female, mother_born, &surname);
            let start = born.plus(-200);
            let origin = self.household(HouseholdKind::Single, start);
            self.join(origin, birth_mother, start, Role::Adult);
            self.join(origin, before, born, Role::Child);
            self.leave(origin, before, adoption);
            for (person, place, note) in [
                (before, None, "record from before the adoption"),
                (child, Some(household), "record from after the adoption"),
            ] {
                self.world.people[person].do_not_link = true;
                self.world.plant(Case::DoNotLink, person, place, note);
            }
            planted += 1;
        }
    }

    /// Notes the twins that were born, and makes more where too few were.
    fn twins(&mut self, wanted: usize) {
        let mut pairs = 0;
        for household in self.households_of(&[
            HouseholdKind::Family,
            HouseholdKind::LoneParent,
            HouseholdKind::MultiGeneration,
            HouseholdKind::Separated,
        ]) {
            let children: Vec<usize> = self.world.households[household]
                .current()
                .filter(|m| m.role == Role::Child && self.world.people[m.person].cases.is_empty())
                .map(|m| m.person)
                .collect();
            for pair in children.windows(2) {
                let born_together =
                    self.world.people[pair[0]].born == self.world.people[pair[1]].born;
                let plain = self.world.belongs[pair[0]].len() == 1
                    && self.world.belongs[pair[1]].len() == 1;
                let make = pairs < wanted
                    && children.len() == 2
                    && plain
                    && self.world.people[pair[0]].age() < 18;
                if born_together || make {
                    self.world.people[pair[1]].born = self.world.people[pair[0]].born;
                    let from = self.world.households[household]
                        .members
                        .iter()
                        .find(|m| m.person == pair[0])
                        .map(|m| m.from);
                    for member in &mut self.world.households[household].members {
                        if member.person == pair[1] {
                            member.from = from.unwrap_or(member.from);
                        }
                    }
                    let place = self.world.people[pair[0]].birth_place.clone();
                    self.world.people[pair[1]].birth_place = place;
                    if self.world.people[pair[0]].upn.is_some()
                        && self.world.people[pair[1]].upn.is_none()
                    {
                        self.world.people[pair[1]].upn = Some(crate::numbers::upn(
                            9_000 + pair[1] as u32 / 900,
                            100 + pair[1] as u32 % 900,
                        ));
                    }
                    for twin in pair {
                        self.world
                            .plant(Case::Twins, *twin, Some(household), "twins");
                    }
                    pairs += 1;
                }
            }
        }
    }

    /// Sons who bear their father's forename.
    fn fathers_and_sons(&mut self, wanted: usize) {
        let mut planted = 0;
        for household in
            self.households_of(&[HouseholdKind::Family, HouseholdKind::MultiGeneration])
        {
            if planted == wanted {
                break;
            }
            let find = |role: Role| {
                self.world.households[household]
                    .current()
                    .map(|m| (m, &self.world.people[m.person]))
                    .find(|(m, p)| m.role == role && p.sex == Sex::Male && p.cases.is_empty())
                    .map(|(m, _)| m.person)
            };
            let (Some(father), Some(son)) = (find(Role::Parent), find(Role::Child)) else {
                continue;
            };
            if self.world.people[father].surname != self.world.people[son].surname {
                continue;
            }
            let forename = self.world.people[father].forename.clone();
            self.world.people[son].forename = forename;
            self.world.people[son].middle = None;
            self.world.plant(
                Case::FatherAndSonSameName,
                father,
                Some(household),
                "father",
            );
            self.world
                .plant(Case::FatherAndSonSameName, son, Some(household), "son");
            planted += 1;
        }
    }

    /// Notes double-barrelled surnames, and gives some families one.
    fn double_barrelled(&mut self, wanted: usize) {
        let mut people = 0;
        for household in self.households_of(&[
            HouseholdKind::Family,
            HouseholdKind::LoneParent,
            HouseholdKind::Separated,
        ]) {
            let members: Vec<usize> = self.world.households[household]
                .current()
                .filter(|m| m.role == Role::Child)
                .map(|m| m.person)
                .collect();
            let Some(first) = members.first() else {
                continue;
            };
            let plain = members.iter().all(|p| {
                self.world.people[*p].cases.is_empty()
                    && !self.world.people[*p].surname.contains(['-', ' ', '\''])
            });
            let whole = members
                .iter()
                .all(|p| self.world.belongs[*p].len() == self.world.belongs[*first].len());
            if people < wanted && plain && whole && self.dice.chance(0.3) {
                let community = self.world.people[*first].community;
                let other = self.names.surname(community, &mut self.dice);
                let joined = format!(
                    "{}-{}",
                    other.replace([' ', '\''], ""),
                    self.world.people[*first].birth_surname
                );
                for person in &members {
                    self.world.people[*person].surname.clone_from(&joined);
                    self.world.people[*person].birth_surname.clone_from(&joined);
                }
            }
            for person in &members {
                if self.world.people[*person].surname.contains('-') {
                    self.world.plant(
                        Case::DoubleBarrelled,
                        *person,
                        Some(household),
                        "two surnames joined",
                    );
                    people += 1;
                }
            }
        }
    }

    /// Adults born abroad whose papers say 1 January.
    fn first_of_january(&mut self, wanted: usize) {
        let mut fits: Vec<usize> = (0..self.world.people.len())
            .filter(|p| {
                let person = &self.world.people[*p];
                let home_known = !self.world.belongs[*p].is_empty();
                home_known
                    && person.community.has_first_of_january_births()
                    && (24..80).contains(&person.age())
                    && person.cases.is_empty()
            })
            .collect();
        self.dice.shuffle(&mut fits);
        for person in fits.into_iter().take(wanted * 2) {
            let year = self.world.people[person].born.year();
            // 1 January 1970 is itself a well-known stand-in for "unknown".
            self.world.people[person].born = Day::of(if year == 1970 { 1971 } else { year }, 1, 1);
            let household = self.world.belongs[person].first().copied();
            self.world.plant(
                Case::FirstJanuaryBirth,
                person,
                household,
                "official birth date",
            );
        }
    }

    /// Families whose address must not be shared.
    fn protected_families(&mut self, wanted: usize) {
        let mut planted = 0;
        for household in self.households_of(&[HouseholdKind::LoneParent]) {
            if planted == wanted {
                break;
            }
            let members: Vec<usize> = self.world.households[household]
                .current()
                .map(|m| m.person)
                .collect();
            if members.len() < 2
                || members.iter().any(|p| {
                    !self.world.people[*p].cases.is_empty() || self.world.belongs[*p].len() > 1
                })
            {
                continue;
            }
            for person in members {
                self.world.people[person].protected = true;
                self.world.plant(
                    Case::ProtectedAddress,
                    person,
                    Some(household),
                    "address known to the family and a few officers",
                );
            }
            planted += 1;
        }
    }
}
