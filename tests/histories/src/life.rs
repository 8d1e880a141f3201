//! One interview from its booking to its report, and what else happens because of it.

use domain::{
    actor::Role,
    decision::events as decision,
    effect::events as effect,
    envelope::Position,
    feedback::events as feedback,
    ids::{InterviewId, OrganisationId, PaymentId, ScorecardId, SubjectId, kind},
    interview::events as interview,
    interview_kit::events as interview_kit,
    interview_type::events as interview_type,
    interviewer_calendar::events as calendar,
    notification::events as notification,
    payment::events as payment,
    price_list::events as price_list,
    provider_inbox::events as inbox,
    report::events as report,
    room::events as room,
    scorecard::events as scorecard,
    time::Span,
    transcript::events as transcript,
    waitlist::events as waitlist,
};

use crate::{
    cast::{self, FIRST_CANDIDATES, INTERVIEWERS, RECRUITER, TYPE, criterion, window},
    dice::Dice,
    values::{Write, drift, id, line, moment, paragraph, rupees, sealed, sealed_bytes, slot, write},
};

/// The interview with a number, counted from 0: apart from the numbers of everything else.
pub const fn interview(number: u128) -> u128 {
    0x1_0000 + number
}

/// A candidate asks for a slot; the panel and the purpose vary with the number.
pub fn booking(number: u128, starts: i64) -> interview::BookingRequested {
    let panel = &INTERVIEWERS[..1 + usize::try_from(number % 2).expect("it is 0 or 1")];
    interview::BookingRequested {
        interview: id(number),
        candidate: id(cast::candidate(number % FIRST_CANDIDATES)),
        interview_type: TYPE,
        type_version: 2,
        title: line("System design"),
        kind: interview_type::InterviewKind::SystemDesign,
        difficulty: interview_type::Difficulty::Medium,
        mode: interview_type::Mode::Human,
        purpose: if number.is_multiple_of(3) {
            interview_type::Purpose::Mock
        } else {
            interview_type::Purpose::Recruiting
        },
        slot: slot(starts),
        panel: panel
            .iter()
            .map(|person| interview::PanelMember {
                account: id(*person),
                role: interview::PanelRole::Lead,
                reason: interview::SeatReason::Collective,
            })
            .collect(),
        brief: Some(sealed(
            SubjectId::of(id(cast::candidate(number % FIRST_CANDIDATES))),
            9,
        )),
        quote: Some(quote()),
        terms: interview::Terms {
            duration_minutes: 20,
            buffer_before_minutes: 5,
            buffer_after_minutes: 10,
            notice_minutes: 120,
            join_window: window(),
            refunds: vec![interview::RefundTier {
                notice_minutes: 1_440,
                percent: 100,
            }],
            rubric: None,
        },
        locale: "en".to_owned(),
    }
}

fn quote() -> price_list::Quote {
    price_list::Quote {
        price_list: id(1),
        version: 2,
        price: rupees(14_900),
        cost: rupees(5_000),
    }
}

/// What happens in one interview, append by append.
#[derive(Debug)]
pub struct Life<'d> {
    tenant: OrganisationId,
    number: u128,
    candidate: u128,
    dice: &'d mut Dice,
    appends: Vec<Vec<Write>>,
}

impl<'d> Life<'d> {
    /// The appends of the interview with this number, in an organisation of so many candidates. Who comes for the first
    /// time is registered before.
    pub fn of(tenant: OrganisationId, number: u128, candidates: u128, dice: &'d mut Dice) -> Vec<Vec<Write>> {
        let who = number % candidates;
        let mut life = Life {
            tenant,
            number: interview(number),
            candidate: cast::candidate(who),
            dice,
            appends: Vec::new(),
        };
        if who >= FIRST_CANDIDATES && number < candidates {
            life.appends = cast::registered(tenant, life.candidate, Role::Candidate);
        }
        if life.booked() {
            life.moved();
            if life.dice.one_in(12) {
                life.cancelled();
            } else if life.held() {
                life.rated();
                life.reported();
            }
        }
        life.attempted();
        if life.dice.one_in(12) {
            life.scheduled();
        }
        // Not by the dice, so that nothing else that befalls people depends on it.
        if number % 4 == 1 {
            life.asked(number / 4);
        }
        if number % 4 == 2 {
            life.waited(number / 4);
        }
        if number % 4 == 3 {
            life.hosted(number / 4);
        }
        if who >= FIRST_CANDIDATES && life.dice.one_in(200) {
            life.appends.extend(cast::erased(tenant, life.candidate));
        }
        life.appends
    }

    fn of_interview(&self, event: impl Into<interview::InterviewEvent>) -> Write {
        write::<interview::InterviewEvent, kind::Interview>(self.tenant, id(self.number), event)
    }

    fn payment(&self, event: impl Into<payment::PaymentEvent>) -> Write {
        write::<payment::PaymentEvent, kind::Payment>(self.tenant, id(self.pay()), event)
    }

    fn room(&self, room: u128, event: impl Into<room::RoomEvent>) -> Write {
        write::<room::RoomEvent, kind::Room>(self.tenant, id(room), event)
    }

    const fn pay(&self) -> u128 {
        self.number + (1 << 64)
    }

    const fn room_of(&self, revision: u32) -> u128 {
        self.number + (2 << 64) + ((revision as u128) << 32)
    }

