//! Realises the plan as events on the right members, and adds events that must not count.

use std::collections::{BTreeMap, BTreeSet};

use crate::calendar::{Day, TODAY};
use crate::dice::{Dice, Stage};
use crate::happenings::{Happening, Row, TERMS_NOW, TERMS_PAST, Term};
use crate::plan::{Carriers, Indicator, Plan};
use crate::world::World;

/// Current events start in this span: clear of the border of twelve months even when days are rounded to months.
const CURRENT: (Day, Day) = (Day::of(2025, 10, 5), Day::of(2026, 8, 25));

/// Past events start and end in this span: 14 to 40 months before the reference date.
const PAST: (Day, Day) = (Day::of(2023, 5, 5), Day::of(2025, 6, 20));

/// Collects events.
pub(crate) struct Chronicle {
    pub(crate) dice: Dice,
    pub(crate) all: Vec<Happening>,
    /// Terms in which a pupil's attendance is planned to be low.
    low_terms: BTreeMap<usize, BTreeSet<Day>>,
    numbers: u32,
}

/// Events for every household as planned; attendance and noise follow once it is known who is in which file.
pub(crate) fn realise(world: &World, carriers: &[Carriers], seed: u64) -> Chronicle {
    let mut chronicle = Chronicle {
        dice: Dice::new(seed, Stage::Events),
        all: Vec::new(),
        low_terms: BTreeMap::new(),
        numbers: 10_000,
    };
    for (household, carriers) in carriers.iter().enumerate() {
        for indicator in Indicator::ALL {
            if indicator == Indicator::Education && carriers.education_with.is_some() {
                continue;
            }
            match world.households[household].plan[indicator as usize] {
                Plan::None => {}
                Plan::Past => chronicle.plant(indicator, carriers, true),
                Plan::Current => {
                    chronicle.plant(indicator, carriers, false);
                    if chronicle.dice.chance(0.35) {
                        chronicle.plant_history(indicator, carriers);
                    }
                }
            }
        }
    }
    chronicle
}

impl Chronicle {
    /// A number for a case, an incident or an assessment.
    fn number(&mut self) -> u32 {
        self.numbers += 1;
        self.numbers
    }

    fn day(&mut self, past: bool) -> Day {
        let (from, to) = if past { PAST } else { CURRENT };
        Day(self.dice.between(from.0, to.0))
    }

    /// An end after the start that stays on the same side of the border; none half of the time for current ones.
    fn end(&mut self, start: Day, past: bool) -> Option<Day> {
        let latest = if past { PAST.1 } else { CURRENT.1 };
        let end = Day(self
            .dice
            .between(start.0 + 3, (start.0 + 200).min(latest.0)))
        .min(latest)
        .max(start);
        (past || self.dice.chance(0.5)).then_some(end)
    }

    fn add(&mut self, person: usize, start: Day, end: Option<Day>, row: Row) {
        self.all.push(Happening {
            person,
            start,
            end,
            row,
        });
    }

    /// Older events of a need that is current anyway.
    fn plant_history(&mut self, indicator: Indicator, carriers: &Carriers) {
        let possible = match indicator {
            Indicator::Education => !carriers.older_pupils.is_empty(),
            Indicator::Worklessness => carriers
                .workers
                .iter()
                .any(|p| carriers.older_adults.contains(p)),
            _ => !carriers.older_adults.is_empty(),
        };
        if possible {
            self.plant(indicator, carriers, true);
        }
    }

    /// One to three qualifying events on members who can bear them.
    fn plant(&mut self, indicator: Indicator, carriers: &Carriers, past: bool) {
        let adults = if past {
            carriers.older_adults.clone()
        } else {
            carriers.adults.clone()
        };
        let times = self.dice.weighted(&[(1, 55), (2, 30), (3, 15)]);
        for _ in 0..times {
            match indicator {
                Indicator::ParentalMentalHealth => self.mental_health(&adults, past),
                Indicator::AlcoholAndDrugs => self.substance(carriers, &adults, past),
                Indicator::DomesticAbuse => self.abuse(carriers, &adults, past),
                Indicator::AntiSocialBehaviour => self.anti_social(carriers, &adults, past),
                Indicator::Worklessness => self.worklessness(carriers, &adults, past),
                Indicator::Homelessness => self.homelessness(&adults, past),
                Indicator::Education => self.education(carriers, past),
            }
        }
    }

    fn mental_health(&mut self, adults: &[usize], past: bool) {
        let adult = *self.dice.pick(adults);
        let start = self.day(past);
        if self.dice.chance(0.18) {
            let assessment = self.number();
            self.add(
                adult,
                start,
                None,
                Row::Factor {
                    assessment,
                    factor: "4B",
                },
            );
            return;
        }
        let team = self.dice.weighted(&[
            ("TALK", 38),
            ("CMHT", 30),
            ("PERI", 5),
            ("CRIS", 12),
            ("S136", 3),
            ("WARD", 8),
            ("MHA", 4),
        ]);
        let end = self.end(start, past);
        self.add(adult, start, end, Row::MentalHealth { team });
    }

