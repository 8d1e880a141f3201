//! Every event in a sentence for people, without a name, an address or a free text in it: it stays readable after an
//! erasure, and may be shown to whoever may know that the event happened.

use crate::{
    account::events::AccountEvent,
    availability::events::{AvailabilityEvent, BookingLimits},
    data_subject::events::DataSubjectEvent,
    decision::events::{DecisionEvent, Verdict},
    effect::events::EffectEvent,
    fact::Fact,
    feedback::events::FeedbackEvent,
    interview::events::{Absent, Answer, ExpiryReason, InterviewEvent, Party, SeatReason, Side},
    interview_kit::events::InterviewKitEvent,
    interview_type::events::InterviewTypeEvent,
    interviewer_calendar::events::InterviewerCalendarEvent,
    mail_address::events::MailAddressEvent,
    notification::events::{NotificationEvent, SuppressReason, Template},
    organisation::events::OrganisationEvent,
    payment::events::{PaymentEvent, RefundReason},
    price_list::events::PriceListEvent,
    provider_inbox::events::ProviderInboxEvent,
    read_model::events::ReadModelEvent,
    report::events::ReportEvent,
    room::events::{CloseReason, RoomEvent, RoomRole},
    rubric::events::RubricEvent,
    scorecard::events::ScorecardEvent,
    system::events::SystemEvent,
    time::Slot,
    transcript::events::TranscriptEvent,
    waitlist::events::WaitlistEvent,
};

/// What happened, in a sentence without a full stop.
pub fn sentence(fact: &Fact) -> String {
    match fact {
        Fact::Organisation(event) => organisation(event),
        Fact::Account(event) => account(event),
        Fact::MailAddress(event) => mail_address(event),
        Fact::Availability(event) => availability(event),
        Fact::InterviewerCalendar(event) => calendar(event),
        Fact::InterviewType(event) => interview_type(event),
        Fact::Waitlist(event) => waitlist(event),
        Fact::PriceList(event) => price_list(event),
        Fact::Rubric(event) => rubric(event),
        Fact::InterviewKit(event) => kit(event),
        Fact::Interview(event) => interview(event),
        Fact::Payment(event) => payment(event),
        Fact::ProviderInbox(event) => inbox(event),
        Fact::Room(event) => room(event),
        Fact::Transcript(event) => transcript(event),
        Fact::Scorecard(event) => scorecard(event),
        Fact::Decision(event) => decision(event),
        Fact::Feedback(event) => feedback(event),
        Fact::Report(event) => report(event),
        Fact::Notification(event) => notification(event),
        Fact::Effect(event) => effect(event),
        Fact::DataSubject(event) => data_subject(event),
        Fact::ReadModel(event) => read_model(event),
        Fact::System(event) => system(event),
    }
}

fn when(slot: &Slot) -> String {
    format!("{} ({})", slot.local_start.format("%-d %B %Y, %H:%M"), slot.zone)
}

fn organisation(event: &OrganisationEvent) -> String {
    match event {
        OrganisationEvent::OrganisationCreated(_) => "The organisation was made".to_owned(),
        OrganisationEvent::CancellationPolicyPublished(event) => {
            format!("A cancellation policy was published: version {}", event.version)
        }
    }
}

fn account(event: &AccountEvent) -> String {
    match event {
        AccountEvent::AccountRegistered(_) => "An account was registered".to_owned(),
        AccountEvent::RoleChosen(event) => format!("The role {} was chosen", event.role.name()),
        AccountEvent::RoleGranted(event) => format!("The role {} was granted", event.role.name()),
        AccountEvent::RoleRevoked(event) => format!("The role {} was revoked", event.role.name()),
        AccountEvent::ProfileUpdated(_) => "A profile was updated".to_owned(),
        AccountEvent::TimeZoneSet(event) => format!("The time zone {} was set", event.zone),
        AccountEvent::CalendarFeedCreated(_) => "An address for a calendar was made".to_owned(),
        AccountEvent::CalendarFeedRevoked(_) => "An address for a calendar answers no longer".to_owned(),
        AccountEvent::IdentityJoined(_) => "Whoever was invited signed in for the first time".to_owned(),
    }
}

