//! `compat`: what projects with other tools need.

mod convert;

use crate::args::compat::{ClkhashArgs, CompatCommand, HeaderArg};
use crate::commands::schema::line_of_first_bad;
use crate::outcome::{Message, Outcome};
use crate::progress::Progress;
use kinfold_encoding::clkhash::{
    Failure, Finding, Header, Options, Rule, Schema, SchemaFault, Trap, encode_csv,
};
use kinfold_message::{Exit, Problem, WholeFile, counted, grouped};
use kinfold_schema::without_controls;
use serde_json::{Value, json};
use std::fs::File;
use std::io::Read as _;
use std::path::Path;
use std::time::{Duration, Instant};
use zeroize::Zeroizing;

/// Runs a verb of `compat`.
pub fn run(command: &CompatCommand, progress: &Progress) -> Result<Outcome, Problem> {
    match command {
        CompatCommand::Clkhash(args) => clkhash(args, progress),
        CompatCommand::Schema(args) => convert::run(args),
    }
}

/// Longest secret in bytes; anything longer is surely another file.
const LONGEST_SECRET: u64 = 1 << 16;
/// As many messages of one kind are shown.
const SHOWN: usize = 12;

/// Reads a clkhash schema: the schema, or how the command ends with all its faults.
fn read_schema(path: &Path, ignore_traps: bool) -> Result<Result<Schema, Outcome>, Problem> {
    let text = std::fs::read(path).map_err(|error| Problem::io("read the schema", path, &error))?;
    let text = String::from_utf8(text).map_err(|error| {
        Problem::new(
            "E-COMPAT-SCHEMA",
            Exit::CouldNotRun,
            "the schema is not UTF-8 text",
            "save it as UTF-8",
        )
        .at(format!("{}:{}", path.display(), line_of_first_bad(&error)))
    })?;
    let trap = if ignore_traps {
        Trap::Ignore
    } else {
        Trap::Refuse
    };
    Ok(Schema::read(&text, trap).map_err(|faults| refused(path, &faults)))
}

fn clkhash(args: &ClkhashArgs, progress: &Progress) -> Result<Outcome, Problem> {
    let schema = match read_schema(&args.schema, args.clkhash_0_18_compat)? {
        Ok(schema) => schema,
        Err(refused) => return Ok(refused),
    };
    keep_apart(args)?;
    let secret = read_secret(&args.secret_file)?;
    let mut input = File::open(&args.input)
        .map_err(|error| Problem::io("read the file", &args.input, &error))?;
    let total = input.metadata().map_or(0, |metadata| metadata.len());
    let mut output = WholeFile::create(&args.output)?;
    progress.step(&format!("Encoding {}", args.input.display()));
    let options = Options {
        header: match args.header {
            HeaderArg::Check => Header::Check,
            HeaderArg::Skip => Header::Skip,
            HeaderArg::None => Header::None,
        },
        trim: args.trim,
        threads: args.threads.map_or_else(processors, usize::from),
    };
    let mut shown = Instant::now();
    let mut show = |bytes: u64, records: u64| {
        if shown.elapsed() > Duration::from_millis(200) {
            shown = Instant::now();
            let text = counted(records, "record", "records");
            progress.advance(bytes, total, &text);
        }
    };
    let summary = match encode_csv(
        &schema,
        &secret,
        &mut input,
        &mut output,
        options,
        &mut show,
    ) {
        Ok(summary) => summary,
        Err(Failure::Records { findings, records }) => {
            return Ok(wrong_records(
                args,
                &schema,
                &findings.list(),
                findings.count(),
                records,
            ));
        }
        Err(failure) => return Err(problem(args, &schema, failure)),
    };
    output.finish()?;
    let (bits, hashed, columns) = (
        schema.length_bits(),
        schema.hashed_columns(),
        schema.identifiers().len(),
    );
    let text = format!(
        "Wrote {} CLKs of {} bits to {}.\n  schema   version {}, {hashed} of {columns} columns hashed\n\nCLKs are pseudonymised personal data: keep the secret and the CLKs apart.\n",
        grouped(summary.records as usize),
        grouped(bits as usize),
        args.output.display(),
        schema.version(),
    );
    let data = json!({
        "records": summary.records,
        "bits": bits,
        "schema_version": schema.version(),
        "columns": columns,
        "hashed_columns": hashed,
        "findings": [],
    });
    Ok(Outcome::done(SHAPE, text, data))
}

/// Name and version of the shape of the data.
const SHAPE: &str = "kinfold.compat-clkhash/1";

