//! An interview, from the request through all its reschedules to its end. One stream per interview.

pub mod accept_proposal;
pub mod approve;
pub mod beginning;
pub mod cancel;
pub mod confirm;
pub mod decline;
pub mod decline_proposal;
pub mod end;
pub mod events;
pub mod expire;
pub mod fill_seat;
#[cfg(test)]
pub(crate) mod given;
pub mod host_session;
pub mod invite_guests;
pub mod join_candidate;
pub mod keep_drifted_time;
pub mod mark_no_show;
pub mod phase;
pub mod proposals;
pub mod propose_times;
pub mod reclaim;
pub mod record_drift;
pub mod record_opened;
pub mod record_started;
pub mod refunds;
pub mod repair;
pub mod request_booking;
pub mod reschedule;
pub mod respond_to_invite;
pub mod retract_no_show;
pub mod schedule;
pub mod series;
pub mod update;
pub mod vacate_seat;

use std::collections::{BTreeMap, BTreeSet};

use chrono::Duration;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use self::{
    accept_proposal::AcceptProposal,
    approve::Approve,
    beginning::Beginning,
    cancel::Cancel,
    confirm::Confirm,
    decline::Decline,
    decline_proposal::DeclineProposal,
    end::End,
    events::{
        Answer, GroupPlace, InterviewEvent, KitAttached, PanelClaim, PanelMember, PlacedInGroup, Terms,
        TypePin,
    },
    expire::Expire,
    fill_seat::FillSeat,
    host_session::HostSession,
    invite_guests::InviteGuests,
    join_candidate::JoinCandidate,
    keep_drifted_time::KeepDriftedTime,
    mark_no_show::MarkNoShow,
    phase::{Marked, Phase, Step},
    proposals::{Proposal, Standing},
    propose_times::ProposeTimes,
    reclaim::Reclaim,
    record_drift::RecordDrift,
    record_opened::RecordOpened,
    record_started::RecordStarted,
    request_booking::RequestBooking,
    reschedule::Reschedule,
    respond_to_invite::RespondToInvite,
    retract_no_show::RetractNoShow,
    schedule::Schedule,
    update::Update,
    vacate_seat::VacateSeat,
};
use crate::{
    aggregate::{Aggregate, Context, Decision},
    commands,
    fact::Category,
    forward_to_cqrs_es,
    ids::{AccountId, InterviewId, JoinCodeDigest, PaymentId, RoomId, SubjectId},
    interview_kit::events::KitPin,
    interview_type::events::{Difficulty, InterviewKind, Mode, Purpose},
    price_list::events::Quote,
    refusal::Refusal,
    sealed::Sealed,
    text::Line,
    time::{Drift, Instant, Slot},
};

/// An interview, if it was asked for.
#[derive(Clone, Default, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub enum Interview {
    /// There is none.
    #[default]
    Absent,
    /// Somebody asked for it.
    Booked(Box<Booking>),
}

