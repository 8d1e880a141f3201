//! A report that was asked for is to be written.

use crate::{
    ids::InterviewId,
    processes::{Due, deed::Deed},
    report::events::ReportEvent,
    time::Instant,
};

/// The writing that a request wants.
pub fn of_report(event: &ReportEvent, now: Instant) -> Vec<Due> {
    match event {
        ReportEvent::ReportRequested(event) => vec![(
            Deed::WriteReport {
                report: event.report,
                revision: event.revision,
                interview: event.interview,
            },
            now,
        )],
        ReportEvent::ReportGenerated(_) | ReportEvent::ReportFailed(_) | ReportEvent::ReportPublished(_) => {
            Vec::new()
        }
    }
}

/// The interview a report's event belongs to.
pub(crate) const fn interview_of(event: &ReportEvent) -> InterviewId {
    match event {
        ReportEvent::ReportRequested(event) => event.interview,
        ReportEvent::ReportGenerated(event) => event.interview,
        ReportEvent::ReportFailed(event) => event.interview,
        ReportEvent::ReportPublished(event) => event.interview,
    }
}
