//! Tests of the package: what goes in comes out, and nothing else gets through.

use super::*;
use crate::testing::{World, date, draft, key, sign, world, world_of};
use crate::{Agreement, Error, Manifest, PackageKind, PartyKey, ProjectKey, Role, check_same_keys};
use proptest::prelude::*;
use std::sync::LazyLock;

static WORLD: LazyLock<World> = LazyLock::new(world);

fn today() -> crate::Date {
    date("2026-09-01")
}

fn sections() -> Vec<(String, Vec<u8>)> {
    vec![
        ("school-census".to_owned(), b"first".to_vec()),
        ("housing".to_owned(), vec![9; 1000]),
    ]
}

fn sealed_with(sections: Vec<(String, Vec<u8>)>) -> Sealed {
    let manifest = WORLD.manifest(PackageKind::Records);
    seal(
        manifest,
        sections,
        &WORLD.council,
        WORLD.agreement.party("hub").unwrap(),
    )
    .unwrap()
}

fn open_here(bytes: &[u8]) -> crate::Result<Package> {
    open(bytes, &WORLD.linkage_unit, &WORLD.agreement, today())
}

/// A package with a front page of the test's own making, sealed correctly.
fn sealed_by_hand(json: &[u8], signer: &PartyKey, sections: &[u8]) -> Vec<u8> {
    let signature = signer.sign(SIGNATURE_CONTEXT, blake3::hash(json).as_bytes());
    let content = [
        &MAGIC[..],
        &(json.len() as u32).to_le_bytes(),
        json,
        &signature,
        sections,
    ]
    .concat();
    sealed_content(&content)
}

fn sealed_content(content: &[u8]) -> Vec<u8> {
    let recipient = &WORLD.agreement.party("hub").unwrap().recipient;
    seal_envelope(recipient, |writer| {
        std::io::Write::write_all(writer, content)
    })
}

#[test]
fn a_package_comes_back_as_it_was() {
    let sealed = sealed_with(sections());
    let package = open_here(&sealed.bytes).unwrap();
    assert_eq!(package.sections, sections());
    assert_eq!(package.manifest, sealed.manifest);
    assert_eq!(package.payload_hash, sealed.payload_hash);
    assert_eq!(package.section("housing").unwrap(), [9; 1000]);
    assert_eq!(
        package.section("police").unwrap_err().code(),
        "E-PKG-CONTENT"
    );
}

#[test]
fn the_same_input_has_the_same_payload_hash_and_other_bytes() {
    let (one, two) = (sealed_with(sections()), sealed_with(sections()));
    assert_eq!(one.payload_hash, two.payload_hash);
    assert_ne!(one.bytes, two.bytes);
    assert_ne!(one.payload_hash, sealed_with(vec![]).payload_hash);
}

#[test]
fn kinds_go_to_their_own_recipient() {
    let manifest = || WORLD.manifest(PackageKind::Events);
    let team = WORLD.agreement.party("team").unwrap();
    let sealed = seal(manifest(), sections(), &WORLD.council, team).unwrap();
    assert!(open(&sealed.bytes, &WORLD.integrator, &WORLD.agreement, today()).is_ok());
    assert_eq!(
        open_here(&sealed.bytes).unwrap_err().code(),
        "E-PKG-RECIPIENT"
    );
    let hub = WORLD.agreement.party("hub").unwrap();
    assert_eq!(
        seal(manifest(), sections(), &WORLD.council, hub)
            .unwrap_err()
            .code(),
        "E-KEY-ROLE"
    );
    assert_eq!(
        seal(manifest(), sections(), &WORLD.health, team)
            .unwrap_err()
            .code(),
        "E-KEY-PARTY"
    );
    assert_eq!(
        seal(manifest(), sections(), &WORLD.linkage_unit, team)
            .unwrap_err()
            .code(),
        "E-KEY-ROLE"
    );
    let other = PartyKey::danger_from_seed("team", Role::Integrator, 8)
        .unwrap()
        .public();
    assert_eq!(
        seal(manifest(), sections(), &WORLD.council, &other)
            .unwrap_err()
            .code(),
        "E-KEY-PARTY"
    );
}

