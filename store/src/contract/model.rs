//! The log against a simple model of it, with operations at random.

use super::{reads::bounded, *};

/// One event as the model knows it.
#[derive(Clone)]
struct Event {
    stream: StreamId,
    event_type: String,
    link: Uuid,
    subject: SubjectId,
    correlation: CorrelationId,
    recorded: i64,
}

impl Event {
    fn matches(&self, filter: &Filter) -> bool {
        match filter {
            Filter::All => true,
            Filter::Tenant(tenant) => self.stream.tenant == *tenant,
            Filter::Category {
                category,
                tenant: None,
            } => self.stream.category == *category,
            Filter::Category {
                category,
                tenant: Some(tenant),
            } => (self.stream.category, self.stream.tenant) == (*category, *tenant),
            Filter::Categories(categories) => categories.contains(&self.stream.category),
            Filter::Type(name) => self.event_type == *name,
            Filter::Stream(stream) => self.stream == *stream,
            Filter::Link { tenant, link } => {
                self.stream.tenant == *tenant && (self.link == *link || self.stream.id == *link)
            }
            Filter::Subject(subject) => self.subject == *subject,
            Filter::Correlation(correlation) => self.correlation == *correlation,
        }
    }
}

/// What the log must hold: events in order, and for each command the places of its first and last event.
#[derive(Default)]
struct Model {
    events: Vec<Event>,
    receipts: HashMap<u64, (Option<u64>, u64)>,
}

const TYPES: [&str; 3] = ["held", "moved", "ended"];
const CATEGORIES: [Category; 2] = [Category::Interview, Category::Payment];

fn any_stream(numbers: &mut Numbers) -> StreamId {
    StreamId {
        tenant: tenant(numbers.below(2)),
        category: *numbers.one_of(&CATEGORIES),
        id: id(numbers.below(3)),
    }
}

fn any_filter(numbers: &mut Numbers) -> Filter {
    match numbers.below(10) {
        0 => Filter::All,
        1 => Filter::Tenant(tenant(numbers.below(3))),
        2 => Filter::Category {
            category: *numbers.one_of(&CATEGORIES),
            tenant: None,
        },
        3 => Filter::Category {
            category: *numbers.one_of(&CATEGORIES),
            tenant: Some(tenant(numbers.below(2))),
        },
        4 => Filter::Type((*numbers.one_of(&TYPES)).to_owned()),
        5 => Filter::Stream(any_stream(numbers)),
        6 => Filter::Link {
            tenant: tenant(numbers.below(2)),
            link: id(numbers.below(4)),
        },
        7 => Filter::Subject(person(numbers.below(3))),
        8 => Filter::Categories(CATEGORIES[numbers.below(3) as usize..].to_vec()),
        _ => Filter::Correlation(request(numbers.below(4))),
    }
}

fn any_event(numbers: &mut Numbers) -> NewEvent {
    NewEvent {
        links: vec![id(numbers.below(4))],
        subjects: vec![person(numbers.below(3))],
        ..event(numbers.one_of::<&str>(&TYPES))
    }
}

impl Model {
    fn version(&self, stream: StreamId) -> u64 {
        self.events.iter().filter(|event| event.stream == stream).count() as u64
    }

    fn last_recorded(&self) -> i64 {
        self.events.last().map_or(i64::MIN, |event| event.recorded)
    }

    /// An append with expectations that hold, most of the time, to as many streams as the log takes.
    fn any_append(&self, numbers: &mut Numbers, number: u64, most_streams: u64) -> (Append, i64) {
        let second = i64::try_from(numbers.below(1_000)).unwrap();
        let mut given = append(number).at(second);
        given.command.correlation_id = request(numbers.below(4));
        let mut named = HashSet::new();
        for _ in 0..=numbers.below(most_streams) {
            let stream = any_stream(numbers);
            if named.insert(stream) {
                let wrong = numbers.below(8) == 0;
                let expected = if wrong {
                    numbers.below(10)
                } else {
                    self.version(stream)
                };
                let events = (0..numbers.below(4)).map(|_| any_event(numbers)).collect();
                given = given.to_stream(stream, expected, events);
            }
        }
        (given, second)
    }

