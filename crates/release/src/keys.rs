//! The match keys of a file as they can be told apart: pools of kinds, and kinds by themselves.

use rayon::prelude::*;

/// What a list says of one value of a match key: its kind, as a place in [`KeyView::slots`], and a number that equal values share.
pub type KeyValue = (u16, u64);

/// Match keys of every record that cannot be told apart: those of a pool, or one kind by itself.
#[derive(Clone, Debug)]
pub struct KeyView {
    /// The name of the pool; of a kind by itself its recipe, as the schema writes it.
    pub id: String,
    /// Most records that may share a released value.
    pub cap: u32,
    /// Slots of each kind. Each has its own, although the tokens of all of them are mixed.
    pub slots: Vec<usize>,
    /// For each record the released tokens, the random ones among them.
    pub seen: Vec<Vec<[u8; 16]>>,
    /// For each person the values, the most worthy of a kind first.
    pub listed: Vec<Vec<KeyValue>>,
}

/// A value that a file releases.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Released {
    pub value: u64,
    pub row: u32,
    pub kind: u16,
}

impl KeyView {
    /// The values that a file of the listed people releases, sorted: those that no more records have than the cap allows; of each kind the
    /// most worthy as far as it has slots.
    pub(crate) fn released(&self) -> Vec<Released> {
        let listed = self.listed.iter().flatten();
        let mut all: Vec<(u64, u32)> = listed.map(|(_, value)| *value).zip(0..).collect();
        all.par_sort_unstable();
        let mut free = vec![false; all.len()];
        let few = |same: &&[(u64, u32)]| same.len() <= self.cap as usize;
        for same in all.chunk_by(|a, b| a.0 == b.0).filter(few) {
            for (_, place) in same {
                free[*place as usize] = true;
            }
        }
        let mut free = free.into_iter();
        let mut released = Vec::new();
        for (row, own) in (0u32..).zip(&self.listed) {
            let mut left = self.slots.clone();
            for (&(kind, value), free) in own.iter().zip(&mut free) {
                if let Some(left) = left
                    .get_mut(usize::from(kind))
                    .filter(|left| free && **left > 0)
                {
                    *left -= 1;
                    released.push(Released { value, row, kind });
                }
            }
        }
        released.par_sort_unstable();
        released
    }

    /// The same with every kind by itself, as if nothing were mixed. Of the tokens nobody knows which is of which kind: they are left out.
    #[must_use]
    pub fn apart(&self) -> Vec<Self> {
        (0u16..)
            .zip(&self.slots)
            .map(|(kind, slots)| Self {
                id: format!("{} {kind}", self.id),
                cap: self.cap,
                slots: vec![*slots],
                seen: Vec::new(),
                listed: self
                    .listed
                    .iter()
                    .map(|own| {
                        let own = own.iter().filter(|(own, _)| *own == kind);
                        own.map(|(_, value)| (0, *value)).collect()
                    })
                    .collect(),
            })
            .collect()
    }

    /// The pool without its contents.
    pub(crate) fn shape(&self) -> Self {
        Self {
            id: self.id.clone(),
            cap: self.cap,
            slots: self.slots.clone(),
            seen: Vec::new(),
            listed: Vec::new(),
        }
    }

    /// The records and people with these numbers.
    pub(crate) fn only(&self, rows: &[u32]) -> Self {
        fn pick<T: Clone>(all: &[Vec<T>], rows: &[u32]) -> Vec<Vec<T>> {
            let row = |row: &u32| all.get(*row as usize).cloned().unwrap_or_default();
            rows.iter().map(row).collect()
        }
        Self {
            id: self.id.clone(),
            cap: self.cap,
            slots: self.slots.clone(),
            seen: pick(&self.seen, rows),
            listed: pick(&self.listed, rows),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A pool of kinds with so many slots.
    fn pool(slots: &[usize], listed: Vec<Vec<KeyValue>>) -> KeyView {
        KeyView {
            id: "pool".to_owned(),
            cap: 1,
            slots: slots.to_vec(),
            seen: Vec::new(),
            listed,
        }
    }

    fn values(view: &KeyView) -> Vec<(u64, u32)> {
        let released = view.released().into_iter();
        released.map(|own| (own.value, own.row)).collect()
    }

    #[test]
    fn a_shared_value_and_one_beyond_the_slots_are_not_released() {
        let mut own = pool(&[1], vec![vec![(0, 7), (0, 3), (0, 5)], vec![(0, 7)]]);
        assert_eq!(values(&own), [(3, 0)]);
        own.cap = 2;
        assert_eq!(values(&own), [(7, 0), (7, 1)]);
    }

    #[test]
    fn each_kind_of_a_pool_has_its_own_slots() {
        let listed = vec![
            vec![(0, 1), (0, 2), (1, 11), (1, 12), (1, 13)],
            vec![(1, 11)],
        ];
        let own = pool(&[1, 2], listed);
        // Of the first kind one; of the second the two behind the shared one, though the first kind has a value left.
        assert_eq!(values(&own), [(1, 0), (12, 0), (13, 0)]);
        let apart = own.apart();
        assert_eq!(
            (values(&apart[0]), values(&apart[1])),
            (vec![(1, 0)], vec![(12, 0), (13, 0)])
        );
    }

    proptest! {
        #[test]
        fn a_pool_releases_what_its_kinds_release(
            slots in proptest::collection::vec(0usize..4, 1..4),
            people in proptest::collection::vec(proptest::collection::vec((0u16..4, 0u64..12), 0..8), 0..8),
            cap in 1u32..3,
        ) {
            // Values of different kinds are never equal.
            let listed: Vec<Vec<KeyValue>> = people
                .iter()
                .map(|own| own.iter().map(|(kind, value)| (*kind, u64::from(*kind) * 100 + value)).collect())
                .collect();
            let mut own = pool(&slots, listed);
            own.cap = cap;
            let mut apart: Vec<(u64, u32)> = own.apart().iter().flat_map(values).collect();
            apart.sort_unstable();
            prop_assert_eq!(values(&own), apart);
        }
    }
}
