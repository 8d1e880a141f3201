use domain::interview::events::Brief;
use uuid::Uuid;

use super::*;

fn particulars(template: Template) -> Particulars {
    Particulars {
        notification: NotificationId::new(Uuid::from_u128(1)),
        template,
        address: "ada@example.org".to_owned(),
        recipient: Some("Ada".to_owned()),
        zone: "Europe/Berlin".parse().unwrap(),
        interview: InterviewId::new(Uuid::from_u128(2)),
        revision: 2,
        panel_changes: 0,
        title: "System design".to_owned(),
        span: Span::minutes("2026-03-03T10:00:00Z".parse().unwrap(), 60),
        opens_before: 10,
        candidate: Some("Grace".to_owned()),
        brief: Some(Brief {
            job_role: Some("Backend engineer".to_owned()),
            experience_years: Some(4),
            level: Some("senior".to_owned()),
            focus_areas: vec!["queues".to_owned()],
            requirements: Some("Slowly, please.\nThank you.".to_owned()),
        }),
        interviewers: vec!["Alan".to_owned(), "Edsger".to_owned()],
        is_known: true,
        cancelled: None,
        due_at: None,
        price: None,
        declined: None,
        options: Vec::new(),
        message: None,
        nobody_free: false,
        kept: None,
        entrance: None,
        stamp: "2026-03-02T09:00:00Z".parse().unwrap(),
    }
}

fn write(particulars: &Particulars) -> Mail {
    Writer::new(
        Links::of_installation("https://greenroom.example/"),
        "greenroom.example",
    )
    .write(particulars)
    .unwrap()
}

#[test]
fn a_candidate_is_told_when_with_whom_and_where() {
    let mail = write(&particulars(Template::InterviewConfirmed));

    assert_eq!(
        mail.subject,
        "Your interview is confirmed: System design, Tuesday, 3 March 2026"
    );
    assert!(
        mail.text
            .contains("Tuesday, 3 March 2026, 11:00 to 12:00 CET (UTC+01:00)")
    );
    assert!(mail.text.contains("With    Alan, Edsger"));
    assert!(
        mail.text
            .contains("https://greenroom.example/rooms/int_00000000000000000000000002")
    );
}

#[test]
fn an_interviewer_is_told_whom_to_meet_for_which_job_and_with_what_experience() {
    let mail = write(&particulars(Template::InterviewAssigned));

    assert!(mail.text.contains("Candidate   Grace"));
    assert!(mail.text.contains("Job         Backend engineer (senior)"));
    assert!(mail.text.contains("Experience  4 years"));
    assert!(mail.text.contains("/rooms/int_"));
    assert!(mail.html.contains("Backend engineer"));
}

#[test]
fn an_invitation_keeps_its_id_and_counts_its_revisions() {
    let first = write(&Particulars {
        revision: 1,
        ..particulars(Template::InterviewConfirmed)
    });
    let second = write(&particulars(Template::InterviewRescheduled));

    let (first, second) = (first.calendar.unwrap(), second.calendar.unwrap());
    assert_eq!(first.uid, second.uid);
    assert_eq!((first.sequence, second.sequence), (0, 1));
    assert_eq!(second.method, InvitationMethod::Request);
}

#[test]
fn a_time_that_is_kept_is_told_with_both_clocks_and_is_not_said_to_have_moved() {
    let zone = "America/Asuncion".parse().unwrap();
    let span = Span::minutes("2026-04-06T14:00:00Z".parse().unwrap(), 60);
    let to = Slot::promised(span, zone);
    let from = Slot {
        local_start: "2026-04-06T10:00:00".parse().unwrap(),
        tzdb: "2024a".to_owned(),
        ..to.clone()
    };
    let mail = write(&Particulars {
        zone,
        span,
        kept: Some(Kept { from, to }),
        ..particulars(Template::InterviewRescheduled)
    });

    assert_eq!(
        mail.subject,
        "Your interview stays, the clocks have changed: System design, Monday, 6 April 2026"
    );
    for text in [&mail.text, &mail.html] {
        assert!(text.contains("Asuncion"), "{text}");
        assert!(text.contains("Monday, 6 April 2026, 10:00"), "{text}");
        assert!(text.contains("Monday, 6 April 2026, 11:00"), "{text}");
        assert!(!text.contains("was moved"), "{text}");
    }
    assert!(mail.text.contains("11:00 to 12:00"), "{}", mail.text);
    assert_eq!(mail.calendar.unwrap().sequence, 1);
}