fn mail_address(event: &MailAddressEvent) -> String {
    match event {
        MailAddressEvent::AddressInvited(_) => "Somebody was invited by mail address".to_owned(),
        MailAddressEvent::AddressProven(_) => "Somebody signed in with a mail address of theirs".to_owned(),
    }
}

fn availability(event: &AvailabilityEvent) -> String {
    match event {
        AvailabilityEvent::WeeklyAvailabilityDefined(event) => {
            format!(
                "Weekly availability was set: {} rules in {}",
                event.rules.len(),
                event.zone
            )
        }
        AvailabilityEvent::DateOverrideSet(event) if event.windows.is_empty() => {
            format!("{} became a day off", event.date)
        }
        AvailabilityEvent::DateOverrideSet(event) => format!("{} got hours of its own", event.date),
        AvailabilityEvent::DateOverrideCleared(event) => {
            format!("The weekly rules hold again on {}", event.date)
        }
        AvailabilityEvent::OutOfOfficeDeclared(event) => format!(
            "An absence was declared from {} to {}",
            event.from.format("%-d %B %Y, %H:%M UTC"),
            event.to.format("%-d %B %Y, %H:%M UTC")
        ),
        AvailabilityEvent::OutOfOfficeWithdrawn(_) => "An absence was taken back".to_owned(),
        AvailabilityEvent::BookingLimitsSet(event) if event.limits == BookingLimits::default() => {
            "The limits on bookings were taken away".to_owned()
        }
        AvailabilityEvent::BookingLimitsSet(_) => "Limits on bookings were set".to_owned(),
        AvailabilityEvent::TravelPlanned(event) => match event.until {
            Some(until) => format!(
                "From {} to {until} windows are meant in {}",
                event.from, event.zone
            ),
            None => format!("From {} windows are meant in {}", event.from, event.zone),
        },
        AvailabilityEvent::TravelCancelled(_) => "A journey was taken back".to_owned(),
        AvailabilityEvent::ExternalCalendarLinked(_) => {
            "A calendar that is kept elsewhere was linked".to_owned()
        }
        AvailabilityEvent::ExternalCalendarUnlinked(_) => {
            "A calendar that is kept elsewhere was unlinked".to_owned()
        }
    }
}

fn calendar(event: &InterviewerCalendarEvent) -> String {
    match event {
        InterviewerCalendarEvent::HoldPlaced(_) => "Time was held in an interviewer's calendar".to_owned(),
        InterviewerCalendarEvent::HoldConfirmed(_) => "The held time became firm".to_owned(),
        InterviewerCalendarEvent::HoldExtended(_) => "The time is held for longer".to_owned(),
        InterviewerCalendarEvent::HoldExpired(_) => {
            "The held time was free again: the hold had expired".to_owned()
        }
        InterviewerCalendarEvent::ClaimReleased(_) => "Claimed time was given back".to_owned(),
        InterviewerCalendarEvent::ClaimShortened(_) => {
            "The rest of the claimed time was given back".to_owned()
        }
        InterviewerCalendarEvent::ExternalBusyImported(event) => format!(
            "A calendar that is kept elsewhere says other times: {} new ones, {} fewer",
            event.added.len(),
            event.removed.len()
        ),
        InterviewerCalendarEvent::ExternalBusyRemoved(_) => {
            "The times of a calendar that is kept elsewhere block nothing any more".to_owned()
        }
        InterviewerCalendarEvent::ClaimClashed(_) => {
            "An interviewer turned out to be busy elsewhere at that time".to_owned()
        }
        InterviewerCalendarEvent::ClashEnded(_) => {
            "The interviewer is not busy elsewhere any more at that time".to_owned()
        }
    }
}

fn interview_type(event: &InterviewTypeEvent) -> String {
    match event {
        InterviewTypeEvent::InterviewTypeDefined(event) => format!("{} can be booked", event.spec.title),
        InterviewTypeEvent::InterviewTypeRevised(event) => {
            format!("{} was revised: version {}", event.spec.title, event.version)
        }
        InterviewTypeEvent::InterviewTypeRetired(_) => "A product was taken off the list".to_owned(),
    }
}

