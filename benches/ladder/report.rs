//! What the search found, as tables, a picture and candidate schemas.

use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;

use kinfold_schema::{Fact, Recipe, Schema};

use crate::measure::{TOKEN_BYTES, measure};
use crate::pair::encoded_share;
use crate::picture::{Line, draw};
use crate::schemas::{candidate, identifier_slots, shipped};
use crate::search::{AIMS, Ground, number_of, with_damaged};
use crate::select::{Aim, Taste};
use crate::table::{KeyFigures, Table};

/// Slots, identifiers included, of the frontier.
const BUDGETS: [usize; 7] = [20, 40, 60, 80, 100, 120, 143];
/// Of these, the ladders that are kept as schemas.
const KEPT: [usize; 4] = [60, 80, 100, 143];
/// The aim of `standard`.
const STANDARD: usize = 75_000;

/// A ladder with its arms in the table.
struct Chosen {
    name: String,
    aim: usize,
    slots: usize,
    arms: Vec<usize>,
}

impl Chosen {
    fn ladder(&self, table: &Table) -> Vec<(Recipe, u8)> {
        let rung = |arm: &usize| {
            let arm = &table.arms[*arm];
            (table.recipes[arm.key].clone(), arm.slots)
        };
        self.arms.iter().map(rung).collect()
    }
}

/// Writes `frontier.md`, `frontier.svg` and `candidates/*.toml`.
pub fn write(
    schema: &Schema,
    ground: &Ground,
    taste: Taste,
    out: &Path,
) -> Result<(), Box<dyn Error>> {
    let table = &ground.table;
    let identifiers = identifier_slots(schema);
    let own = Chosen {
        name: "shipped `standard`".to_owned(),
        aim: STANDARD,
        slots: schema.key_slots(),
        arms: arms_of(table, &shipped(schema)),
    };
    let mut chosen: Vec<Chosen> = Vec::new();
    for aim in AIMS {
        let budgets: &[usize] = if aim == STANDARD {
            &BUDGETS
        } else {
            &KEPT[..3]
        };
        let target = Aim::new(table, aim as f64, &[], taste);
        for &slots in budgets {
            chosen.push(Chosen {
                name: format!("{}-{slots}", short(aim)),
                aim,
                slots,
                arms: target.choose(slots - identifiers),
            });
            eprintln!("chosen for {aim} people, {slots} slots");
        }
    }
    let mut text = format!(
        "<!-- Written by the ladder bench. -->\n# Ladders of match keys: what was found\n\n\
         {} recipes tried, {} on the short list. A token has {TOKEN_BYTES} bytes. `75k-100` is the ladder of 100 slots chosen for files of 75,000 people; \
         {identifiers} slots are of identifiers, which none of the figures use. Chosen with {taste:?}.\n\n",
        ground.tried,
        table.recipes.len()
    );
    frontier(&mut text, table, &own, &chosen);
    growth(&mut text, table, &own, &chosen);
    left_out(&mut text, table, identifiers, taste);
    std::fs::create_dir_all(out.join("candidates"))?;
    std::fs::write(out.join("frontier.md"), &text)?;
    std::fs::write(out.join("frontier.svg"), picture(table, &own, &chosen))?;
    for one in chosen.iter().filter(|one| KEPT.contains(&one.slots)) {
        let toml = candidate(
            schema,
            &format!("ladder-{}", one.name),
            one.aim as u32,
            &one.ladder(table),
        );
        std::fs::write(out.join(format!("candidates/{}.toml", one.name)), toml)?;
    }
    let best = chosen
        .iter()
        .find(|one| (one.aim, one.slots) == (STANDARD, 100));
    if let Some(best) = best {
        let ladders = [
            (own.name.as_str(), shipped(schema)),
            (best.name.as_str(), best.ladder(table)),
        ];
        ceilings(&mut text, schema, ground, &ladders);
        key_by_key(&mut text, table, &best.ladder(table), &best.name);
    }
    key_by_key(&mut text, table, &shipped(schema), &own.name);
    // The longest part comes last and is written as it comes.
    whole(
        &mut text,
        schema,
        ground,
        &own,
        &chosen,
        &out.join("frontier.md"),
    )
}

