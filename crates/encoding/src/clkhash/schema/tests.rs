//! Schemas that clkhash takes, refuses, or misunderstands.

use super::*;

const FEATURE: &str = r#"{"identifier": "a", "format": {"type": "string"}, "hashing": {"comparison": {"type": "ngram", "n": 2}, "strategy": {"bitsPerToken": 3}}}"#;

fn schema(config: &str, features: &str) -> String {
    format!(
        r#"{{"version": 3, "clkConfig": {{"l": 64, "kdf": {{"type": "HKDF"}}{config}}},
"features": [{features}]}}"#
    )
}

fn faults(text: &str) -> Vec<String> {
    match Schema::read(text, Trap::Refuse) {
        Ok(_) => Vec::new(),
        Err(faults) => faults
            .into_iter()
            .map(|fault| format!("{}:{} {}", fault.line, fault.path, fault.what))
            .collect(),
    }
}

#[test]
fn defaults() {
    let read = Schema::read(&schema("", FEATURE), Trap::Refuse).unwrap();
    assert_eq!(
        (read.length, read.folds, read.key_size, read.kdf_hash),
        (64, 0, 64, KdfHash::Sha256)
    );
    assert_eq!(read.identifiers().collect::<Vec<_>>(), ["a"]);
    assert_eq!(read.hashed_columns(), 1);
}

#[test]
fn the_name_that_clkhash_reads_over_is_refused_where_it_matters() {
    let trapped = schema(r#", "xorFolds": 1"#, FEATURE);
    assert_eq!(faults(&trapped).len(), 1);
    assert!(faults(&trapped)[0].starts_with("1:clkConfig.xorFolds "));
    assert_eq!(Schema::read(&trapped, Trap::Ignore).unwrap().folds, 0);
    assert!(faults(&schema(r#", "xorFolds": 0"#, FEATURE)).is_empty());
    assert!(faults(&schema(r#", "xorFolds": 2, "xor_folds": 2"#, FEATURE)).is_empty());
    assert_eq!(
        Schema::read(&schema(r#", "xor_folds": true"#, FEATURE), Trap::Refuse)
            .unwrap()
            .folds,
        1
    );
    let numeric = FEATURE.replace(
        r#"{"type": "ngram", "n": 2}"#,
        r#"{"type": "numeric", "thresholdDistance": 1, "resolution": 1, "fractionalPrecision": 2}"#,
    );
    assert_eq!(faults(&schema("", &numeric)).len(), 1);
    assert!(Schema::read(&schema("", &numeric), Trap::Ignore).is_ok());
}

#[test]
fn what_clkhash_finds_out_only_while_hashing_is_found_at_once() {
    let sixty_four = vec![FEATURE; 64].join(",");
    assert!(faults(&schema("", &sixty_four))[0].contains("HKDF gives"));
    assert!(faults(&schema("", &vec![FEATURE; 63].join(","))).is_empty());
    assert!(faults(&schema("", FEATURE).replace("64", "100"))[0].contains("power of two"));
    let long_keys = schema("", FEATURE).replace(r#""HKDF""#, r#""HKDF", "keySize": 65"#);
    assert!(faults(&long_keys)[0].contains("64 bytes"));
    let pattern = FEATURE.replace(r#""string""#, r#""string", "pattern": "(""#);
    assert!(faults(&schema("", &pattern))[0].starts_with("2:features[0].format.pattern "));
    let guard = FEATURE.replace(
        r#""bitsPerToken": 3}"#,
        r#""bitsPerToken": 3}, "hash": {"type": "blakeHash", "prevent_singularity": true}"#,
    );
    assert_eq!(faults(&schema("", &guard)).len(), 1);
    let salt = schema("", FEATURE).replace(r#""HKDF""#, r#""HKDF", "salt": "a""#);
    assert_eq!(faults(&salt).len(), 1);
}

#[test]
fn versions() {
    assert_eq!(faults("[]").len(), 1);
    assert_eq!(faults("{}").len(), 1);
    for version in ["4", "\"3\"", "true", "2.5", "null"] {
        let text =
            schema("", FEATURE).replace("\"version\": 3", &format!("\"version\": {version}"));
        assert_eq!(faults(&text).len(), 1, "{version}");
    }
    assert!(faults(&schema("", FEATURE).replace("\"version\": 3", "\"version\": 3.0")).is_empty());
}
