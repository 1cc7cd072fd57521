//! Who takes part in the demo, and what they agreed: an invented borough.

/// One party.
#[derive(Clone, Copy, Debug)]
pub struct Party {
    /// Its id in the agreement.
    pub id: &'static str,
    /// Its role, as the command line names it.
    pub role: &'static str,
    /// Its name for people.
    pub name: &'static str,
}

const fn custodian(id: &'static str, name: &'static str) -> Party {
    Party {
        id,
        role: "custodian",
        name,
    }
}

/// The agencies.
pub const CUSTODIANS: [Party; 4] = [
    custodian("council", "Eastmere Council"),
    custodian("health", "Eastmere NHS Trust"),
    custodian("police", "Eastmere Police"),
    custodian("lscb", "Eastmere Safeguarding Children Board"),
];

/// Opens record packages; never holds the project key.
pub(super) const LINKAGE_UNIT: Party = Party {
    id: "linkage-unit",
    role: "linkage-unit",
    name: "Eastmere Linkage Unit",
};

/// Opens event packages.
pub(super) const INTEGRATOR: Party = Party {
    id: "integrator",
    role: "integrator",
    name: "Eastmere Integration Team",
};

/// Everybody who signs.
pub(super) const ALL: [Party; 6] = [
    CUSTODIANS[0],
    CUSTODIANS[1],
    CUSTODIANS[2],
    CUSTODIANS[3],
    LINKAGE_UNIT,
    INTEGRATOR,
];

/// The project of the agreement.
pub(super) const PROJECT: &str = "eastmere";

/// The epoch of its key.
pub(super) const EPOCH: &str = "2026";

/// The period of the packages.
pub(super) const PERIOD: &str = "2026-08";

/// The most people that the agreement is for; it sets the diffusion.
pub(super) const PEOPLE: &str = "75000";

/// The day that the packages arrive.
pub(super) const INGEST_DATE: &str = "2026-09-01";

/// The last day of the agreement.
pub(super) const EXPIRES: &str = "2027-03-31";

/// The day at which needs are judged: the "today" of the sample's world.
pub const REFERENCE_DATE: &str = "2026-08-31";
