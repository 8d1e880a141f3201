//! Where the links in mails lead.

use std::fmt::Display;

use domain::{ids::InterviewId, join_code::JoinCode};

/// An address with a place in it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Address {
    before: String,
    after: String,
}

/// The address of a page about an interview.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link(Address);

/// The address of a page at which guests join a session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SessionLink(Address);

/// The links in mails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Links {
    /// The page about an interview.
    pub interview: Link,
    /// The page that leads into the interview's room.
    pub room: Link,
    /// The page at which guests join a session.
    pub session: SessionLink,
}

/// It is no address of such a page.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it must be an address such as {example}")]
pub struct LinkError {
    example: &'static str,
}

impl Address {
    /// An address with `http://` or `https://` in which the place stands once, in its path or behind it.
    fn with(place: &str, address: &str) -> Option<Self> {
        let (before, after) = address.split_once(place)?;
        let rest = before
            .strip_prefix("https://")
            .or_else(|| before.strip_prefix("http://"))?;
        let has_host = rest.find('/').is_some_and(|end| end > 0);
        let is_plain = |c: char| c.is_ascii_graphic() && !"<>\"{}\\^`|".contains(c);
        let is_address = has_host && before.chars().chain(after.chars()).all(is_plain);
        is_address.then(|| Self {
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    fn to(&self, thing: impl Display) -> String {
        format!("{}{thing}{}", self.before, self.after)
    }
}

impl Link {
    /// An address with `http://` or `https://` in which `{interview}` stands once, in its path or behind it.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn new(address: &str) -> Result<Self, LinkError> {
        const EXAMPLE: &str = "https://app.example.com/interviews/{interview}";
        let address = Address::with("{interview}", address);
        address.map(Self).ok_or(LinkError { example: EXAMPLE })
    }

    /// The page about this interview.
    pub fn to(&self, interview: InterviewId) -> String {
        self.0.to(interview)
    }
}

impl SessionLink {
    /// An address with `http://` or `https://` in which `{code}` stands once, in its path or behind it.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn new(address: &str) -> Result<Self, LinkError> {
        const EXAMPLE: &str = "https://app.example.com/join#{code}";
        let address = Address::with("{code}", address);
        address.map(Self).ok_or(LinkError { example: EXAMPLE })
    }

    /// The page at which the session with this code is joined.
    pub fn to(&self, code: JoinCode) -> String {
        self.0.to(code)
    }
}

impl Links {
    /// The pages of an installation itself, at `public_url`.
    pub fn of_installation(public_url: &str) -> Self {
        let base = public_url.trim_end_matches('/');
        let page = |name: &str| Address {
            before: format!("{base}/{name}"),
            after: String::new(),
        };
        Self {
            interview: Link(page("interviews/")),
            room: Link(page("rooms/")),
            // Behind the `#` it stays in the browser: no server on the way has it in its log.
            session: SessionLink(page("sessions#")),
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn second() -> InterviewId {
        InterviewId::new(Uuid::from_u128(2))
    }

    #[test]
    fn an_installation_has_pages_of_its_own() {
        let links = Links::of_installation("https://greenroom.example/");

        assert_eq!(
            links.interview.to(second()),
            "https://greenroom.example/interviews/int_00000000000000000000000002"
        );
        assert_eq!(
            links.room.to(second()),
            "https://greenroom.example/rooms/int_00000000000000000000000002"
        );
    }

    #[test]
    fn the_code_of_a_session_stays_in_the_browser_or_where_a_front_end_wants_it() {
        let code: JoinCode = "bcdfghjkm".parse().unwrap();
        let own = Links::of_installation("https://greenroom.example/").session;
        let other = SessionLink::new("https://app.example.com/join/{code}?now").unwrap();

        assert_eq!(own.to(code), "https://greenroom.example/sessions#BCD-FGH-JKM");
        assert_eq!(other.to(code), "https://app.example.com/join/BCD-FGH-JKM?now");
        assert!(SessionLink::new("https://app.example.com/join/{interview}").is_err());
        assert_eq!(
            SessionLink::new("").unwrap_err().to_string(),
            "it must be an address such as https://app.example.com/join#{code}"
        );
    }

    #[test]
    fn a_front_end_says_where_the_id_stands() {
        let link = Link::new("https://app.example.com/#/meet/{interview}/now").unwrap();

        assert_eq!(
            link.to(second()),
            "https://app.example.com/#/meet/int_00000000000000000000000002/now"
        );
    }

    #[test]
    fn what_is_no_address_with_one_place_for_the_id_is_refused() {
        for address in [
            "",
            "https://app.example.com/",
            "app.example.com/{interview}",
            "javascript:alert('{interview}')",
            "https:///{interview}",
            "https://{interview}.example.com/",
            "https://app.example.com/{interview}/{interview}",
            "https://app.example.com/{id}/{interview}",
            "https://app.example.com/ {interview}",
            "https://app.example.com/{interview}\r\nBcc: eve@example.org",
        ] {
            assert!(Link::new(address).is_err(), "{address}");
        }
    }
}
