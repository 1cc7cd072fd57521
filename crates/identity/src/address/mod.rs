//! Addresses: from the lines of any form to one standard home.

mod flat;
mod kind;
mod parse;
mod place;
mod street;
mod town;
mod vocabulary;

pub use parse::{read_address, read_address_abroad};
pub use town::{Town, read_town};

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::plain::hidden_debug;
use crate::postcode::Postcode;

/// What an address is, since only some addresses can make a household.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AddressKind {
    /// A home.
    Home,
    /// A place where many people live, stay or collect post: refuge, hostel, care home, prison, hospital, school, hotel, office.
    Communal,
    /// Somebody else's address.
    CareOf,
    /// No fixed abode.
    NoFixedAbode,
}

/// An address in standard words. Wiped when dropped.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address {
    /// Flat, apartment, unit or room: `3`, `3B`, `GROUND`, `ROOM 2`.
    pub flat: Option<String>,
    /// House number (`12`, `12A`, `12-14`) or, without one, the house's name (`ROSE COTTAGE`).
    pub number: Option<String>,
    /// Words of the street, types written out (`HIGH`, `STREET`).
    pub street: Vec<String>,
    /// Post town or locality, as far as it can be told from the street.
    pub town: Option<String>,
    /// Postcode.
    pub postcode: Option<Postcode>,
    /// What the address is.
    pub kind: AddressKind,
}
hidden_debug!(Address);

impl Drop for Address {
    fn drop(&mut self) {
        // The postcode wipes itself.
        self.flat.zeroize();
        self.number.zeroize();
        self.street.zeroize();
        self.town.zeroize();
    }
}

impl ZeroizeOnDrop for Address {}

impl Address {
    /// Whether people at this address may be taken to live together.
    pub fn is_home(&self) -> bool {
        self.kind == AddressKind::Home
    }

    /// `flat|number|street|postcode unit`, equal for equal homes; street and names without spaces, since `FIR LANE` is also
    /// written `FIRLANE`. `None` without a number or house name, or without a
    /// postcode. It is also given for addresses that are no homes: ask [`Address::is_home`] before making a household.
    ///
    /// Two pairs of writings are the same home and get one text: `Flat A, 12 High Street` and `12A High Street`;
    /// `Flat 3, Albion House, High Street` and `3 Albion House`. The street beside a named building is left out, because
    /// it is often not written and the postcode unit with the name already says which building it is.
    pub fn canonical(&self) -> Option<String> {
        let number = self.number.as_deref()?;
        let unit = self.postcode.as_ref()?.unit();
        let street = self.street.concat();
        let name = number.replace(' ', "");
        let flat = self.flat.as_deref();
        let is_name = !number.starts_with(|c: char| c.is_ascii_digit());
        let digits_only = number.bytes().all(|b| b.is_ascii_digit());
        Some(match flat {
            Some(flat) if is_name => format!("|{flat}|{name}|{unit}"),
            None if is_name => format!("|{name}||{unit}"),
            Some(letter)
                if digits_only
                    && letter.len() == 1
                    && letter.starts_with(|c: char| c.is_ascii_uppercase()) =>
            {
                format!("|{number}{letter}|{street}|{unit}")
            }
            flat => format!("{}|{number}|{street}|{unit}", flat.unwrap_or_default()),
        })
    }
}

#[cfg(test)]
mod tests;