#[test]
fn every_bit_of_a_small_package_matters() {
    let sealed = sealed_with(vec![("housing".to_owned(), b"x".to_vec())]);
    for position in 0..sealed.bytes.len() {
        let mut changed = sealed.bytes.clone();
        changed[position] ^= 1 << (position % 8);
        let error = open_here(&changed).expect_err("refused");
        let expected = [
            "E-PKG-DAMAGED",
            "E-PKG-FORMAT",
            "E-PKG-HEADER",
            "E-PKG-RECIPIENT",
        ];
        assert!(expected.contains(&error.code()), "byte {position}: {error}");
    }
}

#[test]
fn every_truncation_of_a_small_package_is_refused() {
    let sealed = sealed_with(sections());
    for length in 0..sealed.bytes.len() {
        assert!(
            open_here(&sealed.bytes[..length]).is_err(),
            "{length} bytes"
        );
    }
    for extra in [1, 16, 65_552] {
        let longer = [sealed.bytes.clone(), vec![0; extra]].concat();
        assert!(open_here(&longer).is_err(), "{extra} bytes more");
    }
}

#[test]
fn an_interrupted_copy_is_told_from_a_changed_one() {
    let sealed = sealed_with(vec![("housing".to_owned(), vec![5; 300_000])]);
    let half = &sealed.bytes[..sealed.bytes.len() / 2];
    assert_eq!(open_here(half).unwrap_err().code(), "E-PKG-TRUNCATED");
    // Cut exactly between two pieces of the encryption.
    let header = sealed.bytes.len() - 300_000 % 65_536;
    assert!(open_here(&sealed.bytes[..header - header % 65_552]).is_err());
    let mut changed = sealed.bytes.clone();
    changed[250_000] ^= 1;
    assert_eq!(open_here(&changed).unwrap_err().code(), "E-PKG-DAMAGED");
}

#[test]
fn the_wrong_key_is_named() {
    let sealed = sealed_with(sections());
    let error = open(&sealed.bytes, &WORLD.integrator, &WORLD.agreement, today()).unwrap_err();
    assert_eq!(error.code(), "E-PKG-RECIPIENT");
    let stranger = PartyKey::danger_from_seed("hub", Role::LinkageUnit, 8).unwrap();
    let error = open(&sealed.bytes, &stranger, &WORLD.agreement, today()).unwrap_err();
    assert_eq!(error.code(), "E-KEY-PARTY");
}

#[test]
fn another_agreement_schema_or_day_is_refused() {
    let sealed = sealed_with(sections());
    let mut changed = draft();
    changed.purpose.push('!');
    let other = world_of(&changed);
    let error = open(
        &sealed.bytes,
        &WORLD.linkage_unit,
        &other.agreement,
        today(),
    )
    .unwrap_err();
    assert_eq!(error.code(), "E-PKG-AGREEMENT");
    let error = open(
        &sealed.bytes,
        &WORLD.linkage_unit,
        &WORLD.agreement,
        date("2027-04-01"),
    )
    .unwrap_err();
    assert_eq!(error.code(), "E-AGR-EXPIRED");
    let unsigned = Agreement::draft(&draft()).unwrap();
    let error = open(&sealed.bytes, &WORLD.linkage_unit, &unsigned, today()).unwrap_err();
    assert_eq!(error.code(), "E-AGR-UNSIGNED");

    let altered = |change: fn(&mut Manifest)| {
        let mut manifest = WORLD.manifest(PackageKind::Records);
        change(&mut manifest);
        open_here(&sealed_by_hand(&manifest.to_json(), &WORLD.council, b""))
            .unwrap_err()
            .code()
    };
    assert_eq!(
        altered(|manifest| manifest.schema_hash = [1; 32]),
        "E-PKG-SCHEMA"
    );
    assert_eq!(
        altered(|manifest| manifest.expires = date("2026-08-31")),
        "E-PKG-EXPIRED"
    );
    assert_eq!(
        altered(|manifest| manifest.recipient = [1; 32]),
        "E-PKG-RECIPIENT"
    );
    assert_eq!(
        altered(|manifest| manifest.kind = PackageKind::Events),
        "E-KEY-ROLE"
    );
    assert_eq!(
        altered(|manifest| manifest.epoch = "2027".to_owned()),
        "E-PKG-CONTENT"
    );
    assert_eq!(altered(|manifest| manifest.rows = 1001), "E-PKG-LIMIT");
    assert_eq!(altered(|manifest| manifest.version = 2), "E-PKG-VERSION");
    assert_eq!(altered(|manifest| manifest.sequence = 0), "E-PKG-CONTENT");
}

