//! What holds for the workspace as a whole: versions, licences, `unsafe`, dependencies, files.
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use cargo_metadata::semver::Version;
use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package, PackageId};

/// What edition 2024 needs.
const RUST_VERSION_OF_EDITION: Version = Version::new(1, 85, 0);

/// What may lie at the top level; a name that ends in `*` stands for all that begin so.
const TOP_LEVEL: [&str; 15] = [
    ".ci",
    ".gitignore",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "Cargo.lock",
    "Cargo.toml",
    "LICENSE-*",
    "README.md",
    "SECURITY.md",
    "clippy.toml",
    "crates",
    "deny.toml",
    "fuzz",
    "rustfmt.toml",
    "tests",
];

/// Packages outside the workspace, which the same rules bind.
const EXCLUDED: [&str; 3] = ["fuzz", "tests/no_std", "crates/wirebeat-bench/peers"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("tests/ lies in the workspace")
}

fn metadata() -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .features(cargo_metadata::CargoOpt::AllFeatures)
        .exec()
        .expect("cargo metadata runs")
}

fn toml_at(path: impl AsRef<Path>) -> toml::Table {
    let path = root().join(path);
    let text = fs::read_to_string(&path)
        .map_err(|error| format!("{path:?}: {error}"))
        .expect("a readable file");
    text.parse().map_err(|error| format!("{path:?}: {error}")).expect("TOML")
}

fn is_published(package: &Package) -> bool {
    package.publish.as_ref().is_none_or(|registries| !registries.is_empty())
}

/// Returns what a user of the published crates builds: they, and all behind their normal and build
/// dependencies, with all features and on every platform.
fn built_by_users(metadata: &Metadata) -> Vec<&Package> {
    let nodes = &metadata.resolve.as_ref().expect("dependencies are resolved").nodes;
    let nodes: BTreeMap<&PackageId, _> = nodes.iter().map(|node| (&node.id, node)).collect();
    let published =
        metadata.workspace_packages().into_iter().filter(|package| is_published(package));
    let mut waiting: Vec<&PackageId> = published.map(|package| &package.id).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = waiting.pop() {
        if seen.insert(id) {
            let used = nodes[id].deps.iter().filter(|dependency| {
                dependency.dep_kinds.iter().any(|info| info.kind != DependencyKind::Development)
            });
            waiting.extend(used.map(|dependency| &dependency.pkg));
        }
    }
    seen.into_iter().map(|id| &metadata[id]).collect()
}

#[test]
fn rust_version_is_the_lowest_that_the_dependencies_allow() {
    let metadata = metadata();
    let members: BTreeSet<&PackageId> = metadata.workspace_members.iter().collect();
    let (ours, theirs): (Vec<&Package>, Vec<&Package>) =
        built_by_users(&metadata).into_iter().partition(|package| members.contains(&package.id));
    let (lowest, by) = theirs
        .iter()
        .filter_map(|package| Some((package.rust_version.clone()?, package.name.as_str())))
        .chain([(RUST_VERSION_OF_EDITION, "the edition")])
        .max()
        .expect("the edition has a version");
    assert!(!ours.is_empty());
    for package in ours {
        assert_eq!(package.rust_version.as_ref(), Some(&lowest), "{}: {by} needs it", package.name);
    }
}

#[test]
fn clippy_checks_against_the_rust_version_of_the_workspace() {
    let manifest = toml_at("Cargo.toml");
    for file in ["clippy.toml", "crates/wirebeat/clippy.toml"] {
        assert_eq!(
            toml_at(file)["msrv"],
            manifest["workspace"]["package"]["rust-version"],
            "{file}"
        );
    }
}

#[test]
fn licences_of_all_packages_are_among_the_allowed() {
    let allowed: Vec<spdx::Licensee> = toml_at("deny.toml")["licenses"]["allow"]
        .as_array()
        .expect("a list of licences")
        .iter()
        .map(|name| spdx::Licensee::parse(name.as_str().expect("a name")).expect("an SPDX name"))
        .collect();
    for package in metadata().packages {
        let licence = package.license.as_deref().unwrap_or_default();
        let expression = spdx::Expression::parse_mode(licence, spdx::ParseMode::LAX)
            .unwrap_or_else(|error| panic!("{} {licence:?}: {error}", package.name));
        assert!(
            expression.evaluate(|wanted| allowed.iter().any(|one| one.satisfies(wanted))),
            "{}: {licence} is not in deny.toml's list",
            package.name
        );
    }
}

