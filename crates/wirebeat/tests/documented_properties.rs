//! `TESTING.md` says which property holds which invariant; here it's held to what there is.
#![forbid(unsafe_code)]

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of properties that stand in a text behind a prefix.
fn names(text: &str, prefix: &str) -> BTreeSet<String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    text.split(prefix)
        .skip(1)
        .map(|rest| rest.split(|c| !is_name(c)).next().unwrap_or_default().to_owned())
        .filter(|name| name.starts_with("invariant_"))
        .collect()
}

/// The properties in a folder's sources.
fn defined(folder: &Path, found: &mut BTreeSet<String>) {
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let path = entry.expect("a readable folder").path();
        if path.is_dir() {
            defined(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.extend(names(&fs::read_to_string(path).expect("a source"), "fn "));
        }
    }
}

#[test]
fn every_invariant_has_a_property_and_every_property_is_in_the_table() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = fs::read_to_string(root.join("TESTING.md")).expect("it's there");
    let mut found = BTreeSet::new();
    defined(&root.join("tests"), &mut found);
    defined(&root.join("../wirebeat-harness/tests"), &mut found);
    assert_eq!(names(&table, "`"), found);
    for number in 1..=13 {
        let row = table.lines().find(|line| line.starts_with(&format!("| {number} |")));
        let row = row.expect("each has a row");
        assert!(row.contains(&format!("`invariant_{number}_")), "{row}");
    }
}
