//! Texts of mails: one template each for text and HTML, filled with what the recipient may know.
//!
//! The first line of a text template is the subject. Times are told in the recipient's zone, with its abbreviation and
//! its offset, because either alone is ambiguous somewhere.

pub mod links;
pub mod moment;

use domain::{
    ids::{InterviewId, NotificationId},
    interview::events::Party,
    join_code::JoinCode,
    money::Money,
    notification::events::Template,
    ports::mail::{Invitation, InvitationMethod, Mail},
    time::{Instant, Slot, Span, Zone},
};
use minijinja::{AutoEscape, Environment};
use serde::Serialize;

use self::links::Links;

/// What a mail says. Personal data in the open: never logged, never stored.
#[derive(Clone, PartialEq, Eq)]
pub struct Particulars {
    /// Which message.
    pub notification: NotificationId,
    /// What it says.
    pub template: Template,
    /// Where it goes.
    pub address: String,
    /// What the recipient is called.
    pub recipient: Option<String>,
    /// The zone that times are told in.
    pub zone: Zone,
    /// About which interview.
    pub interview: InterviewId,
    /// Which settling of its time.
    pub revision: u32,
    /// How often the panel has changed.
    pub panel_changes: u32,
    /// Title of the interview.
    pub title: String,
    /// Its time.
    pub span: Span,
    /// Minutes before the start at which the room opens.
    pub opens_before: u32,
    /// What the candidate is called, for interviewers.
    pub candidate: Option<String>,
    /// What the candidate said about the job, for interviewers.
    pub brief: Option<domain::interview::events::Brief>,
    /// What the interviewers are called, for the candidate.
    pub interviewers: Vec<String>,
    /// Whether the recipient was invited before: what was never in a calendar is not taken out of it.
    pub is_known: bool,
    /// How it was called off, when it was.
    pub cancelled: Option<Cancelled>,
    /// Until when an answer or a payment is awaited, while one is.
    pub due_at: Option<Instant>,
    /// What it costs, if it has a price.
    pub price: Option<Money>,
    /// Why it was declined; nothing when nobody answered, or nothing was said.
    pub declined: Option<String>,
    /// Other times that are proposed.
    pub options: Vec<Span>,
    /// What was said to them.
    pub message: Option<String>,
    /// True when nobody proposed them but Greenroom, because too few interviewers are free at the present time.
    pub nobody_free: bool,
    /// Which promise was given up, when the time is the same moment by another clock.
    pub kept: Option<Kept>,
    /// How guests come into a session, for those who are asked to one.
    pub entrance: Option<Entrance>,
    /// When this version of the appointment was made.
    pub stamp: Instant,
}

/// A promise that was given up because the zone rules have changed.
#[derive(Clone, PartialEq, Eq)]
pub struct Kept {
    /// What was promised.
    pub from: Slot,
    /// What is promised now.
    pub to: Slot,
}

/// How guests come into a session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Entrance {
    /// Its code.
    pub code: JoinCode,
    /// Whether that takes a password, which is in no mail.
    pub takes_password: bool,
}

/// How an interview was called off, as far as the recipient may know.
#[derive(Clone, PartialEq, Eq)]
pub struct Cancelled {
    /// Whose wish that was.
    pub party: Party,
    /// Why, in that person's words.
    pub reason: Option<String>,
    /// What becomes of the money, for the candidate of an interview that has a price.
    pub money: Option<MoneyBack>,
}

/// What becomes of the money of a cancelled interview.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum MoneyBack {
    /// This much comes back.
    Back(Money),
    /// It was paid, and by its conditions nothing comes back.
    Nothing,
    /// It had not been paid.
    NotPaid,
}

impl std::fmt::Debug for Particulars {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Particulars")
            .field("notification", &self.notification)
            .field("template", &self.template)
            .finish_non_exhaustive()
    }
}

/// Writes mails.
#[derive(Clone, Debug)]
pub struct Writer {
    templates: Environment<'static>,
    links: Links,
    /// The part of Message-IDs and calendar ids behind the `@`.
    host: String,
}

/// What templates see.
#[derive(Serialize)]
struct Values<'a> {
    recipient: Option<String>,
    title: String,
    when: String,
    day: String,
    minutes: u64,
    opens_before: u32,
    room_url: String,
    interview_url: String,
    candidate: Option<String>,
    interviewers: Vec<String>,
    job_role: Option<String>,
    level: Option<String>,
    experience: Option<String>,
    focus_areas: Vec<String>,
    requirements: Option<&'a str>,
    cancelled_by: Option<&'static str>,
    due: Option<String>,
    price: Option<String>,
    declined: Option<&'a str>,
    options: Vec<String>,
    message: Option<&'a str>,
    nobody_free: bool,
    reason: Option<&'a str>,
    money_back: Option<String>,
    nothing_back: bool,
    not_paid: bool,
    kept: Option<KeptValues>,
    session_url: Option<String>,
    code: Option<String>,
    takes_password: bool,
}

