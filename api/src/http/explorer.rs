//! `GET /`: a page to explore the API with, without anything from elsewhere.
//!
//! `GET /interviews/{interview}` is the same page: a link in a mail leads to it when nobody has configured a front end
//! of their own. Its script finds the id in the address and writes a query for it, which whoever opened it runs with a
//! token of their own; the server looks nothing up, so the answer is the same for every id. So is `GET /sessions`, to
//! which the mails to guests of a session lead: the code stands behind the `#`, where no server sees it.

use std::sync::OnceLock;

use axum::{Router, response::Response, routing::get};

use super::page::{Page, Parts};

const PARTS: Parts = Parts {
    html: include_str!("../explorer/index.html"),
    style: include_str!("../explorer/explorer.css"),
    script: include_str!("../explorer/explorer.js"),
};

pub(crate) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route("/", get(page))
        .route("/interviews/{interview}", get(page))
        .route("/sessions", get(page))
}

async fn page() -> Response {
    static EXPLORER: OnceLock<Page> = OnceLock::new();
    EXPLORER.get_or_init(|| Page::assemble(&PARTS)).answer("no-cache")
}

#[cfg(test)]
mod tests {
    use super::{super::page, *};

    #[test]
    fn the_page_needs_nothing_from_elsewhere_and_nothing_that_its_policy_forbids() {
        page::holds(&PARTS);
    }
}
