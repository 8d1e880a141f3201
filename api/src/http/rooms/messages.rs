//! What may be said over the relay: a closed set of JSON messages. Anything else ends the connection.

use std::fmt;

use domain::{ports::video::IceServer, room::events::RoomRole};
use serde::{Deserialize, Serialize};

/// The name of a connection within its room, `p1`, `p2` and so on, as long as the room is in use.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub(crate) struct Peer(pub(crate) u32);

impl TryFrom<String> for Peer {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        let number = text.strip_prefix('p').and_then(|digits| digits.parse().ok());
        number.map(Self).ok_or("not the name of a connection")
    }
}

impl From<Peer> for String {
    fn from(peer: Peer) -> Self {
        format!("p{}", peer.0)
    }
}

/// A place at which a browser may be reached, as browsers write it.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub(crate) struct Candidate {
    candidate: String,
    #[serde(default)]
    sdp_mid: Option<String>,
    #[serde(default)]
    sdp_m_line_index: Option<u16>,
    #[serde(default)]
    username_fragment: Option<String>,
}

/// What one member says to another.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, tag = "type", rename_all = "snake_case")]
pub(crate) enum Said {
    /// How I can be talked to.
    Offer {
        /// The session description.
        sdp: String,
    },
    /// How I answer that.
    Answer {
        /// The session description.
        sdp: String,
    },
    /// Where I may be reached.
    Candidate {
        /// The place.
        candidate: Candidate,
    },
}

/// What a client may send.
#[derive(Deserialize)]
#[serde(deny_unknown_fields, tag = "type", rename_all = "snake_case")]
enum Written {
    Hello { ticket: String },
    Offer { to: Peer, sdp: String },
    Answer { to: Peer, sdp: String },
    Candidate { to: Peer, candidate: Candidate },
    Bye {},
}

/// What a client sent.
pub(crate) enum Incoming {
    /// The first message: the ticket.
    Hello {
        /// It opens the door.
        ticket: String,
    },
    /// Something for another member.
    Say {
        /// Which.
        to: Peer,
        /// What.
        said: Said,
    },
    /// They leave.
    Bye,
}

/// It is none of the messages above.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct NoMessage;

/// The longest description of a place.
const LONGEST_CANDIDATE: usize = 1024;
/// The longest name within a description.
const LONGEST_NAME: usize = 256;

impl Incoming {
    /// Reads a message.
    pub(crate) fn read(text: &str) -> Result<Self, NoMessage> {
        let say = |to, said| Ok(Self::Say { to, said });
        match serde_json::from_str(text).map_err(|_| NoMessage)? {
            Written::Hello { ticket } => Ok(Self::Hello { ticket }),
            Written::Offer { to, sdp } if is_description(&sdp) => say(to, Said::Offer { sdp }),
            Written::Answer { to, sdp } if is_description(&sdp) => say(to, Said::Answer { sdp }),
            Written::Candidate { to, candidate } if candidate.is_bounded() => {
                say(to, Said::Candidate { candidate })
            }
            Written::Bye {} => Ok(Self::Bye),
            Written::Offer { .. } | Written::Answer { .. } | Written::Candidate { .. } => Err(NoMessage),
        }
    }
}

/// A session description begins with its version (RFC 8866); the length is bounded by that of the message.
fn is_description(sdp: &str) -> bool {
    sdp.starts_with("v=0\r\n")
}

impl Candidate {
    fn is_bounded(&self) -> bool {
        let names = [&self.sdp_mid, &self.username_fragment];
        let short = |name: &Option<String>| name.as_ref().is_none_or(|name| name.len() <= LONGEST_NAME);
        self.candidate.len() <= LONGEST_CANDIDATE && names.into_iter().all(short)
    }
}

/// Somebody else in the room.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize)]
pub(crate) struct Present {
    /// On which connection.
    pub(crate) peer: Peer,
    /// As what.
    pub(crate) role: RoomRole,
}

