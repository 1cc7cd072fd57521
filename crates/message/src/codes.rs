//! Every code, with its long explanation. A test in `tests/` searches the sources for codes and fails when one is missing here.

/// The long version of a message.
#[derive(Clone, Copy, Debug)]
pub struct Explanation {
    /// The stable code.
    pub code: &'static str,
    /// What it means, in one sentence.
    pub meaning: &'static str,
    /// Why it happens and what to do, in a few sentences.
    pub advice: &'static str,
}

/// Looks a code up; letter case does not matter.
pub fn explain(code: &str) -> Option<&'static Explanation> {
    CODES
        .iter()
        .find(|entry| entry.code.eq_ignore_ascii_case(code))
}

/// All codes, sorted.
pub const CODES: &[Explanation] = &[
    Explanation {
        code: "E-FILE-DISK-FULL",
        meaning: "The disk filled up while a file was being written.",
        advice: "Files are written under a temporary name and renamed only when complete, so nothing half-written is left. Free some \
                 space or choose another disk, and run the same command again.",
    },
    Explanation {
        code: "E-FILE-IO",
        meaning: "A file could not be read or written.",
        advice: "The message names the file and the operating system's reason. Check that the folder exists and that your account may \
                 read and write there.",
    },
    Explanation {
        code: "E-FILE-MISSING",
        meaning: "A file that the command needs is not there.",
        advice: "Check the path for typing mistakes. Relative paths start at the current directory, or at the folder given with `-C`.",
    },
    Explanation {
        code: "E-RULES-CONTENT",
        meaning: "A rule pack is well formed and contradicts itself.",
        advice: "The message names the rule and its line: an unknown indicator or event code, an id used twice, a severity that is not 1, 2 \
                 or 3. Correct the pack, give it a new version, and list its new hash in the agreement.",
    },
    Explanation {
        code: "E-RULES-SYNTAX",
        meaning: "A rule pack is not the TOML text it should be.",
        advice: "The message names the line. Unknown keys are errors on purpose, because a misspelt key would silently change a rule; the \
                 comments in LOCAL7.toml describe every key.",
    },
];
