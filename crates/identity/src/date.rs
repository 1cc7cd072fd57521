//! Birth dates in every form that files hold them.

use crate::fold::says_unknown;
use crate::plain::hidden_debug;
use crate::rejected::Rejected;
use crate::written::{Written, parts};

/// A birth date, or as much of one as is known: the year, the year and month, or all three.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BirthDate {
    /// Year; which ones are believed is the column's rule ([`DateRules::year_min`]).
    pub year: u16,
    /// Month, 1 to 12.
    pub month: Option<u8>,
    /// Day of the month, 1 to 31; only with a month.
    pub day: Option<u8>,
}
hidden_debug!(BirthDate);

impl BirthDate {
    /// A full date.
    ///
    /// # Errors
    /// [`Rejected::OutOfRange`] for a day that does not exist.
    pub fn on(year: u16, month: u8, day: u8) -> Result<Self, Rejected> {
        let exists = (1..=12).contains(&month)
            && (1..=days_in(year.into(), month.into())).contains(&day.into());
        exists
            .then_some(Self {
                year,
                month: Some(month),
                day: Some(day),
            })
            .ok_or(Rejected::OutOfRange)
    }

    /// The canonical text: `1990-03-07`, `1990-03` or `1990`.
    pub fn iso(self) -> String {
        match (self.month, self.day) {
            (Some(month), Some(day)) => format!("{:04}-{month:02}-{day:02}", self.year),
            (Some(month), None) => format!("{:04}-{month:02}", self.year),
            _ => format!("{:04}", self.year),
        }
    }

    /// Whether year, month and day are all known.
    pub fn is_full(self) -> bool {
        self.month.is_some() && self.day.is_some()
    }

    /// The first day that the date can mean, as numbers that compare like days.
    pub(crate) fn earliest(self) -> (u16, u8, u8) {
        (self.year, self.month.unwrap_or(1), self.day.unwrap_or(1))
    }

    /// The last day that the date can mean, as numbers that compare like days.
    pub(crate) fn latest(self) -> (u16, u8, u8) {
        (self.year, self.month.unwrap_or(12), self.day.unwrap_or(31))
    }
}

/// Which number comes first in `03/07/1990`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DateOrder {
    /// Day, month, year: the United Kingdom's order.
    DayFirst,
    /// Month, day, year.
    MonthFirst,
}

/// Last year that a two-digit year means, unless the custodian says otherwise: `26` is 2026 and `27` is 1927.
pub const DEFAULT_TWO_DIGIT_PIVOT: u16 = 2026;

/// How the dates of one column are to be read. A cell alone cannot tell; see [`crate::infer_date_rules`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DateRules {
    /// Order of day and month when both are numbers.
    pub order: DateOrder,
    /// Last year that a two-digit year means; the hundred years that end with it are used. Below 100 it counts from 2000. A list of
    /// pensioners and a list of pupils need different ones.
    pub two_digit_pivot: u16,
    /// Whether a bare number of five digits is a spreadsheet's count of days.
    pub excel_serial: bool,
    /// Whether 1 January means "only the year is known" in this column.
    pub first_january_is_year_only: bool,
    /// Whether the first of any month means "the day is not known" in this column.
    pub first_of_month_is_month_only: bool,
    /// First year that is believed. Nobody alive was born before 1880, so an earlier year in an agency's register is a slip;
    /// historical data need an earlier one.
    pub year_min: u16,
    /// Last year that is believed.
    pub year_max: u16,
    /// The day on which the file was made, when it is known: later dates are slips. `None` for a column of *expected* dates of birth,
    /// which lie ahead (an unborn child in the Children in Need census).
    pub latest: Option<BirthDate>,
}

impl Default for DateRules {
    fn default() -> Self {
        Self {
            order: DateOrder::DayFirst,
            two_digit_pivot: DEFAULT_TWO_DIGIT_PIVOT,
            excel_serial: false,
            first_january_is_year_only: false,
            first_of_month_is_month_only: false,
            year_min: 1880,
            year_max: 2100,
            latest: None,
        }
    }
}

