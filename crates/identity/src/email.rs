//! E-mail addresses.

use crate::fold::{bare, fold, says_unknown};
use crate::numbers::canonical_text;
use crate::plain::Plain;
use crate::rejected::Rejected;

canonical_text!(
    /// An e-mail address in small letters: one `@`, a local part and a domain.
    ///
    /// It is shared: a parent's stands in the records of the children. It comes near to saying who somebody is and proves nothing.
    Email
);

/// Longest local part and longest domain (RFC 5321, section 4.5.3.1).
const LOCAL_MAX: usize = 64;
const DOMAIN_MAX: usize = 255;

impl Email {
    /// Reads one address.
    ///
    /// `mailto:`, angle brackets and a name before them go, and spaces around the `@`. What follows a `+` in the local part is its
    /// bearer's note for one sender (RFC 5233) and goes too. `googlemail.com` is `gmail.com`: Google used both for the same boxes in the United
    /// Kingdom. Points in the local part stay; only some providers ignore them. A domain without a point is a slip and kept, as the local
    /// part still tells: it makes no strangers agree.
    ///
    /// Domains kept for examples (`example.org`, RFC 2606) are read: invented records use them.
    ///
    /// # Errors
    /// [`Rejected::Placeholder`] for addresses that stand for none (`noemail@…`, `none@none`, `test@…`, `…@noemail.com`),
    /// [`Rejected::BadShape`] for whatever is no address, two in one cell among it.
    pub fn parse(cell: &str) -> Result<Self, Rejected> {
        if says_unknown(cell) {
            return Err(Rejected::Placeholder);
        }
        let text = fold(bare(cell)).to_ascii_lowercase();
        let text = text.trim();
        let text = match (text.find('<'), text.rfind('>')) {
            (Some(open), Some(close)) if open < close => &text[open + 1..close],
            _ => text,
        };
        let text = text.strip_prefix("mailto:").unwrap_or(text);
        let text = text.trim_matches(|c: char| " <>()[]\"',;:".contains(c));
        if text.is_empty() {
            return Err(Rejected::Empty);
        }
        let Some((local, domain)) = text.split_once('@') else {
            return Err(if is_no_address(text) {
                Rejected::Placeholder
            } else {
                Rejected::BadShape
            });
        };
        let (local, domain) = (local.trim(), domain.trim());
        let local = match local.split_once('+') {
            Some((kept, _)) if !kept.is_empty() => kept,
            _ => local,
        };
        // What a spreadsheet puts around a value is no part of it, whatever stood before it.
        let local = local.trim_matches(['.', '\'', '=']);
        let domain = domain.trim_matches('.');
        let domain = if domain == "googlemail.com" {
            "gmail.com"
        } else {
            domain
        };
        if !is_local(local) || !is_domain(domain) {
            return Err(Rejected::BadShape);
        }
        if is_no_address(local) || is_no_domain(domain) {
            return Err(Rejected::Placeholder);
        }
        let whole = Plain::new(format!("{local}@{domain}"));
        // `Jane <un@kn.own>` says it only without the name before it.
        if says_unknown(whole.expose()) {
            return Err(Rejected::Placeholder);
        }
        Ok(Self(whole))
    }

    /// The local part, before the `@`: it often stays when somebody changes the provider, and it often is the name.
    pub fn local(&self) -> &str {
        let whole = self.as_str();
        whole.split_once('@').map_or(whole, |(local, _)| local)
    }
}