/// What templates see of a promise that was given up.
#[derive(Serialize)]
struct KeptValues {
    zone: &'static str,
    promised: String,
    now: String,
}

impl KeptValues {
    fn of(kept: &Kept) -> Self {
        let local = |slot: &Slot| slot.local_start.format("%A, %-d %B %Y, %H:%M").to_string();
        Self {
            zone: kept.to.zone.name(),
            promised: local(&kept.from),
            now: local(&kept.to),
        }
    }
}

/// A template could not be filled: a mistake in the template, not in the data.
#[derive(Debug, thiserror::Error)]
#[error("the template {name} cannot be filled")]
pub struct WriteError {
    name: &'static str,
    #[source]
    source: minijinja::Error,
}

macro_rules! templates {
    ($($name:literal),* $(,)?) => {
        &[$(
            (concat!($name, ".txt"), include_str!(concat!("../../templates/", $name, ".txt"))),
            (concat!($name, ".html"), include_str!(concat!("../../templates/", $name, ".html"))),
        )*]
    };
}

const TEMPLATES: &[(&str, &str)] = templates![
    "interview_confirmed",
    "interview_assigned",
    "interview_rescheduled",
    "interview_cancelled",
    "slot_lost",
    "interviewers_absent",
    "paid_twice",
    "feedback_released",
    "report_ready",
    "approval_requested",
    "booking_approved",
    "booking_declined",
    "times_proposed",
    "proposal_declined",
    "slot_offered",
    "session_invitation",
];

/// The files of a template: text and HTML.
const fn files(template: Template) -> (&'static str, &'static str) {
    match template {
        Template::InterviewConfirmed => ("interview_confirmed.txt", "interview_confirmed.html"),
        Template::InterviewAssigned => ("interview_assigned.txt", "interview_assigned.html"),
        Template::InterviewRescheduled => ("interview_rescheduled.txt", "interview_rescheduled.html"),
        Template::InterviewCancelled => ("interview_cancelled.txt", "interview_cancelled.html"),
        Template::SlotLost => ("slot_lost.txt", "slot_lost.html"),
        Template::InterviewersAbsent => ("interviewers_absent.txt", "interviewers_absent.html"),
        Template::PaidTwice => ("paid_twice.txt", "paid_twice.html"),
        Template::FeedbackReleased => ("feedback_released.txt", "feedback_released.html"),
        Template::ReportReady => ("report_ready.txt", "report_ready.html"),
        Template::ApprovalRequested => ("approval_requested.txt", "approval_requested.html"),
        Template::BookingApproved => ("booking_approved.txt", "booking_approved.html"),
        Template::BookingDeclined => ("booking_declined.txt", "booking_declined.html"),
        Template::TimesProposed => ("times_proposed.txt", "times_proposed.html"),
        Template::ProposalDeclined => ("proposal_declined.txt", "proposal_declined.html"),
        Template::SlotOffered => ("slot_offered.txt", "slot_offered.html"),
        Template::SessionInvitation => ("session_invitation.txt", "session_invitation.html"),
    }
}

/// What a calendar should do with a message: put the time in that it settles, or take it out.
const fn appointment(template: Template) -> Option<InvitationMethod> {
    match template {
        Template::InterviewConfirmed | Template::InterviewAssigned | Template::InterviewRescheduled => {
            Some(InvitationMethod::Request)
        }
        Template::InterviewCancelled => Some(InvitationMethod::Cancel),
        Template::SlotLost
        | Template::InterviewersAbsent
        | Template::PaidTwice
        | Template::FeedbackReleased
        | Template::ReportReady
        | Template::ApprovalRequested
        | Template::BookingApproved
        | Template::BookingDeclined
        | Template::TimesProposed
        | Template::ProposalDeclined
        | Template::SlotOffered
        | Template::SessionInvitation => None,
    }
}

impl Writer {
    /// A writer of mails with these links, whose Message-IDs end in `@host`.
    pub fn new(links: Links, host: &str) -> Self {
        let mut templates = Environment::new();
        templates.set_auto_escape_callback(|name| {
            if name.ends_with(".html") {
                AutoEscape::Html
            } else {
                AutoEscape::None
            }
        });
        for (name, source) in TEMPLATES {
            templates
                .add_template(name, source)
                .expect("the templates are built in, and a test fills each one");
        }
        Self {
            templates,
            links,
            host: host.to_owned(),
        }
    }

    /// The page that leads to an interview's room; whoever opens it signs in and gets a ticket of their own.
    pub fn room_url(&self, interview: InterviewId) -> String {
        self.links.room.to(interview)
    }

    /// The Message-ID of a notification, the same for every repetition.
    pub fn message_id(&self, notification: NotificationId) -> String {
        format!("{notification}@{}", self.host)
    }