#[test]
fn only_the_named_custodian_can_have_signed() {
    let manifest = WORLD.manifest(PackageKind::Records);
    let open_signed_by = |manifest: &Manifest, signer: &PartyKey| {
        open_here(&sealed_by_hand(&manifest.to_json(), signer, b""))
            .unwrap_err()
            .code()
    };
    assert!(open_here(&sealed_by_hand(&manifest.to_json(), &WORLD.council, b"")).is_ok());
    assert_eq!(open_signed_by(&manifest, &WORLD.health), "E-PKG-SIGNATURE");
    let mut from_hub = manifest.clone();
    from_hub.custodian = "hub".to_owned();
    assert_eq!(
        open_signed_by(&from_hub, &WORLD.linkage_unit),
        "E-PKG-SENDER"
    );
    let mut from_stranger = manifest.clone();
    from_stranger.custodian = "police".to_owned();
    assert_eq!(
        open_signed_by(&from_stranger, &key("police", Role::Custodian)),
        "E-AGR-PARTY"
    );
    // A signature for another purpose does not serve.
    let json = manifest.to_json();
    let signature = WORLD
        .council
        .sign(b"kinfold/agreement/v1\0", blake3::hash(&json).as_bytes());
    let content = [
        &MAGIC[..],
        &(json.len() as u32).to_le_bytes(),
        &json,
        &signature,
    ]
    .concat();
    assert_eq!(
        open_here(&sealed_content(&content)).unwrap_err().code(),
        "E-PKG-SIGNATURE"
    );
}

#[test]
fn content_that_does_not_add_up_is_refused() {
    let sealed = sealed_with(sections());
    let json = sealed.manifest.to_json();
    let all: Vec<u8> = sections()
        .into_iter()
        .flat_map(|(_, bytes)| bytes)
        .collect();
    let code = |json: &[u8], content: &[u8]| {
        open_here(&sealed_by_hand(json, &WORLD.council, content))
            .unwrap_err()
            .code()
    };
    assert!(open_here(&sealed_by_hand(&json, &WORLD.council, &all)).is_ok());
    assert_eq!(code(&json, &all[..all.len() - 1]), "E-PKG-TRUNCATED");
    assert_eq!(code(&json, &[&all[..], b"!"].concat()), "E-PKG-CONTENT");
    let mut other = all.clone();
    other[3] ^= 1;
    assert_eq!(code(&json, &other), "E-PKG-CONTENT");

    let mut huge = sealed.manifest.clone();
    huge.sections[0].len = u64::MAX;
    huge.sections[1].len = u64::MAX;
    assert_eq!(code(&huge.to_json(), &all), "E-PKG-CONTENT");
    huge.sections[1].len = 0;
    huge.sections[0].len = u64::MAX / 2;
    assert_eq!(code(&huge.to_json(), &all), "E-PKG-TRUNCATED");

    let spaced = String::from_utf8(json.clone())
        .unwrap()
        .replacen(',', ", ", 1);
    assert_eq!(code(spaced.as_bytes(), &all), "E-PKG-CONTENT");
    assert_eq!(code(b"{}", b""), "E-PKG-CONTENT");
    assert_eq!(code(b"{\"version\":3,\"new\":1}", b""), "E-PKG-VERSION");

    assert_eq!(
        open_here(&sealed_content(b"KINFOLD\x02rest of a later format"))
            .unwrap_err()
            .code(),
        "E-PKG-VERSION"
    );
    assert_eq!(
        open_here(&sealed_content(b"PK\x03\x04 something else"))
            .unwrap_err()
            .code(),
        "E-PKG-FORMAT"
    );
    assert_eq!(
        open_here(&sealed_content(b"KIN")).unwrap_err().code(),
        "E-PKG-TRUNCATED"
    );
    assert_eq!(
        open_here(&sealed_content(b"")).unwrap_err().code(),
        "E-PKG-TRUNCATED"
    );
    let long = [&MAGIC[..], &u32::MAX.to_le_bytes()].concat();
    assert_eq!(
        open_here(&sealed_content(&long)).unwrap_err().code(),
        "E-PKG-LIMIT"
    );
}