    /// What must be answered: places of the first and last event, the stream in conflict, or a repeat.
    fn append(&mut self, number: u64, given: &Append, second: i64) -> Expected {
        if let Some((first, last)) = self.receipts.get(&number) {
            return Expected::Duplicate(*first, *last);
        }
        let conflict = given
            .writes
            .iter()
            .find(|write| self.version(write.stream) != write.expected);
        if let Some(write) = conflict {
            return Expected::Conflict(write.stream, write.expected, self.version(write.stream));
        }
        let recorded = second.max(self.last_recorded());
        let before = self.events.len() as u64;
        for write in &given.writes {
            self.events.extend(write.events.iter().map(|event| Event {
                stream: write.stream,
                event_type: event.event_type.clone(),
                link: event.links[0],
                subject: event.subjects[0],
                correlation: given.command.correlation_id,
                recorded,
            }));
        }
        let last = self.events.len() as u64;
        let first = (last > before).then_some(before + 1);
        self.receipts.insert(number, (first, last));
        Expected::Accepted(first, last)
    }

    fn places(&self, filter: &Filter) -> Vec<u64> {
        (1..)
            .zip(&self.events)
            .filter(|(_, event)| event.matches(filter))
            .map(|(place, _)| place)
            .collect()
    }
}

#[derive(PartialEq, Debug)]
enum Expected {
    Accepted(Option<u64>, u64),
    Duplicate(Option<u64>, u64),
    Conflict(StreamId, u64, u64),
}

async fn answered(log: &Arc<dyn Log>, given: Append) -> Expected {
    let result = log.append(given).await;
    let places = Places::of(log).await;
    let told = |receipt: &Receipt| {
        (
            receipt.first.map(|first| places.at(first)),
            places.at(receipt.position),
        )
    };
    match result {
        Ok(receipt) => {
            let (first, last) = told(&receipt);
            Expected::Accepted(first, last)
        }
        Err(AppendError::Duplicate(receipt)) => {
            let (first, last) = told(&receipt);
            Expected::Duplicate(first, last)
        }
        Err(AppendError::Conflict {
            stream,
            expected,
            actual,
        }) => Expected::Conflict(stream, expected, actual),
        Err(other) => panic!("{other:?}"),
    }
}

async fn assert_reads_as_the_model(log: &Arc<dyn Log>, model: &Model, numbers: &mut Numbers) {
    let places = Places::of(log).await;
    let bound =
        |numbers: &mut Numbers| (numbers.below(2) == 0).then(|| Position(numbers.below(places.count() + 3)));
    let query = Query {
        filter: any_filter(numbers),
        direction: *numbers.one_of(&[Direction::Forward, Direction::Backward]),
        after: bound(numbers),
        until: bound(numbers),
        limit: (numbers.below(2) == 0).then(|| numbers.below(10)),
    };
    let placed = Query {
        after: query.after.map(|after| places.position(after.0)),
        until: query.until.map(|until| places.position(until.0)),
        ..query.clone()
    };
    let expected = bounded(&model.places(&query.filter), &query);
    assert_eq!(places.of_events(&read(log, placed).await), expected, "{query:?}");
}

async fn assert_knows_what_the_model_knows(log: &Arc<dyn Log>, model: &Model, numbers: &mut Numbers) {
    let places = Places::of(log).await;
    let streams: Vec<_> = (0..numbers.below(5)).map(|_| any_stream(numbers)).collect();
    let versions: Vec<_> = streams.iter().map(|stream| model.version(*stream)).collect();
    assert_eq!(log.versions(&streams).await.unwrap(), versions);

    let second = i64::try_from(numbers.below(1_000)).unwrap();
    let until = model
        .events
        .iter()
        .filter(|event| event.recorded <= second)
        .count() as u64;
    assert_eq!(places.at(log.position_at(at(second)).await.unwrap()), until);

    let number = 1 + numbers.below(200);
    let receipt = log.receipt(command(number)).await.unwrap();
    let told = receipt.map(|receipt| (receipt.first.map(|it| places.at(it)), places.at(receipt.position)));
    assert_eq!(told, model.receipts.get(&number).copied());

    let last = model.events.last().map(|event| at(event.recorded));
    assert_eq!(log.last_recorded_at().await.unwrap(), last);
}

