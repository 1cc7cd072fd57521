//! Ctrl-C and SIGTERM: what is half-written is removed before the program ends.

use crate::args::Global;
use crate::outcome::show;
use kinfold_message::{Problem, Unfinished};

/// From now on an interruption removes unfinished files, says so and ends the program with exit code 130, from a thread of its own.
///
/// Where signals cannot be listened to, they keep their default action, which ends the program at once.
#[cfg(unix)]
pub(crate) fn listen(command: &'static str, global: &Global) {
    use signal_hook::consts::{SIGINT, SIGTERM};
    use signal_hook::iterator::Signals;
    let Ok(mut signals) = Signals::new([SIGINT, SIGTERM]) else {
        return;
    };
    let global = global.clone();
    let wait = move || {
        if signals.forever().next().is_some() {
            Unfinished::remove_all();
            let code = show(command, &global, Err(Problem::interrupted()));
            std::process::exit(code.into());
        }
    };
    // Without the thread nobody would answer the signals that are listened to.
    let thread = std::thread::Builder::new().name("interrupt".into());
    thread.spawn(wait).expect("a thread can be started");
}

/// See above: the system has no signals.
#[cfg(not(unix))]
pub(crate) fn listen(_command: &'static str, _global: &Global) {}
