//! Another official client, of another language, works with the stand-in as it does with a node: the stand-in does not
//! only fit the client that it was written beside.

use std::{process::Output, time::Duration};

use domain::envelope::StreamId;
use futures::TryStreamExt;
use store::{
    contract::{append, event, write},
    log::{Append, Filter, Log, Query},
};
use tempfile::TempDir;
use tokio::{process::Command, task::spawn_blocking, time::timeout};

use crate::{python::python, support::on_stand_in};

/// Appends, is refused, reads back and forth; answers with what it saw, one line each.
const SCRIPT: &str = r#"
import faulthandler, os, sys, uuid
from kurrentdbclient import KurrentDBClient, NewEvent, StreamState
from kurrentdbclient.exceptions import NotFoundError, WrongCurrentVersionError

# Where it hangs, should it hang.
faulthandler.dump_traceback_later(60, exit=True)
client = KurrentDBClient(sys.argv[1])
ours = sys.argv[2]
new = lambda number: NewEvent(type="noted", data=b'{"n": %d}' % number, metadata=b"{}", id=uuid.UUID(int=number))

first = client.append_to_stream("python-1", current_version=StreamState.NO_STREAM, events=new(1))
second = client.append_to_stream("python-1", current_version=0, events=[new(2), new(3)])
again = client.append_to_stream("python-1", current_version=0, events=[new(2), new(3)])
print("positions grow", first < second, "a repeat is one", second == again)
for expected in (0, 7, StreamState.NO_STREAM):
    try:
        client.append_to_stream("python-1", current_version=expected, events=new(9))
        print("taken")
    except WrongCurrentVersionError:
        print("refused")
    try:
        client.append_to_stream("python-1", current_version=expected, events=[new(9)])
        print("taken")
    except WrongCurrentVersionError:
        print("refused")
forwards = client.get_stream("python-1")
print("forwards", [(e.stream_position, e.type, e.data.decode(), e.id.int) for e in forwards])
backwards = client.get_stream("python-1", backwards=True, limit=2)
print("backwards", [e.stream_position for e in backwards])
try:
    client.get_stream("python-2")
except NotFoundError:
    print("not found")
everything = [e for e in client.read_all(filter_exclude=()) if not e.stream_name.startswith("$")]
print("all", [e.stream_name for e in everything])
print("in order", all(a.commit_position < b.commit_position for a, b in zip(everything, everything[1:])))
print("from a position", len([e for e in client.read_all(commit_position=second, filter_exclude=())]) >= 1)
theirs = client.get_stream(ours)
print("ours", [(e.type, e.data.decode()) for e in theirs])
client.delete_stream("python-1", current_version=2)
try:
    client.get_stream("python-1")
except NotFoundError:
    print("deleted")
client.close()
# grpc's own clean-up when Python ends hangs now and then; everything has been said.
os._exit(0)
"#;

/// No step takes a tenth of it; what hangs is named, and not waited for until the whole run is given up.
const PATIENCE: Duration = Duration::from_secs(120);

/// Runs a program to its end.
async fn run(what: &str, command: &mut Command) -> Option<Output> {
    let running = command.kill_on_drop(true).output();
    let ended = timeout(PATIENCE, running).await;
    ended.unwrap_or_else(|_| panic!("{what} hangs")).ok()
}

fn stream() -> StreamId {
    write(1, 0, vec![]).stream
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_official_client_for_python_works_with_the_stand_in() {
    let folder = TempDir::new().unwrap();
    let place = folder.path().to_owned();
    let installing = spawn_blocking(move || python(&place, "kurrentdbclient==1.3.5"));
    let installed = timeout(PATIENCE, installing)
        .await
        .expect("installing the client hangs");
    let Some(python) = installed.unwrap() else {
        return;
    };
    on_stand_in(async |node, ground| {
        let log = ground.open().await;
        let ours = Append {
            writes: vec![write(1, 0, vec![event("happened"), event("happened")])],
            ..append(1)
        };
        log.append(ours).await.unwrap();

        let (url, name) = (node.url(), stream().to_string());
        let mut client = Command::new(&python);
        client.args(["-u", "-c", SCRIPT, &url, &name]);
        let ran = run("the client", &mut client).await.unwrap();

        let said = String::from_utf8_lossy(&ran.stdout);
        assert!(ran.status.success(), "{said}\n{}", String::from_utf8_lossy(&ran.stderr));
        let name = stream().to_string();
        let expected = [
            "positions grow True a repeat is one True",
            "refused\nrefused\nrefused\nrefused\nrefused\nrefused",
            r#"forwards [(0, 'noted', '{"n": 1}', 1), (1, 'noted', '{"n": 2}', 2), (2, 'noted', '{"n": 3}', 3)]"#,
            "backwards [2, 1]",
            "not found",
            &format!("all ['{name}', '{name}', 'python-1', 'python-1', 'python-1']"),
            "in order True",
            "from a position True",
            r#"ours [('happened', '{"some":"thing"}'), ('happened', '{"some":"thing"}')]"#,
            "deleted",
        ];
        assert_eq!(said.trim(), expected.join("\n"));
        // What others keep in the cluster is none of ours.
        let events: Vec<_> = log.read(Query::forward(Filter::All)).try_collect().await.unwrap();
        assert_eq!(events.len(), 2);
    })
    .await;
}