/// Characters of a local part without quotes (RFC 5322, `atext` and points), the plus sign aside.
fn is_local(local: &str) -> bool {
    let allowed = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*/=?^_`{|}~.-".contains(&b);
    (1..=LOCAL_MAX).contains(&local.len())
        && local.bytes().all(allowed)
        && local.bytes().any(|b| b.is_ascii_alphanumeric())
}

/// Labels of letters, digits and hyphens, the last one not of digits.
fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'-')
    };
    let last = domain.rsplit('.').next().unwrap_or_default();
    (2..=DOMAIN_MAX).contains(&domain.len())
        && domain.split('.').all(label)
        && last.bytes().any(|b| b.is_ascii_alphabetic())
}

/// Whether a local part, or a cell without an `@`, stands for "no address". Digits at its end do not count (`test1`), nor do points and
/// lines between words. Two letters are initials here, so `na` and `nk` are not among them.
fn is_no_address(local: &str) -> bool {
    let word: String = local
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .chars()
        .filter(char::is_ascii_alphanumeric)
        .collect();
    let only_x = word.len() > 2 && word.bytes().all(|b| b == b'x');
    only_x
        || matches!(
            word.as_str(),
            "anonymous"
                | "declined"
                | "donotreply"
                | "dummy"
                | "email"
                | "emailaddress"
                | "example"
                | "invalid"
                | "missing"
                | "noaddress"
                | "noemail"
                | "noemailaddress"
                | "noemailgiven"
                | "noemailprovided"
                | "nomail"
                | "none"
                | "nonegiven"
                | "noreply"
                | "notapplicable"
                | "notavailable"
                | "notgiven"
                | "notknown"
                | "notprovided"
                | "notrecorded"
                | "notsupplied"
                | "null"
                | "refused"
                | "test"
                | "tester"
                | "testing"
                | "unknown"
        )
}

/// Whether a domain stands for "no address".
fn is_no_domain(domain: &str) -> bool {
    let first = domain.split('.').next().unwrap_or_default();
    matches!(
        first,
        "dummy"
            | "na"
            | "nil"
            | "noaddress"
            | "nodomain"
            | "noemail"
            | "nomail"
            | "none"
            | "noreply"
            | "null"
            | "test"
            | "unknown"
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn addresses() {
        for (cell, canonical) in [
            ("Jane.Smith@Example.ORG", "jane.smith@example.org"),
            (" mailto:jane@example.org ", "jane@example.org"),
            ("Jane Smith <jane@example.org>", "jane@example.org"),
            ("jane+school@example.org", "jane@example.org"),
            ("jane @ example.org", "jane@example.org"),
            ("jane@googlemail.com", "jane@gmail.com"),
            ("o'neill_7@my-school.sch.uk", "o'neill_7@my-school.sch.uk"),
            ("lucas.harrington@com", "lucas.harrington@com"),
            ("jane@example.org.", "jane@example.org"),
            ("nk@thompson.com", "nk@thompson.com"),
            ("josé@example.org", "jose@example.org"),
            (".'jane@example.org", "jane@example.org"),
        ] {
            assert_eq!(
                Email::parse(cell).map(|e| e.as_str().to_owned()),
                Ok(canonical.into()),
                "{cell}"
            );
        }
        assert_eq!(
            Email::parse("jane.smith@example.org").unwrap().local(),
            "jane.smith"
        );
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for stand_in in [
            "noemail@example.org",
            "no.email@council.gov.uk",
            "none@none",
            "none@none.com",
            "test@test.com",
            "test@example.org",
            "test12@example.org",
            "na@na.com",
            "x@noemail.com",
            "unknown@unknown.com",
            "N/A",
            "none",
            "no email",
            "not known",
            "noreply@nhs.uk",
            "xxx@xxx.com",
            "Jane <un@kn.own>",
        ] {
            assert_eq!(
                Email::parse(stand_in),
                Err(Rejected::Placeholder),
                "{stand_in}"
            );
        }
        for (cell, why) in [
            ("", Rejected::Empty),
            ("<>", Rejected::Placeholder),
            ("jane", Rejected::BadShape),
            ("@example.org", Rejected::BadShape),
            ("jane@", Rejected::BadShape),
            ("jane@@example.org", Rejected::BadShape),
            ("jane@exa mple.org", Rejected::BadShape),
            ("jane smith@example.org", Rejected::BadShape),
            ("jane@10.0.0.1", Rejected::BadShape),
            ("jane@-example.org", Rejected::BadShape),
            ("jane@x", Rejected::BadShape),
            ("jane@example..org", Rejected::BadShape),
            ("a@example.org; b@example.org", Rejected::BadShape),
            ("07700 900123", Rejected::BadShape),
        ] {
            assert_eq!(Email::parse(cell), Err(why), "{cell}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_survived_and_canonical_text_reads_back(
            cell in "\\PC*|[A-Za-z.+'_0-9-]{1,12} ?@ ?[A-Za-z0-9.-]{1,12}|[a-z]{1,5}\\+?[a-z]{0,5}@[a-z]{1,8}\\.(com|org|co\\.uk)"
        ) {
            if let Ok(email) = Email::parse(&cell) {
                let whole = email.as_str();
                prop_assert_eq!(whole.matches('@').count(), 1);
                prop_assert!(whole.is_ascii() && !email.local().is_empty() && whole.starts_with(email.local()));
                prop_assert_eq!(Email::parse(whole), Ok(email.clone()));
            }
        }

        #[test]
        fn case_and_wrapping_change_nothing(local in "[a-z]{3,9}[0-9]{0,2}", domain in "[a-z]{3,9}\\.(org|co\\.uk)") {
            let plain = format!("{local}@{domain}");
            let read = Email::parse(&plain);
            for cell in [plain.to_uppercase(), format!(" <{plain}> "), format!("mailto:{plain}"), format!("{local}+note@{domain}")] {
                prop_assert_eq!(Email::parse(&cell), read.clone());
            }
        }
    }
}
