//! What is known beyond one package: earlier packages of the same people, packages under another key, months of homes, and counts that
//! leave with the file.

use std::io;

use super::{Context, Found, TOGETHER, percent};
use crate::coded::code;
use crate::file::File;
use crate::known::{Choice, attack, choose};
use crate::linear;
use crate::months;
use crate::packages::{compare, own_months};
use crate::scene::{ListQuality, Scene};
use crate::subject::Subject;
use kinfold_verdict::{Level, Line, Share};

/// Most records that values of several packages may single out.
const SINGLED_MAX: f64 = 0.01;
/// Fewer records than this share a change, and the change may say who they are (as for presence patterns).
const CHANGED_FEW: usize = 5;
/// A count below this is small, as in published tables.
const COUNT_SMALL: u64 = 5;

/// Each earlier package beside this one.
pub(super) fn packages(context: &Context<'_>) -> io::Result<Found> {
    let mut lines = Vec::new();
    for (number, earlier) in (1..).zip(context.earlier) {
        let why = "Whoever keeps an earlier package lays the two side by side: what changed is a new fact about somebody.";
        let joint = compare(context.subject.codes, *earlier)?;
        let share = |n: usize| percent(n as f64 / joint.records.max(1) as f64);
        let id = format!("packages/{number}");
        if !joint.one_key() {
            let sentence = format!(
                "Nothing in the codes ties the records to those of earlier package {number}: it was made under another key. Months of homes that one record alone has would tie {} of them.",
                share(joint.by_months)
            );
            let line = Line::note(&id, "two packages", why, sentence)
                .with("tied by equal filters", joint.again as f64)
                .with("tied by months alone", joint.by_months as f64);
            lines.push(line);
            continue;
        }
        let sentence = format!(
            "Equal codes tie {} of {} records to earlier package {number}. Both together show {} new, {} gone, {} with a new home, {} with other facts; {} records share a value with somebody else over time, and {} stand alone by that.",
            share(joint.again),
            joint.records,
            joint.new,
            joint.gone,
            joint.moved,
            joint.other_facts,
            joint.joined,
            joint.singled
        );
        let few = (1..CHANGED_FEW).contains(&joint.rarest_change());
        let level = if few { Level::Warn } else { Level::Pass };
        lines.push(
            Line::note(&id, "two packages", why, sentence)
                .with("tied by equal filters", joint.again as f64)
                .with("tied by months alone", joint.by_months as f64)
                .with("new", joint.new as f64)
                .with("gone", joint.gone as f64)
                .with("with a new home", joint.moved as f64)
                .with("with other facts", joint.other_facts as f64)
                .with("homes that show more people than in either", joint.larger_homes as f64)
                .with("sharing a value over time", joint.joined as f64)
                .counted_at_most(
                    joint.singled_share(),
                    SINGLED_MAX,
                    "Agree on a new project key before the next package: then nothing ties the records of the two.",
                )
                .judge(
                    level,
                    "Few records share a change. Send less often, or agree on a new project key before the next package.",
                ),
        );
    }
    Ok(Found::of(lines))
}

/// What a second package under a new key would add, months of homes, counts that leave with the file, and linear algebra.
pub(super) fn beyond(context: &Context<'_>) -> io::Result<Found> {
    let mut lines = homes(context)?;
    lines.extend(within(context.subject));
    if !context.plan.quick {
        lines.push(epochs(context));
        for filter in 0..context.subject.shape.views.len() {
            lines.extend(solved(context, filter)?);
        }
    }
    Ok(Found::of(lines))
}

/// Most people that the months of homes are tried on.
const DATED_PEOPLE: usize = 20_000;
/// Share of the months on the second list that are one off.
const DATED_OFF: f64 = 0.2;
/// Of the records with months of homes this many may be named by them beyond those whom homes name without months: the limit of the attack by
/// households.
const DATED_MAX: f64 = super::attacks::HOUSEHOLDS_MAX;
/// Whoever is named by the pattern of homes of more records than this, surely, is warned about. It cannot block: which people share a home is what
/// household keys are for, and the list has to be the custodian's own.
const HOMES_MAX: f64 = 0.01;

