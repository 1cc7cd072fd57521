//! Whether two people are one, by the same rules as [`crate::unite::judge`].

use super::compare::{
    address_agrees, births, family_agrees, family_near, family_tells, first_names, identifiers,
    names_swapped, origins_differ, postcode_agrees, sex_agrees,
};
use crate::unite::compare::{Births, FirstNames};
use crate::unite::judge::Verdict;
use crate::unite::{Doubt, Reason};
use kinfold_identity::Person;

/// Whether two rows are one person.
pub(in crate::unite) fn judge(left: &Person, right: &Person) -> Verdict {
    if left.do_not_link || right.do_not_link {
        return Verdict::Two;
    }
    let first = first_names(left, right);
    let birth = births(left, right);
    let family = family_agrees(left, right);
    let address = address_agrees(left, right);
    let ids = identifiers(left, right);
    let sex = sex_agrees(left, right);
    let alike = family && birth == Births::Same && first >= FirstNames::Near;
    if ids.nhs_differs {
        return if alike {
            Verdict::Doubt(Doubt::TwoNhsNumbers)
        } else {
            Verdict::Two
        };
    }
    if is_twins(left, right) {
        return if ids.shared || address {
            Verdict::Doubt(Doubt::Twins)
        } else {
            Verdict::Two
        };
    }
    if ids.shared {
        let name_differs = first == FirstNames::Different && !family;
        let birth_differs = birth == Births::Different;
        // A spouse's number typed into the wrong form: the family name agrees, and nothing else.
        let spouse = first == FirstNames::Different && birth_differs;
        return if (name_differs && birth_differs) || spouse {
            Verdict::Doubt(Doubt::IdentifierOfAnother)
        } else {
            Verdict::One(Reason::Identifier)
        };
    }
    let sex_contradicts = sex == Some(false);
    if birth == Births::Same
        && names_swapped(left, right)
        && (address || postcode_agrees(left, right))
        && !ids.other_differs
    {
        return Verdict::One(Reason::NamesSwapped);
    }
    match (first, family, birth) {
        (FirstNames::Same | FirstNames::Near, true, Births::Same) => {
            let place = address || postcode_agrees(left, right);
            // Near names with two different numbers, or two sexes, are siblings as likely as a slip.
            let siblings = first == FirstNames::Near && (ids.other_differs || sex_contradicts);
            // Without a common place, two people of one name and birth date are possible: nothing may speak against it.
            let alone = sex == Some(true)
                && family_tells(left, right)
                && !ids.other_differs
                && !origins_differ(left, right);
            match (siblings, place, alone) {
                (false, true, _) => Verdict::One(Reason::NameBirthPlace),
                (false, false, true) => Verdict::One(Reason::NameBirthSex),
                _ => Verdict::Doubt(Doubt::Unconfirmed),
            }
        }
        (FirstNames::Loose, true, Births::Same)
            if address && !sex_contradicts && !ids.other_differs =>
        {
            Verdict::One(Reason::NearNameAtAddress)
        }
        (FirstNames::Loose | FirstNames::Unsure, true, Births::Same) if address => {
            Verdict::Doubt(Doubt::FirstNameUnsure)
        }
        // Married, or misspelt; a wrong sex besides is only believed with a misspelling.
        (FirstNames::Same, false, Births::Same)
            if address && !ids.other_differs && (!sex_contradicts || family_near(left, right)) =>
        {
            Verdict::One(Reason::OtherFamilyName)
        }
        (FirstNames::Same, true, Births::Slip)
            if address && !sex_contradicts && !ids.other_differs =>
        {
            Verdict::One(Reason::BirthSlip)
        }
        (FirstNames::Same, true, Births::Unknown) if address => Verdict::Doubt(Doubt::BirthMissing),
        _ => Verdict::Two,
    }
}

/// Twins, or two children of one name: the same family and birth date, and first names that are clearly two.
fn is_twins(left: &Person, right: &Person) -> bool {
    births(left, right) == Births::Same
        && family_agrees(left, right)
        && first_names(left, right) == FirstNames::Different
        && !names_swapped(left, right)
}

/// Whether two rows of one own id are clearly of two people: no first name, formal name or close spelling in common, nor the first
/// name in the other's family name, and full birth dates that share at most the year, the month or the day.
pub(in crate::unite) fn clearly_two(left: &Person, right: &Person) -> bool {
    first_names(left, right) == FirstNames::Different
        && births(left, right) == Births::Different
        && !names_swapped(left, right)
}

/// Whether two rows must not be one person whatever a third row says.
pub(in crate::unite) fn never_one(left: &Person, right: &Person) -> bool {
    let ids = identifiers(left, right);
    // Two numbers of one kind are a slip only when everything else agrees.
    let numbers = ids.other_differs
        && (first_names(left, right) < FirstNames::Same
            || !(address_agrees(left, right) || postcode_agrees(left, right)));
    left.do_not_link || right.do_not_link || ids.nhs_differs || numbers || is_twins(left, right)
}
