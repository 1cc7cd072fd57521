//! `encode`: people and events to codes, in a folder that stays on the custodian's machine until it is sealed.

use crate::args::{EncodeArgs, Period};
use crate::commands::check;
use crate::doubtful;
use crate::earlier::Earlier;
use crate::files::{NewFile, make_folder, write_together};
use crate::gate::{self, Checked};
use crate::outcome::{Message, Outcome};
use crate::progress::Progress;
use crate::release::{Release, Terms, release};
use crate::survey::{Survey, last_day, survey};
use kinfold_exchange::{Agreement, Date, Party, PartyKey, ProjectKey, TableFile};
use kinfold_extract::Memory;
use kinfold_message::{Exit, Problem, counted, grouped};
use kinfold_schema::Schema;
use kinfold_verdict::Form;
use serde_json::json;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Agreement, keys and schema of a custodian, loaded and checked against each other.
pub struct Office {
    /// The agreement, signed by all parties and in force.
    pub agreement: Agreement,
    /// The custodian's own key.
    pub key: PartyKey,
    /// The key that the custodians share.
    pub project_key: Arc<ProjectKey>,
    /// The linkage schema that the agreement names.
    pub schema: Schema,
}

impl Office {
    /// Loads everything and refuses what does not belong together.
    ///
    /// # Errors
    /// A missing or wrong file, an unsigned or expired agreement, a key of another party or project, another schema.
    pub fn open(
        agreement: &Path,
        key: &Path,
        project_key: &Path,
        schema: Option<&Path>,
        on: Option<&str>,
        period: Period,
    ) -> Result<Self, Problem> {
        let agreement = Agreement::load(agreement)?;
        agreement.check_date(day_of_step(on, period)?)?;
        let key = PartyKey::load(key)?;
        agreement.check_key(&key)?;
        let project_key = Arc::new(ProjectKey::load(project_key, &key)?);
        agreement.check_project_key(&project_key)?;
        let schema = agreed_schema(&agreement, schema)?;
        Ok(Self {
            agreement,
            key,
            project_key,
            schema,
        })
    }

    /// The custodian as the agreement lists it.
    ///
    /// # Errors
    /// When the key's party is not in the agreement.
    pub fn sender(&self) -> Result<&Party, Problem> {
        Ok(self.agreement.party(self.key.id())?)
    }
}

/// The day on which the agreement must be in force: as told, or the period's last.
fn day_of_step(on: Option<&str>, period: Period) -> Result<Date, Problem> {
    match on {
        Some(text) => crate::dates::parse(text),
        None => Ok(Date::from_days(last_day(period)).expect("periods are between 1990 and 2999")),
    }
}

/// The linkage schema of an agreement: the shipped one, or the given file, if the hash is the agreed one.
///
/// # Errors
/// When neither has the agreed hash.
pub fn agreed_schema(agreement: &Agreement, file: Option<&Path>) -> Result<Schema, Problem> {
    let agreed = agreement.schema().hash;
    let schema = match file {
        Some(path) => crate::commands::schema::load(path)?,
        None => Schema::shipped_names()
            .filter_map(Schema::shipped)
            .find(|schema| schema.hash() == agreed)
            .unwrap_or_else(Schema::standard),
    };
    if schema.hash() == agreed {
        crate::commands::schema::must_be_trusted(&schema, agreement.trusted_linkage_unit())?;
        return Ok(schema);
    }
    let what = format!(
        "the linkage schema `{}` is not the one the agreement names (`{}`): their hashes differ",
        schema.id,
        agreement.schema().id
    );
    Err(Problem::new(
        "E-ENCODE-SCHEMA",
        Exit::Refused,
        what,
        "give the agreed text with `--schema FILE`, or use the version of kinfold that ships it",
    ))
}

/// What `encode` and `run` share: the survey, and the release unless something blocks.
pub struct Work {
    /// Agreement, keys and schema.
    pub office: Office,
    /// The files, looked through.
    pub survey: Survey,
    /// The codes; `None` when something blocks.
    pub release: Option<Release>,
}

/// The office of these arguments.
///
/// # Errors
/// As [`Office::open`].
pub fn office(args: &EncodeArgs) -> Result<Office, Problem> {
    Office::open(
        &args.agreement,
        &args.key,
        &args.project_key,
        args.schema.as_deref(),
        args.on.as_deref(),
        args.period,
    )
}

