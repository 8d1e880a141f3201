use std::{sync::atomic::Ordering, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::support::{Served, eventually, served, shell};

const PATIENCE: Duration = Duration::from_secs(10);

async fn connected(served: &Served) -> TcpStream {
    TcpStream::connect(served.address).await.expect("connected")
}

/// Everything that comes until the server closes the connection.
async fn until_closed(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    timeout(PATIENCE, stream.read_to_end(&mut text))
        .await
        .expect("closed in time")
        .expect("readable");
    String::from_utf8_lossy(&text).into_owned()
}

fn post(body: &str, length: usize) -> String {
    format!(
        "POST /graphql HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-type: application/json\r\ncontent-length: {length}\r\n\r\n{body}"
    )
}

fn whole(query: &str) -> String {
    let body = format!(r#"{{"query":"{query}"}}"#);
    post(&body, body.len())
}

#[tokio::test]
async fn half_a_head_does_not_keep_a_connection_open() {
    let served = served(shell(|_| {}), |settings| {
        settings.header_time = Duration::from_millis(100);
    })
    .await;
    let mut stream = connected(&served).await;

    stream
        .write_all(b"POST /graphql HTTP/1.1\r\nhost:")
        .await
        .expect("written");

    let _ = until_closed(stream).await;
}

#[tokio::test]
async fn a_connection_that_rests_after_an_answer_is_closed() {
    let served = served(shell(|_| {}), |settings| {
        settings.header_time = Duration::from_millis(100);
    })
    .await;
    let mut stream = connected(&served).await;

    stream
        .write_all(b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
        .await
        .expect("written");

    assert!(until_closed(stream).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn half_a_body_is_answered_with_408() {
    let served = served(shell(|_| {}), |settings| {
        settings.body_time = Duration::from_millis(100);
    })
    .await;
    let mut stream = connected(&served).await;

    stream
        .write_all(post("{", 100).as_bytes())
        .await
        .expect("written");

    let answer = until_closed(stream).await;
    assert!(
        answer.starts_with("HTTP/1.1 408") && answer.contains("REQUEST_TIMEOUT"),
        "{answer}"
    );
}

#[tokio::test]
async fn beyond_the_greatest_number_of_connections_one_waits_for_another_to_end() {
    let served = served(shell(|_| {}), |settings| settings.connections = 1).await;
    let first = connected(&served).await;
    first.writable().await.expect("open");
    let mut second = connected(&served).await;
    second
        .write_all(whole("{ hello }").as_bytes())
        .await
        .expect("written");
    let mut byte = [0];
    assert!(
        timeout(Duration::from_millis(200), second.peek(&mut byte))
            .await
            .is_err(),
        "answered too early"
    );

    drop(first);

    assert!(until_closed(second).await.starts_with("HTTP/1.1 200"));
}

#[tokio::test]
async fn at_shutdown_a_request_that_runs_is_answered_and_nobody_new_is_served() {
    let served = served(shell(|_| {}), |_| {}).await;
    let mut stream = connected(&served).await;
    stream
        .write_all(whole("mutation { incrementSlowly }").as_bytes())
        .await
        .expect("written");
    eventually("the mutation waits", || {
        served.shell.world.waiting.load(Ordering::SeqCst) == 1
    })
    .await;

    served.shell.shutdown.begin();
    let mut refused = false;
    for _ in 0..1000 {
        refused = TcpStream::connect(served.address).await.is_err();
        if refused {
            break;
        }
        tokio::task::yield_now().await;
    }
    served.shell.world.go_on.notify_one();

    assert!(refused);
    assert!(until_closed(stream).await.contains(r#""incrementSlowly":1"#));
    timeout(PATIENCE, served.ended)
        .await
        .expect("ended in time")
        .expect("no panic")
        .expect("no failure");
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut_at_shutdown() {
    let served = served(shell(|_| {}), |settings| {
        settings.drain_time = Duration::from_millis(50);
    })
    .await;
    let mut stream = connected(&served).await;
    stream
        .write_all(whole("mutation { incrementSlowly }").as_bytes())
        .await
        .expect("written");
    eventually("the mutation waits", || {
        served.shell.world.waiting.load(Ordering::SeqCst) == 1
    })
    .await;

    served.shell.shutdown.begin();

    timeout(PATIENCE, served.ended)
        .await
        .expect("ended in time")
        .expect("no panic")
        .expect("no failure");
    assert_eq!(until_closed(stream).await, "");
}