    const fn candidate(&self) -> u128 {
        self.candidate
    }

    fn calendar(&self, interviewer: u128, event: impl Into<calendar::InterviewerCalendarEvent>) -> Write {
        write::<calendar::InterviewerCalendarEvent, kind::Account>(self.tenant, id(interviewer), event)
    }

    const fn claim_of(&self, revision: u32) -> u128 {
        self.number + (10 << 64) + ((revision as u128) << 32)
    }

    /// The provider tells that money came; now and then something that has no place.
    fn told(&mut self) {
        let number = self.number + (11 << 64);
        let facts = |number: u128| inbox::ProviderFact::PaymentAuthorized {
            payment: id(self.pay()),
            attempt: format!("a{number}"),
        };
        let received = inbox::ProviderEventReceived {
            inbox: id(number),
            provider: "sandbox".to_owned(),
            endpoint: "default".to_owned(),
            provider_event: format!("evt_{}", self.number),
            digest: "0".repeat(64),
            facts: vec![facts(2)],
        };
        let parked = inbox::ProviderEventParked {
            inbox: id(number),
            provider: "sandbox".to_owned(),
            endpoint: "default".to_owned(),
            provider_event: format!("evt_{}", self.number),
            fact: facts(3),
            code: "payment_closed".to_owned(),
        };
        let wrote = |event: inbox::ProviderInboxEvent| {
            vec![write::<inbox::ProviderInboxEvent, kind::Inbox>(
                self.tenant,
                id(number),
                event,
            )]
        };
        let (received, parked) = (wrote(received.into()), wrote(parked.into()));
        self.next(received);
        if self.dice.one_in(10) {
            self.next(parked);
        }
    }

    /// A reminder that is tried, now and then in vain, and sometimes again.
    fn attempted(&mut self) {
        let effect = id(self.number + (12 << 64));
        let about = effect::About(id::<kind::Interview>(self.number).uuid());
        let deed = || "send_mail".to_owned();
        let attempted = |attempt| effect::EffectAttempted {
            effect,
            about,
            deed: deed(),
            attempt,
        };
        let tenant = self.tenant;
        let wrote = |event: effect::EffectEvent| {
            vec![write::<effect::EffectEvent, kind::Effect>(tenant, effect, event)]
        };
        self.next(wrote(attempted(1).into()));
        if self.dice.one_in(20) {
            let gave_up = effect::EffectGaveUp {
                effect,
                about,
                deed: deed(),
                attempts: 1,
                code: "550".to_owned(),
            };
            let retried = effect::EffectRetried {
                effect,
                about,
                by: Some(id(RECRUITER)),
                reason: paragraph("The address was mended"),
            };
            self.next(wrote(gave_up.into()));
            self.next(wrote(retried.into()));
            self.next(wrote(attempted(2).into()));
        }
    }

    fn placed(&self, interviewer: u128, revision: u32) -> Write {
        let starts = slot(i64::from(revision) * 60).span;
        self.calendar(
            interviewer,
            calendar::HoldPlaced {
                account: id(interviewer),
                claim: id(self.claim_of(revision)),
                interview: id(self.number),
                interview_type: Some(TYPE),
                group: None,
                revision,
                span: starts,
                before: 5,
                after: 10,
                expires_at: moment(15),
            },
        )
    }

    fn next(&mut self, append: Vec<Write>) {
        self.appends.push(append);
    }

    /// Somebody sets up another interview for the candidate, of which nothing more is told.
    fn scheduled(&mut self) {
        let number = self.number + (14 << 64);
        let scheduled = interview::InterviewScheduled {
            interview: id(number),
            by: id(RECRUITER),
            candidate: id(self.candidate),
            product: None,
            title: line("Second round"),
            description: Some(sealed(SubjectId::of(id(self.candidate())), 13)),
            kind: interview_type::InterviewKind::General,
            difficulty: interview_type::Difficulty::Medium,
            mode: interview_type::Mode::Human,
            purpose: interview_type::Purpose::Recruiting,
            slot: slot(600),
            panel: booking(0, 0).panel,
            terms: booking(0, 0).terms,
            locale: "en".to_owned(),
        };
        let placed = interview::PlacedInSeries {
            interview: id(number),
            place: interview::SeriesPlace {
                series: id(self.number + (15 << 64)),
                number: 1,
                of: 4,
                rule: "FREQ=WEEKLY;COUNT=4".to_owned(),
            },
        };
        let wrote = |event: interview::InterviewEvent| {
            write::<interview::InterviewEvent, kind::Interview>(self.tenant, id(number), event)
        };
        let grouped = interview::PlacedInGroup {
            interview: id(number),
            revision: 1,
            place: interview::GroupPlace {
                group: id(self.number + (16 << 64)),
                seats: 8,
            },
        };
        let kit = |version| interview_kit::KitPin { kit: id(1), version };
        let attached = |version, by| interview::KitAttached {
            interview: id(number),
            kit: kit(version),
            by,
        };
        let changed = interview::DetailsChanged {
            interview: id(number),
            title: Some(interview::TitleChange {
                from: line("Second round"),
                to: line("Last round"),
            }),
            description: Some(sealed(SubjectId::of(id(self.candidate())), 19)),
            by: id(RECRUITER),
        };
        let append = vec![
            wrote(scheduled.into()),
            wrote(placed.into()),
            wrote(grouped.into()),
            wrote(attached(1, None).into()),
        ];
        let update = vec![
            wrote(changed.into()),
            wrote(attached(2, Some(id(RECRUITER))).into()),
        ];
        self.next(append);
        self.next(update);
        self.declined(number);
    }

