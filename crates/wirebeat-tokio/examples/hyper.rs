//! An echo server inside an HTTP server by hyper: `cargo run --features hyper --example hyper`.
#![forbid(unsafe_code)]

use std::convert::Infallible;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use wirebeat_tokio::{Acceptance, OriginPolicy, Upgrade};

async fn answer(mut request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let upgrade = match Upgrade::new(&mut request, OriginPolicy::SameHost) {
        Ok(upgrade) => upgrade,
        Err(refusal) => return Ok(refusal.into_response().map(Full::new)),
    };
    let (response, opening) = match upgrade.accept(&Acceptance::new()) {
        Ok(accepted) => accepted,
        Err(error) => return Ok(Response::new(error.to_string().into())),
    };
    tokio::spawn(async move {
        let Ok(mut socket) = opening.open().await else { return };
        let echo = async |socket: &mut wirebeat_tokio::WebSocket<_>| {
            while let Some(message) = socket.recv().await {
                if socket.send(message).await.is_err() {
                    return;
                }
            }
        };
        socket.run(echo).await;
        println!("{:?}", socket.closed());
    });
    Ok(response.map(|()| Full::default()))
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:9001").await?;
    println!("ws://{}/", listener.local_addr()?);
    loop {
        let (stream, _) = listener.accept().await?;
        let connection = http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service_fn(answer))
            .with_upgrades();
        tokio::spawn(async move { drop(connection.await) });
    }
}
