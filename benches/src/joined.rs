//! A set with truth, encoded source by source and linked as the linkage unit does it.

use std::collections::BTreeMap;
use std::error::Error;

use kinfold_encoding::{Input, ProjectSecrets, encode};
use kinfold_identity::NO_MONTH;
use kinfold_linkage::measures::Labelled;
use kinfold_linkage::{Linked, Options, RecordId, RecordSet, link};
use kinfold_schema::{CodeTable, Schema};

use crate::open::OpenSet;

/// Encodes people under a key that everybody can know. Random tokens are others for each `dummies`.
///
/// # Errors
/// A schema that cannot be encoded with.
pub fn encoded(
    schema: &Schema,
    inputs: &[Input<'_>],
    month: u16,
    dummies: &'static str,
) -> Result<CodeTable, Box<dyn Error>> {
    let secrets = ProjectSecrets::new(move |purpose| {
        let own = if purpose.ends_with("dummy") {
            dummies
        } else {
            ""
        };
        *blake3::keyed_hash(&[42; 32], format!("{purpose}{own}").as_bytes()).as_bytes()
    });
    let options = kinfold_encoding::Options {
        bench: true,
        month,
        ..Default::default()
    };
    Ok(encode(schema, &secrets, inputs, &options)?.table)
}

/// Makes the codes of a source's people.
pub type Release<'a> = dyn Fn(&[Input<'_>]) -> Result<CodeTable, Box<dyn Error>> + 'a;

/// What came of it.
pub struct Joined {
    /// The codes of each source.
    pub sets: Vec<RecordSet>,
    /// The links.
    pub linked: Linked,
    /// The true person of each record, by its reference.
    entities: BTreeMap<[u8; 16], u32>,
    /// The true people of records that could not be encoded.
    left_out: Vec<u32>,
}

impl Joined {
    /// Encodes every source as one custodian with a schema, under a key that everybody can know, and links them.
    ///
    /// # Errors
    /// A schema that cannot be encoded with, and records without truth.
    pub fn of(schema: &Schema, set: &OpenSet) -> Result<Self, Box<dyn Error>> {
        Self::in_month(schema, set, NO_MONTH)
    }

    /// The same in a month, from which the schema may count how long ago a home was left.
    ///
    /// # Errors
    /// As [`Joined::of`].
    pub fn in_month(schema: &Schema, set: &OpenSet, month: u16) -> Result<Self, Box<dyn Error>> {
        Self::released(schema, set, &|inputs| encoded(schema, inputs, month, ""))
    }

    /// The same with codes as `release` makes them of a source's people.
    ///
    /// # Errors
    /// As [`Joined::of`].
    pub fn released(
        schema: &Schema,
        set: &OpenSet,
        release: &Release<'_>,
    ) -> Result<Self, Box<dyn Error>> {
        let mut sets = Vec::new();
        let mut entities: BTreeMap<[u8; 16], u32> = BTreeMap::new();
        for source in &set.sources {
            let mut inputs: Vec<Input<'_>> = Vec::with_capacity(source.people.len());
            for (number, person) in &source.people {
                let hash = blake3::hash(format!("{}/{number}", source.name).as_bytes());
                let mut record_ref = [0; 16];
                record_ref.copy_from_slice(&hash.as_bytes()[..16]);
                let entity = set
                    .truth
                    .get(&(source.name.clone(), number.clone()))
                    .ok_or("a record without truth")?;
                entities.insert(record_ref, *entity);
                inputs.push(Input::new(record_ref, person));
            }
            sets.push(RecordSet {
                source: source.name.clone(),
                table: release(&inputs)?,
            });
        }
        let linked = link(schema, &sets, &Options::default(), &());
        let mut left: BTreeMap<[u8; 16], u32> = entities.clone();
        for reference in sets.iter().flat_map(|set| &set.table.record_ref) {
            left.remove(reference);
        }
        Ok(Self {
            sets,
            linked,
            entities,
            left_out: left.into_values().collect(),
        })
    }

    /// The true person of a record.
    ///
    /// # Panics
    /// When the record is of none of the sets.
    pub fn entity(&self, id: RecordId) -> u32 {
        self.entities[&self.sets[id.set as usize].table.record_ref[id.row as usize]]
    }

    /// Records that could not be encoded.
    pub fn left_out(&self) -> usize {
        self.left_out.len()
    }

    /// Every record with the person it was put to and the true one. Records that could not be encoded count as people of their own.
    pub fn labelled(&self) -> Vec<Labelled> {
        let mut labelled: Vec<Labelled> = Vec::new();
        for (cluster, person) in (0..).zip(&self.linked.people) {
            labelled.extend(person.members.iter().map(|id| Labelled {
                cluster,
                entity: self.entity(*id),
            }));
        }
        let next = self.linked.people.len() as u32;
        labelled.extend(
            (next..)
                .zip(&self.left_out)
                .map(|(cluster, &entity)| Labelled { cluster, entity }),
        );
        labelled
    }
}
