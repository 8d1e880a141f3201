//! Organisations with their people and catalogues.

use chrono::{NaiveDate, NaiveTime, Weekday};
use domain::{
    account::events as account,
    actor::Role,
    availability::events as availability,
    data_subject::events as data_subject,
    effect::events::About,
    envelope::Position,
    ids::{AccountId, Id, InterviewTypeId, OrganisationId, ReadModelId, SubjectId, kind},
    interview::events as interview,
    interview_kit::events as interview_kit,
    interview_type::events as interview_type,
    interviewer_calendar::events as calendar,
    mail_address::events as mail_address,
    organisation::events as organisation,
    price_list::events as price_list,
    read_model::events as read_model,
    rubric::events as rubric,
    system::events as system,
    time::{Span, Zone},
};
use uuid::Uuid;

use crate::values::{Write, id, line, moment, paragraph, rupees, sealed, tenant, write};

/// Candidates that every organisation knows from its beginning.
pub const FIRST_CANDIDATES: u128 = 8;

/// The account of a candidate, by number, in every organisation.
pub const fn candidate(number: u128) -> u128 {
    if number < FIRST_CANDIDATES {
        0xC000 + number
    } else {
        (9 << 64) + number
    }
}

/// The accounts of the interviewers of every organisation.
pub const INTERVIEWERS: [u128; 2] = [0xB001, 0xB002];
/// The account of the recruiter of every organisation.
pub const RECRUITER: u128 = 0xB003;

/// The appends in which an organisation gets its first people and its catalogue.
pub fn around(tenant: OrganisationId) -> Vec<Vec<Write>> {
    use account::AccountEvent;
    let mut appends = vec![vec![write::<organisation::OrganisationEvent, _>(
        tenant,
        tenant,
        organisation::OrganisationCreated {
            organisation: tenant,
            name: line("Example"),
            zone: zone(),
            interviewers_decide: false,
            by: id(RECRUITER),
        },
    )]];
    appends.push(vec![write::<organisation::OrganisationEvent, _>(
        tenant,
        tenant,
        organisation::CancellationPolicyPublished {
            organisation: tenant,
            version: 1,
            tiers: vec![interview::RefundTier {
                notice_minutes: 1_440,
                percent: 100,
            }],
            by: id(RECRUITER),
        },
    )]);
    appends.extend(registered(tenant, RECRUITER, Role::Recruiter));
    for person in INTERVIEWERS {
        appends.extend(registered(tenant, person, Role::Interviewer));
    }
    for number in 0..FIRST_CANDIDATES {
        appends.extend(registered(tenant, candidate(number), Role::Candidate));
    }
    let revoked = id(candidate(7));
    appends.push(vec![write::<AccountEvent, _>(
        tenant,
        revoked,
        account::RoleChosen {
            account: revoked,
            role: Role::Interviewer,
        },
    )]);
    appends.push(vec![write::<AccountEvent, _>(
        tenant,
        revoked,
        account::RoleRevoked {
            account: revoked,
            role: Role::Candidate,
            by: id(RECRUITER),
        },
    )]);
    appends.extend(invited(tenant));
    appends.extend(catalogue(tenant));
    appends
}

/// The appends in which somebody is asked by mail address, and signs in.
fn invited(tenant: OrganisationId) -> Vec<Vec<Write>> {
    use account::AccountEvent;
    use mail_address::MailAddressEvent;
    let (account, address) = (id(candidate(0)), id(0xE001));
    let invited = mail_address::AddressInvited {
        address,
        account,
        by: id(RECRUITER),
    };
    let joined = account::IdentityJoined {
        account,
        identity_account: id(0xD001),
        issuer: "https://issuer.example".to_owned(),
        identity: sealed(SubjectId::of(account), 5),
    };
    let proven = mail_address::AddressProven { address, account };
    let wrote =
        |event: MailAddressEvent| write::<MailAddressEvent, kind::MailAddress>(tenant, address, event);
    vec![
        vec![wrote(invited.into())],
        vec![
            write::<AccountEvent, _>(tenant, account, joined),
            wrote(proven.into()),
        ],
    ]
}

/// The appends in which somebody becomes known.
pub fn registered(tenant: OrganisationId, person: u128, role: Role) -> Vec<Vec<Write>> {
    use account::AccountEvent;
    let account = id(person);
    let subject = SubjectId::of(account);
    let registered = account::AccountRegistered {
        account,
        issuer: "https://issuer.example".to_owned(),
        identity: sealed(subject, 1),
        email: Some(sealed(subject, 2)),
        name: Some(sealed(subject, 3)),
    };
    let granted = account::RoleGranted {
        account,
        role,
        by: Some(id(RECRUITER)),
    };
    let updated = account::ProfileUpdated {
        account,
        name: Some(sealed(subject, 4)),
        email: None,
    };
    let set = account::TimeZoneSet {
        account,
        zone: zone(),
    };
    let feed = |feed| account::CalendarFeedCreated {
        account,
        feed: id(feed),
    };
    let revoked = account::CalendarFeedRevoked { account, feed: id(1) };
    let wrote = |event: AccountEvent| write::<AccountEvent, kind::Account>(tenant, account, event);
    vec![
        vec![wrote(registered.into()), wrote(granted.into())],
        vec![wrote(updated.into())],
        vec![wrote(feed(1).into())],
        vec![wrote(feed(2).into())],
        vec![wrote(revoked.into())],
        vec![wrote(set.into())],
    ]
}