    fn substance(&mut self, carriers: &Carriers, adults: &[usize], past: bool) {
        let start = self.day(past);
        if !past && !carriers.teenagers.is_empty() && self.dice.chance(0.1) {
            let (child, assessment) = (*self.dice.pick(&carriers.teenagers), self.number());
            let factor = self.dice.weighted(&[("1A", 50), ("2A", 50)]);
            self.add(child, start, None, Row::Factor { assessment, factor });
            return;
        }
        let adult = *self.dice.pick(adults);
        if self.dice.chance(0.15) {
            let assessment = self.number();
            let factor = self.dice.weighted(&[("1B", 50), ("2B", 50)]);
            self.add(adult, start, None, Row::Factor { assessment, factor });
            return;
        }
        let contact = self.dice.weighted(&[
            ("TX", 35),
            ("BI", 28),
            ("TXOP", 14),
            ("DROP", 8),
            ("HOSP", 15),
        ]);
        let end = self.end(start, past);
        self.add(adult, start, end, Row::Substance { contact });
    }

    fn abuse(&mut self, carriers: &Carriers, adults: &[usize], past: bool) {
        let start = self.day(past);
        let victim = *self.dice.pick(adults);
        let others: Vec<usize> = adults
            .iter()
            .copied()
            .filter(|adult| *adult != victim)
            .collect();
        match self.dice.below(100) {
            0..=61 => {
                let occurrence = self.number();
                let breach = self.dice.chance(0.08);
                let class = if breach { "NMOBR" } else { "DOM" };
                let grade = if breach {
                    ""
                } else {
                    self.dice
                        .weighted(&[("S", 45), ("M", 30), ("H", 15), ("", 10)])
                };
                let row = |role| Row::Incident {
                    occurrence,
                    role,
                    class,
                    asb: false,
                    abuse: true,
                    grade,
                    disposal: "",
                };
                self.add(victim, start, None, row("VIC"));
                if !others.is_empty() && self.dice.chance(0.5) {
                    let suspect = *self.dice.pick(&others);
                    let role = self.dice.weighted(&[("SUS", 70), ("OFF", 30)]);
                    self.add(suspect, start, None, row(role));
                }
                if !past && !carriers.children.is_empty() && self.dice.chance(0.4) {
                    let child = *self.dice.pick(&carriers.children);
                    self.add(child, start, None, row("CHI"));
                }
            }
            62..=82 => {
                let assessment = self.number();
                if !past && !carriers.children.is_empty() && self.dice.chance(0.4) {
                    let child = *self.dice.pick(&carriers.children);
                    self.add(
                        child,
                        start,
                        None,
                        Row::Factor {
                            assessment,
                            factor: "3A",
                        },
                    );
                }
                self.add(
                    victim,
                    start,
                    None,
                    Row::Factor {
                        assessment,
                        factor: "3B",
                    },
                );
            }
            _ => {
                let (case, ticks) = (self.number(), self.dice.between(14, 21) as u32);
                let repeat = self.dice.chance(0.2);
                self.add(
                    victim,
                    start,
                    None,
                    Row::Marac {
                        case,
                        role: "VICTIM",
                        ticks,
                        repeat,
                    },
                );
                if !past && !carriers.children.is_empty() && self.dice.chance(0.5) {
                    let child = *self.dice.pick(&carriers.children);
                    self.add(
                        child,
                        start,
                        None,
                        Row::Marac {
                            case,
                            role: "CHILD",
                            ticks,
                            repeat,
                        },
                    );
                }
            }
        }
    }

    fn anti_social(&mut self, carriers: &Carriers, adults: &[usize], past: bool) {
        let young = !past && !carriers.teenagers.is_empty() && self.dice.chance(0.4);
        let person = *self
            .dice
            .pick(if young { &carriers.teenagers } else { adults });
        let (start, occurrence) = (self.day(past), self.number());
        let class = self
            .dice
            .weighted(&[("PERS", 40), ("NUIS", 40), ("ENV", 20)]);
        let role = self.dice.weighted(&[("SUS", 70), ("OFF", 30)]);
        let disposal = self.dice.weighted(&[
            ("", 40),
            ("NFA", 14),
            ("WORDS", 10),
            ("CPW", 10),
            ("CPN", 5),
            ("ABC", 8),
            ("YRD", 3),
            ("CBO", 4),
            ("INJ", 2),
            ("CLOS", 1),
            ("CONV", 3),
        ]);
        self.add(
            person,
            start,
            None,
            Row::Incident {
                occurrence,
                role,
                class,
                asb: true,
                abuse: false,
                grade: "",
                disposal,
            },
        );
    }

