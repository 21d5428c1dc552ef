//! Heads of requests and responses, between bytes and the types of the crate http.

use bytes::Bytes;
use http::header::{HeaderName, HeaderValue};
use http::{HeaderMap, Method, Response, StatusCode, Uri, Version};

/// A request's head as it was on the wire, but for what the HTTP library made of it.
pub(super) fn of_request(
    method: &Method,
    uri: &Uri,
    version: Version,
    headers: &HeaderMap,
) -> Vec<u8> {
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    let mut head = format!("{method} {target} {version:?}\r\n").into_bytes();
    for (name, value) in headers {
        head.extend_from_slice(name.as_str().as_bytes());
        head.extend_from_slice(b": ");
        head.extend_from_slice(value.as_bytes());
        head.extend_from_slice(b"\r\n");
    }
    head.extend_from_slice(b"\r\n");
    head
}

/// A response of the core's; `None` if it has written none.
pub(super) fn to_response(bytes: &[u8]) -> Option<Response<Bytes>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut parsed = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head_len) = parsed.parse(bytes).ok()? else { return None };
    let mut response = Response::new(Bytes::copy_from_slice(&bytes[head_len..]));
    *response.status_mut() = StatusCode::from_u16(parsed.code?).ok()?;
    for header in parsed.headers.iter() {
        let name = HeaderName::from_bytes(header.name.as_bytes()).ok()?;
        response.headers_mut().append(name, HeaderValue::from_bytes(header.value).ok()?);
    }
    Some(response)
}
