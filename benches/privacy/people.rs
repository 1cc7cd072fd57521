//! The people of the bench: invented boroughs of seeds that nothing was tuned on.

use kinfold_benches::borough;
use kinfold_benches::open::OpenSet;
use kinfold_identity::Person;
use kinfold_synth::{Options, Profile, generate};

/// Seeds of the attacked boroughs. They are new with this bench: the other benches, the tests and the studies use 1, 7, 11, 17, 21, 77,
/// 1000 and more, and 0x01352906 with the size. No parameter was chosen by what happens on these.
pub const SEEDS: [u64; 3] = [611_953, 611_957, 612_011];
/// Seed of the borough that linkage is measured on.
pub const LINKAGE_SEED: u64 = 612_023;
/// People of each of its two files.
const LINKAGE_PEOPLE: usize = 10_000;
/// So many people of the borough of a seed, without slips, in whole households but for the last.
pub fn attacked(size: usize, seed: u64) -> Vec<Person> {
    let mut people = generate(&Options {
        households: size / 2,
        seed,
        profile: Profile::Uk,
    })
    .people();
    people.truncate(size);
    people
}

/// The borough as two agencies know it, with their slips.
pub fn two_agencies() -> OpenSet {
    borough::two_agencies(LINKAGE_PEOPLE, LINKAGE_SEED, Profile::Uk)
}
