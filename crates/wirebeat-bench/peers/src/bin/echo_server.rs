//! One echo server: `echo_server NAME` prints the port that it listens at, and serves on one thread;
//! `tungstenite` blocks, so it has a thread for each connection.
//!
//! `raw` is a TCP echo, which no WebSocket server on tokio can be faster than.
#![forbid(unsafe_code)]

use std::error::Error;
use std::future::Future;
use std::sync::LazyLock;

use futures_util::{FutureExt, SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::LocalSet;
use wirebeat_tokio::{Config, MaybeTls, OriginPolicy, Pending, Server, accept_with};

type Outcome = Result<(), Box<dyn Error>>;

const LEN_MAX: usize = 128 << 20;

fn main() -> Outcome {
    let name = std::env::args().nth(1).ok_or("which server?")?;
    if name == "tungstenite" {
        return tungstenite_on_threads();
    }
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    LocalSet::new().block_on(&runtime, async {
        match &*name {
            "raw" => serve(raw).await,
            "wirebeat" => serve(wirebeat).await,
            "wirebeat-serve" => wirebeat_serve().await,
            "tokio-tungstenite" => serve(tokio_tungstenite).await,
            "tokio-tungstenite+4k" => serve(tokio_tungstenite_4k).await,
            "web-socket" => serve(web_socket).await,
            "fastwebsockets" => serve(fastwebsockets).await,
            "tokio-websockets" => serve(tokio_websockets).await,
            "tokio-websockets+b" => serve(tokio_websockets_batched).await,
            "sockudo-ws" => serve(sockudo_ws).await,
            "yawc" => serve(yawc).await,
            "yawc+b" => serve(yawc_batched).await,
            _ => Err("there is no such server".into()),
        }
    })
}

fn listen() -> Result<TcpListener, Box<dyn Error>> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(([127, 0, 0, 1], 0).into())?;
    let listener = socket.listen(4096)?;
    println!("{}", listener.local_addr()?.port());
    Ok(listener)
}

async fn serve<F: Future<Output = Outcome> + 'static>(echo: fn(TcpStream) -> F) -> Outcome {
    let listener = listen()?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        tokio::task::spawn_local(async move { drop(echo(stream).await) });
    }
}

async fn raw(mut stream: TcpStream) -> Outcome {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let len = stream.read(&mut buffer).await?;
        if len == 0 {
            return Ok(());
        }
        stream.write_all(&buffer[..len]).await?;
    }
}

/// What all connections share.
static CONFIG: LazyLock<Config> =
    LazyLock::new(|| Config { message_len_max: LEN_MAX as u64, ..Config::default() });

async fn wirebeat(stream: TcpStream) -> Outcome {
    let pending = accept_with(stream, OriginPolicy::Any, &CONFIG).await?;
    let mut socket = pending.accept().await?;
    while let Some(message) = socket.recv().await {
        socket.send(message).await?;
    }
    Ok(())
}

async fn wirebeat_serve() -> Outcome {
    let server = Server::new(listen()?, OriginPolicy::Any).config(CONFIG.clone());
    let echo = async |pending: Pending<MaybeTls<TcpStream>>| {
        let Ok(mut socket) = pending.accept().await else { return };
        while let Some(message) = socket.recv().await {
            if socket.send(message).await.is_err() {
                return;
            }
        }
    };
    server.connections_max(100_000).serve(echo).await;
    Ok(())
}

/// What both adapters of tungstenite go by.
fn tungstenite_config() -> tungstenite::protocol::WebSocketConfig {
    tungstenite::protocol::WebSocketConfig::default().max_frame_size(None).max_message_size(None)
}

fn tungstenite_on_threads() -> Outcome {
    let listener = std::net::TcpListener::bind(("127.0.0.1", 0))?;
    // As long a queue as the others': `bind` asks for 128.
    rustix::net::listen(&listener, 4096)?;
    println!("{}", listener.local_addr()?.port());
    for stream in listener.incoming() {
        let stream = stream?;
        std::thread::Builder::new().spawn(move || drop(tungstenite(stream)))?;
    }
    Ok(())
}

fn tungstenite(stream: std::net::TcpStream) -> Outcome {
    stream.set_nodelay(true)?;
    let mut socket = ::tungstenite::accept_with_config(stream, Some(tungstenite_config()))?;
    loop {
        let message = socket.read()?;
        if message.is_text() || message.is_binary() {
            socket.send(message)?;
        }
    }
}

async fn tokio_tungstenite(stream: TcpStream) -> Outcome {
    tokio_tungstenite_with(stream, tungstenite_config()).await
}

/// With the read buffer that suits many connections.
async fn tokio_tungstenite_4k(stream: TcpStream) -> Outcome {
    tokio_tungstenite_with(stream, tungstenite_config().read_buffer_size(4096)).await
}

async fn tokio_tungstenite_with(
    stream: TcpStream,
    config: tungstenite::protocol::WebSocketConfig,
) -> Outcome {
    let mut socket = ::tokio_tungstenite::accept_async_with_config(stream, Some(config)).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// Answers the request of a client that is known to be well-behaved, for libraries that leave that
/// to others.
async fn upgrade(stream: &mut TcpStream) -> Outcome {
    let mut head = Vec::with_capacity(512);
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read_buf(&mut head).await? == 0 {
            return Err("the client has gone".into());
        }
    }
    let head = String::from_utf8(head)?;
    let name = "sec-websocket-key:";
    let line = head.lines().find(|line| line.to_ascii_lowercase().starts_with(name));
    let key = line.ok_or("no key")?[name.len()..].trim().to_owned();
    let accept = wirebeat::handshake::accept_key(&key);
    let answer = format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    );
    stream.write_all(answer.as_bytes()).await?;
    Ok(())
}

