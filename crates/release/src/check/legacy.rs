//! Attacks as published, beside the stronger ones: what broke plain filters in public.

use super::{Context, Found, TOGETHER, percent};
use crate::embedding;
use crate::known::{Choice, choose};
use crate::legacy;
use crate::scene::{ListQuality, Scene};
use kinfold_verdict::{Level, Line, Share};

/// Most people that may be named (composite attack study, 5.7).
const NAMED_MAX: f64 = 0.01;
const DO_MORE: &str =
    "Raise the diffusion of the filter by one or two, or release it for fewer people.";

/// People of the legacy line: all pairs are compared on both sides.
const LEGACY_PEOPLE: usize = 1_500;

/// Graph matching as published, in both forms.
pub(super) fn legacy(context: &Context<'_>) -> Found {
    let mut found = graph(context);
    found.lines.extend(embedded(context));
    found
}

/// The compact form, with nobody and with some known.
fn graph(context: &Context<'_>) -> Found {
    if context.plan.quick {
        return Found::default();
    }
    let why = "This is the attack that broke plain filters in public. Diffusion stops it; the attacks above are stronger, and what they reach is what counts.";
    let mut line = Line::note("legacy/graph", TOGETHER, why, String::new());
    let file = context
        .sample
        .sample(LEGACY_PEOPLE, &context.seed("legacy/sample"));
    let plain = file
        .with_all_filters()
        .coded(&context.seed("legacy/key"), 0);
    let mut worst = Share::new(0, 0);
    let mut control = 0.0;
    // Nodes of random bits would only be in the way, and whose they are can be seen. Nobody of them is named, and all are counted.
    let (seen, others) = file.with_filters();
    for (codes, file, others) in [("plain codes", &plain, 0), ("these codes", &seen, others)] {
        for wanted in [0, 20, 200] {
            let purpose = format!("legacy/{codes}/{wanted}");
            let scene = Scene::draw(file, ListQuality::EXACT, &context.seed(&purpose));
            let mut draws = context.draws(&purpose);
            let known = choose(
                &scene,
                wanted.min(scene.records / 4),
                Choice::Random,
                &mut draws,
            );
            let named = legacy::attack(&scene, &known, &mut draws);
            let share = named.all.unwrap_or(Share::new(0, 0));
            let share = Share::new(share.hits, share.of + others);
            line = line.with(&format!("{codes}, {wanted} known: named"), share.share);
            if codes == "plain codes" {
                control = f64::max(control, share.share);
            } else if share.upper > worst.upper || worst.of == 0 {
                worst = share;
            }
        }
    }
    line.sentence = format!(
        "Published graph matching names {} (at most {}); of unprotected codes of the same {} people it names {}.",
        percent(worst.share),
        percent(worst.upper),
        file.records,
        percent(control)
    );
    if control < 0.9 {
        return Found::of(vec![line.judge(Level::Broken, "The attack does not prove itself on these people. Report it with the figures of this line.")]);
    }
    let chance = 1.0 / file.records.max(1) as f64;
    let line = line.share_beyond_chance(worst, chance, NAMED_MAX, DO_MORE);
    Found::of(vec![context.with_those_without_filters(line)])
}

/// People of the other form, which bounds its time: products of all pairs with all, some seconds on two cores.
const EMBEDDED_PEOPLE: usize = 800;
/// Fewer people than this have too little of a graph for it.
const EMBEDDED_LEAST: usize = 200;

/// Embeddings of the graphs, aligned, with nobody known.
fn embedded(context: &Context<'_>) -> Option<Line> {
    if context.plan.quick || context.sample.records < EMBEDDED_LEAST {
        return None;
    }
    let why = "This is the strongest published attack on a list of codes: it turns who is like whom into a map and lays the map of the codes upon that of a list.";
    let file = context
        .sample
        .sample(EMBEDDED_PEOPLE, &context.seed("embedding/sample"));
    let plain = file
        .with_all_filters()
        .coded(&context.seed("embedding/key"), 0);
    let (seen, others) = file.with_filters();
    let named = |file, others| {
        let scene = Scene::draw(file, ListQuality::EXACT, &context.seed("embedding/scene"));
        let named = embedding::attack(&scene, &mut context.draws("embedding"));
        let share = named.all.unwrap_or(Share::new(0, 0));
        Share::new(share.hits, share.of + others)
    };
    let (control, found) = (named(&plain, 0), named(&seen, others));
    let sentence = format!(
        "Published matching of maps (node2vec, Wasserstein-Procrustes) names {} (at most {}); of unprotected codes of the same {} people it names {}.",
        percent(found.share),
        percent(found.upper),
        file.records,
        percent(control.share)
    );
    let line = Line::note("legacy/embedding", TOGETHER, why, sentence)
        .with("plain codes: named", control.share)
        .with("these codes: named", found.share);
    if control.share < 0.9 {
        return Some(line.judge(Level::Broken, "The attack does not prove itself on these people. Report it with the figures of this line."));
    }
    let chance = 1.0 / file.records.max(1) as f64;
    let line = line.share_beyond_chance(found, chance, NAMED_MAX, DO_MORE);
    Some(context.with_those_without_filters(line))
}
