//! Numbers drawn by lot, the same for the same payload on every machine.

/// A stream of numbers from a keyed hash.
pub struct Draws {
    reader: blake3::OutputReader,
    block: [u8; 64],
    used: usize,
}

impl Draws {
    /// The stream of one purpose. `seed` is the hash of what is checked, so that the same file always meets the same attacks.
    pub fn new(seed: &[u8; 32], purpose: &str) -> Self {
        let mut hasher = blake3::Hasher::new_keyed(seed);
        hasher
            .update(b"kinfold/release-check/v1\0")
            .update(purpose.as_bytes());
        Self {
            reader: hasher.finalize_xof(),
            block: [0; 64],
            used: 64,
        }
    }

    /// Sixty-four random bits.
    pub fn word(&mut self) -> u64 {
        if self.used == 64 {
            self.reader.fill(&mut self.block);
            self.used = 0;
        }
        let word = self.block[self.used..]
            .first_chunk()
            .expect("eight bytes are left");
        self.used += 8;
        u64::from_le_bytes(*word)
    }

    /// A number below `end`, each with the same probability; 0 when `end` is 0.
    pub fn below(&mut self, end: usize) -> usize {
        let end = end.max(1) as u64;
        // Words at or above the largest multiple of `end` would favour small numbers.
        let zone = u64::MAX - u64::MAX % end;
        loop {
            let word = self.word();
            if word < zone {
                return (word % end) as usize;
            }
        }
    }

    /// A number from 0 to 1, without 1.
    pub fn share(&mut self) -> f64 {
        (self.word() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Puts things into a random order.
    pub fn shuffle<T>(&mut self, things: &mut [T]) {
        for last in (1..things.len()).rev() {
            things.swap(last, self.below(last + 1));
        }
    }

    /// The numbers below `end` in a random order.
    pub fn order(&mut self, end: usize) -> Vec<u32> {
        let mut order: Vec<u32> = (0..end as u32).collect();
        self.shuffle(&mut order);
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_stream_and_another_purpose_another() {
        let words = |seed: u8, purpose| {
            let mut draws = Draws::new(&[seed; 32], purpose);
            (0..20).map(|_| draws.word()).collect::<Vec<_>>()
        };
        assert_eq!(words(1, "a"), words(1, "a"));
        assert_ne!(words(1, "a"), words(1, "b"));
        assert_ne!(words(1, "a"), words(2, "a"));
    }

    #[test]
    fn every_number_is_drawn_about_as_often() {
        let mut draws = Draws::new(&[1; 32], "even");
        let mut counts = [0; 7];
        for _ in 0..7_000 {
            counts[draws.below(7)] += 1;
        }
        assert!(counts.iter().all(|n| (850..1150).contains(n)), "{counts:?}");
        let mut order = draws.order(100);
        assert_ne!(order, (0..100).collect::<Vec<_>>());
        order.sort_unstable();
        assert_eq!(order, (0..100).collect::<Vec<_>>());
    }
}
