//! One call: from gRPC to the node and back, or what goes wrong instead.

#![expect(
    clippy::result_large_err,
    reason = "the size of a refusal is tonic's choice, and does not matter here"
)]

use std::{
    convert::Infallible,
    future::pending,
    sync::{Arc, atomic::Ordering},
};

use bytes::Bytes;
use futures::{
    StreamExt,
    stream::{self, BoxStream},
};
use http::{Request as HttpRequest, Response as HttpResponse};
use hyper::body::Incoming;
use prost::Message;
use tonic::{
    Code, Request, Response, Status, Streaming, body::BoxBody, codec::ProstCodec, metadata::MetadataMap,
    server::Grpc,
};
use tower::service_fn;
use uuid::Uuid;

use crate::{
    Shared,
    faults::{Fault, On},
    node::{Appended, Expected, From, Proposed, Refused, Stored},
    wire::{
        AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, ClusterInfo, DeleteReq, DeleteResp, EndPoint,
        MemberInfo, Position, ProposedMessage, ReadReq, ReadResp, StreamExpectation, StreamIdentifier,
        SupportedMethod, SupportedMethods, append_req, append_resp, batch_append_resp, read_req, read_resp,
        uuid as wire_uuid,
    },
};

/// Larger than any append.
const MOST_BYTES: usize = 128 << 20;
/// The version that the node says it has.
const VERSION: &str = "25.1.0";
const STREAMS: &str = "event_store.client.streams.Streams";

/// The answers of one connection.
#[derive(Clone)]
pub(crate) struct Calls(pub(crate) Arc<Shared>);

fn grpc<Req, Resp>() -> Grpc<ProstCodec<Resp, Req>>
where
    Req: Message + Default + Send + 'static,
    Resp: Message + Send + 'static,
{
    Grpc::new(ProstCodec::default())
        .max_decoding_message_size(MOST_BYTES)
        .max_encoding_message_size(MOST_BYTES)
}

impl Calls {
    pub(crate) async fn answer(
        self,
        request: HttpRequest<Incoming>,
    ) -> Result<HttpResponse<BoxBody>, Infallible> {
        self.0.calls.fetch_add(1, Ordering::SeqCst);
        let path = request.uri().path().trim_start_matches('/').to_owned();
        let method = path.strip_prefix(STREAMS).unwrap_or(&path);
        Ok(match method {
            "/Read" => {
                let read = service_fn(|request| self.read(request));
                grpc::<ReadReq, ReadResp>().server_streaming(read, request).await
            }
            "/Append" => {
                let append = service_fn(|request| self.append(request));
                grpc::<AppendReq, AppendResp>()
                    .client_streaming(append, request)
                    .await
            }
            "/BatchAppend" => {
                let append = service_fn(|request| self.clone().batch_append(request));
                grpc::<BatchAppendReq, BatchAppendResp>()
                    .streaming(append, request)
                    .await
            }
            "/Delete" => {
                let delete = service_fn(|request| self.delete(request));
                grpc::<DeleteReq, DeleteResp>().unary(delete, request).await
            }
            "event_store.client.server_features.ServerFeatures/GetSupportedMethods" => {
                let features = service_fn(|_: Request<()>| async { Ok(Response::new(supported())) });
                grpc::<(), SupportedMethods>().unary(features, request).await
            }
            "event_store.client.gossip.Gossip/Read" => {
                let gossip = service_fn(|_: Request<()>| async { Ok(Response::new(self.members())) });
                grpc::<(), ClusterInfo>().unary(gossip, request).await
            }
            _ => Status::unimplemented(path).into_http(),
        })
    }

    /// What a fault does before the call is carried out.
    async fn before(&self, fault: Option<Fault>) -> Result<(), Status> {
        match fault {
            Some(Fault::NotLeader) => Err(self.not_leader()),
            Some(Fault::DeadlineBefore) => Err(Status::deadline_exceeded("Operation timed out")),
            Some(Fault::Unavailable) => Err(Status::unavailable("Server Is Not Ready")),
            Some(Fault::Hang) => pending().await,
            Some(Fault::DeadlineAfter | Fault::CloseCleanly | Fault::CutAfter) | None => Ok(()),
        }
    }

