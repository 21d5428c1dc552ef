//! Connecting by way of a proxy.
#![cfg(feature = "proxy")]
#![forbid(unsafe_code)]
#![allow(clippy::unwrap_used, reason = "a peer that can't be set up fails the test")]

use std::net::SocketAddr;

use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use wirebeat_tokio::{Client, ConnectError, Message, OriginPolicy, Proxy, Server};

async fn listen() -> (TcpListener, SocketAddr) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}

/// An echo server, known to the proxies as `chat.example`, which no resolver knows.
async fn serve() -> SocketAddr {
    let (listener, address) = listen().await;
    tokio::spawn(Server::new(listener, OriginPolicy::SameHost).serve(async |pending| {
        let mut socket = pending.accept().await.unwrap();
        while let Some(message) = socket.recv().await {
            socket.send(message).await.unwrap();
        }
    }));
    address
}

async fn read_head(stream: &mut TcpStream) -> String {
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        head.push(char::from(stream.read_u8().await.unwrap()));
    }
    head
}

/// An HTTP proxy for one connection to `server`, unless it has none. Returns what it was asked.
fn http_proxy(listener: TcpListener, server: Option<SocketAddr>) -> JoinHandle<String> {
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let head = read_head(&mut stream).await;
        let Some(server) = server else {
            stream.write_all(b"HTTP/1.1 403 Forbidden\r\n\r\n").await.unwrap();
            return head;
        };
        stream.write_all(b"HTTP/1.1 200 OK\r\n\r\n").await.unwrap();
        let mut server = TcpStream::connect(server).await.unwrap();
        copy_bidirectional(&mut stream, &mut server).await.unwrap();
        head
    })
}

async fn exchange(proxy: &str) {
    let client = Client::new("ws://chat.example/").unwrap().proxy(Proxy::new(proxy).unwrap());
    let mut socket = client.connect().await.unwrap();
    socket.send("through").await.unwrap();
    assert_eq!(socket.recv().await, Some(Message::from("through")));
    socket.close(None).await.unwrap();
}

#[tokio::test]
async fn an_http_proxy_is_asked_to_connect_with_the_given_credentials() {
    let server = serve().await;
    let (listener, address) = listen().await;
    let proxy = http_proxy(listener, Some(server));
    exchange(&format!("http://user:secret@{address}")).await;
    let asked = proxy.await.unwrap().to_lowercase();
    assert!(asked.starts_with("connect chat.example:80 http/1.1\r\n"), "{asked}");
    assert!(asked.contains("proxy-authorization: basic "), "{asked}");
}

/// RFC 1928: no authentication, and the name is left to the proxy.
#[tokio::test]
async fn a_socks_proxy_is_asked_to_connect_by_name() {
    let server = serve().await;
    let (listener, address) = listen().await;
    let proxy = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut greeting = [0; 2];
        stream.read_exact(&mut greeting).await.unwrap();
        stream.read_exact(&mut vec![0; usize::from(greeting[1])]).await.unwrap();
        stream.write_all(&[5, 0]).await.unwrap();
        let mut request = [0; 5];
        stream.read_exact(&mut request).await.unwrap();
        let mut host = vec![0; usize::from(request[4])];
        stream.read_exact(&mut host).await.unwrap();
        let port = stream.read_u16().await.unwrap();
        stream.write_all(&[5, 0, 0, 1, 0, 0, 0, 0, 0, 0]).await.unwrap();
        let mut server = TcpStream::connect(server).await.unwrap();
        copy_bidirectional(&mut stream, &mut server).await.unwrap();
        (request, host, port)
    });
    exchange(&format!("socks5://{address}")).await;
    let (request, host, port) = proxy.await.unwrap();
    assert_eq!((request[..4].to_vec(), &*host, port), (vec![5, 1, 0, 3], &b"chat.example"[..], 80));
}

#[tokio::test]
async fn a_proxy_that_refuses_is_told_by_its_name() {
    let (listener, address) = listen().await;
    let proxy = http_proxy(listener, None);
    let url = format!("http://{address}");
    let client = Client::new("ws://chat.example/").unwrap().proxy(Proxy::new(&url).unwrap());
    let error = client.connect().await.unwrap_err();
    assert!(matches!(error, ConnectError::Proxy { .. }), "{error:?}");
    assert!(error.to_string().contains(&url), "{error}");
    proxy.await.unwrap();
}

#[test]
fn what_is_no_proxy_is_refused() {
    for url in ["", "proxy", "https://proxy.example", "ftp://proxy.example", "socks5:"] {
        assert!(Proxy::new(url).is_err(), "{url}");
    }
}
