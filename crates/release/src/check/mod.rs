//! The whole check: measures, controls, attacks, verdict.

mod attacks;
mod controls;
#[cfg(test)]
mod golden;
mod joint;
mod legacy;
mod look;
mod nets;
mod patterns;

use std::io;

use crate::codes::Codes;
use crate::draws::Draws;
use crate::file::File;
use crate::subject::{Held, Subject};
use kinfold_verdict::{Form, Line, Report};

/// How to check.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Everything, or a quick look that allows no release.
    pub form: Form,
    /// BLAKE3 of the payload that would be sent: the seed of all that is drawn by lot.
    pub payload: [u8; 32],
}

/// How far a check has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is done next, in a few words.
    pub step: &'static str,
    /// Steps that are done.
    pub done: usize,
    /// Steps in all.
    pub of: usize,
}

/// What a check found.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The report: counts and shares, no person.
    pub report: Report,
    /// Numbers of the records that stand out most. For a private list of the custodian: this never leaves.
    pub outliers: Vec<u32>,
}

/// Sizes of the attacked part, people known, and how often.
struct Plan {
    /// Numbers of people that the attacks are run on, smallest first.
    sizes: Vec<usize>,
    /// The same for attacks that know nobody. A dozen people are named however small the attacked part is, so the quick form takes a large
    /// one too: of a small one it would say "block" where the full form does not.
    nobody_known: Vec<usize>,
    known: Vec<usize>,
    /// Records that an attack tries to name.
    targets: usize,
    /// Pairs of strangers for rho.
    pairs: usize,
    /// Pairs of columns.
    columns: usize,
    quick: bool,
}

/// The size at which attacks are compared with what was published, and at which controls are run.
const USUAL: usize = 3_000;

impl Plan {
    fn new(form: Form, records: usize) -> Self {
        let quick = form == Form::Quick;
        let wanted: &[usize] = if quick {
            &[1_500]
        } else {
            &[USUAL, 10_000, 20_000]
        };
        let of_file = |wanted: &[usize]| {
            let mut sizes: Vec<usize> = wanted.iter().map(|size| (*size).min(records)).collect();
            sizes.dedup();
            sizes
        };
        Self {
            sizes: of_file(wanted),
            nobody_known: of_file(if quick { &[5_000] } else { wanted }),
            known: if quick {
                vec![20, 200]
            } else {
                vec![20, 200, 1_000]
            },
            targets: if quick { 1_500 } else { 5_000 },
            pairs: if quick { 200_000 } else { 1_000_000 },
            columns: if quick { 20_000 } else { 100_000 },
            quick,
        }
    }
}

/// What every part of the check gets.
struct Context<'a> {
    subject: &'a Subject<'a>,
    /// Earlier packages of the same custodian.
    earlier: &'a [&'a dyn Codes],
    /// The smallest of the attacked sizes, with match keys.
    sample: File,
    plan: Plan,
    payload: [u8; 32],
}

impl Context<'_> {
    /// A stream of its own for each part, so that one part more does not change another's.
    fn draws(&self, purpose: &str) -> Draws {
        Draws::new(&self.payload, purpose)
    }

    /// A seed for a part.
    fn seed(&self, purpose: &str) -> [u8; 32] {
        let mut seed = [0; 32];
        let mut draws = self.draws(purpose);
        for bytes in seed.as_chunks_mut::<8>().0 {
            *bytes = draws.word().to_le_bytes();
        }
        seed
    }
}

impl Context<'_> {
    /// Says of a line how many people of the file have no filter because household keys show them in a larger home. They are in the file and
    /// could be named, so all shares are of them too.
    fn with_those_without_filters(&self, mut line: Line) -> Line {
        if let Some(without) = self.subject.without_filters() {
            let records = self.subject.records();
            line.sentence.push_str(&format!(
                " ({without} of the file's {records} people are shown in a larger home and have no filter; they are counted.)"
            ));
            line = line.with(WITHOUT_FILTERS, without as f64 / records.max(1) as f64);
        }
        line
    }

    /// Kinds of records that everybody can tell apart: those with a filter, and those without one where household keys take some.
    fn kinds(&self) -> f64 {
        match self.subject.without_filters() {
            Some(1..) => 2.0,
            _ => 1.0,
        }
    }
}

