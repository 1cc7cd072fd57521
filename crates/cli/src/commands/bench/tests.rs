//! Which columns of a table are read as what.

use super::*;

const TABLE: &str = "rec_id,first_name,Surname,No,Street,Suburb,Mobile,Home phone,E-mail address\n1,Ann,Lee,12,Mill Road,Dartford,07700 900123,020 7946 0018,ann@example.org\n";

/// `standard`, with the fields of contact or without them.
fn schema(contact: bool) -> Schema {
    let fields = ["telephone", "email", "town"]
        .map(|name| format!("[[field]]\nname = \"{name}\"\ngroup = \"contact\"\n"))
        .concat();
    let text = Schema::standard().text().to_owned();
    let text = if contact {
        text.replace("[[filter]]\n", &format!("{fields}[[filter]]\n"))
    } else {
        text
    };
    Schema::parse(&text).expect("a schema")
}

fn found(told: &[&str], schema: &Schema) -> Found {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.csv");
    std::fs::write(&path, TABLE).expect("written");
    let told: Vec<String> = told.iter().map(ToString::to_string).collect();
    columns(&path, &told, schema, false).expect("columns")
}

#[test]
fn usual_names_are_found_only_for_fields_that_the_schema_lists() {
    let with = found(&[], &schema(true)).table.columns;
    let at = |role: &str| -> Vec<usize> {
        let of_role = with.iter().filter(|(own, _)| *own == role);
        of_role.map(|(_, position)| *position).collect()
    };
    assert_eq!(
        (at("telephone"), at("email"), at("town")),
        (vec![6], vec![8], vec![5])
    );
    let without = found(&[], &schema(false));
    assert_eq!(
        without.table.columns,
        [("given_name", 1), ("family_name", 2)]
    );
    assert!(!without.absent.contains(&FieldName::Telephone));
}

#[test]
fn told_columns_come_in_the_order_in_which_they_are_told() {
    let told = [
        "telephone=Home phone",
        "address=No",
        "telephone=Mobile",
        "address=Street",
        "town=Suburb",
    ];
    let columns = found(&told, &schema(true));
    for expected in [
        ("address", 3),
        ("address", 4),
        ("telephone", 7),
        ("telephone", 6),
        ("town", 5),
    ] {
        assert!(columns.table.columns.contains(&expected), "{expected:?}");
    }
    let order = |role: &str| -> Vec<usize> {
        let all = columns.table.columns.iter();
        all.filter(|(own, _)| *own == role)
            .map(|(_, position)| *position)
            .collect()
    };
    assert_eq!(
        (order("address"), order("telephone")),
        (vec![3, 4], vec![7, 6])
    );
    assert_eq!(columns.unread, []);
    // The same against a schema without the fields: told, and not read.
    let columns = found(&told, &schema(false));
    assert_eq!(columns.unread, [FieldName::Telephone, FieldName::Town]);
    assert!(columns.table.columns.contains(&("address", 4)));
}

#[test]
fn columns_of_no_field_are_told_and_so_is_a_missing_id() {
    let columns = found(
        &["address=No+Street", "telephone=Home phone"],
        &schema(true),
    );
    assert_eq!(columns.unused(), ["Mobile"]);
    let mut text = String::new();
    columns.tell_rest(&mut text);
    assert_eq!(text, "Columns of no field: Mobile\n");
    let columns = Found {
        id: None,
        ..columns
    };
    assert_eq!(columns.unused(), ["rec_id", "Mobile"]);
    text.clear();
    columns.tell_rest(&mut text);
    assert!(text.contains("No column of ids"), "{text}");
}

#[test]
fn a_file_of_another_kind_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("table.csv");
    for (bytes, kind) in [
        (&b"\xff\xfei\0d\0"[..], "UTF-16"),
        (b"\x1f\x8b\x08\0", "gzip"),
        (b"PK\x03\x04\x14\0", "spreadsheet"),
    ] {
        std::fs::write(&path, bytes).expect("written");
        let problem = kinds::refuse_others(&path).expect_err("no table");
        assert_eq!(problem.code, "E-ENCODE-TABLE");
        assert!(problem.what.contains(kind), "{}", problem.what);
    }
    for bytes in [&b""[..], b"\xef\xbb\xbfid,x\n", b"id,x\n"] {
        std::fs::write(&path, bytes).expect("written");
        assert!(kinds::refuse_others(&path).is_ok());
    }
}