/// What was booked, and how far it has come.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Booking {
    /// Which interview.
    pub interview: InterviewId,
    /// Who is interviewed; nobody in a session that no candidate has joined.
    pub candidate: Option<AccountId>,
    /// How people come in, when it is an instant session.
    pub session: Option<Session>,
    /// The product, unless it was set up without one.
    pub product: Option<TypePin>,
    /// Title of the interview.
    pub title: Line,
    /// What it is about, in the words of those who run it.
    pub description: Option<Sealed<String>>,
    /// The kit that it follows, if any.
    pub kit: Option<KitPin>,
    /// What it is about.
    pub kind: InterviewKind,
    /// How hard it is.
    pub difficulty: Difficulty,
    /// Who meets the candidate.
    pub mode: Mode,
    /// What it is for.
    pub purpose: Purpose,
    /// The present time.
    pub slot: Slot,
    /// Who meets the candidate.
    pub panel: Vec<PanelMember>,
    /// Seats that were given up and not taken since: who sat there, and as what.
    pub vacant: Vec<PanelMember>,
    /// What members of the panel answered to the invitation to the present time.
    pub answers: BTreeMap<AccountId, Answer>,
    /// How often the panel changed.
    pub panel_changes: u32,
    /// Who gave a seat up because they do not come at the present time.
    pub declined: BTreeSet<AccountId>,
    /// The price, if it has one.
    pub quote: Option<Quote>,
    /// The conditions it was booked under.
    pub terms: Terms,
    /// Language of the interview.
    pub locale: String,
    /// Which settling of its time is the present one, from 1.
    pub revision: u32,
    /// Its place in a group, when it shares its time with other candidates.
    pub group: Option<GroupPlace>,
    /// The claims on the present time; those of an expired booking until it is revived.
    pub claims: Vec<PanelClaim>,
    /// When the claims die unless the interview is confirmed before.
    pub hold_expires_at: Option<Instant>,
    /// Minutes in which it is to be paid once somebody has agreed; absent when it costs nothing or nobody is asked.
    pub pay_within_minutes: Option<u32>,
    /// Who agreed to it, where somebody has to.
    pub approved_by: Option<AccountId>,
    /// The payment that the confirmation waits or waited for.
    pub payment: Option<PaymentId>,
    /// The room that was entered.
    pub room: Option<RoomId>,
    /// The largest share of the price that can come back when the candidate calls it off, in percent.
    pub refund_limit: u8,
    /// Other times that were proposed, oldest first; at most one of them is open.
    pub proposals: Vec<Proposal>,
    /// How the zone rules have come apart from what was promised, as far as it was recorded and nobody has decided.
    pub drift: Option<Drift>,
    /// Which settling of its time was drifted and kept, if the present one came about so.
    pub kept: Option<u32>,
    /// How far it has come.
    pub phase: Phase,
}

/// An interview that was opened on the spot, as its guests find it.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Session {
    /// The keyed hash of its code.
    pub join_code: JoinCodeDigest,
    /// The hash of its password, sealed, if it has one.
    pub password_hash: Option<Sealed<String>>,
    /// Who was asked to it by mail.
    pub invited: BTreeSet<AccountId>,
}

commands! {
    /// What can be asked of an interview.
    pub enum InterviewCommand {
        /// Asks for a slot.
        RequestBooking(RequestBooking),
        /// Sets it up for a candidate.
        Schedule(Schedule),
        /// Opens one that begins now and whose candidate joins later.
        HostSession(HostSession),
        /// Asks people to it.
        InviteGuests(InviteGuests),
        /// Makes somebody who was admitted its candidate.
        JoinCandidate(JoinCandidate),
        /// Agrees to it.
        Approve(Approve),
        /// Does not agree to it.
        Decline(Decline),
        /// Confirms it once it is paid.
        Confirm(Confirm),
        /// Gives the slot up when it was not paid in time.
        Expire(Expire),
        /// Revives it after a late payment.
        Reclaim(Reclaim),
        /// Moves it to another time.
        Reschedule(Reschedule),
        /// Records that the zone rules have come apart from what was promised, or fit it again.
        RecordDrift(RecordDrift),
        /// Keeps it at its moment although the clock on the wall shows another time there.
        KeepDriftedTime(KeepDriftedTime),
        /// Proposes other times.
        ProposeTimes(ProposeTimes),
        /// Takes a time that was proposed.
        AcceptProposal(AcceptProposal),
        /// Takes none of them.
        DeclineProposal(DeclineProposal),
        /// Calls it off.
        Cancel(Cancel),
        /// Answers an invitation.
        RespondToInvite(RespondToInvite),
        /// Takes a seat from an interviewer.
        VacateSeat(VacateSeat),
        /// Gives a vacant seat to an interviewer.
        FillSeat(FillSeat),
        /// Records that the room was entered.
        RecordOpened(RecordOpened),
        /// Records that the parties met.
        RecordStarted(RecordStarted),
        /// Ends it.
        End(End),
        /// Records that somebody did not come.
        MarkNoShow(MarkNoShow),
        /// Takes such a record back.
        RetractNoShow(RetractNoShow),
        /// Changes what it is called or about, or attaches a kit.
        Update(Update),
    }
}

