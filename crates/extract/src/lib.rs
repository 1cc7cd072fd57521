//! Reading a custodian's own files: the only crate that knows polars, and the last place where a row has a line number.
//!
//! ```text
//!  bytes ─ decode ─ layout ─► Sheet ─ mapping ─► people rows ─ unite ─► people (each once)
//!          encoding  delimiter,                └► events
//!                    titles, header
//! ```
//!
//! A [`Sheet`] is a table of text cells that knows the line each row came from and everything that was assumed on the way. A
//! [`Mapping`] (`mapping.toml`, strict) says which column holds what and which values mean which event. [`gather`] reads all files of
//! a mapping; [`unite`] brings together the rows of one person, in the clear, on the custodian's own machine.
//!
//! Nothing is dropped in silence: what cannot be read is counted by rule, what no rule knows is listed by pattern and line, and what
//! is nearly one person is listed as doubtful. No message holds a value of the file.

mod columns;

mod dates;
mod decided;
mod decode;
mod error;
mod events;
mod gather;
mod layout;
mod mapping;
mod people;
mod people_rules;
mod piles;
mod records;
mod rows;
mod sheet;
mod source;
mod steps;
mod stream;
mod table;
mod unite;

pub use dates::{DateForms, Day, Mixed, civil, days, month};
pub use decided::Decided;
pub use decode::Encoding;
pub use error::Error;
pub use events::{Event, EventsReport, Unknown};
pub use gather::{Gathered, gather};
pub use mapping::{
    Band, Column, Columns, DateForm, EventRule, EventsInput, FileForm, GradeFrom, Mapping,
    OneOrMore, OwnIds, PeopleInput,
};
pub use people::{FieldReport, PeopleReport, PersonRow, is_child};
pub use people_rules::{Ages, Births, SexCodes, SexList, Values};
pub use rows::{Rows, RowsAgain, Tells};
pub use sheet::{Assumed, Sheet, Told};
pub use stream::{
    RejectedCounts, TABLE_ROLES, TableColumns, TablePerson, read_table_row, usual_columns,
};
pub use table::Memory;
pub use unite::{Care, Doubt, Doubtful, Reason, SharedOwnId, United, UnitedPerson, unite};
