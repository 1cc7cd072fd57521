//! From TOML to a checked [`RulePack`]: first the shape, then the sense.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use toml::Spanned;

use super::{Code, INDICATORS, Indicator, Outcome, Rule, RulePack, Subject};
use crate::Error;
use crate::calendar::Months;

/// The key under `[codes]` for codes that are shown and never scored.
const CONTEXT: &str = "context";

/// A rule pack is read by people: a larger one is not a rule pack.
const TEXT_BYTES_MAX: usize = 1 << 20;

pub(super) fn parse(text: &str) -> Result<RulePack, Error> {
    if text.len() > TEXT_BYTES_MAX {
        return Err(Error::Syntax {
            line: None,
            message: format!("it is larger than {TEXT_BYTES_MAX} bytes"),
        });
    }
    let raw: RawPack = toml::from_str(text).map_err(|error| Error::Syntax {
        line: error.span().map(|span| line_of(text, span.start)),
        message: error.message().to_string(),
    })?;
    Reader { text }.pack(raw)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawPack {
    pack: RawHead,
    indicator: Vec<RawIndicator>,
    codes: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, String>>,
    rule: Vec<RawRule>,
    #[serde(default)]
    outcome: Vec<RawOutcome>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawHead {
    id: Spanned<String>,
    version: String,
    title: String,
    look_back: Spanned<String>,
    minimum_history: Spanned<String>,
    #[serde(default)]
    note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawIndicator {
    id: Spanned<String>,
    name: String,
    meaning: String,
    dea: Vec<String>,
    cap_without_parental_role: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawRule {
    id: Spanned<String>,
    indicator: String,
    words: String,
    dea: Option<Vec<String>>,
    subject: Subject,
    codes: Vec<String>,
    #[serde(default)]
    minimum_grade: u8,
    datasets: Vec<String>,
    look_back: Option<String>,
    count: Option<RawCount>,
    #[serde(default)]
    together_with: Vec<String>,
    #[serde(default)]
    all_adults: bool,
    min_duration: Option<String>,
    largest_gap: Option<String>,
    severity: u8,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawCount {
    op: String,
    n: usize,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawOutcome {
    id: Spanned<String>,
    indicator: String,
    words: String,
    window: String,
    #[serde(default)]
    no_events: Vec<String>,
    #[serde(default)]
    measure: Vec<String>,
    minimum_reduction: Option<f64>,
    #[serde(default)]
    needs_confirmation: bool,
}

/// Where in the pack something is, for messages.
struct Place<'a> {
    text: &'a str,
    offset: usize,
    name: String,
}

impl Place<'_> {
    fn error(&self, message: impl Into<String>) -> Error {
        Error::Content {
            line: Some(line_of(self.text, self.offset)),
            place: self.name.clone(),
            message: message.into(),
        }
    }

    fn check(&self, holds: bool, message: impl FnOnce() -> String) -> Result<(), Error> {
        if holds {
            Ok(())
        } else {
            Err(self.error(message()))
        }
    }

    fn months(&self, text: &str) -> Result<Months, Error> {
        text.parse().map_err(|message: String| self.error(message))
    }
}

struct Reader<'a> {
    text: &'a str,
}

impl<'a> Reader<'a> {
    fn place(&self, kind: &str, id: &Spanned<String>) -> Place<'a> {
        let id_text = id.get_ref();
        Place {
            text: self.text,
            offset: id.span().start,
            name: format!("{kind} `{id_text}`"),
        }
    }

    fn pack(&self, raw: RawPack) -> Result<RulePack, Error> {
        let head = self.place("pack", &raw.pack.id);
        head.check(is_name(raw.pack.id.get_ref()), || {
            "the id is not made of letters, digits, `.`, `-` and `_`".into()
        })?;
        head.check(is_name(&raw.pack.version), || {
            "the version is not made of letters, digits, `.`, `-` and `_`".into()
        })?;
        let look_back = head.months(raw.pack.look_back.get_ref())?;
        let minimum_history = head.months(raw.pack.minimum_history.get_ref())?;

        let indicators = self.indicators(raw.indicator)?;
        head.check(!indicators.is_empty(), || {
            "there is no [[indicator]]".into()
        })?;
        let dea: BTreeMap<&str, &[String]> = indicators
            .iter()
            .map(|i| (i.id.as_str(), i.dea.as_slice()))
            .collect();
        let codes = self.codes(raw.codes, &dea)?;
        let code_owner: BTreeMap<&str, Option<&str>> = codes
            .iter()
            .map(|c| (c.id.as_str(), c.indicator.as_deref()))
            .collect();
        let rules = self.rules(raw.rule, &dea, &code_owner, look_back)?;
        for indicator in &indicators {
            head.check(
                rules.iter().any(|rule| rule.indicator == indicator.id),
                || {
                    format!(
                        "the indicator `{}` has no rule, so it could never be current",
                        indicator.id
                    )
                },
            )?;
        }
        for code in codes.iter().filter(|code| code.indicator.is_some()) {
            head.check(rules.iter().any(|rule| rule.codes.contains(&code.id)), || {
                format!("no rule uses the event code `{}`; list it under [codes.{CONTEXT}] if that is meant", code.id)
            })?;
        }
        let outcomes = self.outcomes(raw.outcome, &dea, &code_owner)?;
        Ok(RulePack {
            text: self.text.to_string(),
            id: raw.pack.id.into_inner(),
            version: raw.pack.version,
            title: raw.pack.title,
            note: raw.pack.note,
            minimum_history,
            indicators,
            codes,
            rules,
            outcomes,
        })
    }

    fn indicators(&self, raw: Vec<RawIndicator>) -> Result<Vec<Indicator>, Error> {
        let mut seen = BTreeSet::new();
        raw.into_iter()
            .map(|raw| {
                let place = self.place("indicator", &raw.id);
                place.check(INDICATORS.contains(&raw.id.get_ref().as_str()), || {
                    format!(
                        "there is no such indicator; known: {}",
                        INDICATORS.join(", ")
                    )
                })?;
                place.check(seen.insert(raw.id.get_ref().clone()), || {
                    "it is listed twice".into()
                })?;
                if let Some(cap) = raw.cap_without_parental_role {
                    place.check((1..=3).contains(&cap), || {
                        format!("the cap is {cap}, not 1 to 3")
                    })?;
                }
                Ok(Indicator {
                    id: raw.id.into_inner(),
                    name: raw.name,
                    meaning: raw.meaning,
                    dea: raw.dea,
                    cap_without_parental_role: raw.cap_without_parental_role,
                })
            })
            .collect()
    }

    /// The codes, sorted by id.
    fn codes(
        &self,
        raw: BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, String>>,
        indicators: &BTreeMap<&str, &[String]>,
    ) -> Result<Vec<Code>, Error> {
        let mut codes: BTreeMap<String, Code> = BTreeMap::new();
        for (owner, entries) in raw {
            let place = self.place("codes of", &owner);
            let indicator = owner.get_ref();
            place.check(
                indicator == CONTEXT || indicators.contains_key(indicator.as_str()),
                || "the pack has no such indicator".into(),
            )?;
            for (id, words) in entries {
                let place = self.place("event code", &id);
                let id = id.into_inner();
                place.check(!words.trim().is_empty(), || "it has no words".into())?;
                place.check(!codes.contains_key(&id), || {
                    "it is listed under two indicators".into()
                })?;
                let indicator = (indicator != CONTEXT).then(|| indicator.clone());
                codes.insert(
                    id.clone(),
                    Code {
                        id,
                        words,
                        indicator,
                    },
                );
            }
        }
        Ok(codes.into_values().collect())
    }

    fn rules(
        &self,
        raw: Vec<RawRule>,
        indicators: &BTreeMap<&str, &[String]>,
        codes: &BTreeMap<&str, Option<&str>>,
        look_back: Months,
    ) -> Result<Vec<Rule>, Error> {
        let mut seen = BTreeSet::new();
        raw.into_iter()
            .map(|raw| {
                let place = self.place("rule", &raw.id);
                place.check(seen.insert(raw.id.get_ref().clone()), || {
                    "the id is used twice".into()
                })?;
                let dea = indicators.get(raw.indicator.as_str()).ok_or_else(|| {
                    place.error(format!("the pack has no indicator `{}`", raw.indicator))
                })?;
                place.check(!raw.codes.is_empty(), || "it has no event code".into())?;
                for code in &raw.codes {
                    place.check(
                        codes.get(code.as_str()) == Some(&Some(raw.indicator.as_str())),
                        || format!("`{code}` is not listed under [codes.{}]", raw.indicator),
                    )?;
                }
                for code in &raw.together_with {
                    place.check(codes.contains_key(code.as_str()), || {
                        format!("`{code}` is not listed under [codes]")
                    })?;
                }
                place.check(!raw.datasets.is_empty(), || {
                    "it names no dataset, so nobody could ever be checked for it".into()
                })?;
                place.check((1..=3).contains(&raw.severity), || {
                    format!("the severity is {}, not 1 to 3", raw.severity)
                })?;
                let minimum_count = match &raw.count {
                    None => 1,
                    // Only "at least": a rule that more evidence could switch off would reward not looking.
                    Some(count) if count.op == ">=" && count.n >= 1 => count.n,
                    Some(count) => {
                        return Err(place.error(format!(
                            "the count `{} {}` is not of the form `>= 1` or more",
                            count.op, count.n
                        )));
                    }
                };
                place.check(!raw.all_adults || raw.min_duration.is_some(), || {
                    "all_adults needs min_duration".into()
                })?;
                place.check(!raw.all_adults || raw.subject == Subject::Adult, || {
                    "all_adults needs subject = \"adult\"".into()
                })?;
                place.check(raw.min_duration.is_none() || minimum_count == 1, || {
                    "min_duration and count exclude each other".into()
                })?;
                place.check(
                    raw.largest_gap.is_none() || raw.min_duration.is_some(),
                    || "largest_gap needs min_duration".into(),
                )?;
                Ok(Rule {
                    look_back: raw
                        .look_back
                        .as_deref()
                        .map(|text| place.months(text))
                        .transpose()?
                        .unwrap_or(look_back),
                    minimum_duration: raw
                        .min_duration
                        .as_deref()
                        .map(|text| place.months(text))
                        .transpose()?,
                    largest_gap: raw
                        .largest_gap
                        .as_deref()
                        .map(|text| place.months(text))
                        .transpose()?,
                    id: raw.id.into_inner(),
                    dea: raw.dea.unwrap_or_else(|| dea.to_vec()),
                    indicator: raw.indicator,
                    words: raw.words,
                    subject: raw.subject,
                    codes: raw.codes,
                    minimum_grade: raw.minimum_grade,
                    datasets: raw.datasets,
                    minimum_count,
                    together_with: raw.together_with,
                    all_adults: raw.all_adults,
                    severity: raw.severity,
                })
            })
            .collect()
    }

    fn outcomes(
        &self,
        raw: Vec<RawOutcome>,
        indicators: &BTreeMap<&str, &[String]>,
        codes: &BTreeMap<&str, Option<&str>>,
    ) -> Result<Vec<Outcome>, Error> {
        let mut seen = BTreeSet::new();
        raw.into_iter()
            .map(|raw| {
                let place = self.place("outcome", &raw.id);
                place.check(seen.insert(raw.id.get_ref().clone()), || {
                    "the id is used twice".into()
                })?;
                place.check(indicators.contains_key(raw.indicator.as_str()), || {
                    format!("the pack has no indicator `{}`", raw.indicator)
                })?;
                for code in raw.no_events.iter().chain(&raw.measure) {
                    place.check(codes.contains_key(code.as_str()), || {
                        format!("`{code}` is not listed under [codes]")
                    })?;
                }
                place.check(
                    raw.minimum_reduction.is_none() == raw.measure.is_empty(),
                    || "measure and minimum_reduction need each other".into(),
                )?;
                if let Some(share) = raw.minimum_reduction {
                    place.check(share > 0.0 && share <= 1.0, || {
                        format!("the reduction {share} is not above 0 and at most 1")
                    })?;
                }
                Ok(Outcome {
                    window: place.months(&raw.window)?,
                    id: raw.id.into_inner(),
                    indicator: raw.indicator,
                    words: raw.words,
                    no_events: raw.no_events,
                    measure: raw.measure,
                    minimum_reduction: raw.minimum_reduction,
                    needs_confirmation: raw.needs_confirmation,
                })
            })
            .collect()
    }
}

/// Ids and versions are printed in file names and reports.
fn is_name(text: &str) -> bool {
    !text.is_empty()
        && text.len() <= 64
        && text
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b".-_".contains(&b))
}

/// The line of a byte offset, from 1.
fn line_of(text: &str, offset: usize) -> usize {
    text.as_bytes()
        .iter()
        .take(offset)
        .filter(|&&byte| byte == b'\n')
        .count()
        + 1
}