/// Reads a birth date.
///
/// Forms: `1990-03-07`, `1990-03-07T00:00:00Z`, `1990-03-07T00`, `07/03/1990`, `7.3.90`, `07-MAR-1990`, `7th March 1990`,
/// `March 7, 1990`, `19900307`, `07031990`, `199003071345`, a spreadsheet's day count, `1990-03`, `1990`, and dates with `00`, `??`
/// or `XX` for what is not known: a part of a date is worth keeping, because single slips are 93 in 100 of all errors in birth dates.
/// A day that the column's order makes impossible is rejected and never quietly swapped: the swap would be a guess.
///
/// # Errors
/// [`Rejected::Placeholder`] for dates that systems use for "not known", [`Rejected::OutOfRange`] for days that do not exist
/// and years outside the rules, [`Rejected::Future`] for a date after [`DateRules::latest`], [`Rejected::ExcelDamaged`] for a day
/// count where the rules allow none.
pub fn read_date(cell: &str, rules: &DateRules) -> Result<BirthDate, Rejected> {
    if says_unknown(cell) {
        return Err(Rejected::Placeholder);
    }
    let written = parts(cell)?;
    let date = resolve(written, *rules)?;
    checked(date, *rules)
}

/// What is left of a date that [`read_date`] refused because there is no such day: the year and month, or the year.
///
/// `31/02/1990` and `1990-19-07` are slips of one part, and single slips are 93 in 100 of all errors in birth dates, so the other parts
/// are nearly always right. A match key of the year alone still meets the same person elsewhere, where no date at all would not. The cell
/// stays a rejected one for every report: nothing here says that the date was right.
///
/// `None` when the cell was refused for anything else: its year is then not believed either.
pub fn read_rest_of_date(cell: &str, rules: &DateRules) -> Option<BirthDate> {
    if says_unknown(cell) {
        return None;
    }
    let (year, month, day) = resolve(parts(cell).ok()?, *rules).ok()?;
    if checked((year, month, day), *rules) != Err(Rejected::OutOfRange) {
        return None;
    }
    let month = if month <= 12 { month } else { 0 };
    checked((year, month, 0), *rules).ok()
}

/// Applies the column's rules.
fn resolve(written: Written, rules: DateRules) -> Result<(u32, u32, u32), Rejected> {
    match written {
        Written::Known(year, month, day) => Ok((year, month, day)),
        Written::Ordered {
            first,
            second,
            year,
            short_year,
        } => {
            let year = if short_year {
                full_year(year, rules)
            } else {
                year
            };
            Ok(match rules.order {
                DateOrder::DayFirst => (year, second, first),
                DateOrder::MonthFirst => (year, first, second),
            })
        }
        Written::ShortYear { year, month, day } => Ok((full_year(year, rules), month, day)),
        Written::Serial(days) if rules.excel_serial => from_serial(days),
        Written::Serial(_) => Err(Rejected::ExcelDamaged),
    }
}

fn full_year(short: u32, rules: DateRules) -> u32 {
    let pivot = u32::from(rules.two_digit_pivot);
    let pivot = if pivot < 100 { 2000 + pivot } else { pivot };
    let year = pivot - pivot % 100 + short;
    if year > pivot { year - 100 } else { year }
}

/// A spreadsheet counts days from 30 December 1899 (from 1 March 1900 on; before that it believes in a 29 February 1900).
pub(crate) fn from_serial(days: u32) -> Result<(u32, u32, u32), Rejected> {
    if !(61..=73_415).contains(&days) {
        return Err(Rejected::OutOfRange);
    }
    // Days since 1 March of year 0, then the usual civil calendar by 400-year eras.
    let from_march = days + 693_899;
    let era = from_march / 146_097;
    let day_of_era = from_march % 146_097;
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted + 2) / 5 + 1;
    let month = if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    };
    let year = year_of_era + era * 400 + u32::from(month <= 2);
    Ok((year, month, day))
}

