//! A client as any frontend would write one: GraphQL over HTTP, one token, idempotency keys, patience.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, bail, ensure};
use reqwest::StatusCode;
use serde_json::{Value, json};
use url::Url;

/// How long a request is repeated while the server cannot be reached.
const PATIENCE: Duration = Duration::from_secs(30);
/// How long to wait for something that happens in the background.
const BACKGROUND: Duration = Duration::from_secs(30);
/// Pause between two looks.
const PAUSE: Duration = Duration::from_millis(20);

/// Somebody who talks to the server.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    endpoint: Url,
    token: Option<String>,
}

impl Client {
    /// A client of the server at `base`, signed in with a token or anonymous.
    ///
    /// # Errors
    /// When the HTTP client cannot be built.
    pub fn new(base: &Url, token: Option<String>) -> Result<Self> {
        let http = reqwest::Client::builder()
            .timeout(Duration::from_secs(10))
            .build()?;
        Ok(Self {
            http,
            endpoint: base.join("graphql")?,
            token,
        })
    }

    /// Sends one operation and gives the whole response body. While the server cannot be reached, or cannot show yet what
    /// a mutation made, it is sent again, as a client may that uses idempotency keys.
    ///
    /// # Errors
    /// When the server stays away, or answers something that is not JSON.
    pub async fn send(&self, query: &str, variables: &Value) -> Result<Value> {
        let started = Instant::now();
        loop {
            match self.send_once(query, variables).await {
                Ok(response) if !is_unavailable(&response) && !is_still_to_be_read(&response) => {
                    return Ok(response);
                }
                Ok(response) if started.elapsed() > PATIENCE => {
                    bail!("the server stays unavailable: {response}")
                }
                Err(error) if started.elapsed() > PATIENCE => {
                    return Err(error.context("the server cannot be reached"));
                }
                Ok(_) | Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }

    async fn send_once(&self, query: &str, variables: &Value) -> Result<Value> {
        let mut request = self
            .http
            .post(self.endpoint.clone())
            .json(&json!({ "query": query, "variables": variables }));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        Ok(request.send().await?.json().await?)
    }

    /// The data of an operation that must succeed.
    ///
    /// # Errors
    /// When the answer has `errors`.
    pub async fn data(&self, query: &str, variables: &Value) -> Result<Value> {
        let mut response = self.send(query, variables).await?;
        ensure!(response.get("errors").is_none(), "{query}\n{response}");
        Ok(response["data"].take())
    }

    /// The payload of a mutation that must be carried out. `mutation` selects one field, called `result`.
    ///
    /// # Errors
    /// When the answer has `errors` or `userErrors`.
    pub async fn carry_out(&self, mutation: &str, input: &Value) -> Result<Value> {
        let mut data = self.data(mutation, &json!({ "input": input })).await?;
        let payload = data["result"].take();
        ensure!(
            payload["userErrors"].as_array().is_some_and(Vec::is_empty),
            "{mutation}\n{input}\n{payload}"
        );
        Ok(payload)
    }

    /// The code of the refusal of a mutation that must be refused: of its first user error, or of its first error.
    ///
    /// # Errors
    /// When it was carried out.
    pub async fn refusal(&self, mutation: &str, input: &Value) -> Result<String> {
        let response = self.send(mutation, &json!({ "input": input })).await?;
        let user_error = &response["data"]["result"]["userErrors"][0]["code"];
        let code = user_error
            .as_str()
            .or_else(|| response["errors"][0]["extensions"]["code"].as_str());
        code.map(str::to_owned)
            .ok_or_else(|| anyhow!("not refused: {mutation}\n{input}\n{response}"))
    }

    /// Asks again and again until the answer is as wanted, and gives that answer.
    ///
    /// # Errors
    /// When it does not become so in time; the last answer is told.
    pub async fn until(
        &self,
        query: &str,
        variables: &Value,
        wanted: impl Fn(&Value) -> bool,
    ) -> Result<Value> {
        let started = Instant::now();
        loop {
            let data = self.data(query, variables).await?;
            if wanted(&data) {
                return Ok(data);
            }
            ensure!(started.elapsed() < BACKGROUND, "still not so: {query}\n{data}");
            tokio::time::sleep(PAUSE).await;
        }
    }

    /// Posts JSON to a page of the server outside the API, such as the sandbox's payment page. While the server cannot
    /// be reached it is sent again; a conflict then means that an earlier try was carried out.
    ///
    /// # Errors
    /// When it is refused, or the server stays away.
    pub async fn post(&self, url: &str, body: &Value) -> Result<()> {
        let started = Instant::now();
        loop {
            match self.http.post(url).json(body).send().await {
                Ok(response) if response.status() == StatusCode::CONFLICT => return Ok(()),
                Ok(response) => return Ok(response.error_for_status().map(drop)?),
                Err(error) if started.elapsed() > PATIENCE => {
                    return Err(error).context("the page cannot be reached");
                }
                Err(_) => tokio::time::sleep(PAUSE).await,
            }
        }
    }
}

/// True when the server says that it could not do it now and the same request may be sent again.
fn is_unavailable(response: &Value) -> bool {
    let code = response["errors"][0]["extensions"]["code"].as_str();
    matches!(code, Some("UNAVAILABLE" | "TOO_MANY_REQUESTS" | "STALE_READ"))
}

/// True when a booking was made that the read models do not show yet: the same request tells it once they do.
fn is_still_to_be_read(response: &Value) -> bool {
    let payload = &response["data"]["result"];
    payload["readModelsBehind"] == true && payload.get("interview") == Some(&Value::Null)
}
