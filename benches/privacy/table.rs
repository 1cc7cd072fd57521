//! The frontier as tables: one for machines, some for people.

use std::error::Error;

use serde::Serialize;

use crate::attacks::Attack;
use crate::summary::{Reached, Summary};

#[derive(Serialize)]
struct Line<'a> {
    scheme: &'a str,
    kind: &'a str,
    f1: Option<f64>,
    people: usize,
    attack: &'a str,
    boroughs: u64,
    named: u64,
    of: u64,
    share: f64,
    upper: f64,
    chance: f64,
    surest_right: u64,
    surest: u64,
}

fn rounded(value: f64) -> f64 {
    (value * 1e6).round() / 1e6
}

/// One line for each scheme, size and attack.
pub fn csv(summary: &Summary<'_>) -> Result<Vec<u8>, Box<dyn Error>> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for point in &summary.points {
        let f1 = point.f1(&summary.sets).map(rounded);
        for size in summary.sizes() {
            for attack in Attack::ALL {
                let id = attack.id();
                let Some(reached) = point.reached.get(&(size, id.clone())) else {
                    continue;
                };
                let share = reached.share();
                writer.serialize(Line {
                    scheme: &point.scheme.id,
                    kind: if point.scheme.is_alone() {
                        "filter"
                    } else {
                        "package"
                    },
                    f1,
                    people: size,
                    attack: &id,
                    boroughs: reached.files,
                    named: reached.named,
                    of: reached.of,
                    share: share.share,
                    upper: share.upper,
                    chance: rounded(reached.chance),
                    surest_right: reached.sure,
                    surest: reached.sure_of,
                })?;
            }
        }
    }
    Ok(writer.into_inner()?)
}

/// A share with its bound, in percent.
fn percent(reached: &Reached) -> String {
    let share = reached.share();
    let short = |value: f64| match value * 100.0 {
        value if value >= 99.95 => "100".to_owned(),
        value if value >= 9.95 => format!("{value:.0}"),
        value if value >= 0.995 => format!("{value:.1}"),
        value => format!("{value:.2}"),
    };
    format!("{} ({})", short(share.share), short(share.upper))
}

/// Tables of linkage and of each size of file.
pub fn markdown(summary: &Summary<'_>) -> String {
    let mut text = String::from(
        "<!-- Written by the frontier bench. -->\n# The frontier: what was found\n\n## Linkage, F1\n\n\
         One filter alone: at the threshold that the truth says is best, a record once. Packages: at kinfold's own threshold. \"Mean\" is over the \
         sets with birth dates.\n\n",
    );
    text.push_str(&format!(
        "| scheme | mean | {} |\n|---|---|{}\n",
        summary.sets.join(" | "),
        "---|".repeat(summary.sets.len())
    ));
    for point in summary.points.iter().filter(|point| !point.f1.is_empty()) {
        let own: Vec<String> = summary
            .sets
            .iter()
            .map(|set| {
                point
                    .f1
                    .get(set)
                    .map_or("-".to_owned(), |f1| format!("{f1:.4}"))
            })
            .collect();
        let mean = point.f1(&summary.sets);
        text.push_str(&format!(
            "| {} | {} | {} |\n",
            point.scheme.label,
            mean.map_or("-".to_owned(), |f1| format!("{f1:.4}")),
            own.join(" | ")
        ));
    }
    for size in summary.sizes() {
        let attacks: Vec<Attack> = Attack::ALL
            .into_iter()
            .filter(|attack| {
                let key = (size, attack.id());
                summary
                    .points
                    .iter()
                    .any(|point| point.reached.contains_key(&key))
            })
            .collect();
        let ids: Vec<String> = attacks.iter().map(|attack| attack.id()).collect();
        text.push_str(&format!(
            "\n## Named, of {size} people\n\nPercent, in brackets at most (95 %). `known-N`: of those who live with none of the known. \
             A `-` was not run or does not apply.\n\n| scheme | boroughs | {} |\n|---|---|{}\n",
            ids.join(" | "),
            "---|".repeat(ids.len())
        ));
        let mut chances = vec![(f64::INFINITY, 0.0f64); ids.len()];
        for point in &summary.points {
            let of = |id: &String| point.reached.get(&(size, id.clone()));
            let files = ids.iter().filter_map(of).map(|own| own.files).max();
            let Some(files) = files else { continue };
            let cells: Vec<String> = ids
                .iter()
                .map(|id| of(id).map_or("-".to_owned(), percent))
                .collect();
            for (chance, own) in chances.iter_mut().zip(ids.iter().map(of)) {
                if let Some(own) = own {
                    *chance = (chance.0.min(own.chance), chance.1.max(own.chance));
                }
            }
            text.push_str(&format!(
                "| {} | {files} | {} |\n",
                point.scheme.label,
                cells.join(" | ")
            ));
        }
        let chances: Vec<String> = chances
            .iter()
            .map(|(least, most)| {
                let (least, most) = (
                    format!("{:.3}", least * 100.0),
                    format!("{:.3}", most * 100.0),
                );
                if least == most {
                    least
                } else {
                    format!("{least} to {most}")
                }
            })
            .collect();
        text.push_str(&format!("| *by chance* | | {} |\n", chances.join(" | ")));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_written_short() {
        let reached = |named, of| Reached {
            named,
            of,
            ..Reached::default()
        };
        assert_eq!(percent(&reached(0, 20_000)), "0.00 (0.01)");
        assert_eq!(percent(&reached(20_000, 20_000)), "100 (100)");
        assert_eq!(percent(&reached(30, 3_000)), "1.0 (1.4)");
    }
}
