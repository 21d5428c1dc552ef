use wirebeat_tokio::{IncomingRequest, Response, ResponseError};

const HTML: &str = include_str!("page/page.html");
const STYLE: &str = include_str!("page/page.css");
const SCRIPT: &str = include_str!("page/page.js");

/// The page needs nothing from anywhere, and connects to whatever its user asks for.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; \
    img-src data:; connect-src ws: wss:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

/// The answer to a plain HTTP request.
///
/// # Errors
///
/// None: status and headers are fixed, and valid.
pub(crate) fn answer(request: &IncomingRequest) -> Result<Response, ResponseError> {
    let path = request.target().split('?').next();
    match (request.method(), path) {
        ("GET" | "HEAD", Some("/")) => Response::new(200)?
            .header("Content-Type", "text/html; charset=utf-8")?
            .header("Content-Security-Policy", POLICY)?
            .header("X-Content-Type-Options", "nosniff")?
            .header("Referrer-Policy", "no-referrer")?
            .header("Cache-Control", "no-store")
            .map(|response| response.body(page())),
        ("GET" | "HEAD", _) => {
            text(404, "There is a page at / only; WebSockets open at any path.\n")
        }
        _ => text(405, "Only GET and HEAD.\n")?.header("Allow", "GET, HEAD"),
    }
}

/// The page in one piece.
fn page() -> String {
    HTML.replacen("{style}", STYLE, 1).replacen("{script}", SCRIPT, 1)
}

fn text(status: u16, body: &'static str) -> Result<Response, ResponseError> {
    let response = Response::new(status)?.header("Content-Type", "text/plain; charset=utf-8")?;
    Ok(response.body(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_is_in_one_piece_and_asks_for_nothing_else() {
        let page = page();
        assert!(page.contains(STYLE) && page.contains(SCRIPT));
        assert!(!page.contains("{style}") && !page.contains("{script}"));
        for foreign in ["src=\"", "@import", "href=\"http", "url("] {
            assert!(!page.contains(foreign), "{foreign}");
        }
    }
}
