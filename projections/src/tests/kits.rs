//! Kits with all their versions, and what an interview that follows one tells of it.

use domain::{
    envelope::Position,
    ids::{InterviewId, InterviewKitId},
    interview::events::{DetailsChanged, InterviewEvent, KitAttached, TitleChange},
    interview_kit::events::{InterviewKitEvent, KitPin, KitPublished, KitSpec},
    text::Line,
};
use store::codec::Codec;

use crate::{
    as_of::Past,
    interview_kits::{self, Where},
    interviews::{FollowedKit, Interview, Interviews},
    list::{Direction, Slice},
    model::Key,
    projections::models,
    testing::{
        Running, TestDb, ground,
        history::{History, booking, id, kit, tenant},
        on_both,
    },
};

const INTERVIEW: InterviewId = id(7);
const KIT: InterviewKitId = id(1);

const fn pin(version: u32) -> KitPin {
    KitPin { kit: KIT, version }
}

async fn attached(history: &mut History, version: u32) {
    let attached = KitAttached {
        interview: INTERVIEW,
        kit: pin(version),
        by: None,
    };
    history
        .add::<InterviewEvent, _>(tenant(0), INTERVIEW, attached)
        .await;
}

async fn row(history: &History) -> Interview {
    let head = Position(history.events().await.len() as u64);
    let past = Past::of(history.log.clone(), Codec::current());
    let row = past.row::<Interviews>(tenant(0), Key::of(INTERVIEW), head).await;
    (*row.unwrap().unwrap().row).clone()
}

#[tokio::test]
async fn a_kit_is_kept_and_neither_version_nor_position_tells_of_it() {
    let mut history = History::empty();
    let mut booked = booking(7, 60);
    booked.interview = INTERVIEW;
    let title = TitleChange {
        from: booked.title.clone(),
        to: Line::new("Final round").unwrap(),
    };
    history
        .add::<InterviewEvent, _>(tenant(0), INTERVIEW, booked)
        .await;
    let before = row(&history).await;

    attached(&mut history, 1).await;
    let follows = row(&history).await;
    let changed = DetailsChanged {
        interview: INTERVIEW,
        title: Some(title),
        description: None,
        by: id(9),
    };
    let changed_at = history
        .add::<InterviewEvent, _>(tenant(0), INTERVIEW, changed)
        .await;
    let called = row(&history).await;
    attached(&mut history, 2).await;
    let last = row(&history).await;

    let kit = |version, attached| {
        Some(FollowedKit {
            pin: pin(version),
            attached,
        })
    };
    assert_eq!(
        follows,
        Interview {
            kit: kit(1, 1),
            ..before
        }
    );
    assert_eq!((called.version, called.shown), (2, changed_at));
    assert_eq!(called.title.as_str(), "Final round");
    assert_eq!(
        last,
        Interview {
            kit: kit(2, 2),
            ..called
        }
    );
}

async fn published(history: &mut History, number: u128, version: u32, name: &str, industry: Option<&str>) {
    let published = KitPublished {
        kit: id(number),
        version,
        spec: KitSpec {
            name: Line::new(name).unwrap(),
            industry: industry.map(|industry| Line::new(industry).unwrap()),
            ..kit()
        },
    };
    history
        .add::<InterviewKitEvent, _>(tenant(0), published.kit, published)
        .await;
}

async fn found(db: &TestDb, filter: Where, direction: Direction) -> Vec<InterviewKitId> {
    let count = interview_kits::count(&db.db, tenant(0), &filter).await.unwrap();
    let listed = interview_kits::list(&db.db, tenant(0), &filter, direction, &Slice::first(10)).await;
    let rows = listed.unwrap().rows;
    assert_eq!(rows.len() as u64, count);
    rows.into_iter().map(|(_, stored)| stored.row.kit).collect()
}

on_both! {
    async fn kits_are_found_by_their_newest_version_and_keep_the_others(db) {
        let mut history = History::empty();
        published(&mut history, 1, 1, "Design", Some("Ökonomie")).await;
        published(&mut history, 2, 1, "Behaviour", Some("Retail")).await;
        published(&mut history, 1, 2, "Design of 100 %", None).await;
        let running = Running::start(models(), ground(db, &history.log)).await;
        running.caught_up().await;

        let (first, second) = (id(1), id(2));
        let everything = || Where::All(vec![]);
        let retail = || Where::Industry(vec!["RETAIL".to_owned()]);
        assert_eq!(found(db, everything(), Direction::Ascending).await, [first, second]);
        assert_eq!(found(db, everything(), Direction::Descending).await, [second, first]);
        assert_eq!(found(db, Where::NameContains("100 %".to_owned()), Direction::Ascending).await, [first]);
        assert_eq!(found(db, Where::Name(vec!["design".to_owned()]), Direction::Ascending).await, []);
        assert_eq!(found(db, Where::IndustryContains("öko".to_owned()), Direction::Ascending).await, []);
        assert_eq!(found(db, retail(), Direction::Ascending).await, [second]);
        // What is made for no industry is not made for that one either.
        assert_eq!(found(db, Where::Not(Box::new(retail())), Direction::Ascending).await, [first]);
        let kept = interview_kits::by_ids(&db.db, tenant(0), &[first]).await.unwrap();
        let kept = &kept[0].as_ref().unwrap().row;
        assert_eq!(kept.version(1).unwrap().spec.name.as_str(), "Design");
        assert_eq!(kept.newest(), kept.version(2));
        assert_eq!(kept.version(3), None);
        assert_eq!(interview_kits::count(&db.db, tenant(1), &everything()).await.unwrap(), 0);
        running.stop().await;
    }
}
