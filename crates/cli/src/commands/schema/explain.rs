//! `schema explain`: what a schema releases, and what each parameter does, with figures from invented people.

use crate::outcome::Message;
use kinfold_encoding::{FilterMeasure, measure};
use kinfold_message::{Exit, Problem, grouped};
use kinfold_schema::{FilterSchema, KeyScope, LinkageUnit, Schema, risk};
use kinfold_synth::{Options, Profile, generate};
use std::fmt::Write as _;

/// Households of the invented population.
const HOUSEHOLDS: usize = 500;
/// Pairs of strangers that are compared.
const PAIRS: usize = 500_000;

/// The schema's filters on invented people, always the same.
pub fn measures(schema: &Schema) -> Vec<FilterMeasure> {
    if schema.filters.is_empty() {
        return Vec::new();
    }
    let borough = generate(&Options {
        households: HOUSEHOLDS,
        seed: 7,
        profile: Profile::Uk,
    });
    measure(schema, &borough.people(), PAIRS)
}

/// What measuring has to say against a schema that keeps the rules: filters that are safe for fewer people than it is meant for.
pub(super) fn doubts(schema: &Schema) -> Vec<Message> {
    if schema.linkage_unit == LinkageUnit::Inside {
        return Vec::new();
    }
    let measures = measures(schema);
    let filters = schema.filters.iter().zip(&measures);
    let too_few = filters
        .filter(|(filter, measure)| filter.diffusion > 0 && measure.people_max < schema.people_max);
    let doubt = |(filter, measure): (&FilterSchema, &FilterMeasure)| {
        Message::warning(Problem::new(
            "E-SCHEMA-PEOPLE",
            Exit::Answer,
            format!(
                "on invented people filter `{}` is safe for {} people, and `people_max` is {}",
                filter.id,
                grouped(measure.people_max),
                grouped(schema.people_max)
            ),
            "lower `people_max` or raise `diffusion`; `kinfold schema explain` shows the figures",
        ))
    };
    too_few.map(doubt).collect()
}

/// The screen.
pub fn text(schema: &Schema, measures: &[FilterMeasure]) -> String {
    let mut text = format!(
        "{} (version {})\n{}\n\n",
        schema.id, schema.version, schema.title
    );
    safety(schema, &mut text);
    released(schema, &mut text);
    for (filter, measure) in schema.filters.iter().zip(measures) {
        one_filter(schema, filter, measure, &mut text);
    }
    keys(schema, &mut text);
    households_and_presence(schema, &mut text);
    text
}

fn safety(schema: &Schema, text: &mut String) {
    let people = grouped(schema.people_max as usize);
    let _ = writeln!(text, "Meant for up to {people} people a file.");
    if schema.linkage_unit == LinkageUnit::Inside {
        text.push_str(
            "For a linkage unit INSIDE the custodians' own trust: whoever holds these codes and a list of the population can name nearly \
             everybody. The agreement must say `trusted_linkage_unit = true`.\n",
        );
    } else if !schema.filters.is_empty() {
        let _ = writeln!(
            text,
            "Its filters are safe for {} people by the rule n x sum of rho^2 <= ln n: somebody with a list of the population and no key\n\
             cannot tell by them who is who, with a factor of four in hand. Nor can somebody who knows up to {} people of the file tell who\n\
             the others are (L x sum of rho^2 <= 0.1). The rule rests on invented people; the release check tests each file.",
            grouped(schema.people_max_of_filters() as usize),
            grouped(risk::known_max(&schema.filters) as usize),
        );
    }
    for fault in schema.refusals() {
        let _ = writeln!(text, "NOT FOR RELEASE: {fault}");
    }
}

