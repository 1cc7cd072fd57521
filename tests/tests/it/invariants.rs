//! What each part may depend on: the invariants of ARCHITECTURE.md, asked of cargo itself.

use kinfold_tests::process::Done;
use kinfold_tests::sources;
use serde_json::Value;
use std::collections::BTreeSet;
use xtask::binaries::cargo;

/// For each crate, the other crates of the workspace it may name. `message` may be used by all and is left out.
const MAY_DEPEND_ON: [(&str, &[&str]); 16] = [
    ("message", &[]),
    ("identity", &[]),
    ("schema", &[]),
    ("encoding", &["identity", "schema"]),
    ("extract", &["identity"]),
    ("exchange", &["schema", "verdict"]),
    ("verdict", &[]),
    ("release", &["encoding", "matcher", "schema", "verdict"]),
    ("matcher", &[]),
    ("linkage", &["matcher", "schema"]),
    ("indicators", &[]),
    ("ledger", &[]),
    ("store", &["exchange", "ledger"]),
    ("synth", &["identity"]),
    (
        "hub",
        &[
            "schema",
            "exchange",
            "matcher",
            "linkage",
            "indicators",
            "ledger",
            "store",
            "verdict",
        ],
    ),
    (
        "cli",
        &[
            "identity",
            "schema",
            "encoding",
            "extract",
            "exchange",
            "matcher",
            "linkage",
            "indicators",
            "ledger",
            "release",
            "synth",
            "verdict",
        ],
    ),
];

/// Whatever runs at the linkage unit.
const LINKAGE_UNIT_SIDE: [&str; 9] = [
    "hub",
    "store",
    "linkage",
    "matcher",
    "indicators",
    "exchange",
    "ledger",
    "schema",
    "verdict",
];

/// Crates that open sockets, speak a network protocol, or run an event loop for those who do.
const NETWORKING: [&str; 36] = [
    "async-net",
    "async-std",
    "attohttpc",
    "axum",
    "curl",
    "curl-sys",
    "dns-lookup",
    "ftp",
    "h2",
    "h3",
    "hickory-proto",
    "hickory-resolver",
    "hyper",
    "hyper-util",
    "isahc",
    "libssh2-sys",
    "mio",
    "native-tls",
    "object_store",
    "openssl",
    "openssl-sys",
    "quinn",
    "quinn-proto",
    "quinn-udp",
    "reqwest",
    "rustls",
    "smol",
    "socket2",
    "ssh2",
    "surf",
    "tiny_http",
    "tokio",
    "tonic",
    "trust-dns-resolver",
    "tungstenite",
    "ureq",
];

/// Crates that only compute: what they see is passed in.
const PURE: [&str; 3] = ["matcher", "linkage", "indicators"];

/// Words that would let a crate see something that is not passed in, or say something.
const OUTSIDE_WORLD: [&str; 16] = [
    "std::fs",
    "std::env",
    "std::time",
    "std::net",
    "std::process",
    "std::io::std",
    "SystemTime",
    "Instant::now",
    "println!",
    "eprintln!",
    "print!(",
    "eprint!(",
    "dbg!",
    "getrandom",
    "thread_rng",
    "File::open",
];

#[test]
fn crates_depend_only_on_what_the_design_lists() {
    let packages = workspace_packages();
    for (name, allowed) in MAY_DEPEND_ON {
        let package = packages
            .iter()
            .find(|package| package.name == package_name(name));
        let package = package.unwrap_or_else(|| panic!("{name} is a crate of the workspace"));
        for dependency in &package.dependencies {
            let Some(other) = dependency.strip_prefix("kinfold-") else {
                continue;
            };
            assert!(
                other == "message" || allowed.contains(&other),
                "`{name}` must not depend on `{other}`"
            );
        }
    }
    // benches, tests, the targets of the fuzzers and xtask are not part of what is shipped.
    let expected = MAY_DEPEND_ON.len() + 4;
    assert_eq!(
        packages.len(),
        expected,
        "a new crate needs its line in the table above and in ARCHITECTURE.md"
    );
}

