//! Every attack proves itself on plain codes of the same people first.

use std::collections::BTreeMap;

use super::{Context, Found, TOGETHER, USUAL};
use crate::file::File;
use crate::household_attack;
use crate::known::{Choice, attack, choose};
use crate::measures::count;
use crate::months;
use crate::scene::{ListQuality, Scene};
use crate::sharing::{self, Graph};
use kinfold_verdict::{Level, Line, Share};

/// Plain codes must be named this often (security study, section 3).
const MUST_NAME: f64 = 0.9;
/// Fewer people than this cannot prove an attack.
const LEAST_PEOPLE: usize = 50;

/// Whether some value of several people has a number of people that no other value has. In a small file all numbers may be tied, and then
/// nobody can read a value by its count.
fn tells_by_count(values: &[u64]) -> bool {
    let mut sorted = values.to_vec();
    sorted.sort_unstable();
    let mut of_size: BTreeMap<usize, usize> = BTreeMap::new();
    for group in sorted.chunk_by(|a, b| a == b) {
        *of_size.entry(group.len()).or_default() += 1;
    }
    of_size.range(2..).any(|(_, values)| *values == 1)
}

pub(super) fn controls(context: &Context<'_>) -> Found {
    let why = "An attack that fails on unprotected codes would say nothing when it fails on yours.";
    let sample = &context.sample;
    let plain = sample
        .with_all_filters()
        .coded(&context.seed("control/key"), 0);
    let scene = Scene::draw(&plain, ListQuality::EXACT, &context.seed("control/scene"));
    let mut draws = context.draws("control");
    let named = |share: Option<Share>| share.map_or(0.0, |share| share.share);
    let listed = scene
        .views
        .iter()
        .any(|view| view.tokens.iter().any(Option::is_some));
    let mut line = Line::note("control", TOGETHER, why, String::new());
    let mut broken = Vec::new();
    if !listed || sample.records < LEAST_PEOPLE {
        line.sentence = format!(
            "The file has too few people with filters ({}) to try the attacks on.",
            sample.records
        );
        return Found::of(vec![line.judge(
            Level::Broken,
            "Release these records together with others, or make a schema without filters.",
        )]);
    }
    let known = choose(
        &scene,
        20.min(scene.records / 4),
        Choice::Random,
        &mut draws,
    );
    let ranking = named(attack(&scene, &known, USUAL, &mut draws).all);
    line = line.with("known people: named of plain codes", ranking);
    if ranking < MUST_NAME {
        broken.push("the ranking by known people");
    }
    // Households are tried with the households of the list, so that a package without household keys proves the attack too.
    let homes = crate::homes::households(&plain.stays_listed, usize::MAX);
    let groups = crate::homes::groups_of(&homes);
    if groups.iter().filter(|group| group.len() > 2).count() >= 5 {
        let reached = household_attack::attack(&scene, &groups, &mut draws);
        // Larger homes are no households to the attack.
        let sizes = &reached.snowball.by_size[..5];
        let hits: u64 = sizes.iter().map(|share| share.hits).sum();
        let of: u64 = sizes.iter().map(|share| share.of).sum();
        let share = Share::new(hits, of).share;
        line = line.with("households: named of plain codes", share);
        if share < MUST_NAME {
            broken.push("the matching of households");
        }
    }
    if let Some(large) = large_homes(context, &plain) {
        line = line.with("large homes, five drawn: named of plain codes", large);
        if large < MUST_NAME {
            broken.push("the matching of large homes");
        }
    }
    // First names alone, unprotected: the commonest must be read by its count.
    let names: Vec<u64> = sample
        .names
        .iter()
        .filter_map(|own| own.first().copied())
        .collect();
    let values: Vec<Option<u64>> = names.iter().copied().map(Some).collect();
    let counts = count(&names, &values);
    if tells_by_count(&names) {
        line = line.with(
            "counts: read of plain first names",
            counts.read_by_count.share,
        );
        if counts.read_by_count.hits == 0 {
            broken.push("the counting of equal codes");
        }
    }
    // Keys that up to five people share: whoever stands alone in the graph must be named.
    let mut open = sample.keys.clone();
    for key in &mut open {
        key.cap = 5;
    }
    let graph = Graph::of_list(&open, sample.records);
    let singled = sharing::attack(&graph, &graph, sample.records);
    line = line.with(
        "graph: named with keys that five may share",
        singled.named.share,
    );
    if singled.named != singled.unique {
        broken.push("the graph of shared keys");
    }
    if let Some(share) = super::nets::weighed_control(sample, &mut context.draws("control/weighed"))
    {
        line = line.with(
            "keys that agree: named of those with a pattern alone",
            share,
        );
        if share < MUST_NAME {
            broken.push("the weighing of keys that agree");
        }
    }
    // With the same list whoever has a row of months alone must be named, and whoever has a pattern of homes alone, without months.
    // (All of them here: whose home is withheld cannot be found by it.)
    let open = File {
        stays_seen: plain.stays_listed.clone(),
        ..plain.clone()
    };
    let scene = Scene::draw(&open, ListQuality::EXACT, &context.seed("control/months"));
    let dated = months::attack(&scene, 0.0, &mut draws);
    if dated.alone >= 20 {
        let share = dated.alone_named as f64 / dated.alone as f64;
        line = line.with("months: named of those with months alone", share);
        if share < MUST_NAME {
            broken.push("the matching of months");
        }
    }
    let (by_homes, _) = scene.by_homes();
    let alone = by_homes.iter().flatten().count();
    if alone >= 20 {
        let share = scene.right(&by_homes).hits as f64 / alone as f64;
        line = line.with("homes: named of those with a pattern alone", share);
        if share < MUST_NAME {
            broken.push("the patterns of homes");
        }
    }
    line = if broken.is_empty() {
        line.sentence = format!(
            "On unprotected codes of the same {} people the attacks succeed: {} named with 20 people known.",
            sample.records,
            super::percent(ranking)
        );
        line.judge(Level::Pass, "")
    } else {
        line.sentence = format!(
            "On unprotected codes of the same people this fails: {}.",
            broken.join(", ")
        );
        line.judge(
            Level::Broken,
            "Nothing can be released on the word of this check. Report it with the figures of this line.",
        )
    };
    Found::of(vec![line])
}

/// Where the schema has some people of a large home drawn: how many of those homes are named of plain codes.
fn large_homes(context: &Context<'_>, plain: &File) -> Option<f64> {
    let listed = crate::homes::Shown::of(&plain.stays_listed, plain.group_max(), plain.crowd);
    if plain.drawn == 0 || listed.drawn.len() < 5 {
        return None;
    }
    let mut draws = context.draws("control/lots");
    let mut plain = plain.clone();
    plain.stays_seen = crate::homes::drawn_by_lot(
        &plain.stays_listed,
        plain.group_max(),
        plain.crowd,
        &mut draws,
    );
    let scene = Scene::draw(
        &plain,
        ListQuality::EXACT,
        &context.seed("control/large homes"),
    );
    let reached = household_attack::attack_keys(&scene, &mut draws);
    reached.snowball.by_size.last().map(|share| share.share)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tied_counts_tell_nothing() {
        assert!(!tells_by_count(&[1, 2, 3]));
        assert!(!tells_by_count(&[1, 1, 2, 2, 3]));
        assert!(tells_by_count(&[1, 1, 2, 2, 2, 3]));
        assert!(!tells_by_count(&[]));
    }
}
