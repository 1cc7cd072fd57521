//! What is attacked: a file as the linkage unit would see it, and what its owner's list says about the people in it.

use kinfold_encoding::{Listed, ListedToken};
use kinfold_schema::{CodeTable, HOUSEHOLD_NONE, HouseholdKey, NO_MONTH, Schema, WithinCounts};

use crate::draws::Draws;
use crate::keys::{KeyValue, KeyView};

/// One filter of every record, with what a list says about it.
#[derive(Clone, Debug)]
pub struct View {
    /// The filter's id in the schema.
    pub id: String,
    /// Released bits (l).
    pub bits: usize,
    /// Bits before diffusion (m).
    pub inner_bits: usize,
    /// Input bits of each released bit (t); 0 for a filter that is released as it is.
    pub diffusion: usize,
    /// The released filters, `bits / 64` words a record.
    pub codes: Vec<u64>,
    /// For each person the tokens of the filter, sorted; `None` where the filter is random bits.
    pub tokens: Vec<Option<Vec<ListedToken>>>,
    /// For each person the tokens of a filter that is random bits only because household keys show the person in a larger home
    /// ([`kinfold_schema::HouseholdSchema::filter_max`]); empty when the schema has no such rule. No attack on the file can use them, but these
    /// people are there to be named like all others.
    pub withheld: Vec<Option<Vec<ListedToken>>>,
    /// Token numbers are below this.
    pub vocabulary: usize,
}

impl View {
    /// The filter of a record.
    pub fn row(&self, row: usize) -> &[u64] {
        let width = self.bits / 64;
        &self.codes[row * width..(row + 1) * width]
    }

    /// Whether the filter of a person is random bits only because of the home.
    pub(crate) fn is_withheld(&self, person: u32) -> bool {
        let own = self.withheld.get(person as usize);
        own.is_some_and(Option::is_some)
    }

    /// Parts the tokens of those whose filters are not released from those of the others.
    pub(crate) fn withhold(&mut self, without: &[bool]) {
        self.withheld = self
            .tokens
            .iter_mut()
            .zip(without)
            .map(|(own, without)| if *without { own.take() } else { None })
            .collect();
    }

    /// Gives everybody back the tokens: what a list knows, whatever is released.
    fn give_back(&mut self) {
        for (own, withheld) in self.tokens.iter_mut().zip(self.withheld.drain(..)) {
            if withheld.is_some() {
                *own = withheld;
            }
        }
    }
}

/// A household key as the attacks need it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stay {
    /// The home: the released token, or the number that the list gives it.
    pub home: [u8; 16],
    /// First month, 0 when it is not known.
    pub from: u16,
    /// Last month, the largest number when it is open.
    pub to: u16,
}

impl Stay {
    pub(crate) fn of(key: &HouseholdKey) -> Self {
        Self {
            home: key.token,
            from: if key.from == NO_MONTH { 0 } else { key.from },
            to: key.to,
        }
    }

    /// The released household keys of a record, without random ones.
    #[must_use]
    pub fn of_row(keys: &[HouseholdKey]) -> Vec<Self> {
        let real = keys.iter().filter(|key| key.kind != HOUSEHOLD_NONE);
        real.map(Self::of).collect()
    }
}

/// A file: record `i` is the code of person `i`, which only the owner knows.
#[derive(Clone, Debug, Default)]
pub struct File {
    /// Records, and people.
    pub records: usize,
    /// The filters.
    pub views: Vec<View>,
    /// The match keys.
    pub keys: Vec<KeyView>,
    /// Largest number of people for whom a home is released, 0 without household keys.
    pub crowd: usize,
    /// People who are drawn of a home with more; 0 when none are drawn.
    pub drawn: usize,
    /// The length of the steps of months; 0 when household keys carry no months.
    pub step: u16,
    /// Most people whom a home may show with their filters; nothing when homes take nobody's filter.
    pub filter_max: Option<u32>,
    /// For each record the released household keys, without random ones.
    pub stays_seen: Vec<Vec<Stay>>,
    /// For each person the homes.
    pub stays_listed: Vec<Vec<Stay>>,
    /// The released presence pattern of each record; empty when there is none.
    pub presence: Vec<u32>,
    /// For each person the presence pattern before it was made coarser; empty when there is none.
    pub presence_listed: Vec<u32>,
    /// For each person a number that is near for neighbours, 0 when it is not known.
    pub place: Vec<u64>,
    /// For each person a number for each name.
    pub names: Vec<Vec<u64>>,
    /// The counts of pairs that leave with the file.
    pub within: Vec<u64>,
}

