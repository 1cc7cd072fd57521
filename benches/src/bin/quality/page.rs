//! The page of the manual on how right kinfold is, made of the figures of a run.
//!
//! The figures are kept beside the sets (`benches/quality/results.json`), so that the page can be made again without the data, and a test
//! holds the page to them.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// The figures that the page shows: those of a run without what changes from run to run (seconds) or is not shown.
pub fn figures(run: &Value) -> Value {
    let runs = run["runs"].as_array().into_iter().flatten().map(|run| {
        let measures = &run["measures"];
        json!({
            "set": run["set"],
            "title": run["title"],
            "sources": run["sources"],
            "schema": run["schema"],
            "rows": run["rows"],
            "encoded": run["encoded"],
            "pairs": measures["pairs"],
            "by_sources": measures["by_sources"],
            "b_cubed": measures["b_cubed"],
            "households": measures["households"],
            "expected_precision": run["model"]["expected_precision"],
            "target": run["target"],
            "anchors": run["anchors"],
        })
    });
    json!({ "runs": runs.collect::<Vec<_>>(), "absent": run["absent"] })
}

/// Runs of one set and its sources, one for each linkage schema.
pub struct Group<'a> {
    /// Name of the set.
    pub set: &'a str,
    /// Letters of the sources.
    pub sources: String,
    /// The runs, in the order of the schemas.
    pub runs: Vec<&'a Value>,
}

/// The groups, in the order of the figures.
pub fn groups(figures: &Value) -> Vec<Group<'_>> {
    let mut groups: Vec<Group> = Vec::new();
    for run in figures["runs"].as_array().into_iter().flatten() {
        let set = run["set"].as_str().unwrap_or_default();
        let sources = sources(run);
        match groups
            .iter_mut()
            .find(|group| group.set == set && group.sources == sources)
        {
            Some(group) => group.runs.push(run),
            None => groups.push(Group {
                set,
                sources,
                runs: vec![run],
            }),
        }
    }
    groups
}

impl Group<'_> {
    /// F1 of a schema's run.
    pub fn f1(&self, schema: &str) -> Option<f64> {
        self.run(schema)?["pairs"]["f1"].as_f64()
    }

    /// The best F1 of the tools that compare codes, or of those that compare plain text, with the tool's name.
    pub fn best(&self, private: bool) -> Option<(f64, &str)> {
        let anchors = self.runs.first()?["anchors"].as_array()?;
        anchors
            .iter()
            .filter(|anchor| anchor["private"].as_bool().unwrap_or(false) == private)
            .filter_map(|anchor| Some((anchor["f1"].as_f64()?, anchor["tool"].as_str()?)))
            .max_by(|a, b| a.0.total_cmp(&b.0))
    }

    /// What the set is, in a few words.
    pub fn title(&self) -> &str {
        self.runs[0]["title"].as_str().unwrap_or_default()
    }

    fn run(&self, schema: &str) -> Option<&Value> {
        self.runs
            .iter()
            .copied()
            .find(|run| run["schema"].as_str() == Some(schema))
    }
}

/// The schemas that the page compares, with what they are called there.
const SCHEMAS: [(&str, &str); 3] = [
    ("standard", "`standard`"),
    ("standard-contact", "with contact"),
    ("trusted", "`trusted`"),
];

/// The page, in Markdown.
pub fn page(figures: &Value) -> String {
    let groups = groups(figures);
    let mut text = String::from(HEAD);
    pairs(&groups, &mut text);
    text.push_str(PAIRS_AFTER);
    precision(&groups, &mut text);
    households(&groups, &mut text);
    short(&groups, &mut text);
    text.push_str(TAIL);
    text
}

