//! Numbers that agencies give people and places. Each has one canonical text, checked when it is read.

mod nhs;
mod nino;
mod telephone;
mod uln;
mod upn;
mod uprn;
mod usrn;

pub use nhs::{NhsNumber, is_verified_trace};
pub use nino::Nino;
pub use telephone::{Telephone, read_telephones};
pub use uln::Uln;
pub use upn::{Upn, UpnKind};
pub use uprn::Uprn;
pub use usrn::Usrn;

use crate::fold::{compact, is_blank_code, says_unknown};
use crate::rejected::Rejected;

/// A type that holds the canonical text of one identifier, hidden and wiped on drop.
macro_rules! canonical_text {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(crate::plain::Plain<String>);

        impl $name {
            /// The canonical text.
            pub fn as_str(&self) -> &str {
                self.0.expose()
            }
        }

        crate::plain::hidden_debug!($name);
    };
}
pub(crate) use canonical_text;

/// The digits and letters of a numbered identifier, or why there are none.
fn characters(cell: &str) -> Result<String, Rejected> {
    if says_unknown(cell) {
        return Err(Rejected::Placeholder);
    }
    let text = compact(cell);
    if text.is_empty() {
        return Err(Rejected::Empty);
    }
    // A zero in any number of places is what a numeric column holds for "none", whatever the number's proper length.
    if is_blank_code(&text) {
        return Err(Rejected::Placeholder);
    }
    Ok(text)
}

/// Like [`characters`], for identifiers of digits only: undoes `.0` and refuses scientific notation.
fn digits(cell: &str) -> Result<String, Rejected> {
    let mut text = characters(cell)?;
    // A column that once was numeric comes back from data frames as "123.0"; the digits are whole.
    if text.ends_with(".0") {
        text.truncate(text.len() - 2);
    }
    if is_scientific(&text) {
        return Err(Rejected::ExcelDamaged);
    }
    if text.bytes().all(|b| b.is_ascii_digit()) {
        Ok(text)
    } else {
        Err(Rejected::BadShape)
    }
}

/// `1.00023E+11`, also without the sign or the point.
fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once('E') else {
        return false;
    };
    let exponent = exponent.strip_prefix('+').unwrap_or(exponent);
    let number = |t: &str| !t.is_empty() && t.bytes().all(|b| b.is_ascii_digit());
    number(exponent) && number(&mantissa.replacen('.', "", 1))
}

/// Whether all characters are the same: `0000000000`, `9999999999`.
fn one_repeated(text: &str) -> bool {
    let mut bytes = text.bytes();
    bytes.next().is_some_and(|first| bytes.all(|b| b == first))
}

fn digit(byte: u8) -> u32 {
    u32::from(byte.wrapping_sub(b'0'))
}
