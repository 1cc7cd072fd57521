//! Fingerprints in words.
//!
//! Two officers compare a key over the telephone. Thirty-two bytes in hexadecimal invite skipping; words are read to the end.
//! One word stands for one byte, so the list has exactly 256 words: short, common, and apart by ear. The list is part of the
//! format: a word never changes its place.

/// How many words a fingerprint has: 64 bits, enough that nobody makes a second key with the same words.
pub const FINGERPRINT_WORDS: usize = 8;

/// How many words a nickname has: 24 bits, enough to tell a dozen keys apart on a screen, too few to trust.
pub const NICKNAME_WORDS: usize = 3;

/// The first eight bytes of a hash as eight words, for comparing over the telephone: `otter-lamp-ninety-…`.
pub fn fingerprint_words(hash: &[u8; 32]) -> String {
    words(&hash[..FINGERPRINT_WORDS])
}

/// The first three bytes of a hash as three words: a name for a key on a screen. Never a check, because another key with the
/// same three words can be made in seconds.
pub fn fingerprint_nickname(hash: &[u8; 32]) -> String {
    words(&hash[..NICKNAME_WORDS])
}

fn words(bytes: &[u8]) -> String {
    let words: Vec<&str> = bytes.iter().map(|&byte| WORDS[usize::from(byte)]).collect();
    words.join("-")
}

/// The word of each byte.
#[rustfmt::skip]
const WORDS: [&str; 256] = [
    "acorn", "actor", "album", "alder", "amber", "anchor", "apple", "april", "apron", "arch", "arrow", "aspen", "atlas",
    "attic", "autumn", "badge", "baker", "banjo", "barley", "barn", "basil", "basket", "beach", "beacon", "beaver",
    "bench", "berry", "birch", "bishop", "blanket", "border", "bottle", "bramble", "brass", "bread", "brick", "bridge",
    "brook", "bucket", "butter", "button", "cabin", "cable", "cactus", "camel", "candle", "canoe", "canvas", "carpet",
    "castle", "cedar", "cello", "chapel", "cheese", "cherry", "chimney", "cider", "circle", "clay", "cliff", "clock",
    "clover", "coast", "cobalt", "coffee", "comet", "copper", "coral", "corner", "cotton", "cradle", "crane", "crayon",
    "cricket", "crown", "cup", "daisy", "dancer", "delta", "desert", "diamond", "dolphin", "donkey", "dragon", "drum",
    "duck", "eagle", "earth", "east", "echo", "elbow", "eleven", "elm", "emerald", "engine", "falcon", "farmer", "feather",
    "fern", "fiddle", "field", "finch", "fisher", "flag", "flint", "flute", "forest", "forty", "fossil", "fountain", "fox",
    "friday", "frost", "garden", "garlic", "garnet", "gate", "ginger", "glacier", "glove", "goat", "gold", "goose",
    "granite", "grape", "gravel", "hammer", "harbour", "harp", "hawk", "hazel", "hedge", "heron", "hill", "honey", "horse",
    "igloo", "island", "ivory", "ivy", "jacket", "jasmine", "jelly", "jigsaw", "july", "jungle", "juniper", "kayak",
    "kettle", "kitten", "ladder", "lagoon", "lake", "lamp", "lantern", "lemon", "leopard", "library", "lily", "linen",
    "lion", "lizard", "lobster", "lotus", "lunch", "magnet", "mango", "maple", "marble", "market", "meadow", "melon",
    "mercury", "mill", "mirror", "monday", "moss", "motor", "mule", "museum", "mustard", "napkin", "needle", "nest",
    "nickel", "ninety", "north", "nutmeg", "oak", "oasis", "ocean", "octave", "olive", "onion", "opal", "orange", "orbit",
    "orchid", "otter", "oven", "owl", "oyster", "paddle", "palm", "panda", "paper", "parrot", "pebble", "pencil", "pepper",
    "piano", "pigeon", "pillow", "pilot", "planet", "plum", "pocket", "pony", "poppy", "potato", "prairie", "puffin",
    "pumpkin", "purple", "python", "quarry", "quartz", "quill", "rabbit", "radio", "raven", "ribbon", "river", "robin",
    "rocket", "saddle", "salmon", "sandal", "saturn", "seven", "shadow", "silver", "sparrow", "spruce", "sugar", "tiger",
    "tulip", "turnip", "velvet", "violin", "walnut", "walrus", "willow", "window", "yacht", "zebra",
];

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn words_are_short_distinct_and_lowercase() {
        let distinct: BTreeSet<&str> = WORDS.into_iter().collect();
        assert_eq!(distinct.len(), 256);
        for word in WORDS {
            assert!((3..=8).contains(&word.len()), "{word}");
            assert!(word.bytes().all(|byte| byte.is_ascii_lowercase()), "{word}");
        }
    }

    #[test]
    fn first_four_letters_tell_nearly_all_words_apart() {
        // Heard badly, a word is mostly recognised by its beginning.
        let beginnings: BTreeSet<&str> = WORDS
            .into_iter()
            .map(|word| &word[..word.len().min(4)])
            .collect();
        assert!(beginnings.len() >= 235, "{}", beginnings.len());
    }

    #[test]
    fn list_never_changes() {
        let joined = WORDS.join(" ");
        assert_eq!(
            &blake3::hash(joined.as_bytes()).to_hex()[..16],
            "7c7861e97bc4bd25"
        );
    }

    #[test]
    fn fingerprint_reads_the_first_bytes() {
        let mut hash = [0; 32];
        hash[0] = 255;
        let words = fingerprint_words(&hash);
        assert!(words.starts_with("zebra-acorn-"));
        assert_eq!(words.split('-').count(), FINGERPRINT_WORDS);
        assert_eq!(fingerprint_nickname(&hash), "zebra-acorn-acorn");
    }
}
