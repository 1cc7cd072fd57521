//! Whether two records are one person.

use super::compare::{Births, FirstNames, Two};
use super::{Doubt, Reason};

/// What a comparison finds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// One person.
    One(Reason),
    /// Left apart, and worth a look.
    Doubt(Doubt),
    /// Two people.
    Two,
}

/// Whether two rows are one person.
pub(super) fn judge(two: Two<'_>) -> Verdict {
    let Two { left, right, .. } = two;
    if left.do_not_link || right.do_not_link {
        return Verdict::Two;
    }
    let first = two.first_names();
    let birth = two.births();
    let family = two.family_agrees();
    let address = two.address_agrees();
    let ids = two.identifiers();
    let sex = two.sex_agrees();
    let alike = family && birth == Births::Same && first >= FirstNames::Near;
    if ids.nhs_differs {
        return if alike {
            Verdict::Doubt(Doubt::TwoNhsNumbers)
        } else {
            Verdict::Two
        };
    }
    if is_twins(two) {
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
        && two.names_swapped()
        && (address || two.postcode_agrees())
        && !ids.other_differs
    {
        return Verdict::One(Reason::NamesSwapped);
    }
    match (first, family, birth) {
        (FirstNames::Same | FirstNames::Near, true, Births::Same) => {
            let place = address || two.postcode_agrees();
            // Near names with two different numbers, or two sexes, are siblings as likely as a slip.
            let siblings = first == FirstNames::Near && (ids.other_differs || sex_contradicts);
            // Without a common place, two people of one name and birth date are possible: nothing may speak against it.
            let alone = sex == Some(true)
                && two.family_tells()
                && !ids.other_differs
                && !two.origins_differ();
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
            if address && !ids.other_differs && (!sex_contradicts || two.family_near()) =>
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
fn is_twins(two: Two<'_>) -> bool {
    two.births() == Births::Same
        && two.family_agrees()
        && two.first_names() == FirstNames::Different
        && !two.names_swapped()
}

/// Whether two rows of one own id are clearly of two people: no first name, formal name or close spelling in common, nor the first
/// name in the other's family name, and full birth dates that share at most the year, the month or the day.
pub(super) fn clearly_two(two: Two<'_>) -> bool {
    two.first_names() == FirstNames::Different
        && two.births() == Births::Different
        && !two.names_swapped()
}

/// Whether two rows must not be one person whatever a third row says.
pub(super) fn never_one(two: Two<'_>) -> bool {
    let ids = two.identifiers();
    // Two numbers of one kind are a slip only when everything else agrees.
    let numbers = ids.other_differs
        && (two.first_names() < FirstNames::Same
            || !(two.address_agrees() || two.postcode_agrees()));
    two.left.do_not_link || two.right.do_not_link || ids.nhs_differs || numbers || is_twins(two)
}
