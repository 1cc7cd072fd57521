//! Walking the project's own sources.

use crate::process::files_under;
use std::path::{Path, PathBuf};

/// A Rust source file.
#[derive(Clone, Debug)]
pub struct Source {
    /// Path from the top of the workspace, with `/`.
    pub path: String,
    /// The whole text.
    pub text: String,
    /// Whether the whole file is compiled for tests only.
    pub only_tests: bool,
}

impl Source {
    /// Lines with their number, without what is compiled for tests only.
    pub fn lines_without_tests(&self) -> Vec<(usize, &str)> {
        if self.only_tests {
            return Vec::new();
        }
        let mut kept = Vec::new();
        // The indentation of a test item that is being skipped: it ends with a brace at the same one.
        let mut skipped: Option<&str> = None;
        for (index, line) in self.text.lines().enumerate() {
            let indentation = &line[..line.len() - line.trim_start().len()];
            match skipped {
                None if marks_a_test(line) => skipped = Some(indentation),
                None => kept.push((index + 1, line)),
                Some(start) => {
                    let is_last =
                        indentation == start && (line.ends_with(';') || line.trim() == "}");
                    skipped = if is_last { None } else { skipped };
                }
            }
        }
        kept
    }

    /// The text without what is compiled for tests only.
    pub fn without_tests(&self) -> String {
        let lines: Vec<&str> = self
            .lines_without_tests()
            .into_iter()
            .map(|(_, line)| line)
            .collect();
        lines.join("\n")
    }

    /// Lines of code with their number, without comments and without the tests.
    pub fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let lines = self.lines_without_tests().into_iter();
        lines
            .map(|(number, line)| (number, line.split("// ").next().unwrap_or_default()))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Whether the next item is compiled for tests only, perhaps only on some systems.
fn marks_a_test(line: &str) -> bool {
    line.trim() == "#[cfg(test)]" || line.trim().starts_with("#[cfg(all(test,")
}

/// Every Rust file of the workspace.
///
/// # Panics
/// When one cannot be read.
pub fn all() -> Vec<Source> {
    let top = xtask::workspace();
    let mut sources = Vec::new();
    for part in ["benches", "crates", "fuzz", "tests", "xtask"] {
        for file in files_under(&top.join(part)) {
            if file.extension().is_some_and(|extension| extension == "rs") {
                sources.push(read(&top, &Path::new(part).join(file)));
            }
        }
    }
    let modules: Vec<String> = sources.iter().flat_map(test_modules).collect();
    for source in &mut sources {
        let path = source.path.trim_end_matches(".rs");
        let in_module = |module: &String| {
            path == module
                || path
                    .strip_prefix(module)
                    .is_some_and(|rest| rest.starts_with('/'))
        };
        source.only_tests |= modules.iter().any(in_module);
    }
    sources
}

/// Modules in files of their own that a file declares for tests only, as paths without `.rs`.
fn test_modules(source: &Source) -> Vec<String> {
    let folder = match source.path.rsplit_once('/') {
        Some((folder, "lib.rs" | "main.rs" | "mod.rs")) => folder,
        _ => source.path.trim_end_matches(".rs"),
    };
    let mut after_mark = source
        .text
        .split("#[cfg(test)]")
        .skip(1)
        .map(str::trim_start);
    let mut modules = Vec::new();
    for rest in &mut after_mark {
        let declared = rest
            .lines()
            .next()
            .and_then(|line| line.split_once("mod "))
            .map(|(_, name)| name);
        if let Some(name) = declared.and_then(|name| name.strip_suffix(';')) {
            modules.push(format!("{folder}/{name}"));
        }
    }
    modules
}

/// The Rust files under one crate's `src`.
pub fn of_crate(name: &str) -> Vec<Source> {
    let start = format!("crates/{name}/src/");
    all()
        .into_iter()
        .filter(|source| source.path.starts_with(&start))
        .collect()
}

fn read(top: &Path, relative: &PathBuf) -> Source {
    let text = match std::fs::read_to_string(top.join(relative)) {
        Ok(text) => text,
        Err(error) => panic!("could not read {}: {error}", relative.display()),
    };
    let parts: Vec<_> = relative.iter().map(|part| part.to_string_lossy()).collect();
    let path = parts.join("/");
    let only_tests = path.contains("/tests/") || path.starts_with("benches/benches/");
    Source {
        path,
        text,
        only_tests,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_tests_is_left_out() {
        let text = "a();\n#[cfg(test)]\nmod laws;\nb();\n#[cfg(test)]\nfn help() {\n    x.unwrap();\n}\nc(); // why\n";
        let source = Source {
            path: "a.rs".to_owned(),
            text: text.to_owned(),
            only_tests: false,
        };
        let code: Vec<(usize, &str)> = source.code_lines().collect();
        assert_eq!(code, [(1, "a();"), (4, "b();"), (9, "c(); ")]);
        assert_eq!(test_modules(&source), ["a/laws"]);
    }
}
