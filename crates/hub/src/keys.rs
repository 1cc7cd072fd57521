//! Different project keys: the one mistake of a custodian that neither the package nor its sender can see.

use kinfold_message::{Exit, Problem};
use kinfold_store::PackageInfo;

/// `custodian` and the senders of these packages encoded with different project keys.
pub(crate) fn different_keys(custodian: &str, others: &[&PackageInfo]) -> Problem {
    let labels: Vec<String> = others.iter().map(|other| other.label()).collect();
    Problem::new(
        "E-KEY-CHECK",
        Exit::Integrity,
        format!(
            "`{custodian}` did not encode with the same project key as {}",
            labels.join(", ")
        ),
        "the custodians compare their project keys' fingerprints; the one with the wrong key encodes again with a higher `--sequence`, or its package is taken out with `kinfold-hub withdraw CUSTODIAN KIND PERIOD SEQUENCE --hub DIR --reason TEXT`",
    )
}
