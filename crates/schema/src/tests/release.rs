//! What a schema may not say if its codes are to be released, however it is written.

use crate::{Fact, FaultKind, Schema};

#[test]
fn a_full_name_alone_is_usable_inside_the_custodians_own_trust_only() {
    let trusted = Schema::shipped("trusted").expect("it is shipped");
    let text = trusted.text().to_owned();
    assert!(trusted.usable.contains(&vec![Fact::First, Fact::Last]));
    let other = text.replace("[\"first\", \"last\"]", "[\"last\"]");
    assert!(Schema::parse(&other).is_err());
    let other = text.replace("linkage_unit = \"inside\"", "linkage_unit = \"outside\"");
    let faults = Schema::parse(&other).expect_err("outside");
    let mut faults = faults.faults().iter();
    assert!(faults.any(|fault| fault.key == "schema.usable[0]"));
}

/// A schema cannot get around the rule of diffusion by what the rule was not measured for.
#[test]
fn the_rule_of_diffusion_has_no_way_around() {
    let text = Schema::standard().text().to_owned();
    let release = |from: &str, to: &str, key: &str| {
        assert!(text.contains(from), "{from}");
        let error = Schema::parse(&text.replace(from, to)).expect_err(to);
        assert!(
            error
                .faults()
                .iter()
                .any(|fault| fault.key.starts_with(key) && fault.kind == FaultKind::Release),
            "{to}: {error}"
        );
    };
    release(
        "unit_positions = 41",
        "unit_positions = 8",
        "filter[0].unit_positions",
    );
    release(
        "unit_positions = 41",
        "unit_positions = 90",
        "filter[0].unit_positions",
    );
    release("bits = 2048", "bits = 2048\ninner_bits = 8192", "filter[0]");
    release(
        "bits = 2048",
        "bits = 2048\ninner_bits = 256",
        "filter[0].inner_bits",
    );
    release(
        "names = 1.0, birth = 1.16",
        "names = 1.3, birth = 0.1",
        "filter[0].tokens",
    );
    release(
        "usable = [",
        "usable = [\n  [\"first\"],",
        "schema.usable[0]",
    );
    let twice = text.replace(
        "requires = [\"first\", \"last\", \"birth\"]",
        "requires = [\"first\", \"last\", \"birth\", \"birth\"]",
    );
    assert!(Schema::parse(&twice).is_err());
    // A filter with places beside household keys names households.
    let placed = text.replace(
        "requires = [\"first\", \"last\", \"birth\"]",
        "requires = [\"first\", \"last\", \"birth\", \"postcode\"]",
    );
    let placed = placed
        .replace(
            "names = 1.0, birth = 1.16",
            "names = 1.0, birth = 1.16, place = 1.0",
        )
        .replace(
            "tokens = [\n",
            "tokens = [\n  { field = \"postcode\", form = \"whole\", weight = 4.0 },\n",
        )
        .replace("people_max = 75000", "people_max = 15000");
    let error = Schema::parse(&placed).unwrap_err();
    assert!(error.to_string().contains("name households"), "{error}");
    // Not seen by the linkage unit.
    let unseen = text.replace("slots = [\"first\", ", "slots = [");
    assert!(
        Schema::parse(&unseen)
            .unwrap_err()
            .to_string()
            .contains("`first` is missing")
    );
}

/// `standard` with the three fields of contact, and what else is added.
fn with_contact(head: &str, keys: &str) -> String {
    let fields = ["telephone", "email", "town"]
        .map(|name| format!("[[field]]\nname = \"{name}\"\ngroup = \"contact\"\n"))
        .concat();
    Schema::standard()
        .text()
        .replace("[[filter]]\n", &format!("{fields}{head}[[filter]]\n"))
        + keys
}

#[test]
fn contact_may_be_keys_and_never_a_filter_or_an_identity() {
    let keys: String = ["TEL", "TELd N1i", "EM", "EMl Y", "EMd N1i", "N1 T", "H T"]
        .map(|recipe| format!("[[key]]\nrecipe = \"{recipe}\"\nslots = 12\n"))
        .concat();
    let schema = Schema::parse(&with_contact("", &keys)).unwrap();
    assert_eq!(schema.fields.len(), Schema::standard().fields.len() + 3);
    let faults = |text: &str| -> Vec<(FaultKind, String)> {
        let error = Schema::parse(text).unwrap_err();
        let faults = error.faults().iter();
        faults
            .map(|fault| (fault.kind, fault.key.clone()))
            .collect()
    };
    // A number that a family shares is no identity by itself, alone or with the other.
    let only = with_contact("", "").replace("[\"nhs\"],", "[\"telephone\", \"email\"],");
    assert_eq!(
        faults(&only),
        [(FaultKind::Release, "schema.usable[8]".to_owned())]
    );
    // No figure says how safe a filter with such tokens is, nor with towns, which are few.
    for (field, form) in [
        ("telephone", "bigrams"),
        ("email", "whole"),
        ("town", "words"),
    ] {
        let token =
            format!("tokens = [\n  {{ field = \"{field}\", form = \"{form}\", weight = 0.2 }},");
        let text = with_contact("", "")
            .replacen("tokens = [", &token, 1)
            .replacen("scale = {", "scale = { contact = 1.0,", 1);
        let found = faults(&text);
        assert!(
            found.contains(&(FaultKind::Release, "filter[0].diffusion".to_owned())),
            "{field}: {found:?}"
        );
    }
    // Without the field there is nothing to make the key of.
    let text = Schema::standard().text().to_owned() + "[[key]]\nrecipe = \"TEL\"\nslots = 1\n";
    assert_eq!(faults(&text)[0].0, FaultKind::Rule);
}
