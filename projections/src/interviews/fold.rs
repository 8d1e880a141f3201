//! The row of an interview after an event.
//!
//! Events of one append may come in any order of their streams. Only the interview's own first event makes the row,
//! and only its own stream says what is to be paid; so events of other streams that come before it in the same append
//! say nothing that is not said again.

use domain::{
    envelope::Envelope,
    ids::{AccountId, InterviewId, PaymentId, ProposalId, RoomId},
    interview::events::{
        BookingDeclined, BookingRequested, DriftedTimeKept, InterviewEvent, InterviewRescheduled,
        InterviewScheduled, PolicyOutcome, RescheduleProposed, SessionHosted, TypePin,
    },
    interview::proposals::Standing,
    payment::events::PaymentEvent,
    room::events::{RoomEvent, RoomProvisioned},
    time::Slot,
    transcript::events::TranscriptEvent,
};

use super::{
    Answered, Cancellation, Capture, Course, FollowedKit, FormerSlot, Heard, Interview, Payment,
    PaymentAttempt, PaymentStatus, Presence, Proposal, Refund, RefundStatus, Room, RoomStatus, Session,
    Shared, Status, Transcript, Vacancy, Waiting,
};

pub(super) const fn interview_of(event: &Heard) -> InterviewId {
    match event {
        Heard::Interview(event) => event.interview(),
        Heard::Payment(event) => match event {
            PaymentEvent::PaymentOpened(event) => event.interview,
            PaymentEvent::PaymentOrderCreated(event) => event.interview,
            PaymentEvent::PaymentAttemptFailed(event) => event.interview,
            PaymentEvent::PaymentAuthorized(event) => event.interview,
            PaymentEvent::PaymentCaptured(event) => event.interview,
            PaymentEvent::DuplicateCaptureDetected(event) => event.interview,
            PaymentEvent::PaymentMismatchDetected(event) => event.interview,
            PaymentEvent::PaymentExpired(event) => event.interview,
            PaymentEvent::PaymentCancelled(event) => event.interview,
            PaymentEvent::RefundRequested(event) => event.interview,
            PaymentEvent::RefundProcessed(event) => event.interview,
            PaymentEvent::RefundFailed(event) => event.interview,
        },
        Heard::Room(event) => match event {
            RoomEvent::RoomProvisioned(event) => event.interview,
            RoomEvent::RoomMembersChanged(event) => event.interview,
            RoomEvent::JoinTokenIssued(event) => event.interview,
            RoomEvent::JoinTokenUsed(event) => event.interview,
            RoomEvent::ParticipantJoined(event) => event.interview,
            RoomEvent::ParticipantLeft(event) => event.interview,
            RoomEvent::RoomClosed(event) => event.interview,
            RoomEvent::LobbyEntered(event) => event.interview,
            RoomEvent::LobbyLeft(event) => event.interview,
            RoomEvent::ParticipantAdmitted(event) => event.interview,
            RoomEvent::ParticipantDenied(event) => event.interview,
        },
        Heard::Transcript(TranscriptEvent::TranscriptFinalised(event)) => event.interview,
    }
}

pub(super) fn apply(row: Option<Interview>, event: &Heard, envelope: &Envelope) -> Option<Interview> {
    let Some(mut row) = row else {
        return first(event, envelope);
    };
    match event {
        // Not for everybody who is shown the rest.
        Heard::Interview(InterviewEvent::KitAttached(event)) => {
            let before = row.kit.map_or(0, |kit| kit.attached);
            row.kit = Some(FollowedKit {
                pin: event.kit,
                attached: before + 1,
            });
            return Some(row);
        }
        Heard::Interview(event) => after_interview(&mut row, event, envelope),
        Heard::Payment(event) => after_payment(&mut row, event, envelope),
        Heard::Room(event) => after_room(&mut row, event),
        Heard::Transcript(TranscriptEvent::TranscriptFinalised(event)) => {
            row.transcript = Some(Shared::new(Transcript {
                transcript: event.transcript,
                version: event.version,
                content: event.content.clone(),
                turns: event.turns,
                duration_ms: event.duration_ms,
            }));
            return Some(row);
        }
    }
    row.shown = envelope.position;
    Some(row)
}

fn first(event: &Heard, envelope: &Envelope) -> Option<Interview> {
    match event {
        Heard::Interview(InterviewEvent::BookingRequested(event)) => Some(requested(event, envelope)),
        Heard::Interview(InterviewEvent::InterviewScheduled(event)) => Some(scheduled(event, envelope)),
        Heard::Interview(InterviewEvent::SessionHosted(event)) => Some(hosted(event, envelope)),
        Heard::Interview(_) | Heard::Payment(_) | Heard::Room(_) | Heard::Transcript(_) => None,
    }
}

