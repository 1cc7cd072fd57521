//! [`Names`]: a list of names that is wiped when dropped.

use std::ops::{Deref, DerefMut};

use zeroize::{Zeroize, ZeroizeOnDrop};

use crate::plain::hidden_debug;

/// Names of one person, in the order of first appearance. It reads and grows like a `Vec<String>`; each name is overwritten with
/// zeroes when the list is dropped, and `Debug` hides it.
///
/// A type of its own rather than a `Drop` on [`crate::Person`], because a person with a `Drop` could not be written as
/// `Person { sex, ..Person::default() }`.
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Zeroize, ZeroizeOnDrop)]
pub struct Names(Vec<String>);
hidden_debug!(Names);

impl Deref for Names {
    type Target = Vec<String>;

    fn deref(&self) -> &Vec<String> {
        &self.0
    }
}

impl DerefMut for Names {
    fn deref_mut(&mut self) -> &mut Vec<String> {
        &mut self.0
    }
}

impl From<Vec<String>> for Names {
    fn from(names: Vec<String>) -> Self {
        Self(names)
    }
}

impl FromIterator<String> for Names {
    fn from_iter<I: IntoIterator<Item = String>>(names: I) -> Self {
        Self(names.into_iter().collect())
    }
}

impl<'list> IntoIterator for &'list Names {
    type Item = &'list String;
    type IntoIter = std::slice::Iter<'list, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl PartialEq<[&str]> for Names {
    fn eq(&self, other: &[&str]) -> bool {
        self.0 == other
    }
}

impl<const N: usize> PartialEq<[&str; N]> for Names {
    fn eq(&self, other: &[&str; N]) -> bool {
        self.0 == other
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_reads_like_a_vector_and_hides() {
        let mut names = Names::from(vec![String::from("ROBERT")]);
        names.push(String::from("BOB"));
        assert!(names == ["ROBERT", "BOB"] && names.iter().any(|name| name == "BOB"));
        assert_eq!(format!("{names:?}"), "Names(hidden)");
        assert_eq!((&names).into_iter().count(), 2);
    }

    #[test]
    fn wiping_empties_the_list() {
        let mut names: Names = [String::from("ROBERT")].into_iter().collect();
        names.zeroize();
        assert!(names.is_empty());
    }
}
