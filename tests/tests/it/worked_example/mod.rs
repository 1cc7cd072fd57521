//! The worked example of "How a person becomes a code": every value and count on the page and in its picture is made again here, twice,
//! by the engine and by hand ([`by_hand`]). When codes change on purpose, `UPDATE_EXPECT=1` writes the values again; words that are no longer
//! true somebody has to write.

mod by_hand;
mod page;
mod people;

use by_hand::{BIRTH, BITS, Hand, NAME, PROPERTY};
use kinfold_encoding::{Encoded, Input, Options, ProjectSecrets, encode};
use kinfold_identity::{NO_MONTH, Person, month_number};
use kinfold_schema::{
    Fact, HOUSEHOLD_ADDRESS, HOUSEHOLD_NONE, HOUSEHOLD_UPRN, Mixing, Schema, Token,
};
use kinfold_tests::process::{Done, kinfold};
use page::{Page, all_are_right};
use people::{Row, file, lasting};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

const PAGE: &str = "docs/src/explanation/person-to-code.md";
const PICTURE: &str = "docs/src/explanation/person-to-code.svg";

/// What the engine makes, and what for it asked for sub-keys.
struct Engine {
    schema: Schema,
    hand: Hand,
    asked: Arc<Mutex<BTreeSet<String>>>,
    secrets: ProjectSecrets,
}

impl Engine {
    fn new() -> Self {
        let schema = Schema::standard();
        let key = by_hand::project_key();
        let asked = Arc::new(Mutex::new(BTreeSet::new()));
        let (heard, own, hash) = (Arc::clone(&asked), Arc::clone(&key), schema.hash());
        Self {
            hand: Hand::new(key, &schema),
            schema,
            asked,
            secrets: ProjectSecrets::new(move |purpose| {
                heard
                    .lock()
                    .expect("nobody panics")
                    .insert(purpose.to_owned());
                own.expand(purpose, &hash)
            }),
        }
    }

    /// Encodes people whose first one has this lasting number and stands in the first row of the result.
    fn encode(&self, people: &[Person], first: [u8; 16]) -> Encoded {
        let inputs = inputs(people, first);
        let options = Options {
            month: month_number(2026, 9),
            ..Options::default()
        };
        encode(&self.schema, &self.secrets, &inputs, &options).expect("codes")
    }

    /// The tokens of each recipe of the first row before the kinds of a pool are mixed: those that a schema without pools would release.
    fn tokens(&self, people: &[Person], first: [u8; 16]) -> Vec<Vec<Token>> {
        let apart = self.schema.clone().with(Mixing::Apart);
        let options = Options::default();
        let encoded = encode(&apart, &self.secrets, &inputs(people, first), &options);
        let table = encoded.expect("codes").table;
        let layout = self.schema.key_layout().into_iter();
        layout.map(|range| table.keys[range].to_vec()).collect()
    }

    fn recipe(&self, recipe: &str) -> usize {
        let keys = &self.schema.keys;
        keys.iter()
            .position(|key| key.recipe.to_string() == recipe)
            .expect("the schema has the recipe")
    }
}

/// People whose first one has this lasting number and stands in the first row of what is made of them.
fn inputs(people: &[Person], first: [u8; 16]) -> Vec<Input<'_>> {
    people
        .iter()
        .enumerate()
        .map(|(n, person)| Input {
            record_ref: (n as u128).to_be_bytes(),
            lasting_ref: if n == 0 { first } else { lasting(n + 1) },
            ..Input::new([0; 16], person)
        })
        .collect()
}

fn hex(bytes: &[u8]) -> String {
    let bytes = bytes.iter().map(|byte| format!("{byte:02x}"));
    bytes.collect::<Vec<_>>().concat()
}

/// The beginning of a token, as the picture has it.
fn short(token: &[u8], bytes: usize) -> String {
    format!("{}…", hex(&token[..bytes]))
}

/// `2,048`.
fn count(number: usize) -> String {
    let digits = number.to_string();
    let commas = digits.as_bytes().rchunks(3).rev().map(<[u8]>::to_vec);
    let parts: Vec<String> = commas
        .map(|part| String::from_utf8(part).expect("digits"))
        .collect();
    parts.join(",")
}

fn list(numbers: impl IntoIterator<Item = usize>) -> Vec<String> {
    numbers.into_iter().map(count_plain).collect()
}

/// The number of a bit, which is a name and no amount.
fn count_plain(number: usize) -> String {
    number.to_string()
}

/// `1, 2 and 3`.
fn spoken(words: &[String]) -> String {
    let (last, rest) = words.split_last().expect("some words");
    format!("{} and {last}", rest.join(", "))
}

