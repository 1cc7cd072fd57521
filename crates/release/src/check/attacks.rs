//! The attacks, on everything in the package together.

use std::io;

use super::{Context, Found, TOGETHER, USUAL, percent};
use crate::household_attack;
use crate::known::{Choice, Named, attack, choose};
use crate::scene::{ListQuality, NOBODY, Scene};
use crate::visible::{Sight, groups};
use kinfold_verdict::{Level, Line, Share};

/// Most people that may be named by somebody who knows 20, 200 or 1,000 of the file, beyond the housemates of these, as upper bounds
/// (composite attack study, 5.7 b).
const KNOWN_MAX: [(usize, f64); 3] = [(20, 0.005), (200, 0.01), (1_000, 0.015)];
/// Most people that may be named by households, in all and of each size (5.7 c).
pub(super) const HOUSEHOLDS_MAX: f64 = 0.01;
/// An attacker's surest picks may not be right more often than this; nothing was published, so it warns and does not block.
const SUREST_MAX: f64 = 0.2;
/// Most people that attack H is run on.
const HOUSEHOLDS_PEOPLE_MAX: usize = 10_000;
/// Fewer tries than this and an attack is repeated with other lots, so that small files can be judged at all.
const TRIES: u64 = 3_000;
/// Standard deviations at which likeness is taken for a household when there are no household keys.
const HOUSEHOLD_SIGMAS: f64 = 5.5;

const DO_MORE: &str =
    "Raise the diffusion of the filter by one or two, or release it for fewer people.";

/// Attack M, for each number of known people.
pub(super) fn known(context: &Context<'_>) -> io::Result<Found> {
    let mut lines = Vec::new();
    for &wanted in &context.plan.known {
        let why = "Agencies and their staff know some people of every file: their own families, a street, an earlier leak.";
        let mut line = Line::note(&format!("known/{wanted}"), TOGETHER, why, String::new());
        let limit = KNOWN_MAX
            .iter()
            .find(|(known, _)| *known == wanted)
            .map_or(0.01, |(_, limit)| *limit);
        let mut worst: Option<(Named, usize, Choice)> = None;
        for &size in &context.plan.sizes {
            let choices: &[Choice] = if size <= USUAL && !context.plan.quick {
                &Choice::ALL
            } else {
                &[Choice::Random]
            };
            for &choice in choices {
                let named = known_once(context, size, wanted, choice, ListQuality::EXACT)?;
                let judged = named.beyond_households.unwrap_or(Share::new(0, 0));
                line = line
                    .with(
                        &format!("{size} people, {}: named", choice.words()),
                        judged.share,
                    )
                    .with(
                        &format!("{size} people, {}: at most", choice.words()),
                        judged.upper,
                    );
                let before = worst
                    .as_ref()
                    .and_then(|(named, ..)| named.beyond_households);
                if before.is_none_or(|before| judged.upper > before.upper) {
                    worst = Some((named, size, choice));
                }
            }
        }
        let Some((named, size, choice)) = worst else {
            continue;
        };
        let share = named.beyond_households.unwrap_or(Share::new(0, 0));
        let number = wanted.min(size / 2);
        line.sentence = format!(
            "Somebody with a full list who knows {number} of {size} people, {}, names {} of the others who live with none of them (at most {}).",
            choice.words(),
            percent(share.share),
            percent(share.upper)
        );
        // Whoever guesses one of those whose records are not known; where some have no filter, one of these and one of the others.
        let chance = context.kinds() / size.saturating_sub(number).max(1) as f64;
        line = line.share_beyond_chance(share, chance, limit, DO_MORE);
        line.by_size.clone_from(&named.by_size);
        lines.push(context.with_those_without_filters(surest(line, &named)));
        if wanted == 200 {
            lines.push(context.with_those_without_filters(suspicion(
                &named,
                size,
                context.kinds(),
            )));
        }
    }
    Ok(Found::of(lines))
}

/// Most that one person may fit a record, on average, and most records that one person alone may fit (security study, section 3, M5).
const SUSPICION_MAX: f64 = 0.01;

