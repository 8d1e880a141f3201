//! Against a mail server on this machine that encrypts, wants to be logged in to, and keeps to the order of commands
//! (RFC 5321, RFC 3207, RFC 4954).

use std::sync::Arc;

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use lettre::transport::smtp::client::{Certificate, CertificateStore};
use rcgen::{CertificateParams, CertifiedKey, KeyPair};
use rustls::{
    ServerConfig,
    crypto::aws_lc_rs,
    pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncRead, AsyncWrite, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::TlsAcceptor;

use super::{
    super::message::sample::{invited, sender},
    *,
};

const USER: &str = "rooms";
const PASSWORD: &str = "hush hush";

/// How the server behaves.
struct House {
    /// When it encrypts.
    security: Security,
    /// Names and last year of its certificate.
    names: &'static [&'static str],
    valid_until: i32,
    /// Ways to log in that it offers; without any it asks nobody who they are.
    log_in: &'static str,
    /// A verb, or `.` for the end of the content, that is answered with this.
    answers: &'static [(&'static str, &'static str)],
    /// A verb, or `.`, at which it hangs up.
    dies_at: &'static str,
    /// What somebody in between adds to the consent to encrypt.
    added: &'static str,
}

const HOUSE: House = House {
    security: Security::StartTls,
    names: &["localhost"],
    valid_until: 4_000,
    log_in: "PLAIN LOGIN",
    answers: &[],
    dies_at: "",
    added: "",
};

/// What the server knows afterwards.
#[derive(Default, Debug)]
struct Heard {
    /// Each command line, and whether it came encrypted.
    lines: Vec<(bool, String)>,
    /// Contents that were taken, as they were before dots were doubled.
    mails: Vec<String>,
}

impl Heard {
    fn said(&self, verb: &str) -> bool {
        self.lines.iter().any(|(_, line)| line.starts_with(verb))
    }

    fn in_the_clear(&self) -> Vec<&str> {
        let clear = self.lines.iter().filter(|(encrypted, _)| !encrypted);
        clear.map(|(_, line)| line.as_str()).collect()
    }
}

struct Server {
    port: u16,
    certificate: Vec<u8>,
    heard: JoinHandle<Heard>,
}

impl House {
    async fn open(self) -> Server {
        let CertifiedKey { cert, signing_key } = self.certificate();
        let certificate = cert.der().to_vec();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(signing_key.serialize_der()));
        let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![cert.der().clone()], key)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let heard = tokio::spawn(async move {
            let (stream, _) = listener.accept().await.unwrap();
            let mut heard = Heard::default();
            // A client that goes away in the middle is what some tests are about.
            let _ = self.receive(stream, &acceptor, &mut heard).await;
            heard
        });
        Server {
            port,
            certificate,
            heard,
        }
    }

    fn certificate(&self) -> CertifiedKey<KeyPair> {
        let names: Vec<String> = self.names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_after = rcgen::date_time_ymd(self.valid_until, 1, 1);
        let signing_key = KeyPair::generate().unwrap();
        let cert = params.self_signed(&signing_key).unwrap();
        CertifiedKey { cert, signing_key }
    }

    async fn receive(
        &self,
        mut stream: TcpStream,
        acceptor: &TlsAcceptor,
        heard: &mut Heard,
    ) -> io::Result<()> {
        if self.security == Security::Tls {
            let stream = acceptor.accept(stream).await?;
            return self.converse(stream, true, true, heard).await.map(|_| ());
        }
        let wants_encryption = self.converse(&mut stream, false, true, heard).await?;
        if wants_encryption {
            let stream = acceptor.accept(stream).await?;
            self.converse(stream, true, false, heard).await?;
        }
        Ok(())
    }

    /// One conversation, up to its end or to the consent to encrypt; true for the latter.
    async fn converse(
        &self,
        stream: impl AsyncRead + AsyncWrite + Unpin,
        encrypted: bool,
        greets: bool,
        heard: &mut Heard,
    ) -> io::Result<bool> {
        let mut stream = BufReader::new(stream);
        let mut here = Conversation::default();
        if greets {
            stream.write_all(b"220 test\r\n").await?;
        }
        loop {
            let Some(line) = line(&mut stream).await? else {
                return Ok(false);
            };
            if let Some(content) = &mut here.content
                && line != "."
            {
                content.push_str(line.strip_prefix('.').unwrap_or(&line));
                content.push_str("\r\n");
                continue;
            }
            heard.lines.push((encrypted, line.clone()));
            let verb = line.split([' ', ':']).next().unwrap_or_default().to_owned();
            if verb == self.dies_at {
                return Ok(false);
            }
            let told = self.answers.iter().find(|(to, _)| *to == verb);
            let answer = match told {
                Some((_, answer)) => (*answer).to_owned(),
                None => self.answer(&mut here, &verb, &line, encrypted, heard),
            };
            if told.is_some() && verb == "." {
                here.content = None;
            }
            stream.write_all(format!("{answer}\r\n").as_bytes()).await?;
            stream.flush().await?;
            match verb.as_str() {
                "STARTTLS" if answer.starts_with("220") => return Ok(true),
                "QUIT" => return Ok(false),
                _ => {}
            }
        }
    }

    fn answer(
        &self,
        here: &mut Conversation,
        verb: &str,
        line: &str,
        encrypted: bool,
        heard: &mut Heard,
    ) -> String {
        let known = here.logged_in || self.log_in.is_empty();
        match verb {
            "EHLO" => self.extensions(encrypted),
            "STARTTLS" if self.security == Security::StartTls && !encrypted => {
                format!("220 go ahead{}", self.added)
            }
            "AUTH" => here.authenticate(line),
            _ if here.asked.is_some() => here.authenticate(line),
            "MAIL" if !known => "530 5.7.0 log in first".into(),
            "MAIL" => here.step(0, "250 ok"),
            "RCPT" => here.step(1, "250 ok"),
            "DATA" => {
                let answer = here.step(2, "354 go on");
                here.content = answer.starts_with("354").then(String::new);
                answer
            }
            "." => {
                heard.mails.extend(here.content.take());
                "250 2.0.0 taken".into()
            }
            "QUIT" => "221 bye".into(),
            _ => "502 unknown".into(),
        }
    }

    fn extensions(&self, encrypted: bool) -> String {
        let mut told = String::from("250-test greets you\r\n250-8BITMIME\r\n");
        if self.security == Security::StartTls && !encrypted {
            told.push_str("250-STARTTLS\r\n");
        }
        if !self.log_in.is_empty() && encrypted {
            told.push_str(&format!("250-AUTH {}\r\n", self.log_in));
        }
        told + "250 SIZE 1000000"
    }
}