impl Interview {
    /// The interview that was asked for.
    ///
    /// # Errors
    /// `NotFound`, when there is none.
    pub fn booked(&self) -> Result<&Booking, Refusal> {
        match self {
            Self::Absent => Err(Refusal::NotFound { what: "interview" }),
            Self::Booked(booking) => Ok(booking),
        }
    }
}

impl Booking {
    /// True for whoever is interviewed.
    pub fn is_candidate(&self, account: AccountId) -> bool {
        self.candidate == Some(account)
    }

    /// Who is interviewed.
    ///
    /// # Errors
    /// `WrongState`, while no candidate has joined.
    pub fn joined_candidate(&self) -> Result<AccountId, Refusal> {
        self.candidate.ok_or(Refusal::WrongState {
            state: "nobody has joined the session",
        })
    }

    /// With whose key words about it are sealed: the candidate's, and while there is none, that of whoever writes them.
    pub fn subject(&self, writer: AccountId) -> SubjectId {
        SubjectId::of(self.candidate.unwrap_or(writer))
    }

    /// How people come in.
    ///
    /// # Errors
    /// `NotFound`, when it is no session.
    pub fn session(&self) -> Result<&Session, Refusal> {
        self.session.as_ref().ok_or(NO_SESSION)
    }

    /// How people come in, while they may: the code dies with the room.
    ///
    /// # Errors
    /// `NotFound`, when it is no session, or over by what happened or by the clock.
    pub fn open_session(&self, now: Instant) -> Result<&Session, Refusal> {
        let session = self.session()?;
        if self.phase.allows(Step::JoinCandidate) && now < self.room_closes_at() {
            return Ok(session);
        }
        Err(NO_SESSION)
    }

    /// When the room of the present time is closed for good.
    pub fn room_closes_at(&self) -> Instant {
        let after = self.terms.join_window.closes_after_minutes;
        self.slot.span.end + Duration::minutes(i64::from(after))
    }

    /// True for those who sit on the panel.
    pub fn is_panel_member(&self, account: AccountId) -> bool {
        self.panel.iter().any(|member| member.account == account)
    }

    /// The claim on the calendar of a member of the panel.
    pub fn claim_of(&self, account: AccountId) -> Option<PanelClaim> {
        let mut claims = self.claims.iter();
        claims.find(|claim| claim.account == account).copied()
    }

    /// Refuses what changes the panel before the interview is confirmed, and once it is too late for it.
    ///
    /// # Errors
    /// `WrongState`.
    pub fn may_change_panel(&self, now: Instant) -> Result<(), Refusal> {
        self.allows(Step::ChangePanel)?;
        if self.slot.span.start <= now {
            return Err(Refusal::WrongState {
                state: "the start has passed",
            });
        }
        Ok(())
    }

    /// True when the hold on the slot is dead: the comparison decides, not the timer that records it (rule C6).
    pub fn hold_is_over(&self, now: Instant) -> bool {
        self.hold_expires_at.is_some_and(|expires_at| expires_at <= now)
    }

    /// Refuses a step that the present phase does not allow.
    fn allows(&self, step: Step) -> Result<(), Refusal> {
        if self.phase.allows(step) {
            return Ok(());
        }
        Err(Refusal::WrongState {
            state: self.phase.words(),
        })
    }
}

/// What is said of a session that is over, and of a code that never was one.
pub const NO_SESSION: Refusal = Refusal::NotFound { what: "session" };

/// The event of a place in a group, for those that have one.
fn placed(interview: InterviewId, revision: u32, place: Option<GroupPlace>) -> Option<InterviewEvent> {
    let placed = |place| PlacedInGroup {
        interview,
        revision,
        place,
    };
    place.map(placed).map(InterviewEvent::from)
}

