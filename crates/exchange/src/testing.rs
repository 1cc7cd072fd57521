//! Keys and a signed agreement for this crate's tests.

use crate::{
    Agreement, Contact, Contents, Date, Draft, EventDates, Manifest, PackageKind, PartyKey,
    ProjectKey, Reference, Role,
};

pub(crate) struct World {
    pub(crate) agreement: Agreement,
    pub(crate) council: PartyKey,
    pub(crate) health: PartyKey,
    pub(crate) linkage_unit: PartyKey,
    pub(crate) integrator: PartyKey,
    pub(crate) project_key: ProjectKey,
}

pub(crate) fn date(text: &str) -> Date {
    text.parse().unwrap()
}

pub(crate) fn key(id: &str, role: Role) -> PartyKey {
    PartyKey::danger_from_seed(id, role, 7).unwrap()
}

/// A draft for the four parties of [`World`].
pub(crate) fn draft() -> Draft {
    let mut council = key("council", Role::Custodian).public();
    council.name = "Eastmere \"Old Town\" Council".to_owned();
    council.contacts.push(Contact {
        service: "early-help".to_owned(),
        name: "Early help hub".to_owned(),
        phone: Some("01632 960001".to_owned()),
        email: None,
    });
    Draft {
        name: "Eastmere family work 2027".to_owned(),
        project: "eastmere".to_owned(),
        epoch: "2026".to_owned(),
        purpose: "To offer help to families with several needs".to_owned(),
        lawful_basis: "Children Act 2004 section 10".to_owned(),
        retention: "Codes are deleted after 12 months".to_owned(),
        expires: date("2027-03-31"),
        people: 1000,
        test: true,
        trusted_linkage_unit: false,
        event_dates: EventDates::Month,
        event_codes: vec!["housing/arrears".to_owned(), "asb/incident".to_owned()],
        schema: Reference {
            id: "standard".to_owned(),
            hash: [7; 32],
        },
        rule_packs: vec![Reference {
            id: "LOCAL7".to_owned(),
            hash: [8; 32],
        }],
        parties: vec![
            key("hub", Role::LinkageUnit).public(),
            key("team", Role::Integrator).public(),
            key("health", Role::Custodian).public(),
            council,
        ],
    }
}

/// Signs with all four keys of [`World`].
pub(crate) fn sign(agreement: Agreement, keys: &[&PartyKey]) -> Agreement {
    let lines: Vec<String> = keys
        .iter()
        .map(|key| agreement.sign(key).unwrap())
        .collect();
    agreement.with_signatures(&lines.join("\n")).unwrap()
}

pub(crate) fn world_of(draft: &Draft) -> World {
    let council = key("council", Role::Custodian);
    let health = key("health", Role::Custodian);
    let linkage_unit = key("hub", Role::LinkageUnit);
    let integrator = key("team", Role::Integrator);
    let keys = [&council, &health, &linkage_unit, &integrator];
    let agreement = sign(Agreement::draft(draft).unwrap(), &keys);
    let project_key = ProjectKey::danger_from_seed("eastmere", "2026", 7).unwrap();
    World {
        agreement,
        council,
        health,
        linkage_unit,
        integrator,
        project_key,
    }
}

pub(crate) fn world() -> World {
    world_of(&draft())
}

pub(crate) fn contents(kind: PackageKind) -> Contents<'static> {
    Contents {
        kind,
        period: "2026-08",
        sequence: 1,
        rows: 3,
    }
}

impl World {
    pub(crate) fn manifest(&self, kind: PackageKind) -> Manifest {
        Manifest::prepare(
            &self.agreement,
            &self.council,
            &self.project_key,
            &contents(kind),
        )
        .unwrap()
    }
}
