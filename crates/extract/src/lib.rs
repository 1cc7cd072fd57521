//! Reading a custodian's own files.

mod compare;
mod dates;
mod decode;
mod error;
mod events;
mod gather;
mod layout;
mod mapping;
mod people;
mod records;
mod sheet;
mod unite;

pub use dates::{DateForms, Day, Mixed, civil, days, month};
pub use decode::Encoding;
pub use error::Error;
pub use events::{Event, EventsReport, Unknown, read_events};
pub use gather::{Gathered, gather};
pub use mapping::*;
pub use people::{FieldReport, PeopleReport, PersonRow, is_child, read_people};
pub use sheet::{Assumed, Sheet, Told};
pub use unite::{Doubt, Doubtful, Reason, United, UnitedPerson, unite};