fn requested(event: &BookingRequested, envelope: &Envelope) -> Interview {
    Interview {
        interview: event.interview,
        candidate: Some(event.candidate),
        session: None,
        panel: event.panel.clone(),
        answers: Vec::new(),
        vacancies: Vec::new(),
        product: Some(TypePin {
            interview_type: event.interview_type,
            version: event.type_version,
        }),
        scheduled_by: None,
        title: event.title.clone(),
        description: None,
        kit: None,
        kind: event.kind,
        difficulty: event.difficulty,
        mode: event.mode,
        purpose: event.purpose,
        locale: event.locale.clone(),
        brief: event.brief.clone().map(Shared::new),
        quote: event.quote,
        terms: Shared::new(event.terms.clone()),
        status: Status::Requested,
        revision: 1,
        slot: event.slot.clone(),
        drift: None,
        former_slots: Vec::new(),
        proposals: Vec::new(),
        hold_expires_at: None,
        approved_by: None,
        expiry: None,
        cancellation: None,
        refund_limit: 100,
        payment: None,
        room: None,
        started_at: None,
        ended_at: None,
        end_reason: None,
        attendance: None,
        absent: None,
        before_no_show: None,
        transcript: None,
        series: None,
        group: None,
        version: envelope.version,
        created_at: envelope.occurred_at,
        shown: envelope.position,
    }
}

fn scheduled(event: &InterviewScheduled, envelope: &Envelope) -> Interview {
    Interview {
        interview: event.interview,
        candidate: Some(event.candidate),
        session: None,
        panel: event.panel.clone(),
        answers: Vec::new(),
        vacancies: Vec::new(),
        product: event.product,
        scheduled_by: Some(event.by),
        title: event.title.clone(),
        description: event.description.clone(),
        kit: None,
        kind: event.kind,
        difficulty: event.difficulty,
        mode: event.mode,
        purpose: event.purpose,
        locale: event.locale.clone(),
        brief: None,
        quote: None,
        terms: Shared::new(event.terms.clone()),
        status: Status::Requested,
        revision: 1,
        slot: event.slot.clone(),
        drift: None,
        former_slots: Vec::new(),
        proposals: Vec::new(),
        hold_expires_at: None,
        approved_by: None,
        expiry: None,
        cancellation: None,
        refund_limit: 100,
        payment: None,
        room: None,
        started_at: None,
        ended_at: None,
        end_reason: None,
        attendance: None,
        absent: None,
        before_no_show: None,
        transcript: None,
        series: None,
        group: None,
        version: envelope.version,
        created_at: envelope.occurred_at,
        shown: envelope.position,
    }
}

fn hosted(event: &SessionHosted, envelope: &Envelope) -> Interview {
    Interview {
        interview: event.interview,
        candidate: None,
        session: Some(Session {
            join_code: event.join_code,
            takes_password: event.password_hash.is_some(),
        }),
        panel: event.panel.clone(),
        answers: Vec::new(),
        vacancies: Vec::new(),
        product: None,
        scheduled_by: Some(event.by),
        title: event.title.clone(),
        description: None,
        kit: None,
        kind: event.kind,
        difficulty: event.difficulty,
        mode: event.mode,
        purpose: event.purpose,
        locale: event.locale.clone(),
        brief: None,
        quote: None,
        terms: Shared::new(event.terms.clone()),
        status: Status::Requested,
        revision: 1,
        slot: event.slot.clone(),
        drift: None,
        former_slots: Vec::new(),
        proposals: Vec::new(),
        hold_expires_at: None,
        approved_by: None,
        expiry: None,
        cancellation: None,
        refund_limit: 100,
        payment: None,
        room: None,
        started_at: None,
        ended_at: None,
        end_reason: None,
        attendance: None,
        absent: None,
        before_no_show: None,
        transcript: None,
        series: None,
        group: None,
        version: envelope.version,
        created_at: envelope.occurred_at,
        shown: envelope.position,
    }
}

