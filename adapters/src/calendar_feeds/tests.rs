//! Against a server on this machine, which is an inward address: what is not allowed by name is refused.

use std::{
    net::{IpAddr, Ipv4Addr, SocketAddr},
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use futures::stream;
use tokio::net::TcpListener;

use super::*;

const CALENDAR: &str = "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n";

/// What was asked for: path and the validators that came with it.
type Asked = Arc<Mutex<Vec<(String, Option<String>, Option<String>)>>>;

struct Server {
    address: SocketAddr,
    asked: Asked,
}

impl Server {
    async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Asked::default();
        let routes = Router::new()
            .fallback(serve)
            .with_state((address, Arc::clone(&asked)));
        tokio::spawn(async move { axum::serve(listener, routes).await });
        Self { address, asked }
    }

    fn at(&self, path: &str) -> FeedAddress {
        FeedAddress::parse(&format!("http://{}/{path}", self.address)).unwrap()
    }

    fn asked(&self) -> Vec<String> {
        self.asked
            .lock()
            .unwrap()
            .iter()
            .map(|(path, ..)| path.clone())
            .collect()
    }
}

async fn serve(State((address, asked)): State<(SocketAddr, Asked)>, request: Request) -> Response {
    let text = |name: HeaderName| header(request.headers(), name);
    let (etag, since) = (text(IF_NONE_MATCH), text(IF_MODIFIED_SINCE));
    let path = request.uri().path().to_owned();
    asked.lock().unwrap().push((path.clone(), etag.clone(), since));
    let lead = |to: String| (StatusCode::FOUND, [(LOCATION, to)]).into_response();
    match path.as_str() {
        "/plain" if etag.as_deref() == Some("\"7\"") => StatusCode::NOT_MODIFIED.into_response(),
        "/plain" => (
            [(ETAG, "\"7\""), (LAST_MODIFIED, "Mon, 02 Mar 2026 09:00:00 GMT")],
            CALENDAR,
        )
            .into_response(),
        "/packed" => ([(CONTENT_ENCODING, "gzip")], vec![0x1f, 0x8b]).into_response(),
        "/endless" => {
            let megabyte = Bytes::from(vec![b'x'; 1024 * 1024]);
            let fifty = stream::iter((0..50).map(move |_| Ok::<_, std::io::Error>(megabyte.clone())));
            Body::from_stream(fifty).into_response()
        }
        "/once" => lead("/plain".to_owned()),
        "/for/ever" => lead("/for/ever".to_owned()),
        "/to/metadata" => lead("http://169.254.169.254/latest/meta-data/".to_owned()),
        "/to/another/loopback" => lead(format!("http://127.0.0.2:{}/plain", address.port())),
        "/to/mapped" => lead(format!("http://[::ffff:127.0.0.1]:{}/plain", address.port())),
        "/to/a/file" => lead("file:///etc/passwd".to_owned()),
        "/to/a/user" => lead(format!("http://eve:secret@{address}/plain")),
        "/busy" => (StatusCode::SERVICE_UNAVAILABLE, [("retry-after", "90")]).into_response(),
        _ => StatusCode::NOT_FOUND.into_response(),
    }
}

fn allowed() -> WebCalendars {
    WebCalendars::new(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)])
}

async fn reason(calendars: &WebCalendars, address: &FeedAddress) -> &'static str {
    let fetched = calendars.fetch(address, &Validators::default()).await;
    fetched.unwrap_err().reason.code()
}

#[tokio::test]
async fn a_calendar_is_fetched_and_told_to_be_unchanged_by_its_validators() {
    let server = Server::start().await;

    let first = allowed()
        .fetch(&server.at("plain"), &Validators::default())
        .await
        .unwrap();
    let Fetched::File { text, validators } = first else {
        panic!("{first:?}");
    };
    let again = allowed().fetch(&server.at("plain"), &validators).await.unwrap();

    assert_eq!(text, CALENDAR);
    assert_eq!(again, Fetched::Unchanged);
    let since = Some("Mon, 02 Mar 2026 09:00:00 GMT".to_owned());
    let asked = server.asked.lock().unwrap().clone();
    assert_eq!(asked[0], ("/plain".to_owned(), None, None));
    assert_eq!(asked[1], ("/plain".to_owned(), Some("\"7\"".to_owned()), since));
}

