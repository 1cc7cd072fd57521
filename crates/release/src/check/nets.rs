//! What equal match keys show: inside the file, and between it and a partner's.

use std::io;

use super::{Context, Found, USUAL, percent};
use crate::agreement::{self, Known, Sight, Weights};
use crate::draws::Draws;
use crate::file::File;
use crate::household_attack;
use crate::keys::KeyView;
use crate::partner::{Likeness, Partner};
use crate::scene::{ListQuality, Scene};
use crate::sharing::{self, Graph, Singled};
use crate::subject::Subject;
use kinfold_verdict::{Level, Line, Share};

/// Most records that may be singled out by shared keys inside the file.
const GRAPH_MAX: f64 = 0.01;
/// The graph of shared keys inside the file, and the graph of matches with an invented partner.
pub(super) fn graphs(context: &Context<'_>) -> io::Result<Found> {
    let subject = context.subject;
    if subject.shape.keys.is_empty() {
        return Ok(Found::default());
    }
    let why = "Records that share keys form a net; whoever draws the same net from a list finds people by their place in it.";
    let seen = Graph::of_codes(subject.codes)?;
    // Where no record shares anything the list has nothing to be laid beside.
    let singled = if seen.is_empty() {
        Singled::nobody(subject.records())
    } else {
        sharing::attack(&seen, &listed(subject)?, subject.records())
    };
    let sentence = if singled.with_edge.hits == 0 {
        "No two records of the file share a key.".to_owned()
    } else {
        format!(
            "{} of the records share a key with another; {} have a place in the net that is theirs alone, and {} are named by it.",
            percent(singled.with_edge.share),
            percent(singled.unique.share),
            percent(singled.named.share)
        )
    };
    let inside = Line::note("graph/inside", "match keys", why, sentence)
        .with("with a shared key", singled.with_edge.share)
        .with("alone in their place", singled.unique.share)
        .with("largest part", singled.largest_part as f64)
        .counted_at_most(
            if singled.unique.hits > singled.named.hits {
                singled.unique
            } else {
                singled.named
            },
            GRAPH_MAX,
            "Release each value of a match key once (cap 1).",
        );
    let mut lines = vec![inside];
    lines.extend(across(context)?);
    Ok(Found::of(lines))
}

/// The people of the list who would share a key. A value that a file may release once joins nobody.
fn listed(subject: &Subject<'_>) -> io::Result<Graph> {
    let mut keys = subject.shape.keys.clone();
    if keys.iter().any(|key| key.cap > 1) {
        for (key, listed) in keys.iter_mut().zip(subject.all_keys()?) {
            if key.cap > 1 {
                key.listed = listed;
            }
        }
    }
    Ok(Graph::of_list(&keys, subject.records()))
}

/// Most people whom a list may name by the match keys that agree, beyond chance: as of other attacks that know nobody (composite attack study,
/// 5.7 c). Half of it warns.
const WEIGHED_MAX: f64 = 0.01;
/// What the shipped schemas aim at in a file of 20,000. Whatever is surely above it warns. It cannot block: with all kinds mixed every number of
/// agreeing keys still has one person whom it fits best, some dozen in all, and in a small file a dozen are many.
const WEIGHED_AIM: f64 = 0.001;