fn waitlist(event: &WaitlistEvent) -> String {
    match event {
        WaitlistEvent::WaitlistJoined(_) => "A candidate waits for a time".to_owned(),
        WaitlistEvent::WaitlistLeft(_) => "A candidate does not wait any more".to_owned(),
        WaitlistEvent::WaitlistOffered(event) => {
            format!("A candidate who waited was offered {}", when(&event.slot))
        }
        WaitlistEvent::WaitlistAccepted(_) => "The offer was taken".to_owned(),
        WaitlistEvent::WaitlistDeclined(_) => "The offer was not taken".to_owned(),
        WaitlistEvent::WaitlistLapsed(_) => "The offer was not answered in time".to_owned(),
    }
}

fn price_list(event: &PriceListEvent) -> String {
    match event {
        PriceListEvent::PriceListPublished(event) => {
            format!("Prices were published: {}, version {}", event.name, event.version)
        }
    }
}

fn rubric(event: &RubricEvent) -> String {
    match event {
        RubricEvent::RubricPublished(event) => format!(
            "The rubric {} was published: version {}",
            event.name, event.version
        ),
    }
}

fn kit(event: &InterviewKitEvent) -> String {
    match event {
        InterviewKitEvent::KitPublished(event) => format!(
            "The kit {} was published: version {}",
            event.spec.name, event.version
        ),
    }
}

