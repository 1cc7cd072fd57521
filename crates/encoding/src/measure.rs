//! What a schema's filters are like on a population: fill, how far likeness is seen, and how well an attacker's expectation fits.
//!
//! The figures explain a schema before anybody uses it (`kinfold schema explain`). They come from the tokens of invented people, so they are
//! those of no real file.

use kinfold_identity::Person;
use kinfold_schema::{FilterSchema, Schema, risk};

use crate::codes::CodeBook;
use crate::filter::FilterPlan;
use crate::plan::Plan;
use crate::values::{Books, PersonNames};
use crate::worker::mark;
use crate::{ProjectSecrets, Simd};

/// Bits in which tokens seldom meet, so that the ones of two people's union tell how many positions their tokens have together.
const ROOMY: u32 = 1 << 15;

/// What one filter is like on a population.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct FilterMeasure {
    /// The filter's id.
    pub id: String,
    /// People who have every fact that the filter requires.
    pub people: usize,
    /// Mean share of ones before diffusion.
    pub mean_fill: f64,
    /// The unit of positions that would give a mean fill of 0.475.
    pub unit_for_fill: u32,
    /// Mean number of tokens, each counted with its weight (G).
    pub mean_tokens: f64,
    /// Weighted tokens by which two people may differ and still be told from strangers at three standard deviations (D*); infinite for
    /// a filter that is not diffused.
    pub visible_radius: f64,
    /// The visible radius as a share of all tokens of two people (D* / 2G), at most 1.
    pub visible_share: f64,
    /// Correlation of what an attacker with a list expects of two strangers with what he sees, on these people.
    pub rho: f64,
    /// The largest number of people with n rho^2 <= ln n, for this filter alone.
    pub people_max: u32,
}

/// Measures the filters of a schema on people. `pairs` pairs of strangers are drawn, always the same.
pub fn measure(schema: &Schema, people: &[Person], pairs: usize) -> Vec<FilterMeasure> {
    // Which positions tokens have does not matter here, only how many: any key will do.
    let secrets = ProjectSecrets::new(|purpose| *blake3::hash(purpose.as_bytes()).as_bytes());
    schema
        .filters
        .iter()
        .map(|filter| measure_one(schema, filter, &secrets, people, pairs))
        .collect()
}

fn measure_one(
    schema: &Schema,
    filter: &FilterSchema,
    secrets: &ProjectSecrets,
    people: &[Person],
    pairs: usize,
) -> FilterMeasure {
    let roomy = FilterSchema {
        inner_bits: Some(ROOMY),
        diffusion: 0,
        ..filter.clone()
    };
    let requires = filter
        .requires
        .iter()
        .fold(0, |facts, fact| facts | fact.bit());
    let kept: Vec<&Person> = people
        .iter()
        .filter(|person| crate::person::facts(person) & requires == requires)
        .collect();
    let masks = masks(schema, &roomy, secrets, &kept);
    let m = f64::from(filter.inner_bits.unwrap_or(filter.bits));
    let l = f64::from(filter.bits);
    let t = f64::from(filter.diffusion);
    // Positions that give so many ones among the roomy bits.
    let thrown = |ones: u32| {
        let share = f64::from(ones.min(ROOMY - 1)) / f64::from(ROOMY);
        -f64::from(ROOMY) * libm::log1p(-share)
    };
    let ones = |mask: &[u64]| mask.iter().map(|word| word.count_ones()).sum::<u32>();
    // Expected ones of so many positions thrown into m bits.
    let filled = |positions: f64| m * (1.0 - libm::exp(-positions / m));
    let positions: Vec<f64> = masks.iter().map(|mask| thrown(ones(mask))).collect();
    let count = masks.len().max(1) as f64;
    let mean = positions.iter().sum::<f64>() / count;
    let fill = positions.iter().map(|&x| filled(x) / m).sum::<f64>() / count;
    let unit = f64::from(filter.unit_positions);
    let kappa = unit * (1.0 - fill) * t / m;
    let radius = libm::log(libm::sqrt(l) / 3.0) / (2.0 * kappa);

    let mut draw = 0x9e37_79b9_7f4a_7c15u64;
    let mut next = |below: usize| {
        draw ^= draw << 13;
        draw ^= draw >> 7;
        draw ^= draw << 17;
        (draw % below as u64) as usize
    };
    let mut sum = 0.0;
    let mut seen = 0usize;
    if masks.len() > 1 {
        for _ in 0..pairs {
            let (a, b) = (next(masks.len()), next(masks.len()));
            if a == b || share_a_home(kept[a], kept[b]) {
                continue;
            }
            let union = masks[a]
                .iter()
                .zip(&masks[b])
                .map(|(x, y)| (x | y).count_ones());
            let union = thrown(union.sum());
            let distance = 2.0 * filled(union) - filled(positions[a]) - filled(positions[b]);
            // An undiffused filter shows its distance as it is.
            let signal = libm::pow((1.0 - 2.0 * distance / m).max(0.0), t.max(1.0));
            sum += signal * signal;
            seen += 1;
        }
    }
    let rho = libm::sqrt(l * sum / seen.max(1) as f64).min(1.0);
    FilterMeasure {
        id: filter.id.clone(),
        people: masks.len(),
        mean_fill: fill,
        unit_for_fill: unit_for_fill(&positions, unit, m),
        mean_tokens: mean / unit,
        visible_radius: radius,
        visible_share: (radius / (2.0 * mean / unit)).min(1.0),
        rho,
        people_max: risk::people_max_of_signal(rho * rho),
    }
}

/// The unit that brings the mean fill nearest to 0.475: positions grow with the unit.
fn unit_for_fill(positions: &[f64], unit: f64, m: f64) -> u32 {
    let fill = |candidate: f64| {
        positions
            .iter()
            .map(|x| 1.0 - libm::exp(-x * candidate / unit / m))
            .sum::<f64>()
            / positions.len().max(1) as f64
    };
    (1..=512u32)
        .min_by(|&a, &b| {
            let off = |unit: u32| libm::fabs(fill(f64::from(unit)) - 0.475);
            off(a).total_cmp(&off(b))
        })
        .unwrap_or(1)
}

/// Housemates are like each other and no strangers.
fn share_a_home(a: &Person, b: &Person) -> bool {
    a.addresses.iter().any(|spell| {
        spell.uprn.is_some() && b.addresses.iter().any(|other| other.uprn == spell.uprn)
    })
}

/// The bits of each person.
fn masks(
    schema: &Schema,
    filter: &FilterSchema,
    secrets: &ProjectSecrets,
    people: &[&Person],
) -> Vec<Vec<u64>> {
    let filter = FilterPlan::new(0, filter, schema, secrets, Simd::Auto);
    let plan = Plan::of(schema);
    let mut codes = CodeBook::new(secrets.hasher("values"));
    let mut books = Books::default();
    let mut own = PersonNames::default();
    people
        .iter()
        .map(|person| {
            books.make_room();
            own.read(person, &plan, 1, &mut books, &mut codes);
            let mut mask = vec![0; filter.inner_words];
            mark(&filter, person, &own, &mut books, &mut mask);
            mask
        })
        .collect()
}