    /// What a fault does to an answer.
    async fn after(&self, fault: Option<Fault>) -> Result<(), Status> {
        match fault {
            Some(Fault::DeadlineAfter) => Err(Status::deadline_exceeded("Operation timed out")),
            Some(Fault::CutAfter) => {
                self.0.cut();
                pending().await
            }
            Some(
                Fault::NotLeader
                | Fault::DeadlineBefore
                | Fault::Unavailable
                | Fault::Hang
                | Fault::CloseCleanly,
            )
            | None => Ok(()),
        }
    }

    fn not_leader(&self) -> Status {
        let mut metadata = MetadataMap::new();
        let (host, port) = (self.0.address.ip().to_string(), self.0.address.port());
        metadata.insert("exception", "not-leader".parse().expect("it is plain text"));
        metadata.insert(
            "leader-endpoint-host",
            host.parse().expect("an address is plain text"),
        );
        metadata.insert("leader-endpoint-port", port.into());
        Status::with_metadata(Code::NotFound, "Leader info available", metadata)
    }

    async fn read(
        &self,
        request: Request<ReadReq>,
    ) -> Result<Response<BoxStream<'static, Result<ReadResp, Status>>>, Status> {
        let fault = self.0.faults.next(On::Read);
        self.before(fault).await?;
        let answers = self.found(request.into_inner().options.ok_or_else(missing)?)?;
        self.after(fault).await?;
        if fault == Some(Fault::CloseCleanly) {
            return Ok(Response::new(stream::empty().boxed()));
        }
        Ok(Response::new(stream::iter(answers.into_iter().map(Ok)).boxed()))
    }

    fn found(&self, options: read_req::Options) -> Result<Vec<ReadResp>, Status> {
        let most = match options.count_option {
            Some(read_req::CountOption::Count(count)) => usize::try_from(count).unwrap_or(usize::MAX),
            Some(read_req::CountOption::Subscription(())) => {
                return Err(Status::unimplemented("subscriptions"));
            }
            None => return Err(missing()),
        };
        if matches!(options.filter_option, Some(read_req::FilterOption::Filter(()))) {
            return Err(Status::unimplemented("filters"));
        }
        let backwards = options.read_direction == 1;
        let text = matches!(
            options.uuid_option.and_then(|form| form.content),
            Some(read_req::UuidForm::String(()))
        );
        let node = self.0.node();
        let events = match options.stream_option.ok_or_else(missing)? {
            read_req::StreamOption::All(all) => {
                let from = match all.all_option.ok_or_else(missing)? {
                    read_req::AllOption::Position(position) => From::At(position.commit_position),
                    read_req::AllOption::Start(()) => From::Start,
                    read_req::AllOption::End(()) => From::End,
                };
                let events = node.read_all(from, backwards, most);
                events.ok_or_else(|| Status::invalid_argument("not a position"))?
            }
            read_req::StreamOption::Stream(options) => {
                let name = named(options.stream_identifier.as_ref())?;
                let from = match options.revision_option.ok_or_else(missing)? {
                    read_req::RevisionOption::Revision(revision) => From::At(revision),
                    read_req::RevisionOption::Start(()) => From::Start,
                    read_req::RevisionOption::End(()) => From::End,
                };
                let Some(events) = node.read_stream(&name, from, backwards, most) else {
                    let stream_identifier = options.stream_identifier;
                    let not_found = read_resp::StreamNotFound { stream_identifier };
                    return Ok(vec![ReadResp {
                        content: Some(read_resp::Content::StreamNotFound(not_found)),
                    }]);
                };
                events
            }
        };
        Ok(events.into_iter().map(|event| told(event, text)).collect())
    }

    async fn append(&self, request: Request<Streaming<AppendReq>>) -> Result<Response<AppendResp>, Status> {
        let mut messages = request.into_inner();
        let mut options = None;
        let mut events = Vec::new();
        while let Some(message) = messages.message().await? {
            match message.content.ok_or_else(missing)? {
                append_req::Content::Options(given) => options = Some(given),
                append_req::Content::ProposedMessage(event) => events.push(proposed(event)?),
            }
        }
        let options = options.ok_or_else(missing)?;
        let fault = self.0.faults.next(On::Append);
        self.before(fault).await?;
        let done = self.0.node().append(
            &named(options.stream_identifier.as_ref())?,
            expected(&options)?,
            events,
        );
        self.after(fault).await?;
        if fault == Some(Fault::CloseCleanly) {
            // As near as an answer of one message comes to an end without a word.
            return Err(Status::internal("Missing response message."));
        }
        let answer = match done {
            Ok(appended) => append_resp::Answer::Success(success(appended)),
            Err(Refused::WrongExpectedVersion { current }) => {
                append_resp::Answer::WrongExpectedVersion(wrong(current, &options))
            }
            Err(Refused::TooLarge { most }) => return Err(too_large(most)),
        };
        Ok(Response::new(AppendResp { answer: Some(answer) }))
    }

    async fn batch_append(
        self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<BoxStream<'static, Result<BatchAppendResp, Status>>>, Status> {
        let answers = stream::unfold((self, request.into_inner()), |(calls, mut batches)| async move {
            let answer = match batches.message().await {
                Ok(None) => return None,
                Ok(Some(batch)) => calls.append_batch(batch),
                Err(status) => Err(status),
            };
            Some((answer, (calls, batches)))
        });
        Ok(Response::new(answers.boxed()))
    }

    fn append_batch(&self, batch: BatchAppendReq) -> Result<BatchAppendResp, Status> {
        if !batch.is_final {
            return Err(Status::unimplemented("batches in several parts"));
        }
        let options = batch.options.ok_or_else(missing)?;
        let events: Result<_, _> = batch.proposed_messages.into_iter().map(proposed).collect();
        let name = named(options.stream_identifier.as_ref())?;
        let answer = match self.0.node().append(&name, expected(&options)?, events?) {
            Ok(appended) => batch_append_resp::Answer::Success(success(appended)),
            Err(Refused::WrongExpectedVersion { current }) => {
                batch_append_resp::Answer::Error(wrong_status(current))
            }
            Err(Refused::TooLarge { most }) => return Err(too_large(most)),
        };
        Ok(BatchAppendResp {
            correlation_id: batch.correlation_id,
            answer: Some(answer),
            stream_identifier: options.stream_identifier,
        })
    }

    async fn delete(&self, request: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        let options = request.into_inner().options.ok_or_else(missing)?;
        let name = named(options.stream_identifier.as_ref())?;
        let position = self.0.node().delete(&name, expected(&options)?);
        let position = position.map_err(|_| {
            let mut metadata = MetadataMap::new();
            metadata.insert(
                "exception",
                "wrong-expected-version".parse().expect("it is plain text"),
            );
            Status::with_metadata(
                Code::FailedPrecondition,
                "Delete failed due to WrongExpectedVersion.",
                metadata,
            )
        })?;
        Ok(Response::new(DeleteResp {
            position: Some(at(position)),
        }))
    }

    fn members(&self) -> ClusterInfo {
        ClusterInfo {
            members: vec![MemberInfo {
                instance_id: Some(text_id(Uuid::from_u128(1))),
                time_stamp: 0,
                state: 8,
                is_alive: true,
                http_end_point: Some(EndPoint {
                    address: self.0.address.ip().to_string(),
                    port: u32::from(self.0.address.port()),
                }),
            }],
        }
    }
}

