//! TLS from end to end: `wirebeat serve` with a certificate, and `wirebeat connect` to it.
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "what goes wrong fails the test")]

mod support;

use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use std::thread::JoinHandle;

use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use support::{Running, echo, failure, http_server, run, tcp_server, text, wirebeat};
use wirebeat_std::rustls::crypto::ring;
use wirebeat_std::rustls::pki_types::pem::PemObject;
use wirebeat_std::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use wirebeat_std::rustls::server::WebPkiClientVerifier;
use wirebeat_std::rustls::{RootCertStore, ServerConfig};
use wirebeat_std::{OriginPolicy, Response, accept_tls};

/// A folder with an authority and what it has signed, in files.
struct Files(PathBuf);

impl Files {
    fn new(name: &str) -> Files {
        let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
        fs::create_dir_all(&folder).unwrap();
        let files = Files(folder);
        let mut authority = CertificateParams::new(Vec::new()).unwrap();
        authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = CertifiedIssuer::self_signed(authority, key).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        files.write("authority.pem", &authority.pem());
        files.write("certificate.pem", &certificate.pem());
        files.write("key.pem", &key.serialize_pem());
        files.write("both.pem", &(certificate.pem() + &key.serialize_pem()));
        files
    }

    fn write(&self, name: &str, content: &str) {
        fs::write(self.0.join(name), content).unwrap();
    }

    fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().into()
    }
}

/// A server with a certificate, and its URL.
fn serve(arguments: &[&str]) -> (Running, String) {
    let mut server = Running::start(&[&["serve", "127.0.0.1:0"], arguments].concat());
    let listening = server.line();
    assert!(listening.contains("wss://127.0.0.1:"), "{listening}");
    let browser = server.line();
    assert!(browser.contains("https://127.0.0.1:"), "{browser}");
    let port = listening.split([':', '/']).nth(4).unwrap();
    (server, format!("wss://localhost:{port}/"))
}

#[test]
fn a_certificate_is_trusted_by_its_authority_or_not_at_all() {
    let files = Files::new("trust");
    let (certificate, key) = (files.path("certificate.pem"), files.path("key.pem"));
    let authority = files.path("authority.pem");
    let (_server, url) = serve(&["--tls-cert", &certificate, "--tls-key", &key]);
    let connect = |arguments: &[&str]| {
        run(&[&["connect", "--once", "--quiet"], arguments].concat(), b"hello\n")
    };
    for trust in [&["--cacert", &authority][..], &["--insecure"]] {
        let output = connect(&[trust, &[&url]].concat());
        assert_eq!(text(&output.stdout), "hello\n", "{}", text(&output.stderr));
        assert_eq!(output.status.code(), Some(0));
    }
    let (line, code) = failure(&connect(&[&url]));
    assert_eq!(code, 4);
    assert!(line.contains("--cacert") || line.contains("no certificates to trust"), "{line}");
    let wrong_name = url.replace("localhost", "127.0.0.1");
    let (line, code) = failure(&connect(&["--cacert", &authority, &wrong_name]));
    assert_eq!(code, 4);
    assert!(line.contains("a name that its certificate is for"), "{line}");
}

#[test]
fn a_system_that_trusts_nobody_is_told_what_to_install() {
    let files = Files::new("nobody");
    files.write("none.pem", "");
    let output = wirebeat(&["connect", "wss://localhost:1/"])
        .env("SSL_CERT_FILE", files.path("none.pem"))
        .env("SSL_CERT_DIR", files.path("no-such-folder"))
        .output()
        .unwrap();
    let (line, code) = failure(&output);
    assert!(code == 4 && line.contains("ca-certificates") && line.contains("--cacert"), "{line}");
}

#[test]
fn certificate_and_key_may_be_in_one_file() {
    let files = Files::new("both");
    let (_server, url) = serve(&["--tls-cert", &files.path("both.pem")]);
    let output = run(&["connect", "-1qk", &url], b"hello\n");
    assert_eq!(text(&output.stdout), "hello\n", "{}", text(&output.stderr));
}