fn short(people: usize) -> String {
    if people >= 1_000_000 {
        format!("{}m", people / 1_000_000)
    } else {
        format!("{}k", people / 1_000)
    }
}

/// The arms of a ladder: for each key the one with the most slots that are not more than the ladder's.
fn arms_of(table: &Table, ladder: &[(Recipe, u8)]) -> Vec<usize> {
    ladder
        .iter()
        .filter_map(|(recipe, slots)| {
            let key = number_of(&table.recipes, recipe)?;
            let within = |arm: &crate::table::Arm| arm.key == key && arm.slots <= *slots;
            table.arms.iter().rposition(within)
        })
        .collect()
}

/// The largest level of every set, and all levels of the boroughs: what tables show.
fn shown(table: &Table) -> Vec<usize> {
    let left = ["1/4", "1/2", "damaged"];
    let divided = |name: &str| left.iter().any(|end| name.ends_with(end));
    (0..table.levels.len())
        .filter(|level| !divided(&table.levels[*level].name))
        .collect()
}

fn header(text: &mut String, first: &[&str], rest: impl Iterator<Item = String>) {
    let mut cells: Vec<String> = first.iter().map(|cell| (*cell).to_owned()).collect();
    cells.extend(rest);
    let _ = writeln!(
        text,
        "| {} |\n|{}",
        cells.join(" | "),
        "---|".repeat(cells.len())
    );
}

fn frontier(text: &mut String, table: &Table, own: &Chosen, chosen: &[Chosen]) {
    text.push_str(
        "## Recall of true pairs at cap 1\n\n\"At its size\" is the mean over sets, each carried on to the size that the ladder is for; \
         that is what was optimised.\n\n",
    );
    let shown = shown(table);
    header(
        text,
        &[
            "ladder",
            "slots",
            "bytes",
            "keys",
            "at its size",
            "damaged sets, mean",
        ],
        shown.iter().map(|level| table.levels[*level].name.clone()),
    );
    for one in std::iter::once(own).chain(chosen) {
        let target = Aim::new(table, one.aim as f64, &[], Taste::WIDE);
        let _ = write!(
            text,
            "| {} | {} | {} | {} | {:.4}",
            one.name,
            one.slots,
            one.slots * TOKEN_BYTES,
            one.arms.len(),
            target.recall(&one.arms)
        );
        let damaged: Vec<f64> = (0..table.levels.len())
            .filter(|level| table.levels[*level].name.ends_with("damaged"))
            .map(|level| table.recall(&one.arms, level))
            .collect();
        let count = damaged.len().max(1) as f64;
        let _ = write!(text, " | {:.4}", damaged.iter().sum::<f64>() / count);
        for level in &shown {
            let _ = write!(text, " | {:.4}", table.recall(&one.arms, *level));
        }
        text.push_str(" |\n");
    }
    text.push('\n');
}

/// What the rule of usable records leaves to reach.
fn ceilings(
    text: &mut String,
    schema: &Schema,
    ground: &Ground,
    ladders: &[(&str, Vec<(Recipe, u8)>)],
) {
    text.push_str(
        "## What can be reached at all\n\nShare of true pairs whose two records are encoded under the shipped rule of usable records, and recall; then the same \
         if a name with a place of birth made a record usable as well.\n\n",
    );
    let mut wider = schema.clone();
    for name in [Fact::First, Fact::Last] {
        wider.usable.push(vec![name, Fact::BirthPlace]);
    }
    header(
        text,
        &["set", "encoded"],
        ladders
            .iter()
            .map(|(name, _)| (*name).to_owned())
            .chain(std::iter::once("encoded, wider rule".to_owned()))
            .chain(ladders.iter().map(|(name, _)| (*name).to_owned())),
    );
    for pair in ground.pairs.iter().filter(|pair| pair.size() < 20_000.0) {
        let _ = write!(text, "| {}", pair.name);
        for schema in [schema, &wider] {
            let _ = write!(text, " | {:.4}", encoded_share(pair, schema));
            for (_, ladder) in ladders {
                let _ = write!(text, " | {:.4}", measure(pair, schema, ladder).recall[0]);
            }
        }
        text.push_str(" |\n");
    }
    text.push('\n');
}

