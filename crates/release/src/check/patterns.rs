//! Patterns: sets of bits that go together.

use std::io;

use super::{Context, Found, percent};
use crate::file::File;
use crate::mining;
use crate::scene::{ListQuality, Scene};
use kinfold_verdict::{Level, Line, Share};

/// Most people that may be named.
const NAMED_MAX: f64 = 0.01;
/// People that the attack is tried on unprotected, and the fewest that it can prove itself on: of fewer the sets are too small.
const PROOF: usize = 1_000;
/// It must name this many of them; the published attack names 20.7 % (security study, 1.1).
const MUST_NAME: f64 = 0.2;

/// Pattern mining of each filter, on codes and on unprotected codes of some of the same people.
pub(super) fn patterns(context: &Context<'_>) -> io::Result<Found> {
    if context.plan.quick {
        return Ok(Found::default());
    }
    let why = "In unprotected codes the bits of a frequent piece of a name are always set together, and whoever finds such sets reads the names.";
    let mut line = Line::note("patterns", "each filter by itself", why, String::new());
    let mine = |file: &File, purpose: &str| -> Vec<mining::Mined> {
        let seed = context.seed(purpose);
        let scene = Scene::draw(file, ListQuality::EXACT, &seed);
        let mut draws = context.draws(purpose);
        let views = scene.views.iter();
        views
            .map(|view| mining::attack(&scene, view, &mut draws))
            .collect()
    };
    let share = |mined: &mining::Mined| mined.named.all.unwrap_or(Share::new(0, 0));
    // Random bits would only hide what goes together in the rest, and whose they are can be seen. Nobody of them is named, and all are counted.
    let (seen, others) = context.sample.with_filters();
    let of_all = |mined: &mining::Mined| {
        let share = share(mined);
        Share::new(share.hits, share.of + others)
    };
    let few = context
        .subject
        .sample(PROOF, &context.seed("patterns/sample"))?;
    let plain = mine(
        &few.with_all_filters()
            .coded(&context.seed("patterns/key"), 0),
        "patterns/plain",
    );
    let proof = plain
        .iter()
        .map(|mined| share(mined).share)
        .fold(0.0, f64::max);
    let mut worst = Share::new(0, 0);
    for (view, mined) in seen.views.iter().zip(mine(&seen, "patterns/codes")) {
        let named = of_all(&mined);
        line = line
            .with(&format!("{}: sets of bits", view.id), mined.sets as f64)
            .with(&format!("{}: named", view.id), named.share);
        if worst.of == 0 || named.upper > worst.upper {
            worst = named;
        }
    }
    line = line.with("unprotected codes: named", proof);
    line.sentence = format!(
        "Bits that are always set together name {} of {} people (at most {}); in unprotected codes of {} of them they name {}.",
        if worst.hits == 0 {
            "none".to_owned()
        } else {
            percent(worst.share)
        },
        context.sample.records,
        percent(worst.upper),
        few.records,
        percent(proof)
    );
    if few.records >= PROOF * 9 / 10 && proof < MUST_NAME {
        return Ok(Found::of(vec![line.judge(
            Level::Broken,
            "The attack does not prove itself on these people. Report it with the figures of this line.",
        )]));
    }
    let chance = 1.0 / context.sample.records.max(1) as f64;
    let line = line.share_beyond_chance(
        worst,
        chance,
        NAMED_MAX,
        "Diffuse the filter (`diffusion` of 2 or more).",
    );
    Ok(Found::of(vec![context.with_those_without_filters(line)]))
}
