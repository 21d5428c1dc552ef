//! The core's modules use one another in one direction (crates/wirebeat/ARCHITECTURE.md).
#![forbid(unsafe_code)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use proc_macro2::{Delimiter, TokenStream, TokenTree};

/// Every module at the root of the core, lowest layer first: one may use itself and the layers
/// before its own. Names in one string are one subject in several files, which may use one another.
/// A new module belongs on this list.
const LAYERS: &[&[&str]] = &[
    &["time", "seed", "role"],
    &["close protocol_error"],
    &["frame"],
    &["message", "extension"],
    &["handshake"],
    &["connection"],
    &["record"],
    &["session"],
    &["websocket"],
];

/// Returns a module's layer and its subject.
fn place_of(module: &str) -> Option<(usize, &'static str)> {
    LAYERS.iter().enumerate().find_map(|(layer, subjects)| {
        let is_named = |subject: &&&str| subject.split(' ').any(|name| name == module);
        subjects.iter().find(is_named).map(|subject| (layer, *subject))
    })
}

/// A path that begins at the crate's root: the segments after `crate::`, as far as they are known.
type FromRoot = Vec<String>;

/// Collects the paths that `tokens` name, in a module that lies at `module` below the root.
fn collect_paths(tokens: TokenStream, module: &[String], found: &mut Vec<FromRoot>) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    let mut at = 0;
    while at < tokens.len() {
        let follows_path = at >= 1 && is_colon(&tokens[at - 1]);
        let start = match ident(&tokens[at]).as_deref() {
            Some("crate") if !follows_path => Some(Vec::new()),
            Some("super") if !follows_path => Some(parent(module)),
            _ => None,
        };
        if let (Some(start), true) = (start, starts_path(&tokens[at + 1..])) {
            collect_tree(start, &tokens[at + 3..], found);
        }
        if let TokenTree::Group(group) = &tokens[at] {
            let name = (at >= 2 && ident(&tokens[at - 2]).as_deref() == Some("mod"))
                .then(|| ident(&tokens[at - 1]))
                .flatten();
            let inner = [module, name.as_slice()].concat();
            collect_paths(group.stream(), &inner, found);
        }
        at += 1;
    }
}

/// Follows a path behind its first `::`, through the branches of `{a, b::c}`.
fn collect_tree(mut path: FromRoot, tokens: &[TokenTree], found: &mut Vec<FromRoot>) {
    match tokens {
        [TokenTree::Group(group), ..] if group.delimiter() == Delimiter::Brace => {
            let branches: Vec<TokenTree> = group.stream().into_iter().collect();
            for branch in branches.split(|token| is_punct(token, ',')) {
                if !branch.is_empty() {
                    collect_tree(path.clone(), branch, found);
                }
            }
        }
        [first, rest @ ..] => {
            match ident(first).as_deref() {
                Some("super") => path = parent(&path),
                Some("self") => {}
                Some(name) => path.push(name.to_owned()),
                None => path.push("*".to_owned()),
            }
            if starts_path(rest) {
                collect_tree(path, &rest[2..], found);
            } else {
                found.push(path);
            }
        }
        [] => found.push(path),
    }
}

fn parent(module: &[String]) -> FromRoot {
    module.split_last().map(|(_, parent)| parent.to_vec()).unwrap_or_default()
}

fn starts_path(tokens: &[TokenTree]) -> bool {
    matches!(tokens, [first, second, _, ..] if is_colon(first) && is_colon(second))
}

fn is_colon(token: &TokenTree) -> bool {
    is_punct(token, ':')
}

fn is_punct(token: &TokenTree, char: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == char)
}

fn ident(token: &TokenTree) -> Option<String> {
    match token {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    }
}

fn tokens_of(file: &Path) -> TokenStream {
    let source = fs::read_to_string(file)
        .map_err(|error| format!("{file:?}: {error}"))
        .expect("a readable file");
    source.parse().map_err(|error| format!("{file:?}: {error}")).expect("Rust")
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../crates/wirebeat/src")
}

fn all_idents(tokens: TokenStream) -> Box<dyn Iterator<Item = String>> {
    Box::new(tokens.into_iter().flat_map(|token| match token {
        TokenTree::Group(group) => all_idents(group.stream()),
        other => Box::new(ident(&other).into_iter()),
    }))
}

/// Returns each file below `folder`, with its module's path below the root.
fn modules(folder: &Path, path: &[String]) -> Vec<(PathBuf, Vec<String>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).expect("a readable folder") {
        let file = entry.expect("a readable entry").path();
        let name = file.file_stem().and_then(|name| name.to_str()).expect("UTF-8").to_owned();
        let inner = [path, &[name]].concat();
        if file.is_dir() {
            found.extend(modules(&file, &inner));
        } else if file.ends_with("mod.rs") || file.ends_with("lib.rs") {
            found.push((file, path.to_vec()));
        } else if file.extension().is_some_and(|extension| extension == "rs") {
            found.push((file, inner));
        }
    }
    found
}