/// The figure of a line that says which share of the file's people have no filter.
const WITHOUT_FILTERS: &str = "people without a filter";

/// Checks a file. The same file and payload give the same outcome on any machine and number of threads.
pub fn check(file: &File, options: &Options, progress: &mut dyn FnMut(Progress)) -> Outcome {
    check_with_earlier(file, &[], options, progress)
}

/// Checks a file beside earlier packages of its custodian under the same schema. Of those only the codes are looked at.
///
/// # Panics
/// Never: all of it is in memory.
pub fn check_with_earlier(
    file: &File,
    earlier: &[File],
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> Outcome {
    let held = Held::new(file);
    let earlier: Vec<&dyn Codes> = earlier.iter().map(|file| file as &dyn Codes).collect();
    check_subject(&held.subject(), &earlier, options, progress).expect("nothing is read")
}

/// The same for codes that may lie on disk, with a list in brief: so many people as there are, in little more memory than few.
///
/// # Errors
/// When codes cannot be read, or people cannot be listed once more.
pub fn check_subject(
    subject: &Subject<'_>,
    earlier: &[&dyn Codes],
    options: &Options,
    progress: &mut dyn FnMut(Progress),
) -> io::Result<Outcome> {
    let plan = Plan::new(options.form, subject.records());
    let context = Context {
        subject,
        earlier,
        sample: subject.sample_with_keys(plan.sizes[0], &options.payload)?,
        plan,
        payload: options.payload,
    };
    let steps: [(&'static str, Step); 13] = [
        ("proving the attacks on plain codes", |context| {
            Ok(controls::controls(context))
        }),
        ("counting equal codes", look::counts),
        ("looking at bits", look::bits),
        ("looking for records that stand out", look::outliers),
        ("measuring what a list foretells", look::law),
        ("attacking with some people known", attacks::known),
        ("attacking by households", attacks::households),
        ("attacking with an incomplete list", attacks::incomplete),
        ("drawing graphs of shared keys", nets::graphs),
        ("looking for bits that go together", patterns::patterns),
        ("laying packages side by side", joint::packages),
        ("looking beyond one package", joint::beyond),
        ("matching graphs as published", |context| {
            Ok(legacy::legacy(context))
        }),
    ];
    let of = steps.len();
    let mut lines = Vec::new();
    let mut outliers = Vec::new();
    for (done, (step, run)) in steps.into_iter().enumerate() {
        progress(Progress { step, done, of });
        let found = run(&context)?;
        lines.extend(found.lines);
        outliers.extend(found.outliers);
    }
    progress(Progress {
        step: "done",
        done: of,
        of,
    });
    Ok(Outcome {
        report: Report::new(options.form, &options.payload, subject.records(), lines),
        outliers,
    })
}

/// A step of the check.
type Step = fn(&Context<'_>) -> io::Result<Found>;

/// What one step found.
#[derive(Default)]
struct Found {
    lines: Vec<Line>,
    outliers: Vec<u32>,
}

impl Found {
    fn of(lines: Vec<Line>) -> Self {
        Self {
            lines,
            outliers: Vec::new(),
        }
    }
}

/// Everything in the package together.
const TOGETHER: &str = "everything together";

/// A share as people read it.
fn percent(share: f64) -> String {
    if share == 0.0 {
        "none".to_owned()
    } else if share < 0.0995 {
        format!("{:.2} %", share * 100.0)
    } else {
        format!("{:.0} %", share * 100.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::made_up;
    use kinfold_verdict::Level;

    fn outcome(diffusion: usize, form: Form) -> Outcome {
        let file = made_up::people(240, 9).coded(&[5; 32], diffusion);
        let options = Options {
            form,
            payload: [6; 32],
        };
        check(&file, &options, &mut |_| {})
    }

    #[test]
    fn plain_codes_are_refused_and_the_attacks_prove_themselves() {
        let outcome = outcome(0, Form::Full);
        let level = |id: &str| {
            outcome
                .report
                .lines
                .iter()
                .find(|line| line.id == id)
                .map(|line| line.level)
        };
        assert_eq!(level("control"), Some(Level::Pass), "{:#?}", outcome.report);
        assert_eq!(level("known/20"), Some(Level::Block));
        assert_eq!(level("households/keys"), Some(Level::Block));
        assert_eq!(level("law"), Some(Level::Block));
        assert!(!outcome.report.allows_release());
    }

    #[test]
    fn strongly_diffused_codes_pass_the_attacks() {
        let outcome = outcome(10, Form::Full);
        let blocked: Vec<_> = outcome
            .report
            .lines
            .iter()
            .filter(|line| line.level >= Level::Block)
            .collect();
        assert!(blocked.is_empty(), "{blocked:#?}");
        assert!(outcome.report.allows_release());
    }

    #[test]
    fn people_without_filters_are_counted_by_every_attack_and_told_of() {
        let mut file = made_up::people(600, 9);
        made_up::withhold(&mut file, 2);
        let file = file.coded(&[5; 32], 0);
        let without = file.withheld().iter().filter(|own| **own).count();
        assert!((200..400).contains(&without), "{without}");
        let options = Options {
            form: Form::Full,
            payload: [6; 32],
        };
        let report = check(&file, &options, &mut |_| {}).report;
        let told = format!("{without} of the file's 600 people");
        let of_filters = |id: &str| {
            let one = ["suspicion", "incomplete", "epochs", "patterns"];
            let many = [
                "known/",
                "counts/filter/",
                "scan/",
                "households/",
                "legacy/",
                "linear/",
            ];
            one.contains(&id) || many.iter().any(|start| id.starts_with(start))
        };
        for line in &report.lines {
            let says = line.sentence.contains(&told);
            assert_eq!(says, of_filters(&line.id), "{line:?}");
            assert_eq!(says, line.figures.contains_key(WITHOUT_FILTERS));
        }
        let line = |id: &str| report.lines.iter().find(|line| line.id == id).unwrap();
        // Plain filters of those who have one are read, and the share is of all people. (Of 20 known by lot some eight have a filter to go by.)
        let with = 1.0 - without as f64 / 600.0;
        for (id, least) in [
            ("known/20", 0.5),
            ("legacy/graph", 0.8),
            ("legacy/embedding", 0.8),
        ] {
            let share = line(id).share.unwrap();
            assert!(
                share.share > least * with && share.share < 1.1 * with,
                "{with}: {:?}",
                line(id)
            );
        }
        assert_eq!(line("patterns").share.unwrap().of, 600);
        assert_eq!(line("legacy/graph").share.unwrap().of, 600);
        assert_eq!(line("control").level, Level::Pass);
    }

    #[test]
    fn the_quick_form_says_so_and_the_same_file_gets_the_same_report() {
        let run = |threads| {
            let pool = rayon::ThreadPoolBuilder::new()
                .num_threads(threads)
                .build()
                .unwrap();
            pool.install(|| outcome(6, Form::Quick))
        };
        let (one, other) = (run(1), run(3));
        assert_eq!(one.report.to_json(), other.report.to_json());
        assert_eq!(one.outliers, other.outliers);
        assert_eq!(one.report.form, Form::Quick);
        assert!(!one.report.allows_release());
    }

    #[test]
    fn progress_is_told() {
        let file = made_up::people(200, 9).coded(&[5; 32], 8);
        let options = Options {
            form: Form::Quick,
            payload: [6; 32],
        };
        let mut told = Vec::new();
        check(&file, &options, &mut |progress| told.push(progress));
        assert_eq!(told.len(), 14);
        assert_eq!(told[13].done, told[13].of);
    }

    #[test]
    fn shares_are_written_for_people() {
        assert_eq!(
            [0.0, 0.0005, 0.012, 0.5].map(percent),
            ["none", "0.05 %", "1.20 %", "50 %"]
        );
    }
}