#[test]
fn the_linkage_unit_cannot_name_plaintext() {
    for name in LINKAGE_UNIT_SIDE {
        let tree = shipped_with(&package_name(name));
        for plaintext in [
            "kinfold-identity",
            "kinfold-encoding",
            "kinfold-extract",
            "kinfold-release",
            "kinfold-synth",
        ] {
            assert!(
                !tree.contains(plaintext),
                "`{name}` depends on {plaintext}, perhaps through another crate"
            );
        }
    }
}

#[test]
fn the_custodians_binary_has_no_networking_crate() {
    let tree = shipped_with("kinfold-cli");
    assert!(
        tree.contains("polars-core") || tree.contains("polars"),
        "the tree is the whole tree"
    );
    let found: Vec<&str> = NETWORKING
        .into_iter()
        .filter(|name| tree.contains(*name))
        .collect();
    assert!(
        found.is_empty(),
        "`kinfold` has networking crates in its tree: {found:?}"
    );
    // The same list does find the crates of the binary that serves pages.
    assert!(
        NETWORKING
            .into_iter()
            .any(|name| shipped_with("kinfold-hub").contains(name))
    );
}

#[test]
fn nobody_else_knows_polars() {
    for package in workspace_packages() {
        let knows = package
            .dependencies
            .iter()
            .any(|dependency| dependency.starts_with("polars"));
        assert_eq!(knows, package.name == "kinfold-extract", "{}", package.name);
    }
}

#[test]
fn what_computes_sees_only_what_it_is_given() {
    let mut found = Vec::new();
    for name in PURE {
        for source in sources::of_crate(name) {
            for (number, line) in source.code_lines() {
                for word in OUTSIDE_WORLD {
                    if line.contains(word) {
                        found.push(format!("{}:{number}: {word}", source.path));
                    }
                }
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn unsafe_code_is_in_the_kernels_and_one_mapping_alone() {
    /// One call, which maps a file; the module argues it.
    const MAPPING: &str = "crates/store/src/mapped.rs";
    let blocks = |source: &sources::Source| source.text.matches("unsafe {").count();
    let mut found = Vec::new();
    for source in sources::all() {
        if source.path.starts_with("crates/matcher/src/kernel/")
            || source.path == "tests/tests/it/invariants.rs"
        {
            continue;
        }
        if source.path == MAPPING {
            assert_eq!(blocks(&source), 1, "{MAPPING} holds one call and no more");
            continue;
        }
        for (number, line) in source.text.lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            let opens_unsafe = code.contains("unsafe {")
                || code.contains("unsafe fn")
                || code.contains("unsafe impl");
            if opens_unsafe || code.contains("allow(unsafe_code") {
                found.push(format!("{}:{}", source.path, number + 1));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

fn package_name(name: &str) -> String {
    format!("kinfold-{name}")
}

/// A package of the workspace and the names of what it depends on, without what is only for its tests.
struct Package {
    name: String,
    dependencies: Vec<String>,
}

fn workspace_packages() -> Vec<Package> {
    let mut command = cargo();
    command.args(["metadata", "--locked", "--no-deps", "--format-version", "1"]);
    let metadata = Done::run(&mut command).well().stdout;
    let metadata: Value = serde_json::from_str(&metadata).expect("cargo describes the workspace");
    let name = |value: &Value| {
        value["name"]
            .as_str()
            .expect("everything has a name")
            .to_owned()
    };
    let list = |value: &Value| value.as_array().expect("a list").clone();
    list(&metadata["packages"])
        .iter()
        .map(|package| Package {
            name: name(package),
            dependencies: list(&package["dependencies"])
                .iter()
                .filter(|dependency| dependency["kind"] != "dev")
                .map(name)
                .collect(),
        })
        .collect()
}

/// Names of all packages that a package is made of, without what is only for its tests. Build scripts count: what runs while
/// building runs on the same machine.
///
/// `cargo tree` and not the metadata: only the former resolves features the way a build does.
fn shipped_with(name: &str) -> BTreeSet<String> {
    let mut command = cargo();
    command.args([
        "tree",
        "--locked",
        "--package",
        name,
        "--edges",
        "normal,build",
    ]);
    command.args(["--target", "all", "--prefix", "none", "--format", "{p}"]);
    let tree = Done::run(&mut command).well().stdout;
    let names: BTreeSet<String> = tree
        .lines()
        .filter_map(|line| line.split(' ').next())
        .map(str::to_owned)
        .collect();
    assert!(names.len() > 1, "{name} depends on something");
    names
}
