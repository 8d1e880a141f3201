//! What a viewer may not see is not in any answer of the queries.

use domain::{
    decision::events::Verdict,
    ids::{AccountId, InterviewId},
};

use crate::{
    decisions, feedback,
    interviews::{self, Interview, Scope, Where},
    list::Slice,
    model::Stored,
    projections::models,
    reports::{self, ReportReader},
    scorecards::{self, Reader, ScorecardStatus},
    testing::{
        Running, TestDb, ground,
        history::{History, candidate, id, tenant},
        on_both,
    },
};

async fn everything(db: &TestDb) -> Vec<Stored<Interview>> {
    let all = Where::All(vec![]);
    let listed = interviews::list(
        &db.db,
        tenant(0),
        Scope::Organisation,
        &all,
        &[],
        &Slice::first(1_000),
    )
    .await;
    listed.unwrap().rows.into_iter().map(|(_, row)| row).collect()
}

fn ids(rows: &[Stored<Interview>]) -> Vec<InterviewId> {
    rows.iter().map(|stored| stored.row.interview).collect()
}

on_both! {
    async fn a_participant_sees_own_interviews_by_no_path_more(db) {
        let history = History::of(1, 24).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let (all, nothing) = (everything(db).await, Where::All(vec![]));
        let viewer: AccountId = id(candidate(2));
        let scope = Scope::Participant(viewer);

        let listed = interviews::list(&db.db, tenant(0), scope, &nothing, &[], &Slice::first(1_000)).await.unwrap();
        let by_id = interviews::by_ids(&db.db, tenant(0), scope, &ids(&all)).await.unwrap();
        let wide = Where::Any(vec![Where::Not(Box::new(Where::Candidate(vec![viewer]))), nothing.clone()]);
        let widened = interviews::list(&db.db, tenant(0), scope, &wide, &[], &Slice::first(1_000)).await.unwrap();

        let own: Vec<_> = all.iter().filter(|stored| stored.row.candidate == Some(viewer)).cloned().collect();
        assert!(!own.is_empty() && own.len() < all.len());
        assert_eq!(listed.rows.iter().map(|(_, row)| row.clone()).collect::<Vec<_>>(), own);
        assert_eq!(widened, listed);
        assert_eq!(by_id.into_iter().flatten().collect::<Vec<_>>(), own);
        assert_eq!(interviews::count(&db.db, tenant(0), scope, &nothing).await.unwrap(), own.len() as u64);
        let foreign = all.iter().find(|stored| stored.row.candidate != Some(viewer) && stored.row.payment.is_some()).unwrap();
        let payment = foreign.row.payment.as_ref().unwrap().payment;
        assert_eq!(interviews::by_payment(&db.db, tenant(0), scope, payment).await.unwrap(), None);
        assert!(interviews::by_payment(&db.db, tenant(0), Scope::Organisation, payment).await.unwrap().is_some());
        running.stop().await;
    }
}

on_both! {
    async fn verdicts_can_be_filtered_by_only_for_the_organisation(db) {
        let history = History::of(2, 24).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let all = everything(db).await;
        let decided = Where::Verdict(vec![Verdict::Pass, Verdict::Fail, Verdict::OnHold]);
        let count = async |scope, filter: &Where| interviews::count(&db.db, tenant(0), scope, filter).await.unwrap();

        let found = decisions::of_interviews(&db.db, tenant(0), Reader::Organisation, &ids(&all)).await.unwrap();
        let standing = found.iter().flatten().filter(|decision| decision.row.current.is_some()).count();

        assert!(standing > 0);
        assert_eq!(count(Scope::Organisation, &decided).await, standing as u64);
        let viewer = Scope::Participant(id(0xB001));
        assert_eq!(count(viewer, &decided).await, 0);
        let own = count(viewer, &Where::All(vec![])).await;
        assert_eq!(count(viewer, &Where::Not(Box::new(decided))).await, own);
        running.stop().await;
    }
}

on_both! {
    async fn raters_see_what_others_said_once_they_have_said_their_own(db) {
        let history = History::of(3, 48).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let all = ids(&everything(db).await);
        let cards = async |reader| scorecards::of_interviews(&db.db, tenant(0), reader, &all).await.unwrap();
        let (early, late): (AccountId, AccountId) = (id(0xB001), id(0xB002));

        let every = cards(Reader::Organisation).await;
        let by_early = cards(Reader::Rater(early)).await;
        let by_late = cards(Reader::Rater(late)).await;
        let by_candidate = cards(Reader::Rater(id(candidate(2)))).await;

        let said = |account, interview| {
            every.iter().any(|card| {
                card.row.account == account
                    && card.row.interview == interview
                    && card.row.status != ScorecardStatus::Assigned
            })
        };
        let expected: Vec<_> = every
            .iter()
            .filter(|card| card.row.account == late || said(late, card.row.interview))
            .cloned()
            .collect();
        assert_eq!(by_early, every, "the first interviewer always submits");
        assert_eq!(by_late, expected);
        let others = |cards: &[Stored<scorecards::Scorecard>]| {
            cards.iter().filter(|card| card.row.account != late).count()
        };
        assert!(others(&expected) < others(&every), "{} of {}", expected.len(), every.len());
        assert!(others(&expected) > 0, "{} of {}", expected.len(), every.len());
        assert_eq!(by_candidate, []);

        let decided = decisions::of_interviews(&db.db, tenant(0), Reader::Rater(late), &all).await.unwrap();
        assert!(decided.iter().zip(&all).all(|(decision, interview)| decision.is_none() || said(late, *interview)));
        assert!(decided.iter().any(Option::is_some));
        let hidden = every.iter().find(|card| !expected.contains(card)).unwrap().row.scorecard;
        let one = scorecards::by_ids(&db.db, tenant(0), Reader::Rater(late), &[hidden]).await.unwrap();
        assert_eq!(one, [None]);
        running.stop().await;
    }
}

on_both! {
    async fn candidates_read_reports_only_of_own_mock_interviews_and_feedback_on_own_ones(db) {
        let history = History::of(4, 24).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;
        let interviews = everything(db).await;
        let all = ids(&interviews);
        let viewer: AccountId = id(candidate(2));
        let of = |interview: InterviewId| interviews.iter().find(|stored| stored.row.interview == interview).unwrap();

        let staff = ReportReader::Staff(Reader::Organisation);
        let every = reports::of_interviews(&db.db, tenant(0), staff, &all).await.unwrap();
        let mut seen = 0;
        for number in 0..8 {
            let viewer: AccountId = id(candidate(number));
            let own = reports::of_interviews(&db.db, tenant(0), ReportReader::Candidate(viewer), &all).await.unwrap();
            seen += own.len();
            assert!(own.iter().all(|report| report.row.candidate == viewer && report.row.published.is_some()));
        }
        let mock = every
            .iter()
            .filter(|report| {
                of(report.row.interview).row.purpose == domain::interview_type::events::Purpose::Mock
                    && report.row.published.is_some()
            })
            .count();
        let released =
            feedback::of_interviews(&db.db, tenant(0), Scope::Participant(viewer), &all).await.unwrap();

        assert!(seen > 0 && seen < every.len());
        assert_eq!(seen, mock);
        assert!(!released.is_empty() && released.iter().all(|feedback| feedback.row.candidate == viewer));
        running.stop().await;
    }
}