#[test]
fn the_page_and_its_picture_say_what_the_engine_gives() {
    let _alone = one_at_a_time();
    let engine = Engine::new();
    let (mut page, mut picture) = (Page::read(PAGE), Page::read(PICTURE));
    let people = file();
    standard_values(&mut page, &mut picture, &engine, &people);
    match_keys(&mut page, &mut picture, &engine, &people);
    filter(&mut page, &mut picture, &engine, &people);
    homes(&mut page, &mut picture, &engine, &people);
    purposes(&engine);
    page.has_nothing_unseen();
    picture.has_nothing_unseen();
    all_are_right([page, picture]);
}

/// Both tests may write the page.
fn one_at_a_time() -> MutexGuard<'static, ()> {
    static PAGES: Mutex<()> = Mutex::new(());
    PAGES.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The figures that the page takes from `kinfold schema explain`.
#[test]
fn the_page_has_the_figures_of_the_schema() {
    let _alone = one_at_a_time();
    let mut page = Page::read(PAGE);
    let explained = Done::run(&mut kinfold(["schema", "explain", "standard"])).well();
    let line = |words: &str| {
        let found = explained.stdout.lines().find(|line| line.contains(words));
        found.expect("the line is there").to_owned()
    };
    let on = line("Filter `names-birth`, on ");
    let on = on.rsplit("on ").next().expect("words").to_owned();
    page.says("short: on ", on, " the mean");
    let fill = line("mean fill");
    let fill = fill.split_whitespace().nth(2).expect("a number").to_owned();
    page.says("the mean is ", fill, ".\n");
    all_are_right([page]);
}

fn standard_values(page: &mut Page, picture: &mut Page, engine: &Engine, people: &[Person]) {
    page.says("the schema `standard` ", &engine.schema.version, ", ");
    page.says("in a file of ", people.len(), " invented");
    page.says("version, `", kinfold_identity::STANDARDISATION, "`");
    picture.says("by the rules ", kinfold_identity::STANDARDISATION, "<");
    let aisha = &people[0];
    let address = aisha.addresses[0].address.as_ref().expect("an address");
    let home = address.canonical().expect("a whole address");
    let uprn = aisha.addresses[0].uprn.as_ref().expect("a UPRN").as_str();
    let (first, family) = (
        aisha.first_names[0].as_str(),
        aisha.family_names[0].whole.as_str(),
    );
    let nhs = aisha.nhs.as_ref().expect("an NHS number").as_str();
    let sex = aisha.sex.expect("a sex").letter();
    page.says("| first name `", first, "`");
    page.says("| family name `", family, "`");
    page.says("| birth date `", aisha.births[0].iso(), "`");
    page.says("| sex `", sex, "`");
    page.says(
        "| home <code>",
        home.replace('|', "&#124;"),
        "</code> | street",
    );
    page.says("| UPRN `", uprn, "`");
    page.says("| NHS number `", nhs, "`");
    let birth = aisha.births[0].iso();
    let values = [first, family, birth.as_str(), sex, &home];
    picture.says(
        r#"<text id="values" x="34" y="144" class="m">"#,
        values.join(" · "),
        "<",
    );
    picture.says(
        r#"<text id="numbers" x="34" y="161" class="m">"#,
        format!("UPRN {uprn} · NHS {nhs}"),
        "<",
    );
}

