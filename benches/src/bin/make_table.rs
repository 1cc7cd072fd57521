//! `cargo run -p kinfold-benches --bin make_table -- ROWS > TABLE.csv`: invented people of six fields as a CSV table.

use std::io::Write as _;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let rows: usize = std::env::args().nth(1).map_or(Ok(100_000), |text| text.parse())?;
    let people = kinfold_benches::people::people(rows);
    std::io::stdout().write_all(kinfold_benches::people::csv(&people).as_bytes())?;
    Ok(())
}
