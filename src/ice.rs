//! The servers with which browsers find each other, as they are configured. A browser refuses a whole list for one bad
//! entry, in the middle of somebody's interview; so nonsense is refused here, at start.

use anyhow::{Result, ensure};
use domain::ports::video::IceServer;
use url::Host;

use crate::config;

/// Browsers slow down with more.
const MOST_SERVERS: usize = 8;

/// What is configured, in words of the domain.
///
/// # Errors
/// When an address is none of a STUN or TURN server, or user and password are missing or have no use. The sentence
/// names the address, never the password.
pub fn servers(configured: &[config::IceServer]) -> Result<Vec<IceServer>> {
    ensure!(
        configured.len() <= MOST_SERVERS,
        "video.ice_servers may hold at most {MOST_SERVERS} servers"
    );
    configured.iter().map(server).collect()
}

/// Whether a server only tells browsers their own address, or passes on what they send.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stun,
    Turn,
}

fn server(configured: &config::IceServer) -> Result<IceServer> {
    let urls = &configured.urls;
    ensure!(
        !urls.is_empty() && urls.len() <= MOST_SERVERS,
        "a server of video.ice_servers needs 1 to {MOST_SERVERS} urls"
    );
    let mut passes_on = false;
    for url in urls {
        let kind = kind(url);
        ensure!(
            kind.is_some(),
            "video.ice_servers: {url:?} must be like stun:stun.example.com:3478 or \
             turns:turn.example.com:5349?transport=tcp"
        );
        passes_on |= kind == Some(Kind::Turn);
    }
    let is_set = |value: Option<&str>| value.is_some_and(|value| !value.is_empty());
    let username = configured.username.as_deref();
    let credential = configured.credential.as_ref().map(config::Secret::expose);
    if passes_on {
        ensure!(
            is_set(username) && is_set(credential),
            "video.ice_servers: {:?} needs username and credential",
            urls[0]
        );
    } else {
        ensure!(
            username.is_none() && credential.is_none(),
            "video.ice_servers: {:?} takes no username and no credential",
            urls[0]
        );
    }
    Ok(IceServer {
        urls: urls.clone(),
        username: username.map(str::to_owned),
        credential: credential.map(str::to_owned),
    })
}

/// The kind of server at an address (RFC 7064, RFC 7065); `None` when it is none.
fn kind(url: &str) -> Option<Kind> {
    let (scheme, rest) = url.split_once(':')?;
    let kind = match scheme {
        "stun" | "stuns" => Kind::Stun,
        "turn" | "turns" => Kind::Turn,
        _ => return None,
    };
    let authority = match (kind, rest.split_once('?')) {
        (_, None) => rest,
        (Kind::Turn, Some((authority, "transport=udp" | "transport=tcp"))) => authority,
        (Kind::Stun | Kind::Turn, Some(_)) => return None,
    };
    is_authority(authority).then_some(kind)
}

/// A host and perhaps a port, and nothing else.
fn is_authority(text: &str) -> bool {
    // Behind the last bracket of an IPv6 address, or behind the name.
    let end = text.rfind(']').map_or(0, |bracket| bracket + 1);
    let (host, port) = match text[end..].find(':') {
        Some(colon) => (&text[..end + colon], Some(&text[end + colon + 1..])),
        None => (text, None),
    };
    let is_port = |port: &str| port.parse::<u16>().is_ok_and(|port| port > 0);
    Host::parse(host).is_ok() && port.is_none_or(is_port)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn configured(text: &str) -> Result<Vec<IceServer>> {
        let server: config::IceServer = figment::Figment::from(
            <figment::providers::Toml as figment::providers::Format>::string(text),
        )
        .extract()
        .unwrap();
        servers(&[server])
    }

    #[test]
    fn stun_and_turn_servers_are_told_to_browsers_as_they_stand() {
        let stun = configured("urls = ['stun:stun.example.com', 'stun:[2001:db8::1]:3478']").unwrap();
        let turn = configured(
            "urls = ['turns:turn.example.com:5349?transport=tcp']\nusername = 'u'\ncredential = 'hunter2'",
        )
        .unwrap();

        assert_eq!(stun[0].urls.len(), 2);
        assert_eq!(turn[0].credential.as_deref(), Some("hunter2"));
        assert!(!format!("{turn:?}").contains("hunter2"));
    }

    #[test]
    fn addresses_of_something_else_are_refused() {
        for url in [
            "",
            "stun:",
            "stun.example.com:3478",
            "https://stun.example.com",
            "stun://stun.example.com",
            "stun:stun.example.com:0",
            "stun:stun.example.com:port",
            "stun:stun.example.com?transport=udp",
            "stun:user@stun.example.com",
            "stun:two words",
        ] {
            assert!(configured(&format!("urls = ['{url}']")).is_err(), "{url}");
        }
    }

    #[test]
    fn a_server_that_passes_on_needs_user_and_password_and_another_takes_none() {
        assert!(configured("urls = ['turn:turn.example.com']").is_err());
        assert!(configured("urls = ['turn:turn.example.com']\nusername = 'u'\ncredential = ''").is_err());
        assert!(configured("urls = ['stun:stun.example.com']\nusername = 'u'").is_err());
        assert!(configured("urls = []").is_err());
    }

    #[test]
    fn a_refusal_does_not_repeat_a_password() {
        let refused = configured("urls = ['stun:stun.example.com']\ncredential = 'hunter2'").unwrap_err();

        assert!(!format!("{refused:#}").contains("hunter2"));
    }
}
