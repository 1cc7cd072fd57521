//! What comparing two people gives: for each field how well it agrees, packed into one number.
//!
//! Equal patterns have equal evidence, so the model works on counts of patterns. An agreement says with its pattern how common the value is:
//! the negative logarithm to base two of its share, up to [`BUCKETS`].

/// How common an agreed value can be said to be: from 1 in 1 to 1 in 2^19 and rarer.
pub(super) const BUCKETS: u64 = 20;

/// Codes of a field's levels.
pub(super) const CODES: usize = 1 << 7;

/// Codes of a name's levels: five bits.
pub(super) const NAME_CODES: usize = 1 << 5;

/// A field of the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    First,
    Family,
    /// Whether the names had to be crossed over to agree.
    Order,
    Birth,
    Sex,
    Middle,
    /// Home, postcode and town: the strongest agreement of them, since an address must count once.
    Place,
    Telephone,
    Email,
    BirthPlace,
    Numbers,
}

/// Most levels of a field.
pub(super) const LEVELS: usize = 6;

impl Field {
    pub(super) const ALL: [Self; 11] = [
        Self::First,
        Self::Family,
        Self::Order,
        Self::Birth,
        Self::Sex,
        Self::Middle,
        Self::Place,
        Self::Telephone,
        Self::Email,
        Self::BirthPlace,
        Self::Numbers,
    ];

    /// Where the field lies in a pattern: first bit, and bits.
    fn bits(self) -> (u32, u32) {
        match self {
            Self::First => (0, 5),
            Self::Family => (5, 5),
            Self::Order => (10, 5),
            Self::Birth => (15, 5),
            Self::Sex => (20, 5),
            Self::Middle => (25, 5),
            Self::Place => (30, 7),
            Self::Telephone => (37, 5),
            Self::Email => (42, 5),
            Self::BirthPlace => (47, 5),
            Self::Numbers => (52, 5),
        }
    }

    /// The level that a code stands for; none for 0.
    pub(super) fn level(self, code: usize) -> Option<Level> {
        let code = code.checked_sub(1)?;
        let (valued, buckets) = (self.valued(), BUCKETS as usize);
        Some(if code < valued * buckets {
            Level {
                level: code / buckets,
                rarity: (code % buckets) as u64,
            }
        } else {
            Level {
                level: code - valued * buckets + valued,
                rarity: 0,
            }
        })
    }

    /// How many of its levels, the strongest first, are of one value that both have: only these say how common it is.
    pub(super) fn valued(self) -> usize {
        match self {
            Self::Place => 3,
            Self::Order | Self::Sex | Self::Middle | Self::Numbers => 0,
            _ => 1,
        }
    }

    /// Whether the people of one household share the field's value by living together.
    pub(super) fn is_shared_at_home(self) -> bool {
        matches!(
            self,
            Self::Family | Self::Place | Self::Telephone | Self::Email | Self::BirthPlace
        )
    }
}

/// A level of a field: its place among the field's levels (the strongest is 0), and how common the value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Level {
    pub(super) level: usize,
    /// For the valued levels the negative logarithm to base two of the share, rounded.
    pub(super) rarity: u64,
}

/// What comparing two people gave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Pattern(pub(super) u64);

impl Pattern {
    /// The bit that says that the two must not be one person.
    const FORBIDDEN: u64 = 1 << 63;

    /// Sets a level that is not valued.
    pub(super) fn set(&mut self, field: Field, level: usize) {
        let valued = field.valued() as u64;
        self.put(field, 1 + valued * BUCKETS + level as u64 - valued);
    }

    /// Sets a valued level; rarities from [`BUCKETS`] on are the last below it.
    pub(super) fn set_valued(&mut self, field: Field, level: usize, rarity: u64) {
        let bucket = rarity.min(BUCKETS - 1);
        self.put(field, 1 + level as u64 * BUCKETS + bucket);
    }

    fn put(&mut self, field: Field, code: u64) {
        let (first, bits) = field.bits();
        self.0 |= (code & ((1 << bits) - 1)) << first;
    }

    /// What the pattern holds of a field: below [`CODES`], and 0 when one of the two has no value.
    pub(super) fn code(self, field: Field) -> usize {
        let (first, bits) = field.bits();
        ((self.0 >> first) & ((1 << bits) - 1)) as usize
    }

    /// The level of a field; `None` when one of the two has no value.
    pub(super) fn level(self, field: Field) -> Option<Level> {
        field.level(self.code(field))
    }

    pub(super) fn is_forbidden(self) -> bool {
        self.0 & Self::FORBIDDEN != 0
    }

    pub(super) fn forbid(&mut self) {
        self.0 |= Self::FORBIDDEN;
    }

    /// Whether a field agrees at least at this level.
    pub(super) fn at_least(self, field: Field, level: usize) -> bool {
        self.level(field).is_some_and(|own| own.level <= level)
    }

    /// Whether the two agree on what a person has alone: a number that is proof, a birth date but for a slip, an e-mail address. A father
    /// and his son can agree on everything else.
    pub(super) fn is_sure(self) -> bool {
        self.at_least(Field::Numbers, 0)
            || self.at_least(Field::Birth, 2)
            || self.at_least(Field::Email, 0)
    }

    /// Whether something of the person's own agrees, beside what a household shares, whatever the weights say: a number that is proof; a
    /// first name and another fact; a birth date and another fact.
    pub(super) fn is_personal(self) -> bool {
        let first = self.at_least(Field::First, 3);
        let family = self.at_least(Field::Family, 3);
        let born = self.at_least(Field::Birth, 3);
        let reached = self.at_least(Field::Email, 2) || self.at_least(Field::Telephone, 0);
        let lived = matches!(self.level(Field::Place), Some(place) if matches!(place.level, 0 | 3));
        self.at_least(Field::Numbers, 0)
            || (first && (family || born || reached))
            || (born && (family || reached || lived))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_and_home_alone_are_not_sure() {
        let mut home = Pattern::default();
        for field in [Field::First, Field::Family, Field::Place, Field::Telephone] {
            home.set_valued(field, 0, 19);
        }
        home.set(Field::Sex, 0);
        assert!(home.is_personal() && !home.is_sure());
        let with = |field, level| {
            let mut pattern = home;
            pattern.set(field, level);
            pattern.is_sure()
        };
        // A number that is proof; a birth date with a slip, or with one part that differs; more of it is another birth date.
        assert!(with(Field::Numbers, 0) && !with(Field::Numbers, 1));
        assert!(with(Field::Birth, 1) && with(Field::Birth, 2) && !with(Field::Birth, 3));
        let mut email = home;
        email.set_valued(Field::Email, 0, 10);
        assert!(email.is_sure());
    }

    proptest! {
        #[test]
        fn a_level_comes_out_as_it_went_in(levels in proptest::collection::vec((0usize..7, 0u64..25), 11)) {
            let mut pattern = Pattern::default();
            let mut expected = Vec::new();
            for (field, (level, halvings)) in Field::ALL.into_iter().zip(levels) {
                if level == LEVELS {
                    expected.push(None);
                } else if level < field.valued() {
                    pattern.set_valued(field, level, halvings);
                    expected.push(Some(Level { level, rarity: halvings.min(BUCKETS - 1) }));
                } else {
                    pattern.set(field, level);
                    expected.push(Some(Level { level, rarity: 0 }));
                }
            }
            let found: Vec<_> = Field::ALL.into_iter().map(|field| pattern.level(field)).collect();
            prop_assert_eq!(found, expected);
            prop_assert!(!pattern.is_forbidden());
        }
    }
}
