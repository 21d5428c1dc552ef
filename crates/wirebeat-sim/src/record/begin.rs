use core::time::Duration;

use wirebeat::handshake::{Origin, OriginPolicy, Request};
use wirebeat::record::{Begin, Role};
use wirebeat::{Config, Delivery, Heartbeat, Message, Timestamp};

use super::code::{Body, Decoded, put_bytes, put_number, put_option, put_time};
use super::deflate::{get_deflate, put_deflate};
use super::error::RecordingErrorReason;

/// The first version whose connections may be compressed.
const COMPRESSED_SINCE: u8 = 2;

pub(super) fn put_begin(out: &mut Vec<u8>, begin: &Begin) {
    match &begin.role {
        Role::Client(request, seed) => {
            out.push(0);
            out.extend_from_slice(seed);
            put_request(out, request);
        }
        Role::Server(origins) => {
            out.push(1);
            put_origins(out, origins);
        }
        Role::EstablishedClient(seed) => {
            out.push(2);
            out.extend_from_slice(seed);
        }
        Role::EstablishedServer => out.push(3),
    }
    put_number(out, begin.now.as_nanos());
    put_config(out, &begin.config);
}

pub(super) fn get_begin(body: &mut Body<'_>, version: u8) -> Decoded<Begin> {
    let role = match body.byte()? {
        0 => {
            let seed = get_seed(body)?;
            Role::Client(Box::new(get_request(body)?), seed)
        }
        1 => Role::Server(get_origins(body)?),
        2 => Role::EstablishedClient(get_seed(body)?),
        3 => Role::EstablishedServer,
        tag => return Err(RecordingErrorReason::Tag(tag)),
    };
    let now = Timestamp::from_nanos(body.number()?);
    let mut config = get_config(body)?;
    if version >= COMPRESSED_SINCE {
        config.deflate = body.option(get_deflate)?;
    }
    Ok(Begin { role, now, config })
}

fn get_seed(body: &mut Body<'_>) -> Decoded<[u8; 32]> {
    let mut seed = [0; 32];
    for byte in &mut seed {
        *byte = body.byte()?;
    }
    Ok(seed)
}

fn put_request(out: &mut Vec<u8>, request: &Request) {
    put_bytes(out, request.host().as_bytes());
    put_option(out, request.port(), |out, port| put_number(out, port.into()));
    put_bytes(out, request.target().as_bytes());
    put_number(out, request.subprotocols().len() as u64);
    for name in request.subprotocols() {
        put_bytes(out, name.as_bytes());
    }
    out.push(u8::from(request.is_subprotocol_required()));
    put_number(out, request.headers().len() as u64);
    for (name, value) in request.headers().iter() {
        put_bytes(out, name.as_bytes());
        put_bytes(out, value);
    }
}

fn get_request(body: &mut Body<'_>) -> Decoded<Request> {
    let value = |_| RecordingErrorReason::Value;
    let host = body.text()?;
    let port = body.option(Body::number)?.map(u16::try_from).transpose();
    let port = port.map_err(|_| RecordingErrorReason::Value)?;
    let mut request = Request::new(host, port, body.text()?).map_err(value)?;
    for _ in 0..body.len()? {
        request = request.subprotocol(body.text()?).map_err(value)?;
    }
    if body.flag()? {
        request = request.require_subprotocol();
    }
    for _ in 0..body.len()? {
        let (name, header) = (body.text()?, body.bytes()?);
        request = match name.eq_ignore_ascii_case("Origin") {
            true => {
                let origin = core::str::from_utf8(header);
                request.origin(origin.map_err(|_| RecordingErrorReason::Text)?)
            }
            false => request.header(name, header),
        }
        .map_err(value)?;
    }
    Ok(request)
}

fn put_origins(out: &mut Vec<u8>, origins: &OriginPolicy) {
    match origins {
        OriginPolicy::Any => out.push(0),
        OriginPolicy::SameHost => out.push(1),
        OriginPolicy::Allow(origins) => {
            out.push(2);
            put_number(out, origins.len() as u64);
            for origin in origins {
                put_bytes(out, origin.to_string().as_bytes());
            }
        }
    }
}

fn get_origins(body: &mut Body<'_>) -> Decoded<OriginPolicy> {
    Ok(match body.byte()? {
        0 => OriginPolicy::Any,
        1 => OriginPolicy::SameHost,
        2 => {
            let mut origins = Vec::new();
            for _ in 0..body.len()? {
                let origin = Origin::new(body.text()?);
                origins.push(origin.map_err(|_| RecordingErrorReason::Value)?);
            }
            OriginPolicy::Allow(origins)
        }
        tag => return Err(RecordingErrorReason::Tag(tag)),
    })
}

fn put_config(out: &mut Vec<u8>, config: &Config) {
    put_number(out, config.head_len_max as u64);
    put_number(out, config.head_headers_max as u64);
    put_option(out, config.open_timeout, put_time);
    put_number(out, config.message_len_max);
    put_number(out, config.frame_len_max);
    match config.delivery {
        Delivery::Whole => out.push(0),
        Delivery::Pieces { message_len_max, frame_len_max } => {
            out.push(1);
            put_option(out, message_len_max, put_number);
            put_option(out, frame_len_max, put_number);
        }
    }
    put_number(out, config.send_queue_len_max as u64);
    put_option(out, config.heartbeat.as_ref(), |out, heartbeat| {
        put_time(out, heartbeat.interval());
        put_time(out, heartbeat.timeout());
        put_option(out, heartbeat.message(), put_message);
    });
    for time in [config.close_timeout, config.linger] {
        put_time(out, time);
    }
    put_option(out, config.write_stall_timeout, put_time);
    put_option(out, config.deflate.as_ref(), put_deflate);
}

fn get_config(body: &mut Body<'_>) -> Decoded<Config> {
    let mut config = Config {
        head_len_max: body.len()?,
        head_headers_max: body.len()?,
        open_timeout: body.option(Body::time)?,
        message_len_max: body.number()?,
        frame_len_max: body.number()?,
        ..Config::default()
    };
    config.delivery = match body.byte()? {
        0 => Delivery::Whole,
        1 => Delivery::Pieces {
            message_len_max: body.option(Body::number)?,
            frame_len_max: body.option(Body::number)?,
        },
        tag => return Err(RecordingErrorReason::Tag(tag)),
    };
    config.send_queue_len_max = body.len()?;
    config.heartbeat = body.option(|body| {
        let (interval, timeout): (Duration, Duration) = (body.time()?, body.time()?);
        Ok(match body.option(get_message)? {
            Some(message) => Heartbeat::messages(interval, timeout, message, None),
            None => Heartbeat::pings(interval, timeout),
        })
    })?;
    config.close_timeout = body.time()?;
    config.linger = body.time()?;
    config.write_stall_timeout = body.option(Body::time)?;
    Ok(config)
}

pub(super) fn put_message(out: &mut Vec<u8>, message: &Message<'_>) {
    out.push(u8::from(message.is_text()));
    put_bytes(out, message.as_bytes());
}

pub(super) fn get_message(body: &mut Body<'_>) -> Decoded<Message<'static>> {
    Ok(match body.flag()? {
        true => Message::from(body.text()?.to_owned()),
        false => Message::from(body.bytes()?.to_vec()),
    })
}