fn processors() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The secret without one line end after it, which editors add and clkhash's users do not mean.
fn read_secret(path: &Path) -> Result<Zeroizing<Vec<u8>>, Problem> {
    let failed = |error| Problem::io("read the secret", path, &error);
    let refuse = |what: &str| {
        let hint = "give the file that holds the secret the parties share, and nothing else";
        Problem::new("E-COMPAT-SECRET", Exit::CouldNotRun, what, hint)
            .at(path.display().to_string())
    };
    let file = File::open(path).map_err(failed)?;
    // One allocation: a vector that grows would leave copies of the secret behind.
    let mut secret = Zeroizing::new(Vec::with_capacity(LONGEST_SECRET as usize + 1));
    file.take(LONGEST_SECRET + 1)
        .read_to_end(&mut secret)
        .map_err(failed)?;
    if secret.len() as u64 > LONGEST_SECRET {
        return Err(refuse(
            "the file with the secret has more than 65,536 bytes",
        ));
    }
    if secret.last() == Some(&b'\n') {
        secret.pop();
        if secret.last() == Some(&b'\r') {
            secret.pop();
        }
    }
    if secret.is_empty() {
        return Err(refuse("the secret is empty"));
    }
    Ok(secret)
}

/// The output must not take the place of what it is made from.
fn keep_apart(args: &ClkhashArgs) -> Result<(), Problem> {
    let Ok(output) = args.output.canonicalize() else {
        return Ok(());
    };
    for source in [&args.schema, &args.input, &args.secret_file] {
        if source.canonicalize().is_ok_and(|source| source == output) {
            return Err(Problem::new(
                "E-COMPAT-OUTPUT",
                Exit::CouldNotRun,
                format!("the CLKs would replace `{}`", source.display()),
                "choose another file with `-o`",
            )
            .at(args.output.display().to_string()));
        }
    }
    Ok(())
}

fn refused(path: &Path, faults: &[SchemaFault]) -> Outcome {
    let mut messages: Vec<Message> = faults
        .iter()
        .take(SHOWN)
        .map(|fault| fault_message(path, fault))
        .collect();
    if faults.len() > SHOWN {
        messages.push(Message::error(Problem::new(
            "E-COMPAT-SCHEMA",
            Exit::CouldNotRun,
            format!(
                "the schema has {} more faults",
                grouped(faults.len() - SHOWN)
            ),
            "correct the first ones and run the command again",
        )));
    }
    let listed = faults.iter().map(|fault| {
        json!({"path": fault.path, "line": fault.line, "what": fault.what, "refusal": fault.is_refusal})
    });
    Outcome {
        exit: Exit::CouldNotRun,
        text: String::new(),
        schema: SHAPE,
        data: json!({"records": 0, "faults": listed.collect::<Vec<_>>()}),
        messages,
    }
}

fn fault_message(path: &Path, fault: &SchemaFault) -> Message {
    let what = if fault.path.is_empty() {
        without_controls(&fault.what)
    } else {
        without_controls(&format!("`{}` {}", fault.path, fault.what))
    };
    let code = if fault.is_refusal {
        "E-COMPAT-REFUSED"
    } else {
        "E-COMPAT-SCHEMA"
    };
    let problem = Problem::new(code, Exit::CouldNotRun, what, fault.hint.clone());
    Message::error(problem.at(format!("{}:{}", path.display(), fault.line)))
}

fn wrong_records(
    args: &ClkhashArgs,
    schema: &Schema,
    findings: &[Finding],
    count: u64,
    records: u64,
) -> Outcome {
    let names: Vec<&str> = schema.identifiers().collect();
    let mut messages: Vec<Message> = findings
        .iter()
        .take(SHOWN)
        .map(|finding| finding_message(args, &names, finding))
        .collect();
    if findings.len() > SHOWN {
        messages.push(Message::error(Problem::new(
            "E-COMPAT-VALUE",
            Exit::Answer,
            format!(
                "there {} {} of wrong values or rows",
                if findings.len() - SHOWN == 1 {
                    "is"
                } else {
                    "are"
                },
                counted(findings.len() - SHOWN, "more kind", "more kinds")
            ),
            "correct the first ones and run the command again; `--json` lists all",
        )));
    }
    let listed: Vec<Value> = findings
        .iter()
        .map(|finding| {
            json!({
                "column": finding.column.map(|index| names[index]),
                "column_number": finding.column.map(|index| index + 1),
                "rule": finding.rule.name(),
                "count": finding.count,
                "rows": finding.places.iter().map(|place| place.row).collect::<Vec<_>>(),
                "lines": finding.places.iter().map(|place| place.line).collect::<Vec<_>>(),
            })
        })
        .collect();
    Outcome {
        exit: Exit::Answer,
        text: format!(
            "Nothing was written: {} of {} {} the schema or the form of the file.\n",
            if count == 1 {
                "a value or row".to_owned()
            } else {
                format!("{} values or rows", grouped(count as usize))
            },
            counted(records, "record", "records"),
            if count == 1 { "breaks" } else { "break" },
        ),
        schema: SHAPE,
        data: json!({"records": records, "findings": listed}),
        messages,
    }
}