#[test]
fn the_scheme_that_does_not_fit_the_server_is_told() {
    let files = Files::new("scheme");
    let (_server, secure) = serve(&["--tls-cert", &files.path("both.pem")]);
    let (line, code) = failure(&run(&["connect", &secure.replace("wss:", "ws:")], b""));
    assert!(code == 5 && line.contains("wss://"), "{line}");

    let (plain, server) = http_server(|pending| pending.respond(&Response::new(404).unwrap()));
    // The server refuses what isn't HTTP by itself.
    let (line, code) = failure(&run(&["connect", "-k", &plain.replace("ws:", "wss:")], b""));
    assert!(code == 4 && line.contains("try ws://"), "{line}");
    assert!(server.join().is_err());
}

/// A server for one connection that wants a certificate of the same authority from its client.
/// Returns its URL, and whether it got one.
fn demanding_server(files: &Files) -> (String, JoinHandle<bool>) {
    let certificates =
        |name| CertificateDer::pem_file_iter(files.path(name)).unwrap().map(Result::unwrap);
    let provider = Arc::new(ring::default_provider());
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates("authority.pem"));
    let verifier =
        WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(&provider));
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_client_cert_verifier(verifier.build().unwrap())
        .with_single_cert(
            certificates("certificate.pem").collect(),
            PrivateKeyDer::from_pem_file(files.path("key.pem")).unwrap(),
        )
        .unwrap();
    let (url, server) = tcp_server(move |stream| {
        match accept_tls(stream, Arc::new(config), OriginPolicy::SameHost) {
            Ok(pending) => {
                echo(pending.accept().unwrap());
                true
            }
            Err(_) => false,
        }
    });
    (url.replace("ws://127.0.0.1", "wss://localhost"), server)
}

#[test]
fn a_server_that_wants_a_certificate_gets_ours() {
    let files = Files::new("client");
    let (certificate, key) = (files.path("certificate.pem"), files.path("key.pem"));
    let (both, authority) = (files.path("both.pem"), files.path("authority.pem"));
    for arguments in [
        &["--cacert", &*authority, "--cert", &*certificate, "--key", &*key][..],
        &["--cacert", &*authority, "--cert", &*both],
        &["--insecure", "--cert", &*both],
    ] {
        let (url, server) = demanding_server(&files);
        let output = run(&[&["connect", "-1q", &*url], arguments].concat(), b"hello\n");
        assert_eq!(text(&output.stdout), "hello\n", "{}", text(&output.stderr));
        assert!(server.join().unwrap());
    }
    let (url, server) = demanding_server(&files);
    let (line, code) = failure(&run(&["connect", "--cacert", &authority, &url], b""));
    assert!(code == 4 && line.contains("--cert"), "{code}: {line}");
    assert!(!server.join().unwrap());
}

#[test]
fn a_file_that_cannot_be_used_is_named() {
    let files = Files::new("files");
    files.write("empty.pem", "");
    let (empty, key) = (files.path("empty.pem"), files.path("key.pem"));
    let (missing, certificate) = (files.path("missing.pem"), files.path("certificate.pem"));
    for (arguments, word, expected) in [
        (["--cacert", &*empty], "has no certificate in it", 2),
        (["--cacert", &*missing], "can't be read", 1),
        (["--cert", &*certificate], "has no private key in it", 2),
        (["--cert", &*key], "has no certificate in it", 2),
    ] {
        let (line, code) =
            failure(&run(&[&["connect", "wss://localhost:1/"], &arguments[..]].concat(), b""));
        assert_eq!(code, expected, "{line}");
        assert!(line.contains(word) && line.contains(arguments[1]), "{line}");
    }
    // A key without a certificate is a mistake that clap finds.
    let output = run(&["connect", "wss://localhost:1/", "--key", &key], b"");
    assert_eq!(output.status.code(), Some(2));
}