fn growth(text: &mut String, table: &Table, own: &Chosen, chosen: &[Chosen]) {
    text.push_str(
        "## What growth costs\n\nRecall at each size, and points (hundredths) lost a doubling from the smallest to the largest. Open sets: quarters, \
         halves, whole, every true pair once in each.\n\n",
    );
    let few: Vec<&Chosen> = std::iter::once(own)
        .chain(chosen.iter().filter(|one| one.slots == 100))
        .chain(
            chosen
                .iter()
                .filter(|one| (one.aim, one.slots) == (STANDARD, 60)),
        )
        .collect();
    header(
        text,
        &["set", "sizes"],
        few.iter().map(|one| one.name.clone()),
    );
    for (set, name) in table.sets.iter().enumerate() {
        if name.ends_with("damaged") {
            continue;
        }
        let levels: Vec<(usize, f64)> = table
            .levels_of(set)
            .map(|(number, level)| (number, level.size))
            .collect();
        let sizes: Vec<String> = levels
            .iter()
            .map(|(_, size)| format!("{size:.0}"))
            .collect();
        let _ = write!(text, "| {name} | {}", sizes.join(" / "));
        for one in &few {
            let recalls: Vec<f64> = levels
                .iter()
                .map(|(level, _)| table.recall(&one.arms, *level))
                .collect();
            let cells: Vec<String> = recalls
                .iter()
                .map(|recall| format!("{recall:.4}"))
                .collect();
            let last = levels.len() - 1;
            let doublings = libm::log2(levels[last].1 / levels[0].1);
            let lost = if last == 0 {
                "-".to_owned()
            } else {
                format!("{:.2}", 100.0 * (recalls[0] - recalls[last]) / doublings)
            };
            let _ = write!(text, " | {} ({lost})", cells.join(" / "));
        }
        text.push_str(" |\n");
    }
    text.push('\n');
}

fn left_out(text: &mut String, table: &Table, identifiers: usize, taste: Taste) {
    text.push_str(
        "## Is the choice tuned to one set?\n\nLadders of 100 slots for 75,000 people: recall on a set when all sets chose, and when this one (and \
         its damaged copy) was left out of the choosing.\n\n",
    );
    header(
        text,
        &[
            "set",
            "all sets chose",
            "this one left out",
            "keys in common",
        ],
        std::iter::empty(),
    );
    let slots = 100 - identifiers;
    let all = Aim::new(table, STANDARD as f64, &[], taste).choose(slots);
    for (set, name) in table.sets.iter().enumerate() {
        let left_out = with_damaged(table, set);
        if name.ends_with("damaged") || left_out.len() == table.sets.len() {
            continue;
        }
        let without = Aim::new(table, STANDARD as f64, &left_out, taste).choose(slots);
        let Some((level, _)) = table.levels_of(set).last() else {
            continue;
        };
        let key = |arm: &usize| table.arms[*arm].key;
        let keys: Vec<usize> = all.iter().map(key).collect();
        let common = without
            .iter()
            .filter(|arm| keys.contains(&key(arm)))
            .count();
        let _ = writeln!(
            text,
            "| {name} | {:.4} | {:.4} | {common} of {} |",
            table.recall(&all, level),
            table.recall(&without, level),
            keys.len()
        );
    }
    text.push('\n');
}

