//! A Chromium without a window, with a camera and a microphone that are not real, told what to do over its debugging
//! protocol.

use std::{env, process::Stdio, time::Duration};

use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{
    io::{AsyncBufReadExt, BufReader},
    net::TcpStream,
    process::{Child, Command},
    time::{sleep, timeout},
};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};
use url::Url;

use super::skip::skip;

/// How long something may take to come.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(50);
/// What the browser is called, depending on who packs it.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// A browser with one page. It is killed when it is dropped.
pub(crate) struct Browser {
    _process: Child,
    _profile: TempDir,
    page: WebSocketStream<MaybeTlsStream<TcpStream>>,
    last: u64,
    /// What the page complained of.
    pub(crate) complaints: Vec<Value>,
}

/// The path of the browser; `None` after saying that there is none.
pub(crate) fn installed() -> Option<String> {
    let folders = env::var_os("PATH").unwrap_or_default();
    let found = env::split_paths(&folders)
        .flat_map(|folder| NAMES.map(|name| folder.join(name)))
        .find(|path| path.is_file());
    if found.is_none() {
        skip("no Chromium, rooms are not tried with browsers");
    }
    found.map(|path| path.to_string_lossy().into_owned())
}

impl Browser {
    /// Starts the browser that is installed at `path`.
    pub(crate) async fn start(path: &str) -> Self {
        let profile = TempDir::new().unwrap();
        let mut process = Command::new(path)
            .args([
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
            ])
            .args([
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
            ])
            .args([
                "--use-fake-device-for-media-stream",
                "--use-fake-ui-for-media-stream",
            ])
            .arg("--remote-debugging-port=0")
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stderr.take().unwrap()).lines();
        let announced = async {
            loop {
                let line = lines.next_line().await.unwrap().expect("the browser ended");
                if let Some(url) = line.strip_prefix("DevTools listening on ") {
                    return Url::parse(url).unwrap();
                }
            }
        };
        let debugger = timeout(PATIENCE, announced)
            .await
            .expect("the browser does not start");
        // Nobody must stand in the way of what else it says.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        let (page, _) = connect_async(page_of(&debugger).await).await.unwrap();
        let mut browser = Self {
            _process: process,
            _profile: profile,
            page,
            last: 0,
            complaints: Vec::new(),
        };
        for domain in ["Page", "Runtime", "Log"] {
            browser.call(&format!("{domain}.enable"), json!({})).await;
        }
        browser
    }

    /// Opens an address.
    pub(crate) async fn open(&mut self, address: &Url) {
        let opened = self
            .call("Page.navigate", json!({ "url": address.as_str() }))
            .await;
        assert!(opened["errorText"].is_null(), "{opened}");
    }

    /// The value of an expression in the page, as if somebody had clicked there.
    pub(crate) async fn value(&mut self, expression: &str) -> Value {
        let wanted = json!({ "expression": expression, "returnByValue": true, "awaitPromise": true, "userGesture": true });
        self.call("Runtime.evaluate", wanted).await["result"]["value"].clone()
    }

    /// Clicks on what a selector finds.
    pub(crate) async fn click(&mut self, selector: &str) {
        let selector = json!(selector);
        let clicked = format!("(() => {{ document.querySelector({selector}).click(); return true; }})()");
        assert_eq!(self.value(&clicked).await, true, "nothing to click: {selector}");
    }

    /// Waits until an expression holds in the page.
    pub(crate) async fn until(&mut self, expression: &str) {
        let holds = async {
            while self.value(expression).await != true {
                sleep(PAUSE).await;
            }
        };
        if timeout(PATIENCE, holds).await.is_err() {
            let text = self.value("document.body.innerText").await;
            panic!("never true: {expression}\n{text}\n{:?}", self.complaints);
        }
    }

    async fn call(&mut self, method: &str, params: Value) -> Value {
        self.last += 1;
        let call = json!({ "id": self.last, "method": method, "params": params });
        self.page.send(Message::text(call.to_string())).await.unwrap();
        loop {
            let message = timeout(PATIENCE, self.page.next()).await.expect("no answer");
            let Message::Text(text) = message.expect("the browser is gone").unwrap() else {
                continue;
            };
            let message: Value = serde_json::from_str(&text).unwrap();
            if message["id"] == self.last {
                return message["result"].clone();
            }
            let is_complaint = message["method"] == "Runtime.exceptionThrown"
                || message["params"]["entry"]["level"] == "error";
            if is_complaint {
                self.complaints.push(message["params"].clone());
            }
        }
    }
}

/// Where its first page is talked to.
async fn page_of(debugger: &Url) -> String {
    let port = debugger.port().unwrap();
    let list = format!("http://127.0.0.1:{port}/json/list");
    let http = reqwest::Client::new();
    let found = async {
        loop {
            let pages: Vec<Value> = http.get(&list).send().await.unwrap().json().await.unwrap();
            if let Some(page) = pages.iter().find(|page| page["type"] == "page") {
                return page["webSocketDebuggerUrl"].as_str().unwrap().to_owned();
            }
            sleep(PAUSE).await;
        }
    };
    timeout(PATIENCE, found).await.expect("the browser has no page")
}