fn interview(event: &InterviewEvent) -> String {
    match event {
        InterviewEvent::BookingRequested(event) => {
            format!("A candidate asked for {} on {}", event.title, when(&event.slot))
        }
        InterviewEvent::InterviewScheduled(event) => {
            format!("An interview was set up for {}", when(&event.slot))
        }
        InterviewEvent::PlacedInSeries(event) => {
            format!(
                "It is number {} of a series of {}",
                event.place.number, event.place.of
            )
        }
        InterviewEvent::PlacedInGroup(event) => {
            format!("It is a seat in a group of {}", event.place.seats)
        }
        InterviewEvent::SlotClaimed(event) => {
            format!(
                "The slot was held in {} calendars until {}",
                event.claims.len(),
                event.hold_expires_at.format("%H:%M UTC")
            )
        }
        InterviewEvent::PaymentRequired(event) => format!("{} are to be paid", event.amount),
        InterviewEvent::InterviewConfirmed(_) => "The interview was confirmed".to_owned(),
        InterviewEvent::ApprovalRequired(event) => format!(
            "Somebody has to agree to the booking until {}",
            event.due_at.format("%-d %B %Y, %H:%M UTC")
        ),
        InterviewEvent::BookingApproved(_) => "Somebody agreed to the booking".to_owned(),
        InterviewEvent::BookingDeclined(_) => "The booking was declined".to_owned(),
        InterviewEvent::BookingExpired(event) => match event.reason {
            ExpiryReason::HoldExpired => "The booking came to nothing: it was not paid in time".to_owned(),
            ExpiryReason::NotApproved => {
                "The booking came to nothing: nobody agreed to it in time".to_owned()
            }
        },
        InterviewEvent::SlotReclaimed(_) => "Paid late, and the slot was still free: taken again".to_owned(),
        InterviewEvent::InterviewRescheduled(event) => {
            format!(
                "The interview moved from {} to {}",
                when(&event.from),
                when(&event.to)
            )
        }
        InterviewEvent::TimeZoneRuleDriftDetected(event) => {
            let drift = &event.drift;
            format!(
                "The rules for the clocks in {} have changed: the start that was promised for {} will be at {} there",
                drift.zone,
                drift.promised_local_start.format("%-d %B %Y, %H:%M"),
                drift.local_start.format("%-d %B %Y, %H:%M")
            )
        }
        InterviewEvent::TimeZoneRuleDriftEnded(_) => {
            "The rules for the clocks say again what was promised".to_owned()
        }
        InterviewEvent::DriftedTimeKept(event) => format!(
            "The interview stays at its moment, which is now {} instead of {}",
            when(&event.to),
            when(&event.from)
        ),
        InterviewEvent::RescheduleProposed(event) => match event.side {
            Side::Candidate => "The candidate proposed other times".to_owned(),
            Side::Hosts if event.by.is_none() => {
                "Nobody can take a vacant seat: other times were proposed to the candidate".to_owned()
            }
            Side::Hosts => "Other times were proposed to the candidate".to_owned(),
        },
        InterviewEvent::RescheduleAccepted(_) => "A time that was proposed was taken".to_owned(),
        InterviewEvent::RescheduleDeclined(_) => "None of the proposed times was taken".to_owned(),
        InterviewEvent::InterviewOpened(_) => "The interview is open: the first participant came".to_owned(),
        InterviewEvent::InterviewStarted(_) => "Candidate and interviewer met".to_owned(),
        InterviewEvent::InterviewEnded(event) => {
            let together = event.attendance.overlap_seconds;
            format!(
                "The interview ended, after {} minutes {} seconds together",
                together / 60,
                together % 60
            )
        }
        InterviewEvent::InterviewCompleted(_) => "The interview took place".to_owned(),
        InterviewEvent::InterviewAbandoned(_) => "The parties had not met".to_owned(),
        InterviewEvent::NoShowMarked(event) => match event.absent {
            Absent::Candidate => "The candidate had not come".to_owned(),
            Absent::Interviewers => "No interviewer had come".to_owned(),
            Absent::Everybody => "Nobody had come".to_owned(),
        },
        InterviewEvent::NoShowRetracted(_) => "The no-show mark was taken back".to_owned(),
        InterviewEvent::InterviewCancelled(event) => match event.party {
            Party::Candidate => "The candidate called the interview off".to_owned(),
            Party::Interviewer => "An interviewer called the interview off".to_owned(),
            Party::Organisation => "The organisation called the interview off".to_owned(),
        },
        InterviewEvent::InviteResponded(event) => match event.answer {
            Answer::Accepted => "An interviewer accepted the invitation".to_owned(),
            Answer::Tentative => "An interviewer will perhaps come".to_owned(),
            Answer::Declined => "An interviewer declined the invitation".to_owned(),
        },
        InterviewEvent::PanelSeatVacated(_) => "A seat on the panel became vacant".to_owned(),
        InterviewEvent::InterviewerReplaced(event) => match event.member.reason {
            SeatReason::Named => "Somebody was named for the vacant seat".to_owned(),
            SeatReason::FewestRecent
            | SeatReason::FewestForShare
            | SeatReason::Preferred
            | SeatReason::Collective => {
                "The vacant seat went to whoever has the fewest recent interviews".to_owned()
            }
        },
        InterviewEvent::RefundLimited(event) => format!(
            "It was moved late: at most {} percent come back from now on",
            event.percent
        ),
        InterviewEvent::SessionHosted(event) => {
            format!("A session was opened on {}", when(&event.slot))
        }
        InterviewEvent::GuestsInvited(event) => {
            format!("{} people were asked to the session", event.accounts.len())
        }
        InterviewEvent::CandidateJoined(_) => "The session has a candidate".to_owned(),
        InterviewEvent::DetailsChanged(event) => match (&event.title, &event.description) {
            (Some(_), Some(_)) => "Its title and description were changed".to_owned(),
            (Some(_), None) => "Its title was changed".to_owned(),
            (None, _) => "Its description was changed".to_owned(),
        },
        InterviewEvent::KitAttached(event) => match event.by {
            Some(_) => format!("A kit was attached to it: version {}", event.kit.version),
            None => format!("It follows the kit of its product: version {}", event.kit.version),
        },
    }
}