#[test]
fn too_much_is_refused_when_sealing() {
    let prepare = |rows, sequence, period| {
        let contents = crate::Contents {
            kind: PackageKind::Records,
            period,
            sequence,
            rows,
        };
        Manifest::prepare(
            &WORLD.agreement,
            &WORLD.council,
            &WORLD.project_key,
            &contents,
        )
    };
    assert!(prepare(1000, 1, "2026-08").is_ok());
    assert_eq!(
        prepare(1001, 1, "2026-08").unwrap_err().code(),
        "E-PKG-LIMIT"
    );
    assert_eq!(
        prepare(1, 0, "2026-08").unwrap_err().code(),
        "E-PKG-CONTENT"
    );
    assert_eq!(
        prepare(1, 1, "08/2026").unwrap_err().code(),
        "E-PKG-CONTENT"
    );
    let hub = WORLD.agreement.party("hub").unwrap();
    let seal_sections = |names: Vec<String>| {
        let sections = names.into_iter().map(|name| (name, vec![])).collect();
        seal(
            WORLD.manifest(PackageKind::Records),
            sections,
            &WORLD.council,
            hub,
        )
        .map(|_| ())
        .map_err(|error| error.code())
    };
    assert_eq!(
        seal_sections((0..32).map(|index| format!("s{index}")).collect()),
        Ok(())
    );
    assert_eq!(
        seal_sections((0..33).map(|index| format!("s{index}")).collect()),
        Err("E-PKG-LIMIT")
    );
    assert_eq!(
        seal_sections(vec!["a".to_owned(), "a".to_owned()]),
        Err("E-PKG-CONTENT")
    );
    assert_eq!(
        seal_sections(vec!["../etc".to_owned()]),
        Err("E-PKG-CONTENT")
    );
    let contents = crate::testing::contents(PackageKind::Records);
    let linkage_unit = Manifest::prepare(
        &WORLD.agreement,
        &WORLD.linkage_unit,
        &WORLD.project_key,
        &contents,
    );
    assert_eq!(linkage_unit.unwrap_err().code(), "E-KEY-ROLE");
    let unsigned = Agreement::draft(&draft()).unwrap();
    let unsigned = Manifest::prepare(&unsigned, &WORLD.council, &WORLD.project_key, &contents);
    assert_eq!(unsigned.unwrap_err().code(), "E-AGR-UNSIGNED");
}

#[test]
fn a_header_of_four_thousand_stanzas_is_refused_fast() {
    let sealed = sealed_with(sections());
    let first = b"age-encryption.org/v1\n".len();
    let stanza = format!("-> X25519 {}\n{}\n", "A".repeat(43), "A".repeat(43));
    let mut bytes = sealed.bytes[..first].to_vec();
    bytes.extend(stanza.repeat(4000).into_bytes());
    bytes.extend(&sealed.bytes[first..]);
    let start = std::time::Instant::now();
    let error = open_here(&bytes).unwrap_err();
    assert_eq!(error.code(), "E-PKG-HEADER");
    assert!(start.elapsed().as_millis() < 50, "{:?}", start.elapsed());
    // One long line instead of many stanzas.
    let long = [&sealed.bytes[..first], &vec![b'a'; 1 << 20]].concat();
    assert_eq!(open_here(&long).unwrap_err().code(), "E-PKG-HEADER");
}

#[test]
fn other_files_are_told_apart() {
    for (bytes, expected) in [
        (&b""[..], "empty"),
        (b"PK\x03\x04", "does not begin"),
        (b"age-encryp", "first bytes"),
        (b"-----BEGIN AGE ENCRYPTED FILE-----\n", "armour"),
    ] {
        let error = inspect(bytes).unwrap_err();
        assert_eq!(error.code(), "E-PKG-FORMAT");
        assert!(error.to_string().contains(expected), "{error}");
    }
}

#[test]
fn an_inspection_says_what_is_outside() {
    let sealed = sealed_with(vec![("housing".to_owned(), vec![5; 200_000])]);
    let inspection = inspect(&sealed.bytes).unwrap();
    let json = sealed.manifest.to_json().len() as u64;
    assert_eq!(inspection.content_bytes, 8 + 4 + json + 64 + 200_000);
    assert_eq!(inspection.recipients, 1);
    assert_eq!(inspection.file_bytes, sealed.bytes.len() as u64);
    let shown = inspection.to_string();
    assert!(
        shown.contains("1 key can open it") && !shown.contains("council"),
        "{shown}"
    );
}

