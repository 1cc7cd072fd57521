//! Whether the first line of a table holds names of columns. In a file without such a line it is a person, and must not be shown.

use kinfold_extract::{TABLE_ROLES, usual_columns};
use kinfold_schema::FieldName;

/// Last words of names of columns. As the last word of a person's value they are rare enough.
const LAST_WORDS: [&str; 11] = [
    "code",
    "date",
    "dob",
    "flag",
    "id",
    "name",
    "number",
    "ref",
    "reference",
    "status",
    "type",
];

/// Whether one of these is known as the name of a column, so that all may be shown.
pub(crate) fn are_names<'a>(headers: impl IntoIterator<Item = &'a str>) -> bool {
    headers.into_iter().any(is_name)
}

fn is_name(header: &str) -> bool {
    let own = plain(header);
    let of_role = TABLE_ROLES
        .iter()
        .any(|role| plain(role) == own || usual_columns(role).contains(&own.as_str()));
    let last = header
        .split(|c: char| !c.is_alphanumeric())
        .rfind(|word| !word.is_empty())
        .map(plain);
    of_role
        || FieldName::ALL
            .iter()
            .any(|field| plain(field.as_str()) == own)
        || last.is_some_and(|last| LAST_WORDS.contains(&last.as_str()))
}

/// A column's name without what people write differently: letters and digits, small.
pub(crate) fn plain(name: &str) -> String {
    name.chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_lowercase)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_is_no_line_of_names() {
        for names in [
            "nr,vorname,D.O.B.",
            "Case ID,Opened,Stage",
            "Person_Ref,x",
            "SURNAME",
        ] {
            assert!(are_names(names.split(',')), "{names}");
        }
        for person in [
            "7,David,Ide,01/02/1990,M,1 High Street,HX1 1AB",
            "Ann,Lee,F",
            "",
            "-,?",
        ] {
            assert!(!are_names(person.split(',')), "{person}");
        }
    }
}
