//! Tests of the agreement: drafting, strict reading, signing.

use super::*;
use crate::testing::{date, draft, key, world};

fn refused(text: &str) -> Error {
    Agreement::parse(text).expect_err("refused")
}

#[test]
fn a_draft_says_what_was_asked_and_repeats_byte_for_byte() {
    let agreement = Agreement::draft(&draft()).unwrap();
    assert_eq!(agreement.text(), Agreement::draft(&draft()).unwrap().text());
    assert_eq!(agreement, Agreement::parse(agreement.text()).unwrap());
    assert_eq!(agreement.project(), "eastmere");
    assert_eq!(agreement.expires(), date("2027-03-31"));
    assert_eq!(agreement.schema().hash, [7; 32]);
    assert_eq!(agreement.rule_packs()[0].id, "LOCAL7");
    let ids: Vec<&str> = agreement
        .parties()
        .iter()
        .map(|party| party.id.as_str())
        .collect();
    assert_eq!(ids, ["council", "health", "hub", "team"]);
    assert_eq!(agreement.custodians().count(), 2);
    let council = agreement.party("council").unwrap();
    assert_eq!(council.name, "Eastmere \"Old Town\" Council");
    assert_eq!(
        council.contact("early-help").unwrap().name,
        "Early help hub"
    );
    assert!(
        agreement
            .text()
            .lines()
            .filter(|line| line.starts_with('#'))
            .count()
            > 15,
        "a draft explains itself"
    );
    assert_eq!(agreement.recipient_of(PackageKind::Records).id, "hub");
    assert_eq!(agreement.recipient_of(PackageKind::Events).id, "team");
}

#[test]
fn every_broken_text_is_refused_with_its_rule() {
    let good = Agreement::draft(&draft()).unwrap().text().to_owned();
    let cases = [
        (
            "people = 1000",
            "people = 1000\nextra = 1",
            "unknown field `extra`",
        ),
        (
            "people = 1000",
            "people = 1000\npeople = 2",
            "duplicate key",
        ),
        ("people = 1000", "people = 0", "between 1 and 100 million"),
        ("version = 1", "version = 2", "version 1"),
        (
            "project = \"eastmere\"",
            "project = \"East Mere\"",
            "`project` and `epoch`",
        ),
        (
            "expires = \"2027-03-31\"",
            "expires = \"2027-02-30\"",
            "YYYY-MM-DD",
        ),
        (
            "event_dates = \"month\"",
            "event_dates = \"hour\"",
            "unknown variant",
        ),
        ("\"asb/incident\"", "\"housing/arrears\"", "listed twice"),
        ("\"asb/incident\"", "\"ASB\"", "two or three ids"),
        (
            "role = \"integrator\"",
            "role = \"custodian\"",
            "exactly one integrator",
        ),
        ("id = \"health\"", "id = \"council\"", "the same id"),
        (
            "service = \"early-help\"",
            "service = \"early-help\"\nfax = \"1\"",
            "unknown field `fax`",
        ),
        (
            "recipient = \"age1",
            "recipient = \"AGE1",
            "age X25519 public key",
        ),
        (
            "purpose = \"To",
            "purpose = \"\\u0007To",
            "`purpose` is one line",
        ),
    ];
    for (from, to, expected) in cases {
        assert!(good.contains(from), "{from}");
        let error = refused(&good.replacen(from, to, 1));
        assert_eq!(error.code(), "E-AGR-FORMAT");
        assert!(
            error.to_string().contains(expected),
            "{from} -> {to}: {error}"
        );
    }
    let error = refused(&good.replacen("people = 1000", "people = 1000\nextra = 1", 1));
    let line = good
        .lines()
        .position(|line| line == "people = 1000")
        .unwrap()
        + 2;
    assert!(
        error.to_string().starts_with(&format!("line {line}: ")),
        "{error}"
    );
}

#[test]
fn two_parties_never_share_a_key() {
    let mut same = draft();
    same.parties[0].signing_key = same.parties[1].signing_key;
    assert!(
        Agreement::draft(&same)
            .unwrap_err()
            .to_string()
            .contains("same signing key")
    );
    let mut same = draft();
    same.parties[0].recipient = same.parties[1].recipient.clone();
    assert!(
        Agreement::draft(&same)
            .unwrap_err()
            .to_string()
            .contains("same encryption key")
    );
}

#[test]
fn weak_signing_keys_are_refused() {
    let good = key("council", Role::Custodian).public().to_toml();
    let strong = crate::hex::encode(
        key("council", Role::Custodian)
            .public()
            .signing_key
            .as_bytes(),
    );
    // The identity point: any signature could be made to fit it.
    let weak = format!("01{}", "00".repeat(31));
    assert!(Party::parse(&good).is_ok());
    assert_eq!(
        Party::parse(&good.replace(&strong, &weak))
            .unwrap_err()
            .code(),
        "E-AGR-FORMAT"
    );
}