fn checked((year, month, day): (u32, u32, u32), rules: DateRules) -> Result<BirthDate, Rejected> {
    if is_placeholder(year, month, day, u32::from(rules.year_min)) {
        return Err(Rejected::Placeholder);
    }
    let believed = u32::from(rules.year_min)..=u32::from(rules.year_max);
    if !believed.contains(&year) || month > 12 || day > days_in(year, month) {
        return Err(Rejected::OutOfRange);
    }
    let year_only = month == 0 || (rules.first_january_is_year_only && month == 1 && day == 1);
    let month_only = day == 0 || (rules.first_of_month_is_month_only && day == 1);
    let date = BirthDate {
        year: year as u16,
        month: (!year_only).then_some(month as u8),
        day: (!year_only && !month_only).then_some(day as u8),
    };
    if rules
        .latest
        .is_some_and(|latest| date.earliest() > latest.latest())
    {
        return Err(Rejected::Future);
    }
    Ok(date)
}

/// Dates that stand for "not known". Each is the zero or the limit of some system, or a row of ones.
///
/// | date | where it comes from |
/// |---|---|
/// | 30 and 31 December 1899, 1 January 1900 (also `1900` alone) | zero of spreadsheets, OLE, many databases |
/// | 1 January 1901 | the same, a year on: a field that refuses 1900 |
/// | 1 January 1970 | zero of every Unix clock |
/// | 1 January 1753, 1 January 1800 | first date of SQL Server and of some registers; a true date where the rules reach back so far |
/// | 11 November 1911, years 0, 1, 1111, 9999 | keys held down |
/// | 31 December 2099 | "for ever" |
///
/// 1 January 1970 is also a true birthday. But where it appears it appears often, and one shared false date costs more than some
/// lost true ones.
fn is_placeholder(year: u32, month: u32, day: u32, year_min: u32) -> bool {
    let row_of_ones = (year, month, day) == (1911, 11, 11);
    let clock_zero = matches!(
        (year, month, day),
        (1899, 12, 30 | 31) | (1900 | 1901 | 1970, 1, 1)
    );
    let first_of_range =
        matches!((year, month, day), (1753 | 1800, 0 | 1, 0 | 1)) && year < year_min;
    let bare_century = (year, month) == (1900, 0);
    let limit = matches!(year, 0 | 1 | 1111 | 9999) || (year, month, day) == (2099, 12, 31);
    row_of_ones || clock_zero || first_of_range || bare_century || limit
}