fn after_interview(row: &mut Interview, event: &InterviewEvent, envelope: &Envelope) {
    let course = Course {
        status: row.status,
        before_no_show: row.before_no_show,
    };
    let course = course.after(event);
    row.status = course.status;
    row.before_no_show = course.before_no_show;
    row.version = envelope.version - row.kit.map_or(0, |kit| kit.attached);
    match event {
        InterviewEvent::BookingRequested(_)
        | InterviewEvent::InterviewScheduled(_)
        | InterviewEvent::SessionHosted(_)
        | InterviewEvent::GuestsInvited(_)
        | InterviewEvent::KitAttached(_)
        | InterviewEvent::ApprovalRequired(_)
        | InterviewEvent::InterviewOpened(_)
        | InterviewEvent::InterviewCompleted(_)
        | InterviewEvent::InterviewAbandoned(_) => {}
        InterviewEvent::PlacedInSeries(event) => row.series = Some(event.place.clone()),
        InterviewEvent::PlacedInGroup(event) => row.group = Some(event.place),
        InterviewEvent::CandidateJoined(event) => row.candidate = Some(event.candidate),
        InterviewEvent::DetailsChanged(event) => {
            if let Some(title) = &event.title {
                row.title.clone_from(&title.to);
            }
            if event.description.is_some() {
                row.description.clone_from(&event.description);
            }
        }
        InterviewEvent::SlotClaimed(event) => {
            row.revision = event.revision;
            row.hold_expires_at = Some(event.hold_expires_at);
        }
        InterviewEvent::PaymentRequired(event) => {
            row.payment = Some(Shared::new(Payment {
                payment: event.payment,
                status: PaymentStatus::Open,
                amount: event.amount,
                due_at: event.due_at,
                provider: None,
                order: None,
                checkout_url: None,
                attempts: Vec::new(),
                capture: None,
                refunds: Vec::new(),
                paid_wrongly: false,
                position: envelope.position,
            }));
        }
        InterviewEvent::InterviewConfirmed(event) => {
            row.revision = event.revision;
            row.hold_expires_at = None;
        }
        InterviewEvent::BookingApproved(event) => {
            row.approved_by = Some(event.by);
            row.hold_expires_at = event.hold_expires_at;
        }
        InterviewEvent::BookingDeclined(event) => {
            row.hold_expires_at = None;
            row.cancellation = Some(declined(row, event, envelope));
        }
        InterviewEvent::BookingExpired(event) => {
            row.expiry = Some(event.reason);
            row.hold_expires_at = None;
            row.drift = None;
        }
        InterviewEvent::SlotReclaimed(event) => {
            row.revision = event.revision;
            row.expiry = None;
        }
        InterviewEvent::InterviewRescheduled(event) => rescheduled(row, event, envelope),
        InterviewEvent::TimeZoneRuleDriftDetected(event) => row.drift = Some(event.drift.clone()),
        InterviewEvent::TimeZoneRuleDriftEnded(_) => row.drift = None,
        InterviewEvent::DriftedTimeKept(event) => kept(row, event, envelope),
        InterviewEvent::RescheduleProposed(event) => {
            close_proposals(row);
            row.proposals.push(proposed(event));
        }
        InterviewEvent::RescheduleAccepted(event) => {
            answered(row, event.proposal, Standing::Accepted, event.by);
        }
        InterviewEvent::RescheduleDeclined(event) => {
            answered(row, event.proposal, Standing::Declined, event.by);
            let mut proposals = row.proposals.iter_mut();
            if let Some(known) = proposals.find(|known| known.proposal == event.proposal) {
                known.reason.clone_from(&event.reason);
            }
        }
        InterviewEvent::InterviewStarted(event) => row.started_at = Some(event.at),
        InterviewEvent::InterviewEnded(event) => {
            row.ended_at = Some(event.at);
            row.end_reason = Some(event.reason);
            row.attendance = Some(event.attendance);
        }
        InterviewEvent::NoShowMarked(event) => {
            row.absent = Some(event.absent);
            row.attendance = Some(event.attendance);
        }
        InterviewEvent::NoShowRetracted(_) => {
            row.absent = None;
            row.attendance = None;
        }
        InterviewEvent::InterviewCancelled(event) => {
            row.hold_expires_at = None;
            close_proposals(row);
            row.cancellation = Some(Cancellation {
                by: event.by,
                party: event.party,
                at: envelope.occurred_at,
                reason: event.reason.clone(),
                outcome: event.outcome,
            });
        }
        InterviewEvent::RefundLimited(event) => row.refund_limit = event.percent,
        InterviewEvent::InviteResponded(event) => {
            row.answers.retain(|answered| answered.account != event.account);
            row.answers.push(Answered {
                account: event.account,
                answer: event.answer,
            });
        }
        InterviewEvent::PanelSeatVacated(event) => {
            let account = event.member.account;
            row.panel.retain(|member| member.account != account);
            row.answers.retain(|answered| answered.account != account);
            row.vacancies.push(Vacancy {
                former: event.member.clone(),
                reason: event.reason,
                since: envelope.occurred_at,
            });
        }
        InterviewEvent::InterviewerReplaced(event) => {
            row.vacancies
                .retain(|vacancy| vacancy.former.account != event.former);
            row.panel.push(event.member.clone());
        }
    }
}