/// Returns which module each name comes from that `lib.rs` exports: `pub use frame::Opcode`.
fn exports(lib: TokenStream) -> BTreeMap<String, String> {
    let tokens: Vec<TokenTree> = lib.into_iter().collect();
    let mut found = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        if ident(token).as_deref() == Some("use") {
            let end = tokens[at..].iter().position(|token| is_punct(token, ';')).expect("a `;`");
            collect_tree(Vec::new(), &tokens[at + 1..at + end], &mut found);
        }
    }
    found
        .into_iter()
        .filter_map(|path| Some((path.last()?.clone(), path.first()?.clone())))
        .collect()
}

/// Returns a line for each path that leads to where it must not.
fn violations(
    module: &[String],
    tokens: TokenStream,
    exports: &BTreeMap<String, String>,
) -> Vec<String> {
    let own = module.first().expect("a module below the root");
    let Some((own_layer, own_subject)) = place_of(own) else {
        return vec![format!("{own} is in no layer")];
    };
    let mut found = Vec::new();
    collect_paths(tokens, module, &mut found);
    let mut violations = Vec::new();
    for path in found {
        let Some(first) = path.first() else { continue };
        let used = exports.get(first).unwrap_or(first);
        match place_of(used) {
            Some((layer, subject)) if subject == own_subject || layer < own_layer => {}
            Some(_) => violations.push(format!("{} uses {}", module.join("::"), path.join("::"))),
            None => violations.push(format!("{first} (in {}) is in no layer", module.join("::"))),
        }
    }
    violations
}

#[test]
fn no_module_of_the_core_uses_a_layer_above_or_beside_its_own() {
    let source = source();
    let exports = exports(tokens_of(&source.join("lib.rs")));
    let mut all = Vec::new();
    for (file, module) in modules(&source, &[]) {
        // lib.rs itself belongs to all layers.
        if !module.is_empty() {
            all.extend(violations(&module, tokens_of(&file), &exports));
        }
    }
    assert!(all.is_empty(), "{}", all.join("\n"));
}

#[test]
fn the_state_tables_know_neither_bytes_nor_time() {
    let unknown_to_them = ["Bytes", "BytesMut", "Duration", "Instant", "Timestamp", "bytes", "u8"];
    for table in ["connection/state.rs", "session/state.rs"] {
        let words: BTreeSet<String> = all_idents(tokens_of(&source().join(table))).collect();
        for word in unknown_to_them {
            assert!(!words.contains(word), "{word} in {table}");
        }
    }
}

#[test]
fn a_path_upwards_is_found_however_it_is_written() {
    let exports = exports(
        "pub use connection::{Config, event::Event}; use time::Timestamp;".parse().unwrap(),
    );
    let violations_in = |module: &str, source: &str| {
        let module: Vec<String> = module.split("::").map(str::to_owned).collect();
        violations(&module, source.parse().unwrap(), &exports).len()
    };
    for (module, source, expected) in [
        ("frame", "use crate::connection::Connection;", 1),
        ("frame", "use crate::{time::Timestamp, connection::{Config, state::State}};", 2),
        ("frame", "use crate::Config;", 1),
        ("frame", "use crate::{Event, Timestamp};", 1),
        ("frame", "use super::connection::Connection;", 1),
        ("frame::mask", "use super::super::connection::Connection;", 1),
        ("frame::mask", "use super::connection::Connection;", 0),
        ("frame", "mod tests { use super::connection::Connection; }", 0),
        ("frame", "mod tests { use super::super::connection::Connection; }", 1),
        ("frame", "fn f() -> crate::connection::Connection { matches!(0, crate::session::X) }", 2),
        (
            "frame",
            "/// See [`crate::connection::Connection`].\nfn f() {} // crate::connection::X",
            0,
        ),
        ("frame", "pub(crate) fn f() -> &'static str { \"crate::connection::X\" }", 0),
        ("message", "use crate::handshake::Request;", 1),
        ("handshake", "use crate::frame::Header;", 0),
        ("time", "use crate::seed::Seed;", 1),
        ("close", "use crate::{protocol_error::ProtocolError, role::Role};", 0),
        ("connection::receive", "use crate::{connection::state::State, message::Text, frame};", 0),
        ("connection", "use crate::unheard_of::X;", 1),
        ("unheard_of", "", 1),
    ] {
        assert_eq!(violations_in(module, source), expected, "{module}: {source}");
    }
}
