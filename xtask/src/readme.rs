//! The commands of the README, run as a reader would type them.
//!
//! Each line after a `$` prompt of a ```` ```console ```` block is run, in the top folder, by `bash`. Other lines of the block are what a
//! reader sees, and are not compared. Two commands are not run exactly as written: `cargo xtask test`, which is what runs this, is
//! left out, and `cargo xtask demo` ends without serving.

use crate::workspace;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::process::Command;

/// Runs every command of `README.md`.
///
/// # Errors
/// When there is none, or when one does not end with 0.
pub fn run_commands() -> Result<()> {
    let path = workspace().join("README.md");
    let text =
        fs::read_to_string(&path).with_context(|| format!("could not read {}", path.display()))?;
    let commands = prompts(&text);
    if commands.is_empty() {
        bail!("README.md shows no command in a ```console block");
    }
    for typed in commands {
        let Some(command) = as_run(&typed) else {
            continue;
        };
        eprintln!("$ {command}");
        let status = Command::new("bash")
            .args(["-euo", "pipefail", "-c", &command])
            .current_dir(workspace())
            .status()
            .context("could not start bash")?;
        if !status.success() {
            bail!("`{command}` ended with {status}");
        }
    }
    Ok(())
}

/// A typed command as it is run here; `None` for the one that runs this.
fn as_run(typed: &str) -> Option<String> {
    if typed.starts_with("cargo xtask test") {
        None
    } else if typed.starts_with("cargo xtask demo") && !typed.contains("--no-serve") {
        Some(format!("{typed} --no-serve"))
    } else {
        Some(typed.to_owned())
    }
}

/// The commands of all console blocks of a page.
pub fn prompts(text: &str) -> Vec<String> {
    let mut commands: Vec<String> = Vec::new();
    let mut inside = false;
    let mut goes_on = false;
    for line in text.lines() {
        if line.starts_with("```") {
            inside = line.trim_end() == "```console";
            goes_on = false;
        } else if inside {
            let part = match line.strip_prefix("$ ") {
                Some(start) => {
                    commands.push(String::new());
                    Some(start)
                }
                None if goes_on => Some(line),
                None => None,
            };
            if let (Some(part), Some(command)) = (part, commands.last_mut()) {
                // A trailing backslash continues the command on the next line.
                goes_on = part.ends_with('\\');
                command.push_str(part);
                if goes_on {
                    command.push('\n');
                }
            }
        }
    }
    commands
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prompts_of_console_blocks_are_commands() {
        let text = "```sh\n$ not this\n```\n```console\n$ one \\\n  two\nanswer\n$ three\n```\n$ nor this\n";
        assert_eq!(prompts(text), ["one \\\n  two", "three"]);
        assert_eq!(as_run("cargo xtask test"), None);
        assert_eq!(
            as_run("cargo xtask demo").as_deref(),
            Some("cargo xtask demo --no-serve")
        );
    }
}