fn match_keys(page: &mut Page, picture: &mut Page, engine: &Engine, people: &[Person]) {
    let (schema, hand) = (&engine.schema, &engine.hand);
    let birth = format!("y\u{1f}{}", by_hand::digits(&people[0].births[0].iso()));
    let names = ["AISHA", "BEGUM"].map(|name| hand.code(NAME, name.as_bytes()));
    let date = hand.code(BIRTH, birth.as_bytes());
    let property = hand.code(PROPERTY, b"900000000123");
    page.says("The code of `AISHA` is `", hex(&names[0]), "`");
    page.says("that of `BEGUM` `", hex(&names[1]), "`");
    page.says("that of the date `", hex(&date), "`");
    page.says("code of the UPRN is `", hex(&property), "`");
    picture.says(
        r#"<text id="aisha" x="78" y="264" class="m">"#,
        short(&names[0], 7),
        "<",
    );
    picture.says(
        r#"<text id="uprn" x="78" y="282" class="m">"#,
        short(&property, 7),
        "<",
    );

    // Alone nobody shares a value with her; with another lasting number only the random tokens are others.
    let alone = engine.encode(&people[..1], lasting(1)).report;
    let encoded = engine.encode(people, lasting(1));
    let tokens = engine.tokens(people, lasting(1));
    let others = engine.tokens(people, [7; 16]);
    let real: Vec<Vec<Token>> = tokens
        .iter()
        .zip(&others)
        .map(|(own, other)| own.iter().copied().filter(|t| other.contains(t)).collect())
        .collect();
    for recipe in ["NHS", "UPN", "NN", "L3 Y1", "N1s LOC", "L PD", "DF H"] {
        let at = engine.recipe(recipe);
        let words = schema.keys[at].recipe.describe();
        let row = format!("| `{recipe}` | ");
        page.says(
            &row,
            format!(
                "{words} | {} | {} | {}",
                schema.keys[at].slots,
                alone.keys[at].values,
                real[at].len()
            ),
            " |\n",
        );
    }
    let sum = |of: fn(&kinfold_encoding::KeyCount) -> usize| alone.keys.iter().map(of).sum();
    let (values, beyond): (usize, usize) = (sum(|key| key.values), sum(|key| key.beyond_slots));
    let released = real.iter().flatten().count();
    let slots = schema.key_slots();
    page.says(
        "| all ",
        format!(
            "{} recipes | | {slots} | {values} | {released}",
            schema.keys.len()
        ),
        " |\n",
    );
    page.says(
        "Of Aisha's ",
        format!(
            "{values} values {beyond} find no slot and {}",
            values - beyond - released
        ),
        " are held back",
    );
    let n1s = alone.keys[engine.recipe("N1s DS")].values;
    assert_eq!(n1s, 2, "the page says two");
    picture.says(
        r#"<text id="tokens" x="34" y="780" class="m">"#,
        slots,
        " match-key",
    );
    picture.says(
        r#"<text id="kinds" x="206" y="780" class="t">of "#,
        format!(
            "{} kinds: here {released} real, {}",
            schema.keys.len(),
            slots - released
        ),
        " random",
    );

    let nn = engine.recipe("NN");
    let token = hand.token(&[names[0].min(names[1]), names[0].max(names[1])], nn);
    assert_eq!(real[nn], [token], "by hand as by the engine");
    page.says("cut to 16 bytes, is the token: `", hex(&token), "`");
    // Real ones in front and random ones behind in the places of each kind, and all of a pool sorted.
    let pools = schema.pools();
    let pool = pools
        .iter()
        .find(|pool| pool.keys.contains(&nn))
        .expect("every kind is in one");
    let mut mixed: Vec<Token> = Vec::new();
    for (kind, places) in schema.key_layout().into_iter().enumerate() {
        if pool.keys.contains(&kind) {
            let random = places.start + real[kind].len()..places.end;
            mixed.extend(&real[kind]);
            mixed.extend(random.map(|place| hand.random_token(&lasting(1), place)));
        }
    }
    mixed.sort_unstable();
    let released = &encoded.table.keys[pool.slots.clone()];
    assert_eq!(released, mixed, "random tokens by hand as by the engine");
    page.says("`NN` is in the pool `", &pool.name, "`");
    page.says("which mixes ", pool.keys.len(), " kinds");
    page.says("are six of its ", pool.slots.len(), " tokens");
    let place = mixed.iter().position(|own| *own == token);
    let first = place.expect("it is one").saturating_sub(2);
    let six = &mixed[first.min(mixed.len() - 6)..][..6];
    let is_real = |own: &Token| real.iter().flatten().any(|other| other == own);
    let lines: Vec<String> = six
        .iter()
        .map(|own| {
            let mark = match (*own == token, is_real(own)) {
                (true, _) => "   <- that of `NN`",
                (false, true) => "   <- of another kind",
                (false, false) => "   <- random",
            };
            format!("{}{mark}", hex(own))
        })
        .collect();
    page.says("```text\n", lines.join("\n"), "\n```");
    picture.says(
        r#"<text id="token" x="32" y="446" class="m">"#,
        short(&token, 8),
        "<",
    );
    let marks: Vec<bool> = six.iter().map(is_real).collect();
    slots_of(picture, 32, &marks);
    picture.says(
        r#"<text id="pool" x="32" y="500" class="t">"#,
        format!("{} tokens of {} kinds", pool.slots.len(), pool.keys.len()),
        "<",
    );
    let place = six
        .iter()
        .position(|own| *own == token)
        .expect("it is one of the six");
    picture.says(
        r#"<text id="real" x="124" y=""#,
        format!(
            r#"{}" class="r" text-anchor="middle">{}"#,
            line_of(place),
            short(&token, 4)
        ),
        "</text>",
    );

    let bit = schema.presence.bit(Fact::Nhs).expect("a slot of presence");
    assert_eq!(encoded.table.presence[0] & bit, 0, "nobody else has one");
}

