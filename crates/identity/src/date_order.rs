//! What a whole column says about its dates, which no single cell can.

use thiserror::Error;

use crate::date::{DateOrder, DateRules, from_serial};
use crate::fold::says_unknown;
use crate::written::{Written, parts};

/// A column that holds day-first and month-first dates. Many of its dates then have two readings, so none can be trusted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error(
    "{day_first} dates can only be day first and {month_first} only month first; {either} could be either"
)]
pub struct MixedDateOrder {
    /// Dates that only make sense with the day first.
    pub day_first: usize,
    /// Dates that only make sense with the month first.
    pub month_first: usize,
    /// Dates that make sense in both orders.
    pub either: usize,
}

/// A second order that is rarer than one date in this many is typing slips (`03/25/1990` for `30/05/1990`): those dates
/// are rejected one by one when they are read, and the column stands.
const SLIPS: usize = 1000;

/// Finds how the dates of one column are written.
///
/// * Order: from the dates that have only one reading. With none of them, the day comes first, as everywhere in the country.
/// * A number of five digits is a spreadsheet's count of days: there is no other date of five digits.
/// * When more than 2 % of the dates are 1 January (chance gives 0.3 %) the column uses it for "only the year is known",
///   as asylum and older registers do. A count below three says nothing.
/// * When more than 20 % of the dates are the first of a month other than January (chance gives 3 %) the column uses it for "the day
///   is not known", as registers of payments and of visits do. Seven times chance, as for 1 January; a count below ten says nothing.
/// * The years believed and the day of the file are not in the cells: they stay as in [`DateRules::default`] for the caller to set.
///
/// # Errors
/// [`MixedDateOrder`] when both orders occur.
pub fn infer_date_rules<'a>(
    values: impl Iterator<Item = &'a str>,
) -> Result<DateRules, MixedDateOrder> {
    let mut seen = DateEvidence::default();
    values.for_each(|value| seen.add(value));
    seen.rules()
}

/// What the dates of a column have shown so far, for a column that is too long to be held: [`infer_date_rules`], cell by cell. The
/// order of the cells does not matter.
#[derive(Clone, Copy, Debug)]
pub struct DateEvidence {
    counts: MixedDateOrder,
    dates: usize,
    first_january: usize,
    serials: usize,
    // Firsts of a month as the two orders would have it: which one counts is known at the end.
    firsts_day_first: usize,
    firsts_month_first: usize,
}

impl Default for DateEvidence {
    fn default() -> Self {
        Self {
            counts: MixedDateOrder {
                day_first: 0,
                month_first: 0,
                either: 0,
            },
            dates: 0,
            first_january: 0,
            serials: 0,
            firsts_day_first: 0,
            firsts_month_first: 0,
        }
    }
}

impl DateEvidence {
    /// Looks at one cell.
    pub fn add(&mut self, value: &str) {
        if says_unknown(value) {
            return;
        }
        let Ok(written) = parts(value) else { return };
        let mut ordered = false;
        let (year, month, day) = match written {
            Written::Known(year, month, day) | Written::ShortYear { year, month, day } => {
                (year, month, day)
            }
            Written::Ordered {
                first,
                second,
                year,
                ..
            } => {
                match (first, second) {
                    (13..=31, 1..=12) => self.counts.day_first += 1,
                    (1..=12, 13..=31) => self.counts.month_first += 1,
                    (1..=12, 1..=12) => self.counts.either += 1,
                    _ => return,
                }
                ordered = true;
                (year, second, first)
            }
            Written::Serial(days) => {
                let Ok(date) = from_serial(days) else {
                    return;
                };
                self.serials += 1;
                date
            }
        };
        // Years that stand for "not known" have their 1 January from the system, not from people.
        if matches!(year, 1900 | 1901 | 1970 | 9999) || month == 0 || day == 0 {
            return;
        }
        self.dates += 1;
        self.first_january += usize::from(month == 1 && day == 1);
        self.firsts_day_first += usize::from(month != 1 && day == 1);
        let (month, day) = if ordered { (day, month) } else { (month, day) };
        self.firsts_month_first += usize::from(month != 1 && day == 1);
    }

    /// The rules of the column.
    ///
    /// # Errors
    /// [`MixedDateOrder`] when both orders occur.
    pub fn rules(&self) -> Result<DateRules, MixedDateOrder> {
        let minority = self.counts.day_first.min(self.counts.month_first);
        let decided = self.counts.day_first + self.counts.month_first;
        if minority > 0 && minority * SLIPS >= decided {
            return Err(self.counts);
        }
        Ok(
            self.rules_in(if self.counts.month_first > self.counts.day_first {
                DateOrder::MonthFirst
            } else {
                DateOrder::DayFirst
            }),
        )
    }

