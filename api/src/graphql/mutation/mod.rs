//! Mutations: who asks, input to command, hand over, map the answer. No rules here.

pub mod accounts;
pub mod assessment;
pub mod availability;
pub mod booking;
pub mod call;
pub mod cancellation;
pub mod catalogue;
pub mod operations;
pub mod privacy;
pub mod reports;
pub mod rooms;

use async_graphql::MergedObject;

/// Everything that can be asked to be done.
#[derive(MergedObject, Default, Clone, Copy, Debug)]
pub struct Mutation(
    accounts::AccountMutation,
    catalogue::CatalogueMutation,
    availability::AvailabilityMutation,
    booking::BookingMutation,
    cancellation::CancellationMutation,
    rooms::RoomMutation,
    assessment::AssessmentMutation,
    reports::ReportMutation,
    privacy::PrivacyMutation,
    operations::OperationsMutation,
);