/// The matches that the linkage unit would find with a partner who knows half of the people, some of them otherwise.
fn across(context: &Context<'_>) -> io::Result<Vec<Line>> {
    let size = *context.plan.nobody_known.last().unwrap_or(&USUAL);
    let seed = context.seed("graph/sample");
    let file = context.subject.sample_with_keys(size, &seed)?;
    let mut draws = context.draws("graph/partner");
    let partner = Partner::draw(&file.keys, Likeness::USUAL, &mut draws);
    let n = file.records;
    let seen = Graph::of_matches(&file.keys, &partner.written, n, n);
    // Somebody with both lists, slips included; and somebody with one list of the population without them.
    let exact = sharing::attack(&seen, &seen, n);
    let population = sharing::attack(
        &seen,
        &Graph::of_matches(&file.keys, &partner.listed, n, n),
        n,
    );
    let why = "The linkage unit sees how many keys of each pool two agencies' records share. Somebody who holds both agencies' lists, letter by letter, could find people by that.";
    let sentence = format!(
        "Of {n} records matched with an invented partner's, {} could be told by somebody with both lists to the letter, and {} were named with one list of the population.",
        percent(exact.unique.share),
        percent(population.named.share)
    );
    let line = Line::note("graph/across", "match keys", why, sentence)
        .with("both lists: alone in their place", exact.unique.share)
        .with("both lists: named", exact.named.share)
        .with("one list: named", population.named.share)
        .with("one list: at most", population.named.upper);
    let mut lines = vec![line, weighed(&file, &partner)];
    // Both samples at once would be twice as much.
    drop((file, partner, seen));
    lines.extend(with_homes(context)?);
    Ok(lines)
}

/// Most people whom the agreements of whole households are tried on.
const HOMES_PEOPLE_MAX: usize = 10_000;

/// What agrees of all members of a home together, with all else that household keys show.
fn with_homes(context: &Context<'_>) -> io::Result<Option<Line>> {
    if context.plan.quick || !context.subject.has_stays()? {
        return Ok(None);
    }
    let size = context
        .plan
        .nobody_known
        .iter()
        .rfind(|size| **size <= HOMES_PEOPLE_MAX);
    let Some(&size) = size else {
        return Ok(None);
    };
    let seed = context.seed("graph/homes/sample");
    let file = context.subject.sample_with_keys(size, &seed)?;
    let mut draws = context.draws("graph/homes");
    let partner = Partner::draw(&file.keys, Likeness::USUAL, &mut draws);
    let exact = Known::exact(&file.keys);
    let weights = Weights::new(exact, &[partner.known()], file.records, Sight::Pairs);
    let seed = context.seed("graph/homes/scene");
    let scene = Scene::draw(&file, ListQuality::EXACT, &seed).weighed(weights);
    let named = household_attack::attack_keys(&scene, &mut draws).households;
    let share = named.all.unwrap_or(Share::new(0, 0));
    // Whoever guesses a household of the right size and an order of its members names one of each size.
    let chance =
        named.by_size.iter().filter(|share| share.of > 0).count() as f64 / share.of.max(1) as f64;
    let why = "Records of one home belong together, and so do the numbers of keys of them that agree with a partner's, and which of them the partner has. What says little of one person says much of five.";
    let sentence = format!(
        "Somebody who sees which keys agree and which records share a home, has one list of the population and knows whom the partner has, names {} of {} records (at most {}; chance names {}).",
        percent(share.share),
        file.records,
        percent(share.upper),
        percent(chance)
    );
    let mut line = Line::note(
        "graph/homes",
        "household keys and match keys",
        why,
        sentence,
    )
    .with("named", share.share)
    .with("at most", share.upper)
    .with("chance", chance);
    line.by_size.clone_from(&named.by_size);
    let level = if share.lower() > WEIGHED_AIM + chance {
        Level::Warn
    } else {
        Level::Pass
    };
    let line = context.with_those_without_filters(line);
    Ok(Some(line.judge(
        level,
        "Make sure that nobody who sees the codes holds a list of the people or knows whom the partners have, or agree on a schema without household keys.",
    )))
}

/// The same with one list, by somebody who weighs what agrees instead of looking for the very pattern.
fn weighed(file: &File, partner: &Partner) -> Line {
    let agreed = agreement::attack(
        Known::exact(&file.keys),
        &[partner.known()],
        file.records,
        Sight::Strangers,
    );
    let why = "Whether a key can agree at all depends on which of a person's values nobody else has, and a list of the population says that of everybody. Whoever sees which kinds of keys agree finds people by it; of a pool he sees only how many.";
    let sentence = format!(
        "Somebody who sees which keys agree with an invented partner's, and has one list of the population, names {} of {} records (at most {}), without knowing anybody.",
        percent(agreed.named.share),
        file.records,
        percent(agreed.named.upper)
    );
    // Whoever guesses names one.
    let chance = 1.0 / file.records.max(1) as f64;
    let line = Line::note("graph/weighed", "match keys", why, sentence)
        .with("paired", agreed.paired.share)
        .with("bits", agreed.bits)
        .with("chance", chance)
        .with("surest tenth: right", agreed.surest_tenth.share)
        .share_beyond_chance(agreed.named, chance, WEIGHED_MAX, DO_WEIGHED);
    if agreed.named.lower() > WEIGHED_AIM + chance {
        line.judge(Level::Warn, DO_WEIGHED)
    } else {
        line
    }
}

