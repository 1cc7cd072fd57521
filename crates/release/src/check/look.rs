//! The measures: what codes show before anybody attacks them.

use std::io;

use super::{Context, Found, TOGETHER, percent};
use crate::codes::parts;
use crate::file::View;
use crate::law;
use crate::measures::{
    balance, co_occurrence, count_told, fingerprint, length, outliers as find, scan,
};
use crate::visible::{Sight, edges_of, visible};
use kinfold_verdict::{Level, Line, Share};

/// Most people whose value may be read by its count alone.
const READ_MAX: f64 = 0.01;
/// Most records with a visible neighbour, at 4.5 standard deviations among 3,000 (composite attack study, 5.7 e).
const VISIBLE_MAX: f64 = 0.02;

/// M1: equal codes of each filter, of each match key, of household keys, of presence patterns.
pub(super) fn counts(context: &Context<'_>) -> io::Result<Found> {
    let subject = context.subject;
    let (codes, records) = (subject.codes, subject.records());
    let why = "Codes that occur often stand for frequent values: the commonest code is the commonest name.";
    let mut lines = Vec::new();
    for (filter, view) in subject.shape.views.iter().enumerate() {
        let seen = |each: &mut dyn FnMut(u64, u32)| {
            codes.each_row(filter, |row, words| each(fingerprint(words), row as u32))
        };
        let listed = |each: &mut dyn FnMut(u64, u32)| {
            let mut tokens = Vec::new();
            for row in 0..records as u32 {
                if subject.is_listed(filter, row) {
                    subject.tokens(filter, row, &mut tokens);
                    each(value(&tokens), row);
                }
            }
            Ok(())
        };
        let counts = count_told(records, &seen, &listed, usize::MAX)?;
        let sentence = format!(
            "{} of {} codes occur more than once, at most {} times; {} can be read by counting.",
            counts.shared.hits,
            counts.codes,
            counts.largest,
            percent(counts.read_by_count.share)
        );
        let id = format!("counts/filter/{}", view.id);
        let line = Line::note(&id, &view.id, why, sentence)
            .with("shared", counts.shared.share)
            .with("in groups of ten or more", counts.in_tens.share)
            .with("largest group", counts.largest as f64)
            .counted_at_most(
                counts.read_by_count,
                READ_MAX,
                "Put more fields into the filter, so that no two people have the same code.",
            );
        lines.push(context.with_those_without_filters(line));
    }
    lines.extend(keys(context, why)?);
    if subject.shape.crowd > 0 {
        let seen = |each: &mut dyn FnMut(u64, u32)| {
            codes.each_stays(|row, stays| {
                let homes = stays.iter().map(|stay| token(&stay.home));
                homes.for_each(|home| each(home, row as u32));
            })
        };
        let listed = |each: &mut dyn FnMut(u64, u32)| {
            for (row, stays) in (0..).zip(subject.each_listed_stays()) {
                let homes = stays.iter().map(|stay| token(&stay.home));
                homes.for_each(|home| each(home, row));
            }
            Ok(())
        };
        let number = subject.each_listed_stays().map(<[_]>::len).sum();
        let counts = count_told(number, &seen, &listed, subject.shape.crowd)?;
        let sentence = format!(
            "Household keys put at most {} people of this file into one home.",
            counts.largest
        );
        let why = "A home of very many people is an institution, and its number of people alone names it.";
        // Over months a home sees more people than live there at once; the cap is for one month.
        lines.push(
            Line::note("counts/household", "household keys", why, sentence)
                .with("shared", counts.shared.share)
                .with("largest group", counts.largest as f64)
                .at_most(
                    counts.largest as f64,
                    30.0,
                    "Lower `group_max` of the household keys.",
                ),
        );
    }
    lines.extend(presence(&codes.presence()?));
    Ok(Found::of(lines))
}

/// How many records share the rarest presence pattern.
fn presence(patterns: &[u32]) -> Option<Line> {
    let mut sizes = std::collections::BTreeMap::<u32, u64>::new();
    for pattern in patterns {
        *sizes.entry(*pattern).or_default() += 1;
    }
    let least = *sizes.values().min()?;
    let sentence = format!(
        "{} patterns of what a record has; the rarest is shared by {least} records.",
        sizes.len()
    );
    let why = "Who alone has or lacks a fact is known by it.";
    let line = Line::note("counts/presence", "presence pattern", why, sentence)
        .with("patterns", sizes.len() as f64)
        .with("rarest", least as f64);
    let level = match least {
        0..5 => Level::Block,
        5..10 => Level::Warn,
        _ => Level::Pass,
    };
    Some(line.judge(
        level,
        "Raise `min_records` of the presence pattern, or release the file with others.",
    ))
}

