//! Identifiers that no real person has, with correct check digits.
//!
//! NHS numbers from the 999 range (never issued, kept for testing), UPNs of pseudo-authority 001 and year 99, national insurance
//! numbers with the prefix ZZ (never issued), UPRNs from 900000000001.

/// The NHS number with the given serial (0 to 999,999), or nothing if its check digit would be 10.
pub(crate) fn nhs_number(serial: u32) -> Option<String> {
    let first_nine = format!("999{:06}", serial % 1_000_000);
    let sum: u32 = first_nine
        .bytes()
        .zip((2..=10).rev())
        .map(|(digit, weight)| u32::from(digit - b'0') * weight)
        .sum();
    match 11 - sum % 11 {
        10 => None,
        11 => Some(first_nine + "0"),
        check => Some(format!("{first_nine}{check}")),
    }
}

/// The letters of a UPN, in the order of their values.
const UPN_LETTERS: &[u8; 23] = b"ABCDEFGHJKLMNPQRTUVWXYZ";

/// The UPN of one school (0 to 9,998) and pupil (0 to 999).
pub(crate) fn upn(school: u32, pupil: u32) -> String {
    with_upn_check(&format!(
        "001{:04}99{:03}",
        school % 9_999 + 1,
        pupil % 1_000
    ))
}

/// A temporary UPN: its last character is a letter.
pub(crate) fn temporary_upn(school: u32, pupil: u32, letter: usize) -> String {
    let last = char::from(UPN_LETTERS[letter % UPN_LETTERS.len()]);
    with_upn_check(&format!(
        "001{:04}99{:02}{last}",
        school % 9_999 + 1,
        pupil % 100
    ))
}

/// Puts the check letter before the twelve characters.
fn with_upn_check(rest: &str) -> String {
    let value = |byte: u8| match byte {
        b'0'..=b'9' => usize::from(byte - b'0'),
        letter => UPN_LETTERS.iter().position(|l| *l == letter).unwrap_or(0),
    };
    let sum: usize = rest
        .bytes()
        .zip(2..)
        .map(|(byte, place)| value(byte) * place)
        .sum();
    format!("{}{rest}", char::from(UPN_LETTERS[sum % 23]))
}

/// A national insurance number with the never-issued prefix ZZ.
pub(crate) fn nino(serial: u32) -> String {
    format!(
        "ZZ{:06}{}",
        serial % 1_000_000,
        char::from(b'A' + (serial % 4) as u8)
    )
}

/// Spreads serials over `0..modulus` without repeating one, so that neighbours in the borough have no neighbouring numbers.
pub(crate) fn scattered(serial: u32, modulus: u32) -> u32 {
    // The multiplier is prime and divides none of the moduli used, so this is a permutation of the range.
    (u64::from(serial % modulus) * 700_001 % u64::from(modulus)) as u32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors() {
        assert_eq!(nhs_number(1).as_deref(), Some("9990000018"));
        assert_eq!(nhs_number(5).as_deref(), Some("9990000050"));
        assert_eq!(nhs_number(0), None);
        assert_eq!(with_upn_check("001999925001"), "X001999925001");
        assert_eq!(with_upn_check("00199992501A"), "W00199992501A");
        assert_eq!(nino(5), "ZZ000005B");
    }

    #[test]
    fn the_project_reads_what_is_made_here() {
        use kinfold_identity::{NhsNumber, Nino, Upn};
        for serial in 1..2_000 {
            if let Some(number) = nhs_number(scattered(serial, 1_000_000)) {
                assert!(NhsNumber::parse(&number).is_ok(), "{number}");
            }
            assert!(Upn::parse(&upn(serial, serial)).is_ok());
            assert!(Upn::parse(&temporary_upn(serial, serial, serial as usize)).is_ok());
            assert!(Nino::parse(&nino(scattered(serial, 1_000_000))).is_ok());
        }
    }

    #[test]
    fn scattering_repeats_nothing() {
        let mut all: Vec<u32> = (0..1_000_000).map(|s| scattered(s, 1_000_000)).collect();
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 1_000_000);
    }
}