/// Whom a list names by the homes of each person and who shares them, without months and with them.
fn homes(context: &Context<'_>) -> io::Result<Vec<Line>> {
    let own = own_months(context.subject.codes)?;
    if own.of == 0 {
        return Ok(Vec::new());
    }
    let most = if context.plan.quick {
        context.plan.sizes[0]
    } else {
        DATED_PEOPLE
    };
    let file = context
        .subject
        .sample(most, &context.seed("months/sample"))?;
    let scene = Scene::draw(&file, ListQuality::EXACT, &context.seed("months/scene"));
    let (by_homes, patterns) = scene.by_homes();
    let bare = scene.right(&by_homes);
    let why = "Household keys show who shares which homes, and by how many keys. Where a family's homes make a pattern that no other family has, an exact list of homes names it, whatever the codes hide.";
    let sentence = format!(
        "The homes of the {} records with household keys make {patterns} patterns, without any months. Somebody with this custodian's own list of homes, right to the flat and to which property numbers are missing, names {} by them (at most {}).",
        bare.of,
        percent(bare.share),
        percent(bare.upper)
    );
    let level = if bare.lower() > HOMES_MAX {
        Level::Warn
    } else {
        Level::Pass
    };
    let mut lines = vec![
        Line::note("homes", "household keys", why, sentence)
            .with("patterns", patterns as f64)
            .with("named", bare.share)
            .with("at most", bare.upper)
            .judge(
                level,
                "Map the present address of each person only, or write `left_max` of the household keys smaller.",
            ),
    ];
    let named = |off| {
        let dated = months::attack(&scene, off, &mut context.draws("months"));
        dated.named.all.unwrap_or(Share::new(0, 0))
    };
    let exact = named(0.0);
    let why = "Who has a register with moving-in dates finds a family by when each of its people came, if months of homes are released, whatever the codes hide.";
    if exact.of == 0 {
        let sentence = "No month of a home is in this package, so a list of moving-in dates names nobody by them.";
        lines.push(Line::note(
            "months",
            "household keys",
            why,
            sentence.to_owned(),
        ));
        return Ok(lines);
    }
    let off = named(DATED_OFF);
    let sentence = format!(
        "{} of the records with household keys have months that no other record has. Somebody with a list of homes and moving dates, right to the month, names {} of {} records that have some ({} without months); with a fifth of the dates a month off, {}.",
        percent(own.share),
        percent(exact.share),
        exact.of,
        percent(bare.share),
        percent(off.share)
    );
    lines.push(
        Line::note("months", "household keys", why, sentence)
            .with("months of their own", own.share)
            .with("named", exact.share)
            .with("at most", exact.upper)
            .with("named without months", bare.share)
            .with("a fifth a month off: named", off.share)
            .share_beyond_chance(
                exact,
                bare.share,
                DATED_MAX,
                "Write `months = 0` and `left_max = 12` in [household_keys] of the linkage schema, or map no months of addresses.",
            ),
    );
    Ok(lines)
}

/// The counts of pairs that leave with the file.
fn within(subject: &Subject<'_>) -> Option<Line> {
    let (within, records) = (&subject.shape.within, subject.records());
    let small: Vec<u64> = within
        .iter()
        .copied()
        .filter(|pairs| *pairs < COUNT_SMALL)
        .collect();
    (!within.is_empty()).then(|| {
        // Each pair is in one count, and a pair is two people.
        let people = (2 * small.iter().sum::<u64>()).min(records as u64);
        let share = Share::new(people, records.max(1) as u64);
        let why = "How many pairs of the file's people agree by chance leaves with it. Somebody with the whole list counts the same and learns nothing about a record; a small count can say that certain people are in the file.";
        let sentence = format!(
            "{} counts of pairs leave with the file, {} of them below {COUNT_SMALL}; these are about at most {people} of {} people ({}).",
            within.len(),
            small.len(),
            records,
            percent(share.share)
        );
        Line::note("counts/within", "counts within the file", why, sentence)
            .with("counts", within.len() as f64)
            .with("small counts", small.len() as f64)
            .with("people in small counts, at most", share.share)
    })
}

