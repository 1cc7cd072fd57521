//! What happened: the rows of the agencies' event files, before any agency formats them.

use crate::calendar::Day;

/// The people sources, each of one agency.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// Pupils (council).
    SchoolCensus,
    /// People in housing, homelessness and benefits (council).
    Housing,
    /// The patient index (health).
    Patients,
    /// People in incidents (police).
    PolicePeople,
    /// Children and parents known to children's social care and the safeguarding board.
    LscbPeople,
}

impl Source {
    /// All five.
    pub const ALL: [Self; 5] = [
        Self::SchoolCensus,
        Self::Housing,
        Self::Patients,
        Self::PolicePeople,
        Self::LscbPeople,
    ];

    /// The id in `truth.csv` and in the mappings.
    pub const fn id(self) -> &'static str {
        match self {
            Self::SchoolCensus => "school-census",
            Self::Housing => "housing",
            Self::Patients => "patients",
            Self::PolicePeople => "police-people",
            Self::LscbPeople => "lscb-people",
        }
    }
}

/// A school term that attendance is reported for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Term {
    pub(crate) year: &'static str,
    pub(crate) name: &'static str,
    pub(crate) end: Day,
    pub(crate) sessions: u32,
}

/// The terms of the last year, oldest first.
pub(crate) const TERMS_NOW: [Term; 3] = [
    Term {
        year: "2025/26",
        name: "Autumn",
        end: Day::of(2025, 12, 19),
        sessions: 140,
    },
    Term {
        year: "2025/26",
        name: "Spring",
        end: Day::of(2026, 3, 27),
        sessions: 118,
    },
    Term {
        year: "2025/26",
        name: "Summer",
        end: Day::of(2026, 7, 17),
        sessions: 122,
    },
];

/// Terms of the years before, oldest first; summer 2025 is left out because it is too near to a year ago.
pub(crate) const TERMS_PAST: [Term; 5] = [
    Term {
        year: "2023/24",
        name: "Autumn",
        end: Day::of(2023, 12, 21),
        sessions: 142,
    },
    Term {
        year: "2023/24",
        name: "Spring",
        end: Day::of(2024, 3, 28),
        sessions: 112,
    },
    Term {
        year: "2023/24",
        name: "Summer",
        end: Day::of(2024, 7, 19),
        sessions: 124,
    },
    Term {
        year: "2024/25",
        name: "Autumn",
        end: Day::of(2024, 12, 20),
        sessions: 140,
    },
    Term {
        year: "2024/25",
        name: "Spring",
        end: Day::of(2025, 4, 4),
        sessions: 120,
    },
];

/// One row of an event file: what is in its own columns.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Row {
    Attendance {
        term: Term,
        authorised: u32,
        unauthorised: u32,
    },
    Exclusion {
        kind: &'static str,
    },
    HousingCase {
        stage: &'static str,
        weeks: u32,
    },
    Benefit {
        award: &'static str,
    },
    MentalHealth {
        team: &'static str,
    },
    Substance {
        contact: &'static str,
    },
    Incident {
        occurrence: u32,
        role: &'static str,
        class: &'static str,
        asb: bool,
        abuse: bool,
        grade: &'static str,
        disposal: &'static str,
    },
    SafeguardingPlan {
        plan: &'static str,
        category: &'static str,
    },
    Factor {
        assessment: u32,
        factor: &'static str,
    },
    Marac {
        case: u32,
        role: &'static str,
        ticks: u32,
        repeat: bool,
    },
}

impl Row {
    /// The people source whose own ids the file uses.
    pub(crate) const fn source(&self) -> Source {
        match self {
            Self::Attendance { .. } | Self::Exclusion { .. } => Source::SchoolCensus,
            Self::HousingCase { .. } | Self::Benefit { .. } => Source::Housing,
            Self::MentalHealth { .. } | Self::Substance { .. } => Source::Patients,
            Self::Incident { .. } => Source::PolicePeople,
            Self::SafeguardingPlan { .. } | Self::Factor { .. } | Self::Marac { .. } => {
                Source::LscbPeople
            }
        }
    }
}

/// One event on one person.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Happening {
    pub(crate) person: usize,
    pub(crate) start: Day,
    pub(crate) end: Option<Day>,
    pub(crate) row: Row,
}

/// The share of sessions attended, in per cent to one decimal.
pub(crate) fn attendance_percent(term: Term, authorised: u32, unauthorised: u32) -> f64 {
    let attended = term.sessions - authorised - unauthorised;
    (f64::from(attended) * 1_000.0 / f64::from(term.sessions)).round() / 10.0
}

/// The band of an attendance, as the school's system writes it.
pub(crate) fn attendance_band(percent: f64) -> &'static str {
    match percent {
        p if p < 50.0 => "SA",
        p if p < 90.0 => "PA",
        p if p < 95.0 => "U95",
        _ => "OK",
    }
}
