//! The notations for bytes: hex with `{HH*N}`, and templates with `{ACCEPT}` and `{C*N}`.

/// Reads hex with `{HH*N}` in it: the byte HH, N times.
pub(super) fn from_hex(text: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::with_capacity(text.len() / 2);
    let mut rest = text;
    while !rest.is_empty() {
        if let Some(repeat) = rest.strip_prefix('{') {
            let (repeat, behind) = repeat.split_once('}').ok_or("a `{` without `}`")?;
            let repeated = repeated(repeat, byte);
            bytes.extend(repeated.ok_or_else(|| format!("{{{repeat}}} isn't {{HH*N}}"))?);
            rest = behind;
        } else {
            let (digits, behind) = rest.split_at_checked(2).ok_or("half a byte")?;
            bytes.push(byte(digits).ok_or_else(|| format!("{digits:?} isn't hex"))?);
            rest = behind;
        }
    }
    Ok(bytes)
}

/// Fills in a template: a head in text, with `{ACCEPT}` for the key's answer and `{C*N}` for the
/// character C, N times.
pub(super) fn from_template(text: &str, accept: &str) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('{') {
        bytes.extend_from_slice(&rest.as_bytes()[..at]);
        rest = &rest[at..];
        let end = rest.find('}').map_or(rest.len(), |end| end + 1);
        match rest[..end].trim_start_matches('{').trim_end_matches('}') {
            "ACCEPT" => bytes.extend_from_slice(accept.as_bytes()),
            // What is no notation of ours stands for itself.
            other => match repeated(other, character) {
                Some(repeat) => bytes.extend(repeat),
                None => bytes.extend_from_slice(&rest.as_bytes()[..end]),
            },
        }
        rest = &rest[end..];
    }
    bytes.extend_from_slice(rest.as_bytes());
    bytes
}

fn repeated(notation: &str, unit: fn(&str) -> Option<u8>) -> Option<Vec<u8>> {
    let (repeated, count) = notation.split_once('*')?;
    Some(vec![unit(repeated)?; count.parse().ok()?])
}

fn character(text: &str) -> Option<u8> {
    match text.as_bytes() {
        [character] => Some(*character),
        _ => None,
    }
}

fn byte(digits: &str) -> Option<u8> {
    (digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok())?
}
