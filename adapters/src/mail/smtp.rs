//! Mail by SMTP, one connection for each mail.
//!
//! SMTP knows no idempotency key. What can be known is where a conversation broke off: before the content was begun,
//! nothing was sent; after it, the server may or may not have taken the mail, and the outcome is unknown.

use std::{
    error::Error,
    fmt, io, iter,
    net::IpAddr,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_trait::async_trait;
use domain::ports::{
    error::ProviderError,
    mail::{Mail, Mailer, Sent},
};
use futures::FutureExt;
use lettre::{
    Message,
    transport::smtp::{
        Error as SmtpError,
        authentication::{Credentials, Mechanism},
        client::{AsyncSmtpConnection, TlsParameters},
        commands::{Data, Mail as MailFrom, Rcpt},
        extension::ClientId,
        response::Response,
    },
};
use secrecy::{ExposeSecret, SecretString};

use super::message::{self, Sender};

/// How long saying goodbye may take; the mail has been taken by then.
const GOODBYE: Duration = Duration::from_secs(2);

/// How the conversation is kept secret.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Security {
    /// TLS from the first byte (port 465).
    Tls,
    /// TLS begun inside the conversation (port 587); without it nothing is sent.
    StartTls,
    /// None; only for a server on the same machine.
    None,
}

/// Where the server is and who we are there.
#[derive(Debug)]
pub struct SmtpSettings {
    /// Configured name of the carrier.
    pub name: String,
    /// Host name, which the server's certificate must be for.
    pub host: String,
    /// Port.
    pub port: u16,
    /// How the conversation is kept secret.
    pub security: Security,
    /// User and password, if the server wants them.
    pub credentials: Option<(String, SecretString)>,
    /// How long one mail may take from the first byte to the last answer.
    pub deadline: Duration,
}

/// Sends mail by SMTP.
pub struct Smtp {
    settings: SmtpSettings,
    sender: Sender,
    tls: Option<TlsParameters>,
}

/// Where a conversation stopped. The server's own words are left out, because they often repeat the address.
#[derive(Debug, thiserror::Error)]
#[error("the mail conversation stopped at: {step}{}", Reply(*code))]
struct Stopped {
    step: &'static str,
    code: Option<u16>,
}

struct Reply(Option<u16>);

impl fmt::Display for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Some(code) => write!(f, " ({code})"),
            None => Ok(()),
        }
    }
}

impl Smtp {
    /// Mail goes to the server of the settings; nothing is called yet.
    ///
    /// # Errors
    /// [`ProviderError::Misconfigured`] when mail would travel in the clear to another machine, or the host's name
    /// cannot be in a certificate.
    pub fn new(settings: SmtpSettings, sender: Sender) -> Result<Self, ProviderError> {
        let tls = match settings.security {
            Security::None if is_loopback(&settings.host) => None,
            Security::None => return Err(ProviderError::misconfigured("mail server without TLS")),
            Security::Tls | Security::StartTls => Some(
                TlsParameters::new(settings.host.clone())
                    .map_err(|_| ProviderError::misconfigured("host name of the mail server"))?,
            ),
        };
        Ok(Self {
            settings,
            sender,
            tls,
        })
    }

    async fn deliver(&self, message: &Message, content_begun: &AtomicBool) -> Result<(), ProviderError> {
        let mut connection = self.connect().await?;
        self.log_in(&mut connection).await?;
        let envelope = message.envelope();
        connection
            .command(MailFrom::new(envelope.from().cloned(), vec![]))
            .await
            .map_err(|error| failure("sender", &error))?;
        for recipient in envelope.to() {
            connection
                .command(Rcpt::new(recipient.clone(), vec![]))
                .await
                .map_err(|error| failure("recipient", &error))?;
        }
        let invited = connection
            .command(Data)
            .await
            .map_err(|error| failure("content announced", &error))?;
        expect(&invited, 354, "content announced")?;
        content_begun.store(true, Ordering::Relaxed);
        connection
            .message(&message.formatted())
            .await
            .map_err(|error| failure("content", &error))?;
        // The mail is theirs; how the goodbye goes does not matter.
        let _ = tokio::time::timeout(GOODBYE, connection.abort()).await;
        Ok(())
    }

    async fn connect(&self) -> Result<AsyncSmtpConnection, ProviderError> {
        let SmtpSettings { host, port, .. } = &self.settings;
        let hello = ClientId::default();
        let at_once = match self.settings.security {
            Security::Tls => self.tls.clone(),
            Security::StartTls | Security::None => None,
        };
        let deadline = Some(self.settings.deadline);
        let mut connection =
            AsyncSmtpConnection::connect_tokio1((host.as_str(), *port), deadline, &hello, at_once, None)
                .await
                .map_err(|error| failure("connection", &error))?;
        if let (Security::StartTls, Some(tls)) = (self.settings.security, self.tls.clone()) {
            if !connection.can_starttls() {
                return Err(ProviderError::misconfigured("mail server offers no TLS"));
            }
            connection
                .starttls(tls, &hello)
                .await
                .map_err(|error| failure("encryption", &error))?;
            nothing_is_left_over(&mut connection)?;
        }
        Ok(connection)
    }