    /// The mail for these particulars: the same particulars give the same mail.
    ///
    /// # Errors
    /// [`WriteError`].
    pub fn write(&self, particulars: &Particulars) -> Result<Mail, WriteError> {
        let values = self.values(particulars);
        let (text, html) = files(particulars.template);
        let filled = self.fill(text, &values)?;
        let (subject, text) = filled.split_once('\n').unwrap_or((&filled, ""));
        Ok(Mail {
            message_id: self.message_id(particulars.notification),
            to: particulars.address.clone(),
            to_name: values.recipient.clone(),
            subject: one_line(subject),
            text: text.trim_start().to_owned(),
            html: self.fill(html, &values)?,
            calendar: appointment(particulars.template)
                .filter(|_| particulars.is_known)
                .map(|method| self.invitation(particulars, method, text)),
        })
    }

    fn fill(&self, name: &'static str, values: &Values<'_>) -> Result<String, WriteError> {
        self.templates
            .get_template(name)
            .and_then(|template| template.render(minijinja::value::Serde(values)))
            .map_err(|source| WriteError { name, source })
    }

    fn values<'a>(&self, particulars: &'a Particulars) -> Values<'a> {
        let brief = particulars.brief.as_ref();
        let cancelled = particulars.cancelled.as_ref();
        let money = cancelled.and_then(|cancelled| cancelled.money);
        let years = brief.and_then(|brief| brief.experience_years);
        let line = |text: &Option<String>| text.as_deref().map(one_line);
        Values {
            recipient: line(&particulars.recipient),
            title: one_line(&particulars.title),
            when: moment::span(particulars.span, particulars.zone),
            day: moment::day(particulars.span.start, particulars.zone),
            minutes: particulars.span.seconds() / 60,
            opens_before: particulars.opens_before,
            room_url: self.room_url(particulars.interview),
            interview_url: self.links.interview.to(particulars.interview),
            candidate: line(&particulars.candidate),
            interviewers: particulars
                .interviewers
                .iter()
                .map(|name| one_line(name))
                .collect(),
            job_role: brief.and_then(|brief| line(&brief.job_role)),
            level: brief.and_then(|brief| line(&brief.level)),
            experience: years.map(|years| match years {
                1 => "1 year".to_owned(),
                years => format!("{years} years"),
            }),
            focus_areas: brief.map_or_else(Vec::new, |brief| {
                brief.focus_areas.iter().map(|area| one_line(area)).collect()
            }),
            requirements: brief.and_then(|brief| brief.requirements.as_deref()),
            due: particulars
                .due_at
                .map(|due| moment::moment(due, particulars.zone)),
            price: particulars.price.map(|price| price.to_string()),
            declined: particulars.declined.as_deref(),
            options: particulars
                .options
                .iter()
                .map(|option| moment::span(*option, particulars.zone))
                .collect(),
            message: particulars.message.as_deref(),
            nobody_free: particulars.nobody_free,
            cancelled_by: cancelled.map(|cancelled| match cancelled.party {
                Party::Candidate => "the candidate",
                Party::Interviewer => "an interviewer",
                Party::Organisation => "the organisation",
            }),
            reason: cancelled.and_then(|cancelled| cancelled.reason.as_deref()),
            money_back: match money {
                Some(MoneyBack::Back(money)) => Some(money.to_string()),
                Some(MoneyBack::Nothing | MoneyBack::NotPaid) | None => None,
            },
            nothing_back: money == Some(MoneyBack::Nothing),
            not_paid: money == Some(MoneyBack::NotPaid),
            kept: particulars.kept.as_ref().map(KeptValues::of),
            session_url: particulars
                .entrance
                .map(|entrance| self.links.session.to(entrance.code)),
            code: particulars.entrance.map(|entrance| entrance.code.to_string()),
            takes_password: particulars
                .entrance
                .is_some_and(|entrance| entrance.takes_password),
        }
    }

    /// The id stays the same through all revisions, so that calendars move the appointment instead of adding one.
    /// Every settling of its time and every change of the panel is one more, and so is calling it off.
    fn invitation(&self, particulars: &Particulars, method: InvitationMethod, text: &str) -> Invitation {
        let settled = particulars.revision.saturating_sub(1) + particulars.panel_changes;
        let sequence = settled + u32::from(particulars.cancelled.is_some());
        Invitation {
            method,
            uid: format!("{}@{}", particulars.interview, self.host),
            sequence,
            summary: one_line(&particulars.title),
            description: text.trim_start().to_owned(),
            start: particulars.span.start,
            end: particulars.span.end,
            location_url: Some(self.room_url(particulars.interview)),
            stamp: particulars.stamp,
        }
    }
}

/// Without anything that would end a line: in subjects and names nothing else is welcome.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect::<String>()
        .trim()
        .to_owned()
}

#[cfg(test)]
mod tests;