/// M5: how many people an intruder is left with.
fn suspicion(named: &Named, size: usize, kinds: f64) -> Line {
    let mean = named.suspicion.unwrap_or(0.0);
    let alone = named.sure_of_one.unwrap_or(Share::new(0, 0));
    let why = "Even a wrong guess harms, and a short list of suspects is enough for somebody who can look further.";
    let sentence = format!(
        "On average an intruder who knows 200 people is left with about {:.0} possible people for a record; {} of the records fit one person alone.",
        1.0 / mean.max(1e-6),
        percent(alone.share)
    );
    // In a small file everybody is one of few, of either kind.
    let limit = SUSPICION_MAX.max(4.0 * kinds / size.max(1) as f64);
    Line::note("suspicion", TOGETHER, why, sentence)
        .with("records that fit one person alone", alone.share)
        .at_most(mean, limit, DO_MORE)
        .judge(
            if alone.lower() > SUSPICION_MAX {
                Level::Block
            } else {
                Level::Pass
            },
            DO_MORE,
        )
}

/// How a sentence about the surest picks begins.
const OF_THE_SUREST: &str = " Of what such an intruder is surest of,";
/// Figures of the surest picks.
const SUREST_RIGHT: &str = "surest tenth: right";
const SUREST_PICKS: &str = "surest tenth: picks";

/// Adds the surest tenth; of several attempts that which was most surely right.
fn surest(mut line: Line, named: &Named) -> Line {
    let Some(surest) = named.surest_tenth.filter(|share| share.of > 0) else {
        return line;
    };
    let figure = |name| line.figures.get(name).copied();
    if let (Some(right), Some(picks)) = (figure(SUREST_RIGHT), figure(SUREST_PICKS)) {
        let before = Share::new(libm::round(right * picks) as u64, picks as u64);
        if before.lower() >= surest.lower() {
            return line;
        }
    }
    line = line
        .with(SUREST_RIGHT, surest.share)
        .with(SUREST_PICKS, surest.of as f64);
    if surest.lower() > SUREST_MAX {
        let end = line.sentence.find(OF_THE_SUREST);
        line.sentence.truncate(end.unwrap_or(line.sentence.len()));
        line.sentence.push_str(&format!(
            "{OF_THE_SUREST} {} is right.",
            percent(surest.share)
        ));
        line = line.judge(Level::Warn, DO_MORE);
    }
    line
}

/// Attack M on a sample, repeated when it is small.
fn known_once(
    context: &Context<'_>,
    size: usize,
    wanted: usize,
    choice: Choice,
    quality: ListQuality,
) -> io::Result<Named> {
    let purpose = format!("known/{size}/{wanted}/{choice:?}/{quality:?}");
    let file = context
        .subject
        .sample(size, &context.seed(&format!("{purpose}/sample")))?;
    let scene = Scene::draw(&file, quality, &context.seed(&format!("{purpose}/scene")));
    let mut draws = context.draws(&purpose);
    let mut sum: Option<Named> = None;
    // At most ten times: the same people again say less and less.
    for _ in 0..10 {
        // Of those who are on an incomplete list enough must be left to be named.
        let listed = scene
            .truth
            .iter()
            .filter(|person| **person != NOBODY)
            .count();
        let most = if quality.overlap < 1.0 {
            listed / 4
        } else {
            listed / 2
        };
        let known = choose(&scene, wanted.min(most), choice, &mut draws);
        let named = attack(&scene, &known, context.plan.targets, &mut draws);
        let all = sum.map_or(named.clone(), |before| before.plus(&named));
        let tries = all.beyond_households.map_or(0, |share| share.of);
        sum = Some(all);
        if tries >= TRIES.min(context.plan.targets as u64) {
            break;
        }
    }
    Ok(sum.unwrap_or_default())
}

