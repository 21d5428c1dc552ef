use super::error::CloseArgumentError;
use crate::CloseFrame;

/// Checks what [`close`](super::WebSocket::close) was given, in the standard's order, which is the
/// same in every state ([WHATWG WebSockets §3.1], "close(code, reason)").
///
/// [WHATWG WebSockets §3.1]: https://websockets.spec.whatwg.org/#dom-websocket-close
pub(super) fn check(
    arguments: Option<(u16, &str)>,
) -> Result<Option<CloseFrame>, CloseArgumentError> {
    let Some((code, reason)) = arguments else { return Ok(None) };
    // "If code is present, but is neither an integer equal to 1000 nor an integer in the range 3000
    // to 4999, inclusive, throw an InvalidAccessError".
    if !matches!(code, 1000 | 3000..=4999) {
        return Err(CloseArgumentError::Code(code));
    }
    // "If reasonBytes is longer than 123 bytes, then throw a SyntaxError".
    match CloseFrame::new(code, reason) {
        Ok(frame) => Ok(Some(frame)),
        Err(_) => Err(CloseArgumentError::ReasonTooLong(reason.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_code_is_checked_before_the_reason_at_the_edges_of_both() {
        let (longest, too_long) = ("r".repeat(123), "r".repeat(124));
        let umlauts = "é".repeat(62);
        for code in [1000, 3000, 4999] {
            assert!(check(Some((code, &longest))).is_ok());
            assert_eq!(check(Some((code, &too_long))), Err(CloseArgumentError::ReasonTooLong(124)));
            // 62 characters, but bytes are counted.
            let error = check(Some((code, &umlauts)));
            assert_eq!(error, Err(CloseArgumentError::ReasonTooLong(124)));
        }
        for code in [0, 999, 1001, 1005, 1006, 1015, 2999, 5000, u16::MAX] {
            for reason in ["", &too_long] {
                assert_eq!(check(Some((code, reason))), Err(CloseArgumentError::Code(code)));
            }
        }
        assert_eq!(check(None), Ok(None));
    }
}
