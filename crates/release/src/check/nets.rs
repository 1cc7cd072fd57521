//! What equal match keys show: inside the file, and between it and a partner's.

use super::{Context, Found, USUAL, percent};
use crate::agreement;
use crate::draws::Draws;
use crate::file::{File, KeyView};
use crate::sharing::{self, Graph};
use kinfold_verdict::{Level, Line};

/// Most records that may be singled out by shared keys inside the file.
const GRAPH_MAX: f64 = 0.01;
/// Share of the people that an invented partner has too, and of their values that differ there.
const PARTNER: (f64, f64) = (0.5, 0.2);

/// The graph of shared keys inside the file, and the graph of matches with an invented partner.
pub(super) fn graphs(context: &Context<'_>) -> Found {
    let file = context.file;
    if file.keys.is_empty() {
        return Found::default();
    }
    let why = "Records that share keys form a net; whoever draws the same net from a list finds people by their place in it.";
    let seen = Graph::of_seen(&file.keys, file.records);
    let list = Graph::of_list(&file.keys, file.records);
    let singled = sharing::attack(&seen, &list, file.records);
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
    lines.extend(across(context));
    Found::of(lines)
}

/// An invented partner of a file: who of its people is there, with some values written otherwise and as a list has them.
struct Partner {
    slipped: Vec<KeyView>,
    listed: Vec<KeyView>,
}

impl Partner {
    fn draw(file: &File, slips: f64, draws: &mut Draws) -> Self {
        let has: Vec<bool> = (0..file.records)
            .map(|_| draws.share() < PARTNER.0)
            .collect();
        let mut written = |slips: f64| -> Vec<KeyView> {
            let mut of_key = |key: &KeyView| {
                let mut own = |values: &Vec<u64>| -> Vec<u64> {
                    // Another number for a value is a value that nobody else has.
                    let mut value = |value: &u64| {
                        if slips > 0.0 && draws.share() < slips {
                            draws.word()
                        } else {
                            *value
                        }
                    };
                    values.iter().map(&mut value).collect()
                };
                let people = key.listed.iter().zip(&has);
                KeyView {
                    listed: people
                        .map(|(values, has)| if *has { own(values) } else { Vec::new() })
                        .collect(),
                    ..key.clone()
                }
            };
            file.keys.iter().map(&mut of_key).collect()
        };
        Self {
            slipped: written(slips),
            listed: written(0.0),
        }
    }
}

/// Whoever is named of more records than this, surely, is warned about. Nothing was published that could say where to stop, and no ladder of
/// keys that links well is below it: see `docs/src/explanation/privacy-frontier.md`.
const WEIGHED_MAX: f64 = 0.01;

/// The matches that the linkage unit would find with a partner who knows half of the people, some of them otherwise.
fn across(context: &Context<'_>) -> Vec<Line> {
    let size = *context.plan.sizes.last().unwrap_or(&USUAL);
    let file = context.file.sample(size, &context.seed("graph/sample"));
    let partner = Partner::draw(&file, PARTNER.1, &mut context.draws("graph/partner"));
    let n = file.records;
    let seen = Graph::of_matches(&file.keys, &partner.slipped, n, n);
    // Somebody with both lists, slips included; and somebody with one list of the population without them.
    let exact = sharing::attack(&seen, &seen, n);
    let population = sharing::attack(
        &seen,
        &Graph::of_matches(&file.keys, &partner.listed, n, n),
        n,
    );
    let why = "The linkage unit sees which kinds of keys two agencies' records share. Somebody who holds both agencies' lists, letter by letter, could find people by that.";
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
    vec![line, weighed(&file, &partner)]
}

/// The same with one list, by somebody who weighs patterns instead of looking for the very one.
fn weighed(file: &File, partner: &Partner) -> Line {
    let listed = (&file.keys[..], &partner.listed[..]);
    let agreed = agreement::attack(&file.keys, &partner.slipped, listed, file.records);
    let why = "Which kinds of keys can agree depends on which of a person's values nobody else has, and a list of the population says that of everybody. The linkage unit has to see what agrees: it must not hold such a list.";
    let sentence = format!(
        "Somebody who sees which kinds of keys agree with an invented partner's, and has one list of the population, names {} of {} records (at most {}), without knowing anybody.",
        percent(agreed.named.share),
        file.records,
        percent(agreed.named.upper)
    );
    let level = if agreed.named.lower() > WEIGHED_MAX {
        Level::Warn
    } else {
        Level::Pass
    };
    Line::note("graph/weighed", "match keys", why, sentence)
        .with("paired", agreed.paired.share)
        .with("named", agreed.named.share)
        .with("at most", agreed.named.upper)
        .with("surest tenth: right", agreed.surest_tenth.share)
        .judge(
            level,
            "Make sure that nobody who sees the codes holds a list of the people, or agree on a schema with fewer kinds of match keys.",
        )
}

/// The weighing of patterns on two files without slips: of those whose pattern nobody else has, the share that is named. Nothing where too few
/// have such a pattern.
pub(super) fn weighed_control(file: &File, draws: &mut Draws) -> Option<f64> {
    let partner = Partner::draw(file, 0.0, draws);
    let listed = (&file.keys[..], &partner.listed[..]);
    let agreed = agreement::attack(&file.keys, &partner.listed, listed, file.records);
    (agreed.alone >= 20).then(|| agreed.named.hits as f64 / agreed.alone as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SEED: [u8; 32] = [12; 32];

    /// People with forty kinds of keys; whose values are nobody else's is drawn.
    fn file(rare: f64) -> File {
        let mut draws = Draws::new(&SEED, "nets");
        let people = 200;
        let keys = (0..40u64).map(|kind| {
            let mut value = |person: u64| {
                let own = draws.share() < rare;
                vec![if own {
                    1_000 * (kind + 1) + person
                } else {
                    kind
                }]
            };
            let listed: Vec<Vec<u64>> = (0..people).map(&mut value).collect();
            KeyView {
                id: format!("kind {kind}"),
                cap: 1,
                seen: vec![vec![[0; 16]]; listed.len()],
                listed,
            }
        });
        File {
            records: people as usize,
            keys: keys.collect(),
            ..File::default()
        }
    }

    #[test]
    fn rare_values_are_warned_about_and_the_attack_proves_itself() {
        let told = file(0.5);
        let mut draws = Draws::new(&SEED, "partner");
        assert!(weighed_control(&told, &mut draws).unwrap() > 0.99);
        let partner = Partner::draw(&told, PARTNER.1, &mut draws);
        let line = weighed(&told, &partner);
        assert_eq!(line.level, Level::Warn, "{line:?}");
        // Half of the people are there.
        assert!(line.figures["named"] > 0.3, "{line:?}");
    }

    #[test]
    fn where_every_value_is_rare_nothing_is_told_and_nothing_can_be_proved() {
        let same = file(1.0);
        let mut draws = Draws::new(&SEED, "partner");
        assert_eq!(weighed_control(&same, &mut draws), None);
        let partner = Partner::draw(&same, PARTNER.1, &mut draws);
        let line = weighed(&same, &partner);
        assert_eq!((line.level, line.figures["named"]), (Level::Pass, 0.0));
    }
}
