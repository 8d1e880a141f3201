//! The import rule of docs/ARCHITECTURE.md, held against what Cargo knows.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// Who may import whom. A crate that is not listed here fails the test.
const MAY_IMPORT: &[(&str, &[&str])] = &[
    // A server for tests; nothing of ours stands below it, so that it cannot share a mistake.
    ("kurrent-stand-in", &[]),
    ("domain", &[]),
    ("store", &["domain"]),
    ("kurrent", &["domain", "store"]),
    ("adapters", &["domain"]),
    ("commands", &["domain", "store"]),
    ("projections", &["domain", "store"]),
    ("workers", &["domain", "store", "commands"]),
    ("api", &["domain", "store", "commands", "projections"]),
    (
        "greenroom",
        &[
            "domain",
            "store",
            "kurrent",
            "adapters",
            "commands",
            "projections",
            "workers",
            "api",
        ],
    ),
    // Load programs and what they and tests are fed with: nothing of the product imports them.
    ("histories", &["domain", "store"]),
    ("workload", &["domain"]),
    ("slots-bench", &["domain"]),
    (
        "benches",
        &["domain", "store", "projections", "api", "histories", "workload"],
    ),
];

#[test]
fn crates_import_only_what_lies_below_them() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let ours: BTreeSet<_> = metadata
        .workspace_packages()
        .iter()
        .map(|package| package.name.to_string())
        .collect();
    let rule: BTreeMap<_, BTreeSet<_>> = MAY_IMPORT
        .iter()
        .map(|(name, below)| (*name, below.iter().copied().collect()))
        .collect();

    let mut edges = 0;
    for package in metadata.workspace_packages() {
        let below = rule
            .get(package.name.as_str())
            .unwrap_or_else(|| panic!("{} is in no layer", package.name));
        let normal = package
            .dependencies
            .iter()
            .filter(|d| d.kind == DependencyKind::Normal);
        for dependency in normal.filter(|d| ours.contains(d.name.as_str())) {
            assert!(
                below.contains(dependency.name.as_str()),
                "{} imports {}",
                package.name,
                dependency.name
            );
            edges += 1;
        }
    }
    assert_eq!(ours.len(), MAY_IMPORT.len());
    assert!(edges >= 10, "only {edges} imports were seen");
}

#[test]
fn a_plain_cargo_test_sees_every_crate() {
    let metadata = MetadataCommand::new().no_deps().exec().unwrap();
    let default: BTreeSet<_> = metadata.workspace_default_members.iter().collect();
    let load_programs = metadata.workspace_root.join("benches");
    let members: BTreeSet<_> = metadata
        .workspace_packages()
        .into_iter()
        .filter(|package| !package.manifest_path.starts_with(&load_programs))
        .map(|package| &package.id)
        .collect();
    assert_eq!(members, default);
}
