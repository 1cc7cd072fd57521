//! The tables inside packages, as Arrow IPC files with plain column types: pyarrow, polars and R read them as they are.
//!
//! A table comes from another organisation, so reading one checks every column's type, length and values, and stops at the first
//! that does not fit. Rows are written in the order of their random references: a source's own order never leaves.

mod arrow_file;
mod bench_codes;
mod codes;
mod codes_reader;
mod events;
mod one_batch;
mod opened;
mod store;

pub use bench_codes::{BenchCodes, BenchCodesWriter, bench_codes_from_ipc};
pub use codes::{CodesWriter, codes_from_ipc, codes_to_ipc};
pub use codes_reader::{CodesReader, open_codes};
pub use events::{
    EventRow, EventTable, EventsWriter, LifeStage, SubjectRow, events_from_ipc, events_to_ipc,
    subjects_from_ipc, subjects_to_ipc,
};
pub use one_batch::TableFile;

#[cfg(test)]
mod tests;
