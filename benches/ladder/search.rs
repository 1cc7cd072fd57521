//! The search itself: from the pool to a short list, from the short list to ladders.

use std::collections::BTreeSet;
use std::error::Error;
use std::path::Path;
use std::time::Instant;

use kinfold_schema::{Recipe, Schema};

use crate::cache::tried;
use crate::pair::Pair;
use crate::pool::{is_of_identifiers, pool};
use crate::select::{Aim, Taste};
use crate::table::{Table, Tried};
use crate::{borough, open};

/// Sizes of file that ladders are meant for: the steps of diffusion (DESIGN, section 2), and a borough.
pub const AIMS: [usize; 4] = [15_000, 75_000, 250_000, 1_000_000];

/// Slots of the short list: about twice what any ladder has.
const SHORT_LIST: usize = 220;

/// Everything that ladders are chosen from.
pub struct Ground {
    /// The keys of the short list on all sets.
    pub table: Table,
    /// Pairs of files, to measure ladders on: those of the table and, after them, some that no choice has seen.
    pub pairs: Vec<Pair>,
    /// Of these, how many the choice has seen.
    pub seen: usize,
    /// Recipes that were tried.
    pub tried: usize,
}

/// What to search.
pub struct Options<'a> {
    /// Where the open sets are.
    pub data: &'a Path,
    /// Where results are kept.
    pub kept: &'a Path,
    /// People a file of the invented boroughs.
    pub sizes: &'a [usize],
}

/// Tries the pool on the open sets and the smallest borough, and what is worth it on the larger ones.
pub fn prepare(schema: &Schema, options: &Options<'_>) -> Result<Ground, Box<dyn Error>> {
    let start = Instant::now();
    let say = |pair: &Pair| {
        eprintln!(
            "{}: {} and {} people, {} in both, {} further rows left out; {:.0} s",
            pair.name,
            pair.files[0].len(),
            pair.files[1].len(),
            pair.mates.len(),
            pair.repeated,
            start.elapsed().as_secs_f64()
        );
    };
    let pool = pool(schema);
    eprintln!("{} recipes", pool.len());
    let mut pairs = open::read(options.data)?;
    let mut all: Vec<Tried> = Vec::new();
    for pair in &pairs {
        let set = (pair.name.as_str(), 1.0);
        all.push(tried(options.kept, set, pair, schema, &pool, true)?);
        say(pair);
    }
    for pair in &pairs {
        let damaged = pair.damaged();
        let set = (damaged.name.as_str(), DAMAGED);
        all.push(tried(options.kept, set, &damaged, schema, &pool, false)?);
        say(&damaged);
    }
    let mut boroughs = options.sizes.iter();
    if let Some(&smallest) = boroughs.next() {
        let pair = borough::borough(smallest, false);
        all.push(tried(
            options.kept,
            (BOROUGH, 1.0),
            &pair,
            schema,
            &pool,
            false,
        )?);
        say(&pair);
        pairs.push(pair);
    }
    let short = short_list(&pool, schema, &all);
    let recipes: Vec<Recipe> = short.iter().map(|key| pool[*key].clone()).collect();
    eprintln!(
        "short list of {} recipes; {:.0} s",
        recipes.len(),
        start.elapsed().as_secs_f64()
    );
    let mut rest: Vec<Tried> = all.iter().map(|own| own.only(&short)).collect();
    drop(all);
    for &size in boroughs {
        let pair = borough::borough(size, false);
        rest.push(tried(
            options.kept,
            (BOROUGH, 1.0),
            &pair,
            schema,
            &recipes,
            false,
        )?);
        say(&pair);
        pairs.push(pair);
    }
    let seen = pairs.len();
    for size in options.sizes.iter().filter(|size| **size <= 50_000) {
        pairs.push(borough::borough(*size, true));
    }
    Ok(Ground {
        table: Table::new(recipes, rest),
        pairs,
        seen,
        tried: pool.len(),
    })
}

/// How much a damaged set counts: it keeps a choice from resting on what happens to be complete in a few sets.
const DAMAGED: f64 = 0.5;

/// The boroughs are one set.
const BOROUGH: &str = "borough uk";

/// Keys that greed would choose with ample room, for any aim and with any set left out, and those of the schema.
fn short_list(pool: &[Recipe], schema: &Schema, all: &[Tried]) -> Vec<usize> {
    let every: Vec<usize> = (0..pool.len()).collect();
    let table = Table::new(
        pool.to_vec(),
        all.iter().map(|own| own.only(&every)).collect(),
    );
    let mut keys: BTreeSet<usize> = BTreeSet::new();
    let mut add = |aim: Aim<'_>| {
        let chosen = aim.greedy(SHORT_LIST);
        keys.extend(chosen.into_iter().map(|arm| table.arms[arm].key));
    };
    for size in AIMS {
        add(Aim::new(&table, size as f64, &[], Taste::WIDE));
    }
    for set in 0..table.sets.len() {
        let left_out = with_damaged(&table, set);
        add(Aim::new(&table, AIMS[1] as f64, &left_out, Taste::WIDE));
    }
    for key in schema.keys.iter().map(|key| &key.recipe) {
        keys.extend(number_of(pool, key).filter(|_| !is_of_identifiers(key)));
    }
    keys.into_iter().collect()
}

/// A set and what was made of it: those that are left out together.
pub fn with_damaged(table: &Table, set: usize) -> Vec<usize> {
    let name = &table.sets[set];
    let same = |other: &String| other == name || *other == format!("{name} damaged");
    (0..table.sets.len())
        .filter(|other| same(&table.sets[*other]))
        .collect()
}

/// The number of a recipe in a list, whatever the order of its atoms.
pub fn number_of(recipes: &[Recipe], wanted: &Recipe) -> Option<usize> {
    let sorted = |recipe: &Recipe| {
        let mut atoms = recipe.atoms().to_vec();
        atoms.sort_unstable();
        atoms
    };
    let own = sorted(wanted);
    recipes.iter().position(|recipe| sorted(recipe) == own)
}
