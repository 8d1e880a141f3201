//! What the callers of the helper process append: known from the caller and a number alone, so that whoever reads the
//! log can say what must be there.

use domain::{envelope::StreamId, ids::CommandId};
use store::{
    contract::{append, event, write},
    log::{Append, StreamWrite},
};

/// Callers at the same time; each has a stream of its own.
pub(crate) const CALLERS: u64 = 16;

/// Streams that callers share, so that some appends conflict and are sent again.
pub(crate) const SHARED: u64 = 4;

/// What no caller reaches.
const PER_CALLER: u64 = 1_000_000;

/// The stream of a caller.
pub(crate) fn own_stream(caller: u64) -> StreamId {
    write(caller, 0, vec![]).stream
}

/// The stream that a caller shares with others.
pub(crate) fn shared_stream(caller: u64) -> StreamId {
    write(1_000 + caller % SHARED, 0, vec![]).stream
}

fn command_number(caller: u64, number: u64) -> u64 {
    assert!(number < PER_CALLER, "more appends than a caller has numbers");
    caller * PER_CALLER + number
}

/// The command of a caller's append.
pub(crate) fn command(caller: u64, number: u64) -> CommandId {
    append(command_number(caller, number)).command.command_id
}

/// How many events an append adds to its caller's own stream.
pub(crate) const fn own_events(number: u64) -> u64 {
    1 + number % 3
}

/// Every fourth append also adds one event to the shared stream.
pub(crate) const fn is_shared(number: u64) -> bool {
    number % 4 == 3
}

/// The append, to streams at these versions.
pub(crate) fn load(caller: u64, number: u64, own: u64, shared: u64) -> Append {
    let events = (0..own_events(number)).map(|_| event("loaded")).collect();
    let mut writes = vec![StreamWrite {
        stream: own_stream(caller),
        expected: own,
        events,
    }];
    if is_shared(number) {
        writes.push(StreamWrite {
            stream: shared_stream(caller),
            expected: shared,
            events: vec![event("shared")],
        });
    }
    Append {
        writes,
        ..append(command_number(caller, number))
    }
}
