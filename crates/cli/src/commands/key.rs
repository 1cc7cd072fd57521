//! `key`: make keys, and the words to compare over the telephone.

use crate::args::{KeyCommand, RoleArg};
use crate::outcome::Outcome;
use kinfold_exchange::{Agreement, Contact, Party, PartyKey, ProjectKey, Role};
use kinfold_message::{Exit, Problem};
use serde::Deserialize;
use serde_json::json;
use std::path::{Path, PathBuf};

/// Runs a verb of `key`.
pub fn run(command: &KeyCommand) -> Result<Outcome, Problem> {
    match command {
        KeyCommand::New {
            party,
            role,
            name,
            contacts,
            danger_seed,
            output,
        } => new(
            party,
            *role,
            name.as_deref(),
            contacts.as_deref(),
            *danger_seed,
            output,
        ),
        KeyCommand::Project {
            project,
            epoch,
            danger_seed,
            output,
        } => project_key(project, epoch, *danger_seed, output),
        KeyCommand::Fingerprint { file } => fingerprint(file),
    }
}

fn new(
    id: &str,
    role: RoleArg,
    name: Option<&str>,
    contacts: Option<&Path>,
    seed: Option<u64>,
    output: &Path,
) -> Result<Outcome, Problem> {
    let role = match role {
        RoleArg::Custodian => Role::Custodian,
        RoleArg::LinkageUnit => Role::LinkageUnit,
        RoleArg::Integrator => Role::Integrator,
    };
    let contacts = contacts.map(load_contacts).transpose()?.unwrap_or_default();
    let key = match seed {
        Some(seed) => PartyKey::danger_from_seed(id, role, seed)?,
        None => PartyKey::generate(id, role)?,
    };
    let mut public = key.public();
    public.contacts = contacts;
    if let Some(name) = name {
        name.clone_into(&mut public.name);
    }
    // A public part that nobody can read back must not be written.
    Party::parse(&public.to_toml())?;
    make_parent(output)?;
    key.save(output)?;
    let public_file = public_path(output);
    public.save(&public_file)?;
    let words = public.fingerprint_words();
    let mut text = format!(
        "Made the key of `{id}` ({role}).\n  secret part  {} (readable by you alone; never send it)\n  public part  {}\n  fingerprint  {words}\n",
        output.display(),
        public_file.display()
    );
    if seed.is_some() {
        text.push_str("  This key was made from a seed: anybody can make it. Only test agreements accept it.\n");
    }
    let data = json!({
        "party": id,
        "role": role.as_str(),
        "key": output.display().to_string(),
        "public": public_file.display().to_string(),
        "fingerprint": words,
        "test_only": seed.is_some(),
    });
    Ok(Outcome::done("kinfold.key/1", text, data))
}

/// `council.pub.toml` beside `council.key`.
fn public_path(key: &Path) -> PathBuf {
    key.with_extension("pub.toml")
}

fn project_key(
    project: &str,
    epoch: &str,
    seed: Option<u64>,
    output: &Path,
) -> Result<Outcome, Problem> {
    let key = match seed {
        Some(seed) => ProjectKey::danger_from_seed(project, epoch, seed)?,
        None => ProjectKey::generate(project, epoch)?,
    };
    make_parent(output)?;
    key.save(output)?;
    let words = kinfold_exchange::fingerprint_words(&key.fingerprint());
    let mut text = format!(
        "Made the key of project `{project}`, epoch `{epoch}`.\n  secret       {} (for the custodians alone, never for the linkage unit)\n  fingerprint  {words}\n",
        output.display()
    );
    if seed.is_some() {
        text.push_str("  This key was made from a seed: anybody can make it. Only test agreements accept it.\n");
    }
    let data = json!({
        "project": project,
        "epoch": epoch,
        "key": output.display().to_string(),
        "fingerprint": words,
        "test_only": seed.is_some(),
    });
    Ok(Outcome::done("kinfold.key/1", text, data))
}

fn fingerprint(file: &Path) -> Result<Outcome, Problem> {
    let (what, words) = if let Ok(party) = Party::load(file) {
        (
            format!("party `{}` ({})", party.id, party.role),
            party.fingerprint_words(),
        )
    } else if let Ok(agreement) = Agreement::load_unsigned(file) {
        (
            format!("agreement \"{}\"", agreement.name()),
            agreement.fingerprint_words(),
        )
    } else {
        let key = PartyKey::load(file)?;
        (
            format!("key of `{}` ({})", key.id(), key.role()),
            key.public().fingerprint_words(),
        )
    };
    Ok(Outcome::done(
        "kinfold.fingerprint/1",
        format!("{what}\n{words}\n"),
        json!({"of": what, "words": words}),
    ))
}

/// A file of `[[contact]]` tables.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Contacts {
    #[serde(default)]
    contact: Vec<Contact>,
}

fn load_contacts(path: &Path) -> Result<Vec<Contact>, Problem> {
    let text = std::fs::read_to_string(path)
        .map_err(|error| Problem::io("read the contacts", path, &error))?;
    let contacts: Contacts = toml::from_str(&text).map_err(|error| {
        let line = error.span().map_or(1, |span| text[..span.start.min(text.len())].matches('\n').count() + 1);
        Problem::new(
            "E-KEY-CONTACTS",
            Exit::CouldNotRun,
            format!("the contacts cannot be read: {}", error.message().lines().next().unwrap_or_default()),
            "write one `[[contact]]` table a service, with `service`, `name`, and `phone` or `email`",
        )
        .at(format!("{}:{line}", path.display()))
    })?;
    Ok(contacts.contact)
}

fn make_parent(path: &Path) -> Result<(), Problem> {
    match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => crate::files::make_folder(parent),
        _ => Ok(()),
    }
}
