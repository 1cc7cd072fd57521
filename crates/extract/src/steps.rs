//! How far a long step is.

use std::cell::Cell;

/// Fewer things than this are done before anybody could read how far they are.
const LONG: usize = 20_000;

/// A step of many like things, told in words at every tenth of the way.
pub(crate) struct Way<'a> {
    told: &'a dyn Fn(&str),
    what: String,
    tenths: Cell<usize>,
}

impl<'a> Way<'a> {
    /// A step that `what` says, of which `told` is told.
    pub(crate) fn new(told: &'a dyn Fn(&str), what: impl Into<String>) -> Self {
        Self {
            told,
            what: what.into(),
            tenths: Cell::new(0),
        }
    }

    /// So many parts of `all` are done. It is told when a tenth more is done than was told before, and of a short step, with few things (`size`)
    /// behind it, not at all.
    pub(crate) fn at(&self, done: usize, all: usize, size: usize) {
        let tenths = done * 10 / all.max(1);
        if size >= LONG && tenths > self.tenths.replace(tenths) {
            (self.told)(&format!("{}: {} %", self.what, tenths * 10));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;

    #[test]
    fn a_long_step_is_told_ten_times_and_a_short_one_not_at_all() {
        let told = RefCell::new(Vec::new());
        let tell = |step: &str| told.borrow_mut().push(step.to_owned());
        let way = Way::new(&tell, "Comparing");
        (1..=1_000).for_each(|done| way.at(done, 1_000, LONG));
        assert_eq!(told.borrow().len(), 10);
        assert_eq!(told.borrow()[0], "Comparing: 10 %");
        assert_eq!(told.borrow()[9], "Comparing: 100 %");
        told.borrow_mut().clear();
        let way = Way::new(&tell, "Comparing");
        (1..=1_000).for_each(|done| way.at(done, 1_000, LONG - 1));
        assert!(told.borrow().is_empty());
    }
}
