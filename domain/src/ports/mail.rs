//! Mail to people, with or without an invitation for their calendar.

use std::fmt;

use async_trait::async_trait;

use crate::{ports::error::ProviderError, time::Instant};

/// Somebody who carries mail. The address it comes from is the carrier's configuration.
#[async_trait]
pub trait Mailer: Send + Sync {
    /// Configured name, as it stands in events.
    fn name(&self) -> &str;

    /// Hands one mail over. The same message id makes it the same mail, wherever the carrier can tell.
    ///
    /// # Errors
    /// [`ProviderError`]; when the outcome is unknown the mail may have gone out, and sending it again with the same
    /// message id is the best that can be done.
    async fn send(&self, mail: &Mail) -> Result<Sent, ProviderError>;
}

/// A carrier that remembers what it took over, so that a mail whose fate is not known can be looked up.
#[async_trait]
pub trait SentMail: Send + Sync {
    /// The mail with this Message-ID, without angle brackets, if it was taken over; `None` when it surely was not.
    ///
    /// # Errors
    /// [`ProviderError`], when it cannot be looked up at present.
    async fn find(&self, message_id: &str) -> Result<Option<Sent>, ProviderError>;
}

/// One mail to one person.
#[derive(Clone, PartialEq, Eq)]
pub struct Mail {
    /// Its Message-ID without angle brackets, such as `not_01…@greenroom.example`; the same for every repetition.
    pub message_id: String,
    /// Address of the recipient.
    pub to: String,
    /// Name of the recipient.
    pub to_name: Option<String>,
    /// Subject line.
    pub subject: String,
    /// Plain text.
    pub text: String,
    /// The same as HTML.
    pub html: String,
    /// What to put into the recipient's calendar, or to take out of it.
    pub calendar: Option<Invitation>,
}

/// Shows which mail it is and nothing of what it says.
impl fmt::Debug for Mail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Mail")
            .field("message_id", &self.message_id)
            .field("has_calendar", &self.calendar.is_some())
            .finish_non_exhaustive()
    }
}

/// What a calendar should do.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum InvitationMethod {
    /// Put the appointment in, or change it.
    Request,
    /// Take the appointment out.
    Cancel,
}

/// An appointment for a calendar. The organiser is the address the mail comes from, the attendee its recipient.
#[derive(Clone, PartialEq, Eq)]
pub struct Invitation {
    /// Put in or take out.
    pub method: InvitationMethod,
    /// Stays the same through all changes of the appointment.
    pub uid: String,
    /// Grows with every change; calendars ignore what is not newer.
    pub sequence: u32,
    /// Title.
    pub summary: String,
    /// Text.
    pub description: String,
    /// Start.
    pub start: Instant,
    /// End, not included.
    pub end: Instant,
    /// Where: the address of the page that leads to the room.
    pub location_url: Option<String>,
    /// When this version of the appointment was made.
    pub stamp: Instant,
}

/// Shows which appointment it is and nothing of what it says.
impl fmt::Debug for Invitation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Invitation")
            .field("method", &self.method)
            .field("uid", &self.uid)
            .field("sequence", &self.sequence)
            .finish_non_exhaustive()
    }
}

/// A mail that was taken over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// How it travels: the name of the transport, or the name of the file.
    pub via: String,
}
