//! Comparing two people of one custodian in the clear, on its own machine.

use super::brief::{Brief, List};
use super::likeness::jaro_winkler;
use super::values::{Family, NONE, Values};

/// Two people.
#[derive(Clone, Copy)]
pub(super) struct Two<'a> {
    pub(super) values: &'a Values,
    pub(super) left: &'a Brief,
    pub(super) right: &'a Brief,
}

/// How near two people's first names are.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum FirstNames {
    /// At least one of the two has none.
    Unknown,
    /// Clearly two names.
    Different,
    /// Neither clearly one nor clearly two.
    Unsure,
    /// Near enough when everything else agrees.
    Loose,
    /// A slip of the pen apart (Jaro-Winkler 0.93 or more), or first and middle name in the other order.
    Near,
    /// Equal, or forms of one name (Bob, Robert).
    Same,
}

/// How two people's birth dates stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Births {
    /// At least one of the two has none, or not in full.
    Unknown,
    /// Different.
    Different,
    /// The same year, and one of day and month, or the two swapped.
    Slip,
    /// A full date is shared.
    Same,
}

/// How the identifiers stand to each other.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Identifiers {
    /// A verified NHS number, permanent pupil number or National Insurance number is shared.
    pub shared: bool,
    /// Both have a verified NHS number, and they differ.
    pub nhs_differs: bool,
    /// Both have a number of another kind, and they differ.
    pub other_differs: bool,
}

impl<'a> Two<'a> {
    /// Compares the first names: the best of all alternatives.
    pub(super) fn first_names(&self) -> FirstNames {
        let (lefts, rights) = (self.left.list(List::First), self.right.list(List::First));
        if lefts.is_empty() || rights.is_empty() {
            return FirstNames::Unknown;
        }
        // Both ways round it is one pair of names in two orders. One way round it may be a person called by the middle name, or a twin
        // whose name the other has as a second one.
        let mut best = match self.first_is_middle() {
            (true, true) => FirstNames::Near,
            (false, false) => FirstNames::Different,
            _ => FirstNames::Unsure,
        };
        for one in lefts {
            for other in rights {
                best = best.max(first_name(self.values, *one, *other));
            }
        }
        best
    }

    /// Whether a first name of the left one stands among the middle names of the right one, and the other way round.
    pub(super) fn first_is_middle(&self) -> (bool, bool) {
        let crossed = |one: &Brief, other: &Brief| {
            let middle = other.list(List::Middle);
            one.list(List::First)
                .iter()
                .any(|name| middle.contains(name) && self.values.length(*name) > 1)
        };
        (
            crossed(self.left, self.right),
            crossed(self.right, self.left),
        )
    }

    /// Whether any family name, present or former, whole or part, is shared.
    pub(super) fn family_agrees(&self) -> bool {
        self.shared_families().next().is_some()
    }

    /// Whether a shared family name says much: `KAUR` and `SINGH` alone do not.
    pub(super) fn family_tells(&self) -> bool {
        let turned = Two {
            left: self.right,
            right: self.left,
            ..*self
        };
        // KAUR shared with KAUR GILL is no more than KAUR, whichever of the two is the left one.
        let tells = |two: &Self| two.shared_families().any(|name| !name.says_little);
        tells(self) && tells(&turned)
    }