/// All match keys in one line: each must keep its cap.
fn keys(context: &Context<'_>, why: &str) -> io::Result<Option<Line>> {
    let subject = context.subject;
    let mut worst: Option<(&str, Share)> = None;
    let (mut over, mut read, mut tokens) = (Vec::new(), 0, 0);
    let mut all_listed = None;
    for (pool, key) in subject.shape.keys.iter().enumerate() {
        let seen = |each: &mut dyn FnMut(u64, u32)| {
            for (first, rows) in parts(subject.records()) {
                subject.codes.tokens(pool, first, rows, &mut |row, own| {
                    for own in own {
                        each(token(own), row);
                    }
                })?;
            }
            Ok(())
        };
        // Values that one record may have are not read by their counts, so nobody's are asked for.
        if key.cap > 1 && all_listed.is_none() {
            all_listed = Some(subject.all_keys()?);
        }
        let listed = |each: &mut dyn FnMut(u64, u32)| {
            let own = all_listed.iter().flat_map(|listed| &listed[pool]);
            for (row, own) in (0..).zip(own) {
                for (_, value) in own {
                    each(*value, row);
                }
            }
            Ok(())
        };
        let number = subject.codes.tokens_of(pool)?;
        let counts = count_told(number, &seen, &listed, key.cap as usize)?;
        if counts.largest > u64::from(key.cap) {
            over.push(key.id.as_str());
        }
        tokens += counts.codes;
        read += counts.read_by_count.hits;
        if worst.is_none_or(|(_, share)| counts.shared.share > share.share) {
            worst = Some((&key.id, counts.shared));
        }
    }
    let Some((id, shared)) = worst else {
        return Ok(None);
    };
    let sentence = if over.is_empty() {
        format!(
            "Of {tokens} tokens of {} match keys none occurs more often than its key allows; most shared are those of {id}: {}.",
            subject.shape.keys.len(),
            percent(shared.share)
        )
    } else {
        format!(
            "Values of these match keys occur more often than allowed: {}.",
            over.join(", ")
        )
    };
    let line = Line::note("counts/keys", "match keys", why, sentence)
        .with("most shared key", shared.share)
        .counted_at_most(
            Share::new(read, tokens),
            READ_MAX,
            "Release each value of a match key once (cap 1).",
        );
    Ok(Some(if over.is_empty() {
        line
    } else {
        line.judge(Level::Block, "Encode the file again: the cap was not kept.")
    }))
}

fn token(token: &[u8; 16]) -> u64 {
    u64::from_le_bytes(*token.first_chunk().expect("sixteen bytes"))
}

fn value(tokens: &[kinfold_encoding::ListedToken]) -> u64 {
    let words: Vec<u64> = tokens
        .iter()
        .map(|(token, k)| u64::from(*token) << 16 | u64::from(*k))
        .collect();
    fingerprint(&words)
}

/// M2, M3, M4 and M6 of each filter.
pub(super) fn bits(context: &Context<'_>) -> io::Result<Found> {
    let mut lines = Vec::new();
    for (filter, view) in context.subject.shape.views.iter().enumerate() {
        lines.push(balance_line(context, filter, view)?);
        lines.push(length_line(context, filter, view)?);
        lines.push(columns_line(context, filter, view)?);
        let sample = &context.sample;
        if let Some(view) = sample.views.iter().find(|own| own.id == view.id) {
            let mut draws = context.draws(&format!("scan/{}", view.id));
            let edges =
                Sight::new(std::slice::from_ref(view), sample.records, &mut draws).edges(4.5);
            let scan = scan(sample, view, &edges, 4.5);
            let sentence = format!(
                "Alone on both sides: {} by frequency, {} by length, {} by the nearest neighbour, {} by the number of neighbours.",
                percent(scan.frequency.share),
                percent(scan.length.share),
                percent(scan.similarity.share),
                percent(scan.neighbours.share)
            );
            let why = "A record that is the only one of its kind among the codes, while its person is the only one of that kind on a list, can be told.";
            let line = Line::note(&format!("scan/{}", view.id), &view.id, why, sentence)
                .with("frequency", scan.frequency.share)
                .with("length", scan.length.share)
                .with("similarity", scan.similarity.share)
                .with("neighbours", scan.neighbours.share);
            lines.push(context.with_those_without_filters(line));
        }
    }
    Ok(Found::of(lines))
}