/// The event of the kit of its product, for those that have one.
fn with_kit(interview: InterviewId, kit: Option<KitPin>) -> Option<InterviewEvent> {
    let attached = |kit| KitAttached {
        interview,
        kit,
        by: None,
    };
    kit.map(attached).map(InterviewEvent::from)
}

/// Refuses a panel that is empty or that the candidate sits on.
fn check_panel(mode: Mode, panel: &[PanelMember], candidate: AccountId) -> Result<(), Refusal> {
    if panel.is_empty() && mode != Mode::Ai {
        return Err(Refusal::invalid("panel", "must not be empty"));
    }
    if panel.iter().any(|member| member.account == candidate) {
        return Err(Refusal::invalid(
            "panel",
            "the candidate cannot be an interviewer",
        ));
    }
    Ok(())
}

/// Refuses claims that are not exactly one for each seat of the panel.
fn check_claims(panel: &[PanelMember], claims: &[PanelClaim]) -> Result<(), Refusal> {
    let accounts = |mut accounts: Vec<AccountId>| {
        accounts.sort_unstable();
        accounts
    };
    let seats = accounts(panel.iter().map(|member| member.account).collect());
    let claimed = accounts(claims.iter().map(|claim| claim.account).collect());
    if seats != claimed {
        return Err(Refusal::invalid(
            "claims",
            "must be one for each seat of the panel",
        ));
    }
    Ok(())
}

/// Refuses a time that has begun, is nearer than the terms allow, or does not last as long as they say.
fn check_time(terms: &Terms, slot: &Slot, now: Instant) -> Result<(), Refusal> {
    check_span(terms, slot, now)?;
    crate::slots::check_notice(terms.notice_minutes, slot.span.start, now)
}

/// Refuses a time that has begun, or does not last as long as the terms say.
fn check_span(terms: &Terms, slot: &Slot, now: Instant) -> Result<(), Refusal> {
    if slot.span.start <= now {
        return Err(Refusal::SlotNotOffered {
            rule: crate::slots::PAST,
        });
    }
    if slot.span.seconds() != u64::from(terms.duration_minutes) * 60 {
        return Err(Refusal::invalid("slot", "must last as long as the interview"));
    }
    Ok(())
}

impl Aggregate for Interview {
    const CATEGORY: Category = Category::Interview;
    type Event = InterviewEvent;
    type Command = InterviewCommand;

    fn decide(&self, command: &InterviewCommand, context: &Context) -> Decision<InterviewEvent> {
        match command {
            InterviewCommand::RequestBooking(command) => request_booking::decide(self, command, context),
            InterviewCommand::Schedule(command) => schedule::decide(self, command, context),
            InterviewCommand::HostSession(command) => host_session::decide(self, command, context),
            InterviewCommand::InviteGuests(command) => invite_guests::decide(self, command, context),
            InterviewCommand::JoinCandidate(command) => join_candidate::decide(self, command, context),
            InterviewCommand::Approve(command) => approve::decide(self, command, context),
            InterviewCommand::Decline(command) => decline::decide(self, command, context),
            InterviewCommand::Confirm(command) => confirm::decide(self, command, context),
            InterviewCommand::Expire(command) => expire::decide(self, command, context),
            InterviewCommand::Reclaim(command) => reclaim::decide(self, command, context),
            InterviewCommand::Reschedule(command) => reschedule::decide(self, command, context),
            InterviewCommand::RecordDrift(command) => record_drift::decide(self, command, context),
            InterviewCommand::KeepDriftedTime(command) => keep_drifted_time::decide(self, command, context),
            InterviewCommand::ProposeTimes(command) => propose_times::decide(self, command, context),
            InterviewCommand::AcceptProposal(command) => accept_proposal::decide(self, command, context),
            InterviewCommand::DeclineProposal(command) => decline_proposal::decide(self, command, context),
            InterviewCommand::Cancel(command) => cancel::decide(self, command, context),
            InterviewCommand::RespondToInvite(command) => respond_to_invite::decide(self, command, context),
            InterviewCommand::VacateSeat(command) => vacate_seat::decide(self, command, context),
            InterviewCommand::FillSeat(command) => fill_seat::decide(self, command, context),
            InterviewCommand::RecordOpened(command) => record_opened::decide(self, command),
            InterviewCommand::RecordStarted(command) => record_started::decide(self, command),
            InterviewCommand::End(command) => end::decide(self, command, context),
            InterviewCommand::MarkNoShow(command) => mark_no_show::decide(self, command, context),
            InterviewCommand::RetractNoShow(command) => retract_no_show::decide(self, command),
            InterviewCommand::Update(command) => update::decide(self, command),
        }
    }

