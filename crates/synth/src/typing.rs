//! How fingers and ears get a name, a date or a postcode wrong.

use crate::calendar::{Day, TODAY};
use crate::dice::Dice;
use crate::names::{Names, plain_letters};

/// Pairs of spellings that sound the same in English.
const SOUNDS: [(&str, &str); 22] = [
    ("ph", "f"),
    ("ck", "k"),
    ("c", "k"),
    ("k", "c"),
    ("ie", "y"),
    ("y", "i"),
    ("ee", "ea"),
    ("ea", "ee"),
    ("ll", "l"),
    ("tt", "t"),
    ("nn", "n"),
    ("ss", "s"),
    ("ou", "u"),
    ("oo", "u"),
    ("z", "s"),
    ("ah", "a"),
    ("e", "a"),
    ("l", "ll"),
    ("n", "nn"),
    ("t", "tt"),
    ("s", "ss"),
    ("r", "rr"),
];

/// Another spelling of the same sound: an accepted variant where there is one, else a phonetic change after the first letter.
pub(crate) fn sounds_alike(name: &str, names: &Names, dice: &mut Dice) -> String {
    let variants = names.variants(name);
    if !variants.is_empty() {
        return (*dice.pick(variants)).to_owned();
    }
    let first = name.chars().next().map_or(0, char::len_utf8);
    let (head, tail) = name.split_at(first);
    let possible: Vec<_> = SOUNDS
        .iter()
        .filter(|(from, _)| tail.contains(from))
        .collect();
    if possible.is_empty() {
        return format!("{name}e");
    }
    // The early pairs are the likelier ones.
    let (from, to) = possible[dice.below(possible.len().min(3))];
    format!("{head}{}", tail.replacen(from, to, 1))
}

/// A typing error after the second letter: a neighbour key, a lost, doubled or swapped letter; never the name itself.
pub(crate) fn typed_wrong(name: &str, dice: &mut Dice) -> String {
    let letters: Vec<char> = name.chars().collect();
    if letters.len() < 3 {
        return format!("{name}{}", dice.pick(&['e', 'h', 's', 'n']));
    }
    for _ in 0..20 {
        let mut changed = letters.clone();
        let at = 2 + dice.below(letters.len() - 2);
        match dice.below(4) {
            0 => changed[at] = neighbour_key(letters[at], dice),
            1 if letters.len() > 3 => {
                changed.remove(at);
            }
            2 if at + 1 < letters.len() => changed.swap(at, at + 1),
            _ => changed.insert(at, neighbour_key(letters[at], dice)),
        }
        if changed != letters {
            return changed.into_iter().collect();
        }
    }
    format!("{name}s")
}

/// A key beside the given one on a British keyboard.
fn neighbour_key(letter: char, dice: &mut Dice) -> char {
    const ROWS: [&str; 3] = ["qwertyuiop", "asdfghjkl", "zxcvbnm"];
    let plain = plain_letters(&letter.to_lowercase().to_string());
    for row in ROWS {
        if let Some(at) = row.find(&plain) {
            let keys: Vec<char> = row.chars().collect();
            return keys[if at == 0 || (at + 1 < keys.len() && dice.chance(0.5)) {
                at + 1
            } else {
                at - 1
            }];
        }
    }
    'e'
}

/// A birth date with one wrong component: day, month or year.
pub(crate) fn one_component_wrong(born: Day, dice: &mut Dice) -> Day {
    let (year, month, day) = born.parts();
    for _ in 0..200 {
        let (new_year, new_month, new_day) = match dice.below(3) {
            0 => (year, month, slip_of_number(day, 31, dice)),
            1 => (year, slip_of_number(month, 12, dice), day),
            _ => (year + *dice.pick(&[-10, -2, -1, 1, 2, 10]), month, day),
        };
        if Day::exists(new_year, new_month, new_day)
            && Day::of(new_year, new_month, new_day) < TODAY
            && Day::of(new_year, new_month, new_day) != born
        {
            return Day::of(new_year, new_month, new_day);
        }
    }
    Day::of(year - 1, month, day.min(28))
}

/// A birth date wrong in two components: day and month exchanged where that is a date, else two slips.
pub(crate) fn two_components_wrong(born: Day, dice: &mut Dice) -> Day {
    let (year, month, day) = born.parts();
    if day != month && Day::exists(year, day, month) && Day::of(year, day, month) < TODAY {
        return Day::of(year, day, month);
    }
    let new_month = if month == 6 { 7 } else { 6 };
    Day::of(year - 1 - dice.between(0, 2), new_month, day.min(28))
}

/// One digit wrong, or the digits exchanged, within 1 to `most`.
fn slip_of_number(number: i32, most: i32, dice: &mut Dice) -> i32 {
    let exchanged = number % 10 * 10 + number / 10;
    let candidates = [number - 1, number + 1, number - 10, number + 10, exchanged];
    let possible: Vec<i32> = candidates
        .into_iter()
        .filter(|n| (1..=most).contains(n) && *n != number)
        .collect();
    *dice.pick(&possible)
}

/// A postcode with one wrong character or two exchanged; still in the shape of one, in the made-up area.
pub(crate) fn postcode_wrong(postcode: &str, dice: &mut Dice) -> String {
    let mut letters: Vec<char> = postcode.chars().collect();
    let space = letters.iter().position(|c| *c == ' ').unwrap_or(3);
    let last = letters.len() - 1;
    match dice.below(4) {
        0 => {
            letters[space - 1] = char::from(
                b'1' + ((letters[space - 1] as u8).wrapping_sub(b'1') + 1 + dice.below(8) as u8)
                    % 9,
            );
        }
        1 => {
            letters[space + 1] = char::from(
                b'0' + ((letters[space + 1] as u8).wrapping_sub(b'0') + 1 + dice.below(9) as u8)
                    % 10,
            );
        }
        2 if letters[last] != letters[last - 1] => letters.swap(last, last - 1),
        _ => letters[last] = if letters[last] == 'B' { 'D' } else { 'B' },
    }
    letters.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dice::Stage;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_slip_changes_something(name in "[A-Z][a-zą-ż]{1,12}", days in -25_000_i32..20_000, seed in 0_u64..1_000) {
            let mut dice = Dice::new(seed, Stage::Slips);
            let names = Names::read();
            prop_assert_ne!(typed_wrong(&name, &mut dice), name.clone());
            prop_assert_ne!(sounds_alike(&name, &names, &mut dice), name);
            let born = Day(days);
            let (year, month, day) = born.parts();
            let (new_year, new_month, new_day) = one_component_wrong(born, &mut dice).parts();
            let wrong = i32::from(year != new_year) + i32::from(month != new_month) + i32::from(day != new_day);
            prop_assert!(wrong == 1 || (month, day) == (2, 29));
            let two = two_components_wrong(born, &mut dice).parts();
            prop_assert!((year, month, day) != two);
            let wrong = postcode_wrong("XE4 7AB", &mut dice);
            prop_assert!(wrong != "XE4 7AB" && wrong.len() == 7);
        }
    }
}