/// Attacks H and S, with household keys and with groups rebuilt from likeness.
pub(super) fn households(context: &Context<'_>) -> io::Result<Found> {
    let why = "Families have shapes: how alike the codes of a home are to each other can be computed for every listed family.";
    let mut lines = Vec::new();
    for rebuilt in [false, true] {
        if context.plan.quick && rebuilt || !rebuilt && !context.subject.has_stays()? {
            continue;
        }
        let id = if rebuilt {
            "households/likeness"
        } else {
            "households/keys"
        };
        let mend = match context.subject.shape.filter_max {
            _ if rebuilt => DO_MORE,
            Some(0..=2) => DO_WITHOUT_FAMILIES,
            _ => DO_HOUSEHOLDS,
        };
        let mut line = Line::note(id, TOGETHER, why, String::new());
        let mut worst: Option<(Share, Vec<Share>, usize, f64)> = None;
        // Beyond ten thousand people the attack adds minutes and, by its trend, no danger: households meet more look-alikes.
        let sizes: Vec<usize> = context
            .plan
            .nobody_known
            .iter()
            .copied()
            .filter(|size| *size <= HOUSEHOLDS_PEOPLE_MAX)
            .collect();
        for &size in &sizes {
            let purpose = format!("{id}/{size}");
            let file = context
                .subject
                .sample(size, &context.seed(&format!("{purpose}/sample")))?;
            let scene = Scene::draw(
                &file,
                ListQuality::EXACT,
                &context.seed(&format!("{purpose}/scene")),
            );
            let mut draws = context.draws(&purpose);
            let reached = if rebuilt {
                let sight = Sight::new(&scene.views, scene.records, &mut draws);
                let groups = groups(&sight.edges(HOUSEHOLD_SIGMAS), scene.records);
                household_attack::attack(&scene, &groups, &mut draws)
            } else {
                household_attack::attack_keys(&scene, &mut draws)
            };
            // Nobody can tell which records are a part's, so what a part would give away is the trend, and the largest is judged: households
            // of the whole file, or of as many people as the attack can be run on.
            let judged = Some(&size) == sizes.last();
            for (words, named) in [
                ("by households", &reached.households),
                ("after the snowball", &reached.snowball),
            ] {
                let share = named.all.unwrap_or(Share::new(0, 0));
                line = line
                    .with(&format!("{size} people, {words}: named"), share.share)
                    .with(&format!("{size} people, {words}: at most"), share.upper);
                if !judged {
                    continue;
                }
                line = surest(line, named);
                line = line.sizes_at_most(&named.by_size, HOUSEHOLDS_MAX, mend);
                // Whoever guesses a household of the right size and an order of its members names one of each size.
                let sizes = named.by_size.iter().filter(|share| share.of > 0).count();
                let chance = sizes as f64 / share.of.max(1) as f64;
                let beyond = share.upper - chance;
                if worst
                    .as_ref()
                    .is_none_or(|(before, _, _, chance)| beyond > before.upper - chance)
                {
                    worst = Some((share, named.by_size.clone(), size, chance));
                }
            }
        }
        let Some((share, by_size, size, chance)) = worst else {
            continue;
        };
        let with = if rebuilt {
            "Groups of codes that are visibly alike"
        } else {
            "Household keys"
        };
        let so_far = std::mem::take(&mut line.sentence);
        line.sentence = format!(
            "{with}, with nobody known and a full list of {size} people, name {} (at most {}; chance names {}).{so_far}",
            percent(share.share),
            percent(share.upper),
            percent(chance)
        );
        line = line
            .with("chance", chance)
            .share_beyond_chance(share, chance, HOUSEHOLDS_MAX, mend);
        line.by_size = by_size;
        lines.push(context.with_those_without_filters(line));
    }
    Ok(Found::of(lines))
}

const DO_HOUSEHOLDS: &str = "Set `filter_max = 2` among the household keys (no filter for whoever is seen in a larger home), or leave household keys out of this package.";
/// The same where families have no filter already.
const DO_WITHOUT_FAMILIES: &str =
    "Send more people in one file, or leave household keys out of this package.";

/// Attack M with lists that lack people and have errors.
pub(super) fn incomplete(context: &Context<'_>) -> io::Result<Found> {
    if context.plan.quick {
        return Ok(Found::default());
    }
    let why = "Nobody's list is complete or free of slips; what still works with such a list works in practice.";
    let mut line = Line::note("incomplete", TOGETHER, why, String::new());
    let mut worst: Option<Share> = None;
    for (overlap, errors) in [(1.0, 0.3), (0.5, 0.0), (0.5, 0.3), (0.2, 0.0), (0.2, 0.3)] {
        let quality = ListQuality { overlap, errors };
        let size = context.plan.sizes[0];
        let named = known_once(context, size, 200, Choice::Random, quality)?;
        let share = named.beyond_households.unwrap_or(Share::new(0, 0));
        let words = format!(
            "{:.0} % on the list, {:.0} % with an error",
            overlap * 100.0,
            errors * 100.0
        );
        line = line
            .with(&format!("{words}: named"), share.share)
            .with(&format!("{words}: at most"), share.upper);
        if share.of > 0 && worst.is_none_or(|before| share.upper > before.upper) {
            worst = Some(share);
        }
    }
    let share = worst.unwrap_or(Share::new(0, 0));
    line.sentence = format!(
        "With lists that lack people or have errors, and 200 people known, at most {} of the others are named.",
        percent(share.upper)
    );
    let chance = 2.0 * context.kinds() / context.plan.sizes[0].max(1) as f64;
    let line = line.share_beyond_chance(share, chance, HOUSEHOLDS_MAX, DO_MORE);
    Ok(Found::of(vec![context.with_those_without_filters(line)]))
}
