//! Mutations: who asks, input to command, hand over, map the answer. No rules here.

pub mod accounts;
pub mod approval;
pub mod assessment;
pub mod availability;
pub mod booking;
pub mod calendar_feeds;
pub mod call;
pub mod cancellation;
pub mod catalogue;
pub mod operations;
pub mod panel;
pub mod privacy;
pub mod proposals;
pub mod reports;
pub mod rooms;
pub mod scheduling;
pub mod sessions;
pub mod waitlist;

use async_graphql::MergedObject;

/// Everything that can be asked to be done.
#[derive(MergedObject, Default, Clone, Copy, Debug)]
pub struct Mutation(
    accounts::AccountMutation,
    catalogue::CatalogueMutation,
    availability::AvailabilityMutation,
    calendar_feeds::CalendarFeedMutation,
    booking::BookingMutation,
    approval::ApprovalMutation,
    scheduling::SchedulingMutation,
    panel::PanelMutation,
    waitlist::WaitlistMutation,
    proposals::ProposalMutation,
    cancellation::CancellationMutation,
    rooms::RoomMutation,
    sessions::SessionMutation,
    assessment::AssessmentMutation,
    reports::ReportMutation,
    privacy::PrivacyMutation,
    operations::OperationsMutation,
);
