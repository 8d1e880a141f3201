//! Why an event cannot be folded.

use domain::fact::Fact;
use store::codec::{CodecError, CodecErrorKind};

use domain::event::DecodeError;

macro_rules! faults {
    ($($(#[doc = $sentence:literal])* $fault:ident = $code:literal;)*) => {
        /// Why an event cannot be folded, or a row not be read or written. Never tells what is in the event or the row.
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum Fault {
            $($(#[doc = $sentence])* $fault),*
        }

        impl Fault {
            /// Every one.
            pub const ALL: &[Self] = &[$(Self::$fault),*];

            /// The short code that is stored. Frozen.
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$fault => $code),*
                }
            }

            /// A sentence for people.
            pub const fn sentence(self) -> &'static str {
                match self {
                    $(Self::$fault => concat!($($sentence),*).trim_ascii()),*
                }
            }
        }
    };
}

faults! {
    /// No event of this build has this name: a newer build may have written it.
    UnknownType = "unknown_type";
    /// This build knows the event, but not in this version: a newer build may have written it.
    UnknownVersion = "unknown_version";
    /// The payload is not JSON.
    NotJson = "not_json";
    /// The payload is JSON, but not of the event's shape.
    WrongShape = "wrong_shape";
    /// A step from an old version to a newer one failed.
    Undecodable = "undecodable";
    /// The read model's code failed at this event: a mistake in it, which a later build mends.
    FoldFailed = "fold_failed";
    /// The row before the event cannot be read: something else than this code wrote it. Trying again folds it anew.
    RowUnreadable = "row_unreadable";
    /// The row after the event cannot be written.
    RowUnwritable = "row_unwritable";
    /// Another build says why, in words that this one does not know.
    Other = "other";
}

impl Fault {
    /// What a stored code means.
    pub fn of_code(code: &str) -> Self {
        let known = Self::ALL.iter().find(|fault| fault.code() == code);
        known.copied().unwrap_or(Self::Other)
    }

    /// Why a stored event cannot be read.
    pub(crate) fn of_codec(error: &CodecError) -> Self {
        match &error.source {
            CodecErrorKind::Decode(DecodeError::Unknown { name, .. }) => {
                if Fact::types().iter().any(|event| event.wire.name == name) {
                    Self::UnknownVersion
                } else {
                    Self::UnknownType
                }
            }
            CodecErrorKind::Decode(DecodeError::Shape { source, .. }) if source.is_data() => Self::WrongShape,
            CodecErrorKind::Decode(DecodeError::Shape { .. }) | CodecErrorKind::Json(_) => Self::NotJson,
            CodecErrorKind::Upcast { .. } | CodecErrorKind::Endless => Self::Undecodable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_is_known_again_by_its_code() {
        for fault in Fault::ALL {
            assert_eq!(Fault::of_code(fault.code()), *fault);
            assert!(fault.sentence().ends_with('.'), "{}", fault.sentence());
        }
        assert_eq!(Fault::of_code("gremlins"), Fault::Other);
    }
}