    async fn log_in(&self, connection: &mut AsyncSmtpConnection) -> Result<(), ProviderError> {
        let Some((user, password)) = &self.settings.credentials else {
            return Ok(());
        };
        let credentials = Credentials::new(user.clone(), password.expose_secret().to_owned());
        match connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await
        {
            Ok(_) => Ok(()),
            Err(error) if error.is_permanent() || error.is_client() => Err(ProviderError::misconfigured(
                "user or password of the mail server",
            )),
            Err(error) => Err(failure("log-in", &error)),
        }
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

#[async_trait]
impl Mailer for Smtp {
    fn name(&self) -> &str {
        &self.settings.name
    }

    async fn send(&self, mail: &Mail) -> Result<Sent, ProviderError> {
        let message = message::build(mail, &self.sender)?;
        let content_begun = AtomicBool::new(false);
        let delivery = self.deliver(&message, &content_begun);
        let answered = tokio::time::timeout(self.settings.deadline, delivery).await;
        match answered {
            Ok(Ok(())) => Ok(Sent {
                via: self.settings.name.clone(),
            }),
            Ok(Err(error)) => Err(error),
            Err(_) => Err(ProviderError::Unavailable {
                retry_after: None,
                outcome_unknown: content_begun.load(Ordering::Relaxed),
                source: Box::new(Stopped {
                    step: "deadline",
                    code: None,
                }),
            }),
        }
    }
}

/// Refuses what was said in the clear behind the consent to encrypt: whoever sits in between could put in answers there
/// that are taken for the server's, also the last one. A single one cannot be seen here, because the first question
/// after the encryption takes it; every later answer is then one step late, which [`expect`] notices.
fn nothing_is_left_over(connection: &mut AsyncSmtpConnection) -> Result<(), ProviderError> {
    match connection.read_response().now_or_never() {
        None => Ok(()),
        Some(_) => Err(ProviderError::unavailable(Stopped {
            step: "encryption",
            code: None,
        })),
    }
}

/// Refuses an answer that is positive but belongs to another question.
fn expect(answer: &Response, code: u16, step: &'static str) -> Result<(), ProviderError> {
    if answer.has_code(code) {
        return Ok(());
    }
    let code = Some(u16::from(answer.code()));
    Err(ProviderError::unavailable(Stopped { step, code }))
}

/// What a failed step means. An answer is certain, whichever it is; silence is uncertain once content was begun.
fn failure(step: &'static str, error: &SmtpError) -> ProviderError {
    if refuses_certificate(error) {
        return ProviderError::misconfigured("certificate of the mail server");
    }
    let code = error.status().map(u16::from);
    match code {
        // RFC 4954 and RFC 3207: log-in or encryption wanted. Every other mail would be refused as well.
        Some(530 | 534 | 535 | 538) => ProviderError::misconfigured("user or password of the mail server"),
        Some(code) if error.is_permanent() => ProviderError::rejected(code.to_string()),
        Some(_) => ProviderError::unavailable(Stopped { step, code }),
        None if step == "content" => ProviderError::in_doubt(Stopped { step, code }),
        None => ProviderError::unavailable(Stopped { step, code }),
    }
}

/// True when the conversation ended because the server's certificate is not for this host, expired, or vouched for by
/// nobody that is trusted.
fn refuses_certificate(error: &SmtpError) -> bool {
    let causes = iter::successors(error.source(), |&cause| cause.source());
    causes
        .filter_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref()?.downcast_ref())
        .any(|tls| matches!(tls, rustls::Error::InvalidCertificate(_)))
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tls_tests;

#[cfg(test)]
mod tests {
    use tokio::{
        io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
        net::TcpListener,
        task::JoinHandle,
    };

    use super::{
        super::message::sample::{invited, sender},
        *,
    };

    /// How the test server behaves: what it answers to each step, and whether it answers at all after the content.
    #[derive(Clone, Copy)]
    struct Script {
        greeting: &'static str,
        recipient: &'static str,
        content: Option<&'static str>,
    }

    const KIND: Script = Script {
        greeting: "220 ready",
        recipient: "250 ok",
        content: Some("250 taken"),
    };

    /// A small SMTP server for one conversation; returns what was said to it.
    async fn server(script: Script) -> (u16, JoinHandle<String>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        (port, tokio::spawn(converse(listener, script)))
    }

    async fn converse(listener: TcpListener, script: Script) -> String {
        let (mut stream, _) = listener.accept().await.unwrap();
        let (read, mut write) = stream.split();
        let mut lines = BufReader::new(read).lines();
        let mut heard = String::new();
        let mut in_content = false;
        write
            .write_all(format!("{}\r\n", script.greeting).as_bytes())
            .await
            .unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            heard.push_str(&line);
            heard.push('\n');
            let answer = match line.split([' ', ':']).next().unwrap() {
                "." if in_content => match script.content {
                    Some(answer) => {
                        in_content = false;
                        answer
                    }
                    None => return heard,
                },
                _ if in_content => continue,
                "EHLO" => "250 test",
                "RCPT" => script.recipient,
                "DATA" => {
                    in_content = true;
                    "354 go on"
                }
                "QUIT" => "221 bye",
                _ => "250 ok",
            };
            write.write_all(format!("{answer}\r\n").as_bytes()).await.unwrap();
        }
        heard
    }

    fn smtp(port: u16, deadline: Duration) -> Smtp {
        Smtp::new(
            SmtpSettings {
                name: "smtp".into(),
                host: "127.0.0.1".into(),
                port,
                security: Security::None,
                credentials: None,
                deadline,
            },
            sender(),
        )
        .unwrap()
    }

    async fn send(script: Script) -> (Result<Sent, ProviderError>, JoinHandle<String>) {
        let (port, server) = server(script).await;
        (smtp(port, Duration::from_secs(20)).send(&invited()).await, server)
    }

    #[tokio::test]
    async fn a_mail_is_handed_over_to_one_recipient() {
        let (sent, server) = send(KIND).await;

        assert_eq!(sent.unwrap().via, "smtp");
        let heard = server.await.unwrap();
        assert!(heard.contains("MAIL FROM:<rooms@greenroom.example>"));
        assert_eq!(heard.matches("RCPT TO:").count(), 1);
        assert!(heard.contains("Message-ID: <not_01@greenroom.example>"));
    }

    #[tokio::test]
    async fn a_recipient_that_does_not_exist_is_refused_with_the_reply_code() {
        let (sent, _) = send(Script {
            recipient: "550 5.1.1 no such user asha@example.org",
            ..KIND
        })
        .await;

        assert!(matches!(&sent, Err(ProviderError::Rejected { code }) if code == "550"));
    }

    #[tokio::test]
    async fn a_busy_server_is_tried_again_later() {
        let (sent, _) = send(Script {
            recipient: "451 greylisted",
            ..KIND
        })
        .await;

        assert!(matches!(
            sent,
            Err(ProviderError::Unavailable {
                outcome_unknown: false,
                ..
            })
        ));
    }

    #[tokio::test]
    async fn content_that_is_refused_is_certainly_not_sent() {
        let (spam, _) = send(Script {
            content: Some("554 looks like spam"),
            ..KIND
        })
        .await;
        let (full, _) = send(Script {
            content: Some("452 disk full"),
            ..KIND
        })
        .await;

        assert!(matches!(&spam, Err(ProviderError::Rejected { code }) if code == "554"));
        assert!(matches!(
            full,
            Err(ProviderError::Unavailable {
                outcome_unknown: false,
                ..
            })
        ));
    }

    #[tokio::test]
    async fn a_server_that_dies_at_the_final_dot_leaves_the_outcome_unknown() {
        let (sent, _) = send(Script {
            content: None,
            ..KIND
        })
        .await;

        assert_eq!(sent.unwrap_err().code(), "outcome_unknown");
    }

    #[tokio::test]
    async fn no_server_means_nothing_was_sent() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        drop(listener);

        let sent = smtp(port, Duration::from_secs(20)).send(&invited()).await;

        assert_eq!(sent.unwrap_err().code(), "unavailable");
    }