fn whole(
    text: &mut String,
    schema: &Schema,
    ground: &Ground,
    own: &Chosen,
    chosen: &[Chosen],
    path: &Path,
) -> Result<(), Box<dyn Error>> {
    text.push_str(
        "## Whole ladders\n\nRecall and different pairs of strangers a record at caps 1, 2 and 5; slots filled with real tokens (mean, 99th percentile); \
         records with a unique place in the graph of who meets whom at cap 1, where the attacker holds both files and sees which keys agree (and only \
         how many); best F1, one-to-one, with weights of patterns learnt with truth. Sets marked * took no part in the choice.\n\n",
    );
    header(
        text,
        &[
            "set",
            "ladder",
            "recall 1 / 2 / 5",
            "strangers 1 / 2 / 5",
            "filled",
            "unique",
            "F1",
        ],
        std::iter::empty(),
    );
    let wanted = |one: &&Chosen| match one.aim {
        STANDARD => KEPT.contains(&one.slots),
        _ => one.slots == 100 && one.aim >= 250_000,
    };
    let ladders: Vec<(&str, Vec<(Recipe, u8)>)> =
        std::iter::once((own.name.as_str(), shipped(schema)))
            .chain(
                chosen
                    .iter()
                    .filter(wanted)
                    .map(|one| (one.name.as_str(), one.ladder(&ground.table))),
            )
            .collect();
    for (number, pair) in ground.pairs.iter().enumerate() {
        let mark = if number < ground.seen { "" } else { " *" };
        // The largest boroughs take minutes a ladder: three are enough there.
        let few = ["75k-100", "250k-100", own.name.as_str()];
        for (name, ladder) in &ladders {
            if pair.size() > 20_000.0 && !few.contains(name) {
                continue;
            }
            let found = measure(pair, schema, ladder);
            let three = |numbers: [f64; 3], places: usize| {
                let cells = numbers.map(|number| format!("{number:.places$}"));
                cells.join(" / ")
            };
            let _ = writeln!(
                text,
                "| {}{mark} | {name} | {} | {} | {:.1}, {} | {:.3} ({:.3}) | {:.4} |",
                pair.name,
                three(found.recall, 4),
                three(found.strangers, 3),
                found.filled,
                found.filled99,
                found.unique[0],
                found.unique[1],
                found.f1
            );
        }
        std::fs::write(path, &*text)?;
        eprintln!("measured {}", pair.name);
    }
    Ok(())
}

fn key_by_key(text: &mut String, table: &Table, ladder: &[(Recipe, u8)], name: &str) {
    let _ = writeln!(
        text,
        "## Key by key: {name}\n\nIn each set, for the key alone without a limit of slots: recall at cap 1, strangers a record, slots that 99 of 100 \
         records need. \"Bits\": entropy of the key's values in the largest file (a list of the commonest values carries whoever has the key the \
         farther the fewer bits there are).\n"
    );
    let figures: Vec<&(String, Vec<KeyFigures>)> = table
        .figures
        .iter()
        .filter(|(name, _)| !name.ends_with("damaged"))
        .collect();
    header(
        text,
        &["key", "slots", "bits"],
        figures.iter().map(|(name, _)| name.clone()),
    );
    for (recipe, slots) in ladder {
        let Some(key) = number_of(&table.recipes, recipe) else {
            continue;
        };
        let bits = table
            .figures
            .last()
            .map_or(0.0, |(_, keys)| keys[key].entropy);
        let _ = write!(text, "| {recipe} | {slots} | {bits:.1}");
        for (_, keys) in &figures {
            let own = &keys[key];
            let _ = write!(
                text,
                " | {:.3} {:.2} {}",
                own.recall[0], own.strangers[0], own.slots99
            );
        }
        text.push_str(" |\n");
    }
    text.push('\n');
}

fn picture(table: &Table, own: &Chosen, chosen: &[Chosen]) -> String {
    let lines: Vec<Line> = shown(table)
        .into_iter()
        .map(|level| Line {
            name: table.levels[level].name.clone(),
            points: chosen
                .iter()
                .filter(|one| one.aim == STANDARD)
                .map(|one| (one.slots, table.recall(&one.arms, level)))
                .collect(),
            shipped: (own.slots, table.recall(&own.arms, level)),
        })
        .collect();
    draw(
        "Recall of true pairs at cap 1, ladders chosen for 75,000 people",
        &lines,
    )
}
