//! Which addresses are no homes.

use super::AddressKind;
use super::street::expanded_type;

/// Phrases of places where many people live, stay or collect post; words separated by one space.
const COMMUNAL: &[&str] = &[
    "ACADEMY",
    "APPROVED PREMISES",
    "B AND B",
    "BAIL HOSTEL",
    "BARRACKS",
    "BED AND BREAKFAST",
    "CARAVAN SITE OFFICE",
    "CARE CENTRE",
    "CARE HOME",
    "CHILDRENS CENTRE",
    "CHILDRENS HOME",
    "CIVIC CENTRE",
    "CIVIC OFFICES",
    "CLINIC",
    "COLLEGE",
    "CONVENT",
    "COUNCIL OFFICES",
    "DETENTION CENTRE",
    "FOYER",
    "GUEST HOUSE",
    "GUESTHOUSE",
    "HALL OF RESIDENCE",
    "HALLS OF RESIDENCE",
    "HEALTH CENTRE",
    "HM PRISON",
    "HMP",
    "HMYOI",
    "HOMELESS UNIT",
    "HOSPICE",
    "HOSPITAL",
    "HOSTEL",
    "HOTEL",
    "INFIRMARY",
    "JOBCENTRE",
    "MEDICAL CENTRE",
    "MEDICAL PRACTICE",
    "MONASTERY",
    "MOTHER AND BABY UNIT",
    "NIGHT SHELTER",
    "NIGHTSHELTER",
    "NURSERY SCHOOL",
    "NURSING",
    "NURSING HOME",
    "PO BOX",
    "POLICE STATION",
    "PREMIER INN",
    "PRISON",
    "PROBATION",
    "REFUGE",
    "REMOVAL CENTRE",
    "RESIDENTIAL HOME",
    "REST HOME",
    "RETIREMENT HOME",
    "SALVATION ARMY",
    "SCHOOL",
    "SECURE UNIT",
    "SHELTER",
    "SOCIAL SERVICES",
    "SOLICITORS",
    "STUDENT VILLAGE",
    "SURGERY",
    "TOWN HALL",
    "TRAVELODGE",
    "UNIVERSITY",
    "WOMENS AID",
    "YMCA",
    "YOI",
    "YWCA",
];

/// Words after which a phrase is only part of the name of a home or street: `SCHOOL HOUSE`, `HOSPITAL LODGE`.
const HOME_AFTER: &[&str] = &[
    "HOUSE",
    "COTTAGE",
    "COTTAGES",
    "LODGE",
    "FLATS",
    "APARTMENTS",
    "FARM",
    "BUNGALOW",
    "MEWS",
    "COURT",
    "MANSIONS",
];

/// Whether words (no street among them) name a communal place. `THE OLD SCHOOL` is a home made of one.
pub(crate) fn is_communal(words: &[String]) -> bool {
    (0..words.len()).any(|at| {
        COMMUNAL.iter().any(|phrase| {
            let Some(length) = matching_words(phrase, &words[at..]) else {
                return false;
            };
            let before = at.checked_sub(1).map(|i| words[i].as_str());
            let after = words.get(at + length).map(String::as_str);
            !before.is_some_and(|w| matches!(w, "OLD" | "FORMER"))
                && !after.is_some_and(|w| HOME_AFTER.contains(&w) || expanded_type(w).is_some())
        })
    })
}

/// How many words a phrase has, if the words begin with it.
fn matching_words(phrase: &str, words: &[String]) -> Option<usize> {
    let mut length = 0;
    for word in phrase.split(' ') {
        if words.get(length)? != word {
            return None;
        }
        length += 1;
    }
    Some(length)
}

/// Whether the words say that the person has no fixed abode.
pub(crate) fn is_no_fixed_abode(words: &[String]) -> bool {
    let text = words.join(" ");
    matches!(
        text.as_str(),
        "NFA"
            | "HOMELESS"
            | "ROUGH SLEEPER"
            | "ROUGH SLEEPING"
            | "SOFA SURFING"
            | "OF NO FIXED ABODE"
    ) || text.starts_with("NO FIXED A")
        || text.starts_with("NFA ")
        || text.starts_with("STREET HOMELESS")
}

/// The kind that the words of a whole address give.
pub(crate) fn kind_of(no_fixed_abode: bool, care_of: bool, communal: bool) -> AddressKind {
    if no_fixed_abode {
        AddressKind::NoFixedAbode
    } else if care_of {
        AddressKind::CareOf
    } else if communal {
        AddressKind::Communal
    } else {
        AddressKind::Home
    }
}