    /// The candidate asks for another interview, to which somebody has to agree: somebody does, does not, or nobody answers.
    fn asked(&mut self, turn: u128) {
        let number = self.number + (16 << 64);
        let interview = id(number);
        let tenant = self.tenant;
        let wrote = |event: interview::InterviewEvent| {
            write::<interview::InterviewEvent, kind::Interview>(tenant, interview, event)
        };
        let requested = interview::BookingRequested {
            interview,
            candidate: id(self.candidate),
            brief: None,
            quote: None,
            ..booking(0, 700)
        };
        let claimed = interview::SlotClaimed {
            interview,
            revision: 1,
            claims: Vec::new(),
            hold_expires_at: moment(60),
        };
        let required = interview::ApprovalRequired {
            interview,
            due_at: moment(60),
            pay_within_minutes: None,
        };
        self.next(vec![
            wrote(requested.into()),
            wrote(claimed.into()),
            wrote(required.into()),
        ]);
        let by = id(INTERVIEWERS[0]);
        let answer = match turn % 3 {
            0 => vec![
                wrote(
                    interview::BookingApproved {
                        interview,
                        revision: 1,
                        by,
                        hold_expires_at: None,
                    }
                    .into(),
                ),
                wrote(
                    interview::InterviewConfirmed {
                        interview,
                        revision: 1,
                    }
                    .into(),
                ),
                self.calendar(
                    INTERVIEWERS[0],
                    calendar::HoldExtended {
                        account: by,
                        claim: id(number + 1),
                        interview,
                        expires_at: moment(90),
                    },
                ),
            ],
            1 => vec![wrote(
                interview::BookingDeclined {
                    interview,
                    revision: 1,
                    by,
                    party: interview::Party::Interviewer,
                    reason: Some(sealed(SubjectId::of(id(self.candidate())), 14)),
                }
                .into(),
            )],
            _ => vec![wrote(
                interview::BookingExpired {
                    interview,
                    reason: interview::ExpiryReason::NotApproved,
                }
                .into(),
            )],
        };
        self.next(answer);
    }

    /// Somebody waits for the product, is offered times, and takes one, or not.
    fn waited(&mut self, turn: u128) {
        let tenant = self.tenant;
        let entry = id(self.number + (17 << 64));
        let interview = id(self.number + (18 << 64));
        let candidate = id(self.candidate);
        let wrote = |event: waitlist::WaitlistEvent| {
            vec![write::<waitlist::WaitlistEvent, kind::InterviewType>(
                tenant, TYPE, event,
            )]
        };
        let joined = waitlist::WaitlistJoined {
            interview_type: TYPE,
            entry,
            candidate,
            wanted: slot(800).span,
            zone: slot(800).zone,
        };
        let offered = |offer| waitlist::WaitlistOffered {
            interview_type: TYPE,
            entry,
            candidate,
            offer,
            interview,
            slot: slot(800),
            panel: booking(0, 0).panel,
            claims: Vec::new(),
            expires_at: moment(60),
        };
        let declined = waitlist::WaitlistDeclined {
            interview_type: TYPE,
            entry,
            candidate,
            offer: 1,
            interview,
        };
        self.next(wrote(joined.into()));
        self.next(wrote(offered(1).into()));
        self.next(wrote(declined.into()));
        let end = match turn % 3 {
            0 => waitlist::WaitlistAccepted {
                interview_type: TYPE,
                entry,
                candidate,
                offer: 2,
                interview,
            }
            .into(),
            1 => waitlist::WaitlistLapsed {
                interview_type: TYPE,
                entry,
                candidate,
                offer: 2,
                interview,
                lapsed_at: moment(60),
            }
            .into(),
            _ => waitlist::WaitlistLeft {
                interview_type: TYPE,
                entry,
                candidate,
                by: None,
            }
            .into(),
        };
        self.next(wrote(offered(2).into()));
        self.next(wrote(end));
    }

