//! A page of ours: one file without anything from elsewhere, and a policy that allows exactly what stands in it.

use axum::response::{Html, IntoResponse, Response};
use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderValue, header};
use sha2::{Digest, Sha256};

/// What a page is made of.
pub(crate) struct Parts {
    /// The document, with `{{style}}` and `{{script}}` in it.
    pub(crate) html: &'static str,
    /// Its style.
    pub(crate) style: &'static str,
    /// Its script.
    pub(crate) script: &'static str,
}

/// A page and its policy.
pub(crate) struct Page {
    html: String,
    policy: HeaderValue,
}

impl Page {
    /// Puts style and script into the document and allows exactly these two, by their hashes. Beyond them the page may
    /// talk to this server, and nothing else.
    pub(crate) fn assemble(parts: &Parts) -> Self {
        let policy = format!(
            "default-src 'none'; script-src '{}'; style-src '{}'; connect-src 'self'; img-src data:; \
             frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
            hash(parts.script),
            hash(parts.style),
        );
        Self {
            html: parts
                .html
                .replace("{{style}}", parts.style)
                .replace("{{script}}", parts.script),
            policy: HeaderValue::try_from(policy)
                .expect("a policy of base64 and fixed words is a header value"),
        }
    }

    /// The page as an answer, to be kept as `cache` says.
    pub(crate) fn answer(&'static self, cache: &'static str) -> Response {
        let headers = [
            (header::CONTENT_SECURITY_POLICY, self.policy.clone()),
            (header::CACHE_CONTROL, HeaderValue::from_static(cache)),
        ];
        (headers, Html(self.html.as_str())).into_response()
    }
}

fn hash(text: &str) -> String {
    format!("sha256-{}", STANDARD.encode(Sha256::digest(text)))
}

/// Asserts what holds of every page: nothing from elsewhere, and nothing inline that its policy forbids.
#[cfg(test)]
pub(crate) fn holds(parts: &Parts) {
    let page = Page::assemble(parts).html;

    assert!(!page.contains("{{style}}") && !page.contains("{{script}}"));
    for elsewhere in ["src=\"http", "href=\"http", "url(http", "@import"] {
        assert!(!page.contains(elsewhere), "{elsewhere}");
    }
    for inline in [" style=", " onclick=", " onsubmit=", "javascript:"] {
        assert!(!parts.html.contains(inline), "{inline}");
    }
    assert!(!parts.script.contains("</script"));
    assert!(!parts.style.contains("</style"));
}
