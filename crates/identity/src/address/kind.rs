//! Which addresses are no homes.

use super::AddressKind;
use super::street::expanded_type;

/// Phrases of places where many people live, stay or collect post; words separated by one space, sorted.
///
/// They are the classes that make no household: communal establishments as the census counts them (care homes, hostels, barracks,
/// prisons, halls of residence), refuges and places of temporary stay, and offices whose address is entered because the person has
/// none or hides it (council, police, probation, GP surgery, solicitor, school). Two strangers with one solicitor share no home.
const COMMUNAL: &[&str] = &[
    "ACADEMY",
    "APPROVED PREMISES",
    "ASSESSMENT CENTRE",
    "ASSESSMENT UNIT",
    "ASYLUM ACCOMMODATION",
    "B AND B",
    "BAIL ACCOMMODATION",
    "BAIL HOSTEL",
    "BARRACKS",
    "BED AND BREAKFAST",
    "CARAVAN SITE OFFICE",
    "CARE CENTRE",
    "CARE HOME",
    "CHILDRENS CENTRE",
    "CHILDRENS HOME",
    "CHILDRENS SERVICES",
    "CIVIC CENTRE",
    "CIVIC OFFICES",
    "CIVIC SUITE",
    "CLINIC",
    "COLLEGE",
    "CONTACT CENTRE",
    "CONVENT",
    "COUNCIL OFFICE",
    "COUNCIL OFFICES",
    "COUNTY HALL",
    "CUSTODY SUITE",
    "DAY CENTRE",
    "DAY NURSERY",
    "DETENTION CENTRE",
    "FAMILY CENTRE",
    "FAMILY HUB",
    "FOOD BANK",
    "FOODBANK",
    "FOYER",
    "GP PRACTICE",
    "GROUP PRACTICE",
    "GUEST HOUSE",
    "GUESTHOUSE",
    "HALL OF RESIDENCE",
    "HALLS OF RESIDENCE",
    "HEALTH CENTRE",
    "HEALTH CLINIC",
    "HM PRISON",
    "HM YOI",
    "HMP",
    "HMYOI",
    "HOLIDAY INN",
    "HOMELESS UNIT",
    "HOSPICE",
    "HOSPITAL",
    "HOSTEL",
    "HOSTELS",
    "HOTEL",
    "HOUSING OFFICE",
    "HOUSING OFFICES",
    "IMMIGRATION",
    "INFIRMARY",
    "JOB CENTRE",
    "JOBCENTRE",
    "LAW CENTRE",
    "LAW FIRM",
    "LEGAL SERVICES",
    "MAGISTRATES COURT",
    "MEDICAL CENTRE",
    "MEDICAL PRACTICE",
    "MENTAL HEALTH UNIT",
    "MONASTERY",
    "MOTHER AND BABY UNIT",
    "MUNICIPAL OFFICES",
    "NHS TRUST",
    "NIGHT SHELTER",
    "NIGHTSHELTER",
    "NURSERY SCHOOL",
    "NURSING",
    "NURSING HOME",
    "PO BOX",
    "POLICE STATION",
    "POST OFFICE BOX",
    "POSTE RESTANTE",
    "PREMIER INN",
    "PRIMARY CARE CENTRE",
    "PRISON",
    "PROBATION",
    "PUPIL REFERRAL UNIT",
    "RECEPTION CENTRE",
    "REFUGE",
    "REGISTRY OFFICE",
    "REMOVAL CENTRE",
    "RESIDENTIAL HOME",
    "REST HOME",
    "RETIREMENT HOME",
    "SAFE HOUSE",
    "SALVATION ARMY",
    "SCHOOL",
    "SECURE UNIT",
    "SHELTER",
    "SHIRE HALL",
    "SIXTH FORM",
    "SOCIAL CARE",
    "SOCIAL SERVICES",
    "SOCIAL WORK",
    "SOLICITOR",
    "SOLICITORS",
    "STUDENT VILLAGE",
    "SUPPORTED ACCOMMODATION",
    "SUPPORTED HOUSING",
    "SUPPORTED LIVING",
    "SURGERY",
    "TEMPORARY ACCOMMODATION UNIT",
    "TOWN HALL",
    "TRAVELODGE",
    "UNIVERSITY",
    "WALK IN CENTRE",
    "WELCOME CENTRE",
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
pub(crate) fn is_communal(words: &[&str]) -> bool {
    (0..words.len()).any(|at| {
        // The list is sorted, and a space sorts before every letter: phrases that begin with a word stand together.
        let start = COMMUNAL.partition_point(|phrase| *phrase < words[at]);
        COMMUNAL[start..]
            .iter()
            .take_while(|phrase| phrase.starts_with(words[at]))
            .any(|phrase| {
                let Some(length) = matching_words(phrase, &words[at..]) else {
                    return false;
                };
                let before = at.checked_sub(1).map(|i| words[i]);
                let after = words.get(at + length).copied();
                !before.is_some_and(|w| matches!(w, "OLD" | "FORMER"))
                    && !after.is_some_and(|w| HOME_AFTER.contains(&w) || expanded_type(w).is_some())
            })
    })
}

/// How many words a phrase has, if the words begin with it.
fn matching_words(phrase: &str, words: &[&str]) -> Option<usize> {
    let mut length = 0;
    for word in phrase.split(' ') {
        if *words.get(length)? != word {
            return None;
        }
        length += 1;
    }
    Some(length)
}

/// Whether the words say that the person has no fixed abode.
pub(crate) fn is_no_fixed_abode(words: &[&str]) -> bool {
    let Some(first) = words.first() else {
        return false;
    };
    if !matches!(
        *first,
        "HOMELESS" | "NFA" | "NO" | "OF" | "ROUGH" | "SLEEPING" | "SOFA" | "STREET"
    ) {
        return false;
    }
    let text = words.join(" ");
    matches!(
        text.as_str(),
        "NFA"
            | "HOMELESS"
            | "ROUGH SLEEPER"
            | "ROUGH SLEEPING"
            | "SLEEPING ROUGH"
            | "SOFA SURFING"
            | "OF NO FIXED ABODE"
    ) || text.starts_with("NO FIXED A")
        || text.starts_with("NFA ")
        || text.starts_with("STREET HOMELESS")
}

/// The kind that the words of a whole address give. What says least about where somebody lives wins.
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phrases_are_sorted() {
        assert!(COMMUNAL.is_sorted());
    }
}