    /// An interviewer opens a session, and asks people to it: some come and one is admitted, or nobody is.
    fn hosted(&mut self, turn: u128) {
        let (tenant, [host, other]) = (self.tenant, INTERVIEWERS);
        let number = self.number + (19 << 64);
        let (interview, room) = (id(number), self.number + (20 << 64));
        let claim = id(self.number + (21 << 64));
        let wrote = |event: interview::InterviewEvent| {
            write::<interview::InterviewEvent, kind::Interview>(tenant, interview, event)
        };
        let begins = 900 + i64::try_from(turn % 1_000).expect("it is a small number") * 30;
        let placed = calendar::HoldPlaced {
            account: id(host),
            claim,
            interview,
            interview_type: None,
            group: None,
            revision: 1,
            span: slot(begins).span,
            before: 0,
            after: 0,
            expires_at: moment(begins + 1),
        };
        let firm = calendar::HoldConfirmed {
            account: id(host),
            claim,
            interview,
        };
        let opened = interview::SessionHosted {
            interview,
            by: id(host),
            title: line("Graphs"),
            kind: interview_type::InterviewKind::Dsa,
            difficulty: interview_type::Difficulty::Medium,
            mode: interview_type::Mode::Peer,
            purpose: interview_type::Purpose::Mock,
            slot: slot(begins),
            panel: vec![interview::PanelMember {
                account: id(host),
                role: interview::PanelRole::Lead,
                reason: interview::SeatReason::Named,
            }],
            terms: interview::Terms {
                rubric: None,
                refunds: Vec::new(),
                ..booking(0, 0).terms
            },
            locale: "en".to_owned(),
            join_code: id(self.number + (22 << 64)),
            password_hash: turn
                .is_multiple_of(2)
                .then(|| sealed_bytes(SubjectId::of(id(host)), 17, 97)),
        };
        let claimed = interview::SlotClaimed {
            interview,
            revision: 1,
            claims: vec![interview::PanelClaim {
                account: id(host),
                claim,
            }],
            hold_expires_at: moment(begins + 1),
        };
        let confirmed = interview::InterviewConfirmed {
            interview,
            revision: 1,
        };
        let invited = interview::GuestsInvited {
            interview,
            accounts: vec![id(other), id(self.candidate)],
            by: id(host),
        };
        let append = vec![
            self.calendar(host, placed),
            self.calendar(host, firm),
            wrote(opened.into()),
            wrote(claimed.into()),
            wrote(confirmed.into()),
        ];
        self.next(append);
        self.next(vec![wrote(invited.into())]);
        self.waited_at_the_door(room, interview, host, other);
        if turn.is_multiple_of(2) {
            let admitted = self.admitted(room, interview, host);
            self.next(admitted);
        }
        let over = room::RoomClosed {
            room: id(room),
            interview,
            at: moment(begins + 10),
            reason: room::CloseReason::Ended,
        };
        let ended = interview::InterviewEnded {
            interview,
            at: moment(begins + 10),
            reason: interview::EndReason::Ended,
            attendance: interview::Attendance::default(),
        };
        let shortened = calendar::ClaimShortened {
            account: id(host),
            claim,
            interview,
            until: moment(begins + 10),
        };
        let end = vec![
            self.room(room, over),
            wrote(ended.into()),
            wrote(interview::InterviewAbandoned { interview }.into()),
            self.calendar(host, shortened),
        ];
        self.next(end);
    }

    /// The candidate waits, goes and comes again; somebody else is denied.
    fn waited_at_the_door(&mut self, number: u128, interview: InterviewId, host: u128, other: u128) {
        let (room, guest) = (id(number), id(self.candidate));
        let provisioned = room::RoomProvisioned {
            room,
            interview,
            revision: 1,
            provider: "builtin".to_owned(),
            room_ref: format!("ref{number}"),
            opens_at: moment(0),
            closes_at: moment(1_440),
            starts_at: moment(0),
            members: vec![room::RoomMember {
                account: id(host),
                role: room::RoomRole::Interviewer,
            }],
        };
        let entered = |account, minutes| room::LobbyEntered {
            room,
            interview,
            account,
            at: moment(minutes),
        };
        let left = room::LobbyLeft {
            room,
            interview,
            account: guest,
            at: moment(2),
        };
        let denied = room::ParticipantDenied {
            room,
            interview,
            account: id(other),
            by: id(host),
            reason: Some(sealed(SubjectId::of(id(other)), 18)),
        };
        let door = [
            self.room(number, provisioned),
            self.room(number, entered(guest, 1)),
            self.room(number, left),
            self.room(number, entered(id(other), 2)),
            self.room(number, denied),
            self.room(number, entered(guest, 3)),
        ];
        for event in door {
            self.next(vec![event]);
        }
    }

    /// The candidate is let in: what that is appended as.
    fn admitted(&self, number: u128, interview: InterviewId, host: u128) -> Vec<Write> {
        let (room, guest) = (id(number), id(self.candidate));
        let joined = interview::CandidateJoined {
            interview,
            candidate: guest,
            by: id(host),
        };
        let admitted = room::ParticipantAdmitted {
            room,
            interview,
            account: guest,
            by: id(host),
        };
        let member = |account, role| room::RoomMember { account, role };
        let changed = room::RoomMembersChanged {
            room,
            interview,
            members: vec![
                member(guest, room::RoomRole::Candidate),
                member(id(host), room::RoomRole::Interviewer),
            ],
        };
        vec![
            write::<interview::InterviewEvent, kind::Interview>(
                self.tenant,
                interview,
                interview::InterviewEvent::from(joined),
            ),
            self.room(number, admitted),
            self.room(number, changed),
        ]
    }

