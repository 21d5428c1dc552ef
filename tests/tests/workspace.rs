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

/// The platforms that users build for, as far as licences are concerned.
fn platforms() -> Vec<String> {
    let deny = toml_at("deny.toml");
    let platforms = deny["graph"]["targets"].as_array().expect("a list of platforms");
    platforms.iter().map(|name| name.as_str().expect("a name").to_owned()).collect()
}

/// Returns what is built on one platform.
fn metadata_for(platform: &str) -> Metadata {
    MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .features(cargo_metadata::CargoOpt::AllFeatures)
        .other_options(["--filter-platform".to_owned(), platform.to_owned()])
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

/// Returns what a user of these packages builds: they, and all behind their normal and build
/// dependencies, with all features and on every platform.
fn built_by_users<'m>(metadata: &'m Metadata, packages: &[&'m Package]) -> Vec<&'m Package> {
    let nodes = &metadata.resolve.as_ref().expect("dependencies are resolved").nodes;
    let nodes: BTreeMap<&PackageId, _> = nodes.iter().map(|node| (&node.id, node)).collect();
    let mut waiting: Vec<&PackageId> = packages.iter().map(|package| &package.id).collect();
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

/// What packages need that don't say so.
const UNDECLARED: [(&str, Version); 1] = [("rustyline", Version::new(1, 95, 0))];

/// The program, whose terminal needs more than the libraries do.
const PROGRAM: &str = "wirebeat-cli";

/// Returns what a package needs to be built, as far as it's known.
fn rust_version(package: &Package) -> Option<Version> {
    let undeclared = UNDECLARED.into_iter().find(|(name, _)| package.name == *name);
    package.rust_version.clone().or(undeclared.map(|(_, version)| version))
}

#[test]
fn rust_version_is_the_lowest_that_the_dependencies_allow() {
    let metadata = metadata();
    let published: Vec<&Package> =
        metadata.workspace_packages().into_iter().filter(|package| is_published(package)).collect();
    let (program, libraries): (Vec<&Package>, Vec<&Package>) =
        published.into_iter().partition(|package| package.name == PROGRAM);
    assert!(!program.is_empty() && !libraries.is_empty());
    for ours in [program, libraries] {
        let (lowest, by) = built_by_users(&metadata, &ours)
            .into_iter()
            .filter(|package| !metadata.workspace_members.contains(&package.id))
            .filter_map(|package| Some((rust_version(package)?, package.name.as_str())))
            .chain([(RUST_VERSION_OF_EDITION, "the edition")])
            .max()
            .expect("the edition has a version");
        for package in ours {
            let declared = package.rust_version.as_ref();
            assert_eq!(declared, Some(&lowest), "{}: {by} needs it", package.name);
        }
    }
}

#[test]
fn clippy_checks_against_the_rust_version_of_the_packages() {
    let libraries = &toml_at("Cargo.toml")["workspace"]["package"]["rust-version"];
    let program = &toml_at("crates/wirebeat-cli/Cargo.toml")["package"]["rust-version"];
    for (file, version) in [
        ("clippy.toml", libraries),
        ("crates/wirebeat/clippy.toml", libraries),
        ("crates/wirebeat-cli/clippy.toml", program),
        ("crates/wirebeat-sim/clippy.toml", libraries),
    ] {
        assert_eq!(&toml_at(file)["msrv"], version, "{file}");
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
    for package in platforms().iter().flat_map(|platform| metadata_for(platform).packages) {
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