#[test]
fn different_project_keys_are_found_between_packages() {
    let manifest = |signer: &PartyKey, seed| {
        let key = ProjectKey::danger_from_seed("eastmere", "2026", seed).unwrap();
        Manifest::prepare(
            &WORLD.agreement,
            signer,
            &key,
            &crate::testing::contents(PackageKind::Records),
        )
        .unwrap()
    };
    let (council, health, wrong) = (
        manifest(&WORLD.council, 7),
        manifest(&WORLD.health, 7),
        manifest(&WORLD.health, 8),
    );
    assert!(check_same_keys([&council, &health]).is_ok());
    let error = check_same_keys([&council, &wrong]).unwrap_err();
    assert!(
        matches!(&error, Error::KeyCheck { party, other } if party == "health" && other == "council"),
        "{error}"
    );
}

#[test]
fn an_agreement_signed_by_fewer_is_no_agreement() {
    // `sign` of the test world demands everyone; the negative space is tested beside it.
    let agreement = Agreement::draft(&draft()).unwrap();
    let keys = [
        &WORLD.council,
        &WORLD.health,
        &WORLD.linkage_unit,
        &WORLD.integrator,
    ];
    assert!(sign(agreement, &keys).is_signed());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn packages_round_trip(sizes in proptest::collection::vec(0usize..70_000, 0..4), fill: u8) {
        let sections: Vec<_> = sizes.iter().enumerate().map(|(index, size)| (format!("s{index}"), vec![fill; *size])).collect();
        let sealed = sealed_with(sections.clone());
        let package = open_here(&sealed.bytes).unwrap();
        prop_assert_eq!(package.sections, sections);
        prop_assert_eq!(package.payload_hash, sealed.payload_hash);
        let json = package.manifest.to_json();
        prop_assert_eq!(Manifest::parse(&json).unwrap(), package.manifest);
    }

    #[test]
    fn any_flipped_bit_or_cut_is_refused(position: prop::sample::Index, bit in 0u8..8, cut: prop::sample::Index) {
        static LARGE: LazyLock<Vec<u8>> =
            LazyLock::new(|| sealed_with(vec![("housing".to_owned(), vec![5; 150_000])]).bytes);
        let mut changed = LARGE.clone();
        let position = position.index(changed.len());
        changed[position] ^= 1 << bit;
        prop_assert!(open_here(&changed).is_err());
        prop_assert!(open_here(&LARGE[..cut.index(LARGE.len())]).is_err());
    }

    #[test]
    fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..2000)) {
        prop_assert!(open_here(&bytes).is_err());
        prop_assert!(open_here(&[b"age-encryption.org/v1\n", &bytes[..]].concat()).is_err());
        prop_assert!(open_here(&sealed_content(&bytes)).is_err());
        prop_assert!(open_here(&sealed_content(&[&MAGIC[..], &bytes].concat())).is_err());
        prop_assert!(open_here(&sealed_by_hand(&bytes, &WORLD.council, b"")).is_err());
    }
}

#[test]
fn a_manifest_spells_its_keys_in_order() {
    let mut manifest = WORLD.manifest(PackageKind::Records);
    // Without sections every quoted text before a colon is a key of the manifest itself.
    assert!(manifest.sections.is_empty());
    let in_order = |json: &[u8]| {
        let json = String::from_utf8(json.to_vec()).unwrap();
        let keys: Vec<String> = json
            .split("\":")
            .filter_map(|part| part.rsplit('"').next().map(str::to_owned))
            .collect();
        // What follows the last colon is a value.
        keys[..keys.len() - 1].is_sorted_by(|a, b| a < b)
    };
    assert!(in_order(&manifest.to_json()));
    manifest.sections.push(crate::Section {
        blake3: [0; 32],
        len: 0,
        name: "a".to_owned(),
    });
    assert!(in_order(
        &serde_json::to_vec(&manifest.sections[0]).unwrap()
    ));
}

#[test]
fn duplicate_keys_in_a_manifest_are_refused() {
    let json = String::from_utf8(WORLD.manifest(PackageKind::Records).to_json()).unwrap();
    for (from, to) in [
        ("\"rows\":3", "\"rows\":3,\"rows\":3"),
        ("\"rows\":3", "\"rows\":3,\"rows_\":3"),
        ("\"rows\":3", "\"rows\":3.0"),
        ("\"rows\":3", "\"rows\":-3"),
        ("\"version\":1}", "\"version\":1} "),
    ] {
        let changed = json.replacen(from, to, 1);
        assert_ne!(changed, json);
        assert_eq!(
            Manifest::parse(changed.as_bytes()).unwrap_err().code(),
            "E-PKG-CONTENT",
            "{to}"
        );
    }
}