const DO_WEIGHED: &str = "Send larger files, or agree on a schema whose match keys are mixed in fewer pools (`pool`). As for everything here, nobody who sees the codes may hold a list of the people.";

/// The weighing on two files without slips, in which every kind of key is seen by itself: of those whose pattern nobody else has, the share
/// that is named. Nothing where too few have such a pattern.
pub(super) fn weighed_control(file: &File, draws: &mut Draws) -> Option<f64> {
    let kinds: Vec<KeyView> = file.keys.iter().flat_map(KeyView::apart).collect();
    let likeness = Likeness {
        slips: 0.0,
        ..Likeness::USUAL
    };
    let partner = Partner::draw(&kinds, likeness, draws);
    let partners = [partner.known()];
    let exact = Known::exact(&kinds);
    let agreed = agreement::attack(exact, &partners, file.records, Sight::Pairs);
    (agreed.alone >= 20).then(|| agreed.named.hits as f64 / agreed.alone as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 32] = [12; 32];
    const PEOPLE: usize = 2_000;

    /// People with forty kinds of keys, all in one pool or each by itself; whose values are nobody else's is drawn.
    fn file(rare: f64, pooled: bool) -> File {
        let mut draws = Draws::new(&SEED, "nets");
        let mut value = |kind: u64, person: u64| {
            let own = draws.share() < rare;
            if own {
                1_000 * (kind + 1) + person
            } else {
                kind
            }
        };
        let mut listed = vec![Vec::new(); PEOPLE];
        for kind in 0..40 {
            for (person, own) in (0..).zip(&mut listed) {
                own.push((kind as u16, value(kind, person)));
            }
        }
        let all = KeyView {
            id: "all".to_owned(),
            cap: 1,
            slots: vec![1; 40],
            seen: vec![Vec::new(); PEOPLE],
            listed,
        };
        File {
            records: PEOPLE,
            keys: if pooled { vec![all] } else { all.apart() },
            ..File::default()
        }
    }

    fn line(file: &File) -> Line {
        let mut draws = Draws::new(&SEED, "partner");
        weighed(
            file,
            &Partner::draw(&file.keys, Likeness::USUAL, &mut draws),
        )
    }

    #[test]
    fn kinds_seen_by_themselves_are_refused_and_the_attack_proves_itself() {
        let told = file(0.5, false);
        let control = weighed_control(&told, &mut Draws::new(&SEED, "control"));
        assert!(control.unwrap() > 0.99);
        let line = line(&told);
        assert_eq!(line.level, Level::Block, "{line:?}");
        // Half of the people are there.
        assert!(line.share.unwrap().share > 0.3, "{line:?}");
    }

    #[test]
    fn in_a_pool_they_are_not_told_apart_and_the_attack_proves_itself_all_the_same() {
        let told = file(0.5, true);
        let control = weighed_control(&told, &mut Draws::new(&SEED, "control"));
        assert!(control.unwrap() > 0.99);
        let line = line(&told);
        // So few people show nothing surely.
        assert_eq!(line.level, Level::Warn, "{line:?}");
        assert!(line.share.unwrap().share < 0.03, "{line:?}");
    }

    #[test]
    fn where_every_value_is_rare_nothing_is_told_and_nothing_can_be_proved() {
        let same = file(1.0, false);
        assert_eq!(
            weighed_control(&same, &mut Draws::new(&SEED, "control")),
            None
        );
        assert_eq!(line(&same).share.unwrap().hits, 0);
    }
}
