//! The page as a whole: a golden file, and the promises that a reader cannot check by looking.

mod abuse;
mod fixture;

use kinfold_indicators::NeedState;

use super::{Error, ReportData, render};

/// The page of the fixture, byte for byte. `UPDATE_GOLDEN=1 cargo test -p kinfold-hub report` writes it anew; look at it in a browser
/// before you commit it.
#[test]
fn the_page_is_the_golden_file() {
    let page = render(&fixture::report()).unwrap();
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/report/golden/report.html");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(path, &page).unwrap();
    }
    let golden = std::fs::read_to_string(path).unwrap();
    // Not assert_eq: the difference of two pages is unreadable in a terminal.
    assert!(page == golden, "the page differs from {path}");
}

#[test]
fn the_same_data_gives_the_same_bytes() {
    assert_eq!(
        render(&fixture::report()).unwrap(),
        render(&fixture::report()).unwrap()
    );
}

#[test]
fn a_page_says_since_when_each_member_is_there() {
    let mut data = fixture::report();
    abuse::without(&mut data.households[0]);
    let page = render(&data).unwrap();
    for since in ["by March 2026", "since November 2019", "not known"] {
        assert!(page.contains(&format!("<td>{since}</td>")), "{since}");
    }
}

/// No script, and nothing that a browser would fetch.
#[test]
fn the_page_fetches_nothing() {
    let page = render(&fixture::report()).unwrap();
    for forbidden in [
        "<script",
        "<link",
        "<img",
        "<iframe",
        "@import",
        "@font-face",
        "http://",
        "https://",
        "javascript:",
        " src=",
        "onload",
    ] {
        assert!(!page.contains(forbidden), "{forbidden}");
    }
    for (position, _) in page.match_indices("url(") {
        assert!(
            page[position..].starts_with("url(#"),
            "only patterns of the page itself"
        );
    }
    assert!(page.contains("default-src 'none'"));
}

#[test]
fn anchors_lead_somewhere_and_ids_are_unique() {
    let page = render(&fixture::report()).unwrap();
    let ids: Vec<&str> = attribute(&page, " id=\"");
    let unique: std::collections::BTreeSet<&str> = ids.iter().copied().collect();
    assert_eq!(ids.len(), unique.len());
    for target in attribute(&page, "href=\"#") {
        assert!(unique.contains(target), "{target}");
    }
    for labels in attribute(&page, "aria-labelledby=\"") {
        for label in labels.split(' ') {
            assert!(unique.contains(label), "{label}");
        }
    }
}

/// Every chart is followed by its table.
#[test]
fn every_chart_has_a_title_a_description_and_a_table() {
    let page = render(&fixture::report()).unwrap();
    let charts: Vec<&str> = page.split("<div class=\"chart\"").skip(1).collect();
    assert!(charts.len() > 8);
    for chart in charts {
        let table = chart.find("<table").unwrap();
        assert!(chart[..table].contains("<title") && chart[..table].contains("<desc"));
    }
}

#[test]
fn words_from_outside_are_escaped() {
    let mut data = fixture::report();
    data.agreement.name = "<script>alert(1)</script>".into();
    data.custodians[0].name = "A & B <i>".into();
    data.households[0].contacts[0].contact = "\"><b>".into();
    let page = render(&data).unwrap();
    assert!(!page.contains("<script>") && !page.contains("A & B <i>") && !page.contains("\"><b>"));
    assert!(page.contains("A &amp; B &lt;i&gt;"));
}

#[test]
fn a_withheld_person_is_only_somebody() {
    let mut data = fixture::report();
    let household = &mut data.households[0];
    household.people[1].withheld = true;
    household.people[1].reference = "P-SECRET".into();
    household.people[1].custodians = vec!["Secret custodian".into()];
    household.timeline[0].person = Some(1);
    household.timeline[0].what = "secret event".into();
    household.joins[0].person = Some(1);
    household.joins[0].sentence = "Secret sentence.".into();
    for need in &mut household.needs {
        need.people[1] = NeedState::Current;
    }
    let page = render(&data).unwrap().to_lowercase();
    assert!(!page.contains("secret"));
    assert!(page.contains("1 withheld"));
}

