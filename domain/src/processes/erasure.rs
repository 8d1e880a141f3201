//! A person's right to be forgotten, once asked for, is carried out.

use crate::{
    data_subject::events::DataSubjectEvent,
    processes::{Due, deed::Deed},
    time::Instant,
};

/// The erasure that a request wants.
pub fn of_data_subject(event: &DataSubjectEvent, now: Instant) -> Vec<Due> {
    match event {
        DataSubjectEvent::ErasureRequested(event) => vec![(
            Deed::EraseSubject {
                account: event.account,
                subject: event.subject,
            },
            now,
        )],
        DataSubjectEvent::ErasureCompleted(_) => Vec::new(),
    }
}
