//! Rows of the `households.parquet` of the run before: who was shown where, and when.

use kinfold_linkage::Seen;
use kinfold_store::{Column, TextTable};

use crate::linking::tables::month_number;

/// One person in one household.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Member<'a> {
    pub(super) household: &'a str,
    pub(super) person: &'a str,
    /// Whether only earlier runs showed the person there: that is no evidence that the household goes on.
    pub(super) is_former: bool,
    /// At which releases the person was shown as a current member.
    pub(super) seen: Option<Seen>,
}

/// The columns that are read, in the order of [`Member::read`]. Runs of earlier versions have no months of releases.
pub(super) fn columns() -> [Column<'static>; 8] {
    [
        Column::needed(&["household_id"]),
        Column::needed(&["cluster_id"]),
        Column::optional(&["current"]),
        Column::optional(&["homes"]),
        Column::optional(&["custodians"]),
        Column::optional(&["seen_from"]),
        Column::optional(&["seen_to"]),
        Column::optional(&["gone_by"]),
    ]
}

impl<'a> Member<'a> {
    /// A row; none where a month is not one. A run without months of releases showed its current members at its own newest release.
    pub(super) fn read(table: &'a TextTable, row: usize, release: Option<u16>) -> Option<Self> {
        let cell = |column: usize| table.column(column).map(|cells| cells[row].as_str());
        let is_current = cell(2).is_none_or(|current| current.eq_ignore_ascii_case("true"));
        let no_custodian = cell(4) == Some("0");
        let seen = match (cell(5), cell(6)) {
            (Some(""), Some("")) => None,
            (Some(from), Some(to)) => Some(Seen {
                from: month_number(from)?,
                to: month_number(to)?,
                gone: match cell(7).unwrap_or_default() {
                    "" => None,
                    month => Some(month_number(month)?),
                },
            }),
            // Without evidence of a home the person was a household of one for want of anything better.
            _ if is_current && cell(3) != Some("0") => release.map(|month| Seen {
                from: month,
                to: month,
                gone: None,
            }),
            _ => None,
        };
        Some(Self {
            household: cell(0).unwrap_or_default(),
            person: cell(1).unwrap_or_default(),
            is_former: !is_current && no_custodian && seen.is_some(),
            seen,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use kinfold_store::read_text_columns;

    /// The members of a table with these lines, or none where one is damaged.
    fn read(lines: &str) -> Option<Vec<(String, bool, Option<Seen>)>> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("households.csv");
        std::fs::write(&path, lines).unwrap();
        let table = read_text_columns(&path, &columns()).unwrap();
        let rows = (0..table.rows).map(|row| {
            let member = Member::read(&table, row, month_number("2026-03"))?;
            Some((member.person.to_owned(), member.is_former, member.seen))
        });
        rows.collect()
    }

    fn seen(from: &str, to: &str, gone: Option<&str>) -> Option<Seen> {
        Some(Seen {
            from: month_number(from)?,
            to: month_number(to)?,
            gone: gone.and_then(month_number),
        })
    }

    #[test]
    fn members_and_former_members_are_told_apart() {
        let lines = "household_id,cluster_id,current,homes,custodians,seen_from,seen_to,gone_by\n\
                     H,now,true,1,2,2025-09,2026-03,\n\
                     H,dead,false,1,2,2025-09,2025-09,2026-03\n\
                     H,former,false,1,0,2025-03,2025-09,2026-03\n\
                     A,nowhere,true,0,0,,,\n\
                     B,buried,false,0,0,,,\n";
        let rows = read(lines).unwrap();
        let expected = [
            ("now", false, seen("2025-09", "2026-03", None)),
            ("dead", false, seen("2025-09", "2025-09", Some("2026-03"))),
            ("former", true, seen("2025-03", "2025-09", Some("2026-03"))),
            ("nowhere", false, None),
            ("buried", false, None),
        ];
        assert_eq!(
            rows,
            expected.map(|(person, former, seen)| (person.to_owned(), former, seen))
        );
        assert_eq!(read(&lines.replace("2025-03", "2025-3")), None);
    }

    #[test]
    fn a_run_of_an_earlier_version_showed_its_members_at_its_own_release() {
        let lines = "household_id,cluster_id,current,homes,custodians\n\
                     H,now,true,1,2\nH,left,false,1,2\nA,nowhere,true,0,0\n";
        let months: Vec<_> = read(lines)
            .unwrap()
            .into_iter()
            .map(|row| (row.1, row.2))
            .collect();
        let march = seen("2026-03", "2026-03", None);
        assert_eq!(months, [(false, march), (false, None), (false, None)]);
    }
}
