use wirebeat::extension::{Deflate, DeflateParameters, WindowBits};

use super::code::{Body, Decoded, put_number, put_option};
use super::error::RecordingErrorReason;

pub(super) fn put_deflate(out: &mut Vec<u8>, deflate: &Deflate) {
    let settings = deflate.settings();
    put_parameters(out, &settings.parameters);
    put_number(out, settings.alternatives.len() as u64);
    for alternative in &settings.alternatives {
        put_parameters(out, alternative);
    }
    out.push(u8::from(settings.is_required));
    out.extend_from_slice(&[settings.level, settings.memory_level]);
    put_number(out, settings.message_len_min as u64);
    put_option(out, settings.ratio_max, |out, ratio| put_number(out, ratio.into()));
    out.push(u8::from(settings.is_even_if_longer));
}

pub(super) fn get_deflate(body: &mut Body<'_>) -> Decoded<Deflate> {
    let mut deflate = Deflate::default().parameters(get_parameters(body)?);
    for _ in 0..body.len()? {
        deflate = deflate.or(get_parameters(body)?);
    }
    let deflate = deflate.required(body.flag()?).level(body.byte()?).memory_level(body.byte()?);
    let deflate = deflate.message_len_min(body.len()?);
    let ratio_max = body.option(Body::number)?.map(u32::try_from).transpose();
    let deflate = deflate.ratio_max(ratio_max.map_err(|_| RecordingErrorReason::Value)?);
    Ok(deflate.even_if_longer(body.flag()?))
}

fn put_parameters(out: &mut Vec<u8>, parameters: &DeflateParameters) {
    let DeflateParameters {
        server_no_context_takeover,
        client_no_context_takeover,
        server_max_window_bits,
        client_max_window_bits,
    } = *parameters;
    out.extend_from_slice(&[
        u8::from(server_no_context_takeover),
        u8::from(client_no_context_takeover),
        server_max_window_bits.get(),
        client_max_window_bits.get(),
    ]);
}

fn get_parameters(body: &mut Body<'_>) -> Decoded<DeflateParameters> {
    let bits = |bits| WindowBits::new(bits).ok_or(RecordingErrorReason::Value);
    Ok(DeflateParameters {
        server_no_context_takeover: body.flag()?,
        client_no_context_takeover: body.flag()?,
        server_max_window_bits: bits(body.byte()?)?,
        client_max_window_bits: bits(body.byte()?)?,
    })
}
