//! [`Plain`]: a personal value that cannot be printed and is wiped when dropped.

use std::fmt;

use zeroize::{Zeroize, ZeroizeOnDrop};

/// A personal value in plain text.
///
/// It has no `Display`, its `Debug` prints `Plain(hidden)`, and its memory is overwritten with zeroes when it is dropped.
/// Reading the value takes a call that can be searched for: [`Plain::expose`].
///
/// ```
/// use kinfold_identity::Plain;
/// let name = Plain::new(String::from("SMITH"));
/// assert_eq!(format!("{name:?}"), "Plain(hidden)");
/// assert_eq!(name.expose(), "SMITH");
/// ```
#[derive(Clone, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Plain<T: Zeroize>(T);

impl<T: Zeroize> Plain<T> {
    /// Takes a value into hiding.
    pub fn new(value: T) -> Self {
        Self(value)
    }

    /// The value itself. Every call is a place to review.
    pub fn expose(&self) -> &T {
        &self.0
    }
}

impl<T: Zeroize> fmt::Debug for Plain<T> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Plain(hidden)")
    }
}

impl<T: Zeroize> Drop for Plain<T> {
    fn drop(&mut self) {
        self.0.zeroize();
    }
}

impl<T: Zeroize> ZeroizeOnDrop for Plain<T> {}

/// Gives types a `Debug` that names the type and hides the value.
macro_rules! hidden_debug {
    ($($name:ident),+ $(,)?) => {$(
        impl std::fmt::Debug for $name {
            fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                out.write_str(concat!(stringify!($name), "(hidden)"))
            }
        }
    )+};
}
pub(crate) use hidden_debug;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_never_shows_the_value() {
        let secret = Plain::new(vec![String::from("SMITH")]);
        assert_eq!(
            format!("{secret:?} {secret:#?}"),
            "Plain(hidden) Plain(hidden)"
        );
    }

    /// Freed memory cannot be looked at without `unsafe`; that the wiping is there can be asked of the compiler.
    #[test]
    fn everything_personal_is_wiped_when_dropped() {
        fn wiped<T: ZeroizeOnDrop>() {}
        wiped::<Plain<String>>();
        wiped::<crate::Names>();
        wiped::<crate::GivenNames>();
        wiped::<crate::FamilyName>();
        wiped::<crate::Address>();
        let mut secret = String::from("SMITH");
        secret.zeroize();
        assert!(secret.is_empty());
    }
}
