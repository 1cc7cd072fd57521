//! The verbs, one file each.

pub mod agreement;
pub mod bench;
pub mod check;
pub mod compat;
pub mod encode;
pub mod explain;
pub mod inspect;
pub mod key;
pub mod release_check;
pub mod run;
pub mod sample;
pub mod schema;
pub mod seal;