/// The appends in which a person is erased.
pub fn erased(tenant: OrganisationId, person: u128) -> Vec<Vec<Write>> {
    use data_subject::DataSubjectEvent;
    let account = id(person);
    let subject = SubjectId::of(account);
    let requested = data_subject::ErasureRequested {
        account,
        subject,
        by: account,
    };
    let completed = data_subject::ErasureCompleted {
        account,
        subject,
        keys: 1,
        blobs: 0,
    };
    let wrote =
        |event: DataSubjectEvent| vec![write::<DataSubjectEvent, kind::Subject>(tenant, subject, event)];
    vec![wrote(requested.into()), wrote(completed.into())]
}

/// The append after a log was brought back from a backup.
pub fn restored() -> Vec<Write> {
    let installation: Id<kind::Organisation> = id(0);
    let restored = system::LogRestored { at: moment(0) };
    vec![write::<system::SystemEvent, _>(tenant(0), installation, restored)]
}

/// The decision to leave an event out of the read model of this name.
pub fn skipped(tenant: OrganisationId, model: &str, position: Position) -> Write {
    let read_model = ReadModelId::of(model);
    let skipped = read_model::EventSkipped {
        read_model,
        name: model.to_owned(),
        position,
        event: id(1),
        event_type: "interview.confirmed".to_owned(),
        about: About(Uuid::from_u128(1)),
        by: Some(id(RECRUITER)),
        reason: paragraph("Withdrawn"),
    };
    write::<read_model::ReadModelEvent, _>(tenant, read_model, skipped)
}

fn zone() -> Zone {
    "Europe/Berlin".parse().expect("this zone exists")
}