    /// The rules of a column whose order is known from elsewhere; dates that only make sense in the other order are then rejected one by
    /// one.
    pub fn rules_in(&self, order: DateOrder) -> DateRules {
        let first_of_month = match order {
            DateOrder::MonthFirst => self.firsts_month_first,
            DateOrder::DayFirst => self.firsts_day_first,
        };
        DateRules {
            order,
            excel_serial: self.serials > 0,
            first_january_is_year_only: self.first_january >= 3
                && self.first_january * 50 > self.dates,
            first_of_month_is_month_only: first_of_month >= 10 && first_of_month * 5 > self.dates,
            ..DateRules::default()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn order_comes_from_the_dates_with_one_reading() {
        let day = infer_date_rules(["03/07/1990", "25/07/1990", ""].into_iter()).unwrap();
        assert_eq!(day.order, DateOrder::DayFirst);
        let month = infer_date_rules(["03/07/1990", "07/25/1990", "unknown"].into_iter()).unwrap();
        assert_eq!(month.order, DateOrder::MonthFirst);
        assert_eq!(
            infer_date_rules(["03/07/1990"].into_iter()),
            Ok(DateRules::default())
        );
        assert_eq!(
            infer_date_rules(["03/07/1990", "25/07/1990", "07/25/1990"].into_iter()),
            Err(MixedDateOrder {
                day_first: 1,
                month_first: 1,
                either: 1
            })
        );
    }

    #[test]
    fn an_order_that_is_told_stands_against_a_mixed_column() {
        let mut seen = DateEvidence::default();
        for cell in ["03/07/1990", "25/07/1990", "07/25/1990", "33304"] {
            seen.add(cell);
        }
        assert!(seen.rules().is_err());
        for order in [DateOrder::DayFirst, DateOrder::MonthFirst] {
            let rules = seen.rules_in(order);
            assert_eq!(rules.order, order);
            assert!(rules.excel_serial);
        }
    }

    #[test]
    fn one_slip_in_thousands_is_no_second_order() {
        let dates = std::iter::repeat_n("25/07/1990", 5000).chain(["07/25/1990"]);
        assert_eq!(
            infer_date_rules(dates).map(|r| r.order),
            Ok(DateOrder::DayFirst)
        );
        let dates =
            std::iter::repeat_n("25/07/1990", 5000).chain(std::iter::repeat_n("07/25/1990", 20));
        assert!(infer_date_rules(dates).is_err());
    }

    #[test]
    fn spreadsheet_days_and_first_of_january() {
        let rules = infer_date_rules(["25/07/1990", "33079"].into_iter()).unwrap();
        assert!(rules.excel_serial && !rules.first_january_is_year_only);
        let many = ["01/01/1990", "1984-01-01", "01-JAN-1977", "25/07/1990"];
        assert!(
            infer_date_rules(many.into_iter())
                .unwrap()
                .first_january_is_year_only
        );
        let few = std::iter::repeat_n("25/07/1990", 400).chain(many);
        assert!(!infer_date_rules(few).unwrap().first_january_is_year_only);
        let zeros = std::iter::repeat_n("01/01/1900", 50).chain(["25/07/1990"]);
        assert!(!infer_date_rules(zeros).unwrap().first_january_is_year_only);
    }

    #[test]
    fn first_of_the_month() {
        let firsts = ["01/03/1990", "01/07/1984", "01/12/1977", "01/05/2001"];
        let many = firsts.iter().cycle().take(12).copied();
        let rules = infer_date_rules(many.clone().chain(std::iter::repeat_n("25/07/1990", 40)));
        assert!(rules.unwrap().first_of_month_is_month_only);
        let rules = infer_date_rules(many.chain(std::iter::repeat_n("25/07/1990", 60)));
        assert!(!rules.unwrap().first_of_month_is_month_only);
        let few = firsts.iter().cycle().take(9).copied();
        assert!(!infer_date_rules(few).unwrap().first_of_month_is_month_only);
    }

    proptest! {
        #[test]
        fn any_column_is_survived(values in proptest::collection::vec("\\PC{0,12}|[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4}|[0-9]{4,8}", 0..20)) {
            let _ = infer_date_rules(values.iter().map(String::as_str));
        }
    }
}