    fn evolve(self, event: &InterviewEvent) -> Self {
        if let Some(beginning) = Beginning::of(event) {
            return Self::Booked(Box::new(begun(beginning)));
        }
        match self {
            Self::Absent => Self::Absent,
            Self::Booked(mut booking) => {
                booking.apply(event);
                Self::Booked(booking)
            }
        }
    }
}

fn begun(beginning: Beginning<'_>) -> Booking {
    Booking {
        interview: beginning.interview,
        candidate: beginning.candidate,
        session: beginning.session.map(|hosted| Session {
            join_code: hosted.join_code,
            password_hash: hosted.password_hash.clone(),
            invited: BTreeSet::new(),
        }),
        product: beginning.product,
        title: beginning.title.clone(),
        description: beginning.description.cloned(),
        kit: None,
        kind: beginning.kind,
        difficulty: beginning.difficulty,
        mode: beginning.mode,
        purpose: beginning.purpose,
        slot: beginning.slot.clone(),
        panel: beginning.panel.to_vec(),
        vacant: Vec::new(),
        answers: BTreeMap::new(),
        panel_changes: 0,
        declined: BTreeSet::new(),
        quote: beginning.quote,
        terms: beginning.terms.clone(),
        locale: beginning.locale.to_owned(),
        revision: 1,
        group: None,
        claims: Vec::new(),
        hold_expires_at: None,
        pay_within_minutes: None,
        approved_by: None,
        payment: None,
        room: None,
        refund_limit: 100,
        proposals: Vec::new(),
        drift: None,
        kept: None,
        phase: Phase::Requested,
    }
}

