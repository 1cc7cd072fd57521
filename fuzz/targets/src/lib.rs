//! Targets of the fuzzers: parsers of what somebody else has written, and what must hold of the result.
//!
//! A target takes any bytes. It panics when the parser does, or when a law is broken: what was read reads back, what is standard is in the
//! standard's letters, a converted schema is a schema. Two things run them: `cargo fuzz` for hours (see the README of `fuzz`), and the test
//! of this crate for seconds, on seeds and on inputs that are changed the same way every time.

mod cells;
mod clkhash;
mod files;
#[cfg(test)]
mod mutate;
mod schema;
mod table;

/// One parser, or a few that read the same kind of cell.
pub struct Target {
    /// Its name: `cargo fuzz run NAME`.
    pub name: &'static str,
    /// Calls it with some bytes.
    pub run: fn(&[u8]),
    /// Inputs to begin with.
    pub seeds: fn() -> Vec<Vec<u8>>,
    /// Changed inputs that the test runs: as many as a second or two allow.
    pub inputs: usize,
}

/// All targets.
pub const TARGETS: [Target; 16] = [
    Target {
        name: "linkage_schema",
        run: schema::linkage_schema,
        seeds: schema::linkage_schemas,
        inputs: 600,
    },
    Target {
        name: "recipe",
        run: schema::recipe,
        seeds: schema::recipes,
        inputs: 20_000,
    },
    Target {
        name: "clkhash_schema",
        run: clkhash::schema,
        seeds: clkhash::schemas,
        inputs: 2000,
    },
    Target {
        name: "clkhash_rows",
        run: clkhash::rows,
        seeds: clkhash::tables,
        inputs: 1000,
    },
    Target {
        name: "names",
        run: cells::names,
        seeds: cells::some_names,
        inputs: 20_000,
    },
    Target {
        name: "dates",
        run: cells::dates,
        seeds: cells::some_dates,
        inputs: 20_000,
    },
    Target {
        name: "postcode",
        run: cells::postcode,
        seeds: cells::some_postcodes,
        inputs: 20_000,
    },
    Target {
        name: "numbers",
        run: cells::numbers,
        seeds: cells::some_numbers,
        inputs: 20_000,
    },
    Target {
        name: "address",
        run: cells::address,
        seeds: cells::some_addresses,
        inputs: 20_000,
    },
    Target {
        name: "code_table",
        run: table::codes,
        seeds: table::tables,
        inputs: 2000,
    },
    Target {
        name: "table",
        run: files::table,
        seeds: files::tables,
        inputs: 2000,
    },
    Target {
        name: "mapping",
        run: files::mapping,
        seeds: files::mappings,
        inputs: 1500,
    },
    Target {
        name: "agreement",
        run: files::agreement,
        seeds: files::agreements,
        inputs: 2000,
    },
    Target {
        name: "rule_pack",
        run: files::rule_pack,
        seeds: files::rule_packs,
        inputs: 600,
    },
    Target {
        name: "manifest",
        run: files::manifest,
        seeds: files::manifests,
        inputs: 3000,
    },
    Target {
        name: "note",
        run: files::note,
        seeds: files::notes,
        inputs: 5000,
    },
];

/// Calls the target of a name.
///
/// # Panics
/// When there is none, when the parser panics, when a law is broken.
pub fn run(name: &str, bytes: &[u8]) {
    let target = TARGETS.iter().find(|target| target.name == name);
    (target.expect("a target has this name").run)(bytes);
}

/// The text of a few seeds as bytes.
fn texts<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<Vec<u8>> {
    texts
        .into_iter()
        .map(|text| text.as_bytes().to_vec())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::panic::{AssertUnwindSafe, catch_unwind};

    /// `KINFOLD_FUZZ_TIMES` makes it run so many times as many inputs. An input that fails is printed: all are invented.
    #[test]
    fn no_target_panics_on_its_seeds_or_on_what_is_made_of_them() {
        let times = std::env::var("KINFOLD_FUZZ_TIMES").ok();
        let times: usize = times.and_then(|n| n.parse().ok()).unwrap_or(1);
        let mut failed = Vec::new();
        for target in &TARGETS {
            let seeds = (target.seeds)();
            assert!(!seeds.is_empty(), "{} has no seeds", target.name);
            let made = mutate::Inputs::new(&seeds);
            for input in seeds
                .iter()
                .cloned()
                .chain(made.take(target.inputs * times))
            {
                if catch_unwind(AssertUnwindSafe(|| (target.run)(&input))).is_err() {
                    failed.push(format!(
                        "{}: {:?}",
                        target.name,
                        input.escape_ascii().to_string()
                    ));
                    break;
                }
            }
        }
        assert!(failed.is_empty(), "{}", failed.join("\n"));
    }

    /// A target that `cargo fuzz` does not know would be forgotten.
    #[test]
    fn every_target_is_one_of_cargo_fuzz() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let manifest = std::fs::read_to_string(folder.join("Cargo.toml")).unwrap();
        for Target { name, .. } in TARGETS {
            assert!(manifest.contains(&format!("name = \"{name}\"\n")), "{name}");
            let program = folder.join(format!("fuzz_targets/{name}.rs"));
            let program = std::fs::read_to_string(program).unwrap();
            assert!(
                program.contains(&format!("run(\"{name}\", data)")),
                "{name}"
            );
        }
        let programs = std::fs::read_dir(folder.join("fuzz_targets")).unwrap();
        assert_eq!(programs.count(), TARGETS.len());
    }
}
