//! The report in a real browser: what a reader sees, and not only what was written.
//!
//! Headless Chromium opens the report of the demo that the tests made, at the width of a desk and of a phone. A small script that
//! is added to a copy of the page measures it and leaves what it found as attributes of the page.

use crate::binaries;
use crate::console::on_path;
use anyhow::{Context as _, Result, bail};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Names under which Chromium is installed.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Width and height of the windows, in pixels.
const WINDOWS: [(u32, u32); 2] = [(1280, 900), (500, 900)];

/// Measures the page when it is laid out. Each finding becomes a `data-` attribute of the root element.
const PROBE: &str = r"<script>
addEventListener('load', () => {
  const page = document.documentElement, note = (name, value) => page.setAttribute('data-probe-' + name, value);
  note('overflow', page.scrollWidth - page.clientWidth);
  const charts = [...document.querySelectorAll('svg')].filter(svg => svg.getBoundingClientRect().width > 60);
  note('charts', charts.length);
  note('unnamed', charts.filter(svg => !svg.closest('[aria-hidden=true]') && !svg.getAttribute('aria-label')
    && !svg.getAttribute('aria-labelledby') && !svg.querySelector('title')).length);
  note('tables', document.querySelectorAll('table').length);
  note('headings', document.querySelectorAll('h1').length);
  note('fetched', performance.getEntriesByType('resource').length);
  note('height', page.scrollHeight);
});
</script>";

/// Opens the report that the end-to-end tests left and checks it.
///
/// # Errors
/// When there is no report, no browser, or the page is not as it should be; every fault is listed.
pub fn check_report() -> Result<()> {
    let tests = binaries::scratch_folder()?.join("demo-first");
    let report = tests.join("out").join("report.html");
    let text = fs::read_to_string(&report).with_context(|| {
        format!(
            "could not read {} (the tests make it; run them first)",
            report.display()
        )
    })?;
    let chromium = find_or_install()?;
    let copy = tests.join("report-with-probe.html");
    fs::write(&copy, with_probe(&text)?)
        .with_context(|| format!("could not write {}", copy.display()))?;
    let mut faults = Vec::new();
    for (width, height) in WINDOWS {
        let page = open(&chromium, &copy, width, height)?;
        faults.extend(
            judge(&page)
                .into_iter()
                .map(|fault| format!("at {width} pixels: {fault}")),
        );
        picture(
            &chromium,
            &report,
            &tests.join(format!("report-{width}.png")),
            width,
            height,
        )?;
    }
    eprintln!("pictures of the report are in {}", tests.display());
    if faults.is_empty() {
        return Ok(());
    }
    bail!("{}:\n  {}", report.display(), faults.join("\n  "))
}

/// What is wrong with a measured page.
fn judge(page: &str) -> Vec<String> {
    let found = |name: &str| -> Option<i64> {
        let start = page.split_once(&format!("data-probe-{name}=\""))?.1;
        start.split_once('"')?.0.parse().ok()
    };
    let mut faults = Vec::new();
    let mut expect = |name: &str, rule: &str, holds: fn(i64) -> bool| match found(name) {
        Some(value) if holds(value) => {}
        Some(value) => faults.push(format!("{rule}, not {value}")),
        None => faults.push(format!("the page was not measured ({name})")),
    };
    expect(
        "overflow",
        "nothing is wider than the window: 0 pixels over",
        |v| v <= 0,
    );
    expect("charts", "there are charts: at least 3", |v| v >= 3);
    expect(
        "unnamed",
        "every chart has a name for those who do not see it: 0 without",
        |v| v == 0,
    );
    expect(
        "tables",
        "there are tables beside the charts: at least 3",
        |v| v >= 3,
    );
    expect("headings", "the page has one title: 1", |v| v == 1);
    expect("fetched", "the page fetches nothing: 0 requests", |v| {
        v == 0
    });
    expect(
        "height",
        "the page is laid out: over 1000 pixels high",
        |v| v > 1000,
    );
    faults
}

/// A copy of the page that measures itself. The page's own policy forbids scripts, so the copy goes without it.
fn with_probe(text: &str) -> Result<String> {
    let (before, after) = text
        .rsplit_once("</body>")
        .context("the report has no end of its body")?;
    let before = before.replace("Content-Security-Policy", "X-Policy-Of-The-Original");
    Ok(format!("{before}{PROBE}</body>{after}"))
}

fn open(chromium: &Path, page: &Path, width: u32, height: u32) -> Result<String> {
    let output = headless(chromium, width, height)
        .args(["--virtual-time-budget=5000", "--dump-dom"])
        .arg(page)
        .output()
        .context("could not start Chromium")?;
    if !output.status.success() {
        bail!(
            "Chromium ended with {}:\n{}",
            output.status,
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}

fn picture(chromium: &Path, page: &Path, output: &Path, width: u32, height: u32) -> Result<()> {
    let status = headless(chromium, width, height)
        .arg(format!("--screenshot={}", output.display()))
        .arg(page)
        .stderr(std::process::Stdio::null())
        .status()
        .context("could not start Chromium")?;
    if status.success() && output.is_file() {
        return Ok(());
    }
    bail!("Chromium made no picture ({status})")
}

fn headless(chromium: &Path, width: u32, height: u32) -> Command {
    let mut command = Command::new(chromium);
    command.args([
        "--headless",
        // The page is our own file, and inside containers the sandbox cannot start.
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--hide-scrollbars",
        "--no-first-run",
        // No name resolves: a page that needs the network shows it here.
        "--host-resolver-rules=MAP * ~NOTFOUND",
    ]);
    command.arg(format!("--window-size={width},{height}"));
    command
}

fn find() -> Option<PathBuf> {
    std::env::var_os("KINFOLD_CHROMIUM")
        .map(PathBuf::from)
        .filter(|path| path.is_file())
        .or_else(|| {
            NAMES
                .into_iter()
                .find(|name| on_path(name))
                .map(PathBuf::from)
        })
}

fn find_or_install() -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if may_install() {
        eprintln!("Chromium is missing; installing it with apt-get");
        let installed = [
            "apt-get update -q",
            "apt-get install -qq -y --no-install-recommends chromium",
        ]
        .into_iter()
        .all(|line| {
            Command::new("sh")
                .args(["-c", line])
                .env("DEBIAN_FRONTEND", "noninteractive")
                .status()
                .is_ok_and(|status| status.success())
        });
        if let (true, Some(found)) = (installed, find()) {
            return Ok(found);
        }
    }
    bail!(
        "the report is checked in Chromium, and none was found. Install it and run this again:\n  \
         Debian:  sudo apt-get install chromium\n  \
         Ubuntu:  sudo snap install chromium\n  \
         Fedora:  sudo dnf install chromium\n\
         or name its program in KINFOLD_CHROMIUM"
    )
}

/// Whether packages can be installed without asking anybody: only as root, on a system that has apt.
fn may_install() -> bool {
    let is_root = Command::new("id")
        .arg("-u")
        .output()
        .is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    is_root && on_path("apt-get")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_good_page_and_a_bad_one() {
        let page = |overflow: i64, charts: u32| {
            format!(
                r#"<html data-probe-overflow="{overflow}" data-probe-charts="{charts}" data-probe-unnamed="0" data-probe-tables="7" data-probe-headings="1" data-probe-fetched="0" data-probe-height="4000">"#
            )
        };
        assert!(judge(&page(0, 5)).is_empty());
        assert_eq!(judge(&page(12, 1)).len(), 2);
        assert_eq!(judge("<html>").len(), 7);
    }
}
