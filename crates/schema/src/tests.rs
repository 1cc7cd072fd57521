//! Shipped schemas, malformed ones, and those that are no schemas of a release.

mod malformed;
mod release;

use crate::Schema;

#[test]
fn the_shipped_schemas_keep_their_own_rules() {
    for name in Schema::shipped_names() {
        let schema = Schema::shipped(name).unwrap();
        assert_eq!(schema.id, name);
        assert_eq!(schema.key_layout().last().unwrap().end, schema.key_slots());
        assert_eq!(schema.refusals(), []);
    }
    assert_eq!(Schema::shipped("nothing").map(|schema| schema.id), None);
    assert_eq!(Schema::standard().filters[0].diffusion, 8);
}

#[test]
fn any_change_of_the_text_changes_the_hash() {
    let schema = Schema::standard();
    let commented = Schema::parse(&format!("{}# note\n", schema.text())).unwrap();
    assert_ne!(schema.hash(), commented.hash());
}