/// The baseline of a text in a slot of the picture.
fn line_of(slot: usize) -> String {
    (556 + 15 * slot).to_string()
}

/// Six slots of the picture, real or not.
fn slots_of(picture: &mut Page, x: usize, real: &[bool]) {
    for (slot, &is_real) in real.iter().enumerate() {
        let y = 546 + 15 * slot;
        picture.says(
            &format!(r#"<rect x="{x}" y="{y}" width="184" height="13" class=""#),
            if is_real { "real" } else { "slot" },
            "\"",
        );
    }
}

fn filter(page: &mut Page, picture: &mut Page, engine: &Engine, people: &[Person]) {
    let hand = &engine.hand;
    let compared = [
        ("Aishah", "Begum", "14/03/1991"),
        ("Aisha", "Begum", "15/03/1991"),
        ("Aysha", "Begum", "14/03/1991"),
        ("Aisha", "Khan", "14/03/1991"),
        ("Nadia", "Begum", "14/03/1991"),
        ("Aisha", "Begum", "26/09/1987"),
        ("Chloe", "Price", "03/03/1952"),
    ];
    // Each alone at home: of three in one home no filter is released.
    let compared = (1..).zip(compared).map(|(house, (given, family, birth))| {
        let row = Row {
            given,
            family,
            birth,
            sex: "F",
            address: &[&format!("{house} Mill Lane")],
            postcode: "XE1 4AB",
        };
        row.read()
    });
    let all: Vec<Person> = people[..1].iter().cloned().chain(compared).collect();
    let filters = engine.encode(&all, lasting(1)).table.filters.remove(0);
    let released = &engine.encode(people, lasting(1)).table.filters[0];
    assert_eq!(filters.row(0), released.row(0), "hers is released");
    let lists = hand.lists();
    let mut both = Vec::new();
    for (row, person) in all.iter().enumerate() {
        let before = hand.bits(person);
        let after: Vec<bool> = lists
            .iter()
            .map(|list| list.iter().fold(false, |sum, &bit| sum ^ before[bit]))
            .collect();
        let words = filters.row(row);
        let made: Vec<bool> = (0..BITS)
            .map(|bit| words[bit / 64] >> (bit % 64) & 1 == 1)
            .collect();
        assert!(after == made, "row {row}: by hand as by the engine");
        both.push((before, after));
    }
    let ones = |bits: &[bool]| bits.iter().filter(|bit| **bit).count();
    let differ = |a: &[bool], b: &[bool]| a.iter().zip(b).filter(|(x, y)| x != y).count();
    let (before, after) = both[0].clone();
    let rows = [
        "| Aishah Begum, same date | ",
        "| Aisha Begum, 15 March 1991 | ",
        "| Aysha Begum, same date | ",
        "| Aisha Khan, same date | ",
        "| Nadia Begum, the twin | ",
        "| Aisha Begum, 26 September 1987 | ",
        "| Chloe Price, 3 March 1952 | ",
    ];
    for (row, (own_before, own_after)) in rows.iter().zip(&both[1..]) {
        let released = differ(&after, own_after);
        let numbers = [differ(&before, own_before), released].map(count);
        page.says(row, numbers.join(" | "), " |\n");
        // A slip of a letter or a day is seen, another date and a stranger are not; a changed surname and the twin lie at the edge.
        if row.contains("Khan") || row.contains("twin") {
            assert!(released.abs_diff(922) < 100, "{row}: {released}");
        } else {
            let is_seen = !row.contains("1987") && !row.contains("1952");
            assert_eq!(released < 922, is_seen, "{row}");
        }
    }
    let positions = hand.positions("names", b"BAI", 3);
    page.says("`AI` begins with ", list(positions).join(", "), ". ");
    page.says("\n2,048 bits ", ones(&before), " are then one");
    let fill = ones(&before) as f64 / BITS as f64;
    page.says("a **fill** of ", format!("{fill:.2}"), ". ");
    page.says("whatever the name (here ", count(ones(&after)), ")");
    let two = &lists[2];
    page.says(
        "Released bit 2 is made of bits ",
        spoken(&list(two.clone())),
        ";",
    );
    let values = two.iter().map(|&bit| usize::from(before[bit]));
    page.says(
        "; they are ",
        format!(
            "{}, so it is {}",
            list(values).join(", "),
            usize::from(after[2])
        ),
        ".",
    );
    let step = (BITS as f64).sqrt() / 2.0;
    page.says("give or take ", format!("{step:.0}"), ". ");
    page.says(
        "below, which is ",
        format!("{:.0}", BITS as f64 / 2.0 - 4.5 * step),
        " bits.",
    );

    picture.says("the key picks: ", ones(&before), " are one<");
    picture.says("switch on ", ones(&before), " of 2,048");
    boxes(picture, 420, &before[784..799]);
    boxes(picture, 622, &after[..15]);
    for (place, &bit) in two.iter().enumerate() {
        // Numbers side by side would touch, so every second one stands higher.
        let (middle, line) = (269 + 23 * place, 553 - 10 * (place % 2));
        picture.says(
            &format!(r#"<text x="{middle}" y="{line}" class="n" text-anchor="middle">"#),
            bit,
            "<",
        );
        picture.says(
            &format!(
                r#"<rect x="{}" y="557" width="10" height="12" class=""#,
                middle - 5
            ),
            class_of(before[bit]),
            "\"",
        );
    }
}

fn class_of(bit: bool) -> &'static str {
    if bit { "one" } else { "nul" }
}

/// Fifteen bits of the picture.
fn boxes(picture: &mut Page, y: usize, bits: &[bool]) {
    for (place, &bit) in bits.iter().enumerate() {
        let x = 260 + 12 * place;
        picture.says(
            &format!(r#"<rect x="{x}" y="{y}" width="10" height="12" class=""#),
            class_of(bit),
            "\"",
        );
    }
}

fn homes(page: &mut Page, picture: &mut Page, engine: &Engine, people: &[Person]) {
    let table = engine.encode(people, lasting(1)).table;
    let slots = engine.schema.household_slots();
    let own = |row: usize| {
        let keys = table.household[row * slots..(row + 1) * slots].iter();
        keys.filter(|key| key.kind != HOUSEHOLD_NONE)
            .collect::<Vec<_>>()
    };
    assert_eq!(own(0), own(1), "the twin's are the same");
    assert_ne!(own(0), own(2), "the cousin's are others");
    let of_kind = |kind: u8| {
        let key = own(0).into_iter().find(|key| key.kind == kind);
        key.expect("a home").token
    };
    let uprn = engine.hand.home("uprn\u{1f}900000000123");
    let address = engine.hand.home("address\u{1f}|12|HILLROAD|XE14AB");
    assert_eq!(of_kind(HOUSEHOLD_UPRN), uprn);
    assert_eq!(of_kind(HOUSEHOLD_ADDRESS), address);
    for key in own(0) {
        assert_eq!((key.from, key.to), (NO_MONTH, NO_MONTH), "months stay");
    }
    page.says("Aisha's are `", short(&uprn, 4), "` (UPRN)");
    page.says("(UPRN) and `", short(&address, 4), "` (address)");
    picture.says(
        r#"<text id="uprn-token" x="484" y="412" class="m">"#,
        short(&uprn, 4),
        "<",
    );
    picture.says(
        r#"<text id="address-token" x="484" y="430" class="m">"#,
        short(&address, 4),
        "<",
    );
    let real: Vec<bool> = table.household[..slots]
        .iter()
        .map(|key| key.kind != HOUSEHOLD_NONE)
        .collect();
    slots_of(picture, 484, &real);
    for (name, token) in [("uprn", uprn), ("address", address)] {
        let at = table.household[..slots]
            .iter()
            .position(|key| key.token == token);
        picture.says(
            &format!(r#"<text id="{name}-slot" x="576" y=""#),
            format!(
                r#"{}" class="r" text-anchor="middle">{}"#,
                line_of(at.expect("it is there")),
                short(&token, 4)
            ),
            "</text>",
        );
    }
}

/// The page's list of purposes is the list of what the engine asks sub-keys for.
fn purposes(engine: &Engine) {
    let text = std::fs::read_to_string(
        std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("..")
            .join(PAGE),
    )
    .expect("the page");
    let listed: BTreeSet<String> = text
        .split("## ")
        .find(|part| part.starts_with("3. Keys for each purpose"))
        .expect("the section is there")
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .map(str::to_owned)
        .collect();
    let asked = engine.asked.lock().expect("nobody panics");
    let general: BTreeSet<String> = asked
        .iter()
        .map(|purpose| purpose.replace("names-birth", "<id>"))
        .map(|purpose| match purpose.split_once("/group/") {
            Some((filter, _)) => format!("{filter}/group/<group>"),
            None => purpose,
        })
        .collect();
    assert_eq!(listed, general);
}