/// Above the published limit a line warns; it blocks when some position is one in six codes of ten, beyond chance. In a large file the published
/// limit is below what a few near-constant digits (the century of a birth year) leave after six-fold diffusion, which names nobody.
const BALANCE_BLOCKS: f64 = 0.1;

fn balance_line(context: &Context<'_>, filter: usize, view: &View) -> io::Result<Line> {
    let records = context.subject.records();
    let balance = balance(context.subject.codes, filter)?;
    let sentence = if balance.largest_deviation <= balance.allowed {
        "Every position is a coin toss.".to_owned()
    } else {
        format!(
            "Some position is one in {:.0} % of the codes, where a coin toss is 50 %.",
            50.0 + balance.largest_deviation * 100.0
        )
    };
    let why = "Positions that are seldom or often one say which letters a name has.";
    let line = Line::note(&format!("balance/{}", view.id), &view.id, why, sentence)
        .with("largest deviation", balance.largest_deviation)
        .with("entropy", balance.entropy)
        .with("chi squared per bit", balance.chi_squared)
        .with("gini", balance.gini);
    let worst = BALANCE_BLOCKS + 2.5 / libm::sqrt(records.max(1) as f64);
    let level = if balance.largest_deviation > worst {
        Level::Block
    } else if balance.largest_deviation > balance.allowed {
        Level::Warn
    } else {
        Level::Pass
    };
    Ok(Line {
        limit: Some(balance.allowed),
        ..line.judge(
            level,
            "Raise the diffusion of the filter, and bring its mean fill near 0.48.",
        )
    })
}

fn length_line(context: &Context<'_>, filter: usize, view: &View) -> io::Result<Line> {
    let length = length(context.subject, filter)?;
    let tells = libm::fabs(length.correlation) > length.allowed;
    let sentence = if tells {
        format!(
            "The number of ones goes with the length of names (rank correlation {:.2}).",
            length.correlation
        )
    } else {
        "The number of ones says nothing about the length of names.".to_owned()
    };
    let why = "Whoever can tell long names from short ones has fewer people to choose from.";
    let line = Line::note(&format!("length/{}", view.id), &view.id, why, sentence)
        .with("rank correlation", length.correlation)
        .with("mutual information", length.information);
    let level = if tells { Level::Block } else { Level::Pass };
    Ok(Line {
        limit: Some(length.allowed),
        ..line.judge(level, "Raise the diffusion of the filter.")
    })
}

/// Share of pairs of columns beyond what one in a thousand reaches by chance: more than this is a pattern.
const BEYOND_CHANCE_MAX: f64 = 0.004;

fn columns_line(context: &Context<'_>, filter: usize, view: &View) -> io::Result<Line> {
    let mut draws = context.draws(&format!("columns/{}", view.id));
    let codes = context.subject.codes;
    let seen = co_occurrence(codes, filter, context.plan.columns, &mut draws)?;
    let sentence = if seen.beyond_chance > BEYOND_CHANCE_MAX {
        format!(
            "Positions go together as letters of names do: {} of the pairs, where chance gives 0.10 %.",
            percent(seen.beyond_chance)
        )
    } else {
        "No positions go together more than chance allows.".to_owned()
    };
    let why = "Positions that are one together belong to one pair of letters; with some of these known, names are read letter by letter.";
    let line = Line::note(&format!("columns/{}", view.id), &view.id, why, sentence)
        .with("largest correlation", seen.largest)
        .with("largest by chance", seen.largest_by_chance)
        .with("beyond chance", seen.beyond_chance);
    Ok(line.at_most(
        seen.beyond_chance,
        BEYOND_CHANCE_MAX,
        "Raise the diffusion of the filter.",
    ))
}