/// Surveys and encodes, and lists the people for the release check when it follows.
///
/// # Errors
/// Everything that stops it, but for data that block: those are in the survey's messages.
pub fn work(
    office: Office,
    args: &EncodeArgs,
    attack: bool,
    progress: &Progress,
) -> Result<Work, Problem> {
    let scratch = scratch(&args.output);
    let survey = survey(
        &args.mapping,
        Some(&office.agreement),
        Memory::default(),
        scratch,
        progress,
    )?;
    let (mapped, own) = (&survey.gathered.mapping.custodian, office.key.id());
    if mapped != own {
        return Err(Problem::new(
            "E-ENCODE-CUSTODIAN",
            Exit::CouldNotRun,
            format!("the mapping is of custodian `{mapped}`, the key is of `{own}`"),
            "give the mapping and the key of one custodian",
        )
        .at(args.mapping.display().to_string()));
    }
    if survey.is_blocked() {
        return Ok(Work {
            office,
            survey,
            release: None,
        });
    }
    progress.step(&format!(
        "Encoding {}",
        counted(survey.united.people(), "person", "people")
    ));
    let terms = Terms {
        agreement: &office.agreement,
        sender: office.sender()?,
        key: &office.key,
        project_key: Arc::clone(&office.project_key),
        schema: &office.schema,
        period: args.period,
        scratch,
        progress,
        attack,
    };
    let release = release(&survey, &terms)?;
    Ok(Work {
        office,
        survey,
        release: Some(release),
    })
}

/// Where working files wait: beside the folder that is written to, where there must be room anyway.
pub fn scratch(output: &Path) -> &Path {
    output
        .parent()
        .filter(|folder| folder.is_dir())
        .unwrap_or(Path::new("."))
}

/// The BLAKE3 of a table's bytes.
///
/// # Errors
/// When the table cannot be read.
pub fn hash(table: &TableFile) -> Result<[u8; 32], Problem> {
    let mut hasher = blake3::Hasher::new();
    table.write_to(&mut hasher)?;
    Ok(*hasher.finalize().as_bytes())
}

/// Runs the release check on a release that was listed for it, and lets go of the list.
///
/// # Errors
/// When the codes on disk or the people's files can no longer be read.
///
/// # Panics
/// When [`work`] was not told that the check follows.
pub fn attack(
    (office, survey): (&Office, &Survey),
    release: &mut Release,
    earlier: &[gate::EarlierCodes],
    (form, payload): (Form, [u8; 32]),
    progress: &Progress,
) -> Result<Checked, Problem> {
    let attacked = release.attacked.take().expect("work was told to list");
    let options = kinfold_release::Options { form, payload };
    let earlier = gate::opened(earlier, &office.schema)?;
    attacked.with(&office.schema, &release.codes, survey, |subject, codes| {
        gate::attack(subject, codes, &earlier, &options, progress)
    })
}

/// Runs `encode`.
pub fn run(args: &EncodeArgs, progress: &Progress) -> Result<Outcome, Problem> {
    let Work {
        office,
        survey,
        release,
    } = work(office(args)?, args, false, progress)?;
    let Some(release) = release else {
        return Ok(check::outcome(&survey, &args.mapping));
    };
    progress.step("Writing");
    let sections = [
        ("codes.arrow", &release.codes),
        ("events.arrow", &release.events),
        ("subjects.arrow", &release.subjects),
    ];
    let note = crate::encoded::Note {
        custodian: office.key.id().to_owned(),
        period: args.period.to_string(),
        agreement: crate::encoded::hex(&office.agreement.hash()),
        schema: crate::encoded::hex(&office.schema.hash()),
        key_check: crate::encoded::hex(&office.project_key.check_value(&office.schema.hash())),
        records: release.codes.rows(),
        events: release.events.rows(),
        files: sections
            .iter()
            .map(|(name, table)| Ok(((*name).to_owned(), crate::encoded::hex(&hash(table)?))))
            .collect::<Result<_, Problem>>()?,
        release_check: None,
    };
    let mut text = summary(&survey, &release);
    if !args.dry_run {
        make_folder(&args.output)?;
        let mut files: Vec<NewFile> = sections
            .into_iter()
            .map(|(name, table)| {
                NewFile::owner_only(args.output.join(name), |writer| Ok(table.write_to(writer)?))
            })
            .collect();
        files.push(NewFile::of_bytes(
            args.output.join(crate::encoded::NOTE),
            note.to_json(),
        ));
        let earlier = Earlier::in_folder(&args.output);
        files.extend(local_files(args, &survey, &release, &earlier)?);
        write_together(&files)?;
        let _ = writeln!(
            text,
            "\nWrote {}. Attack it with `kinfold release-check`, then seal it with `kinfold seal`.",
            args.output.display()
        );
    }
    let data = json!({"check": check::outcome(&survey, &args.mapping).data, "encode": report(&release), "files": note.files});
    let mut outcome = Outcome::done("kinfold.encode/1", text, data);
    outcome.messages = messages(&survey, &release);
    Ok(outcome)
}