fn pairs(groups: &[Group], text: &mut String) {
    text.push_str(
        "| data | sources | `standard` | with contact | `trusted` | aim for `standard` | best private tool | Splink, plain text |\n\
         |---|---|---|---|---|---|---|---|\n",
    );
    for group in groups {
        let aim = group
            .run("standard")
            .and_then(|run| run["target"]["pairs"].as_f64());
        let tool = |best: Option<(f64, &str)>| {
            best.map_or(String::from("–"), |(f1, tool)| {
                format!("{} ({tool})", figure(f1))
            })
        };
        let mut cells = vec![
            format!("{}: {}", group.set, group.title()),
            group.sources.clone(),
        ];
        cells.extend(SCHEMAS.map(|(schema, _)| optional(group.f1(schema))));
        cells.push(aim.map_or(String::from("–"), |aim| aim.to_string()));
        cells.push(tool(group.best(true)));
        cells.push(tool(group.best(false)));
        row(text, &cells);
    }
}

fn precision(groups: &[Group], text: &mut String) {
    text.push_str(
        "\n## Wrong links and missed links\n\n\
         `standard`. Precision: of the pairs that kinfold linked, the share that is right. Recall: of the pairs that are one person, the share\n\
         that kinfold found. Expected precision is what kinfold itself said, without the truth.\n\n\
         | data | sources | rows | precision | it expected | recall | F1 |\n|---|---|---|---|---|---|---|\n",
    );
    for group in groups {
        let Some(run) = group.run("standard") else {
            continue;
        };
        let rate = |name: &str| optional(run["pairs"][name].as_f64());
        row(
            text,
            &[
                group.set.to_owned(),
                group.sources.clone(),
                run["rows"].to_string(),
                rate("precision"),
                // One file has no links across files, and then nothing is expected.
                optional(run["expected_precision"].as_f64().filter(|it| *it > 0.0)),
                rate("recall"),
                rate("f1"),
            ],
        );
    }
}

fn households(groups: &[Group], text: &mut String) {
    text.push_str(
        "\n## Households\n\n\
         A household pair is a household of one source and one of another with a person in common. It is found when kinfold linked somebody\n\
         of it; it is whole when everybody in common was linked and nobody else.\n\n\
         | data | sources | schema | precision | recall | F1 | aim | whole |\n|---|---|---|---|---|---|---|---|\n",
    );
    for group in groups {
        for run in &group.runs {
            let found = &run["households"];
            if found.is_null() {
                continue;
            }
            let rate = |name: &str| optional(found["pairs"][name].as_f64());
            let aim = run["target"]["household_pairs"].as_f64();
            row(
                text,
                &[
                    group.set.to_owned(),
                    group.sources.clone(),
                    schema_words(run),
                    rate("precision"),
                    rate("recall"),
                    rate("f1"),
                    aim.map_or(String::from("–"), |aim| aim.to_string()),
                    optional(found["whole"].as_f64()),
                ],
            );
        }
    }
}

/// What falls short of its aim, so that nobody has to search for it.
fn short(groups: &[Group], text: &mut String) {
    text.push_str("\n## Where kinfold falls short of its aim\n\n");
    let mut any = false;
    for group in groups {
        for run in &group.runs {
            let aims = [
                (
                    "pairs",
                    run["target"]["pairs"].as_f64(),
                    run["pairs"]["f1"].as_f64(),
                ),
                (
                    "household pairs",
                    run["target"]["household_pairs"].as_f64(),
                    run["households"]["pairs"]["f1"].as_f64(),
                ),
            ];
            for (what, aim, reached) in aims {
                if let (Some(aim), Some(reached)) = (aim, reached)
                    && reached < aim
                {
                    any = true;
                    let _ = writeln!(
                        text,
                        "- {} {}, {}, {what}: {} of {aim}",
                        group.set,
                        group.sources,
                        schema_words(run),
                        // Never the same as the aim, which it is not.
                        (4..8)
                            .map(|places| format!("{reached:.places$}"))
                            .find(|text| text.parse() != Ok(aim))
                            .unwrap_or_else(|| reached.to_string())
                    );
                }
            }
        }
    }
    if !any {
        text.push_str("Nowhere.\n");
    }
}

fn schema_words(run: &Value) -> String {
    let schema = run["schema"].as_str().unwrap_or_default();
    let named = SCHEMAS.iter().find(|(name, _)| *name == schema);
    named.map_or(schema, |(_, words)| words).to_owned()
}

