//! What a mapping may tell about the people of a file beyond their columns: birth dates, ages, what coded values mean.

use kinfold_identity::{AgeRole, BirthDate, DateRules};
use serde::Deserialize;
use toml::Spanned;

/// What a custodian knows about the birth dates of a file; every part left out has its usual value.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Births {
    /// Last year that a two-digit year means; left out: 2026. A list of pensioners needs an early one.
    pub two_digit_pivot: Option<u16>,
    /// First year that is believed; left out: 1880.
    pub year_min: Option<u16>,
    /// Last year that is believed; left out: 2100.
    pub year_max: Option<u16>,
    /// The day on which the file was made, `2026-08-31`: later birth dates are slips and not read, and ages are reckoned from it.
    pub made_on: Option<Spanned<String>>,
    /// Whom the file is about. With `made_on`, ages that do not fit are counted as doubtful; the dates are used all the same.
    #[serde(default)]
    pub ages: Ages,
}

impl Births {
    /// The rules recognised from the column, with what is told here.
    pub fn told(&self, found: DateRules) -> DateRules {
        DateRules {
            two_digit_pivot: self.two_digit_pivot.unwrap_or(found.two_digit_pivot),
            year_min: self.year_min.unwrap_or(found.year_min),
            year_max: self.year_max.unwrap_or(found.year_max),
            latest: self.made_on().or(found.latest),
            ..found
        }
    }

    /// The day on which the file was made; `None` when it is not told.
    pub fn made_on(&self) -> Option<BirthDate> {
        day_of(self.made_on.as_ref()?.get_ref())
    }
}

/// A day as `2026-08-31`.
fn day_of(text: &str) -> Option<BirthDate> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next()?, parts.next()?, parts.next()?);
    let whole = parts.next().is_none() && (year.len(), month.len(), day.len()) == (4, 2, 2);
    BirthDate::on(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?)
        .ok()
        .filter(|_| whole)
}

/// Whom a file is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ages {
    /// Anybody.
    #[default]
    Anyone,
    /// Children, 0 to 18.
    Child,
    /// Pupils, 2 to 20.
    Pupil,
    /// Adults, 16 to 110.
    Adult,
}

impl From<Ages> for AgeRole {
    fn from(ages: Ages) -> Self {
        match ages {
            Ages::Anyone => Self::Anyone,
            Ages::Child => Self::Child,
            Ages::Pupil => Self::Pupil,
            Ages::Adult => Self::Adult,
        }
    }
}

/// What the values of coded columns mean. Values are compared without regard to letter case.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Values {
    /// Codes for the sexes. Left out: `M`, `Male`, `1`, `F`, `Female`, `2`; `U`, `0`, `9`, `Unknown` say nothing.
    #[serde(default)]
    pub sex: SexCodes,
    /// The code list of the sex column, where it is one of the national ones and no codes are listed in `sex`. Left out: the letters
    /// and numbers that mean the same in all lists.
    #[serde(default)]
    pub sex_codes: SexList,
    /// Trace statuses that mean a verified NHS number. Left out: `01`, with or without its zero or its wording.
    pub nhs_verified: Option<Vec<String>>,
    /// Every NHS number of this source was traced before it came here, so all count as verified.
    #[serde(default)]
    pub nhs_all_verified: bool,
    /// Values that set the do-not-link flag. Left out: `Y`, `Yes`, `True`, `1`.
    pub do_not_link: Option<Vec<String>>,
    /// Values that set the protected-address flag. Left out: the same.
    pub protected_address: Option<Vec<String>>,
}

/// Codes for the sexes.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SexCodes {
    /// Codes for male.
    #[serde(default)]
    pub male: Vec<String>,
    /// Codes for female.
    #[serde(default)]
    pub female: Vec<String>,
    /// Codes that say nothing.
    #[serde(default)]
    pub unknown: Vec<String>,
}

/// A national code list for sex.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SexList {
    /// Letters, words, ISO 5218: school census and all others.
    #[default]
    Standard,
    /// SSDA903.
    Ssda903,
    /// Children in Need census.
    ChildrenInNeed,
    /// Standard Safeguarding Dataset.
    SafeguardingDataset,
    /// NHS.
    Nhs,
    /// H-CLIC.
    Hclic,
    /// NDTMS.
    Ndtms,
    /// Police National Computer.
    Police,
}

impl From<SexList> for kinfold_identity::SexCodes {
    fn from(list: SexList) -> Self {
        match list {
            SexList::Standard => Self::Standard,
            SexList::Ssda903 => Self::Ssda903,
            SexList::ChildrenInNeed => Self::ChildrenInNeed,
            SexList::SafeguardingDataset => Self::SafeguardingDataset,
            SexList::Nhs => Self::Nhs,
            SexList::Hclic => Self::Hclic,
            SexList::Ndtms => Self::Ndtms,
            SexList::Police => Self::Police,
        }
    }
}