/// Nothing had been paid by then, so nothing comes back.
fn declined(row: &Interview, event: &BookingDeclined, envelope: &Envelope) -> Cancellation {
    let notice = (row.slot.span.start - envelope.occurred_at).num_minutes();
    Cancellation {
        by: event.by,
        party: event.party,
        at: envelope.occurred_at,
        reason: event.reason.clone(),
        outcome: PolicyOutcome {
            notice_minutes: u32::try_from(notice).unwrap_or_default(),
            percent: 100,
            refund: None,
        },
    }
}

fn proposed(event: &RescheduleProposed) -> Proposal {
    Proposal {
        proposal: event.proposal,
        revision: event.revision,
        by: event.by,
        side: event.side,
        at: event.at,
        options: event.options.clone(),
        message: event.message.clone(),
        standing: Standing::Open,
        answered_by: None,
        reason: None,
    }
}

/// What was proposed and not answered counts no more.
fn close_proposals(row: &mut Interview) {
    let open = row.proposals.iter_mut();
    for proposal in open.filter(|proposal| proposal.standing == Standing::Open) {
        proposal.standing = Standing::Superseded;
    }
}

fn answered(row: &mut Interview, proposal: ProposalId, standing: Standing, by: AccountId) {
    let mut proposals = row.proposals.iter_mut();
    if let Some(known) = proposals.find(|known| known.proposal == proposal) {
        known.standing = standing;
        known.answered_by = Some(by);
    }
}

fn rescheduled(row: &mut Interview, event: &InterviewRescheduled, envelope: &Envelope) {
    let former = FormerSlot {
        revision: row.revision,
        slot: event.from.clone(),
        moved_by: event.by,
        moved_at: envelope.occurred_at,
        reason: event.reason.clone(),
    };
    settled(row, former, event.revision, &event.to);
    row.group = None;
    row.answers.clear();
}

fn kept(row: &mut Interview, event: &DriftedTimeKept, envelope: &Envelope) {
    let former = FormerSlot {
        revision: row.revision,
        slot: event.from.clone(),
        moved_by: event.by,
        moved_at: envelope.occurred_at,
        reason: event.reason.clone(),
    };
    settled(row, former, event.revision, &event.to);
}

fn settled(row: &mut Interview, former: FormerSlot, revision: u32, to: &Slot) {
    row.former_slots.push(former);
    row.revision = revision;
    row.slot = to.clone();
    row.drift = None;
    close_proposals(row);
    // The room belonged to the settling before; this one gets a room of its own.
    row.room = None;
}

fn after_payment(row: &mut Interview, event: &PaymentEvent, envelope: &Envelope) {
    let Some(payment) = row
        .payment
        .as_mut()
        .filter(|payment| payment.payment == payment_of(event))
    else {
        return;
    };
    payment.position = envelope.position;
    match event {
        // Said by `PaymentRequired` in the same append.
        PaymentEvent::PaymentOpened(_) => {}
        PaymentEvent::PaymentOrderCreated(event) => {
            payment.provider = Some(event.provider.clone());
            payment.order = Some(event.order.clone());
            payment.checkout_url.clone_from(&event.checkout_url);
            if matches!(row.status, Status::Requested | Status::Held) {
                row.status = Status::AwaitingPayment;
            }
        }
        PaymentEvent::PaymentAttemptFailed(event) => tried(payment, &event.attempt, Some(&event.code)),
        PaymentEvent::PaymentAuthorized(event) => {
            payment.status = PaymentStatus::Authorized;
            tried(payment, &event.attempt, None);
        }
        PaymentEvent::PaymentCaptured(event) => {
            payment.status = PaymentStatus::Captured;
            payment.capture = Some(Capture {
                amount: event.amount,
                at: event.captured_at,
                late: event.late,
            });
            tried(payment, &event.attempt, None);
        }
        PaymentEvent::DuplicateCaptureDetected(event) => tried(payment, &event.attempt, None),
        PaymentEvent::PaymentMismatchDetected(_) => payment.paid_wrongly = true,
        PaymentEvent::PaymentExpired(_) => payment.status = PaymentStatus::Expired,
        PaymentEvent::PaymentCancelled(_) => payment.status = PaymentStatus::Cancelled,
        PaymentEvent::RefundRequested(event) => payment.refunds.push(Refund {
            refund: event.refund,
            amount: event.amount,
            reason: event.reason,
            of_what_counts: event.attempt.is_none(),
            status: RefundStatus::Requested,
        }),
        PaymentEvent::RefundProcessed(event) => refunded(payment, event.refund, RefundStatus::Processed),
        PaymentEvent::RefundFailed(event) => refunded(payment, event.refund, RefundStatus::Failed),
    }
}