#[test]
fn test_keys_work_under_test_agreements_alone() {
    let mut real = draft();
    real.test = false;
    assert_eq!(Agreement::draft(&real).unwrap_err().code(), "E-KEY-TEST");
    // Even when the public parts hide it, the secret keys know.
    for party in &mut real.parties {
        party.test_only = false;
    }
    let agreement = Agreement::draft(&real).unwrap();
    assert_eq!(
        agreement
            .check_key(&key("council", Role::Custodian))
            .unwrap_err()
            .code(),
        "E-KEY-TEST"
    );
    let project_key = ProjectKey::danger_from_seed("eastmere", "2026", 7).unwrap();
    assert_eq!(
        agreement
            .check_project_key(&project_key)
            .unwrap_err()
            .code(),
        "E-KEY-TEST"
    );
}

#[test]
fn keys_must_be_the_agreed_ones() {
    let agreement = Agreement::draft(&draft()).unwrap();
    assert_eq!(
        agreement
            .check_key(&key("council", Role::Custodian))
            .unwrap()
            .id,
        "council"
    );
    assert_eq!(
        agreement
            .check_key(&key("police", Role::Custodian))
            .unwrap_err()
            .code(),
        "E-AGR-PARTY"
    );
    assert_eq!(
        agreement
            .check_key(&key("council", Role::Integrator))
            .unwrap_err()
            .code(),
        "E-KEY-PARTY"
    );
    let other = PartyKey::danger_from_seed("council", Role::Custodian, 8).unwrap();
    assert_eq!(
        agreement.check_key(&other).unwrap_err().code(),
        "E-KEY-PARTY"
    );
    for (project, epoch) in [("westmere", "2026"), ("eastmere", "2027")] {
        let key = ProjectKey::danger_from_seed(project, epoch, 7).unwrap();
        assert_eq!(
            agreement.check_project_key(&key).unwrap_err().code(),
            "E-KEY-PROJECT"
        );
    }
}

#[test]
fn the_last_day_is_still_inside() {
    let agreement = world().agreement;
    assert!(agreement.check_date(date("2027-03-31")).is_ok());
    assert_eq!(
        agreement.check_date(date("2027-04-01")).unwrap_err().code(),
        "E-AGR-EXPIRED"
    );
}

#[test]
fn signatures_are_demanded_of_everyone_and_bound_to_the_text() {
    let agreement = Agreement::draft(&draft()).unwrap();
    let council = agreement.sign(&key("council", Role::Custodian)).unwrap();
    let error = agreement.clone().with_signatures(&council).unwrap_err();
    assert!(
        matches!(&error, Error::AgreementUnsigned { missing } if *missing == ["health", "hub", "team"]),
        "{error:?}"
    );

    let mut other = draft();
    other.people += 1;
    let other = Agreement::draft(&other).unwrap();
    assert_eq!(
        other.signed_by(&council).unwrap_err().code(),
        "E-AGR-SIGNATURE"
    );
    let as_health = council.replace("\"council\"", "\"health\"");
    assert_eq!(
        agreement.signed_by(&as_health).unwrap_err().code(),
        "E-AGR-SIGNATURE"
    );
    let as_stranger = council.replace("\"council\"", "\"stranger\"");
    assert_eq!(
        agreement.signed_by(&as_stranger).unwrap_err().code(),
        "E-AGR-PARTY"
    );
    assert_eq!(
        agreement
            .signed_by(&format!("{council}\n{council}"))
            .unwrap_err()
            .code(),
        "E-AGR-FORMAT"
    );
    assert_eq!(
        agreement
            .signed_by("{\"party\":\"council\"}")
            .unwrap_err()
            .code(),
        "E-AGR-FORMAT"
    );
    assert!(world().agreement.is_signed() && !agreement.is_signed());
}

#[test]
fn files_are_signed_one_party_after_the_other() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("agreement.toml");
    let text = Agreement::draft(&draft()).unwrap().text().to_owned();
    std::fs::write(&path, &text).unwrap();
    let keys = [
        key("team", Role::Integrator),
        key("council", Role::Custodian),
        key("hub", Role::LinkageUnit),
        key("council", Role::Custodian),
        key("health", Role::Custodian),
    ];
    for key in &keys {
        assert_eq!(Agreement::load(&path).unwrap_err().code(), "E-AGR-UNSIGNED");
        assert!(Agreement::sign_file(&path, key).unwrap().contains(key.id()));
    }
    let agreement = Agreement::load(&path).unwrap();
    assert!(agreement.is_signed());
    assert_eq!(agreement.text(), text);

    std::fs::write(&path, text + "# one more comment\n").unwrap();
    let error = Agreement::load(&path).unwrap_err();
    assert_eq!(error.code(), "E-AGR-SIGNATURE");
    let problem = kinfold_message::Problem::from(error);
    assert!(problem.place.unwrap().ends_with("agreement.sig"));
    assert_eq!(
        Agreement::load(&folder.path().join("none.toml"))
            .unwrap_err()
            .code(),
        "E-FILE-MISSING"
    );
}