#[derive(Default)]
struct Conversation {
    logged_in: bool,
    /// What was answered to `AUTH LOGIN` so far.
    asked: Option<Vec<String>>,
    /// How many of MAIL, RCPT, DATA were said.
    steps: u8,
    content: Option<String>,
}

impl Conversation {
    fn step(&mut self, before: u8, answer: &str) -> String {
        if self.steps < before {
            return "503 not yet".into();
        }
        self.steps = before + 1;
        answer.into()
    }

    fn authenticate(&mut self, line: &str) -> String {
        if let Some(answers) = &mut self.asked {
            answers.push(decoded(line));
            if answers.len() == 1 {
                return "334 UGFzc3dvcmQ6".into();
            }
            let right = *answers == [USER, PASSWORD];
            self.asked = None;
            return self.admit(right);
        }
        match line.strip_prefix("AUTH PLAIN ") {
            Some(proof) => self.admit(decoded(proof) == format!("\0{USER}\0{PASSWORD}")),
            None => {
                self.asked = Some(Vec::new());
                "334 VXNlcm5hbWU6".into()
            }
        }
    }

    fn admit(&mut self, right: bool) -> String {
        self.logged_in = right;
        let answer = if right {
            "235 2.7.0 welcome"
        } else {
            "535 5.7.8 no"
        };
        answer.into()
    }
}

fn decoded(text: &str) -> String {
    String::from_utf8(BASE64.decode(text).unwrap_or_default()).unwrap_or_default()
}

async fn line(stream: &mut (impl AsyncBufReadExt + Unpin)) -> io::Result<Option<String>> {
    let mut line = String::new();
    let length = stream.read_line(&mut line).await?;
    Ok((length > 0).then(|| line.trim_end_matches(['\r', '\n']).to_owned()))
}

/// A client that trusts the server's certificate alone.
fn client(server: &Server, security: Security, password: &str) -> Smtp {
    let certificate = Certificate::from_der(server.certificate.clone()).unwrap();
    let trusting = TlsParameters::builder("localhost".into())
        .certificate_store(CertificateStore::None)
        .add_root_certificate(certificate)
        .build()
        .unwrap();
    Smtp {
        tls: Some(trusting),
        ..stranger(server, security, password)
    }
}

/// A client that trusts whom everybody trusts.
fn stranger(server: &Server, security: Security, password: &str) -> Smtp {
    let settings = SmtpSettings {
        name: "smtp".into(),
        host: "localhost".into(),
        port: server.port,
        security,
        credentials: Some((USER.into(), password.to_owned().into())),
        deadline: Duration::from_secs(20),
    };
    Smtp::new(settings, sender()).unwrap()
}

/// Sends one mail to the house as its settings want it, and asks what it heard.
async fn sent_to(house: House) -> (Result<Sent, ProviderError>, Heard) {
    let security = house.security;
    let server = house.open().await;
    let sent = client(&server, security, PASSWORD).send(&invited()).await;
    (sent, server.heard.await.unwrap())
}