/// What the list says of people's match keys ([`Listed::keys`]), pool by pool: for each pool of the schema the values of each person, each with
/// its kind in the pool.
pub fn by_pool<'a>(
    schema: &Schema,
    people: impl Iterator<Item = &'a [KeyValue]> + Clone,
) -> Vec<Vec<Vec<KeyValue>>> {
    let of_pool = |kinds: std::ops::Range<usize>| {
        let people = people.clone();
        people
            .map(|keys| {
                let own = keys.iter().filter_map(|(key, value)| {
                    let key = usize::from(*key);
                    let kind = key.checked_sub(kinds.start)?;
                    (key < kinds.end).then_some((kind as u16, *value))
                });
                own.collect()
            })
            .collect()
    };
    let pools = schema.pools().into_iter();
    pools.map(|pool| of_pool(pool.keys)).collect()
}

/// Codes and people do not belong together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NotAligned {
    /// Records of the codes.
    pub records: usize,
    /// People of the list.
    pub people: usize,
}

impl std::fmt::Display for NotAligned {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            f,
            "the codes have {} records and the list has {} people",
            self.records, self.people
        )
    }
}

impl std::error::Error for NotAligned {}

impl File {
    /// A file from its codes and the people in it, in the order of the records.
    ///
    /// With keys for every two custodians, those for the first partner are looked at: each partner's are made alike.
    ///
    /// # Errors
    /// [`NotAligned`] when there are not as many people as records.
    pub fn new(
        schema: &Schema,
        table: &CodeTable,
        people: &[Listed],
        vocabulary: &[usize],
    ) -> Result<Self, NotAligned> {
        let records = table.len();
        if people.len() != records {
            return Err(NotAligned {
                records,
                people: people.len(),
            });
        }
        let shape = Self::shape(schema, vocabulary, &table.within);
        let views = shape.views.iter().zip(&table.filters).enumerate();
        let views = views.map(|(number, (shape, column))| View {
            codes: column.words.clone(),
            tokens: people
                .iter()
                .map(|person| person.filters[number].clone())
                .collect(),
            ..shape.clone()
        });
        let (sets, slots) = (table.key_sets(), schema.key_slots());
        let values = by_pool(schema, people.iter().map(|person| person.keys.as_slice()));
        let pools = schema.pools().into_iter().zip(&shape.keys).zip(values);
        let keys = pools.map(|((pool, shape), listed)| KeyView {
            seen: (0..records)
                .map(|row| {
                    let start = row * sets * slots;
                    table.keys[start + pool.slots.start..start + pool.slots.end].to_vec()
                })
                .collect(),
            listed,
            ..shape.clone()
        });
        let slots = schema.household_slots();
        let mut views: Vec<View> = views.collect();
        if let Some(without) = table.without_filters(schema) {
            for view in &mut views {
                view.withhold(&without);
            }
        }
        Ok(Self {
            records,
            views,
            keys: keys.collect(),
            stays_seen: (0..records)
                .map(|row| Stay::of_row(&table.household[row * slots..(row + 1) * slots]))
                .collect(),
            stays_listed: people
                .iter()
                .map(|person| person.homes.iter().map(Stay::of).collect())
                .collect(),
            presence: table.presence.clone(),
            presence_listed: people.iter().map(|person| person.presence).collect(),
            place: people.iter().map(|person| person.place).collect(),
            names: people.iter().map(|person| person.names.clone()).collect(),
            ..shape
        })
    }

    /// A file of a schema without records: its filters, with tokens numbered below `vocabulary`, its pools of match keys, its rules and the counts
    /// of pairs that leave with it.
    #[must_use]
    pub fn shape(schema: &Schema, vocabulary: &[usize], within: &WithinCounts) -> Self {
        let views = schema.filters.iter().zip(vocabulary);
        // The kinds of a pool cannot be told apart.
        let keys = schema.pools().into_iter().map(|pool| KeyView {
            id: pool.name,
            cap: schema.keys[pool.keys.start].cap,
            slots: schema.keys[pool.keys]
                .iter()
                .map(|key| key.slots as usize)
                .collect(),
            seen: Vec::new(),
            listed: Vec::new(),
        });
        Self {
            views: views
                .map(|(filter, vocabulary)| View {
                    id: filter.id.clone(),
                    bits: filter.bits as usize,
                    inner_bits: filter.inner_bits.unwrap_or(filter.bits) as usize,
                    diffusion: filter.diffusion as usize,
                    codes: Vec::new(),
                    tokens: Vec::new(),
                    withheld: Vec::new(),
                    vocabulary: *vocabulary,
                })
                .collect(),
            keys: keys.collect(),
            crowd: schema
                .household
                .as_ref()
                .map_or(0, |rule| rule.crowd() as usize),
            drawn: schema
                .household
                .as_ref()
                .filter(|rule| rule.crowd() > rule.group_max)
                .map_or(0, |rule| rule.group_max as usize),
            step: schema
                .household
                .as_ref()
                .map_or(0, kinfold_schema::HouseholdSchema::step),
            filter_max: schema.household.as_ref().and_then(|rule| rule.filter_max),
            within: within
                .iter()
                .map(|(.., alike)| alike.thousandths / 1000)
                .collect(),
            ..Self::default()
        }
    }

