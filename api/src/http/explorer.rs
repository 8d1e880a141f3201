//! `GET /`: a page to explore the API with, without anything from elsewhere.

use std::sync::OnceLock;

use axum::{
    Router,
    response::{Html, IntoResponse, Response},
    routing::get,
};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};

const PAGE: &str = include_str!("../explorer/index.html");
const STYLE: &str = include_str!("../explorer/explorer.css");
const SCRIPT: &str = include_str!("../explorer/explorer.js");

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/", get(page))
}

struct Explorer {
    page: String,
    policy: HeaderValue,
}

async fn page() -> Response {
    static EXPLORER: OnceLock<Explorer> = OnceLock::new();
    let explorer = EXPLORER.get_or_init(assemble);
    let headers = [
        (header::CONTENT_SECURITY_POLICY, explorer.policy.clone()),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    (headers, Html(explorer.page.as_str())).into_response()
}

/// Puts style and script into the page and allows exactly these two, by their hashes.
fn assemble() -> Explorer {
    let policy = format!(
        "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src data:; \
         frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
        hash(SCRIPT),
        hash(STYLE),
    );
    Explorer {
        page: PAGE.replace("{{style}}", STYLE).replace("{{script}}", SCRIPT),
        policy: HeaderValue::try_from(policy).expect("a policy of base64 and fixed words is a header value"),
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_needs_nothing_from_elsewhere() {
        let page = assemble().page;

        assert!(!page.contains("{{"));
        for elsewhere in ["src=\"http", "href=\"http", "url(http", "@import"] {
            assert!(!page.contains(elsewhere), "{elsewhere}");
        }
    }

    #[test]
    fn the_page_has_nothing_inline_that_its_policy_forbids() {
        assert!(!PAGE.contains(" style="));
        assert!(!PAGE.contains(" onclick="));
        assert!(!SCRIPT.contains("</script"));
        assert!(!STYLE.contains("</style"));
    }
}