fn supported() -> SupportedMethods {
    let method = |method_name: &str| SupportedMethod {
        method_name: method_name.to_owned(),
        service_name: STREAMS.to_lowercase(),
        features: Vec::new(),
    };
    SupportedMethods {
        methods: ["append", "batchappend", "delete", "read"].map(method).into(),
        event_store_server_version: VERSION.to_owned(),
    }
}

fn missing() -> Status {
    Status::invalid_argument("a part of the request is missing")
}

fn named(identifier: Option<&StreamIdentifier>) -> Result<Bytes, Status> {
    Ok(identifier.ok_or_else(missing)?.stream_name.clone())
}

fn expected(options: &StreamExpectation) -> Result<Expected, Status> {
    Ok(match options.expected.as_ref().ok_or_else(missing)? {
        append_req::Expected::Revision(revision) => Expected::Revision(*revision),
        append_req::Expected::NoStream(()) => Expected::NoStream,
        append_req::Expected::Any(()) => Expected::Any,
        append_req::Expected::StreamExists(()) => Expected::StreamExists,
    })
}

fn proposed(message: ProposedMessage) -> Result<Proposed, Status> {
    let id = match message.id.and_then(|id| id.value).ok_or_else(missing)? {
        wire_uuid::Value::Structured(parts) => Uuid::from_u64_pair(
            parts.most_significant_bits.cast_unsigned(),
            parts.least_significant_bits.cast_unsigned(),
        ),
        wire_uuid::Value::String(text) => text
            .parse()
            .map_err(|_| Status::invalid_argument("an id is not one"))?,
    };
    let event_type = message
        .metadata
        .get("type")
        .is_some_and(|event_type| !event_type.is_empty());
    if !event_type || !message.metadata.contains_key("content-type") {
        return Err(missing());
    }
    Ok(Proposed {
        id,
        metadata: message.metadata,
        custom_metadata: message.custom_metadata,
        data: message.data,
    })
}