fn released(schema: &Schema, text: &mut String) {
    text.push_str("\nOf each person this leaves, and nothing else:\n");
    text.push_str("  - a record reference: random, new every period\n");
    for filter in &schema.filters {
        let _ = writeln!(
            text,
            "  - filter `{}`: {} bits",
            filter.id,
            grouped(filter.bits as usize)
        );
    }
    let _ = writeln!(
        text,
        "  - {} match keys of {} kinds{}: keyed tokens of exact combinations, the same number for everybody, random ones in the gaps",
        schema.key_slots(),
        schema.keys.len(),
        match schema
            .pools()
            .iter()
            .filter(|pool| pool.counted.is_some())
            .count()
        {
            0 => String::new(),
            1 => ", mixed in a pool".to_owned(),
            pools => format!(", mixed in {pools} pools"),
        }
    );
    if let Some(household) = &schema.household {
        let _ = writeln!(
            text,
            "  - {} household keys: keyed tokens of property number and address, {}, none for homes of more than {} people",
            household.slots,
            match household.step() {
                0 => "without months".to_owned(),
                1 => "with months".to_owned(),
                step => format!("with months in steps of {step}"),
            },
            household.crowd()
        );
    }
    let slots: Vec<&str> = schema
        .presence
        .slots
        .iter()
        .map(|fact| fact.as_str())
        .collect();
    let _ = writeln!(
        text,
        "  - which of {} are filled, only as patterns that at least {} records share",
        slots.join(", "),
        schema.presence.min_records
    );
    text.push_str("  - two flags: must not be linked, address withheld\n");
}

fn one_filter(schema: &Schema, filter: &FilterSchema, measure: &FilterMeasure, text: &mut String) {
    let _ = writeln!(
        text,
        "\nFilter `{}`, on {} invented people",
        filter.id,
        grouped(measure.people)
    );
    let mut line = |name: &str, value: String, meaning: &str| {
        let _ = writeln!(text, "  {name:<16} {value:<10} {meaning}");
    };
    line(
        "bits",
        grouped(filter.bits as usize),
        "more: less noise, so misspellings are seen from further away, by attackers too",
    );
    if filter.diffusion == 0 {
        line(
            "diffusion",
            "none".to_owned(),
            "likeness is seen at any distance: best for accuracy, and like plain text to whoever has a list",
        );
    } else {
        line(
            "diffusion (t)",
            filter.diffusion.to_string(),
            "more: strangers look random from nearer by, so more people are safe; fewer misspellings are seen",
        );
    }
    line(
        "unit positions",
        filter.unit_positions.to_string(),
        "ones that a pair of letters switches on; sets the fill",
    );
    line(
        "mean fill",
        format!("{:.3}", measure.mean_fill),
        &if filter.diffusion == 0 {
            "share of ones; beyond a half, different people look alike".to_owned()
        } else if (0.46..=0.49).contains(&measure.mean_fill) {
            "share of ones before diffusion; 0.47 to 0.48 tells least of any one token".to_owned()
        } else {
            format!(
                "share of ones before diffusion; 0.47 to 0.48 tells least of any one token: try unit_positions = {}",
                measure.unit_for_fill
            )
        },
    );
    line(
        "tokens (G)",
        format!("{:.1}", measure.mean_tokens),
        "pairs of letters and parts of dates of an average person, by weight",
    );
    if filter.diffusion > 0 {
        line(
            "visible radius",
            format!("{:.0} %", measure.visible_share * 100.0),
            "two people whose tokens differ by more of their sum than this look like strangers; smaller is safer, larger finds more",
        );
        line(
            "rho",
            format!("{:.4}", measure.rho),
            &format!(
                "how well a list of the population foretells what is seen, here; the rule uses {:.4}",
                risk::rho(filter)
            ),
        );
        line(
            "people at most",
            grouped(measure.people_max as usize),
            "by these people's rho, n x rho^2 <= ln n; the rule's own figure stands above",
        );
    }
    match (filter.candidate_sigmas, filter.candidate_dice) {
        (Some(sigmas), _) => line(
            "candidate at",
            format!("{sigmas} sd"),
            "lower: more true pairs and many more chance ones are looked at; no effect on privacy",
        ),
        (_, Some(dice)) => line(
            "candidate at",
            format!("Dice {dice}"),
            "lower: more true pairs and many more chance ones are looked at; no effect on privacy",
        ),
        _ => {}
    }
    let requires: Vec<&str> = filter.requires.iter().map(|fact| fact.as_str()).collect();
    line(
        "requires",
        requires.join(", "),
        "without these the filter is random bits: a filter of the rest would be a bare code of it",
    );
    for (group, scale) in &filter.scale {
        let tokens: Vec<String> = filter
            .tokens
            .iter()
            .filter(|token| {
                schema
                    .field(token.field)
                    .is_some_and(|field| field.group == *group)
            })
            .map(|token| {
                format!(
                    "{} {} {}",
                    token.field.as_str(),
                    token.form.as_str(),
                    token.weight
                )
            })
            .collect();
        let _ = writeln!(text, "  group {group} x {scale}: {}", tokens.join(", "));
    }
}