    #[tokio::test]
    async fn a_silent_server_is_given_up_at_the_deadline() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();

        let sent = smtp(port, Duration::from_millis(50)).send(&invited()).await;

        assert_eq!(sent.unwrap_err().code(), "unavailable");
        drop(listener);
    }

    #[tokio::test]
    async fn failures_do_not_repeat_the_address() {
        let (sent, _) = send(Script {
            greeting: "421 asha@example.org is over quota",
            ..KIND
        })
        .await;

        let said = format!("{:?}", sent.unwrap_err());
        assert!(said.contains("421"));
        assert!(!said.contains("asha"));
    }

    #[test]
    fn mail_in_the_clear_stays_on_this_machine() {
        let settings = SmtpSettings {
            name: "smtp".into(),
            host: "mail.example.org".into(),
            port: 25,
            security: Security::None,
            credentials: None,
            deadline: Duration::from_secs(1),
        };

        let refused = Smtp::new(settings, sender());

        assert!(matches!(refused, Err(ProviderError::Misconfigured { .. })));
    }

    #[tokio::test]
    async fn a_server_that_offers_no_encryption_gets_nothing() {
        let (port, server) = server(KIND).await;
        let mut smtp = smtp(port, Duration::from_secs(20));
        smtp.settings.security = Security::StartTls;
        smtp.tls = Some(TlsParameters::new("localhost".to_owned()).unwrap());

        let sent = smtp.send(&invited()).await;

        assert_eq!(sent.unwrap_err().code(), "misconfigured");
        assert!(!server.await.unwrap().contains("MAIL FROM"));
    }
}
