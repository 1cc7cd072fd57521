//! What an encoding did, in counts: no personal value.

/// What an encoding did.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct EncodeReport {
    /// Records made.
    pub records: usize,
    /// Indices (in the order of the input) of people with no usable identity.
    pub left_out: Vec<usize>,
    /// How many of them were left out because a value could not be read that the schema insists on.
    pub left_out_for_invalid: usize,
    /// Mean share of ones before diffusion of each filter, over the records that have it; 0.47 to 0.48 is right for a diffused one.
    pub mean_fill: Vec<f64>,
    /// For each filter, records with random bits because they lack a fact that it requires.
    pub blank_filters: Vec<usize>,
    /// For each match key, what became of its values.
    pub keys: Vec<KeyCount>,
    /// Household keys released.
    pub household_keys: usize,
    /// Household keys held back because more people than the schema allows share the home.
    pub household_keys_crowded: usize,
    /// Records with random bits in place of every filter because household keys show them in a home of more people than `filter_max`; nothing
    /// when the schema has no such rule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub without_filters: Option<usize>,
    /// Distinct presence patterns released.
    pub presence_patterns: usize,
    /// Records whose presence pattern was made coarser.
    pub presence_coarsened: usize,
}

/// What became of the values of one match key.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct KeyCount {
    /// The key's recipe.
    pub recipe: String,
    /// Values that people have.
    pub values: usize,
    /// Released tokens, for one partner.
    pub released: usize,
    /// Held back because more people of the file have the value than the key's cap allows.
    pub shared: usize,
    /// Dropped because the record's slots were full.
    pub beyond_slots: usize,
}

impl KeyCount {
    pub(crate) fn new(recipe: String) -> Self {
        Self {
            recipe,
            values: 0,
            released: 0,
            shared: 0,
            beyond_slots: 0,
        }
    }

    pub(crate) fn add(&mut self, other: &Self) {
        self.values += other.values;
        self.released += other.released;
        self.shared += other.shared;
        self.beyond_slots += other.beyond_slots;
    }
}