    /// The file without its records and people.
    pub(crate) fn shape_of(&self) -> Self {
        Self {
            views: self.views.iter().map(View::shape).collect(),
            keys: self.keys.iter().map(KeyView::shape).collect(),
            crowd: self.crowd,
            drawn: self.drawn,
            step: self.step,
            filter_max: self.filter_max,
            within: self.within.clone(),
            ..Self::default()
        }
    }

    /// The same people with the filter of everybody, whatever the schema withholds because of homes. The codes stay what they are.
    pub(crate) fn with_all_filters(&self) -> Self {
        let mut file = self.clone();
        for view in &mut file.views {
            view.give_back();
        }
        file
    }

    /// For each record whether its filters are random bits only because household keys show it in a larger home; nothing when the schema has no
    /// such rule. Everybody who sees the codes can tell: household keys show how many records a home has.
    pub(crate) fn withheld(&self) -> Vec<bool> {
        if self.filter_max.is_none() {
            return Vec::new();
        }
        let row = |row| self.views.iter().any(|view| view.is_withheld(row));
        (0..self.records as u32).map(row).collect()
    }

    /// The records whose filters are released, and how many others there are: what an attack on filters alone takes, since it can tell.
    pub(crate) fn with_filters(&self) -> (Self, u64) {
        let withheld = self.withheld();
        let others = withheld.iter().filter(|own| **own).count();
        if others == 0 {
            return (self.clone(), 0);
        }
        let rows = (0..self.records as u32).filter(|row| !withheld[*row as usize]);
        (self.only(&rows.collect::<Vec<u32>>()), others as u64)
    }

    /// Most people of whom a home shows the keys at once.
    pub(crate) fn group_max(&self) -> usize {
        if self.drawn > 0 {
            self.drawn
        } else {
            self.crowd
        }
    }

    /// The records and people with these numbers.
    #[must_use]
    pub fn only(&self, rows: &[u32]) -> Self {
        fn pick<T: Clone>(all: &[T], rows: &[u32]) -> Vec<T> {
            if all.is_empty() {
                return Vec::new();
            }
            rows.iter().map(|row| all[*row as usize].clone()).collect()
        }
        Self {
            records: rows.len(),
            views: self
                .views
                .iter()
                .map(|view| View {
                    codes: rows
                        .iter()
                        .flat_map(|row| view.row(*row as usize))
                        .copied()
                        .collect(),
                    tokens: pick(&view.tokens, rows),
                    withheld: pick(&view.withheld, rows),
                    ..view.shape()
                })
                .collect(),
            keys: self.keys.iter().map(|key| key.only(rows)).collect(),
            crowd: self.crowd,
            step: self.step,
            drawn: self.drawn,
            filter_max: self.filter_max,
            stays_seen: pick(&self.stays_seen, rows),
            stays_listed: pick(&self.stays_listed, rows),
            presence: pick(&self.presence, rows),
            presence_listed: pick(&self.presence_listed, rows),
            place: pick(&self.place, rows),
            names: pick(&self.names, rows),
            within: self.within.clone(),
        }
    }

    /// About so many people in whole households, by lot; all when there are no more.
    #[must_use]
    pub fn sample(&self, people: usize, seed: &[u8; 32]) -> Self {
        if self.records <= people {
            return self.clone();
        }
        let homes = crate::homes::households(&self.stays_listed, usize::MAX);
        let mut members: Vec<Vec<u32>> = vec![Vec::new(); self.records];
        for (person, home) in homes.iter().enumerate() {
            members[*home as usize].push(person as u32);
        }
        members.retain(|home| !home.is_empty());
        Draws::new(seed, "sample").shuffle(&mut members);
        let mut rows: Vec<u32> = Vec::with_capacity(people);
        for home in members {
            if rows.len() + home.len() <= people {
                rows.extend(home);
            }
        }
        rows.sort_unstable();
        self.only(&rows)
    }
}

impl View {
    /// The view without its contents.
    fn shape(&self) -> Self {
        Self {
            id: self.id.clone(),
            codes: Vec::new(),
            tokens: Vec::new(),
            withheld: Vec::new(),
            ..*self
        }
    }
}