fn payment(event: &PaymentEvent) -> String {
    match event {
        PaymentEvent::PaymentOpened(event) => format!("A payment of {} was opened", event.amount),
        PaymentEvent::PaymentOrderCreated(event) => format!("The order can be paid at {}", event.provider),
        PaymentEvent::PaymentAttemptFailed(event) => format!("An attempt to pay failed: {}", event.code),
        PaymentEvent::PaymentAuthorized(_) => "The money was reserved".to_owned(),
        PaymentEvent::PaymentCaptured(event) if event.late => format!("{} were paid, too late", event.amount),
        PaymentEvent::PaymentCaptured(event) => format!("{} were paid", event.amount),
        PaymentEvent::DuplicateCaptureDetected(event) => format!("{} were paid a second time", event.amount),
        PaymentEvent::PaymentMismatchDetected(event) => {
            format!("{} came instead of {}", event.actual, event.expected)
        }
        PaymentEvent::PaymentExpired(_) => "The payment was not made in time".to_owned(),
        PaymentEvent::PaymentCancelled(_) => "Nothing is to be paid any more".to_owned(),
        PaymentEvent::RefundRequested(event) => {
            format!("{} are to go back: {}", event.amount, because(event.reason))
        }
        PaymentEvent::RefundProcessed(_) => "The money went back".to_owned(),
        PaymentEvent::RefundFailed(event) => format!("The money could not go back: {}", event.code),
    }
}

const fn because(reason: RefundReason) -> &'static str {
    match reason {
        RefundReason::SlotLost => "the slot was lost",
        RefundReason::Cancelled => "the interview was called off",
        RefundReason::InterviewerAbsent => "no interviewer had come",
        RefundReason::PaidTwice => "they were paid a second time",
    }
}

fn inbox(event: &ProviderInboxEvent) -> String {
    match event {
        ProviderInboxEvent::ProviderEventReceived(event) => {
            format!("A message of {} arrived", event.provider)
        }
        ProviderInboxEvent::ProviderEventParked(event) => {
            format!(
                "A message of {} has no place here: {}",
                event.provider, event.code
            )
        }
    }
}

const fn part(role: RoomRole) -> &'static str {
    match role {
        RoomRole::Candidate => "The candidate",
        RoomRole::Interviewer => "An interviewer",
    }
}

fn room(event: &RoomEvent) -> String {
    match event {
        RoomEvent::RoomProvisioned(event) => format!(
            "A room was made, open from {}",
            event.opens_at.format("%H:%M UTC")
        ),
        RoomEvent::RoomMembersChanged(event) => {
            format!("{} people may enter the room from now on", event.members.len())
        }
        RoomEvent::LobbyEntered(_) => "Somebody waits to be admitted".to_owned(),
        RoomEvent::LobbyLeft(_) => "Somebody waits no longer".to_owned(),
        RoomEvent::ParticipantAdmitted(_) => "A host admitted somebody".to_owned(),
        RoomEvent::ParticipantDenied(_) => "A host denied somebody".to_owned(),
        RoomEvent::JoinTokenIssued(event) => format!("{} got a ticket", part(event.role)),
        RoomEvent::JoinTokenUsed(event) => format!("{} opened the door with a ticket", part(event.role)),
        RoomEvent::ParticipantJoined(event) => format!("{} came in", part(event.role)),
        RoomEvent::ParticipantLeft(_) => "Somebody left the room".to_owned(),
        RoomEvent::RoomClosed(event) => match event.reason {
            CloseReason::Ended => "The room was closed: the interview was ended".to_owned(),
            CloseReason::Expired => "The room was closed: its time was over".to_owned(),
            CloseReason::Cancelled => "The room was closed: the interview was called off".to_owned(),
            CloseReason::Superseded => "The room was closed: the interview has another one".to_owned(),
        },
    }
}

fn transcript(event: &TranscriptEvent) -> String {
    match event {
        TranscriptEvent::TranscriptFinalised(event) => {
            format!(
                "A transcript of {} turns was attached: version {}",
                event.turns, event.version
            )
        }
    }
}

fn scorecard(event: &ScorecardEvent) -> String {
    match event {
        ScorecardEvent::ScorecardAssigned(_) => "An interviewer was asked for a scorecard".to_owned(),
        ScorecardEvent::ScorecardSubmitted(_) => "An interviewer submitted a scorecard".to_owned(),
        ScorecardEvent::ScorecardAmended(event) => {
            format!("A scorecard was amended: version {}", event.version)
        }
        ScorecardEvent::ScorecardDeclined(_) => "An interviewer declined to rate".to_owned(),
    }
}