#[test]
fn a_request_says_who_asks_and_until_when_an_answer_counts() {
    let mail = write(&Particulars {
        due_at: Some("2026-03-02T12:00:00Z".parse().unwrap()),
        ..particulars(Template::ApprovalRequested)
    });

    assert!(mail.text.contains("Candidate   Grace"));
    assert!(
        mail.text
            .contains("Answer by   Monday, 2 March 2026, 13:00 CET (UTC+01:00)")
    );
    assert!(mail.text.contains("/interviews/int_"));
    assert_eq!(mail.calendar, None);
}

#[test]
fn an_agreement_says_what_is_to_be_paid_and_a_decline_why() {
    let money = Money {
        minor: 9_900,
        currency: "INR".parse().unwrap(),
    };
    let agreed = write(&Particulars {
        due_at: Some("2026-03-02T12:00:00Z".parse().unwrap()),
        price: Some(money),
        ..particulars(Template::BookingApproved)
    });
    let declined = write(&Particulars {
        declined: Some("Away <b>that</b> day".to_owned()),
        ..particulars(Template::BookingDeclined)
    });

    assert!(agreed.text.contains("Price   99.00 INR"));
    assert!(
        agreed
            .text
            .contains("Pay by  Monday, 2 March 2026, 13:00 CET (UTC+01:00)")
    );
    assert!(declined.text.contains("Reason: Away <b>that</b> day"));
    assert!(!declined.html.contains("<b>"));
    assert_eq!(agreed.calendar, None);
}

#[test]
fn a_proposal_names_the_times_in_the_zone_of_whoever_reads_it() {
    let mail = write(&Particulars {
        options: vec![Span::minutes("2026-03-05T10:00:00Z".parse().unwrap(), 60)],
        message: Some("Something <b>came</b> up".to_owned()),
        ..particulars(Template::TimesProposed)
    });

    assert!(
        mail.text
            .contains("Thursday, 5 March 2026, 11:00 to 12:00 CET (UTC+01:00)")
    );
    assert!(mail.text.contains("Something <b>came</b> up"));
    assert!(!mail.html.contains("<b>"));
    assert_eq!(mail.calendar, None);
}

#[test]
fn times_that_greenroom_proposes_come_with_the_reason_and_without_a_name() {
    let mail = write(&Particulars {
        options: vec![Span::minutes("2026-03-05T10:00:00Z".parse().unwrap(), 60)],
        candidate: None,
        nobody_free: true,
        ..particulars(Template::TimesProposed)
    });

    for text in [&mail.text, &mail.html] {
        assert!(text.contains("an interviewer cannot come"), "{text}");
        assert!(text.contains("5 March 2026, 11:00 to 12:00 CET"), "{text}");
        assert!(text.contains("costs you nothing"), "{text}");
        assert!(!text.contains("Alan") && !text.contains("Edsger"), "{text}");
    }
}

#[test]
fn an_offer_says_until_when_it_is_held() {
    let mail = write(&Particulars {
        due_at: Some("2026-03-02T12:00:00Z".parse().unwrap()),
        ..particulars(Template::SlotOffered)
    });

    assert!(mail.subject.starts_with("A time is free for you"));
    assert!(
        mail.text
            .contains("Answer by  Monday, 2 March 2026, 13:00 CET (UTC+01:00)")
    );
    assert_eq!(mail.calendar, None);
}

#[test]
fn a_guest_is_told_the_way_into_a_session_and_no_password() {
    let asked = |takes_password| {
        write(&Particulars {
            interviewers: vec!["Alan".to_owned()],
            due_at: Some("2026-03-04T10:00:00Z".parse().unwrap()),
            entrance: Some(Entrance {
                code: "bcdfghjkm".parse().unwrap(),
                takes_password,
            }),
            ..particulars(Template::SessionInvitation)
        })
    };
    let (open, guarded) = (asked(false), asked(true));

    assert_eq!(open.subject, "Alan asks you to a session now: System design");
    assert!(open.text.contains("Code     BCD-FGH-JKM"));
    assert!(
        open.text
            .contains("Join     https://greenroom.example/sessions#BCD-FGH-JKM")
    );
    assert!(
        open.text
            .contains("Until    Wednesday, 4 March 2026, 11:00 CET (UTC+01:00)")
    );
    assert!(open.html.contains("sessions#BCD-FGH-JKM\">"));
    assert!(!open.text.contains("password") && guarded.text.contains("You need a password too"));
    assert_eq!(open.calendar, None);
}