#[tokio::test]
async fn an_address_inward_is_refused_and_never_asked() {
    let server = Server::start().await;
    let port = server.address.port();
    let strict = WebCalendars::default();

    for host in [
        "127.0.0.1",
        "localhost",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0",
    ] {
        let address = FeedAddress::parse(&format!("http://{host}:{port}/plain")).unwrap();
        assert_eq!(
            reason(&strict, &address).await,
            "CALENDAR_ADDRESS_NOT_PUBLIC",
            "{host}"
        );
        assert_eq!(
            strict.check(&address).await,
            Err(CalendarError::NotPublic),
            "{host}"
        );
    }
    assert!(server.asked().is_empty());
    // It would have answered.
    assert!(
        allowed()
            .fetch(&server.at("plain"), &Validators::default())
            .await
            .is_ok()
    );
    assert_eq!(server.asked(), ["/plain"]);
}

#[tokio::test]
async fn a_redirect_is_followed_but_never_inward_nor_for_ever() {
    let server = Server::start().await;
    let told = async |path: &str| reason(&allowed(), &server.at(path)).await;

    assert!(
        allowed()
            .fetch(&server.at("once"), &Validators::default())
            .await
            .is_ok()
    );
    assert_eq!(told("to/metadata").await, "CALENDAR_ADDRESS_NOT_PUBLIC");
    assert_eq!(told("to/another/loopback").await, "CALENDAR_ADDRESS_NOT_PUBLIC");
    assert_eq!(told("to/mapped").await, "CALENDAR_ADDRESS_NOT_PUBLIC");
    assert_eq!(told("to/a/file").await, "CALENDAR_ADDRESS_INVALID");
    assert_eq!(told("to/a/user").await, "CALENDAR_ADDRESS_INVALID");
    assert_eq!(told("for/ever").await, "CALENDAR_REDIRECTS");
    let plain = server.asked().iter().filter(|path| *path == "/plain").count();
    assert_eq!(plain, 1, "{:?}", server.asked());
}

#[tokio::test]
async fn an_answer_that_is_too_long_packed_or_none_is_refused() {
    let server = Server::start().await;
    let told = async |path: &str| reason(&allowed(), &server.at(path)).await;

    assert_eq!(told("endless").await, "CALENDAR_TOO_LARGE");
    assert_eq!(told("packed").await, "CALENDAR_UNREADABLE");
    assert_eq!(told("nothing").await, "CALENDAR_REFUSED");
    let busy = allowed()
        .fetch(&server.at("busy"), &Validators::default())
        .await
        .unwrap_err();
    assert_eq!(busy.reason, CalendarError::Unreachable);
    assert_eq!(busy.retry_after, Some(Duration::from_secs(90)));
    let gone = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = FeedAddress::parse(&format!("http://{}/", gone.local_addr().unwrap())).unwrap();
    drop(gone);
    assert_eq!(reason(&allowed(), &address).await, "CALENDAR_UNREACHABLE");
}

#[tokio::test]
async fn the_connection_goes_to_the_address_that_was_looked_at_and_no_name_is_asked_again() {
    let server = Server::start().await;
    let url = Url::parse(&format!(
        "http://calendar.invalid:{}/plain",
        server.address.port()
    ))
    .unwrap();

    let pinned = WebCalendars::client(&url, &[server.address]).unwrap();
    let other = Url::parse(&format!("http://localhost:{}/plain", server.address.port())).unwrap();

    assert_eq!(pinned.get(url).send().await.unwrap().status(), StatusCode::OK);
    assert!(pinned.get(other).send().await.is_err());
    assert_eq!(server.asked(), ["/plain"]);
}
