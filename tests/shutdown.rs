//! The end of a server that is asked to end.

use greenroom::demo::journey::{CANDIDATE, Tokens};

use crate::support::{server::Server, socket::Socket};

#[tokio::test]
async fn a_server_that_is_asked_to_end_closes_its_sockets_and_succeeds() {
    let server = Server::embedded().await;
    let token = server.token(&CANDIDATE).unwrap();
    let socket = Socket::open(&server.base, &token).await;

    server.ask_to_end().await;

    let frame = socket.closed().await.expect("closed without a reason");
    assert_eq!(u16::from(frame.code), 1001, "{frame}");
    let (_place, status) = server.ended().await;
    assert_eq!(status.code(), Some(0));
}