    /// Somebody gives the seat up, and another takes it.
    fn declined(&mut self, number: u128) {
        let tenant = self.tenant;
        let wrote = |event: interview::InterviewEvent| {
            write::<interview::InterviewEvent, kind::Interview>(tenant, id(number), event)
        };
        let [former, next] = INTERVIEWERS;
        let seat = |account, reason| interview::PanelMember {
            account: id(account),
            role: interview::PanelRole::Lead,
            reason,
        };
        let responded = wrote(
            interview::InviteResponded {
                interview: id(number),
                revision: 1,
                account: id(former),
                answer: interview::Answer::Declined,
            }
            .into(),
        );
        let vacated = wrote(
            interview::PanelSeatVacated {
                interview: id(number),
                revision: 1,
                member: seat(former, interview::SeatReason::Collective),
                reason: interview::VacancyReason::Declined,
                change: 1,
            }
            .into(),
        );
        let replaced = wrote(
            interview::InterviewerReplaced {
                interview: id(number),
                revision: 1,
                former: id(former),
                member: seat(next, interview::SeatReason::FewestRecent),
                claim: id(number + 1),
                by: None,
                change: 2,
            }
            .into(),
        );
        let proposal = |number| id::<kind::Proposal>(number);
        let proposed = |by: u128, next: u128| interview::RescheduleProposed {
            interview: id(number),
            revision: 1,
            proposal: proposal(next),
            by: id(by),
            side: interview::Side::Hosts,
            options: vec![slot(660), slot(690)],
            message: Some(sealed(SubjectId::of(id(self.candidate())), 15)),
            at: moment(30),
        };
        let turned_down = interview::RescheduleDeclined {
            interview: id(number),
            revision: 1,
            proposal: proposal(number),
            proposed_by: id(next),
            by: id(self.candidate),
            reason: None,
        };
        let taken = interview::RescheduleAccepted {
            interview: id(number),
            revision: 1,
            proposal: proposal(number + 1),
            by: id(self.candidate),
        };
        let moved = interview::InterviewRescheduled {
            interview: id(number),
            revision: 2,
            from: slot(600),
            to: slot(660),
            claims: Vec::new(),
            by: id(next),
            reason: None,
        };
        let proposals = [
            wrote(proposed(next, number).into()),
            wrote(turned_down.into()),
            wrote(proposed(next, number + 1).into()),
        ];
        let accepted = vec![wrote(taken.into()), wrote(moved.into())];
        let drifted = interview::TimeZoneRuleDriftDetected {
            interview: id(number),
            revision: 2,
            drift: drift(660),
        };
        let fits_again = interview::TimeZoneRuleDriftEnded {
            interview: id(number),
            revision: 2,
            tzdb: "2025c".to_owned(),
        };
        let kept = interview::DriftedTimeKept {
            interview: id(number),
            revision: 3,
            from: slot(660),
            to: slot(660),
            by: id(next),
            reason: Some(sealed(SubjectId::of(id(self.candidate())), 16)),
        };
        let clocks = [
            wrote(drifted.clone().into()),
            wrote(fits_again.into()),
            wrote(drifted.into()),
            wrote(kept.into()),
        ];
        let admitted = self.room(
            self.room_of(1),
            room::RoomMembersChanged {
                room: id(self.room_of(1)),
                interview: id(self.number),
                members: vec![room::RoomMember {
                    account: id(next),
                    role: room::RoomRole::Interviewer,
                }],
            },
        );
        self.next(vec![responded, vacated]);
        self.next(vec![replaced, admitted]);
        for proposal in proposals {
            self.next(vec![proposal]);
        }
        self.next(accepted);
        for event in clocks {
            self.next(vec![event]);
        }
    }

    /// False: it came to nothing.
    fn booked(&mut self) -> bool {
        let (interview, payment) = (id(self.number), id(self.pay()));
        let starts = i64::try_from(self.dice.below(50) * 30).expect("it is a small number");
        let subject = SubjectId::of(id(self.candidate));
        let mut append = vec![
            self.placed(INTERVIEWERS[0], 1),
            self.of_interview(interview::BookingRequested {
                candidate: id(self.candidate),
                brief: Some(sealed_bytes(subject, 9, 200)),
                ..booking(self.number, starts)
            }),
            self.of_interview(interview::SlotClaimed {
                interview,
                revision: 1,
                claims: Vec::new(),
                hold_expires_at: moment(15),
            }),
            self.of_interview(interview::PaymentRequired {
                interview,
                payment,
                amount: rupees(14_900),
                due_at: moment(15),
            }),
        ];
        let opened = self.payment(payment::PaymentOpened {
            payment,
            interview,
            payer: id(self.candidate()),
            amount: rupees(14_900),
            quote: quote(),
            due_at: moment(15),
        });
        // The order of the streams of an append is nobody's promise.
        append.insert(if self.dice.one_in(2) { 0 } else { 4 }, opened);
        self.next(append);
        let has_page = self.dice.one_in(2);
        let created = self.payment(payment::PaymentOrderCreated {
            payment,
            interview,
            provider: "sandbox".to_owned(),
            order: format!("order_{}", self.number),
            checkout_url: has_page.then(|| "http://127.0.0.1/pay".to_owned()),
        });
        self.next(vec![created]);
        self.paid(payment, interview)
    }

