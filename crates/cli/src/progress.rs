//! Progress of anything that may take over a second, on standard error.

use crate::args::Global;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;

/// Shows what is going on: a spinner on a terminal, a line a step elsewhere, nothing when asked for quiet.
pub struct Progress {
    mode: Mode,
}

enum Mode {
    Silent,
    Lines,
    Spinner(ProgressBar),
}

impl Progress {
    /// As the global flags say.
    pub fn new(global: &Global) -> Self {
        let mode = if global.quiet || global.no_progress {
            Mode::Silent
        } else if std::io::stderr().is_terminal() {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
            let style = ProgressStyle::with_template("{spinner} {msg} {elapsed}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()));
            bar.enable_steady_tick(std::time::Duration::from_millis(120));
            Mode::Spinner(bar)
        } else {
            Mode::Lines
        };
        Self { mode }
    }

    /// Shows nothing.
    pub fn silent() -> Self {
        Self { mode: Mode::Silent }
    }

    /// Says which step begins.
    pub fn step(&self, text: &str) {
        match &self.mode {
            Mode::Silent => {}
            Mode::Lines => eprintln!("{text}"),
            Mode::Spinner(bar) => bar.set_message(text.to_owned()),
        }
    }

    /// Says how far a step is: so many bytes of so many. Only a terminal shows it.
    pub fn advance(&self, done: u64, total: u64, text: &str) {
        if let Mode::Spinner(bar) = &self.mode {
            if bar.length() != Some(total) {
                bar.set_length(total);
                if let Ok(style) = ProgressStyle::with_template(
                    "{spinner} {bar:30} {percent:>3} % {msg} {elapsed} (ready in {eta})",
                ) {
                    bar.set_style(style);
                }
            }
            bar.set_position(done);
            bar.set_message(text.to_owned());
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Mode::Spinner(bar) = &self.mode {
            bar.finish_and_clear();
        }
    }
}