impl Booking {
    fn apply(&mut self, event: &InterviewEvent) {
        match event {
            InterviewEvent::BookingRequested(_)
            | InterviewEvent::InterviewScheduled(_)
            | InterviewEvent::SessionHosted(_)
            | InterviewEvent::PlacedInSeries(_) => {}
            InterviewEvent::PlacedInGroup(event) => self.group = Some(event.place),
            InterviewEvent::GuestsInvited(event) => {
                if let Some(session) = &mut self.session {
                    session.invited.extend(&event.accounts);
                }
            }
            InterviewEvent::CandidateJoined(event) => self.candidate = Some(event.candidate),
            InterviewEvent::DetailsChanged(event) => {
                if let Some(title) = &event.title {
                    self.title.clone_from(&title.to);
                }
                if event.description.is_some() {
                    self.description.clone_from(&event.description);
                }
            }
            InterviewEvent::KitAttached(event) => self.kit = Some(event.kit),
            InterviewEvent::SlotClaimed(event) => {
                self.revision = event.revision;
                self.claims.clone_from(&event.claims);
                self.hold_expires_at = Some(event.hold_expires_at);
                self.phase = Phase::Held;
            }
            InterviewEvent::PaymentRequired(event) => {
                self.payment = Some(event.payment);
                self.phase = Phase::AwaitingPayment;
            }
            InterviewEvent::InterviewConfirmed(_) => {
                self.hold_expires_at = None;
                self.phase = Phase::Confirmed;
            }
            InterviewEvent::ApprovalRequired(event) => {
                self.pay_within_minutes = event.pay_within_minutes;
                self.phase = Phase::AwaitingApproval;
            }
            InterviewEvent::BookingApproved(event) => {
                self.approved_by = Some(event.by);
                self.hold_expires_at = event.hold_expires_at;
                self.phase = Phase::Held;
            }
            InterviewEvent::BookingDeclined(_) => {
                self.hold_expires_at = None;
                self.phase = Phase::Cancelled { was_confirmed: false };
            }
            InterviewEvent::BookingExpired(_) => {
                self.drift = None;
                self.phase = Phase::Expired;
            }
            InterviewEvent::SlotReclaimed(event) => {
                self.revision = event.revision;
                self.claims.clone_from(&event.claims);
            }
            InterviewEvent::InterviewRescheduled(event) => {
                self.revision = event.revision;
                self.slot = event.to.clone();
                self.group = None;
                self.claims.clone_from(&event.claims);
                self.answers.clear();
                self.declined.clear();
                self.close_proposals();
                self.drift = None;
                self.kept = None;
            }
            InterviewEvent::TimeZoneRuleDriftDetected(event) => self.drift = Some(event.drift.clone()),
            InterviewEvent::TimeZoneRuleDriftEnded(_) => self.drift = None,
            // The moment is the same: whoever said that they come, or that they do not, has said so of this one.
            InterviewEvent::DriftedTimeKept(event) => {
                self.kept = Some(self.revision);
                self.revision = event.revision;
                self.slot = event.to.clone();
                self.close_proposals();
                self.drift = None;
            }
            InterviewEvent::RescheduleProposed(event) => {
                self.close_proposals();
                self.proposals.push(Proposal::made(event));
            }
            InterviewEvent::RescheduleAccepted(event) => {
                self.answer_proposal(event.proposal, Standing::Accepted);
            }
            InterviewEvent::RescheduleDeclined(event) => {
                self.answer_proposal(event.proposal, Standing::Declined);
            }
            InterviewEvent::InterviewOpened(event) => {
                self.room = Some(event.room);
                self.phase = Phase::Open;
            }
            InterviewEvent::InterviewStarted(_) => self.phase = Phase::Live,
            InterviewEvent::InterviewEnded(_) => self.phase = Phase::Ended,
            InterviewEvent::InterviewCompleted(_) => self.phase = Phase::Completed,
            InterviewEvent::InterviewAbandoned(_) => self.phase = Phase::Abandoned,
            InterviewEvent::NoShowMarked(event) => {
                self.phase = Phase::NoShow {
                    absent: event.absent,
                    marked: if self.phase == Phase::Open {
                        Marked::Open
                    } else {
                        Marked::Confirmed
                    },
                };
            }
            InterviewEvent::NoShowRetracted(_) => self.phase = self.phase.resumed(),
            InterviewEvent::InterviewCancelled(event) => {
                self.close_proposals();
                self.hold_expires_at = None;
                self.phase = Phase::Cancelled {
                    was_confirmed: event.was_confirmed,
                };
            }
            InterviewEvent::RefundLimited(event) => self.refund_limit = event.percent,
            InterviewEvent::InviteResponded(event) => {
                self.answers.insert(event.account, event.answer);
                if event.answer == Answer::Declined {
                    self.declined.insert(event.account);
                }
            }
            InterviewEvent::PanelSeatVacated(event) => {
                let account = event.member.account;
                self.panel.retain(|member| member.account != account);
                self.claims.retain(|claim| claim.account != account);
                self.answers.remove(&account);
                self.vacant.push(event.member.clone());
                self.panel_changes = event.change;
            }
            InterviewEvent::InterviewerReplaced(event) => {
                self.vacant.retain(|member| member.account != event.former);
                self.seat_was_taken(event.former);
                self.panel.push(event.member.clone());
                self.claims.push(PanelClaim {
                    account: event.member.account,
                    claim: event.claim,
                });
                self.panel_changes = event.change;
            }
        }
    }
}

forward_to_cqrs_es!(Interview);
