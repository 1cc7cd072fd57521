use kinfold_identity::*;
use std::collections::BTreeMap;
fn main() {
    let (mut n, mut ok, mut dirty, mut dok) = (0, 0, 0, 0);
    let mut seen = BTreeMap::new();
    let mut owners: BTreeMap<String, std::collections::BTreeSet<String>> = BTreeMap::new();
    for l in std::fs::read_to_string("/tmp/nick/pairs.tsv")
        .unwrap()
        .lines()
    {
        let f: Vec<&str> = l.split('\t').collect();
        let clean: Vec<&str> = f[0].split('/').collect();
        let a = read_address(&clean, "DA1 1AB");
        let b = read_address(&[f[2]], "DA1 1AB");
        let (ca, cb) = (
            a.ok().and_then(|a| a.canonical()),
            b.ok().and_then(|a| a.canonical()),
        );
        n += 1;
        let e = ca == cb && ca.is_some();
        ok += e as u32;
        let d = !f[3].is_empty();
        dirty += d as u32;
        dok += (e && d) as u32;
        if let Some(c) = &ca {
            owners
                .entry(c.clone())
                .or_default()
                .insert(f[0].to_string());
        }
        if let Some(c) = &cb {
            owners
                .entry(c.clone())
                .or_default()
                .insert(f[0].to_string());
        }
        if !e {
            *seen
                .entry((
                    f[3].to_string(),
                    format!("{}  =>  {}\n     {:?} {:?}", f[0], f[2], ca, cb),
                ))
                .or_insert(0) += 1;
        }
    }
    println!("{n} {ok} dirty {dirty} {dok}");
    for (c, o) in &owners {
        if o.len() > 1 {
            println!("SHARED {c}: {o:?}");
        }
    }
    for ((r, t), k) in seen {
        println!("[{r}] x{k} {t}");
    }
}