const fn payment_of(event: &PaymentEvent) -> PaymentId {
    match event {
        PaymentEvent::PaymentOpened(event) => event.payment,
        PaymentEvent::PaymentOrderCreated(event) => event.payment,
        PaymentEvent::PaymentAttemptFailed(event) => event.payment,
        PaymentEvent::PaymentAuthorized(event) => event.payment,
        PaymentEvent::PaymentCaptured(event) => event.payment,
        PaymentEvent::DuplicateCaptureDetected(event) => event.payment,
        PaymentEvent::PaymentMismatchDetected(event) => event.payment,
        PaymentEvent::PaymentExpired(event) => event.payment,
        PaymentEvent::PaymentCancelled(event) => event.payment,
        PaymentEvent::RefundRequested(event) => event.payment,
        PaymentEvent::RefundProcessed(event) => event.payment,
        PaymentEvent::RefundFailed(event) => event.payment,
    }
}

fn tried(payment: &mut Payment, attempt: &str, failure: Option<&String>) {
    let tried = PaymentAttempt {
        attempt: attempt.to_owned(),
        failure: failure.cloned(),
    };
    match payment.attempts.iter_mut().find(|known| known.attempt == attempt) {
        Some(known) => *known = tried,
        None => payment.attempts.push(tried),
    }
}

fn refunded(payment: &mut Payment, refund: domain::ids::RefundId, status: RefundStatus) {
    if let Some(known) = payment.refunds.iter_mut().find(|known| known.refund == refund) {
        known.status = status;
    }
}

fn after_room(row: &mut Interview, event: &RoomEvent) {
    match event {
        RoomEvent::RoomProvisioned(event) => {
            // A room for a time that the interview has left comes too late to be shown.
            if event.revision >= row.revision {
                row.room = Some(Shared::new(provisioned(event)));
            }
        }
        RoomEvent::RoomMembersChanged(event) => {
            if let Some(room) = current(row, event.room) {
                room.members.clone_from(&event.members);
            }
        }
        RoomEvent::LobbyEntered(event) => {
            if let Some(room) = current(row, event.room) {
                room.lobby.push(Waiting {
                    account: event.account,
                    since: event.at,
                });
            }
        }
        RoomEvent::LobbyLeft(event) => waits_no_longer(row, event.room, event.account),
        RoomEvent::ParticipantAdmitted(event) => waits_no_longer(row, event.room, event.account),
        RoomEvent::ParticipantDenied(event) => {
            waits_no_longer(row, event.room, event.account);
            if let Some(room) = current(row, event.room) {
                room.denied.push(event.account);
            }
        }
        RoomEvent::JoinTokenIssued(_) | RoomEvent::JoinTokenUsed(_) => {}
        RoomEvent::ParticipantJoined(event) => {
            if let Some(room) = current(row, event.room) {
                room.status = RoomStatus::Open;
                room.present
                    .retain(|present| present.connection != event.connection);
                room.present.push(Presence {
                    account: event.account,
                    connection: event.connection,
                    since: event.at,
                });
            }
        }
        RoomEvent::ParticipantLeft(event) => {
            if let Some(room) = current(row, event.room) {
                room.present
                    .retain(|present| present.connection != event.connection);
            }
        }
        RoomEvent::RoomClosed(event) => {
            if let Some(room) = current(row, event.room) {
                room.status = RoomStatus::Closed;
                room.closed = Some(event.reason);
                room.present.clear();
                room.lobby.clear();
            }
        }
    }
}

fn waits_no_longer(row: &mut Interview, room: RoomId, account: AccountId) {
    if let Some(room) = current(row, room) {
        room.lobby.retain(|waiting| waiting.account != account);
    }
}

fn provisioned(event: &RoomProvisioned) -> Room {
    Room {
        room: event.room,
        revision: event.revision,
        provider: event.provider.clone(),
        room_ref: event.room_ref.clone(),
        opens_at: event.opens_at,
        closes_at: event.closes_at,
        members: event.members.clone(),
        status: RoomStatus::Ready,
        closed: None,
        present: Vec::new(),
        lobby: Vec::new(),
        denied: Vec::new(),
    }
}

fn current(row: &mut Interview, room: RoomId) -> Option<&mut Room> {
    row.room
        .as_mut()
        .filter(|current| current.room == room && current.status != RoomStatus::Closed)
        .map(|room| &mut **room)
}