/// Days in a month; 31 for an unknown one. Until 1752 England counted by the Julian calendar, in which 1700 was a leap year.
fn days_in(year: u32, month: u32) -> u32 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year.is_multiple_of(4)
            && (year <= 1752 || !year.is_multiple_of(100) || year.is_multiple_of(400)) =>
        {
            29
        }
        2 => 28,
        _ => 31,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn iso(cell: &str, rules: DateRules) -> Result<String, Rejected> {
        read_date(cell, &rules).map(BirthDate::iso)
    }

    #[test]
    fn forms() {
        let rules = DateRules {
            excel_serial: true,
            ..DateRules::default()
        };
        for cell in [
            "1990-03-07",
            "1990/3/7",
            "07/03/1990",
            "7/3/90",
            "07.03.1990",
            "7 3 1990",
            "07-MAR-1990",
            "7th March 1990",
            "March 7, 1990",
            "Wed 7 Mar 1990",
            "1990-Mar-07",
            "07MAR1990",
            "07-Mar-90",
            "19900307",
            "07031990",
            "32939",
            "32939.0",
            "32939.75",
            "1990-03-07T00:00:00.000Z",
            "1990-03-07T13",
            "19900307T134500Z",
            "19900307134500",
            "199003071345",
            "07/03/1990 00:00",
            "1990-03-07 13:45:00+01:00",
            "\u{feff}07/03/1990 ",
            "'07/03/1990",
            "=\"07/03/1990\"",
        ] {
            assert_eq!(iso(cell, rules).as_deref(), Ok("1990-03-07"), "{cell}");
        }
        let month_first = DateRules {
            order: DateOrder::MonthFirst,
            ..rules
        };
        assert_eq!(iso("03/07/1990", month_first).as_deref(), Ok("1990-03-07"));
    }

    #[test]
    fn parts_of_dates() {
        let rules = DateRules::default();
        for (cell, expected) in [
            ("1990", "1990"),
            ("1990-03", "1990-03"),
            ("03/1990", "1990-03"),
            ("Mar 1990", "1990-03"),
            ("00/03/1990", "1990-03"),
            ("00/00/1990", "1990"),
            ("1990-00-00", "1990"),
            ("??/03/1990", "1990-03"),
            ("XX/XX/1990", "1990"),
            ("29/02/2000", "2000-02-29"),
            ("26/05/26", "2026-05-26"),
            ("26/05/27", "1927-05-26"),
        ] {
            assert_eq!(iso(cell, rules).as_deref(), Ok(expected), "{cell}");
        }
    }

    #[test]
    fn refusals() {
        let rules = DateRules::default();
        for (cell, why) in [
            ("", Rejected::Empty),
            ("unknown", Rejected::Placeholder),
            ("1900-01-01", Rejected::Placeholder),
            ("01/01/1901", Rejected::Placeholder),
            ("1970-01-01", Rejected::Placeholder),
            ("31/12/9999", Rejected::Placeholder),
            ("11/11/1911", Rejected::Placeholder),
            ("1900", Rejected::Placeholder),
            ("00/00/0000", Rejected::Placeholder),
            ("31/12/1899", Rejected::Placeholder),
            ("0", Rejected::Placeholder),
            ("00000", Rejected::Placeholder),
            ("19000101", Rejected::Placeholder),
            ("99/99/9999", Rejected::Placeholder),
            ("99999999", Rejected::Placeholder),
            ("01/01/1753", Rejected::Placeholder),
            ("01/01/1800", Rejected::Placeholder),
            ("31/12/2099", Rejected::Placeholder),
            ("u", Rejected::Placeholder),
            ("un", Rejected::Placeholder),
            ("unk", Rejected::Placeholder),
            ("31/02/1990", Rejected::OutOfRange),
            ("29/02/1900", Rejected::OutOfRange),
            ("03/25/1990", Rejected::OutOfRange),
            ("07/03/1790", Rejected::OutOfRange),
            ("32939", Rejected::ExcelDamaged),
            ("hello", Rejected::BadShape),
            ("1/2/3/4", Rejected::BadShape),
            ("123456", Rejected::BadShape),
        ] {
            assert_eq!(iso(cell, rules), Err(why), "{cell}");
        }
    }

    #[test]
    fn the_rest_of_an_impossible_date() {
        let rules = DateRules {
            latest: BirthDate::on(2026, 8, 31).ok(),
            ..DateRules::default()
        };
        for (cell, expected) in [
            ("31/02/1990", Some("1990-02")),
            ("1990-02-81", Some("1990-02")),
            ("03/25/1990", Some("1990")),
            ("1990-19-07", Some("1990")),
            ("07/03/1990", None),
            ("07/03/1790", None),
            ("31/02/2027", None),
            ("99/99/9999", None),
            ("11/11/1911", None),
            ("unknown", None),
            ("", None),
            ("hello", None),
        ] {
            let rest = read_rest_of_date(cell, &rules).map(BirthDate::iso);
            assert_eq!(rest.as_deref(), expected, "{cell}");
        }
    }

    #[test]
    fn first_of_january_can_mean_the_year() {
        let rules = DateRules {
            first_january_is_year_only: true,
            ..DateRules::default()
        };
        assert_eq!(iso("01/01/1990", rules).as_deref(), Ok("1990"));
        assert_eq!(iso("02/01/1990", rules).as_deref(), Ok("1990-01-02"));
    }

    #[test]
    fn the_first_of_a_month_can_mean_the_month() {
        let rules = DateRules {
            first_of_month_is_month_only: true,
            ..DateRules::default()
        };
        assert_eq!(iso("01/03/1990", rules).as_deref(), Ok("1990-03"));
        assert_eq!(iso("02/03/1990", rules).as_deref(), Ok("1990-03-02"));
    }

    #[test]
    fn historical_years_are_read_when_the_rules_say_so() {
        let rules = DateRules {
            year_min: 1600,
            ..DateRules::default()
        };
        for (cell, expected) in [
            ("1642-12-25", "1642-12-25"),
            ("07/03/1790", "1790-03-07"),
            ("1753", "1753"),
            ("1753-01-01", "1753-01-01"),
            ("1753-06-02", "1753-06-02"),
            ("29/02/1700", "1700-02-29"),
            ("25121642", "1642-12-25"),
        ] {
            assert_eq!(iso(cell, rules).as_deref(), Ok(expected), "{cell}");
            assert!(iso(cell, DateRules::default()).is_err(), "{cell}");
        }
        assert_eq!(iso("1599", rules), Err(Rejected::OutOfRange));
        assert_eq!(iso("29/02/1800", rules), Err(Rejected::OutOfRange));
    }

    #[test]
    fn dates_after_the_file_was_made_are_slips_unless_they_are_expected() {
        let made = DateRules {
            latest: BirthDate::on(2026, 8, 31).ok(),
            ..DateRules::default()
        };
        assert_eq!(iso("31/08/2026", made).as_deref(), Ok("2026-08-31"));
        assert_eq!(iso("01/09/2026", made), Err(Rejected::Future));
        assert_eq!(iso("2026", made).as_deref(), Ok("2026"));
        assert_eq!(iso("2027", made), Err(Rejected::Future));
        assert_eq!(
            iso("01/02/2027", DateRules::default()).as_deref(),
            Ok("2027-02-01")
        );
    }

    #[test]
    fn the_pivot_is_the_datasets_own() {
        let pensioners = DateRules {
            two_digit_pivot: 1960,
            ..DateRules::default()
        };
        assert_eq!(iso("07/03/12", pensioners).as_deref(), Ok("1912-03-07"));
        let short = DateRules {
            two_digit_pivot: 10,
            ..DateRules::default()
        };
        assert_eq!(iso("07/03/12", short).as_deref(), Ok("1912-03-07"));
        assert_eq!(iso("07/03/10", short).as_deref(), Ok("2010-03-07"));
    }

    #[test]
    fn a_full_date_exists_or_is_refused() {
        assert!(BirthDate::on(2024, 2, 29).is_ok_and(BirthDate::is_full));
        for (year, month, day) in [(2023, 2, 29), (2023, 13, 1), (2023, 0, 1), (2023, 1, 0)] {
            assert!(BirthDate::on(year, month, day) == Err(Rejected::OutOfRange));
        }
    }

    #[test]
    fn serial_days() {
        assert_eq!(from_serial(61), Ok((1900, 3, 1)));
        assert_eq!(from_serial(36526), Ok((2000, 1, 1)));
        assert_eq!(from_serial(36585), Ok((2000, 2, 29)));
        assert_eq!(from_serial(46265), Ok((2026, 8, 31)));
        assert_eq!(from_serial(60), Err(Rejected::OutOfRange));
    }

    proptest! {
        #[test]
        fn any_text_is_survived(cell in "\\PC*|[0-9/. -]{4,12}|[0-9]{1,2}[ -][A-Za-z]{3,9}[ -][0-9]{2,4}", serial in any::<bool>(), year_only in any::<bool>(), month_only in any::<bool>(), year_min in 1000u16..1900) {
            let rules = DateRules { excel_serial: serial, first_january_is_year_only: year_only, first_of_month_is_month_only: month_only, year_min, ..DateRules::default() };
            if let Ok(date) = read_date(&cell, &rules) {
                prop_assert!(date.day.is_none() || date.month.is_some());
                prop_assert!(read_date(&date.iso(), &rules) == Ok(date));
            }
        }

        #[test]
        fn every_day_reads_back_from_every_form(serial in 61u32..73_000) {
            let rules = DateRules { excel_serial: true, ..DateRules::default() };
            let month_first = DateRules { order: DateOrder::MonthFirst, ..rules };
            let (year, month, day) = from_serial(serial).unwrap();
            let expected = read_date(&format!("{year}-{month:02}-{day:02}"), &rules);
            let forms = [
                format!("{day}/{month}/{year}"),
                format!("{year}{month:02}{day:02}"),
                format!("{day:02}{month:02}{year}"),
            ];
            for form in forms {
                prop_assert!(expected == read_date(&form, &rules));
            }
            let swapped = format!("{month}/{day}/{year}");
            prop_assert!(expected == read_date(&swapped, &month_first));
            if serial >= 10_000 {
                prop_assert!(expected == read_date(&serial.to_string(), &rules));
            }
        }
    }
}
