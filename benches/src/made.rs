//! Made sets of families, for the kinds of files on which a model is easily too sure: nobody in common, relatives, unlike sizes.
//!
//! Everything comes from a seed. Names are made of syllables, homes hold families of one name, and every record has slips of its own.

use std::collections::BTreeMap;

use crate::Words;
use crate::open::{OpenSet, Source, own_layout, person};

/// A kind of set: its name, and who of a family is in the first and in the second file.
pub struct Kind {
    /// Its name.
    pub name: &'static str,
    /// Families.
    families: u64,
    /// In which files a member is: its place in the family, its family's number, a number by chance below 100.
    files: fn(u64, u64, u64) -> [bool; 2],
}

/// Parents are the first two of a family.
const PARENTS: u64 = 2;

/// All kinds.
pub const KINDS: [Kind; 7] = [
    Kind {
        name: "half in common",
        families: 700,
        files: |_, _, chance| [chance < 67, chance >= 33],
    },
    Kind {
        name: "nobody in common",
        families: 700,
        files: |_, _, chance| [chance < 50, chance >= 50],
    },
    Kind {
        name: "one in fifty in common",
        families: 700,
        files: |_, _, chance| [chance < 51, chance >= 50],
    },
    Kind {
        name: "parents and children, nobody in common",
        families: 700,
        files: |place, _, _| [place < PARENTS, place >= PARENTS],
    },
    Kind {
        name: "parents and children, a few parents in both",
        families: 700,
        files: |place, family, _| [place < PARENTS, place >= PARENTS || family % 10 == 0],
    },
    Kind {
        name: "brothers and sisters, nobody in common",
        families: 1400,
        files: |place, _, _| [place == PARENTS, place == PARENTS + 1],
    },
    Kind {
        name: "forty against two thousand",
        families: 700,
        files: |place, family, _| [place == 0 && family % 17 == 0, family % 3 > 0],
    },
];

/// A person's cells by column.
type Row = BTreeMap<String, String>;

/// Numbers by chance.
struct Chance(Words);

impl Chance {
    fn below(&mut self, limit: u64) -> u64 {
        self.0.next().unwrap_or_default() % limit
    }

    /// A name of two or three syllables; smaller numbers come more often, as names do.
    fn name(&mut self, kinds: u64) -> String {
        const STARTS: [&str; 12] = [
            "Ba", "Co", "Da", "El", "Fa", "Gre", "Ha", "Jo", "Ke", "Lu", "Ma", "Ro",
        ];
        const MIDDLES: [&str; 9] = ["ber", "li", "mo", "na", "ri", "sti", "ther", "vi", "wa"];
        const ENDS: [&str; 9] = ["ck", "do", "ham", "ley", "na", "ne", "rd", "son", "t"];
        let number = self.below(kinds).min(self.below(kinds)) as usize;
        let part = |of: &[&'static str], at: usize| of[at % of.len()];
        let (start, rest) = (part(&STARTS, number), number / STARTS.len());
        let (end, rest) = (part(&ENDS, rest), rest / ENDS.len());
        let middle = if rest == 0 { "" } else { part(&MIDDLES, rest) };
        format!("{start}{middle}{end}")
    }

    fn date(&mut self, from: u64, years: u64) -> String {
        let (day, month) = (1 + self.below(28), 1 + self.below(12));
        format!("{day:02}/{month:02}/{}", from + self.below(years))
    }

    /// A row as a custodian has it: now and then a letter too few, another date, a blank.
    fn slips(&mut self, row: &Row) -> Row {
        let mut row = row.clone();
        for (column, cell) in &mut row {
            match self.below(100) {
                0..3 if column != "date_of_birth" && cell.len() > 2 => {
                    let at = self.below(cell.len() as u64) as usize;
                    cell.remove(at);
                }
                0..2 if column == "date_of_birth" => cell.replace_range(0..2, "01"),
                3..6 => cell.clear(),
                _ => {}
            }
        }
        row
    }
}

/// Makes a set.
pub fn make(kind: &Kind, seed: u64) -> OpenSet {
    let mut chance = Chance(Words(seed));
    let layout = own_layout(kind.name);
    let mut files: [Vec<(u32, Row)>; 2] = Default::default();
    let mut entity = 0;
    for family in 0..kind.families {
        let last = chance.name(900);
        let letter = |chance: &mut Chance| char::from(b'A' + chance.below(20) as u8);
        let postcode = format!(
            "LS{} {}{}{}",
            1 + chance.below(25),
            1 + chance.below(9),
            letter(&mut chance),
            letter(&mut chance)
        );
        let address = format!("{} {} Street", 1 + chance.below(150), chance.name(400));
        let members = PARENTS + 1 + chance.below(3);
        for place in 0..members {
            let (from, years) = if place < PARENTS {
                (1955, 40)
            } else {
                (2003, 17)
            };
            let cells = [
                ("first_name", chance.name(500)),
                ("last_name", last.clone()),
                ("date_of_birth", chance.date(from, years)),
                (
                    "sex",
                    if chance.below(2) == 0 { "F" } else { "M" }.to_owned(),
                ),
                ("postcode", postcode.clone()),
                ("address", address.clone()),
            ];
            let row: Row = cells.map(|(column, cell)| (column.to_owned(), cell)).into();
            let by_chance = chance.below(100);
            for (file, is_in) in files.iter_mut().zip((kind.files)(place, family, by_chance)) {
                if is_in {
                    file.push((entity, chance.slips(&row)));
                }
            }
            entity += 1;
        }
    }
    let mut set = OpenSet {
        sources: Vec::new(),
        truth: BTreeMap::new(),
    };
    for (name, rows) in ["a", "b"].into_iter().zip(files) {
        let mut people = Vec::new();
        for (number, (entity, row)) in rows.iter().enumerate() {
            people.push((number.to_string(), person(row, &layout)));
            set.truth
                .insert((name.to_owned(), number.to_string()), *entity);
        }
        set.sources.push(Source {
            name: name.to_owned(),
            people,
        });
    }
    set
}
