use kinfold_synth::{generate, Options, Profile};
fn main() {
    let a: Vec<String> = std::env::args().collect();
    let t = std::time::Instant::now();
    let b = generate(&Options { households: a[1].parse().unwrap(), seed: a[2].parse().unwrap(), profile: if a.len() > 4 { Profile::Stress } else { Profile::Uk } });
    eprintln!("generated {:?}", t.elapsed());
    eprintln!("{:?} {:?}", b.write(std::path::Path::new(&a[3])).unwrap(), t.elapsed());
}
