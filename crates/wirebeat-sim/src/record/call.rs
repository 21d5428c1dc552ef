use wirebeat::handshake::{Acceptance, Headers, Response};
use wirebeat::record::Call;
use wirebeat::{CloseFrame, Kind};

use super::begin::{get_message, put_message};
use super::code::{Body, Decoded, put_bytes, put_number, put_option};
use super::error::RecordingErrorReason;

pub(super) fn put_call(out: &mut Vec<u8>, call: &Call) {
    match call {
        Call::Receive(bytes) => {
            out.push(1);
            put_bytes(out, bytes);
        }
        Call::Written(len) => {
            out.push(2);
            put_number(out, *len as u64);
        }
        Call::Take(max) => {
            out.push(3);
            put_number(out, *max as u64);
        }
        Call::WriteBlocked => out.push(4),
        Call::Reading(reading) => out.extend_from_slice(&[5, u8::from(*reading)]),
        Call::Eof => out.push(6),
        Call::Lost => out.push(7),
        Call::Timeout => out.push(8),
        Call::Probe => out.push(9),
        Call::Accept(acceptance) => {
            out.push(10);
            let name = acceptance.subprotocol_name();
            put_option(out, name, |out, name| put_bytes(out, name.as_bytes()));
            put_headers(out, acceptance.headers());
        }
        Call::Respond(response) => {
            out.push(11);
            put_number(out, response.status().into());
            put_headers(out, response.headers());
            put_bytes(out, response.content());
        }
        Call::Send(message) => {
            out.push(12);
            put_message(out, message);
        }
        Call::SendUncompressed(message) => {
            out.push(16);
            put_message(out, message);
        }
        Call::SendPrepared(message, compress) => {
            out.push(17);
            put_message(out, message);
            out.push(u8::from(*compress));
        }
        Call::SendFragment(first, payload, fin) => {
            out.push(13);
            out.push(match first {
                None => 0,
                Some(Kind::Text) => 1,
                Some(Kind::Binary) => 2,
            });
            put_bytes(out, payload);
            out.push(u8::from(*fin));
        }
        Call::Ping(payload) => {
            out.push(14);
            put_bytes(out, payload);
        }
        Call::Close(frame) => {
            out.push(15);
            put_option(out, frame.as_ref(), |out, frame| {
                put_number(out, frame.code().get().into());
                put_bytes(out, frame.reason().as_bytes());
            });
        }
    }
}

pub(super) fn get_call(body: &mut Body<'_>) -> Decoded<Call> {
    Ok(match body.byte()? {
        1 => Call::Receive(body.bytes()?.to_vec()),
        2 => Call::Written(body.len()?),
        3 => Call::Take(body.len()?),
        4 => Call::WriteBlocked,
        5 => Call::Reading(body.flag()?),
        6 => Call::Eof,
        7 => Call::Lost,
        8 => Call::Timeout,
        9 => Call::Probe,
        10 => Call::Accept(get_acceptance(body)?),
        11 => Call::Respond(get_response(body)?),
        12 => Call::Send(get_message(body)?),
        13 => {
            let first = match body.byte()? {
                0 => None,
                1 => Some(Kind::Text),
                2 => Some(Kind::Binary),
                tag => return Err(RecordingErrorReason::Tag(tag)),
            };
            Call::SendFragment(first, body.bytes()?.to_vec(), body.flag()?)
        }
        14 => Call::Ping(body.bytes()?.to_vec()),
        15 => Call::Close(body.option(|body| {
            let code = get_u16(body)?;
            CloseFrame::new(code, body.text()?.to_owned()).map_err(|_| RecordingErrorReason::Value)
        })?),
        16 => Call::SendUncompressed(get_message(body)?),
        17 => Call::SendPrepared(get_message(body)?, body.flag()?),
        tag => return Err(RecordingErrorReason::Tag(tag)),
    })
}

fn get_u16(body: &mut Body<'_>) -> Decoded<u16> {
    u16::try_from(body.number()?).map_err(|_| RecordingErrorReason::Value)
}

fn put_headers(out: &mut Vec<u8>, headers: &Headers) {
    put_number(out, headers.len() as u64);
    for (name, value) in headers.iter() {
        put_bytes(out, name.as_bytes());
        put_bytes(out, value);
    }
}

fn get_acceptance(body: &mut Body<'_>) -> Decoded<Acceptance> {
    let mut acceptance = Acceptance::new();
    if let Some(name) = body.option(Body::text)? {
        acceptance = acceptance.subprotocol(name);
    }
    for _ in 0..body.len()? {
        let (name, value) = (body.text()?, body.bytes()?);
        acceptance = acceptance.header(name, value).map_err(|_| RecordingErrorReason::Value)?;
    }
    Ok(acceptance)
}

fn get_response(body: &mut Body<'_>) -> Decoded<Response> {
    let value = |_| RecordingErrorReason::Value;
    let mut response = Response::new(get_u16(body)?).map_err(value)?;
    for _ in 0..body.len()? {
        let (name, header) = (body.text()?, body.bytes()?);
        response = response.header(name, header).map_err(value)?;
    }
    Ok(response.body(body.bytes()?.to_vec()))
}
