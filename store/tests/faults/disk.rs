//! Failing disks: what cannot be made durable is not acknowledged, and once the disk works again, so does the log.

use std::{
    fs::{self, File},
    io::Write,
    path::{Path, PathBuf},
    process::Stdio,
};

use tokio::{
    io::{AsyncBufReadExt, BufReader},
    process::{Child, Command},
};

use crate::{
    helper::{Helper, Place, Said},
    ledger::Ledger,
    quick_or_long,
    support::{Sqlite, skip::skip},
};

/// A helper, and what was heard of it.
struct Watched {
    helper: Helper,
    ledger: Ledger,
}

impl Watched {
    async fn start(place: &Place) -> Self {
        let ledger = Ledger::new();
        let mut watched = Self {
            helper: Helper::start(place, ledger.from()).await,
            ledger,
        };
        watched.hear_stored(50).await;
        watched
    }

    async fn hear(&mut self) -> Said {
        let said = self.helper.next().await.expect("the helper ended by itself");
        self.ledger.hear(said);
        said
    }

    /// Listens until so many appends were acknowledged.
    async fn hear_stored(&mut self, count: usize) {
        let mut stored = 0;
        while stored < count {
            stored += usize::from(matches!(self.hear().await, Said::Stored { .. }));
        }
    }

    /// Listens until so many appends were refused as unavailable; returns how many were stored behind the first one.
    async fn hear_unavailable(&mut self, count: usize) -> usize {
        let (mut unavailable, mut stored) = (0, 0);
        while unavailable < count {
            match self.hear().await {
                Said::Unavailable { .. } => unavailable += 1,
                Said::Stored { .. } => stored += usize::from(unavailable > 0),
                Said::Lied { .. } | Said::Failed { .. } => unreachable!("the ledger does not hear of them"),
            }
        }
        stored
    }

    /// Kills the helper and checks the log it leaves.
    async fn end(mut self, place: &Place) -> Ledger {
        for said in self.helper.kill().await {
            self.ledger.hear(said);
        }
        self.ledger.check(&*place.open().await).await;
        self.ledger
    }
}

/// strace, attached to a helper: every one of these calls fails until it is detached.
struct Fault(Child);

impl Fault {
    /// `None` after saying why not: strace is missing, or may not attach, as in some containers.
    async fn begin(helper: &Helper, calls: &str) -> Option<Self> {
        let strace = Command::new("strace")
            .args(["-f", "-p", &helper.child.id().unwrap().to_string()])
            .args([
                "-e",
                &format!("trace={calls}"),
                "-e",
                &format!("inject={calls}:error=EIO"),
            ])
            .stderr(Stdio::piped())
            .stdout(Stdio::null())
            .kill_on_drop(true)
            .spawn();
        let Ok(mut strace) = strace else {
            skip("strace, which makes the calls of a process fail");
            return None;
        };
        let mut lines = BufReader::new(strace.stderr.take().unwrap()).lines();
        let first = lines.next_line().await.unwrap().unwrap_or_default();
        if !first.contains("attached") {
            eprintln!("skipped: strace may not attach to a process here: {first}");
            return None;
        }
        // It must be able to go on writing.
        tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
        Some(Self(strace))
    }

    async fn end(mut self) {
        let pid = self.0.id().unwrap().to_string();
        assert!(
            Command::new("kill")
                .args(["-INT", &pid])
                .status()
                .await
                .unwrap()
                .success()
        );
        self.0.wait().await.unwrap();
    }
}

/// While every one of `calls` fails, nothing is acknowledged; afterwards the same process goes on.
async fn assert_nothing_is_acknowledged_falsely(calls: &str) {
    let database = Sqlite::new();
    let place = Place::File(database.file());
    let mut watched = Watched::start(&place).await;
    for _ in 0..quick_or_long(3, 20) {
        let Some(fault) = Fault::begin(&watched.helper, calls).await else {
            return;
        };
        // The first refusal may come while other threads are not attached yet; the second crowd cannot.
        watched.hear_unavailable(40).await;
        assert_eq!(
            watched.hear_unavailable(40).await,
            0,
            "acknowledged without {calls}"
        );
        fault.end().await;
        watched.hear_stored(50).await;
    }
    let ledger = watched.end(&place).await;
    eprintln!(
        "{} appends acknowledged around failing {calls}",
        ledger.acknowledged()
    );
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_while_the_disk_does_not_sync() {
    assert_nothing_is_acknowledged_falsely("fsync,fdatasync").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_acknowledged_while_the_disk_does_not_write() {
    assert_nothing_is_acknowledged_falsely("pwrite64").await;
}

/// A small disk in memory. Unmounted when dropped.
struct SmallDisk(PathBuf);

impl SmallDisk {
    async fn mount(folder: &Path) -> Result<Self, String> {
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=32m", "greenroom_test"])
            .arg(folder)
            .stderr(Stdio::piped())
            .output()
            .await
            .map_err(|error| format!("mount: {error}"))?;
        if mounted.status.success() {
            Ok(Self(folder.to_owned()))
        } else {
            Err(format!(
                "no small disk: {}",
                String::from_utf8_lossy(&mounted.stderr).trim()
            ))
        }
    }

    fn filler(&self) -> PathBuf {
        self.0.join("filler")
    }

    fn fill(&self) {
        let mut filler = File::create(self.filler()).unwrap();
        while filler.write_all(&[0; 4096]).is_ok() {}
    }

    fn empty(&self) {
        fs::remove_file(self.filler()).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let unmounted = std::process::Command::new("umount")
            .arg("-l")
            .arg(&self.0)
            .status();
        assert!(
            unmounted.is_ok_and(|status| status.success()),
            "{} is still mounted",
            self.0.display()
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_full_disk_is_unavailable_until_there_is_room_again() {
    let database = Sqlite::new();
    let disk = match SmallDisk::mount(database.folder()).await {
        Ok(disk) => disk,
        Err(why) => return eprintln!("skipped: {why}"),
    };
    let place = Place::File(database.file());
    let mut watched = Watched::start(&place).await;

    for _ in 0..quick_or_long(2, 5) {
        disk.fill();
        watched.hear_unavailable(40).await;
        disk.empty();
        watched.hear_stored(50).await;
    }

    let ledger = watched.end(&place).await;
    eprintln!(
        "{} appends acknowledged around a full disk",
        ledger.acknowledged()
    );
}