fn text_id(id: Uuid) -> crate::wire::Uuid {
    crate::wire::Uuid {
        value: Some(wire_uuid::Value::String(id.to_string())),
    }
}

fn structured_id(id: Uuid) -> crate::wire::Uuid {
    let (most, least) = id.as_u64_pair();
    crate::wire::Uuid {
        value: Some(wire_uuid::Value::Structured(wire_uuid::Structured {
            most_significant_bits: most.cast_signed(),
            least_significant_bits: least.cast_signed(),
        })),
    }
}

fn at(position: u64) -> Position {
    Position {
        commit_position: position,
        prepare_position: position,
    }
}

fn told(stored: Stored, text: bool) -> ReadResp {
    let id = stored.event.id;
    let event = read_resp::RecordedEvent {
        id: Some(if text { text_id(id) } else { structured_id(id) }),
        stream_identifier: Some(StreamIdentifier {
            stream_name: stored.stream,
        }),
        stream_revision: stored.revision,
        prepare_position: stored.position,
        commit_position: stored.position,
        metadata: stored.event.metadata,
        custom_metadata: stored.event.custom_metadata,
        data: stored.event.data,
    };
    ReadResp {
        content: Some(read_resp::Content::Event(read_resp::ReadEvent {
            event: Some(event),
            position: Some(read_resp::EventPosition::CommitPosition(stored.position)),
        })),
    }
}

fn success(appended: Appended) -> append_resp::Success {
    append_resp::Success {
        current_revision: Some(match appended.revision {
            Some(revision) => append_resp::CurrentRevision::CurrentRevision(revision),
            None => append_resp::CurrentRevision::NoStream(()),
        }),
        position: Some(match appended.position {
            Some(position) => append_resp::AppendPosition::Position(at(position)),
            None => append_resp::AppendPosition::NoPosition(()),
        }),
    }
}

fn wrong(current: Option<u64>, options: &StreamExpectation) -> append_resp::WrongExpectedVersion {
    let expected = match options.expected.as_ref() {
        Some(append_req::Expected::Revision(revision)) => append_resp::WrongExpected::Revision(*revision),
        Some(append_req::Expected::NoStream(())) => append_resp::WrongExpected::NoStream(()),
        Some(append_req::Expected::StreamExists(())) => append_resp::WrongExpected::StreamExists(()),
        Some(append_req::Expected::Any(())) | None => append_resp::WrongExpected::Any(()),
    };
    append_resp::WrongExpectedVersion {
        current: Some(match current {
            Some(revision) => append_resp::WrongCurrent::Revision(revision),
            None => append_resp::WrongCurrent::NoStream(()),
        }),
        expected: Some(expected),
    }
}

fn wrong_status(current: Option<u64>) -> batch_append_resp::Status {
    let details = batch_append_resp::WrongExpectedVersion {
        current: Some(match current {
            Some(revision) => batch_append_resp::Current::Revision(revision),
            None => batch_append_resp::Current::NoStream(()),
        }),
    };
    batch_append_resp::Status {
        code: 6,
        message: "WrongExpectedVersion".to_owned(),
        details: Some(batch_append_resp::AnyMessage {
            type_url: "type.googleapis.com/event_store.client.WrongExpectedVersion".to_owned(),
            value: details.encode_to_vec().into(),
        }),
    }
}

fn too_large(most: usize) -> Status {
    let mut metadata = MetadataMap::new();
    metadata.insert(
        "exception",
        "maximum-append-size-exceeded".parse().expect("it is plain text"),
    );
    metadata.insert("maximum-append-size", most.into());
    Status::with_metadata(
        Code::InvalidArgument,
        format!("Maximum Append Size of {most} Exceeded."),
        metadata,
    )
}
