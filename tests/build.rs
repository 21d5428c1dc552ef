//! Makes programs of the README's client and servers, so that the tests can run them.
#![forbid(unsafe_code)]

use std::error::Error;
use std::path::PathBuf;
use std::{env, fs};

/// The README's address, and where the program takes it from instead.
const CLIENT_URL: (&str, &str) = (
    r#"connect("ws://localhost:9001/chat")"#,
    r#"connect(&std::env::args().nth(1).ok_or("which URL?")?)"#,
);
const SERVER_ADDRESS: (&str, &str) = (
    r#"TcpListener::bind("127.0.0.1:9001")?"#,
    r#"TcpListener::bind("127.0.0.1:0")
        .inspect(|listener| println!("{}", listener.local_addr().expect("an address")))?"#,
);
const TOKIO_ADDRESS: (&str, &str) = (
    r#"TcpListener::bind("127.0.0.1:9001").await?"#,
    r#"TcpListener::bind("127.0.0.1:0")
        .await
        .inspect(|listener| println!("{}", listener.local_addr().expect("an address")))?"#,
);

fn main() -> Result<(), Box<dyn Error>> {
    let readme = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../README.md");
    println!("cargo::rerun-if-changed={}", readme.display());
    let text = fs::read_to_string(readme)?;
    let out = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out.join("client.rs"), program(&text, "## A client", CLIENT_URL)?)?;
    fs::write(out.join("server.rs"), program(&text, "## A server", SERVER_ADDRESS)?)?;
    fs::write(out.join("tokio_server.rs"), program(&text, "## With tokio", TOKIO_ADDRESS)?)?;
    Ok(())
}

/// The Rust code under a heading, with its address replaced.
fn program(text: &str, heading: &str, (from, to): (&str, &str)) -> Result<String, String> {
    let missing = |what| format!("the README has no {what} under {heading:?}: see tests/build.rs");
    let section = text.split(heading).nth(1).ok_or_else(|| missing("section"))?;
    let fenced = section.split("```").nth(1).ok_or_else(|| missing("code"))?;
    let (_, code) = fenced.split_once('\n').ok_or_else(|| missing("code"))?;
    if !code.contains(from) {
        return Err(missing(from));
    }
    Ok(code.replace(from, to))
}
