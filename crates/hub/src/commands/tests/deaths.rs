//! Deaths, from sealed packages to references: who has died lives nowhere now, and nothing that happens later is theirs.

use kinfold_exchange::{DEATH_EVENT_CODE, EventRow};

use super::world::{World, reference};
use crate::screen::Answer;
use crate::terms::hex;

/// Somebody of a household without needs, whose death nothing contradicts.
const MOURNED: usize = 5;
/// Somebody of another one, to whom something happened two months after the council heard of a death.
const CONFUSED: usize = 13;

const JUNE: i32 = 20_605; // 2026-06-01
const JULY: i32 = 20_635; // 2026-07-01
const AUGUST: i32 = 20_666; // 2026-08-01

fn event(custodian: &str, person: usize, code: &str, start: i32) -> EventRow {
    EventRow {
        record_ref: reference(custodian, person),
        code: code.into(),
        start,
        end: None,
        ongoing: false,
        grade: 0,
        service: String::new(),
    }
}

/// A hub that has the packages of a council that knows of two deaths, and of a health service that knows of none.
fn with_deaths() -> World {
    let world = World::with_hub();
    let council = [
        event("council", MOURNED, DEATH_EVENT_CODE, JUNE),
        event("council", MOURNED, "housing/main-duty", JUNE - 31),
        event("council", CONFUSED, DEATH_EVENT_CODE, JUNE),
    ];
    world.send_with("council", 1, 7, &council);
    let health = [
        // Written down late: thirty days after the death.
        event("health", MOURNED, "mental-health/therapy", JULY),
        event("health", CONFUSED, "mental-health/therapy", AUGUST),
    ];
    world.send_with("health", 1, 7, &health);
    assert!(world.ingest_all().problems.is_empty());
    world
}

fn link_on(world: &World, date: &str) -> Answer {
    let line = [
        "link",
        "--hub",
        "hub",
        "--reference-date",
        date,
        "-o",
        "out",
    ];
    world.run(&line).unwrap()
}

/// The person of a record.
fn person(world: &World, custodian: &str, of: usize) -> String {
    let wanted = hex(&reference(custodian, of));
    let people = world.rows("out/people.parquet", ["record_ref", "cluster_id"]);
    let found = people.into_iter().find(|[record, _]| *record == wanted);
    let [_, person] = found.unwrap();
    person
}

/// The person's only row among the households: whether current, the last month, the reasons.
fn membership(world: &World, person: &str) -> [String; 3] {
    let columns = ["cluster_id", "current", "to", "reasons"];
    let mut own: Vec<_> = world
        .rows("out/households.parquet", columns)
        .into_iter()
        .filter(|[of, ..]| of == person)
        .map(|[_, current, to, reasons]| [current, to, reasons])
        .collect();
    assert_eq!(own.len(), 1, "{own:?}");
    own.remove(0)
}

const TOLD: &str = "1 member has died and is no longer counted as living in it.";

#[test]
fn who_has_died_is_no_current_member() {
    let world = with_deaths();
    let linked = link_on(&world, "2026-08-31");
    // Both records of the dead are still one person, with the same reference for both.
    let mourned = person(&world, "council", MOURNED);
    assert_eq!(mourned, person(&world, "health", MOURNED));
    let [current, to, reasons] = membership(&world, &mourned);
    assert_eq!((current.as_str(), to.as_str()), ("false", "2026-06"));
    assert!(reasons.contains(TOLD), "{reasons}");
    // The others live on in the same household.
    let other = membership(&world, &person(&world, "council", MOURNED - 1));
    assert_eq!(other, ["true".to_owned(), String::new(), reasons]);
    // What the dead needed is no need of the household now.
    assert_eq!(linked.data["needs"]["homelessness"]["current"], 5);
}

#[test]
fn what_happened_after_a_death_is_somebody_elses() {
    let world = with_deaths();
    let linked = link_on(&world, "2026-08-31");
    assert_eq!(linked.data["people"], 41);
    let (dead, living) = (
        person(&world, "council", CONFUSED),
        person(&world, "health", CONFUSED),
    );
    assert_ne!(dead, living);
    let [current, _, reasons] = membership(&world, &dead);
    assert_eq!(current, "false");
    assert!(reasons.contains(TOLD), "{reasons}");
    assert_eq!(membership(&world, &living)[0], "true");

    let ends = [
        hex(&reference("council", CONFUSED)),
        hex(&reference("health", CONFUSED)),
    ];
    let columns = ["record_ref_l", "record_ref_r", "decision", "evidence"];
    let pairs = world.rows("out/pairs.parquet", columns);
    let [_, _, decision, evidence] = pairs
        .iter()
        .find(|[left, right, ..]| ends.contains(left) && ends.contains(right))
        .unwrap();
    assert_eq!(decision, "vetoed");
    assert!(
        evidence.contains("one died before something that happened to the other"),
        "{evidence}"
    );
}

#[test]
fn before_the_day_of_death_nothing_is_known_of_it() {
    let world = with_deaths();
    let linked = link_on(&world, "2026-05-31");
    assert_eq!(linked.data["people"], 40);
    let [current, to, reasons] = membership(&world, &person(&world, "council", MOURNED));
    assert_eq!((current.as_str(), to.as_str()), ("true", ""));
    assert!(!reasons.contains("died"), "{reasons}");
    // What was known of May is a need, and the council's other events begin in June.
    assert_eq!(linked.data["needs"]["homelessness"]["current"], 1);
}