/// M9, and the visible share of all filters together.
pub(super) fn outliers(context: &Context<'_>) -> io::Result<Found> {
    let subject = context.subject;
    let mut lines = Vec::new();
    let sample = &context.sample;
    let sight = Sight::new(&sample.views, sample.records, &mut context.draws("visible"));
    let share = visible(&sight.edges(4.5), sample.records);
    // What chance makes visible among so many: n Q(4.5) with Q(4.5) = 3.4e-6.
    let chance = sample.records as f64 * 3.4e-6;
    let sentence = format!(
        "{} of the records are visibly like another; chance alone gives {}.",
        percent(share.share),
        percent(chance)
    );
    let why = "Records that are visibly alike are relatives or namesakes, and families of a rare shape are known by it.";
    lines.push(
        Line::note("visible", TOGETHER, why, sentence)
            .with("chance", chance)
            .counted_at_most(
                share,
                VISIBLE_MAX,
                "Raise the diffusion, or release fewer filters.",
            ),
    );
    // In the whole file the bar is where chance makes one record in a thousand visible.
    let bar = deviations_for(0.001 / subject.records().max(1) as f64);
    let mut draws = context.draws("outliers");
    let found = if context.plan.quick {
        let edges = Sight::new(&sample.views, sample.records, &mut draws).edges(bar);
        let names = |row: u32| sample.names[row as usize].as_slice();
        find(sample.names.len(), names, &edges)
    } else {
        let edges = edges_of(subject.codes, bar, &mut draws)?;
        find(subject.records(), |row| subject.names(row), &edges)
    };
    let sentence = format!(
        "{} people have names that nobody else has, and {} of them are also visibly like somebody: they are the easiest to single out.",
        found.rare_names.hits, found.share.hits
    );
    let why = "An intruder starts with those who stand out.";
    let level = if found.share.hits > 0 {
        Level::Warn
    } else {
        Level::Pass
    };
    lines.push(
        Line::note("outliers", TOGETHER, why, sentence)
            .with("rare names", found.rare_names.share)
            .with("outliers", found.share.share)
            .judge(
                level,
                "Consider withholding the people of the private list.",
            ),
    );
    Ok(Found {
        lines,
        // Numbers of the sample are not those of the file.
        outliers: if context.plan.quick {
            Vec::new()
        } else {
            found.rows
        },
    })
}

/// How many standard deviations a normal number exceeds with so small a probability.
fn deviations_for(probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 12.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if 0.5 * libm::erfc(middle / std::f64::consts::SQRT_2) > probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// The largest safe number of people, and of known people.
pub(super) fn law(context: &Context<'_>) -> io::Result<Found> {
    let subject = context.subject;
    let why = "The better a list of people foretells how alike their codes are, the fewer people it takes until everybody can be told.";
    let mut lines = Vec::new();
    let mut signal = 0.0;
    for (filter, view) in subject.shape.views.iter().enumerate() {
        let mut draws = context.draws(&format!("law/{}", view.id));
        let own = law::signal_of(subject, filter, context.plan.pairs, &mut draws)?;
        signal += own.expected * own.expected;
        let sentence = format!(
            "What a list expects and what the codes show agree with a correlation of {:.4}.",
            own.seen
        );
        lines.push(
            Line::note(&format!("rho/{}", view.id), &view.id, why, sentence)
                .with("rho", own.seen)
                .with("rho expected", own.expected)
                .with("pairs", own.pairs as f64),
        );
    }
    let people = subject.records().max(3) as f64;
    let most = kinfold_schema::risk::people_max_of_signal(signal);
    let withstood = law::known_withstood(signal).min(people);
    let sentence = format!(
        "By the law n * sum(rho^2) <= ln n these filters are safe for files of up to {most} people; this one has {}. Somebody who knows {withstood:.0} people of it beforehand learns nothing worth having.",
        subject.records()
    );
    lines.push(
        Line::note("law", TOGETHER, why, sentence)
            .with("sum of rho squared", signal)
            .with("people at most", f64::from(most))
            .with("known people withstood", withstood)
            .at_most(
                people * signal / libm::log(people),
                1.0,
                "Raise the diffusion, or release fewer filters or fewer people.",
            ),
    );
    Ok(Found::of(lines))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deviations_of_small_probabilities() {
        // Q(4.5) = 3.398e-6, Q(3) = 1.350e-3.
        assert!((deviations_for(3.398e-6) - 4.5).abs() < 1e-3);
        assert!((deviations_for(1.35e-3) - 3.0).abs() < 1e-3);
    }
}