async fn code(house: House) -> String {
    sent_to(house).await.0.unwrap_err().code().to_owned()
}

fn is_about(sent: &Result<Sent, ProviderError>, setting: &str) -> bool {
    matches!(sent, Err(ProviderError::Misconfigured { what }) if what == setting)
}

#[tokio::test]
async fn a_conversation_is_encrypted_before_anything_is_told() {
    let (sent, heard) = sent_to(HOUSE).await;

    assert_eq!(sent.unwrap().via, "smtp");
    let clear = heard.in_the_clear();
    assert_eq!(clear.len(), 2, "{clear:?}");
    assert!(clear[0].starts_with("EHLO ") && clear[1] == "STARTTLS");
    assert!(heard.said("AUTH PLAIN") && heard.said("MAIL FROM:<rooms@greenroom.example>"));
}

#[tokio::test]
async fn a_conversation_can_be_encrypted_from_its_first_byte() {
    let (sent, heard) = sent_to(House {
        security: Security::Tls,
        ..HOUSE
    })
    .await;

    assert_eq!(sent.unwrap().via, "smtp");
    assert_eq!(heard.in_the_clear(), [""; 0]);
    assert_eq!(heard.mails.len(), 1);
}

#[tokio::test]
async fn what_arrives_is_what_was_built() {
    let dotted = Mail {
        text: ".\r\n..\r\n.hidden\r\nend\r\n".into(),
        ..invited()
    };
    let server = HOUSE.open().await;

    client(&server, Security::StartTls, PASSWORD)
        .send(&dotted)
        .await
        .unwrap();

    let built = message::build(&dotted, &sender()).unwrap().formatted();
    let built = String::from_utf8(built).unwrap();
    let taken = server.heard.await.unwrap().mails.remove(0);
    let without_boundary = |text: &str| {
        let lines = text.lines().filter(|line| !line.starts_with("--"));
        let lines = lines.filter(|line| !line.contains("boundary=") && !line.starts_with("Date:"));
        lines.collect::<Vec<_>>().join("\n").trim_end().to_owned()
    };
    assert_eq!(without_boundary(&taken), without_boundary(&built));
    assert!(taken.contains("\r\n.hidden\r\n"), "{taken}");
}

#[tokio::test]
async fn a_server_that_does_not_offer_the_encryption_that_is_required_learns_nothing() {
    let server = House {
        security: Security::None,
        ..HOUSE
    }
    .open()
    .await;

    let sent = client(&server, Security::StartTls, PASSWORD)
        .send(&invited())
        .await;

    assert!(is_about(&sent, "mail server offers no TLS"), "{sent:?}");
    let heard = server.heard.await.unwrap();
    assert!(heard.said("EHLO"));
    assert!(!heard.said("AUTH") && !heard.said("MAIL"));
}

#[tokio::test]
async fn a_server_that_cannot_encrypt_just_now_is_tried_again_later() {
    let (sent, heard) = sent_to(House {
        answers: &[("STARTTLS", "454 TLS not available")],
        ..HOUSE
    })
    .await;

    assert_eq!(sent.unwrap_err().code(), "unavailable");
    assert!(!heard.said("AUTH"));
}

#[tokio::test]
async fn a_certificate_that_nobody_trusted_vouches_for_is_refused() {
    let server = HOUSE.open().await;

    let sent = stranger(&server, Security::StartTls, PASSWORD)
        .send(&invited())
        .await;

    assert!(is_about(&sent, "certificate of the mail server"), "{sent:?}");
    assert!(!server.heard.await.unwrap().said("AUTH"));
}

#[tokio::test]
async fn a_certificate_for_another_host_is_refused() {
    let begun = sent_to(House {
        names: &["mail.example.org"],
        ..HOUSE
    });
    let at_once = sent_to(House {
        names: &["mail.example.org"],
        security: Security::Tls,
        ..HOUSE
    });

    let ((begun, heard_begun), (at_once, heard_at_once)) = (begun.await, at_once.await);

    assert!(is_about(&begun, "certificate of the mail server"), "{begun:?}");
    assert!(
        is_about(&at_once, "certificate of the mail server"),
        "{at_once:?}"
    );
    assert!(!heard_begun.said("AUTH") && heard_at_once.lines.is_empty());
}

#[tokio::test]
async fn a_certificate_that_expired_is_refused() {
    let (sent, heard) = sent_to(House {
        valid_until: 2_001,
        ..HOUSE
    })
    .await;

    assert!(is_about(&sent, "certificate of the mail server"), "{sent:?}");
    assert!(!heard.said("AUTH"));
}

