//! Everything the log can want done outside, or at a later time. Ids only: the data is looked up when it is done.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    ids::{
        AccountId, EntryId, ExternalCalendarId, InterviewId, InterviewTypeId, NotificationId, PaymentId,
        RefundId, ReportId, ScorecardId, SubjectId,
    },
    notification::events::Message,
};

/// A deed in the outside world, or a timer. Stored in effect rows, never in the log.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "deed")]
pub enum Deed {
    /// Ask the payment provider for an order that can be paid.
    CreatePaymentOrder {
        /// Which payment.
        payment: PaymentId,
        /// For which interview.
        interview: InterviewId,
    },
    /// Give the candidate who has paid what was paid for, or the money back.
    ConfirmPaid {
        /// Which payment.
        payment: PaymentId,
        /// Which interview.
        interview: InterviewId,
    },
    /// Record that a hold's time had come.
    ExpireHold {
        /// Which interview.
        interview: InterviewId,
        /// The payment that did not come; none where nobody had agreed yet.
        payment: Option<PaymentId>,
    },
    /// Pay money back.
    PayRefund {
        /// Of which payment.
        payment: PaymentId,
        /// Which refund.
        refund: RefundId,
        /// For which interview.
        interview: InterviewId,
    },
    /// Send the money back if no interviewer came.
    RefundAbsence {
        /// To which interview.
        interview: InterviewId,
        /// For which settling of its time.
        revision: u32,
    },
    /// Have a room for a settled time.
    ProvisionRoom {
        /// For which interview.
        interview: InterviewId,
        /// For which settling of its time.
        revision: u32,
    },
    /// Look who has come when the grace after the start is over.
    MarkNoShow {
        /// Which interview.
        interview: InterviewId,
        /// For which settling of its time.
        revision: u32,
    },
    /// Close the room for good when its time is over.
    CloseRoom {
        /// Of which interview.
        interview: InterviewId,
        /// For which settling of its time.
        revision: u32,
    },
    /// Find somebody for a seat that was given up.
    FillSeat {
        /// Of which interview.
        interview: InterviewId,
        /// Who sat there.
        former: AccountId,
        /// Which change of the panel vacated it, counted from 1.
        change: u32,
    },
    /// Offer what an interview has left free to those who wait for its product.
    OfferFreed {
        /// Which interview.
        interview: InterviewId,
    },
    /// Offer what is free to those who wait for a product.
    OfferWaiting {
        /// Which product.
        interview_type: InterviewTypeId,
    },
    /// Look again and again, as long as somebody waits, for what has become free without anybody saying so.
    KeepOffering {
        /// For which product.
        interview_type: InterviewTypeId,
        /// Which place on its list.
        entry: EntryId,
    },
    /// Record that an offer to somebody who waits has died.
    LapseOffer {
        /// For which product.
        interview_type: InterviewTypeId,
        /// Which place on its list.
        entry: EntryId,
        /// The interview that was offered.
        interview: InterviewId,
    },
    /// Record that the time that somebody waited for is over.
    EndWait {
        /// For which product.
        interview_type: InterviewTypeId,
        /// Which place on its list.
        entry: EntryId,
    },
    /// Tell somebody who waits what is offered.
    MailOffer {
        /// For which product.
        interview_type: InterviewTypeId,
        /// Which place on its list.
        entry: EntryId,
        /// Which notification.
        notification: NotificationId,
        /// What and to whom.
        message: Message,
    },
    /// Send one message to one person.
    SendMail {
        /// Which notification.
        notification: NotificationId,
        /// What and to whom.
        message: Message,
    },
    /// Write a report from a transcript.
    WriteReport {
        /// Which report.
        report: ReportId,
        /// Which revision.
        revision: u32,
        /// On which interview.
        interview: InterviewId,
    },
    /// Release the candidate's part of a scorecard.
    ReleaseFeedback {
        /// Which scorecard.
        scorecard: ScorecardId,
        /// Of which interview.
        interview: InterviewId,
    },
    /// Take over what a calendar says that is kept elsewhere, again and again until it is unlinked.
    FetchCalendar {
        /// Whose.
        account: AccountId,
        /// Which.
        calendar: ExternalCalendarId,
    },
    /// Destroy a person's keys and blobs.
    EraseSubject {
        /// Whose account.
        account: AccountId,
        /// Whose keys.
        subject: SubjectId,
    },
}