    fn paid(&mut self, payment: PaymentId, interview: InterviewId) -> bool {
        if self.dice.one_in(3) {
            let failed = self.payment(payment::PaymentAttemptFailed {
                payment,
                interview,
                attempt: "a1".to_owned(),
                code: "declined".to_owned(),
            });
            self.next(vec![failed]);
        }
        self.told();
        if self.dice.one_in(2) {
            let authorized = self.payment(payment::PaymentAuthorized {
                payment,
                interview,
                attempt: "a2".to_owned(),
            });
            self.next(vec![authorized]);
        }
        let late = self.dice.one_in(4);
        if late {
            let expired = vec![
                self.of_interview(interview::BookingExpired {
                    interview,
                    reason: interview::ExpiryReason::HoldExpired,
                }),
                self.payment(payment::PaymentExpired { payment, interview }),
                self.calendar(
                    INTERVIEWERS[0],
                    calendar::HoldExpired {
                        account: id(INTERVIEWERS[0]),
                        claim: id(self.claim_of(1)),
                        interview,
                        expired_at: moment(15),
                    },
                ),
            ];
            self.next(expired);
            if self.dice.one_in(2) {
                return false;
            }
        }
        let mut captured = vec![self.payment(payment::PaymentCaptured {
            payment,
            interview,
            attempt: "a2".to_owned(),
            amount: rupees(14_900),
            captured_at: moment(5),
            late,
        })];
        if late && self.dice.one_in(2) {
            captured.push(self.payment(payment::RefundRequested {
                payment,
                interview,
                refund: id(self.number),
                amount: rupees(14_900),
                reason: payment::RefundReason::SlotLost,
                attempt: None,
            }));
            self.next(captured);
            let processed = if self.dice.one_in(2) {
                self.payment(payment::RefundProcessed {
                    payment,
                    interview,
                    refund: id(self.number),
                    provider_refund: "r1".to_owned(),
                })
            } else {
                self.payment(payment::RefundFailed {
                    payment,
                    interview,
                    refund: id(self.number),
                    code: "closed".to_owned(),
                })
            };
            self.next(vec![processed]);
            return false;
        }
        if late {
            captured.push(self.of_interview(interview::SlotReclaimed {
                interview,
                revision: 1,
                claims: Vec::new(),
            }));
        }
        captured.push(self.of_interview(interview::InterviewConfirmed {
            interview,
            revision: 1,
        }));
        if late {
            captured.push(self.placed(INTERVIEWERS[0], 1));
        }
        captured.push(self.calendar(
            INTERVIEWERS[0],
            calendar::HoldConfirmed {
                account: id(INTERVIEWERS[0]),
                claim: id(self.claim_of(1)),
                interview,
            },
        ));
        self.next(captured);
        if self.dice.one_in(5) {
            let doubled = self.payment(payment::DuplicateCaptureDetected {
                payment,
                interview,
                attempt: "a3".to_owned(),
                amount: rupees(14_900),
            });
            let other = self.payment(payment::PaymentMismatchDetected {
                payment,
                interview,
                attempt: "a4".to_owned(),
                expected: rupees(14_900),
                actual: rupees(1),
            });
            self.next(vec![doubled, other]);
        }
        true
    }

    fn provision(&mut self, revision: u32) {
        let provisioned = self.room(
            self.room_of(revision),
            room::RoomProvisioned {
                room: id(self.room_of(revision)),
                interview: id(self.number),
                revision,
                provider: "builtin".to_owned(),
                room_ref: format!("ref_{revision}_{}", self.number),
                opens_at: moment(0),
                closes_at: moment(100),
                starts_at: moment(10),
                members: vec![room::RoomMember {
                    account: id(self.candidate()),
                    role: room::RoomRole::Candidate,
                }],
            },
        );
        self.next(vec![provisioned]);
    }

    fn moved(&mut self) {
        self.notified(1);
        self.provision(1);
        let (account, claim, interview) = (id(INTERVIEWERS[0]), id(self.claim_of(1)), id(self.number));
        let clashed = calendar::ClaimClashed {
            account,
            claim,
            interview,
            busy: Span::minutes(moment(5), 10),
        };
        self.next(vec![self.calendar(INTERVIEWERS[0], clashed)]);
        let ended = calendar::ClashEnded {
            account,
            claim,
            interview,
        };
        self.next(vec![self.calendar(INTERVIEWERS[0], ended)]);
        if self.dice.one_in(2) {
            let moved = vec![
                self.calendar(
                    INTERVIEWERS[0],
                    calendar::ClaimReleased {
                        account: id(INTERVIEWERS[0]),
                        claim: id(self.claim_of(1)),
                        interview: id(self.number),
                        reason: calendar::ReleaseReason::Rescheduled,
                    },
                ),
                self.placed(INTERVIEWERS[0], 2),
                self.of_interview(interview::InterviewRescheduled {
                    interview: id(self.number),
                    revision: 2,
                    from: slot(0),
                    to: slot(60),
                    claims: Vec::new(),
                    by: id(self.candidate()),
                    reason: Some(sealed(SubjectId::of(id(self.candidate())), 11)),
                }),
                self.room(
                    self.room_of(1),
                    room::RoomClosed {
                        room: id(self.room_of(1)),
                        interview: id(self.number),
                        at: moment(9),
                        reason: room::CloseReason::Superseded,
                    },
                ),
            ];
            self.next(moved);
            self.provision(2);
            self.notified(2);
        }
    }

    fn cancelled(&mut self) {
        let interview = id(self.number);
        let limited = self.of_interview(interview::RefundLimited {
            interview,
            revision: 2,
            percent: 50,
        });
        let unpaid = self.payment(payment::PaymentCancelled {
            payment: id(self.pay()),
            interview,
        });
        let called_off = self.of_interview(interview::InterviewCancelled {
            interview,
            revision: 2,
            was_confirmed: true,
            by: id(self.candidate()),
            party: interview::Party::Candidate,
            reason: Some(sealed(SubjectId::of(id(self.candidate())), 12)),
            outcome: interview::PolicyOutcome {
                notice_minutes: 300,
                percent: 50,
                refund: Some(rupees(7_450)),
            },
        });
        self.next(vec![limited]);
        self.next(vec![called_off, unpaid]);
    }