/// Attack M on two codes of everybody, as if a package under another key could be laid beside this one person by person.
fn epochs(context: &Context<'_>) -> Line {
    let why = "A new key gives new codes of the same people. Whoever could tell which belong together would see each person twice.";
    let file = &context.sample;
    let key = context.seed("epochs/key");
    let mut both = file.clone();
    both.views.extend(
        file.views
            .iter()
            .map(|view| code(view, &key, view.diffusion)),
    );
    let named = |file: &File| {
        let scene = Scene::draw(file, ListQuality::EXACT, &context.seed("epochs/scene"));
        let mut draws = context.draws("epochs");
        let wanted = context.plan.known.last().copied().unwrap_or(20);
        let known = choose(
            &scene,
            wanted.min(scene.records / 3),
            Choice::Random,
            &mut draws,
        );
        let named = attack(&scene, &known, context.plan.targets, &mut draws);
        (
            known.len(),
            named.beyond_households.unwrap_or(Share::new(0, 0)),
        )
    };
    let ((known, one), (_, two)) = (named(file), named(&both));
    let sentence = format!(
        "Somebody who knows {known} of {} people and sees one package names {} of the others; with a second one under another key, laid beside it person by person, {} (at most {}).",
        file.records,
        percent(one.share),
        percent(two.share),
        percent(two.upper)
    );
    let line = Line::note("epochs", TOGETHER, why, sentence)
        .with("one package: named", one.share)
        .with("two packages: named", two.share)
        .with("two packages: at most", two.upper);
    context.with_those_without_filters(line)
}

/// People of the part that linear algebra is tried on.
const SOLVED_PEOPLE: usize = 20_000;

/// From how many known people on linear algebra solves a filter, and, where the file is large enough, what it then tells.
fn solved(context: &Context<'_>, at: usize) -> io::Result<Option<Line>> {
    let view = &context.subject.shape.views[at];
    if view.diffusion == 0 {
        return Ok(None);
    }
    let Some(needed) = linear::needed(context.subject, at) else {
        return Ok(None);
    };
    let why = "Released bits are sums of inner bits. Whoever knows more people who have one piece of a name or date than a filter has bits solves for that piece, however high the diffusion.";
    let id = format!("linear/{}", view.id);
    let mut sentence = format!(
        "Somebody who knows some {needed} people of this file, by lot, can tell of every record whether it has the commonest piece (of a birth date, mostly); by this way fewer known people tell nothing."
    );
    let mut line =
        Line::note(&id, &view.id, why, String::new()).with("known people needed", needed as f64);
    let file = context
        .subject
        .sample(SOLVED_PEOPLE, &context.seed("linear/sample"))?;
    let wanted = needed + needed / 10;
    if file.records > 2 * wanted {
        let scene = Scene::draw(&file, ListQuality::EXACT, &context.seed("linear/scene"));
        let mut draws = context.draws("linear");
        let known = choose(&scene, wanted, Choice::Random, &mut draws);
        if let Some(solved) = linear::solve(&scene, &scene.views[at], &known) {
            sentence = format!(
                "{sentence} Tried with {wanted} known of {}: told rightly for {} of the others, which leaves {:.1} times fewer people for each.",
                file.records,
                percent(solved.told.share),
                solved.narrowed
            );
            line = line
                .with("pieces solved", solved.tokens as f64)
                .with("told rightly", solved.told.share)
                .with("fewer people, times", solved.narrowed);
        }
    }
    line.sentence = sentence;
    Ok(Some(context.with_those_without_filters(line)))
}