    fn shared_families(&self) -> impl Iterator<Item = &'a Family> {
        let Self {
            values,
            left,
            right,
        } = *self;
        let share = move |one: u32, other: u32| {
            one == other || {
                let (one, other) = (values.family(one), values.family(other));
                one.whole == other.whole || parts_meet(values, one, other)
            }
        };
        let rights = right.list(List::Family);
        let lefts = left.list(List::Family).iter();
        lefts
            .filter(move |one| rights.iter().any(|other| share(**one, *other)))
            .map(move |one| values.family(*one))
    }

    /// Whether any two family names are a slip of the pen apart.
    pub(super) fn family_near(&self) -> bool {
        let whole = |family: &u32| self.values.family(*family).whole;
        self.left.list(List::Family).iter().any(|one| {
            let rights = self.right.list(List::Family).iter();
            rights.map(whole).any(|other| {
                let one = whole(one);
                one == other || jaro_winkler(self.values.text(one), self.values.text(other)) >= 0.85
            })
        })
    }

    /// Whether each one's first name stands in the other's family name, a slip of the pen allowed.
    pub(super) fn names_swapped(&self) -> bool {
        let values = self.values;
        let near = |one: u32, other: u32| {
            one == other || jaro_winkler(values.text(one), values.text(other)) >= 0.9
        };
        let stands = |one: &Brief, other: &Brief| {
            other.list(List::Family).iter().any(|family| {
                let family = values.family(*family);
                let parts = values.parts(family).iter();
                parts.copied().chain([family.whole]).any(|family| {
                    let firsts = one.list(List::First).iter();
                    firsts.copied().any(|first| near(first, family))
                })
            })
        };
        // A person whose first and family name are alike would be swapped with everybody of the family.
        stands(self.left, self.right)
            && stands(self.right, self.left)
            && !stands(self.left, self.left)
            && !stands(self.right, self.right)
    }

    /// Whether places of birth or middle names speak against one person.
    pub(super) fn origins_differ(&self) -> bool {
        let initials = |names: &'a [u32]| {
            let initials = names.iter().map(|name| self.values.initial(*name));
            initials.filter(|initial| *initial != 0)
        };
        let apart = |one: &'a Brief, other: &'a Brief| {
            initials(one.list(List::Middle)).all(|initial| {
                let middle = initials(other.list(List::Middle));
                middle
                    .chain(initials(other.list(List::First)))
                    .all(|known| known != initial)
            })
        };
        let has_middle = |person: &Brief| !person.list(List::Middle).is_empty();
        let middle = has_middle(self.left)
            && has_middle(self.right)
            && apart(self.left, self.right)
            && apart(self.right, self.left);
        middle || both(self.left.birth_place, self.right.birth_place) == Some(false)
    }

    /// Compares the birth dates: the best of all alternatives.
    pub(super) fn births(&self) -> Births {
        let mut best = Births::Unknown;
        for one in self.left.list(List::Birth) {
            for other in self.right.list(List::Birth) {
                let (one, other) = (self.values.birth(*one).date, self.values.birth(*other).date);
                if !(one.is_full() && other.is_full()) {
                    continue;
                }
                let same = [
                    one.year == other.year,
                    one.month == other.month,
                    one.day == other.day,
                ];
                let swapped = one.month == other.day && one.day == other.month;
                best = best.max(match same {
                    [true, true, true] => Births::Same,
                    [true, true, false] | [true, false, true] => Births::Slip,
                    [true, false, false] if swapped => Births::Slip,
                    _ => Births::Different,
                });
            }
        }
        best
    }

    /// Whether the two have shared a home: the same property number or the same standardised address.
    pub(super) fn address_agrees(&self) -> bool {
        let home = |home: &u32| self.values.home(*home);
        self.left.list(List::Home).iter().map(home).any(|one| {
            self.right.list(List::Home).iter().map(home).any(|other| {
                both(one.uprn, other.uprn) == Some(true)
                    || both(one.canonical, other.canonical) == Some(true)
            })
        })
    }

    /// Whether the two have shared a postcode.
    pub(super) fn postcode_agrees(&self) -> bool {
        let postcode = |home: &u32| self.values.home(*home).postcode;
        self.left.list(List::Home).iter().map(postcode).any(|one| {
            let mut rights = self.right.list(List::Home).iter().map(postcode);
            rights.any(|other| both(one, other) == Some(true))
        })
    }

    /// Whether both have a sex and it is the same one; `None` when one of them has none.
    pub(super) fn sex_agrees(&self) -> Option<bool> {
        Some(self.left.sex? == self.right.sex?)
    }

    /// Compares verified NHS numbers, permanent pupil numbers and National Insurance numbers.
    pub(super) fn identifiers(&self) -> Identifiers {
        let (left, right) = (self.left, self.right);
        let permanent = |person: &Brief| {
            if person.upn_is_permanent {
                person.upn
            } else {
                NONE
            }
        };
        let nhs = both(left.nhs, right.nhs);
        // A number that the other record lists as a former one takes the contradiction away and proves nothing: an adopted child has
        // a new number so that the old one leads nowhere.
        let upn = both(permanent(left), permanent(right))
            .filter(|same| *same || !(former_upn(left, right) || former_upn(right, left)));
        let nino = both(left.nino, right.nino);
        Identifiers {
            shared: [nhs, upn, nino].contains(&Some(true)),
            nhs_differs: nhs == Some(false),
            other_differs: [upn, nino].contains(&Some(false)),
        }
    }
}

/// Whether two family names have a part in common, an initial aside.
pub(super) fn parts_meet(values: &Values, one: &Family, other: &Family) -> bool {
    let others = values.parts(other);
    values
        .parts(one)
        .iter()
        .any(|part| others.contains(part) && values.length(*part) > 1)
}

fn first_name(values: &Values, one: u32, other: u32) -> FirstNames {
    let forms_meet = || {
        values
            .forms(one)
            .any(|form| values.forms(other).any(|second| form == second))
    };
    if one == other || forms_meet() {
        return FirstNames::Same;
    }
    let (one, other) = (values.text(one), values.text(other));
    let (short, long) = if one.len() <= other.len() {
        (one, other)
    } else {
        (other, one)
    };
    let likeness = jaro_winkler(one, other);
    if likeness >= 0.93 {
        FirstNames::Near
    } else if likeness >= 0.88 || (short.len() >= 3 && long.starts_with(short)) {
        FirstNames::Loose
    } else if likeness >= 0.80 || (short.len() == 1 && long.starts_with(short)) {
        FirstNames::Unsure
    } else {
        FirstNames::Different
    }
}

/// Whether both have a value of this kind and it is the same one; `None` when one of them has none.
fn both(left: u32, right: u32) -> Option<bool> {
    (left != NONE && right != NONE).then_some(left == right)
}

/// Whether one's present pupil number is among the other's former ones.
fn former_upn(one: &Brief, other: &Brief) -> bool {
    one.upn != NONE && other.list(List::FormerUpn).contains(&one.upn)
}