    fn notified(&mut self, revision: u32) {
        use notification::NotificationEvent;
        let notification = id(self.number + (3 << 64) + (u128::from(revision) << 32));
        let interview = id(self.number);
        let message = notification::Message {
            recipient: id(self.candidate()),
            template: notification::Template::InterviewConfirmed,
            interview,
            revision,
        };
        let event: NotificationEvent = match self.dice.below(3) {
            0 => notification::NotificationSuppressed {
                notification,
                interview,
                message,
                reason: notification::SuppressReason::Stale,
            }
            .into(),
            1 => notification::DeliveryFailed {
                notification,
                interview,
                message,
                code: "550".to_owned(),
            }
            .into(),
            _ => notification::DeliveryAccepted {
                notification,
                interview,
                message,
                channel: notification::Channel::Email,
                message_id: "<1@example>".to_owned(),
                via: "mail/1.eml".to_owned(),
            }
            .into(),
        };
        self.next(vec![write::<NotificationEvent, kind::Notification>(
            self.tenant,
            notification,
            event,
        )]);
    }

    /// True: the parties met.
    fn held(&mut self) -> bool {
        let interview = id(self.number);
        let revision = if self.dice.one_in(8) { 1 } else { 2 };
        let room = self.room_of(revision);
        let join = |life: &Self, account: u128, connection: u128| {
            life.room(
                room,
                room::ParticipantJoined {
                    room: id(room),
                    interview,
                    account: id(account),
                    role: room::RoomRole::Interviewer,
                    connection: id(connection),
                    at: moment(10),
                },
            )
        };
        let token = self.room(
            room,
            room::JoinTokenIssued {
                room: id(room),
                interview,
                account: id(self.candidate()),
                role: room::RoomRole::Candidate,
                expires_at: moment(20),
            },
        );
        let used = self.room(
            room,
            room::JoinTokenUsed {
                room: id(room),
                interview,
                account: id(self.candidate()),
                role: room::RoomRole::Candidate,
                connection: id(2),
                at: moment(11),
            },
        );
        self.next(vec![token]);
        let first = vec![
            join(self, INTERVIEWERS[0], 1),
            self.of_interview(interview::InterviewOpened {
                interview,
                room: id(room),
                at: moment(10),
            }),
        ];
        self.next(first);
        if self.dice.one_in(3) {
            let marked = self.of_interview(interview::NoShowMarked {
                interview,
                absent: interview::Absent::Candidate,
                attendance: interview::Attendance::default(),
            });
            self.next(vec![marked]);
            if self.dice.one_in(2) {
                return false;
            }
            let retracted = self.of_interview(interview::NoShowRetracted {
                interview,
                by: None,
                reason: Some(paragraph("Came late")),
            });
            self.next(vec![retracted]);
        }
        let second = vec![
            self.of_interview(interview::InterviewStarted {
                interview,
                at: moment(11),
            }),
            used,
            join(self, self.candidate(), 2),
        ];
        self.next(second);
        let left = self.room(
            room,
            room::ParticipantLeft {
                room: id(room),
                interview,
                account: id(self.candidate()),
                connection: id(2),
                at: moment(30),
                reason: room::LeaveReason::Dropped,
            },
        );
        self.next(vec![left]);
        let met = !self.dice.one_in(6);
        let ended = vec![
            self.of_interview(interview::InterviewEnded {
                interview,
                at: moment(30),
                reason: interview::EndReason::Ended,
                attendance: interview::Attendance {
                    candidate_seconds: 1_140,
                    interviewer_seconds: 1_200,
                    overlap_seconds: 1_140,
                },
            }),
            if met {
                self.of_interview(interview::InterviewCompleted { interview })
            } else {
                self.of_interview(interview::InterviewAbandoned { interview })
            },
            self.room(
                room,
                room::RoomClosed {
                    room: id(room),
                    interview,
                    at: moment(30),
                    reason: room::CloseReason::Ended,
                },
            ),
        ];
        self.next(ended);
        met
    }

    fn rated(&mut self) {
        use scorecard::ScorecardEvent;
        let subject = SubjectId::of(id(self.candidate()));
        let interview = id(self.number);
        let cards = INTERVIEWERS.map(|person| (id(self.number + (4 << 64) + (person << 32)), id(person)));
        let content = || scorecard::ScorecardContent {
            ratings: vec![scorecard::Rating {
                criterion: "depth".to_owned(),
                value: Some(4),
                note: Some(sealed_bytes(subject, 21, 150)),
            }],
            overall: 4,
            recommendation: scorecard::Recommendation::Yes,
            private_note: Some(sealed_bytes(subject, 22, 200)),
            feedback: Some(sealed_bytes(subject, 23, 400)),
            fingerprint: "f".to_owned(),
        };
        let card = |life: &Self, scorecard, event: ScorecardEvent| {
            write::<ScorecardEvent, kind::Scorecard>(life.tenant, scorecard, event)
        };
        let assigned = cards
            .map(|(scorecard, account)| {
                card(
                    self,
                    scorecard,
                    scorecard::ScorecardAssigned {
                        scorecard,
                        interview,
                        account,
                        candidate: id(self.candidate()),
                        rubric: None,
                        criteria: vec![criterion()],
                        due_at: moment(1_440),
                    }
                    .into(),
                )
            })
            .to_vec();
        self.next(assigned);
        let (scorecard, account) = cards[0];
        let submitted = card(
            self,
            scorecard,
            scorecard::ScorecardSubmitted {
                scorecard,
                interview,
                account,
                content: content(),
                late: false,
            }
            .into(),
        );
        self.next(vec![submitted]);
        if self.dice.one_in(2) {
            let amended = card(
                self,
                scorecard,
                scorecard::ScorecardAmended {
                    scorecard,
                    interview,
                    account,
                    version: 2,
                    content: content(),
                    reason: paragraph("A slip"),
                    others_visible_before: false,
                }
                .into(),
            );
            self.next(vec![amended]);
        }
        let (other, rater) = cards[1];
        if self.dice.one_in(2) {
            let declined = card(
                self,
                other,
                scorecard::ScorecardDeclined {
                    scorecard: other,
                    interview,
                    account: rater,
                    reason: paragraph("Was not there"),
                }
                .into(),
            );
            self.next(vec![declined]);
        }
        self.decided(scorecard, subject);
    }