fn finding_message(args: &ClkhashArgs, names: &[&str], finding: &Finding) -> Message {
    let count = grouped(finding.count as usize);
    let one = finding.count == 1;
    let mut rows: Vec<String> = finding
        .places
        .iter()
        .map(|place| grouped(place.row as usize))
        .collect();
    let left = finding.count - finding.places.len() as u64;
    if left > 0 {
        rows.push(format!("{} more", grouped(left as usize)));
    }
    let rows = match rows.split_last() {
        Some((last, [])) => format!("row {last}"),
        Some((last, first)) => format!("rows {} and {last}", first.join(", ")),
        None => String::new(),
    };
    let line = finding.places.first().map_or(1, |place| place.line);
    let place = format!("{}:{line}", args.input.display());
    let Some(column) = finding.column.map(|index| without_controls(names[index])) else {
        let cells = match finding.rule {
            Rule::CellCount { found } => found,
            _ => 0,
        };
        let what = format!(
            "{count} {} {} where the schema has {} features ({rows})",
            if one { "row has" } else { "rows have" },
            if cells == 1 {
                "1 cell".to_owned()
            } else {
                format!("{} cells", grouped(cells as usize))
            },
            grouped(names.len()),
        );
        let hint = "look at that line: a comma inside a value needs quotes around the value, and an empty line is a row too";
        return Message::error(
            Problem::new("E-COMPAT-COLUMNS", Exit::Answer, what, hint).at(place),
        );
    };
    let what = format!(
        "{count} {} of column `{column}` {} ({rows})",
        if one { "value" } else { "values" },
        finding.rule.words(one),
    );
    let hint = if args.trim {
        "correct the extract, or let the parties agree on another schema"
    } else {
        "correct the extract; if only white space around values is wrong, use `--trim`"
    };
    let place = format!("{place}, column \"{column}\"");
    Message::error(Problem::new("E-COMPAT-VALUE", Exit::Answer, what, hint).at(place))
}

fn problem(args: &ClkhashArgs, schema: &Schema, failure: Failure) -> Problem {
    let header = |what: String, hint: &str| {
        Problem::new("E-COMPAT-HEADER", Exit::CouldNotRun, what, hint)
            .at(format!("{}:1", args.input.display()))
    };
    let other_header = "use `--header skip` if the first line names the columns in other words, `--header none` if it is a record";
    match failure {
        Failure::Read(error) => Problem::io("read the file", &args.input, &error),
        Failure::Write(error) => Problem::io("write the file", &args.output, &error),
        Failure::NoHeader => header(
            "the file is empty: there is no header".to_owned(),
            "give a file with records; for an empty one without header use `--header none`",
        ),
        Failure::HeaderLength { found, expected } => header(
            format!("the header has {found} columns and the schema {expected} features"),
            "describe every column in the schema, in order; columns that do not count are `\"ignored\": true`",
        ),
        Failure::HeaderNames {
            columns,
            byte_order_mark,
        } => {
            if byte_order_mark && columns.len() == 1 {
                return header(
                    "a byte order mark stands before the first column's name, and clkhash takes it as part of the name".to_owned(),
                    "save the file as UTF-8 without byte order mark, or use `--header skip`",
                );
            }
            // The names in the file are not shown: without a header they are somebody's data.
            let names: Vec<&str> = schema.identifiers().collect();
            let expected: Vec<String> = columns
                .iter()
                .take(5)
                .map(|&index| {
                    format!(
                        "column {} should be `{}`",
                        index + 1,
                        without_controls(names[index])
                    )
                })
                .collect();
            let more = if columns.len() > 5 { ", ..." } else { "" };
            header(
                format!(
                    "{} of {} column names are not the schema's: {}{more}",
                    columns.len(),
                    names.len(),
                    expected.join(", ")
                ),
                other_header,
            )
        }
        Failure::Unreadable { line, what } => Problem::new(
            "E-COMPAT-TEXT",
            Exit::CouldNotRun,
            format!("the file cannot be read as clkhash reads it: {what}"),
            "look at that line; the file must be CSV in UTF-8",
        )
        .at(format!("{}:{line}", args.input.display())),
        // Shown in full where it happens.
        Failure::Records { .. } => Problem::new(
            "E-COMPAT-VALUE",
            Exit::Answer,
            "records break the schema",
            "correct the extract",
        )
        .at(args.input.display().to_string()),
    }
}
