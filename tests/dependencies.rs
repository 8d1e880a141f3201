//! What we depend on: licences, holes, floors, and no heavy crate twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

use cargo_metadata::{Metadata, MetadataCommand, Package, PackageId};
use semver::{Version, VersionReq};
use serde::Deserialize;

use crate::support::skip::skip;

/// Licences we accept; an expression passes when one side of every `OR` is made of these.
const LICENCES: &[&str] = &[
    "MIT",
    "MIT-0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "0BSD",
    "BSL-1.0",
    "MPL-2.0",
    "OpenSSL",
    "CDLA-Permissive-2.0",
    "Unlicense",
];

/// Crates that cost minutes to build or megabytes to ship, and must not come twice.
const HEAVY: &[&str] = &[
    "async-graphql",
    "aws-lc-rs",
    "aws-lc-sys",
    "axum",
    "chrono-tz",
    "hyper",
    "libsqlite3-sys",
    "reqwest",
    "ring",
    "rustls",
    "sqlx-core",
    "sqlx-postgres",
    "sqlx-sqlite",
    "tokio",
    "tokio-tungstenite",
    "tonic",
    "tungstenite",
];

fn packages() -> Vec<Package> {
    let metadata = MetadataCommand::new().exec().unwrap();
    let packages: Vec<_> = metadata
        .packages
        .into_iter()
        .filter(|package| package.source.is_some())
        .collect();
    assert!(
        packages.len() > 100,
        "only {} dependencies were seen",
        packages.len()
    );
    packages
}

/// True when the expression can be satisfied with accepted licences: every part joined by `AND` has an accepted
/// alternative.
fn accepted(expression: &str) -> bool {
    let flat = expression.replace(['(', ')'], " ").replace('/', " OR ");
    flat.split(" AND ").all(|part| {
        part.split(" OR ")
            .any(|licence| LICENCES.contains(&licence.trim()))
    })
}

#[test]
fn every_dependency_has_an_accepted_licence() {
    for package in packages() {
        let licence = package.license.clone().unwrap_or_default();
        assert!(
            accepted(&licence),
            "{} {}: {licence:?}",
            package.name,
            package.version
        );
    }
}

#[test]
fn licence_expressions_are_read_as_meant() {
    assert!(accepted("MIT OR GPL-3.0"));
    assert!(accepted("Apache-2.0/MIT"));
    assert!(accepted("(MIT OR Apache-2.0) AND Unicode-3.0"));
    assert!(!accepted("GPL-3.0"));
    assert!(!accepted("MIT AND AGPL-3.0"));
}

/// Heavy crates that the client of KurrentDB brings a second time. Nothing but `store/kurrent` may lead to them.
const DOUBLED_BY_KURRENT: &[&str] = &["axum", "reqwest"];
/// That client.
const KURRENT_CLIENT: &str = "eventstore";
/// The node that tests have it speak to, over the same protocol.
const KURRENT_NODE: &str = "kurrent-stand-in";

fn versions<'p>(packages: impl IntoIterator<Item = &'p Package>) -> BTreeMap<String, Vec<Version>> {
    let mut versions: BTreeMap<String, Vec<Version>> = BTreeMap::new();
    for package in packages {
        versions
            .entry(package.name.to_string())
            .or_default()
            .push(package.version.clone());
    }
    versions
}

/// Every package that is reached from ours without passing the client of KurrentDB or the node for its tests.
fn without_kurrent(metadata: &Metadata) -> BTreeSet<&PackageId> {
    let graph = metadata.resolve.as_ref().unwrap();
    let nodes: BTreeMap<_, _> = graph.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut reached = BTreeSet::new();
    let mut waiting: Vec<_> = metadata.workspace_members.iter().collect();
    while let Some(id) = waiting.pop() {
        if ![KURRENT_CLIENT, KURRENT_NODE].contains(&metadata[id].name.as_str()) && reached.insert(id) {
            waiting.extend(&nodes[id].dependencies);
        }
    }
    reached
}

#[test]
fn no_heavy_crate_comes_twice() {
    let metadata = MetadataCommand::new().exec().unwrap();
    let reached = without_kurrent(&metadata);
    let rest = metadata
        .packages
        .iter()
        .filter(|package| reached.contains(&package.id));

    let (all, rest) = (versions(&metadata.packages), versions(rest));
    let found = |versions: &BTreeMap<String, Vec<Version>>, name: &str| {
        versions.get(name).cloned().unwrap_or_default()
    };
    for name in HEAVY {
        let (all, rest) = (found(&all, name), found(&rest, name));
        let most = if DOUBLED_BY_KURRENT.contains(name) { 2 } else { 1 };
        assert!(rest.len() <= 1, "{name} comes in {rest:?} without KurrentDB");
        assert!(all.len() <= most, "{name} comes in {all:?}");
    }
    assert!(rest.len() > 100, "only {} crates were reached", rest.len());
}

#[test]
fn the_client_of_kurrent_is_met_in_its_crate_alone() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let users: Vec<_> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| package.dependencies.iter().any(|d| d.name == KURRENT_CLIENT))
        .map(|package| package.name.to_string())
        .collect();
    assert_eq!(users, ["kurrent"]);
}

#[derive(Deserialize)]
struct Advisory {
    id: String,
    package: String,
    informational: Option<String>,
    patched: Vec<VersionReq>,
    unaffected: Vec<VersionReq>,
}

impl Advisory {
    fn concerns(&self, package: &Package) -> bool {
        let safe = self.patched.iter().chain(&self.unaffected);
        let is_hole = !matches!(self.informational.as_deref(), Some("unmaintained" | "notice"));
        is_hole
            && *self.package == **package.name
            && !safe.into_iter().any(|range| range.matches(&package.version))
    }
}

#[test]
fn no_dependency_has_a_known_hole() {
    let Ok(folder) = env::var("GREENROOM_ADVISORIES") else {
        return skip("advisories: GREENROOM_ADVISORIES names no folder");
    };
    let text = fs::read_to_string(Path::new(&folder).join("advisories.json")).unwrap();
    let advisories: Vec<Advisory> = serde_json::from_str(&text).unwrap();
    assert!(
        advisories.len() > 500,
        "only {} advisories were read",
        advisories.len()
    );

    let packages = packages();
    let open: Vec<_> = advisories
        .iter()
        .flat_map(|advisory| {
            packages
                .iter()
                .filter(|p| advisory.concerns(p))
                .map(move |p| (&advisory.id, &p.name))
        })
        .collect();
    assert!(open.is_empty(), "{open:?}");
}

#[test]
fn every_dependency_is_at_or_above_its_floor() {
    let floors = include_str!("dependency_floors.txt");
    let packages = packages();
    let mut seen = 0;
    for line in floors
        .lines()
        .filter(|line| !line.starts_with('#') && !line.trim().is_empty())
    {
        let (name, floor) = line.split_once(' ').unwrap();
        let floor: Version = floor.split_whitespace().next().unwrap().parse().unwrap();
        for package in packages.iter().filter(|package| *package.name == name) {
            assert!(
                package.version >= floor,
                "{name} {} is below {floor}",
                package.version
            );
            seen += 1;
        }
    }
    assert!(seen >= 3, "only {seen} floors met a dependency");
}