/// The files that stay with the custodian.
///
/// # Errors
/// When the list of doubtful pairs would be written over the decisions.
pub fn local_files<'made>(
    args: &EncodeArgs,
    survey: &'made Survey,
    release: &'made Release,
    sealed: &Earlier,
) -> Result<Vec<NewFile<'made>>, Problem> {
    let path = references_path(args, survey);
    Ok(vec![
        NewFile::of_bytes(
            args.output.join("check.json"),
            check::report_json(survey, sealed),
        ),
        doubtful::file(&args.output, survey, &args.mapping)?,
        NewFile::owner_only(path.clone(), move |writer| {
            let written = release.references.write_to(writer);
            written.map_err(|error| Problem::io("write the file", &path, &error))
        }),
    ])
}

/// Where the custodian's list of references goes. Each period has its own: the references of two periods have nothing in common.
pub fn references_path(args: &EncodeArgs, survey: &Survey) -> PathBuf {
    args.output.join(format!(
        "{}-{}.local-references.csv",
        survey.gathered.mapping.custodian, args.period
    ))
}

/// Warnings of the survey, and those that only an encoding shows.
pub fn messages(survey: &Survey, release: &Release) -> Vec<Message> {
    let mut messages = survey.messages.clone();
    for service in &release.unknown_services {
        messages.push(Message::warning(Problem::new(
            "E-CHECK-SERVICE",
            Exit::Answer,
            format!("the mapping names the service `{service}`, which is not among the contacts in the agreement; its events leave without one"),
            "list the service under the party's contacts before the agreement is signed (`kinfold key new --contacts FILE`)",
        )));
    }
    messages
}

/// Counts of an encoding, for programs.
pub fn report(release: &Release) -> serde_json::Value {
    let mut counts = json!({
        "records": release.report.records,
        "left_out": release.report.left_out.len(),
        "events": release.events.rows(),
        "subjects": release.subjects.rows(),
        "events_after_period": release.after_period,
        "events_without_record": release.without_record,
        "mean_fill": release.report.mean_fill,
        "blank_filters": release.report.blank_filters,
        "match_keys": release.report.keys,
        "household_keys": release.report.household_keys,
        "household_keys_crowded": release.report.household_keys_crowded,
        "presence_patterns": release.report.presence_patterns,
        "presence_coarsened": release.report.presence_coarsened,
    });
    if let Some(records) = release.report.without_filters {
        counts["without_filters"] = records.into();
    }
    counts
}

/// The line about records whose filters are not released.
pub fn tell_without_filters(text: &mut String, records: usize) {
    let _ = writeln!(
        text,
        "Filters: {} random bits for one, because household keys show their home to be larger than the linkage schema allows",
        counted(records, "record has", "records have")
    );
}

/// The encoding in a few lines.
pub fn summary(survey: &Survey, release: &Release) -> String {
    let report = &release.report;
    let released: usize = report.keys.iter().map(|key| key.released).sum();
    let shared: usize = report.keys.iter().map(|key| key.shared).sum();
    let mut text = format!(
        "{} {}\nEncoded {} · left out {} (no usable identity)\n",
        counted(survey.gathered.rows.len(), "row is", "rows are"),
        counted(survey.united.people(), "person", "people"),
        grouped(report.records),
        grouped(report.left_out.len())
    );
    let _ = writeln!(
        text,
        "Match keys: {} released, {} kept back because another person of the file shares the value; random ones fill the gaps",
        grouped(released),
        grouped(shared)
    );
    let _ = writeln!(
        text,
        "Household keys: {} released, {} kept back because too many people share the home",
        grouped(report.household_keys),
        grouped(report.household_keys_crowded)
    );
    if let Some(records) = report.without_filters {
        tell_without_filters(&mut text, records);
    }
    let _ = writeln!(
        text,
        "Events: {} coded · {} after the period · {} of people who could not be encoded",
        grouped(release.events.rows() as usize),
        grouped(release.after_period),
        grouped(release.without_record)
    );
    text
}