fn catalogue(tenant: OrganisationId) -> Vec<Vec<Write>> {
    use availability::AvailabilityEvent;
    use interview_type::InterviewTypeEvent;
    let account = id(INTERVIEWERS[0]);
    let date = NaiveDate::from_ymd_opt(2026, 6, 1).expect("it is written right");
    let window = availability::LocalWindow {
        from: NaiveTime::from_hms_opt(9, 0, 0).expect("it is written right"),
        to: None,
    };
    let published = |version| price_list::PriceListPublished {
        price_list: id(1),
        version,
        name: line("Standard"),
        items: vec![price_list::PriceItem {
            difficulty: interview_type::Difficulty::Medium,
            minutes: 20,
            price: rupees(14_900),
            cost: rupees(5_000),
        }],
    };
    let rubric = |version| rubric::RubricPublished {
        rubric: id(1),
        version,
        name: line("Design"),
        criteria: vec![criterion()],
    };
    let planned = |version| {
        let planned = interview_kit::KitPublished {
            kit: id(1),
            version,
            spec: kit(),
        };
        vec![write::<interview_kit::InterviewKitEvent, _>(
            tenant,
            id::<kind::InterviewKit>(1),
            planned,
        )]
    };
    vec![
        vec![write::<price_list::PriceListEvent, _>(
            tenant,
            id::<kind::PriceList>(1),
            published(1),
        )],
        vec![write::<price_list::PriceListEvent, _>(
            tenant,
            id::<kind::PriceList>(1),
            published(2),
        )],
        vec![write::<rubric::RubricEvent, _>(
            tenant,
            id::<kind::Rubric>(1),
            rubric(1),
        )],
        vec![write::<rubric::RubricEvent, _>(
            tenant,
            id::<kind::Rubric>(1),
            rubric(2),
        )],
        planned(1),
        planned(2),
        vec![write::<InterviewTypeEvent, _>(
            tenant,
            TYPE,
            interview_type::InterviewTypeDefined {
                interview_type: TYPE,
                spec: spec(),
            },
        )],
        vec![write::<InterviewTypeEvent, _>(
            tenant,
            TYPE,
            interview_type::InterviewTypeRevised {
                interview_type: TYPE,
                version: 2,
                spec: spec(),
            },
        )],
        vec![write::<InterviewTypeEvent, _>(
            tenant,
            OLD_TYPE,
            interview_type::InterviewTypeDefined {
                interview_type: OLD_TYPE,
                spec: spec(),
            },
        )],
        vec![write::<InterviewTypeEvent, _>(
            tenant,
            OLD_TYPE,
            interview_type::InterviewTypeRetired {
                interview_type: OLD_TYPE,
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::WeeklyAvailabilityDefined {
                account,
                zone: "Europe/Berlin".parse().expect("it is written right"),
                rules: vec![availability::WeeklyRule {
                    weekdays: vec![Weekday::Mon, Weekday::Tue],
                    window,
                }],
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::DateOverrideSet {
                account,
                date,
                windows: vec![window],
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::DateOverrideCleared { account, date },
        )],
        vec![write::<AvailabilityEvent, _>(tenant, account, away(account, 1))],
        vec![write::<AvailabilityEvent, _>(tenant, account, away(account, 2))],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::OutOfOfficeWithdrawn {
                account,
                absence: id(1),
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::BookingLimitsSet {
                account,
                limits: limits(),
            },
        )],
        vec![write::<AvailabilityEvent, _>(tenant, account, travel(account, 1))],
        vec![write::<AvailabilityEvent, _>(tenant, account, travel(account, 2))],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::TravelCancelled {
                account,
                journey: id(1),
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::ExternalCalendarLinked {
                account,
                calendar: id(1),
                source: availability::CalendarSource::File,
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::ExternalCalendarLinked {
                account,
                calendar: id(2),
                source: availability::CalendarSource::Feed {
                    address: sealed(SubjectId::of(account), 21),
                    masked_host: "***.example.org".to_owned(),
                },
            },
        )],
        vec![write::<AvailabilityEvent, _>(
            tenant,
            account,
            availability::ExternalCalendarUnlinked {
                account,
                calendar: id(1),
            },
        )],
        vec![write::<calendar::InterviewerCalendarEvent, _>(
            tenant,
            account,
            calendar::ExternalBusyImported {
                account,
                calendar: id(1),
                from: moment(0),
                until: moment(540_000),
                added: vec![Span::minutes(moment(100), 30), Span::minutes(moment(200), 45)],
                removed: Vec::new(),
            },
        )],
        vec![write::<calendar::InterviewerCalendarEvent, _>(
            tenant,
            account,
            calendar::ExternalBusyRemoved {
                account,
                calendar: id(1),
            },
        )],
    ]
}

fn travel(account: AccountId, journey: u128) -> availability::TravelPlanned {
    let first = moment(100).date_naive();
    let week = chrono::Duration::days(7 * i64::try_from(journey).unwrap_or(0));
    availability::TravelPlanned {
        account,
        journey: id(journey),
        zone: "America/New_York".parse().expect("this zone exists"),
        from: first + week,
        until: Some(first + week + chrono::Duration::days(5)),
    }
}

fn limits() -> availability::BookingLimits {
    availability::BookingLimits {
        interviews: availability::Caps {
            day: Some(3),
            week: Some(8),
            month: None,
        },
        minutes: availability::Caps::default(),
    }
}

fn away(account: AccountId, absence: u128) -> availability::OutOfOfficeDeclared {
    availability::OutOfOfficeDeclared {
        account,
        absence: id(absence),
        from: moment(100),
        to: moment(200),
        delegate: Some(id(INTERVIEWERS[1])),
    }
}

/// What is booked.
pub const TYPE: InterviewTypeId = id(1);
const OLD_TYPE: InterviewTypeId = id(2);

/// What scorecards rate.
pub fn criterion() -> rubric::Criterion {
    rubric::Criterion {
        id: "depth".to_owned(),
        name: line("Depth"),
        weight: 1,
        anchors: vec![paragraph("Little")],
    }
}

/// What a kit of these histories says.
pub fn kit() -> interview_kit::KitSpec {
    let section = |title, minutes| interview_kit::KitSection {
        title: line(title),
        minutes,
        instructions: Some(paragraph("Let them talk")),
    };
    interview_kit::KitSpec {
        name: line("Design"),
        industry: Some(line("Retail")),
        sections: vec![section("Opening", 5), section("Design", 15)],
        rubric: None,
    }
}

/// What a product of these histories is.
pub fn spec() -> interview_type::TypeSpec {
    interview_type::TypeSpec {
        title: line("System design"),
        description: None,
        kind: interview_type::InterviewKind::SystemDesign,
        mode: interview_type::Mode::Human,
        purpose: interview_type::Purpose::Recruiting,
        difficulty: interview_type::Difficulty::Medium,
        duration_minutes: 20,
        buffer_before_minutes: 5,
        buffer_after_minutes: 10,
        notice_minutes: 120,
        horizon: interview_type::Horizon::Days(30),
        slot_step_minutes: 15,
        slot_offset_minutes: 0,
        hold_minutes: 15,
        confirm_within_minutes: None,
        limits: limits(),
        candidate_seats: 1,
        panel: interview_type::PanelSpec {
            pool: INTERVIEWERS.map(id).to_vec(),
            strategy: interview_type::PanelStrategy::Collective,
            seats: 2,
            roles: Vec::new(),
            preferences: Vec::new(),
        },
        price_list: Some(id(1)),
        refunds: None,
        rubric: None,
        kit: Some(id(1)),
        join_window: window(),
        locale: "en".to_owned(),
    }
}

/// When rooms of interviews may be entered.
pub const fn window() -> interview_type::JoinWindow {
    interview_type::JoinWindow {
        opens_before_minutes: 10,
        grace_minutes: 5,
        closes_after_minutes: 30,
    }
}