async fn fastwebsockets(mut stream: TcpStream) -> Outcome {
    use ::fastwebsockets::{FragmentCollector, OpCode, Role, WebSocket};
    upgrade(&mut stream).await?;
    let mut socket = WebSocket::after_handshake(stream, Role::Server);
    socket.set_max_message_size(LEN_MAX);
    let mut socket = FragmentCollector::new(socket);
    loop {
        let frame = socket.read_frame().await?;
        match frame.opcode {
            OpCode::Text | OpCode::Binary => socket.write_frame(frame).await?,
            OpCode::Close => return Ok(()),
            _ => {}
        }
    }
}

/// It reads what it parses, so the application buffers; and it neither puts fragments together nor
/// checks text.
async fn web_socket(mut stream: TcpStream) -> Outcome {
    use ::web_socket::{DataType, Event, Frame, Stream, WebSocket};
    upgrade(&mut stream).await?;
    let mut socket = WebSocket::server(BufReader::with_capacity(16 * 1024, stream));
    socket.max_payload_len = LEN_MAX;
    let mut fragments = Vec::new();
    loop {
        let (kind, payload) = match socket.recv().await? {
            Event::Data { ty: DataType::Complete(kind), data } => (kind, data),
            Event::Data { ty: DataType::Stream(Stream::End(kind)), data } => {
                fragments.extend_from_slice(&data);
                (kind, std::mem::take(&mut fragments).into())
            }
            Event::Data { data, .. } => {
                fragments.extend_from_slice(&data);
                continue;
            }
            Event::Ping(data) => {
                socket.send_pong(data).await?;
                continue;
            }
            Event::Pong(_) => continue,
            Event::Error(_) | Event::Close { .. } => return Ok(()),
        };
        let frame = match kind.is_text() {
            true => Frame::from(std::str::from_utf8(&payload)?),
            false => Frame::from(&payload[..]),
        };
        socket.send(frame).await?;
    }
}

type TokioWebsocket = ::tokio_websockets::WebSocketStream<TcpStream>;

async fn open_tokio_websocket(stream: TcpStream) -> Result<TokioWebsocket, Box<dyn Error>> {
    let limits = ::tokio_websockets::Limits::unlimited();
    let (_, socket) =
        ::tokio_websockets::ServerBuilder::new().limits(limits).accept(stream).await?;
    Ok(socket)
}

async fn tokio_websockets(stream: TcpStream) -> Outcome {
    let mut socket = open_tokio_websocket(stream).await?;
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

/// Feeds while there's input, and flushes before it waits.
macro_rules! echo_batched {
    ($socket:ident, $message:ident => $is_data:expr) => {
        loop {
            let next = match $socket.next().now_or_never() {
                Some(next) => next,
                None => {
                    $socket.flush().await?;
                    $socket.next().await
                }
            };
            let Some($message) = next else { return Ok(()) };
            if $is_data {
                $socket.feed($message).await?;
            }
        }
    };
}

async fn tokio_websockets_batched(stream: TcpStream) -> Outcome {
    let mut socket = open_tokio_websocket(stream).await?;
    loop {
        let next = match socket.next().now_or_never() {
            Some(next) => next,
            None => {
                socket.flush().await?;
                socket.next().await
            }
        };
        let Some(message) = next else { return Ok(()) };
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.feed(message).await?;
        }
    }
}

async fn sockudo_ws(mut stream: TcpStream) -> Outcome {
    upgrade(&mut stream).await?;
    let config = ::sockudo_ws::Config {
        max_frame_size: LEN_MAX,
        max_message_size: LEN_MAX,
        ..::sockudo_ws::Config::default()
    };
    let mut socket = ::sockudo_ws::WebSocketStream::server(stream, config);
    while let Some(message) = socket.next().await {
        let message = message?;
        if message.is_text() || message.is_binary() {
            socket.send(message).await?;
        }
    }
    Ok(())
}

async fn open_yawc(mut stream: TcpStream) -> Result<::yawc::WebSocket<TcpStream>, Box<dyn Error>> {
    upgrade(&mut stream).await?;
    let options = ::yawc::Options::default().with_utf8().with_limits(LEN_MAX, 2 * LEN_MAX);
    Ok(::yawc::WebSocket::from_stream(stream, ::yawc::Role::Server, options)?)
}

fn is_data(frame: &::yawc::Frame) -> bool {
    matches!(frame.opcode(), ::yawc::OpCode::Text | ::yawc::OpCode::Binary)
}

async fn yawc(stream: TcpStream) -> Outcome {
    let mut socket = open_yawc(stream).await?;
    while let Some(frame) = socket.next().await {
        if is_data(&frame) {
            socket.send(frame).await?;
        }
    }
    Ok(())
}

async fn yawc_batched(stream: TcpStream) -> Outcome {
    let mut socket = open_yawc(stream).await?;
    echo_batched!(socket, frame => is_data(&frame));
}
