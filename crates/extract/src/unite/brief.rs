//! People as lists of the numbers of their values: a tenth of a person's size, and all of them are held.

use super::ROWS_AT_ONCE;
use super::compare::Two;
use super::units::Units;
use super::values::{NONE, Values};
use crate::error::Error;
use crate::rows::Rows;
use crate::steps::Way;
use kinfold_identity::{Email, NhsNumber, Nino, Person, Sex, Telephone, Upn};

/// What a list of a person holds: numbers of texts, unless it says otherwise.
#[derive(Clone, Copy)]
pub(super) enum List {
    First,
    Middle,
    /// Family names.
    Family,
    /// Birth dates.
    Birth,
    /// Addresses.
    Home,
    Telephone,
    Email,
    /// The part of an e-mail address before the `@`, in the order of the addresses.
    EmailLocal,
    FormerUpn,
}

const LISTS: usize = 9;

/// A person as far as it is compared.
#[derive(Clone)]
pub(super) struct Brief {
    /// Where each list ends, and then the lists.
    lists: Box<[u32]>,
    pub(super) birth_place: u32,
    pub(super) nhs: u32,
    pub(super) nino: u32,
    pub(super) upn: u32,
    pub(super) upn_is_permanent: bool,
    pub(super) sex: Option<Sex>,
    pub(super) do_not_link: bool,
}

impl Brief {
    pub(super) fn of(person: &Person, values: &mut Values) -> Self {
        let mut lists: [Vec<u32>; LISTS] = Default::default();
        let names = |names: &[String], values: &mut Values| -> Vec<u32> {
            names.iter().map(|name| values.add_name(name)).collect()
        };
        lists[List::First as usize] = names(&person.first_names, values);
        lists[List::Middle as usize] = names(&person.middle_names, values);
        let families = person.family_names.iter();
        lists[List::Family as usize] = families.map(|name| values.add_family(name)).collect();
        let births = person.births.iter();
        lists[List::Birth as usize] = births.map(|birth| values.add_birth(*birth)).collect();
        let homes = person.addresses.iter();
        lists[List::Home as usize] = homes.map(|spell| values.add_home(spell)).collect();
        let telephones = person.telephones.iter().map(Telephone::as_str);
        lists[List::Telephone as usize] = telephones.map(|text| values.add_text(text)).collect();
        let emails = person.emails.iter();
        lists[List::Email as usize] = emails
            .clone()
            .map(|email| values.add_text(Email::as_str(email)))
            .collect();
        lists[List::EmailLocal as usize] =
            emails.map(|email| values.add_text(email.local())).collect();
        let upns = person.former_upns.iter().map(Upn::as_str);
        lists[List::FormerUpn as usize] = upns.map(|text| values.add_text(text)).collect();
        let mut text = |text: Option<&str>| text.map_or(NONE, |text| values.add_text(text));
        Self {
            birth_place: text(person.birth_place.as_deref()),
            nhs: text(person.nhs.as_ref().map(NhsNumber::as_str)),
            nino: text(person.nino.as_ref().map(Nino::as_str)),
            upn: text(person.upn.as_ref().map(Upn::as_str)),
            upn_is_permanent: person.upn.as_ref().is_some_and(Upn::is_permanent),
            sex: person.sex,
            do_not_link: person.do_not_link,
            lists: packed(&lists),
        }
    }

    pub(super) fn list(&self, list: List) -> &[u32] {
        let list = list as usize;
        let start = list
            .checked_sub(1)
            .map_or(LISTS as u32, |before| self.lists[before]);
        &self.lists[start as usize..self.lists[list] as usize]
    }

