//! Facts that must agree before a page is made of them. A report that contradicts itself is worse than none.

use super::{Error, HouseholdFacts, ReportData};

pub(super) fn check(data: &ReportData) -> Result<(), Error> {
    let households: u64 = data.households_by_current_needs.iter().sum();
    ensure(
        households == data.totals.households,
        "households by current needs",
        || {
            format!(
                "they add up to {households}, not to the {} households",
                data.totals.households
            )
        },
    )?;
    let people: u64 = data.totals.people_by_custodians.iter().sum();
    ensure(people == data.totals.people, "people by custodians", || {
        format!(
            "they add up to {people}, not to the {} people",
            data.totals.people
        )
    })?;
    for need in &data.needs {
        let sum = need.current + need.past + need.checked + need.no_data + need.withheld;
        ensure(
            sum == data.totals.households,
            &format!("the need `{}`", need.indicator),
            || {
                format!(
                    "its states add up to {sum}, not to the {} households",
                    data.totals.households
                )
            },
        )?;
    }
    for set in &data.overlap {
        for indicator in &set.indicators {
            ensure(
                data.needs.iter().any(|need| need.indicator == *indicator),
                "the overlap of needs",
                || format!("there is no need `{indicator}`"),
            )?;
        }
    }
    for bin in &data.links.histogram {
        ensure(
            bin.from.is_finite() && bin.to.is_finite() && bin.from < bin.to,
            "the histogram of match weights",
            || "a bin has no width".to_string(),
        )?;
    }
    for (verdict, pairs, total) in [
        (
            "linked",
            data.links.histogram.iter().map(|bin| bin.linked).sum(),
            data.links.links,
        ),
        (
            "for review",
            data.links
                .histogram
                .iter()
                .map(|bin| bin.review)
                .sum::<u64>(),
            data.links.review,
        ),
    ] {
        ensure(pairs == total, "the histogram of match weights", || {
            format!("its pairs {verdict} add up to {pairs}, not to {total}")
        })?;
    }
    data.households
        .iter()
        .try_for_each(|household| check_household(data, household))
}

fn check_household(data: &ReportData, household: &HouseholdFacts) -> Result<(), Error> {
    let place = format!("household {}", household.reference);
    let members = household.people.len();
    ensure(household.needs.len() == data.needs.len(), &place, || {
        format!(
            "it has {} needs, not {}",
            household.needs.len(),
            data.needs.len()
        )
    })?;
    for (need, total) in household.needs.iter().zip(&data.needs) {
        ensure(need.indicator == total.indicator, &place, || {
            "its needs are in another order".to_string()
        })?;
        ensure(need.people.len() == members, &place, || {
            format!(
                "the need `{}` has the states of {} people, not {members}",
                need.indicator,
                need.people.len()
            )
        })?;
    }
    let positions = household
        .timeline
        .iter()
        .filter_map(|event| event.person)
        .chain(household.joins.iter().filter_map(|j| j.person));
    for position in positions {
        ensure(position < members, &place, || {
            format!("it speaks of person {position} and has {members}")
        })?;
    }
    Ok(())
}

fn ensure(holds: bool, place: &str, message: impl FnOnce() -> String) -> Result<(), Error> {
    if holds {
        Ok(())
    } else {
        Err(Error::Data {
            place: place.to_string(),
            message: message(),
        })
    }
}
