//! The evidence of a pair as a sentence that a reviewer can read: facts, never values.

use kinfold_schema::Field;

use crate::{Guard, Pair, Verdict, Veto};

/// "NHS number agrees; names agree exactly; birth date agrees; same home."
pub(crate) fn sentence(pair: &Pair) -> String {
    let level = |field| pair.agreement.level(field);
    let mut parts: Vec<&str> = Vec::new();
    if level(Field::Identifier) > 0 {
        parts.push("a verified identifier agrees");
    } else if pair.comparable.nhs {
        parts.push("NHS numbers differ");
    } else {
        parts.push("no identifier to compare");
    }
    parts.push(
        match (
            level(Field::AnyName),
            level(Field::First),
            level(Field::Last),
        ) {
            (3, _, _) | (_, 3, 3) => "two names agree exactly",
            (_, 2.., 2..) => "first and family name agree by sound",
            (_, 3, _) => "first name agrees",
            (_, _, 3) => "family name agrees",
            (_, 2, _) => "first name agrees by sound",
            (_, _, 2) => "family name agrees by sound",
            (2, _, _) => "one name agrees",
            (1, _, _) => "one name agrees by sound",
            (_, 1, _) | (_, _, 1) => "an initial agrees",
            _ => "no name is known to agree",
        },
    );
    parts.push(match (pair.comparable.birth, level(Field::Birth)) {
        (_, 3) => "birth date agrees",
        (_, 2) => "birth date agrees in two of three parts, or with day and month swapped",
        (_, 1) => "birth year agrees or is next to it",
        (true, _) => "birth date is not known to agree",
        (false, _) => "birth date is missing on one side",
    });
    parts.push(if pair.same_home {
        "same home"
    } else {
        match (pair.comparable.place, level(Field::Place)) {
            (_, 3) => "same house and postcode",
            (_, 2) => "same postcode or street",
            (_, 1) => "same area or house number",
            (true, _) => "place is not known to agree",
            (false, _) => "place is missing on one side",
        }
    });
    if level(Field::BirthPlace) > 0 {
        parts.push("place of birth agrees");
    }
    match pair.sigmas {
        Some(sigmas) if sigmas >= 9.0 => {
            parts.push("names and birth date as a whole are nearly the same");
        }
        Some(sigmas) if sigmas >= 4.5 => parts.push("names and birth date as a whole are close"),
        _ => {}
    }
    let mut text = parts.join("; ");
    match pair.verdict {
        Verdict::Guarded(Guard::TwinOrSibling) => {
            text.push_str(" (a twin or sibling would look like this)");
        }
        Verdict::Guarded(Guard::BirthDatesDiffer) => {
            text.push_str(" (a parent and child of one name would look like this)");
        }
        Verdict::Vetoed(Veto::DoNotLink) => text.push_str(" (one record may not be linked)"),
        Verdict::Vetoed(Veto::NhsNumbersDiffer) => {
            text.push_str(" (two verified NHS numbers that differ are never one person)");
        }
        Verdict::Vetoed(Veto::Decided) => {
            text.push_str(" (a reviewer decided that they are two people)");
        }
        Verdict::Vetoed(Veto::DiedBefore) => {
            text.push_str(" (one died before something that happened to the other)");
        }
        Verdict::Outvoted => {
            text.push_str(" (the other records of the two people speak against it)");
        }
        Verdict::Tied => text.push_str(" (another record fits as well, so it is for review)"),
        Verdict::Linked | Verdict::Review | Verdict::NotLinked => {}
    }
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| {
        first.to_uppercase().chain(letters).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Comparable, RecordId};
    use kinfold_schema::Agreement;

    fn pair(levels: [u8; 8], verdict: Verdict) -> Pair {
        Pair {
            left: RecordId { set: 0, row: 0 },
            right: RecordId { set: 1, row: 0 },
            weight: 1.0,
            probability: 0.5,
            agreement: Agreement {
                levels,
                ..Agreement::default()
            },
            keys: 1,
            counts: [0; 4],
            same_home: false,
            sigmas: Some(10.0),
            comparable: Comparable {
                first: true,
                last: true,
                birth: true,
                place: true,
                nhs: false,
            },
            verdict,
        }
    }

    #[test]
    fn sentences_say_what_agrees_and_what_does_not() {
        assert_eq!(
            sentence(&pair([3, 3, 3, 3, 0, 0, 0, 0], Verdict::Linked)),
            "No identifier to compare; two names agree exactly; birth date agrees; place is not known to agree; names and birth date \
             as a whole are nearly the same"
        );
        assert!(
            sentence(&pair(
                [0, 3, 2, 3, 3, 0, 0, 0],
                Verdict::Guarded(Guard::TwinOrSibling)
            ))
            .ends_with("(a twin or sibling would look like this)")
        );
    }
}