    /// Brings in what somebody else of the same person says, as [`kinfold_identity::PersonRows`] does of two rows that nothing tells apart: of two
    /// values the lower one stays. The order within lists is another one; nothing depends on it.
    pub(super) fn merge(&mut self, other: &Self, values: &Values) {
        let mut lists: [Vec<u32>; LISTS] = Default::default();
        for (at, list) in ALL.into_iter().enumerate() {
            lists[at] = self.list(list).to_vec();
        }
        for (at, list) in ALL.into_iter().enumerate() {
            match list {
                List::FormerUpn | List::EmailLocal => {}
                List::Email => {
                    let local = other.list(List::EmailLocal);
                    for (email, local) in other.list(list).iter().zip(local) {
                        if !lists[at].contains(email) {
                            lists[at].push(*email);
                            lists[List::EmailLocal as usize].push(*local);
                        }
                    }
                }
                _ => {
                    for value in other.list(list) {
                        if !lists[at].contains(value) {
                            lists[at].push(*value);
                        }
                    }
                }
            }
        }
        self.merge_upns(other, values, &mut lists[List::FormerUpn as usize]);
        self.lists = packed(&lists);
        self.sex = self.sex.into_iter().chain(other.sex).min();
        for (own, theirs) in [
            (&mut self.birth_place, other.birth_place),
            (&mut self.nhs, other.nhs),
            (&mut self.nino, other.nino),
        ] {
            let known = [*own, theirs].into_iter().filter(|text| *text != NONE);
            *own = known.min_by_key(|text| values.text(*text)).unwrap_or(NONE);
        }
        self.do_not_link |= other.do_not_link;
    }

    /// The present pupil number of two, and the former ones, to which `former` are added.
    fn merge_upns(&mut self, other: &Self, values: &Values, former: &mut Vec<u32>) {
        let called_former = |upn: u32| {
            let lists = [self.list(List::FormerUpn), other.list(List::FormerUpn)];
            lists.iter().any(|list| list.contains(&upn))
        };
        let present = [
            (self.upn, self.upn_is_permanent),
            (other.upn, other.upn_is_permanent),
        ];
        let known = present.into_iter().filter(|(upn, _)| *upn != NONE);
        let stays = known.min_by_key(|&(upn, is_permanent)| {
            (!is_permanent, called_former(upn), values.text(upn))
        });
        let (stays, is_permanent) = stays.unwrap_or((NONE, false));
        former.extend(other.list(List::FormerUpn));
        former.extend([self.upn, other.upn]);
        former.retain(|upn| ![stays, NONE].contains(upn));
        former.sort_unstable();
        former.dedup();
        (self.upn, self.upn_is_permanent) = (stays, is_permanent);
    }
}

const ALL: [List; LISTS] = [
    List::First,
    List::Middle,
    List::Family,
    List::Birth,
    List::Home,
    List::Telephone,
    List::Email,
    List::EmailLocal,
    List::FormerUpn,
];

fn packed(lists: &[Vec<u32>; LISTS]) -> Box<[u32]> {
    let mut all = Vec::with_capacity(LISTS + lists.iter().map(Vec::len).sum::<usize>());
    let mut end = LISTS;
    for list in lists {
        end += list.len();
        all.push(end as u32);
    }
    for list in lists {
        all.extend(list);
    }
    all.into()
}

/// All units in brief, and their values.
pub(super) struct Briefs {
    pub(super) values: Values,
    pub(super) units: Vec<Brief>,
}

impl Briefs {
    /// Reads every row once.
    pub(super) fn of(
        rows: &Rows,
        units: &Units,
        mut values: Values,
        way: &Way<'_>,
    ) -> Result<Self, Error> {
        let mut briefs = Vec::with_capacity(units.len());
        let mut first = 0;
        while first < units.len() {
            let mut last = first;
            let mut wanted = 0;
            while last < units.len() && (last == first || wanted < ROWS_AT_ONCE) {
                wanted += units.rows(last).len();
                last += 1;
            }
            let numbers: Vec<u32> = (first as u32..last as u32).collect();
            for person in units.load(rows, &numbers)? {
                briefs.push(Brief::of(&person, &mut values));
            }
            first = last;
            way.at(first, units.len(), units.len());
        }
        Ok(Self {
            values,
            units: briefs,
        })
    }

    /// Two units.
    pub(super) fn two(&self, left: u32, right: u32) -> Two<'_> {
        Two {
            values: &self.values,
            left: &self.units[left as usize],
            right: &self.units[right as usize],
        }
    }
}
