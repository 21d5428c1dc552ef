//! An echo server inside an HTTP server by axum: `cargo run --features axum --example axum`.
#![forbid(unsafe_code)]

use axum::Router;
use axum::response::Response;
use axum::routing::{any, get};
use wirebeat_tokio::{OriginPolicy, WebSocketUpgrade};

async fn echo(upgrade: WebSocketUpgrade) -> Response {
    upgrade.on_upgrade(OriginPolicy::SameHost, async |mut socket| {
        while let Some(message) = socket.recv().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
        println!("{:?}", socket.closed());
    })
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:9001").await?;
    println!("ws://{}/echo", listener.local_addr()?);
    let routes = Router::new().route("/", get("try /echo\n")).route("/echo", any(echo));
    axum::serve(listener, routes).await
}
