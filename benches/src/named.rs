//! What an attack named, in words.

use kinfold_release::{Named, Share};

/// `12/3000 0.40 % (at most 0.64 %)`.
pub fn share_text(share: Share) -> String {
    format!(
        "{}/{} {:.2} % (at most {:.2} %)",
        share.hits,
        share.of,
        share.share * 100.0,
        share.upper * 100.0
    )
}

/// `2/196 3/213 …`: named of attacked people for each size of household.
pub fn sizes_text(named: &Named) -> String {
    let sizes: Vec<String> = named
        .by_size
        .iter()
        .map(|share| format!("{}/{}", share.hits, share.of))
        .collect();
    sizes.join(" ")
}
