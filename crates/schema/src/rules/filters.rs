//! The rules of filters: what always holds, and what must hold for release.

use std::collections::BTreeSet;

use super::{Rules, is_name};
use crate::error::FaultKind;
use crate::fact::{FieldName, Theme};
use crate::file::{File, FilterSchema, LinkageUnit, Metric};
use crate::risk;

/// Fill before diffusion at which rho was measured (0.48), with room for people unlike the average.
const FILL_MIN: f64 = 0.40;
const FILL_MAX: f64 = 0.56;
/// The least share of a filter that a kind of fact has.
const THEME_SHARE_MIN: f64 = 0.2;
/// Most filters.
const FILTERS_MAX: usize = 8;

impl Rules<'_> {
    pub(super) fn filters(&mut self, file: &File) {
        self.rule(
            file.filter.len() <= FILTERS_MAX,
            "filter",
            format!("there are more than {FILTERS_MAX} filters"),
            "remove some: every filter more is one more thing to attack",
        );
        let mut seen = BTreeSet::new();
        for (index, filter) in file.filter.iter().enumerate() {
            let at = |key: &str| format!("filter[{index}].{key}");
            self.rule(
                is_name(&filter.id),
                &at("id"),
                format!("`{}` is no id", filter.id),
                "use 1 to 40 small letters, digits and hyphens",
            );
            self.rule(
                seen.insert(filter.id.as_str()),
                &at("id"),
                format!("two filters are called `{}`", filter.id),
                "give each its own id",
            );
            self.sizes(filter, &at);
            self.metric(filter, &at);
            self.tokens(file, filter, &at);
            self.requirements(file, filter, &at);
            self.shape_of_release(file, filter, &at);
        }
        self.strength(file);
    }

    /// What the measured rho holds for: a fill near a half, every theme with a fair share, as many bits after diffusion as before. A filter of
    /// few tokens in many bits, or of nearly one kind of fact, can be told from the population at any diffusion.
    fn shape_of_release(
        &mut self,
        file: &File,
        filter: &FilterSchema,
        at: &dyn Fn(&str) -> String,
    ) {
        for (place, token) in filter.tokens.iter().enumerate() {
            let scale = file
                .field
                .iter()
                .find(|field| field.name == token.field)
                .and_then(|field| filter.scale.get(&field.group));
            let positions = f64::from(filter.unit_positions) * token.weight * scale.unwrap_or(&1.0);
            self.rule(
                token.weight == 0.0 || positions >= 0.5,
                &at(&format!("tokens[{place}].weight")),
                "the token would switch nothing on",
                "give it more weight, or remove it",
            );
        }
        if file.schema.linkage_unit == LinkageUnit::Inside || filter.diffusion == 0 {
            return;
        }
        let fill = risk::nominal_fill(filter, &file.field);
        self.release(
            (FILL_MIN..=FILL_MAX).contains(&fill),
            &at("unit_positions"),
            format!(
                "an average person's tokens fill {fill:.2} of filter `{}`: what is known of its safety holds from {FILL_MIN} to {FILL_MAX}",
                filter.id
            ),
            "choose it so that `kinfold schema explain --bench` gives a fill of 0.47 to 0.48",
        );
        self.release(
            filter.inner_bits.is_none_or(|inner| inner == filter.bits),
            &at("inner_bits"),
            "what is known of the safety of a filter holds for as many bits before diffusion as after",
            "leave the key out",
        );
        if let Some(share) = risk::least_theme_share(filter, &file.field) {
            self.release(
                share >= THEME_SHARE_MIN,
                &at("tokens"),
                format!(
                    "one kind of fact has only {:.0} % of filter `{}`, so it is nearly a bare code of the rest",
                    share * 100.0,
                    filter.id
                ),
                "raise its weights or the scale of its group",
            );
        }
        let place = filter
            .tokens
            .iter()
            .any(|token| token.weight > 0.0 && token.field.theme() == Theme::Place);
        self.release(
            !place || file.household_keys.is_none(),
            &at("tokens"),
            format!(
                "filter `{}` has places, and household keys say who lives together: the two name households",
                filter.id
            ),
            "remove the tokens of places, or [household_keys]",
        );
        for fact in &filter.requires {
            self.rule(
                file.presence.slots.contains(fact),
                "presence.slots",
                format!(
                    "`{}` is missing, so the linkage unit would take the random bits of records without it for a filter",
                    fact.as_str()
                ),
                "add every fact that a filter requires",
            );
        }
    }

    fn sizes(&mut self, filter: &FilterSchema, at: &dyn Fn(&str) -> String) {
        self.rule(
            (256..=4096).contains(&filter.bits) && filter.bits.is_multiple_of(64),
            &at("bits"),
            format!(
                "{} bits are not a multiple of 64 from 256 to 4096",
                filter.bits
            ),
            "use 1024 or 2048",
        );
        if let Some(inner) = filter.inner_bits {
            self.rule(
                (256..=8192).contains(&inner) && inner.is_multiple_of(64),
                &at("inner_bits"),
                format!("{inner} bits are not a multiple of 64 from 256 to 8192"),
                "leave the key out: then there are as many as `bits`",
            );
            self.rule(
                filter.diffusion > 0 || inner == filter.bits,
                &at("inner_bits"),
                "a filter that is not diffused has one size",
                "leave the key out, or diffuse",
            );
        }
        self.rule(
            filter.diffusion <= 16,
            &at("diffusion"),
            format!("{} is more than 16", filter.diffusion),
            "beyond 10 nothing but equal filters is seen; use 4 to 10",
        );
        self.rule(
            (1..=512).contains(&filter.unit_positions),
            &at("unit_positions"),
            format!("{} is not from 1 to 512", filter.unit_positions),
            "choose it so that `kinfold schema explain` gives a fill of 0.47 to 0.48",
        );
    }

    fn metric(&mut self, filter: &FilterSchema, at: &dyn Fn(&str) -> String) {
        let diffused = filter.diffusion > 0;
        self.rule(
            diffused == (filter.metric == Metric::Hamming),
            &at("metric"),
            format!(
                "a filter {} is compared by `{}`",
                if diffused {
                    "that is diffused"
                } else {
                    "that is not diffused"
                },
                if diffused { "hamming" } else { "dice" }
            ),
            if diffused {
                "write metric = \"hamming\""
            } else {
                "write metric = \"dice\", or diffuse"
            },
        );
        match filter.metric {
            Metric::Hamming => {
                self.rule(
                    filter
                        .candidate_sigmas
                        .is_some_and(|sigmas| (3.0..=12.0).contains(&sigmas)),
                    &at("candidate_sigmas"),
                    "from 3 to 12 standard deviations are needed",
                    "write candidate_sigmas = 4.5",
                );
                self.rule(
                    filter.candidate_dice.is_none(),
                    &at("candidate_dice"),
                    "it belongs to the metric `dice`",
                    "remove it; `candidate_sigmas` does its work",
                );
            }
            Metric::Dice => {
                self.rule(
                    filter
                        .candidate_dice
                        .is_some_and(|dice| (0.0..=1.0).contains(&dice)),
                    &at("candidate_dice"),
                    "a Dice coefficient from 0 to 1 is needed",
                    "write candidate_dice = 0.8",
                );
                self.rule(
                    filter.candidate_sigmas.is_none(),
                    &at("candidate_sigmas"),
                    "it belongs to the metric `hamming`",
                    "remove it; `candidate_dice` does its work",
                );
            }
        }
    }

    fn tokens(&mut self, file: &File, filter: &FilterSchema, at: &dyn Fn(&str) -> String) {
        self.rule(
            !filter.tokens.is_empty(),
            &at("tokens"),
            "a filter of nothing",
            "list tokens, such as { field = \"last-name\", form = \"bigrams\", weight = 1.0 }",
        );
        let mut seen = BTreeSet::new();
        for (place, token) in filter.tokens.iter().enumerate() {
            let key = |part: &str| at(&format!("tokens[{place}].{part}"));
            let declared = file.field.iter().find(|field| field.name == token.field);
            self.rule(
                declared.is_some(),
                &key("field"),
                format!("`{}` is not among the fields", token.field.as_str()),
                "add a [[field]] table for it",
            );
            self.rule(
                token.form.fits(token.field),
                &key("form"),
                format!(
                    "`{}` has no tokens of the form `{}`",
                    token.field.as_str(),
                    token.form.as_str()
                ),
                "see the forms of each field in the manual, reference, linkage schema",
            );
            self.rule(
                seen.insert((token.field, token.form)),
                &key("form"),
                "the same token is listed twice",
                "remove one of the two, or add up their weights",
            );
            self.rule(
                (0.0..=4.0).contains(&token.weight),
                &key("weight"),
                "a weight is from 0 to 4",
                "1 is the weight of a pair of letters of a name",
            );
            if let Some(field) = declared {
                self.rule(
                    filter.scale.contains_key(&field.group),
                    &at("scale"),
                    format!("group `{}` has no scale", field.group),
                    "add it; 1.0 leaves the weights as they are",
                );
            }
        }
        for (group, &scale) in &filter.scale {
            self.rule(
                file.field.iter().any(|field| field.group == *group),
                &at(&format!("scale.{group}")),
                format!("no field is of group `{group}`"),
                "remove it",
            );
            self.rule(
                (0.1..=4.0).contains(&scale),
                &at(&format!("scale.{group}")),
                "a scale is from 0.1 to 4",
                "1.0 leaves the weights as they are",
            );
        }
    }

    /// A filter that lacks a group is a bare code of the rest.
    fn requirements(&mut self, file: &File, filter: &FilterSchema, at: &dyn Fn(&str) -> String) {
        let mut seen = BTreeSet::new();
        for (place, fact) in filter.requires.iter().enumerate() {
            self.rule(
                seen.insert(*fact),
                &at(&format!("requires[{place}]")),
                format!("`{}` is listed twice", fact.as_str()),
                "remove one of the two",
            );
        }
        if file.schema.linkage_unit == LinkageUnit::Inside {
            return;
        }
        for theme in [Theme::Names, Theme::Birth, Theme::Place, Theme::Contact] {
            let used = filter
                .tokens
                .iter()
                .any(|token| token.field.theme() == theme);
            let required = filter.requires.iter().any(|fact| fact.speaks_of(theme));
            let uses = |field| filter.tokens.iter().any(|token| token.field == field);
            let (what, fact) = match theme {
                Theme::Names => ("names", "first\", \"last"),
                Theme::Birth => ("a birth date", "birth"),
                Theme::Contact if uses(FieldName::Email) => ("an e-mail address", "email"),
                Theme::Contact => ("a telephone number", "telephone"),
                _ => ("a place", "place"),
            };
            self.release(
                !used || required,
                &at("requires"),
                format!(
                    "filter `{}` has tokens of {what} and does not require any: without them it is a bare code of the rest",
                    filter.id
                ),
                &format!("add \"{fact}\" to `requires`"),
            );
        }
    }

    /// Diffusion must be strong enough for the number of people, over all filters together.
    fn strength(&mut self, file: &File) {
        if file.schema.linkage_unit == LinkageUnit::Inside || file.filter.is_empty() {
            return;
        }
        let safe = risk::people_max(&file.filter);
        if file.schema.people_max <= safe {
            return;
        }
        let (index, weakest) = file
            .filter
            .iter()
            .enumerate()
            .max_by(|a, b| risk::rho(a.1).total_cmp(&risk::rho(b.1)))
            .expect("there is a filter");
        let fix = match risk::diffusion_for(weakest, file.schema.people_max) {
            Some(t) if file.filter.len() == 1 => {
                format!("raise `diffusion` to {t}, or lower `people_max` to {safe}")
            }
            _ => format!(
                "raise `diffusion`, release fewer filters, or lower `people_max` to {safe}; a filter of one kind of fact is never \
                 released outside the custodians' own trust"
            ),
        };
        self.fault(
            FaultKind::Release,
            &format!("filter[{index}].diffusion"),
            format!(
                "diffusion {} of filter `{}` makes the schema safe for {safe} people, but `people_max` is {}",
                weakest.diffusion, weakest.id, file.schema.people_max
            ),
            &fix,
        );
    }
}
