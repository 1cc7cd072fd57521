//! Domestic abuse cannot be read off to one adult, not even by way of what else is on the page.

use kinfold_indicators::NeedState;

use super::{attribute, fixture};
use crate::report::{HouseholdFacts, render};

const ABUSE: usize = 2;

/// The household as it would be without domestic abuse.
pub(super) fn without(household: &mut HouseholdFacts) {
    let need = &mut household.needs[ABUSE];
    assert_eq!(need.indicator, "domestic-abuse");
    need.state = NeedState::Checked;
    need.sources.clear();
    need.people.fill(NeedState::Checked);
    household
        .timeline
        .retain(|event| event.indicator.as_deref() != Some("domestic-abuse"));
}

fn articles(page: &str) -> Vec<&str> {
    page.split("<article ")
        .skip(1)
        .map(|rest| &rest[..rest.find("</article>").unwrap()])
        .collect()
}

#[test]
fn it_is_never_shown_by_person() {
    let page = render(&fixture::report()).unwrap();
    let abuse = |row: &&str| {
        row.contains("Domestic-abuse incident") || row.contains("risk assessment conference")
    };
    let rows: Vec<&str> = page.split("<tr>").filter(abuse).collect();
    assert!(!rows.is_empty());
    for row in rows {
        let row = &row[..row.find("</tr>").unwrap()];
        assert!(row.contains("<td class=\"who\">Household</td>"), "{row}");
        assert!(!row.contains("Adult ") && !row.contains("Child "), "{row}");
        assert!(!row.contains("entries"), "{row}");
    }
    for row in page.split("<tr>").filter(|row| {
        row.starts_with("<th scope=\"row\">Domestic abuse</th><td class=\"current\">")
    }) {
        let row = &row[..row.find("</tr>").unwrap()];
        assert_eq!(row.matches("class=\"current\"").count(), 1, "{row}");
        assert!(
            row.contains("not shown by person") && !row.contains(" events"),
            "{row}"
        );
    }
}

/// Agencies, numbers of records, links and sentences are for the household; other households keep theirs.
#[test]
fn nothing_beside_it_points_at_one_adult() {
    let mut seen = [0, 0];
    for state in [NeedState::Current, NeedState::Past] {
        let mut data = fixture::report();
        data.limits.most = 250;
        data.households[0].needs[ABUSE].state = state;
        let page = render(&data).unwrap();
        for article in articles(&page) {
            let told = ["current", "past"].iter().any(|state| {
                article.contains(&format!(
                    "<th scope=\"row\">Domestic abuse</th><td class=\"{state}\">"
                ))
            });
            let withheld = article.contains("1 withheld");
            seen[usize::from(told)] += 1;
            let by_person = article.contains("<th scope=\"col\">Known to</th>");
            assert_eq!(by_person, !told && !withheld, "{article:.60}");
            let since = ["by March 2026</td>", "since November 2019</td>"];
            let dated = since.iter().any(|since| article.contains(since));
            assert_eq!(dated, by_person, "{article:.60}");
            assert_eq!(
                article.contains("Never show or leave this page"),
                told || withheld
            );
            assert_eq!(article.contains("A suspect must not learn of a referral: speak to the domestic-abuse coordinator before any contact."), told);
            if told || withheld {
                let joins = &article[article.find("-how\"").unwrap()..];
                let who = attribute(joins, "<li><strong>");
                assert!(who.iter().all(|who| *who == "Household"), "{who:?}");
            }
        }
    }
    assert!(seen.iter().all(|&seen| seen > 0));
}

/// Whichever adult the police know, the page is the same to the byte.
#[test]
fn the_page_does_not_depend_on_which_adult_it_is_about() {
    let data = fixture::report();
    let mut other = data.clone();
    let household = &mut other.households[0];
    let swap = |person: &mut usize| {
        if *person < 2 {
            *person = 1 - *person;
        }
    };
    let [first, second, ..] = household.people.as_mut_slice() else {
        panic!("two adults");
    };
    std::mem::swap(&mut first.custodians, &mut second.custodians);
    std::mem::swap(&mut first.records, &mut second.records);
    std::mem::swap(&mut first.strength, &mut second.strength);
    assert_ne!(first.since, second.since);
    std::mem::swap(&mut first.since, &mut second.since);
    household
        .joins
        .iter_mut()
        .filter_map(|join| join.person.as_mut())
        .for_each(swap);
    let police = |agency: &str| agency.contains("Police") || agency.contains("Safeguarding");
    household
        .timeline
        .iter_mut()
        .filter(|event| police(&event.custodian))
        .filter_map(|event| event.person.as_mut())
        .for_each(swap);
    for need in &mut household.needs {
        let silent = |state| matches!(state, NeedState::Checked | NeedState::NoData);
        if need.sources.iter().any(|agency| police(agency))
            || need.people[..2].iter().all(|&state| silent(state))
        {
            need.people.swap(0, 1);
        }
    }
    // Coverage tells who is known, too.
    household.needs[1].people[1] = NeedState::Checked;
    assert!(render(&data).unwrap() == render(&other).unwrap());
}
