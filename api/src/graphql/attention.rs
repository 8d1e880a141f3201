//! What people should look at.

use std::sync::Arc;

use async_graphql::{Context, Enum, ID, InputObject, Result, SimpleObject};
use domain::{ids::InterviewId, provider_inbox::events::ProviderFact};
use projections::{
    attention::{self, Attention as Row, Matter, Where},
    list::Direction,
};

use super::{
    connection::{Cursor, PageInfo, Paging, binding, cursor, is_counted, page, page_info, slice},
    enums::AttentionKind,
    filters::{AttentionKindFilter, OrderDirection, within},
    scalars::{DateTime, Money},
    services::services,
    user_error::int,
    viewer::Viewer,
};
use crate::error::ApiError;

/// What it can be filtered by; all that is given must hold.
#[derive(InputObject, Debug, Default)]
pub struct AttentionWhere {
    /// What kind of thing it is.
    kind: Option<AttentionKindFilter>,
    /// All of these hold.
    and: Option<Vec<AttentionWhere>>,
    /// At least one of these holds.
    or: Option<Vec<AttentionWhere>>,
    /// This does not hold.
    not: Option<Box<AttentionWhere>>,
}

/// What it can be ordered by.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub enum AttentionOrderField {
    /// Since when it waits.
    Since,
}

/// An order of what people should look at.
#[derive(InputObject, Clone, Copy, Debug)]
pub struct AttentionOrder {
    /// By what.
    field: AttentionOrderField,
    /// Which way.
    direction: OrderDirection,
}

/// A filter as a statement over the table.
fn condition(filter: &AttentionWhere) -> Where {
    let kind = filter.kind.as_ref();
    let kind =
        kind.map(|kind| kind.condition(|some| Where::Kind(some.into_iter().map(Into::into).collect())));
    let within = within(
        filter.and.as_ref(),
        filter.or.as_ref(),
        filter.not.as_deref(),
        condition,
    );
    Where::All(kind.into_iter().chain(within).collect())
}

/// The direction that an order comes to: there is one field, and what it was ordered by first says all.
fn direction(order: &[AttentionOrder]) -> Direction {
    match order.first() {
        Some(AttentionOrder {
            field: AttentionOrderField::Since,
            direction,
        }) => (*direction).into(),
        None => Direction::Ascending,
    }
}

/// One thing that a person should look at.
#[derive(SimpleObject, Clone, Debug)]
pub struct Attention {
    /// What kind of thing it is.
    kind: AttentionKind,
    /// The interview it belongs to, if it is known.
    interview_id: Option<ID>,
    /// The payment it is about; null when it is not about money.
    payment_id: Option<ID>,
    /// The money that came, if it is about money that came.
    amount: Option<Money>,
    /// The money that was asked for, if it was another.
    expected: Option<Money>,
    /// Short code of the reason: the provider's, or that of the refusal.
    code: Option<String>,
    /// The provider's name for it: of the attempt to pay, or of the message.
    reference: Option<String>,
    /// Configured name of the provider, for a message without a place.
    provider: Option<String>,
    /// Since when it waits.
    since: DateTime,
}

/// One thing and its place in the list.
#[derive(SimpleObject, Clone, Debug)]
pub struct AttentionEdge {
    /// Its place.
    cursor: Cursor,
    /// The thing.
    node: Attention,
}

/// A part of what people should look at.
#[derive(SimpleObject, Clone, Debug)]
pub struct AttentionConnection {
    /// The things in order.
    edges: Vec<AttentionEdge>,
    /// Where the part lies in the list.
    page_info: PageInfo,
    /// How many there are in all.
    total_count: i32,
}

/// A page of what the viewer's organisation should look at.
///
/// # Errors
/// When the table cannot be read, or the paging arguments are not acceptable.
pub async fn list_attention(
    ctx: &Context<'_>,
    viewer: &Viewer,
    filter: Option<AttentionWhere>,
    order: &[AttentionOrder],
    paging: Paging,
) -> Result<AttentionConnection> {
    let binding = binding("attention", &(&filter, order));
    let filter = filter.as_ref().map_or(Where::All(Vec::new()), condition);
    let page = page(paging.first, paging.after, paging.last, paging.before, binding)?;
    let (db, tenant) = (services(ctx).db(), viewer.tenant);
    let listed = attention::list(db, tenant, &filter, direction(order), &slice(&page)?).await;
    let listed = listed.map_err(ApiError::unavailable)?;
    let total = match is_counted(ctx) {
        true => attention::count(db, tenant, &filter)
            .await
            .map_err(ApiError::unavailable)?,
        false => 0,
    };
    let page_info = page_info(&listed, binding);
    let edges = listed.rows.into_iter().map(|(place, stored)| AttentionEdge {
        cursor: cursor(binding, &place),
        node: Arc::unwrap_or_clone(stored.row).into(),
    });
    Ok(AttentionConnection {
        edges: edges.collect(),
        page_info,
        total_count: int(total),
    })
}

impl Attention {
    /// What is about an interview and not about money.
    fn of(kind: AttentionKind, interview: InterviewId, since: DateTime) -> Self {
        Self {
            kind,
            interview_id: Some(interview.to_string().into()),
            payment_id: None,
            amount: None,
            expected: None,
            code: None,
            reference: None,
            provider: None,
            since,
        }
    }
}

impl From<Row> for Attention {
    fn from(row: Row) -> Self {
        let since = row.at.into();
        match row.matter {
            Matter::PaidWrongly {
                payment,
                interview,
                attempt,
                expected,
                actual,
            } => Self {
                kind: AttentionKind::PaidWrongly,
                interview_id: Some(interview.to_string().into()),
                payment_id: Some(payment.to_string().into()),
                amount: Some(actual.into()),
                expected: Some(expected.into()),
                code: None,
                reference: Some(attempt),
                provider: None,
                since,
            },
            Matter::RefundFailed {
                payment,
                interview,
                refund,
                code,
            } => Self {
                kind: AttentionKind::RefundFailed,
                interview_id: Some(interview.to_string().into()),
                payment_id: Some(payment.to_string().into()),
                amount: None,
                expected: None,
                code: Some(code),
                reference: Some(refund.to_string()),
                provider: None,
                since,
            },
            Matter::SeatsVacant { interview, .. } => Self::of(AttentionKind::SeatVacant, interview, since),
            Matter::BusyElsewhere { interview, .. } => {
                Self::of(AttentionKind::BusyElsewhere, interview, since)
            }
            Matter::TimeDrifted { interview, .. } => Self::of(AttentionKind::TimeDrifted, interview, since),
            Matter::Unplaced {
                provider,
                provider_event,
                fact,
                code,
            } => Self {
                kind: AttentionKind::UnplacedMessage,
                interview_id: None,
                payment_id: Some(fact.payment().to_string().into()),
                amount: captured(&fact).map(Money::from),
                expected: None,
                code: Some(code),
                reference: Some(provider_event),
                provider: Some(provider),
                since,
            },
        }
    }
}

/// The money that a message says has come.
const fn captured(fact: &ProviderFact) -> Option<domain::money::Money> {
    match fact {
        ProviderFact::PaymentCaptured { amount, .. } => Some(*amount),
        ProviderFact::PaymentFailed { .. }
        | ProviderFact::PaymentAuthorized { .. }
        | ProviderFact::RefundProcessed { .. }
        | ProviderFact::RefundFailed { .. } => None,
    }
}
