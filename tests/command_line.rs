//! The binary as people and scripts call it.

use std::{
    io::{BufRead, BufReader},
    path::Path,
    process::{Child, ChildStdout, Command, Output, Stdio},
};

use tempfile::TempDir;

fn greenroom(data_dir: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_greenroom"));
    for (name, _) in std::env::vars().filter(|(name, _)| name.starts_with("GREENROOM_")) {
        command.env_remove(name);
    }
    command.arg("--data-dir").arg(data_dir);
    command
}

fn run(data_dir: &Path, arguments: &[&str]) -> Output {
    greenroom(data_dir).args(arguments).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// A server at work, killed when the test is over.
struct Serving {
    process: Child,
    lines: BufReader<ChildStdout>,
}

impl Serving {
    fn start(data_dir: &Path, arguments: &[&str]) -> Self {
        let mut process = greenroom(data_dir)
            .args(["serve", "--listen", "127.0.0.1:0"])
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap());
        Self { process, lines }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.lines.read_line(&mut line).unwrap();
        line
    }

    fn terminate(&mut self) -> Option<i32> {
        let id = self.process.id().to_string();
        Command::new("kill").args(["-TERM", &id]).status().unwrap();
        self.process.wait().unwrap().code()
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn a_server_says_when_it_is_ready_and_ends_in_good_order() {
    let folder = TempDir::new().unwrap();
    let mut server = Serving::start(folder.path(), &[]);

    let ready = server.line();
    let code = server.terminate();

    assert!(ready.starts_with("ready http://127.0.0.1:"), "{ready}");
    assert_eq!(code, Some(0));
}

#[test]
fn the_simulated_clock_has_an_address_of_its_own() {
    let folder = TempDir::new().unwrap();
    let mut server = Serving::start(folder.path(), &["--simulated-clock", "2026-03-09T09:00:00Z"]);

    let (clock, ready) = (server.line(), server.line());

    assert!(clock.starts_with("clock http://127.0.0.1:"), "{clock}");
    assert!(ready.starts_with("ready "), "{ready}");
}

#[test]
fn tools_refuse_a_folder_that_a_server_owns_but_tokens_are_printed() {
    let folder = TempDir::new().unwrap();
    let mut server = Serving::start(folder.path(), &[]);
    server.line();

    let rebuild = run(folder.path(), &["rebuild"]);
    let skip = ["projections", "skip", "interviews", "1", "--reason", "None"];
    let skip = run(folder.path(), &skip);
    let time_zones = run(folder.path(), &["time-zones"]);
    let dry = run(folder.path(), &["time-zones", "--dry-run"]);
    let token = run(folder.path(), &["token", "--role", "admin"]);

    assert_eq!(rebuild.status.code(), Some(1));
    assert!(said(&rebuild).contains("stop the server"), "{}", said(&rebuild));
    assert_eq!(skip.status.code(), Some(1));
    assert!(said(&skip).contains("stop the server"), "{}", said(&skip));
    assert_eq!(time_zones.status.code(), Some(1));
    assert!(
        said(&time_zones).contains("stop the server"),
        "{}",
        said(&time_zones)
    );
    assert_eq!(dry.status.code(), Some(0), "{}", said(&dry));
    assert_eq!(token.stdout.iter().filter(|byte| **byte == b'.').count(), 2);
}

#[test]
fn the_simulated_clock_is_refused_beside_real_providers() {
    let folder = TempDir::new().unwrap();

    let refused = greenroom(folder.path())
        .args(["serve", "--listen", "127.0.0.1:0", "--simulated-clock"])
        .env("GREENROOM_MAIL__SMTP_URL", "smtps://mail.example.org")
        .output()
        .unwrap();

    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("--simulated-clock"), "{}", said(&refused));
}

#[test]
fn a_log_in_kurrent_wants_a_cluster_and_a_database() {
    let folder = TempDir::new().unwrap();
    let told = |variables: &[(&str, &str)]| {
        let mut command = greenroom(folder.path());
        let output = command
            .arg("migrate")
            .envs(variables.iter().copied())
            .output()
            .unwrap();
        assert!(!output.status.success());
        said(&output)
    };

    let alone = told(&[("GREENROOM_LOG__URL", "esdb://u:hunter2@127.0.0.1:1?tls=false")]);
    let other = told(&[("GREENROOM_LOG__URL", "postgres://u:hunter2@127.0.0.1:1")]);
    let both = [
        (
            "GREENROOM_LOG__URL",
            "esdb://u:hunter2@127.0.0.1:1?tls=false&keepAliveInterval=hunter2",
        ),
        ("GREENROOM_DATABASE_URL", "postgres://127.0.0.1:1/none"),
    ];
    let unreadable = told(&both);

    assert!(alone.contains("log.url needs database_url"), "{alone}");
    assert!(
        other.contains("log.url must be the address of a KurrentDB cluster"),
        "{other}"
    );
    assert!(unreadable.contains("not a connection string"), "{unreadable}");
    assert!(![alone, other, unreadable].concat().contains("hunter2"));
}

#[test]
fn a_folder_whose_time_was_simulated_stays_so() {
    let folder = TempDir::new().unwrap();
    let mut server = Serving::start(folder.path(), &["--simulated-clock"]);
    server.line();
    server.line();
    server.terminate();

    let refused = run(folder.path(), &["serve", "--listen", "127.0.0.1:0"]);

    assert_eq!(refused.status.code(), Some(1));
    assert!(said(&refused).contains("is simulated"), "{}", said(&refused));
}

#[test]
fn wrong_calls_end_with_code_2() {
    let folder = TempDir::new().unwrap();

    let codes = [
        run(folder.path(), &["rebuild", "nothing"]).status.code(),
        run(folder.path(), &["token", "--role", "king"]).status.code(),
        run(folder.path(), &["serve", "--clock-listen", "127.0.0.1:0"])
            .status
            .code(),
        run(folder.path(), &["history", "nothing"]).status.code(),
        run(folder.path(), &["doctor", "nothing"]).status.code(),
        run(folder.path(), &["projections", "retry", "nothing", "1"])
            .status
            .code(),
    ];

    assert_eq!(codes, [Some(2); 6]);
}

#[test]
fn the_demonstration_leaves_a_log_that_passes_examination_and_can_be_told() {
    let folder = TempDir::new().unwrap();

    let demo = run(folder.path(), &["demo", "--exit", "--listen", "127.0.0.1:0"]);
    let doctor = run(folder.path(), &["doctor"]);
    let story = String::from_utf8(demo.stdout.clone()).unwrap();
    let interview = story.split_whitespace().find(|word| word.starts_with("int_"));
    let replay = run(folder.path(), &["replay", interview.unwrap()]);
    let since = ["history", interview.unwrap(), "--since", "2000-01-01T00:00:00Z"];
    let since = String::from_utf8(run(folder.path(), &since).stdout).unwrap();

    assert_eq!(demo.status.code(), Some(0), "{}", said(&demo));
    assert_eq!(doctor.status.code(), Some(0), "{}", said(&doctor));
    assert!(since.contains("/status: - -> \"completed\""), "{since}");
    assert!(!since.contains("nonce"), "{since}");
    assert!(
        String::from_utf8(replay.stdout)
            .unwrap()
            .contains("The interview took place")
    );
}