/// The way back in when the connection breaks. Whoever has it gets in.
#[derive(Clone, Serialize)]
pub(crate) struct WayBack {
    /// The provider's name for the room.
    pub(crate) room: String,
    /// The ticket.
    pub(crate) ticket: String,
}

/// A server that helps browsers to find each other, in the words of `RTCIceServer`.
#[derive(Clone, Serialize)]
pub(crate) struct Helper {
    urls: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    username: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credential: Option<String>,
}

impl From<&IceServer> for Helper {
    fn from(server: &IceServer) -> Self {
        Self {
            urls: server.urls.clone(),
            username: server.username.clone(),
            credential: server.credential.clone(),
        }
    }
}

/// What we send.
#[derive(Clone, Serialize)]
#[serde(tag = "type", rename_all = "snake_case", rename_all_fields = "camelCase")]
pub(crate) enum Outgoing {
    /// You are in; with whoever is there you begin.
    Welcome {
        /// What you are called here.
        you: Peer,
        /// As what you are in.
        role: RoomRole,
        /// Who is there.
        present: Vec<Present>,
        /// What helps to find them.
        ice_servers: Vec<Helper>,
        /// How to come back; absent when no ticket can be written at present.
        #[serde(skip_serializing_if = "Option::is_none")]
        back: Option<WayBack>,
    },
    /// Somebody came in; they begin.
    Hello(Present),
    /// Somebody says something to you.
    Said {
        /// Who.
        from: Peer,
        /// What.
        said: Said,
    },
    /// Somebody is gone.
    Bye {
        /// Who.
        from: Peer,
    },
}

/// Shows nothing of what people's browsers say: it tells where they are.
impl fmt::Debug for Outgoing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Welcome { .. } => "Welcome",
            Self::Hello(_) => "Hello",
            Self::Said { .. } => "Said",
            Self::Bye { .. } => "Bye",
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn is_one(message: &Value) -> bool {
        Incoming::read(&message.to_string()).is_ok()
    }

    #[test]
    fn the_five_messages_are_understood() {
        let place = json!({ "candidate": "", "sdpMid": "0", "sdpMLineIndex": 0, "usernameFragment": null });

        assert!(is_one(&json!({ "type": "hello", "ticket": "t" })));
        assert!(is_one(&json!({ "type": "offer", "to": "p1", "sdp": "v=0\r\n" })));
        assert!(is_one(&json!({ "type": "answer", "to": "p1", "sdp": "v=0\r\n" })));
        assert!(is_one(
            &json!({ "type": "candidate", "to": "p1", "candidate": place })
        ));
        assert!(is_one(&json!({ "type": "bye" })));
    }

    #[test]
    fn anything_else_is_no_message() {
        let long = json!({ "candidate": "x".repeat(1025) });
        let more = json!({ "candidate": "", "address": "10.0.0.1" });

        assert!(!is_one(&json!("hello")));
        assert!(!is_one(&json!({ "type": "chat", "text": "x" })));
        assert!(!is_one(&json!({ "type": "offer", "to": "p1", "sdp": "<html>" })));
        assert!(!is_one(
            &json!({ "type": "offer", "to": "p1", "sdp": "v=0\r\n", "more": 1 })
        ));
        assert!(!is_one(
            &json!({ "type": "offer", "to": "everybody", "sdp": "v=0\r\n" })
        ));
        assert!(!is_one(&json!({ "type": "offer", "sdp": "v=0\r\n" })));
        assert!(!is_one(
            &json!({ "type": "candidate", "to": "p1", "candidate": long })
        ));
        assert!(!is_one(
            &json!({ "type": "candidate", "to": "p1", "candidate": more })
        ));
        assert!(!is_one(&json!({ "type": "bye", "why": "x" })));
    }

    #[test]
    fn what_is_passed_on_names_its_sender() {
        let said = Said::Offer {
            sdp: "v=0\r\n".into(),
        };
        let message = Outgoing::Said { from: Peer(3), said };

        assert_eq!(
            serde_json::to_value(message).unwrap(),
            json!({ "type": "said", "from": "p3", "said": { "type": "offer", "sdp": "v=0\r\n" } })
        );
    }
}