/// One operation after the other, each answer held against the model.
pub(super) async fn random_operations_agree_with_a_model(log: Arc<dyn Log>) {
    let mut numbers = Numbers::new();
    let most_streams = if log.capabilities().multi_stream { 3 } else { 1 };
    let mut model = Model::default();
    let (mut accepted, mut refused) = (0, 0);

    for number in 1..=120 {
        let number = if numbers.below(10) == 0 {
            1 + numbers.below(number)
        } else {
            number
        };
        let (given, second) = model.any_append(&mut numbers, number, most_streams);
        let expected = model.append(number, &given, second);
        assert_eq!(answered(&log, given).await, expected);
        match expected {
            Expected::Accepted(..) => accepted += 1,
            Expected::Duplicate(..) | Expected::Conflict(..) => refused += 1,
        }
        assert_reads_as_the_model(&log, &model, &mut numbers).await;
        assert_knows_what_the_model_knows(&log, &model, &mut numbers).await;
    }

    assert!(
        accepted > 30 && refused > 3,
        "{accepted} accepted, {refused} refused"
    );
    assert!(verify(BEFORE_THE_FIRST, &all(&log).await).is_ok());
}

/// Four writers append at random; afterwards the log is read and every answer is held against it.
pub(super) async fn writers_agree_with_a_model(log: Arc<dyn Log>) {
    let mut numbers = Numbers::new();
    let writers: Vec<_> = (0..4)
        .map(|writer| tokio::spawn(append_at_random(log.clone(), writer, numbers.fork())))
        .collect();
    let mut answers = Vec::new();
    for accepted in join_all(writers).await {
        answers.extend(accepted.unwrap());
    }

    let events = all(&log).await;
    let mut versions = HashMap::new();
    for event in &events {
        let version = versions.entry(event.envelope.stream).or_insert(0);
        *version += 1;
        assert_eq!(event.envelope.version, *version);
    }
    for (append, receipt) in &answers {
        assert_was_as_expected(&events, append, receipt, log.capabilities().isolated);
    }
    let stored: usize = answers.iter().map(|(append, _)| event_count(append)).sum();
    assert_eq!(stored, events.len());
    assert_eq!(Places::of(&log).await.count(), stored as u64);
    assert!(verify(BEFORE_THE_FIRST, &events).is_ok());
}

async fn append_at_random(log: Arc<dyn Log>, writer: u64, mut numbers: Numbers) -> Vec<(Append, Receipt)> {
    let mut accepted = Vec::new();
    for number in 0..60 {
        let append = small_append(&log, &mut numbers, writer * 1_000 + number);
        match log.append(append.clone()).await {
            Ok(receipt) => accepted.push((append, receipt)),
            Err(AppendError::Conflict { expected, actual, .. }) => assert_ne!(expected, actual),
            Err(other) => panic!("{other:?}"),
        }
    }
    accepted
}

/// A write, or a guard, of one or two of four streams.
fn small_append(log: &Arc<dyn Log>, numbers: &mut Numbers, command: u64) -> Append {
    let first = numbers.below(4);
    let second = (first + 1 + numbers.below(3)) % 4;
    let events = |numbers: &mut Numbers| some(usize::try_from(numbers.below(3)).unwrap());
    let one = append(command).to(first, numbers.below(6), events(numbers));
    if log.capabilities().multi_stream {
        one.to(second, numbers.below(6), events(numbers))
    } else {
        one
    }
}

fn event_count(append: &Append) -> usize {
    append.writes.iter().map(|write| write.events.len()).sum()
}

/// Before the append each stream held as many events as it expected, and its events are where its receipt says. Where
/// appends are not isolated, a guarded stream held as many at some moment before, and may have gone on.
fn assert_was_as_expected(events: &[Recorded], append: &Append, receipt: &Receipt, isolated: bool) {
    let own: Vec<_> = events
        .iter()
        .filter(|event| event.envelope.command_id == append.command.command_id)
        .map(|event| event.envelope.position)
        .collect();
    assert_eq!(own.len(), event_count(append));
    assert_eq!(receipt.first, own.first().copied());
    assert!(own.last().is_none_or(|last| receipt.position == *last));
    let is_before = |position: Position| match receipt.first {
        Some(first) => position < first,
        None => position <= receipt.position,
    };
    for write in &append.writes {
        let held = events
            .iter()
            .filter(|event| event.envelope.stream == write.stream && is_before(event.envelope.position));
        let held = held.count() as u64;
        let may_have_gone_on = !isolated && write.events.is_empty() && receipt.first.is_some();
        assert!(held == write.expected || may_have_gone_on && held > write.expected);
    }
}