/// Returns the root file of every target: libraries, programs, tests, benches, examples.
fn root_files(metadata: &Metadata) -> Vec<PathBuf> {
    metadata
        .workspace_packages()
        .iter()
        .flat_map(|package| &package.targets)
        .map(|target| target.src_path.clone().into_std_path_buf())
        .collect()
}

#[test]
fn unsafe_code_is_forbidden_in_every_root_file_and_by_every_manifest() {
    let metadata = metadata();
    let mut files = root_files(&metadata);
    let lints = &toml_at("Cargo.toml")["workspace"]["lints"]["rust"];
    assert_eq!(lints["unsafe_code"].as_str(), Some("forbid"));
    for package in metadata.workspace_packages() {
        let manifest = toml_at(&package.manifest_path);
        let inherits = manifest.get("lints").and_then(|lints| lints.get("workspace"));
        assert_eq!(inherits, Some(&true.into()), "{}", package.manifest_path);
    }
    for folder in
        EXCLUDED.map(|folder| root().join(folder)).into_iter().filter(|path| path.exists())
    {
        let lints = &toml_at(folder.join("Cargo.toml"))["lints"]["rust"];
        assert_eq!(lints["unsafe_code"].as_str(), Some("forbid"), "{folder:?}");
        let metadata = MetadataCommand::new()
            .manifest_path(folder.join("Cargo.toml"))
            .no_deps()
            .exec()
            .expect("cargo metadata runs");
        files.extend(root_files(&metadata));
    }
    for file in files {
        let source = fs::read_to_string(&file).expect("a readable source file");
        let forbidden = source.lines().any(|line| line == "#![forbid(unsafe_code)]");
        assert!(forbidden, "{file:?} lacks #![forbid(unsafe_code)]");
    }
}

#[test]
fn dependencies_of_the_core_are_those_of_its_architecture() {
    let metadata = metadata();
    let core = metadata.packages.iter().find(|package| package.name == "wirebeat");
    let core = core.expect("the core is a member");
    let actual: BTreeSet<&str> = core
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind != DependencyKind::Development)
        .map(|dependency| dependency.name.as_str())
        .collect();

    let text = fs::read_to_string(root().join("crates/wirebeat/ARCHITECTURE.md"))
        .expect("crates/wirebeat/ARCHITECTURE.md exists");
    let documented: BTreeSet<&str> = text
        .lines()
        .map(str::trim)
        .skip_while(|line| *line != "| dependency | feature | what it's for |")
        .skip(2)
        .map_while(|line| line.strip_prefix('|'))
        .map(|row| row.split('|').next().unwrap_or_default().trim().trim_matches('`'))
        .collect();
    assert_eq!(actual, documented);
}

/// Returns what lies at the top level: what git tracks, or all but the build where there is no git.
fn top_level() -> BTreeSet<String> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output();
    match listed {
        Ok(output) if output.status.success() && !output.stdout.is_empty() => {
            String::from_utf8_lossy(&output.stdout)
                .split_terminator('\0')
                .filter_map(|path| path.split('/').next().map(str::to_owned))
                .collect()
        }
        _ => fs::read_dir(root())
            .expect("a readable workspace")
            .map(|entry| entry.expect("a readable entry").file_name().to_string_lossy().into())
            .filter(|name| name != "target")
            .collect(),
    }
}

#[test]
fn top_level_has_only_what_belongs_there() {
    for name in top_level() {
        let belongs = TOP_LEVEL.iter().any(|allowed| match allowed.strip_suffix('*') {
            Some(prefix) => name.starts_with(prefix),
            None => name == *allowed,
        });
        assert!(belongs, "{name} is not among {TOP_LEVEL:?}");
    }
}
