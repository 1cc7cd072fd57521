use kinfold_extract::*;
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let gathered = gather(Path::new(&args[0]), Memory::default(), &std::env::temp_dir(), |_| ()).unwrap_or_else(|e| panic!("{e}"));
    let mut truth: HashMap<(String, String), String> = HashMap::new();
    for line in std::fs::read_to_string(&args[1]).unwrap().lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        truth.insert((cells[0].into(), cells[1].into()), cells[2].into());
    }
    let rows = &gathered.rows;
    let all: Vec<u32> = (0..rows.len() as u32).collect();
    let entities: Vec<String> = rows.load(&all).unwrap().iter().map(|row| {
        let source = gathered.mapping.people[row.source].source.clone();
        truth.get(&(source.clone(), row.own_id.expose().clone())).cloned().unwrap_or_else(|| format!("?{}{}", row.source, row.own_id.expose()))
    }).collect();
    let mut true_pairs = 0usize;
    let mut by: BTreeMap<&str, usize> = BTreeMap::new();
    for e in &entities { let n = by.entry(e).or_default(); true_pairs += *n; *n += 1; }
    println!("{} rows, {} true pairs", rows.len(), true_pairs);
    let mut cares = vec![("rules".to_owned(), Care::Rules)];
    let ps: Vec<f64> = std::env::var("P").map_or(vec![0.95, 0.99, 0.999, 0.9999], |p| p.split(',').map(|p| p.parse().unwrap()).collect());
    for p in ps {
        cares.push((format!("bench {p}"), Care::Bench(p)));
        cares.push((format!("release {p}"), Care::Release(p)));
    }
    for (name, care) in cares {
        let began = std::time::Instant::now();
        let united = unite(rows, care).unwrap();
        let (mut right, mut wrong) = (0, 0);
        let mut bad = vec![];
        for person in 0..united.people() {
            let own = united.rows(person);
            for (i, a) in own.iter().enumerate() { for b in &own[i+1..] {
                if entities[*a as usize] == entities[*b as usize] { right += 1 } else { wrong += 1; bad.push((*a, *b)); }
            } }
        }
        let mut doubts: BTreeMap<String, [usize; 2]> = BTreeMap::new();
        for d in &united.doubtful {
            doubts.entry(format!("{:?}", d.why)).or_default()[usize::from(entities[d.left] != entities[d.right])] += 1;
        }
        println!("{name}: right {right} wrong {wrong} P {:.5} R {:.4}  joins {:?} {:.1}s\n      doubts [right, wrong] {doubts:?}", right as f64 / f64::from(right as u32 + wrong).max(1.0), right as f64 / true_pairs.max(1) as f64, united.joins, began.elapsed().as_secs_f64());
        if args.len() > 3 {
            bad.clear();
            let mut seen: HashMap<&str, Vec<u32>> = HashMap::new();
            for row in &all {
                let own = seen.entry(&entities[*row as usize]).or_default();
                for other in own.iter() {
                    if united.person_of_row(*other as usize) != united.person_of_row(*row as usize) && bad.len() < 40 { bad.push((*other, *row)); }
                }
                own.push(*row);
            }
        }
        if args.len() > 2 {
            for (a, b) in bad.iter().take(40) {
                for row in rows.load(&[*a, *b]).unwrap() {
                    let p = &row.person;
                    println!("      {} {} {} {:?} {:?} {:?} {:?} {:?} {:?} {}", row.source, row.own_id.expose(), row.line, p.first_names, p.family_names.iter().map(|n| &n.whole).collect::<Vec<_>>(), p.births.iter().map(|b| b.iso()).collect::<Vec<_>>(), p.sex.map(|s| s.letter()), p.addresses.iter().map(|s| s.address.as_ref().and_then(|a| a.canonical())).collect::<Vec<_>>(), p.nhs.as_ref().map(|n| n.as_str()), entities[if row.line == rows.line(*a as usize) && row.source == rows.source(*a as usize) {*a} else {*b} as usize]);
                }
                println!();
            }
        }
    }
}