#[tokio::test]
async fn answers_put_in_before_the_encryption_are_not_believed() {
    let one = sent_to(House {
        added: "\r\n250 AUTH PLAIN",
        answers: &[(".", "554 looks like spam")],
        ..HOUSE
    });
    let all = sent_to(House {
        added: "\r\n250 AUTH PLAIN\r\n235 ok\r\n250 ok\r\n250 ok\r\n354 go on\r\n250 taken\r\n221 bye",
        answers: &[(".", "554 looks like spam")],
        ..HOUSE
    });

    let ((one, heard_one), (all, heard_all)) = (one.await, all.await);

    assert_eq!(one.unwrap_err().code(), "unavailable");
    assert_eq!(all.unwrap_err().code(), "unavailable");
    assert!(!heard_one.said(".") && !heard_all.said("AUTH"));
}

#[tokio::test]
async fn a_server_that_knows_only_the_older_log_in_is_logged_in_to() {
    let (sent, heard) = sent_to(House {
        log_in: "LOGIN",
        ..HOUSE
    })
    .await;

    assert_eq!(sent.unwrap().via, "smtp");
    assert!(heard.said("AUTH LOGIN"));
    assert_eq!(heard.mails.len(), 1);
}

#[tokio::test]
async fn a_wrong_password_is_a_wrong_setting_and_stays_unsaid() {
    let server = HOUSE.open().await;

    let sent = client(&server, Security::StartTls, "wrong one")
        .send(&invited())
        .await;

    assert!(is_about(&sent, "user or password of the mail server"), "{sent:?}");
    assert!(!format!("{sent:?}").contains("wrong one"));
    assert!(!server.heard.await.unwrap().said("MAIL"));
}

#[tokio::test]
async fn a_way_to_log_in_that_is_not_known_here_is_a_wrong_setting() {
    let (sent, _) = sent_to(House {
        log_in: "CRAM-MD5",
        ..HOUSE
    })
    .await;

    assert!(is_about(&sent, "user or password of the mail server"));
}

#[tokio::test]
async fn a_log_in_that_fails_for_now_is_tried_again_later() {
    let asked = code(House {
        answers: &[("AUTH", "454 4.7.0 try later")],
        ..HOUSE
    })
    .await;

    assert_eq!(asked, "unavailable");
}

#[tokio::test]
async fn a_server_that_wants_a_log_in_is_a_wrong_setting_and_no_refusal_of_this_mail() {
    let server = HOUSE.open().await;
    let mut nobody = client(&server, Security::StartTls, PASSWORD);
    nobody.settings.credentials = None;

    let sent = nobody.send(&invited()).await;

    assert!(is_about(&sent, "user or password of the mail server"));
}

#[tokio::test]
async fn a_final_answer_is_a_refusal_at_every_step() {
    let sender = code(House {
        answers: &[("MAIL", "550 5.7.1 not from you")],
        ..HOUSE
    });
    let recipient = code(House {
        answers: &[("RCPT", "553 5.1.3 no such address")],
        ..HOUSE
    });
    let announced = code(House {
        answers: &[("DATA", "554 no valid recipients")],
        ..HOUSE
    });
    let content = code(House {
        answers: &[(".", "552 5.3.4 too big")],
        ..HOUSE
    });

    assert_eq!(sender.await, "550");
    assert_eq!(recipient.await, "553");
    assert_eq!(announced.await, "554");
    assert_eq!(content.await, "552");
}

#[tokio::test]
async fn a_passing_answer_means_nothing_was_sent_at_every_step() {
    let sender = code(House {
        answers: &[("MAIL", "451 4.3.0 later")],
        ..HOUSE
    });
    let recipient = code(House {
        answers: &[("RCPT", "450 4.2.1 mailbox busy")],
        ..HOUSE
    });
    let announced = code(House {
        answers: &[("DATA", "421 4.3.2 closing")],
        ..HOUSE
    });
    let content = code(House {
        answers: &[(".", "452 4.3.1 disk full")],
        ..HOUSE
    });

    assert_eq!(sender.await, "unavailable");
    assert_eq!(recipient.await, "unavailable");
    assert_eq!(announced.await, "unavailable");
    assert_eq!(content.await, "unavailable");
}

#[tokio::test]
async fn only_a_death_at_the_final_dot_leaves_the_outcome_unknown() {
    let before = code(House {
        dies_at: "DATA",
        ..HOUSE
    });
    let begun = sent_to(House {
        dies_at: ".",
        ..HOUSE
    });
    let at_once = code(House {
        security: Security::Tls,
        dies_at: ".",
        ..HOUSE
    });

    let (sent, heard) = begun.await;

    assert_eq!(before.await, "unavailable");
    assert_eq!(sent.unwrap_err().code(), "outcome_unknown");
    assert_eq!(at_once.await, "outcome_unknown");
    assert!(heard.said("."));
}
