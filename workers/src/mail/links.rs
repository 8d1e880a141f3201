//! Where the links in mails lead.

use domain::ids::InterviewId;

/// What stands for the interview's id in the address of a link.
const PLACE: &str = "{interview}";

/// The address of a page about an interview.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link {
    before: String,
    after: String,
}

/// The links in mails.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Links {
    /// The page about an interview.
    pub interview: Link,
    /// The page that leads into the interview's room.
    pub room: Link,
}

/// It is no address of a page about an interview.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("it must be an address such as https://app.example.com/interviews/{{interview}}")]
pub struct LinkError;

impl Link {
    /// An address with `http://` or `https://` in which `{interview}` stands once, in its path or behind it.
    ///
    /// # Errors
    /// [`LinkError`].
    pub fn new(address: &str) -> Result<Self, LinkError> {
        let (before, after) = address.split_once(PLACE).ok_or(LinkError)?;
        let rest = before
            .strip_prefix("https://")
            .or_else(|| before.strip_prefix("http://"))
            .ok_or(LinkError)?;
        let has_host = rest.find('/').is_some_and(|end| end > 0);
        let is_plain = |c: char| c.is_ascii_graphic() && !"<>\"{}\\^`|".contains(c);
        if !has_host || !before.chars().chain(after.chars()).all(is_plain) {
            return Err(LinkError);
        }
        Ok(Self {
            before: before.to_owned(),
            after: after.to_owned(),
        })
    }

    /// The page about this interview.
    pub fn to(&self, interview: InterviewId) -> String {
        format!("{}{interview}{}", self.before, self.after)
    }
}

impl Links {
    /// The pages of an installation itself, at `public_url`.
    pub fn of_installation(public_url: &str) -> Self {
        let base = public_url.trim_end_matches('/');
        let page = |name: &str| Link {
            before: format!("{base}/{name}/"),
            after: String::new(),
        };
        Self {
            interview: page("interviews"),
            room: page("rooms"),
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
            assert_eq!(Link::new(address), Err(LinkError), "{address}");
        }
    }
}
