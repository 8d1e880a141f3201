//! What happens when more is asked than can wait.

use super::*;

/// So little room that a crowd cannot fit.
const TWO: QueueLimits = QueueLimits {
    appends: 2,
    bytes: 1_000_000,
};

/// Sends crowds of distinct commands until somebody is told that the log is busy; a log that is quicker than a crowd
/// gets another one. Returns what every command was answered.
async fn crowd_until_busy(log: &Arc<dyn Log>, size: usize) -> Vec<(u64, Result<Receipt, AppendError>)> {
    let mut answers = Vec::new();
    for crowd in 0.. {
        let numbers = crowd * 100 + 1..=crowd * 100 + 64;
        let appends = numbers.clone().map(|number| {
            let given = Append {
                result: vec![b'x'; size],
                ..append(number)
            };
            log.append(given.to(number, 0, some(1)))
        });
        answers.extend(numbers.zip(join_all(appends).await));
        if answers
            .iter()
            .any(|(_, answer)| matches!(answer, Err(AppendError::Busy { .. })))
        {
            break;
        }
    }
    answers
}

fn assert_accepted_or_busy(answers: &[(u64, Result<Receipt, AppendError>)]) -> usize {
    let mut accepted = 0;
    for (_, answer) in answers {
        match answer {
            Ok(_) => accepted += 1,
            Err(AppendError::Busy { retry_after }) => assert!(!retry_after.is_zero()),
            Err(other) => panic!("{other:?}"),
        }
    }
    accepted
}

pub(super) async fn a_log_is_busy_when_too_many_appends_wait(home: &dyn Home) {
    let log: Arc<dyn Log> = home.open(TWO).await;

    let answers = crowd_until_busy(&log, 1).await;

    let accepted = assert_accepted_or_busy(&answers);
    assert!(accepted >= 2);
    assert_eq!(Places::of(&log).await.count(), accepted as u64);
}

pub(super) async fn a_log_is_busy_when_too_many_bytes_wait(home: &dyn Home) {
    let limits = QueueLimits {
        appends: 1_000,
        bytes: 10_000,
    };
    let log: Arc<dyn Log> = home.open(limits).await;

    let answers = crowd_until_busy(&log, 4_000).await;

    let accepted = assert_accepted_or_busy(&answers);
    assert!(accepted >= 2);
    assert_eq!(Places::of(&log).await.count(), accepted as u64);
}

pub(super) async fn a_busy_append_leaves_nothing_behind(home: &dyn Home) {
    let log: Arc<dyn Log> = home.open(TWO).await;

    let answers = crowd_until_busy(&log, 1).await;

    for (number, answer) in answers {
        let stored = read(&log, Query::forward(Filter::Stream(stream(number)))).await;
        assert_eq!(stored.len(), usize::from(answer.is_ok()));
        assert_eq!(log.receipt(command(number)).await.unwrap(), answer.ok());
    }
}

pub(super) async fn one_append_larger_than_what_may_wait_is_taken(home: &dyn Home) {
    let limits = QueueLimits {
        appends: 10,
        bytes: 1_000,
    };
    let log: Arc<dyn Log> = home.open(limits).await;

    ok(&log, append(1).to(1, 0, vec![with_payload(vec![b'x'; 50_000])])).await;

    assert_eq!(Places::of(&log).await.count(), 1);
}

/// A hundred callers that come back whenever they are told to are all served, and each once.
pub(super) async fn a_crowd_that_comes_back_when_told_is_served(home: &dyn Home) {
    let log: Arc<dyn Log> = home.open(TWO).await;

    let callers = (1..=100).map(|number| {
        let log = log.clone();
        tokio::spawn(async move {
            while let Err(error) = log.append(append(number).to(number, 0, some(1))).await {
                match error {
                    AppendError::Busy { retry_after } => tokio::time::sleep(retry_after).await,
                    other => panic!("{other:?}"),
                }
            }
        })
    });
    for caller in join_all(callers).await {
        caller.unwrap();
    }

    assert_eq!(Places::of(&log).await.count(), 100);
}
