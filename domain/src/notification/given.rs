//! Builders for tests of what becomes of a message.

use super::{
    accept::Accept,
    events::{
        Channel, DeliveryAccepted, DeliveryFailed, Message, NotificationSuppressed, SuppressReason, Template,
    },
    fail::Fail,
    suppress::Suppress,
};
use crate::given::id;

pub(super) fn message() -> Message {
    Message {
        recipient: id(1),
        template: Template::InterviewConfirmed,
        interview: id(2),
        revision: 1,
    }
}

pub(super) fn accept() -> Accept {
    Accept {
        notification: id(3),
        message: message(),
        channel: Channel::Email,
        message_id: "<3@greenroom.example>".to_owned(),
        via: "smtp".to_owned(),
    }
}

pub(super) fn accepted() -> DeliveryAccepted {
    DeliveryAccepted {
        notification: id(3),
        interview: id(2),
        message: message(),
        channel: Channel::Email,
        message_id: "<3@greenroom.example>".to_owned(),
        via: "smtp".to_owned(),
    }
}

pub(super) fn suppress() -> Suppress {
    Suppress {
        notification: id(3),
        message: message(),
        reason: SuppressReason::Stale,
    }
}

pub(super) fn suppressed() -> NotificationSuppressed {
    NotificationSuppressed {
        notification: id(3),
        interview: id(2),
        message: message(),
        reason: SuppressReason::Stale,
    }
}

pub(super) fn fail() -> Fail {
    Fail {
        notification: id(3),
        message: message(),
        code: "550".to_owned(),
    }
}

pub(super) fn failed() -> DeliveryFailed {
    DeliveryFailed {
        notification: id(3),
        interview: id(2),
        message: message(),
        code: "550".to_owned(),
    }
}