#[test]
fn adults_come_before_children_whatever_the_order_of_the_data() {
    let mut data = fixture::report();
    abuse::without(&mut data.households[0]);
    let page = render(&data).unwrap();
    // The last child becomes the first member: every list that speaks of members by position moves with it.
    let household = &mut data.households[0];
    household.people.rotate_right(1);
    household
        .needs
        .iter_mut()
        .for_each(|need| need.people.rotate_right(1));
    let members = household.people.len();
    let events = household
        .timeline
        .iter_mut()
        .filter_map(|event| event.person.as_mut());
    let joins = household
        .joins
        .iter_mut()
        .filter_map(|join| join.person.as_mut());
    events
        .chain(joins)
        .for_each(|person| *person = (*person + 1) % members);
    let moved = render(&data).unwrap();
    let head = "<th scope=\"col\">Adult A</th><th scope=\"col\">Adult B</th><th scope=\"col\">Child 1</th>";
    assert!(page.contains(head) && moved.contains(head));
    let joins = |page: &str| {
        page[page.find("class=\"joins\"").unwrap()..]
            .lines()
            .take(4)
            .map(str::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(
        joins(&page)[..3],
        joins(&moved)[..3],
        "the adults' sentences stay with the adults"
    );
}

/// Without contacts in the agreement the page still says which agency to ask.
#[test]
fn agencies_without_a_named_service_are_still_named() {
    let mut data = fixture::report();
    data.households.truncate(1);
    data.households[0].contacts.clear();
    data.households[0].timeline[0].service.clear();
    let page = render(&data).unwrap();
    assert!(page.contains("<strong>Eastmere Health Trust</strong>: no service named"));
    assert!(page.contains("No service is named in the evidence from Eastmere Council, Eastmere Health Trust, Eastmere Police and Eastmere Safeguarding Board"));
    assert!(
        page.contains("<td>Eastmere Health Trust</td>"),
        "no comma dangles where the service is not known"
    );
}

#[test]
fn the_worklist_follows_the_rule_it_prints() {
    let mut data = fixture::report();
    let page = render(&data).unwrap();
    data.households.reverse();
    assert_eq!(
        render(&data).unwrap(),
        page,
        "the order of the data does not matter"
    );
    let counts: Vec<&str> = attribute(&page, "<span class=\"count\">");
    let mut sorted = counts.clone();
    sorted.sort_unstable_by(|a, b| b.cmp(a));
    assert_eq!(counts, sorted);
    assert!(counts.iter().all(|count| !count.starts_with('0')));
}

/// Three or more needs: listed and with a page, up to the limit, and the page says how many are left.
#[test]
fn households_with_several_needs_are_all_there_up_to_the_limit() {
    let page = render(&fixture::report()).unwrap();
    assert_eq!(page.matches("<article ").count(), 4);
    assert!(page.contains("57 households have three or more current needs. Of these 51 are not listed here and 53 have no page below; they are in needs.parquet."));
    let mut data = fixture::report();
    data.limits = crate::report::Limits::default();
    data.limits.sections = 1;
    data.households_by_current_needs = vec![506, 0, 0, 4, 0, 2, 0, 0];
    let page = render(&data).unwrap();
    assert_eq!(page.matches("<article ").count(), 6);
    assert!(page.contains("Every one is listed here and has a page below."));
}

/// The table of match weights says what the sentence says.
#[test]
fn pairs_by_weight_add_up_to_the_sentence() {
    let page = render(&fixture::report()).unwrap();
    assert!(page.contains("5,328 pairs of records were linked and 45 are for review."));
    assert!(
        page.contains(
            "<th scope=\"row\">All</th><td class=\"n\">5,328</td><td class=\"n\">45</td>"
        )
    );
}

#[test]
fn an_empty_result_is_still_a_page() {
    let page = render(&ReportData::default()).unwrap();
    assert!(
        page.contains("No package has been received.")
            && page.contains("No household has a current need.")
    );
    assert!(!page.contains("NaN") && !page.contains("\"inf"));
}

#[test]
fn facts_that_contradict_each_other_are_refused() {
    let refused = |change: fn(&mut ReportData), place: &str| {
        let mut data = fixture::report();
        change(&mut data);
        match render(&data) {
            Err(Error::Data { place: found, .. }) => assert_eq!(found, place),
            other => panic!("{place}: {:?}", other.map(|page| page.len())),
        }
    };
    refused(|data| data.needs[2].past += 1, "the need `domestic-abuse`");
    refused(
        |data| data.households_by_current_needs[0] += 1,
        "households by current needs",
    );
    refused(
        |data| data.totals.people_by_custodians[0] += 1,
        "people by custodians",
    );
    refused(
        |data| data.links.histogram[20].linked += 1,
        "the histogram of match weights",
    );
    refused(
        |data| data.overlap[0].indicators = vec!["luck".into()],
        "the overlap of needs",
    );
    refused(
        |data| data.households[0].needs.swap(0, 1),
        "household HH-7Q4K-2MWD",
    );
    refused(
        |data| data.households[0].needs[0].people.clear(),
        "household HH-7Q4K-2MWD",
    );
    refused(
        |data| data.households[0].timeline[0].person = Some(99),
        "household HH-7Q4K-2MWD",
    );
    assert!(kinfold_message::explain("E-REPORT-DATA").is_some());
}

/// The words are the project's: nobody is a problem, a risk or a score.
#[test]
fn the_page_speaks_with_respect() {
    // The one line that must name a danger plainly.
    let page = render(&fixture::report())
        .unwrap()
        .to_lowercase()
        .replace("a suspect must not learn of a referral", "");
    for word in ["problem", "troubled", "high-risk", "suspect", "perpetrator"] {
        assert!(!page.contains(word), "{word}");
    }
    for (position, _) in page.match_indices("risk") {
        let after = &page[position..];
        assert!(
            after.starts_with("risk score") || after.starts_with("risk assessment conference"),
            "{after:.40}"
        );
    }
}

fn attribute<'a>(page: &'a str, before: &str) -> Vec<&'a str> {
    page.split(before)
        .skip(1)
        .filter_map(|rest| rest.split(['"', '<']).next())
        .collect()
}