impl Deed {
    /// The deed's name: part of the effect's id, of events and of log lines. Never changed once it was used.
    pub const fn name(&self) -> &'static str {
        match self {
            Self::CreatePaymentOrder { .. } => "create_payment_order",
            Self::ConfirmPaid { .. } => "confirm_paid",
            Self::ExpireHold { .. } => "expire_hold",
            Self::PayRefund { .. } => "pay_refund",
            Self::RefundAbsence { .. } => "refund_absence",
            Self::ProvisionRoom { .. } => "provision_room",
            Self::MarkNoShow { .. } => "mark_no_show",
            Self::CloseRoom { .. } => "close_room",
            Self::FillSeat { .. } => "fill_seat",
            Self::OfferFreed { .. } => "offer_freed",
            Self::OfferWaiting { .. } => "offer_waiting",
            Self::KeepOffering { .. } => "keep_offering",
            Self::LapseOffer { .. } => "lapse_offer",
            Self::EndWait { .. } => "end_wait",
            Self::MailOffer { .. } => "mail_offer",
            Self::SendMail { .. } => "send_mail",
            Self::WriteReport { .. } => "write_report",
            Self::ReleaseFeedback { .. } => "release_feedback",
            Self::FetchCalendar { .. } => "fetch_calendar",
            Self::EraseSubject { .. } => "erase_subject",
        }
    }

    /// What the deed is done to: part of the effect's id.
    pub const fn target(&self) -> Uuid {
        match self {
            Self::CreatePaymentOrder { payment, .. } | Self::ConfirmPaid { payment, .. } => payment.uuid(),
            Self::PayRefund { refund, .. } => refund.uuid(),
            Self::ExpireHold { interview, .. }
            | Self::RefundAbsence { interview, .. }
            | Self::ProvisionRoom { interview, .. }
            | Self::MarkNoShow { interview, .. }
            | Self::CloseRoom { interview, .. }
            | Self::OfferFreed { interview }
            | Self::LapseOffer { interview, .. }
            | Self::FillSeat { interview, .. } => interview.uuid(),
            Self::OfferWaiting { interview_type } => interview_type.uuid(),
            Self::KeepOffering { entry, .. } | Self::EndWait { entry, .. } => entry.uuid(),
            Self::SendMail { notification, .. } | Self::MailOffer { notification, .. } => notification.uuid(),
            Self::WriteReport { report, .. } => report.uuid(),
            Self::ReleaseFeedback { scorecard, .. } => scorecard.uuid(),
            Self::FetchCalendar { calendar, .. } => calendar.uuid(),
            Self::EraseSubject { subject, .. } => subject.uuid(),
        }
    }

    /// Tells deeds of one name and target apart: part of the effect's id.
    pub const fn occurrence(&self) -> u32 {
        match self {
            Self::RefundAbsence { revision, .. }
            | Self::ProvisionRoom { revision, .. }
            | Self::MarkNoShow { revision, .. }
            | Self::CloseRoom { revision, .. }
            | Self::WriteReport { revision, .. } => *revision,
            Self::FillSeat { change, .. } => *change,
            Self::CreatePaymentOrder { .. }
            | Self::ConfirmPaid { .. }
            | Self::ExpireHold { .. }
            | Self::PayRefund { .. }
            | Self::OfferFreed { .. }
            | Self::OfferWaiting { .. }
            | Self::KeepOffering { .. }
            | Self::LapseOffer { .. }
            | Self::EndWait { .. }
            | Self::MailOffer { .. }
            | Self::SendMail { .. }
            | Self::ReleaseFeedback { .. }
            | Self::FetchCalendar { .. }
            | Self::EraseSubject { .. } => 0,
        }
    }

    /// The entity whose timeline shows what becomes of the deed.
    pub const fn about(&self) -> Uuid {
        match self {
            Self::CreatePaymentOrder { interview, .. }
            | Self::ConfirmPaid { interview, .. }
            | Self::ExpireHold { interview, .. }
            | Self::PayRefund { interview, .. }
            | Self::RefundAbsence { interview, .. }
            | Self::ProvisionRoom { interview, .. }
            | Self::MarkNoShow { interview, .. }
            | Self::CloseRoom { interview, .. }
            | Self::FillSeat { interview, .. }
            | Self::WriteReport { interview, .. }
            | Self::ReleaseFeedback { interview, .. } => interview.uuid(),
            Self::OfferFreed { interview } | Self::LapseOffer { interview, .. } => interview.uuid(),
            Self::OfferWaiting { interview_type } => interview_type.uuid(),
            Self::KeepOffering { entry, .. } | Self::EndWait { entry, .. } => entry.uuid(),
            Self::SendMail { message, .. } | Self::MailOffer { message, .. } => message.interview.uuid(),
            Self::FetchCalendar { account, .. } | Self::EraseSubject { account, .. } => account.uuid(),
        }
    }

    /// The interview it is done for, if it is for one.
    pub const fn interview(&self) -> Option<InterviewId> {
        match self {
            Self::CreatePaymentOrder { interview, .. }
            | Self::ConfirmPaid { interview, .. }
            | Self::ExpireHold { interview, .. }
            | Self::PayRefund { interview, .. }
            | Self::RefundAbsence { interview, .. }
            | Self::ProvisionRoom { interview, .. }
            | Self::MarkNoShow { interview, .. }
            | Self::CloseRoom { interview, .. }
            | Self::FillSeat { interview, .. }
            | Self::WriteReport { interview, .. }
            | Self::ReleaseFeedback { interview, .. } => Some(*interview),
            Self::OfferFreed { interview } | Self::LapseOffer { interview, .. } => Some(*interview),
            Self::SendMail { message, .. } | Self::MailOffer { message, .. } => Some(message.interview),
            Self::FetchCalendar { .. }
            | Self::OfferWaiting { .. }
            | Self::KeepOffering { .. }
            | Self::EndWait { .. }
            | Self::EraseSubject { .. } => None,
        }
    }

    /// True when a call costs money or reaches a person, so that the attempt is in the log before the call.
    pub const fn is_announced(&self) -> bool {
        match self {
            Self::CreatePaymentOrder { .. }
            | Self::PayRefund { .. }
            | Self::ProvisionRoom { .. }
            | Self::SendMail { .. }
            | Self::MailOffer { .. }
            | Self::WriteReport { .. }
            | Self::EraseSubject { .. } => true,
            Self::ConfirmPaid { .. }
            | Self::ExpireHold { .. }
            | Self::RefundAbsence { .. }
            | Self::MarkNoShow { .. }
            | Self::CloseRoom { .. }
            | Self::FillSeat { .. }
            | Self::FetchCalendar { .. }
            | Self::OfferFreed { .. }
            | Self::OfferWaiting { .. }
            | Self::KeepOffering { .. }
            | Self::LapseOffer { .. }
            | Self::EndWait { .. }
            | Self::ReleaseFeedback { .. } => false,
        }
    }
}