    fn decided(&mut self, scorecard: ScorecardId, subject: SubjectId) {
        use decision::DecisionEvent;
        let interview = id(self.number);
        let decision = id(self.number + (5 << 64));
        let verdict = match self.dice.below(3) {
            0 => decision::Verdict::Pass,
            1 => decision::Verdict::Fail,
            _ => decision::Verdict::OnHold,
        };
        let recorded = |tenant| {
            write::<DecisionEvent, kind::Decision>(
                tenant,
                decision,
                decision::DecisionRecorded {
                    decision,
                    interview,
                    verdict,
                    by: id(RECRUITER),
                    reason: Some(sealed_bytes(subject, 31, 100)),
                    basis: Position(7),
                    missing: vec![id(INTERVIEWERS[1])],
                },
            )
        };
        self.next(vec![recorded(self.tenant)]);
        if self.dice.one_in(3) {
            let reversed = write::<DecisionEvent, kind::Decision>(
                self.tenant,
                decision,
                decision::DecisionReversed {
                    decision,
                    interview,
                    by: id(RECRUITER),
                    reason: paragraph("Too early"),
                },
            );
            self.next(vec![reversed]);
            if self.dice.one_in(2) {
                self.next(vec![recorded(self.tenant)]);
            }
        }
        let feedback = id(self.number + (6 << 64));
        let released = write::<feedback::FeedbackEvent, kind::Feedback>(
            self.tenant,
            feedback,
            feedback::FeedbackReleased {
                feedback,
                interview,
                scorecard,
                version: 1,
                candidate: id(self.candidate()),
                content: sealed_bytes(subject, 41, 400),
                by: Some(id(RECRUITER)),
            },
        );
        self.next(vec![released]);
    }

    fn reported(&mut self) {
        use report::ReportEvent;
        let subject = SubjectId::of(id(self.candidate()));
        let (interview, report) = (id(self.number), id(self.number + (7 << 64)));
        let transcript = id(self.number + (8 << 64));
        let finalised = write::<transcript::TranscriptEvent, kind::Transcript>(
            self.tenant,
            transcript,
            transcript::TranscriptFinalised {
                transcript,
                interview,
                version: 1,
                content: transcript::BlobRef {
                    blob: id(self.number),
                    subject,
                    digest: "d".to_owned(),
                    bytes: 100,
                },
                turns: 10,
                duration_ms: 1_000,
                by: id(RECRUITER),
            },
        );
        self.next(vec![finalised]);
        let wrote =
            |life: &Self, event: ReportEvent| write::<ReportEvent, kind::Report>(life.tenant, report, event);
        for revision in 1..=2 {
            let requested = wrote(
                self,
                report::ReportRequested {
                    report,
                    interview,
                    candidate: id(self.candidate()),
                    kind: report::ReportKind::Performance,
                    revision,
                    transcript: report::TranscriptPin {
                        transcript,
                        version: 1,
                        digest: "d".to_owned(),
                    },
                    prompt_version: "1".to_owned(),
                    by: id(RECRUITER),
                }
                .into(),
            );
            self.next(vec![requested]);
            let outcome: ReportEvent = if revision == 1 && self.dice.one_in(2) {
                report::ReportFailed {
                    report,
                    interview,
                    revision,
                    code: "quote_not_in_transcript".to_owned(),
                }
                .into()
            } else {
                report::ReportGenerated {
                    report,
                    interview,
                    revision,
                    run: id(u128::from(revision)),
                    engine: report::Engine {
                        provider: "builtin".to_owned(),
                        model: "features".to_owned(),
                        is_language_model: false,
                    },
                    overall: 70,
                    breakdown: vec![report::ScoreItem {
                        key: "communication".to_owned(),
                        score: 70,
                    }],
                    body: sealed_bytes(subject, 51, 2_000),
                    usage: report::TokenUsage::default(),
                }
                .into()
            };
            let outcome = wrote(self, outcome);
            self.next(vec![outcome]);
        }
        let published = wrote(
            self,
            report::ReportPublished {
                report,
                interview,
                revision: 2,
                by: id(RECRUITER),
            }
            .into(),
        );
        self.next(vec![published]);
    }
}