fn cancelled(money: Option<MoneyBack>) -> Particulars {
    Particulars {
        cancelled: Some(Cancelled {
            party: Party::Interviewer,
            reason: Some("Down with a <cold>.".to_owned()),
            money,
        }),
        ..particulars(Template::InterviewCancelled)
    }
}

#[test]
fn a_cancellation_says_whose_wish_it_was_why_and_what_comes_back() {
    let money = Money {
        minor: 7_450,
        currency: "INR".parse().unwrap(),
    };
    let mail = write(&cancelled(Some(MoneyBack::Back(money))));
    let nothing = write(&cancelled(Some(MoneyBack::Nothing)));
    let unpaid = write(&cancelled(Some(MoneyBack::NotPaid)));
    let panel = write(&cancelled(None));

    assert_eq!(
        mail.subject,
        "The interview is cancelled: System design, Tuesday, 3 March 2026"
    );
    assert!(mail.text.contains("called off by an interviewer"));
    assert!(mail.text.contains("Reason: Down with a <cold>."));
    assert!(mail.html.contains("Down with a &lt;cold&gt;."));
    assert!(mail.text.contains("74.50 INR go back to you"));
    assert!(nothing.text.contains("nothing is paid back"));
    assert!(unpaid.text.contains("Nothing is to be paid"));
    assert!(!panel.text.contains("paid"));
}

#[test]
fn a_cancellation_takes_the_appointment_out_that_was_put_in() {
    let moved = write(&particulars(Template::InterviewRescheduled));
    let mail = write(&cancelled(None));
    let stranger = write(&Particulars {
        is_known: false,
        ..cancelled(None)
    });

    let (moved, cancelled) = (moved.calendar.unwrap(), mail.calendar.unwrap());
    assert_eq!(cancelled.method, InvitationMethod::Cancel);
    assert_eq!(cancelled.uid, moved.uid);
    assert!(cancelled.sequence > moved.sequence);
    assert_eq!(stranger.calendar, None);
}

#[test]
fn whoever_left_the_panel_takes_the_appointment_out_and_may_be_invited_again() {
    let changed = |template, panel_changes| {
        write(&Particulars {
            panel_changes,
            ..particulars(template)
        })
    };
    let invited = changed(Template::InterviewAssigned, 0);
    let left = changed(Template::InterviewCancelled, 1);
    let again = changed(Template::InterviewAssigned, 2);

    assert!(left.subject.starts_with("You do not take part any more"));
    assert!(left.text.contains("your seat in \"System design\" is free again"));
    let sequences = [invited, left, again].map(|mail| mail.calendar.unwrap().sequence);
    assert_eq!(sequences, [1, 2, 3]);
}

#[test]
fn news_that_settle_no_time_carry_no_invitation() {
    assert_eq!(write(&particulars(Template::SlotLost)).calendar, None);
    assert_eq!(write(&particulars(Template::InterviewersAbsent)).calendar, None);
    assert_eq!(write(&particulars(Template::PaidTwice)).calendar, None);
    assert_eq!(write(&particulars(Template::FeedbackReleased)).calendar, None);
    assert_eq!(write(&particulars(Template::ReportReady)).calendar, None);
}

#[test]
fn what_people_write_is_inert_in_subject_and_html() {
    let mail = write(&Particulars {
        candidate: Some("<img src=x onerror=alert(1)>\r\nBcc: eve@example.org".to_owned()),
        ..particulars(Template::InterviewAssigned)
    });

    assert!(!mail.subject.contains(['\r', '\n']));
    assert!(!mail.html.contains("<img"));
    assert!(mail.html.contains("&lt;img"));
}

#[test]
fn a_recipient_without_a_name_is_greeted_too() {
    let mail = write(&Particulars {
        recipient: None,
        candidate: None,
        brief: None,
        interviewers: Vec::new(),
        ..particulars(Template::InterviewConfirmed)
    });

    assert!(mail.text.starts_with("Hello,\n"));
    assert!(!mail.text.contains("With "));
}

#[test]
fn a_repeated_mail_is_the_same_mail() {
    let particulars = particulars(Template::InterviewRescheduled);

    assert_eq!(write(&particulars), write(&particulars));
}

#[test]
fn no_mail_shows_its_text_in_a_log() {
    assert!(!format!("{:?}", particulars(Template::SlotLost)).contains("Ada"));
}
