//! Many at once.

use super::{tail::write_one_by_one, *};

pub(super) async fn one_of_many_writers_of_a_version_wins(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let writers = (2..=33).map(|number| log.append(append(number).to(1, 1, some(1))));
    let results = join_all(writers).await;

    let accepted = results.iter().filter(|result| result.is_ok()).count();
    let conflicts = results
        .iter()
        .filter(|result| matches!(result, Err(AppendError::Conflict { .. })))
        .count();
    assert_eq!((accepted, conflicts), (1, 31));
    assert_eq!(log.head().await.unwrap(), Position(2));
}

pub(super) async fn conflicting_appends_do_not_fail_their_neighbours(log: Arc<dyn Log>) {
    ok(&log, append(1).to(1, 0, some(1))).await;

    let good = (10..30).map(|number| append(number).to(number, 0, some(2)));
    let bad = (110..130).map(|number| append(number).to(number, 0, some(2)).to(1, 0, vec![]));
    let mixed: Vec<_> = good.zip(bad).flat_map(|(good, bad)| [good, bad]).collect();
    let results = join_all(mixed.into_iter().map(|append| log.append(append))).await;

    let accepted: Vec<_> = results.iter().map(Result::is_ok).collect();
    assert_eq!(accepted, [true, false].repeat(20));
    assert_eq!(positions(&all(&log).await), Vec::from_iter(1..=41));
}

pub(super) async fn a_command_sent_many_times_is_accepted_once(log: Arc<dyn Log>) {
    let results = join_all((0..16).map(|_| log.append(append(1).to(1, 0, some(2))))).await;

    let stored = log.receipt(command(1)).await.unwrap().unwrap();
    let accepted = results.iter().filter(|result| result.is_ok()).count();
    let answered = results.into_iter().all(|result| match result {
        Ok(receipt) => receipt == stored,
        Err(AppendError::Duplicate(receipt)) => *receipt == stored,
        Err(_) => false,
    });
    assert_eq!((accepted, answered), (1, true));
    assert_eq!(log.head().await.unwrap(), Position(2));
}

/// Appends one event, from fresh versions as often as it takes.
pub(super) async fn try_until_accepted(log: Arc<dyn Log>, command: u64, number: u64) {
    loop {
        let version = log.versions(&[stream(number)]).await.unwrap()[0];
        match log.append(append(command).to(number, version, some(1))).await {
            Ok(_) => return,
            Err(AppendError::Conflict { .. }) => {}
            Err(other) => panic!("{other:?}"),
        }
    }
}

pub(super) async fn writers_that_try_again_lose_nothing(log: Arc<dyn Log>) {
    let writers = (1..=24).map(|number| tokio::spawn(try_until_accepted(log.clone(), number, number % 3)));
    for writer in join_all(writers).await {
        writer.unwrap();
    }

    let versions = log.versions(&[stream(0), stream(1), stream(2)]).await.unwrap();
    assert_eq!(versions, [8, 8, 8]);
    assert_eq!(positions(&all(&log).await), Vec::from_iter(1..=24));
}

/// Numbers that look random and are the same in every run (Knuth's MMIX generator).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

fn any_append(numbers: &mut Numbers, command: u64) -> Append {
    let first = numbers.below(4);
    let second = (first + 1 + numbers.below(3)) % 4;
    let mut events = || some(usize::try_from(numbers.below(3)).unwrap());
    let (one, two) = (events(), events());
    append(command)
        .to(first, numbers.below(6), one)
        .to(second, numbers.below(6), two)
}

/// Four writers append at random; afterwards the log is read and every answer is held against it.
pub(super) async fn writers_agree_with_a_model(log: Arc<dyn Log>) {
    let writers = (0..4).map(|writer| tokio::spawn(append_at_random(log.clone(), writer)));
    let mut answers = Vec::new();
    for accepted in join_all(writers).await {
        answers.extend(accepted.unwrap());
    }

    let events = all(&log).await;
    assert_eq!(positions(&events), Vec::from_iter(1..=events.len() as u64));
    let mut versions = HashMap::new();
    for event in &events {
        let version = versions.entry(event.envelope.stream).or_insert(0);
        *version += 1;
        assert_eq!(event.envelope.version, *version);
    }
    answers.sort_by_key(|(_, receipt)| receipt.position);
    for (append, receipt) in &answers {
        assert_was_as_expected(&events, append, receipt);
    }
    let stored: usize = answers.iter().map(|(append, _)| event_count(append)).sum();
    assert_eq!(stored, events.len());
    assert!(verify(BEFORE_THE_FIRST, &events).is_ok());
}

pub(super) async fn append_at_random(log: Arc<dyn Log>, writer: u64) -> Vec<(Append, Receipt)> {
    let mut numbers = Numbers(writer);
    let mut accepted = Vec::new();
    for number in 0..60 {
        let append = any_append(&mut numbers, writer * 1_000 + number);
        match log.append(append.clone()).await {
            Ok(receipt) => accepted.push((append, receipt)),
            Err(AppendError::Conflict { expected, actual, .. }) => assert_ne!(expected, actual),
            Err(other) => panic!("{other:?}"),
        }
    }
    accepted
}

fn event_count(append: &Append) -> usize {
    append.writes.iter().map(|write| write.events.len()).sum()
}

/// Before the append each stream held as many events as it expected, and its events are where its receipt says.
fn assert_was_as_expected(events: &[Recorded], append: &Append, receipt: &Receipt) {
    let count = event_count(append) as u64;
    let before = receipt.position.0 - count;
    assert_eq!(receipt.first, (count > 0).then_some(Position(before + 1)));
    for write in &append.writes {
        let held = events
            .iter()
            .filter(|event| event.envelope.stream == write.stream && event.envelope.position.0 <= before)
            .count();
        assert_eq!(held as u64, write.expected);
    }
    let own = events
        .iter()
        .filter(|event| event.envelope.command_id == append.command.command_id);
    assert!(
        own.map(|event| event.envelope.position.0)
            .eq(before + 1..=receipt.position.0)
    );
}

pub(super) async fn writers_of_several_streams_are_never_half_done(log: Arc<dyn Log>) {
    let pair = |number: u64| {
        append(number)
            .to(1, number - 1, some(1))
            .to(2, number - 1, some(1))
    };
    let writer = {
        let log = log.clone();
        tokio::spawn(async move {
            for number in 1..=40 {
                ok(&log, pair(number)).await;
            }
        })
    };

    let mut versions = vec![0, 0];
    while versions != [40, 40] {
        versions = log.versions(&[stream(1), stream(2)]).await.unwrap();
        assert_eq!(versions[0], versions[1]);
    }

    writer.await.unwrap();
}

pub(super) async fn readers_always_see_a_beginning_of_the_log(log: Arc<dyn Log>) {
    let writers = (1..=4).map(|number| tokio::spawn(write_one_by_one(log.clone(), number, 25)));
    let writers: Vec<_> = writers.collect();

    let mut seen = 0;
    while seen < 100 {
        let events = all(&log).await;
        assert_eq!(positions(&events), Vec::from_iter(1..=events.len() as u64));
        assert!(events.len() >= seen);
        seen = events.len();
    }

    for writer in writers {
        writer.await.unwrap();
    }
}
