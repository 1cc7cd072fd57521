//! The event codes that an agreement usually lists.

/// The codes that the shipped rule pack knows, sorted. An agreement may list fewer. `safeguarding/…` gives context and makes no
/// need.
pub const STANDARD_EVENT_CODES: &[&str] = &[
    "asb/incident",
    "asb/order",
    "asb/proven-offence",
    "asb/warning",
    "domestic-abuse/assessment-factor",
    "domestic-abuse/incident",
    "domestic-abuse/marac",
    "domestic-abuse/order-breach",
    "education/attendance-90-95",
    "education/attendance-below-50",
    "education/attendance-below-90",
    "education/missing-education",
    "education/permanent-exclusion",
    "education/suspension",
    "housing/arrears",
    "housing/main-duty",
    "housing/prevention-duty",
    "housing/relief-duty",
    "housing/rough-sleeping",
    "housing/temporary-accommodation",
    "mental-health/assessment-factor",
    "mental-health/crisis-contact",
    "mental-health/detention",
    "mental-health/inpatient",
    "mental-health/secondary-care",
    "mental-health/therapy",
    "safeguarding/child-in-need",
    "safeguarding/child-protection-plan",
    "safeguarding/looked-after",
    "substance/assessment-factor",
    "substance/brief-intervention",
    "substance/hospital-admission",
    "substance/opiate-treatment",
    "substance/treatment",
    "substance/unplanned-exit",
    "work/neet",
    "work/out-of-work",
    "work/sanction-or-arrears",
];

/// The event code that says on which day somebody died. It is evidence against links (a later event is somebody else's) and makes no need.
/// Not among the codes that agreements usually list: the parties decide whether deaths leave, and add it before they sign.
pub const DEATH_EVENT_CODE: &str = "person/died";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_sorted_and_well_formed() {
        assert!(STANDARD_EVENT_CODES.is_sorted_by(|a, b| a < b));
        assert!(crate::names::is_event_code(DEATH_EVENT_CODE));
        assert!(
            STANDARD_EVENT_CODES
                .iter()
                .all(|code| crate::names::is_event_code(code))
        );
    }
}