    fn worklessness(&mut self, carriers: &Carriers, adults: &[usize], past: bool) {
        if !past && !carriers.leavers.is_empty() && self.dice.chance(0.25) {
            let (person, start) = (
                *self.dice.pick(&carriers.leavers),
                Day(self.dice.between(Day::of(2026, 3, 10).0, CURRENT.1.0)),
            );
            self.add(person, start, None, Row::Benefit { award: "NEET" });
            return;
        }
        let workers: Vec<usize> = carriers
            .workers
            .iter()
            .copied()
            .filter(|p| adults.contains(p))
            .collect();
        let person = *self.dice.pick(&workers);
        if self.dice.chance(0.14) {
            let (start, award) = (
                self.day(past),
                self.dice.weighted(&[("SANC", 50), ("CTARR", 50)]),
            );
            self.add(person, start, None, Row::Benefit { award });
            return;
        }
        let award = self
            .dice
            .weighted(&[("UC-NW", 70), ("JSA", 8), ("IS", 8), ("ESA", 14)]);
        // An open episode counts however long ago it began.
        let (start, end) = if !past && self.dice.chance(0.75) {
            (
                Day(self.dice.between(Day::of(2024, 2, 1).0, CURRENT.1.0)),
                None,
            )
        } else {
            let start = self.day(past);
            let latest = if past { PAST.1 } else { CURRENT.1 };
            (
                start,
                Some(
                    start
                        .plus(self.dice.between(20, 300))
                        .min(latest)
                        .max(start),
                ),
            )
        };
        self.add(person, start, end, Row::Benefit { award });
    }

    fn homelessness(&mut self, adults: &[usize], past: bool) {
        let adult = *self.dice.pick(adults);
        let stage = self.dice.weighted(&[
            ("ARR4", 40),
            ("PREV", 20),
            ("RELF", 13),
            ("MAIN", 9),
            ("TA-SC", 10),
            ("TA-BB", 5),
            ("RS", 3),
        ]);
        let start = self.day(past);
        let end = match stage {
            "TA-SC" | "TA-BB" if !past && self.dice.chance(0.7) => None,
            "TA-SC" | "TA-BB" => {
                let latest = if past { PAST.1 } else { CURRENT.1 };
                Some(
                    start
                        .plus(self.dice.between(10, 250))
                        .min(latest)
                        .max(start),
                )
            }
            _ => self.end(start, past),
        };
        let weeks = if stage == "ARR4" {
            self.dice.between(4, 30) as u32
        } else {
            0
        };
        self.add(adult, start, end, Row::HousingCase { stage, weeks });
    }

    fn education(&mut self, carriers: &Carriers, past: bool) {
        let pupil = *self.dice.pick(if past {
            &carriers.older_pupils
        } else {
            &carriers.pupils
        });
        if self.dice.chance(0.24) {
            let start = self.day(past);
            let kind = self.dice.weighted(&[("SUSP", 84), ("PERM", 7), ("CME", 9)]);
            self.add(pupil, start, None, Row::Exclusion { kind });
            return;
        }
        let term = *self.dice.pick(if past {
            &TERMS_PAST[..]
        } else {
            &TERMS_NOW[..]
        });
        if self.low_terms.entry(pupil).or_default().insert(term.end) {
            // (low %, high %) of sessions missed, clear of the borders at 5, 10 and 50 per cent.
            let (least, most) =
                self.dice
                    .weighted(&[((60, 92), 40), ((110, 400), 50), ((520, 900), 10)]);
            let row = self.attendance(term, least, most);
            self.add(pupil, term.end, None, row);
        }
    }

    /// An attendance row with between `least` and `most` thousandths of the sessions missed.
    fn attendance(&mut self, term: Term, least: i32, most: i32) -> Row {
        let missed = (f64::from(term.sessions) * f64::from(self.dice.between(least, most))
            / 1_000.0)
            .round() as u32;
        let unauthorised = self.dice.below(missed as usize + 1) as u32;
        Row::Attendance {
            term,
            authorised: missed - unauthorised,
            unauthorised,
        }
    }

    /// The rows of every pupil for the last three terms, good where nothing else is planned; and good terms from before beside low ones.
    pub(crate) fn fill_attendance(&mut self, pupils: &[usize]) {
        for pupil in pupils {
            let low = self.low_terms.get(pupil).cloned().unwrap_or_default();
            let before = if low.iter().any(|end| *end < TERMS_NOW[0].end) {
                &TERMS_PAST[..]
            } else {
                &[]
            };
            for term in before
                .iter()
                .chain(&TERMS_NOW)
                .filter(|term| !low.contains(&term.end))
            {
                let row = self.attendance(*term, 0, 44);
                self.add(*pupil, term.end, None, row);
            }
        }
    }

    /// A day in the last three years, for events that must not count.
    pub(crate) fn any_day(&mut self) -> Day {
        Day(self.dice.between(PAST.0.0, TODAY.0 - 4))
    }

    pub(crate) fn noise(&mut self, person: usize, row: Row) {
        let start = self.any_day();
        let end = if self.dice.chance(0.6) {
            Some(start.plus(self.dice.between(5, 90)).min(TODAY))
        } else {
            None
        };
        self.add(person, start, end, row);
    }

    pub(crate) fn context(&mut self, person: usize, start: Day, end: Option<Day>, row: Row) {
        self.add(person, start, end, row);
    }

    pub(crate) fn next_number(&mut self) -> u32 {
        self.number()
    }
}