fn keys(schema: &Schema, text: &mut String) {
    let per_record = schema.key_slots();
    let _ = writeln!(
        text,
        "\nMatch keys ({} bytes a record)\n  cap 1: a value that two people of a file have is not released; who shares with whom could be read like a map.\n  \
         padding: every record has the same number of tokens of each kind; the number of names or homes would describe a person.",
        grouped(per_record * 16)
    );
    text.push_str(match schema.key_scope {
        KeyScope::Agreement => {
            "  scope: one set of tokens for all custodians. With key_scope = \"pair\" each record would have a set for each other custodian (with \
             four agencies three times the tokens), and the linkage unit could not see by tokens that three agencies share a value.\n"
        }
        KeyScope::Pair => {
            "  scope: a set of tokens for each other custodian. The linkage unit cannot see that three agencies share a value, nor compare what \
             one agency sent for two others; with one set for all (key_scope = \"agreement\") it could, at a fraction of the size.\n"
        }
    });
    if schema.pools().iter().any(|pool| pool.counted.is_some()) {
        text.push_str(
            "  pools: the kinds of a pool are mixed, so that the linkage unit sees how many agree and never which; told apart, they would name \
             people to whoever has a list of the population.\n",
        );
    }
    text.push('\n');
    let mut pool = &None;
    for key in &schema.keys {
        if key.pool != *pool {
            pool = &key.pool;
            let name = pool.as_deref().unwrap_or("none");
            let _ = writeln!(text, "  pool {name}:");
        }
        let cap = if key.cap > 1 {
            format!(", up to {} may share", key.cap)
        } else {
            String::new()
        };
        let _ = writeln!(
            text,
            "  {:<16} {:>2} {}{cap}",
            key.recipe.to_string(),
            key.slots,
            key.recipe.describe()
        );
    }
}

fn households_and_presence(schema: &Schema, text: &mut String) {
    if let Some(household) = &schema.household {
        let _ = writeln!(
            text,
            "\nHousehold keys\n  group_max {}: larger groups join more families, and are so few that their size names the home\n  crowd_max {}: {}\n  months {}: {}\n  left_max {}",
            household.group_max,
            household.crowd(),
            if household.crowd() > household.group_max {
                "of larger families some are drawn by key, so large families are found without some members"
            } else {
                "larger families release no household key; they are found through their members' other agencies only"
            },
            household.step(),
            match household.step() {
                0 =>
                    "no month of a home leaves; only who lives somewhere now, by the file, is released",
                1 =>
                    "months are released as they are; whoever has a register of moves names most families by them",
                _ =>
                    "months are released in steps of so many; a register of moves still names many families by them",
            },
            match household.left_max {
                Some(months) => format!(
                    "{months}: homes left more months before the release are not released, so families are found by where they live now"
                ),
                None => "none: homes are released however long ago they were left".to_owned(),
            }
        );
        if let Some(most) = household.filter_max {
            let _ = writeln!(
                text,
                "  filter_max {most}: whoever is shown in a home of more people gets random bits for a filter, so nobody is named by how alike a family's filters are; such people are found by their keys alone"
            );
        }
    }
    let _ = writeln!(
        text,
        "\nPresence patterns\n  min_records {}: fewer would keep rarer patterns, which help to weigh missing facts and point at people",
        schema.presence.min_records
    );
}