fn sources(run: &Value) -> String {
    let sources = run["sources"].as_array().into_iter().flatten();
    sources.filter_map(Value::as_str).collect()
}

fn row(text: &mut String, cells: &[String]) {
    let _ = writeln!(text, "| {} |", cells.join(" | "));
}

fn figure(value: f64) -> String {
    format!("{value:.4}")
}

fn optional(value: Option<f64>) -> String {
    value.map_or(String::from("–"), figure)
}

const HEAD: &str = "# How right kinfold is

<!-- Made by `cargo run -p kinfold-benches --bin quality -- --page` from benches/quality/results.json. Do not edit. -->

kinfold was run on open data whose truth is known: each table was encoded with `kinfold encode`, and the codes were linked with
`kinfold-hub link`. kinfold saw no truth and chose its threshold by itself; nothing was set for one set of data. The other tools' figures are
at the **best** threshold, chosen with the truth at hand, which nobody has in earnest.

![For each set of data, of 1,000 pairs how many are missed or wrong, with kinfold and with other tools](quality.svg)

**How to read it.** Each line is a set of data. The further to the right, the fewer pairs are missed or wrong. Every step of the scale is
about a factor of two. A filled circle left of a square: a private tool with the truth at hand does better than kinfold alone.

**What to do.** Look at the line that is most like your data. Lines on the left have few fields or many errors: expect that much
clerical review, and ask the custodians for one more field (a verified number, a place, a contact) before anything else. Then measure your
own: [Measure a result against the truth](../how-to/measure-a-result.md).

## Pairs

F1 is one figure for missed and wrong together: 1 is perfect, 0.99 is about ten in a thousand missed or wrong.

";

const PAIRS_AFTER: &str = "
`standard` is what a borough releases: match keys and one diffused filter. *With contact* is the same with keys of e-mail and telephone, where the
data have them. `trusted` has a filter for each field and is for a linkage unit inside the custodians' own trust.
";

const TAIL: &str = "
Why these remain, and what another point would cost, is in `benches/quality/README.md` of the source.

## Make it again

```text
cargo build -p kinfold-cli -p kinfold-hub
cargo run -p kinfold-benches --bin quality -- --schema standard benches/quality/standard-contact.toml trusted --page
```

It needs the open data beside the project (`benches/README.md` says where they come from); without them it says what is not there. The same files give
the same figures on any machine.
";

#[cfg(test)]
mod tests {
    use super::*;
    use std::path::Path;

    /// The page and the picture in the manual are those of the figures that are kept.
    #[test]
    fn the_manual_shows_the_figures_that_are_kept() {
        let here = Path::new(env!("CARGO_MANIFEST_DIR"));
        let read = |path: &str| std::fs::read_to_string(here.join(path)).unwrap();
        let figures: Value = serde_json::from_str(&read("quality/results.json")).unwrap();
        assert!(groups(&figures).len() >= 9, "every set was run");
        assert_eq!(read("../docs/src/reference/quality.md"), page(&figures));
        assert_eq!(
            read("../docs/src/reference/quality.svg"),
            crate::picture::picture(&groups(&figures))
        );
    }

    #[test]
    fn what_falls_short_is_listed_and_what_does_not_is_not() {
        let run = |set: &str, f1: f64| {
            json!({
                "set": set, "title": "T", "sources": ["a", "b"], "schema": "standard", "rows": 10,
                "pairs": {"precision": 1.0, "recall": f1, "f1": f1},
                "households": null, "expected_precision": null,
                "target": {"pairs": 0.9, "household_pairs": null},
                "anchors": [{"tool": "X", "private": true, "f1": 0.5}, {"tool": "Y", "f1": 0.7}],
            })
        };
        let figures = json!({"runs": [run("low", 0.8), run("high", 0.95)], "absent": []});
        let page = page(&figures);
        assert!(page.contains("- low ab, `standard`, pairs: 0.8000 of 0.9\n"));
        assert!(!page.contains("- high"));
        assert!(page.contains("| low: T | ab | 0.8000 | – | – | 0.9 | 0.5000 (X) | 0.7000 (Y) |"));
    }
}