fn decision(event: &DecisionEvent) -> String {
    match event {
        DecisionEvent::DecisionRecorded(event) => match event.verdict {
            Verdict::Pass => "It was decided: pass".to_owned(),
            Verdict::Fail => "It was decided: fail".to_owned(),
            Verdict::OnHold => "The decision was postponed".to_owned(),
        },
        DecisionEvent::DecisionReversed(_) => "The decision was taken back".to_owned(),
    }
}

fn feedback(event: &FeedbackEvent) -> String {
    match event {
        FeedbackEvent::FeedbackReleased(_) => "Feedback was released to the candidate".to_owned(),
    }
}

fn report(event: &ReportEvent) -> String {
    match event {
        ReportEvent::ReportRequested(event) => format!("A report was asked for: revision {}", event.revision),
        ReportEvent::ReportGenerated(event) => format!(
            "The report was written by {}: {} of 100",
            event.engine.model, event.overall
        ),
        ReportEvent::ReportFailed(event) => format!("The report could not be written: {}", event.code),
        ReportEvent::ReportPublished(event) => {
            format!("The report was published: revision {}", event.revision)
        }
    }
}

const fn letter(template: Template) -> &'static str {
    match template {
        Template::InterviewConfirmed => "confirmation",
        Template::InterviewAssigned => "assignment",
        Template::InterviewRescheduled => "rescheduling",
        Template::InterviewCancelled => "cancellation",
        Template::SlotLost => "lost slot",
        Template::InterviewersAbsent => "absent interviewers",
        Template::PaidTwice => "second payment",
        Template::FeedbackReleased => "released feedback",
        Template::ReportReady => "finished report",
        Template::ApprovalRequested => "request for agreement",
        Template::BookingApproved => "agreed booking",
        Template::BookingDeclined => "declined booking",
        Template::TimesProposed => "proposed times",
        Template::ProposalDeclined => "declined proposal",
        Template::SlotOffered => "offered time",
        Template::SessionInvitation => "instant session",
    }
}

fn notification(event: &NotificationEvent) -> String {
    match event {
        NotificationEvent::NotificationSuppressed(event) => match event.reason {
            SuppressReason::Stale => format!(
                "A mail about the {} was no longer true and not sent",
                letter(event.message.template)
            ),
            SuppressReason::NoAddress => format!(
                "A mail about the {} had nowhere to go",
                letter(event.message.template)
            ),
        },
        NotificationEvent::DeliveryAccepted(event) => {
            format!("A mail about the {} was sent", letter(event.message.template))
        }
        NotificationEvent::DeliveryFailed(event) => {
            format!(
                "A mail about the {} could not be delivered: {}",
                letter(event.message.template),
                event.code
            )
        }
    }
}

fn effect(event: &EffectEvent) -> String {
    match event {
        EffectEvent::EffectAttempted(event) => format!("{}: attempt {}", event.deed, event.attempt),
        EffectEvent::EffectGaveUp(event) => format!("{} was given up: {}", event.deed, event.code),
        EffectEvent::EffectRetried(_) => "A person wants it tried again".to_owned(),
    }
}

fn read_model(event: &ReadModelEvent) -> String {
    match event {
        ReadModelEvent::EventSkipped(event) => {
            format!(
                "Event {} is left out of the read model {}",
                event.position, event.name
            )
        }
    }
}

fn system(event: &SystemEvent) -> String {
    match event {
        SystemEvent::LogRestored(_) => "The log was restored from a backup".to_owned(),
    }
}

fn data_subject(event: &DataSubjectEvent) -> String {
    match event {
        DataSubjectEvent::ErasureRequested(_) => "A person is to be forgotten".to_owned(),
        DataSubjectEvent::ErasureCompleted(_) => "The person's data is erased".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sample::every_fact;

    #[test]
    fn every_event_is_told_in_a_sentence_without_a_full_stop() {
        for fact in every_fact() {
            let told = sentence(&fact);
            assert!(
                !told.trim().is_empty(),
                "{} is told in no words",
                fact.wire().name
            );
            assert!(!told.ends_with('.'), "{told}");
        }
    }
}
