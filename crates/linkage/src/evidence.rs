//! The evidence of a pair as a sentence that a reviewer can read: facts, never values.

use kinfold_schema::{Field, Pool, Schema};

use crate::fields::{self, EXACT, FAR, MISSING, NEAR};
use crate::{Guard, Pair, Verdict, Veto};

/// What the sentences about pairs speak of, by the linkage schema.
#[derive(Clone, Debug, Default)]
pub struct Spoken {
    pools: Vec<Pool>,
    /// The fields that have filters of their own.
    fields: Vec<&'static str>,
}

impl Spoken {
    /// Of a schema.
    pub fn of(schema: &Schema) -> Self {
        let fields = fields::of_schema(schema);
        Self {
            pools: schema.pools(),
            fields: fields.iter().map(|field| field.label).collect(),
        }
    }

    /// Whether fields are compared one by one.
    pub fn compares_fields(&self) -> bool {
        !self.fields.is_empty()
    }
}

/// "NHS number agrees; names agree exactly; birth date agrees; same home." Where kinds of keys are mixed, how many of each pool agree: "14 match
/// keys of names and birth date and 3 of place agree; same home."
pub(crate) fn sentence(pair: &Pair, spoken: &Spoken) -> String {
    let pools = &spoken.pools;
    let level = |field| pair.agreement.level(field);
    let mut parts: Vec<String> = Vec::new();
    parts.push(
        if level(Field::Identifier) > 0 {
            "a verified identifier agrees"
        } else if pair.comparable.nhs {
            "NHS numbers differ"
        } else {
            "no identifier to compare"
        }
        .to_owned(),
    );
    if pools.iter().any(|pool| pool.counted.is_some()) {
        parts.push(counts(pair, pools));
        parts.extend(implied(pair).into_iter().map(str::to_owned));
    } else if !spoken.fields.is_empty() {
        parts.extend(compared(pair, &spoken.fields));
    } else {
        parts.extend(fields(pair).into_iter().map(str::to_owned));
    }
    match pair.sigmas {
        Some(sigmas) if sigmas >= 9.0 => {
            parts.push("names and birth date as a whole are nearly the same".to_owned());
        }
        Some(sigmas) if sigmas >= 4.5 => {
            parts.push("names and birth date as a whole are close".to_owned());
        }
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

/// What each field that has a filter of its own says, and what the keys say besides.
fn compared(pair: &Pair, fields: &[&'static str]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for (at, field) in fields.iter().enumerate() {
        let said = match pair.fields.get(at) {
            MISSING => "is missing on one side or both",
            FAR => "differs",
            NEAR => "is nearly the same",
            EXACT if pair.fields.is_part(at) => "is the same as far as both have it",
            EXACT => "is the same",
            _ => "is alike",
        };
        // Few records have a middle name, and whoever has none is no news.
        if !(*field == "middle name" && pair.fields.get(at) == MISSING) {
            parts.push(format!("{field} {said}"));
        }
    }
    let level = |field| pair.agreement.level(field);
    let far = |name: &str| {
        let at = fields.iter().position(|field| *field == name);
        at.is_none_or(|at| pair.fields.get(at) < NEAR)
    };
    // Two parts of names may be the middle name and a first name of the same sound.
    let middle = fields.iter().position(|field| *field == "middle name");
    let crosswise = middle.is_none_or(|at| pair.fields.get(at) < NEAR);
    if level(Field::AnyName) >= 2 && far("first name") && far("family name") && crosswise {
        parts.push("a first name of one agrees with a family name of the other".to_owned());
    }
    if level(Field::BirthPlace) > 0 && !fields.contains(&"place of birth") {
        parts.push("place of birth agrees".to_owned());
    }
    if pair.same_home {
        parts.push("same home".to_owned());
    }
    parts
}

/// What the kinds of keys that agree, told apart, say about the fields.
fn fields(pair: &Pair) -> Vec<&'static str> {
    let level = |field| pair.agreement.level(field);
    let mut parts = vec![match (
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
    }];
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
    parts
}

/// How many mixed keys agree.
fn counts(pair: &Pair, pools: &[Pool]) -> String {
    // Identifiers are spoken of by themselves.
    let spoken_of = |pool: &&Pool| pool.implied_by(1).level(Field::Identifier) == 0;
    let counted = pools.iter().filter(spoken_of).filter_map(|pool| {
        let tokens = pair.counts[pool.counted?];
        (tokens > 0).then_some((tokens, pool))
    });
    let mut said: Vec<String> = Vec::new();
    let mut all = 0;
    for (tokens, pool) in counted {
        all += u32::from(tokens);
        let what = spoken(&pool.name);
        said.push(match (said.len(), tokens) {
            (0, 1) => format!("1 match key{what}"),
            (0, _) => format!("{tokens} match keys{what}"),
            _ => format!("{tokens}{what}"),
        });
    }
    match said.split_last() {
        None => "no other match key agrees".to_owned(),
        Some((only, [])) if all == 1 => format!("{only} agrees"),
        Some((only, [])) => format!("{only} agree"),
        Some((last, others)) => format!("{} and {last} agree", others.join(", ")),
    }
}

/// A pool's name in words; a pool of all kinds needs none.
fn spoken(name: &str) -> String {
    if name == "all" {
        return String::new();
    }
    let words = name
        .split('-')
        .map(|word| if word == "birth" { "birth date" } else { word });
    format!(" of {}", words.collect::<Vec<_>>().join(" and "))
}

/// What so many mixed keys imply, whichever they are, and what is known besides.
fn implied(pair: &Pair) -> Vec<&'static str> {
    let level = |field| pair.agreement.level(field);
    let mut parts = Vec::new();
    let (first, last) = (level(Field::First), level(Field::Last));
    if level(Field::AnyName) == 3 || (first == 3 && last == 3) {
        parts.push("so many that two names agree");
    }
    match (pair.comparable.birth, level(Field::Birth)) {
        (_, 3) => parts.push("birth date agrees"),
        (_, 1..) => parts.push("birth date agrees at least in part"),
        (true, _) => {}
        (false, _) => parts.push("birth date is missing on one side"),
    }
    if pair.same_home {
        parts.push("same home");
    } else if !pair.comparable.place {
        parts.push("place is missing on one side");
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Comparable, RecordId};
    use kinfold_schema::{Agreement, Mixing, Schema};

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
            filter_bits: 0.0,
            fields: crate::FieldLevels::default(),
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
            sentence(
                &pair([3, 3, 3, 3, 0, 0, 0, 0], Verdict::Linked),
                &Spoken::default()
            ),
            "No identifier to compare; two names agree exactly; birth date agrees; place is not known to agree; names and birth date \
             as a whole are nearly the same"
        );
        assert!(
            sentence(
                &pair(
                    [0, 3, 2, 3, 3, 0, 0, 0],
                    Verdict::Guarded(Guard::TwinOrSibling)
                ),
                &Spoken::default()
            )
            .ends_with("(a twin or sibling would look like this)")
        );
    }

    #[test]
    fn of_mixed_keys_only_their_number_is_said() {
        let spoken = Spoken::of(&Schema::standard().with(Mixing::PlacesApart));
        let said = |counts: [u8; 4], same_home| {
            let mut own = pair([0; 8], Verdict::Linked);
            (own.counts, own.same_home) = (counts, same_home);
            for pool in &spoken.pools {
                if let Some(counted) = pool.counted {
                    pool.add_to(&mut own.agreement, counts[counted].into());
                }
            }
            sentence(&own, &spoken)
        };
        assert_eq!(
            said([14, 3, 0, 0], true),
            "No identifier to compare; 14 match keys of names and birth date and 3 of place agree; same home; names and birth date as a \
             whole are nearly the same"
        );
        assert!(
            said([1, 0, 0, 0], false).contains("; 1 match key of names and birth date agrees; ")
        );
        assert!(said([0, 2, 0, 0], false).contains("; 2 match keys of place agree; "));
        assert!(said([0; 4], false).contains("no other match key agrees"));
        // So many that some of them have a birth date.
        let all = said([41, 0, 0, 0], false);
        assert!(
            all.contains("; birth date agrees at least in part;"),
            "{all}"
        );
    }
}
