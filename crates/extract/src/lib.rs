//! Reading a custodian's own files.

mod dates;
mod decode;
mod error;
mod layout;
mod mapping;
mod records;
mod sheet;

pub use dates::{DateForms, Day, Mixed, civil, days, month};
pub use decode::Encoding;
pub use error::Error;
pub use mapping::*;
pub use sheet::{Assumed, Sheet, Told};
