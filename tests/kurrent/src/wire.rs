//! The messages of the protocol, written from the `.proto` files that the client ships: only the fields that official
//! clients use. Names are those of the files.

use std::collections::HashMap;

use bytes::Bytes;
use prost::{Message, Oneof};

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Uuid {
    #[prost(oneof = "uuid::Value", tags = "1, 2")]
    pub(crate) value: Option<uuid::Value>,
}

pub(crate) mod uuid {
    use super::*;

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum Value {
        #[prost(message, tag = "1")]
        Structured(Structured),
        #[prost(string, tag = "2")]
        String(String),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Structured {
        #[prost(int64, tag = "1")]
        pub(crate) most_significant_bits: i64,
        #[prost(int64, tag = "2")]
        pub(crate) least_significant_bits: i64,
    }
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct StreamIdentifier {
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) stream_name: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct Position {
    #[prost(uint64, tag = "1")]
    pub(crate) commit_position: u64,
    #[prost(uint64, tag = "2")]
    pub(crate) prepare_position: u64,
}

/// One proposed event, of an append and of a batch.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct ProposedMessage {
    #[prost(message, optional, tag = "1")]
    pub(crate) id: Option<Uuid>,
    #[prost(map = "string, string", tag = "2")]
    pub(crate) metadata: HashMap<String, String>,
    #[prost(bytes = "bytes", tag = "3")]
    pub(crate) custom_metadata: Bytes,
    #[prost(bytes = "bytes", tag = "4")]
    pub(crate) data: Bytes,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadReq {
    #[prost(message, optional, tag = "1")]
    pub(crate) options: Option<read_req::Options>,
}

pub(crate) mod read_req {
    use super::*;

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Options {
        #[prost(oneof = "StreamOption", tags = "1, 2")]
        pub(crate) stream_option: Option<StreamOption>,
        /// 0 forwards, 1 backwards.
        #[prost(int32, tag = "3")]
        pub(crate) read_direction: i32,
        #[prost(oneof = "CountOption", tags = "5, 6")]
        pub(crate) count_option: Option<CountOption>,
        #[prost(oneof = "FilterOption", tags = "7, 8")]
        pub(crate) filter_option: Option<FilterOption>,
        #[prost(message, optional, tag = "9")]
        pub(crate) uuid_option: Option<UuidOption>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum StreamOption {
        #[prost(message, tag = "1")]
        Stream(StreamOptions),
        #[prost(message, tag = "2")]
        All(AllOptions),
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum CountOption {
        #[prost(uint64, tag = "5")]
        Count(u64),
        #[prost(message, tag = "6")]
        Subscription(()),
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum FilterOption {
        #[prost(message, tag = "7")]
        Filter(()),
        #[prost(message, tag = "8")]
        NoFilter(()),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct StreamOptions {
        #[prost(message, optional, tag = "1")]
        pub(crate) stream_identifier: Option<StreamIdentifier>,
        #[prost(oneof = "RevisionOption", tags = "2, 3, 4")]
        pub(crate) revision_option: Option<RevisionOption>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum RevisionOption {
        #[prost(uint64, tag = "2")]
        Revision(u64),
        #[prost(message, tag = "3")]
        Start(()),
        #[prost(message, tag = "4")]
        End(()),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct AllOptions {
        #[prost(oneof = "AllOption", tags = "1, 2, 3")]
        pub(crate) all_option: Option<AllOption>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum AllOption {
        #[prost(message, tag = "1")]
        Position(Position),
        #[prost(message, tag = "2")]
        Start(()),
        #[prost(message, tag = "3")]
        End(()),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct UuidOption {
        #[prost(oneof = "UuidForm", tags = "1, 2")]
        pub(crate) content: Option<UuidForm>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum UuidForm {
        #[prost(message, tag = "1")]
        Structured(()),
        #[prost(message, tag = "2")]
        String(()),
    }
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ReadResp {
    #[prost(oneof = "read_resp::Content", tags = "1, 4")]
    pub(crate) content: Option<read_resp::Content>,
}

pub(crate) mod read_resp {
    use super::*;

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum Content {
        #[prost(message, tag = "1")]
        Event(ReadEvent),
        #[prost(message, tag = "4")]
        StreamNotFound(StreamNotFound),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct StreamNotFound {
        #[prost(message, optional, tag = "1")]
        pub(crate) stream_identifier: Option<StreamIdentifier>,
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct ReadEvent {
        #[prost(message, optional, tag = "1")]
        pub(crate) event: Option<RecordedEvent>,
        #[prost(oneof = "EventPosition", tags = "3, 4")]
        pub(crate) position: Option<EventPosition>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum EventPosition {
        #[prost(uint64, tag = "3")]
        CommitPosition(u64),
        #[prost(message, tag = "4")]
        NoPosition(()),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct RecordedEvent {
        #[prost(message, optional, tag = "1")]
        pub(crate) id: Option<Uuid>,
        #[prost(message, optional, tag = "2")]
        pub(crate) stream_identifier: Option<StreamIdentifier>,
        #[prost(uint64, tag = "3")]
        pub(crate) stream_revision: u64,
        #[prost(uint64, tag = "4")]
        pub(crate) prepare_position: u64,
        #[prost(uint64, tag = "5")]
        pub(crate) commit_position: u64,
        #[prost(map = "string, string", tag = "6")]
        pub(crate) metadata: HashMap<String, String>,
        #[prost(bytes = "bytes", tag = "7")]
        pub(crate) custom_metadata: Bytes,
        #[prost(bytes = "bytes", tag = "8")]
        pub(crate) data: Bytes,
    }
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AppendReq {
    #[prost(oneof = "append_req::Content", tags = "1, 2")]
    pub(crate) content: Option<append_req::Content>,
}

/// Where a stream is expected, in the form that an append and a delete share.
#[derive(Clone, PartialEq, Message)]
pub(crate) struct StreamExpectation {
    #[prost(message, optional, tag = "1")]
    pub(crate) stream_identifier: Option<StreamIdentifier>,
    #[prost(oneof = "append_req::Expected", tags = "2, 3, 4, 5")]
    pub(crate) expected: Option<append_req::Expected>,
}

pub(crate) mod append_req {
    use super::*;

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum Content {
        #[prost(message, tag = "1")]
        Options(StreamExpectation),
        #[prost(message, tag = "2")]
        ProposedMessage(ProposedMessage),
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum Expected {
        #[prost(uint64, tag = "2")]
        Revision(u64),
        #[prost(message, tag = "3")]
        NoStream(()),
        #[prost(message, tag = "4")]
        Any(()),
        #[prost(message, tag = "5")]
        StreamExists(()),
    }
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct AppendResp {
    #[prost(oneof = "append_resp::Answer", tags = "1, 2")]
    pub(crate) answer: Option<append_resp::Answer>,
}

pub(crate) mod append_resp {
    use super::*;

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum Answer {
        #[prost(message, tag = "1")]
        Success(Success),
        #[prost(message, tag = "2")]
        WrongExpectedVersion(WrongExpectedVersion),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Success {
        #[prost(oneof = "CurrentRevision", tags = "1, 2")]
        pub(crate) current_revision: Option<CurrentRevision>,
        #[prost(oneof = "AppendPosition", tags = "3, 4")]
        pub(crate) position: Option<AppendPosition>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum CurrentRevision {
        #[prost(uint64, tag = "1")]
        CurrentRevision(u64),
        #[prost(message, tag = "2")]
        NoStream(()),
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum AppendPosition {
        #[prost(message, tag = "3")]
        Position(Position),
        #[prost(message, tag = "4")]
        NoPosition(()),
    }

    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct WrongExpectedVersion {
        #[prost(oneof = "WrongCurrent", tags = "6, 7")]
        pub(crate) current: Option<WrongCurrent>,
        #[prost(oneof = "WrongExpected", tags = "8, 9, 10, 11")]
        pub(crate) expected: Option<WrongExpected>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum WrongCurrent {
        #[prost(uint64, tag = "6")]
        Revision(u64),
        #[prost(message, tag = "7")]
        NoStream(()),
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum WrongExpected {
        #[prost(uint64, tag = "8")]
        Revision(u64),
        #[prost(message, tag = "9")]
        Any(()),
        #[prost(message, tag = "10")]
        StreamExists(()),
        #[prost(message, tag = "11")]
        NoStream(()),
    }
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BatchAppendReq {
    #[prost(message, optional, tag = "1")]
    pub(crate) correlation_id: Option<Uuid>,
    #[prost(message, optional, tag = "2")]
    pub(crate) options: Option<StreamExpectation>,
    #[prost(message, repeated, tag = "3")]
    pub(crate) proposed_messages: Vec<ProposedMessage>,
    #[prost(bool, tag = "4")]
    pub(crate) is_final: bool,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct BatchAppendResp {
    #[prost(message, optional, tag = "1")]
    pub(crate) correlation_id: Option<Uuid>,
    #[prost(oneof = "batch_append_resp::Answer", tags = "2, 3")]
    pub(crate) answer: Option<batch_append_resp::Answer>,
    #[prost(message, optional, tag = "4")]
    pub(crate) stream_identifier: Option<StreamIdentifier>,
}

pub(crate) mod batch_append_resp {
    use super::*;

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum Answer {
        #[prost(message, tag = "2")]
        Error(Status),
        #[prost(message, tag = "3")]
        Success(append_resp::Success),
    }

    /// `google.rpc.Status`.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct Status {
        #[prost(int32, tag = "1")]
        pub(crate) code: i32,
        #[prost(string, tag = "2")]
        pub(crate) message: String,
        #[prost(message, optional, tag = "3")]
        pub(crate) details: Option<AnyMessage>,
    }

    /// `google.protobuf.Any`.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct AnyMessage {
        #[prost(string, tag = "1")]
        pub(crate) type_url: String,
        #[prost(bytes = "bytes", tag = "2")]
        pub(crate) value: Bytes,
    }

    /// `event_store.client.WrongExpectedVersion`, as the details of a refused batch.
    #[derive(Clone, PartialEq, Message)]
    pub(crate) struct WrongExpectedVersion {
        #[prost(oneof = "Current", tags = "1, 2")]
        pub(crate) current: Option<Current>,
    }

    #[derive(Clone, PartialEq, Oneof)]
    pub(crate) enum Current {
        #[prost(uint64, tag = "1")]
        Revision(u64),
        #[prost(message, tag = "2")]
        NoStream(()),
    }
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DeleteReq {
    #[prost(message, optional, tag = "1")]
    pub(crate) options: Option<StreamExpectation>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct DeleteResp {
    #[prost(message, optional, tag = "1")]
    pub(crate) position: Option<Position>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SupportedMethods {
    #[prost(message, repeated, tag = "1")]
    pub(crate) methods: Vec<SupportedMethod>,
    #[prost(string, tag = "2")]
    pub(crate) event_store_server_version: String,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct SupportedMethod {
    #[prost(string, tag = "1")]
    pub(crate) method_name: String,
    #[prost(string, tag = "2")]
    pub(crate) service_name: String,
    #[prost(string, repeated, tag = "3")]
    pub(crate) features: Vec<String>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct ClusterInfo {
    #[prost(message, repeated, tag = "1")]
    pub(crate) members: Vec<MemberInfo>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct MemberInfo {
    #[prost(message, optional, tag = "1")]
    pub(crate) instance_id: Option<Uuid>,
    #[prost(int64, tag = "2")]
    pub(crate) time_stamp: i64,
    /// 8 is the leader.
    #[prost(int32, tag = "3")]
    pub(crate) state: i32,
    #[prost(bool, tag = "4")]
    pub(crate) is_alive: bool,
    #[prost(message, optional, tag = "5")]
    pub(crate) http_end_point: Option<EndPoint>,
}

#[derive(Clone, PartialEq, Message)]
pub(crate) struct EndPoint {
    #[prost(string, tag = "1")]
    pub(crate) address: String,
    #[prost(uint32, tag = "2")]
    pub(crate) port: u32,
}
