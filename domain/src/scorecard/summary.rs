//! What the scorecards of an interview say together (rule F4).
//!
//! Per criterion across raters first, weights after. Not rated is not zero: it is left out, and the weights of the
//! rest are renormalised. Sums are exact fractions of whole numbers until the one rounding at the end.

use rust_decimal::{Decimal, RoundingStrategy};
use serde::{Deserialize, Serialize};

use super::events::{Recommendation, ScorecardContent};
use crate::rubric::events::Criterion;

/// What the scorecards say together. Recommendations are counted, never computed from ratings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Weighted mean of the criteria that were rated, 1 to 5 with two digits; none when nothing was.
    pub score: Option<Decimal>,
    /// Mean of the overall stars, 1 to 5 with two digits; none without scorecards.
    pub overall: Option<Decimal>,
    /// Share of the criterion weights that at least one rater rated, 0 to 1 with two digits; none without weights.
    pub coverage: Option<Decimal>,
    /// Each criterion of the rubric, in its order.
    pub criteria: Vec<CriterionSummary>,
    /// How many scorecards recommend what.
    pub recommendations: Recommendations,
}

/// One criterion across all raters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct CriterionSummary {
    /// Which criterion.
    pub criterion: String,
    /// Mean of the ratings, with two digits; none when nobody rated it.
    pub mean: Option<Decimal>,
    /// How many rated it.
    pub raters: u32,
}

/// How many scorecards recommend what.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
pub struct Recommendations {
    /// By no means.
    pub strong_no: u32,
    /// Rather not.
    pub no: u32,
    /// Rather yes.
    pub yes: u32,
    /// By all means.
    pub strong_yes: u32,
    /// Cannot say.
    pub no_decision: u32,
}

/// Sums up the scorecards that are in, by the criteria they were assigned with.
pub fn summarise(criteria: &[Criterion], scorecards: &[ScorecardContent]) -> Summary {
    let rated: Vec<Rated> = criteria
        .iter()
        .map(|criterion| Rated::of(criterion, scorecards))
        .collect();
    let all: Decimal = rated.iter().map(|criterion| criterion.weight).sum();
    let known: Decimal = rated
        .iter()
        .filter(|criterion| criterion.raters > 0)
        .map(|criterion| criterion.weight)
        .sum();
    let stars: Decimal = scorecards.iter().map(|card| Decimal::from(card.overall)).sum();
    Summary {
        score: score(&rated, known),
        overall: ratio(stars, Decimal::from(scorecards.len())),
        coverage: ratio(known, all),
        criteria: rated.iter().map(Rated::summary).collect(),
        recommendations: count(scorecards),
    }
}

/// One criterion with the sum of its ratings.
struct Rated<'a> {
    id: &'a str,
    weight: Decimal,
    sum: Decimal,
    raters: u32,
}

impl<'a> Rated<'a> {
    fn of(criterion: &'a Criterion, scorecards: &[ScorecardContent]) -> Self {
        let values = scorecards
            .iter()
            .flat_map(|card| &card.ratings)
            .filter(|rating| rating.criterion == criterion.id)
            .filter_map(|rating| rating.value);
        let (sum, raters) = values.fold((0_u64, 0), |(sum, raters), value| {
            (sum + u64::from(value), raters + 1)
        });
        Self {
            id: &criterion.id,
            weight: Decimal::from(criterion.weight),
            sum: Decimal::from(sum),
            raters,
        }
    }

    fn summary(&self) -> CriterionSummary {
        CriterionSummary {
            criterion: self.id.to_owned(),
            mean: ratio(self.sum, Decimal::from(self.raters)),
            raters: self.raters,
        }
    }
}

/// Two digits are kept and 28 are computed with, so a half is only ever a true half or off by less than 1e-24; rounding
/// to 20 digits first takes that error away, so that equal fractions round alike.
fn ratio(part: Decimal, whole: Decimal) -> Option<Decimal> {
    let exact = part.checked_div(whole)?.round_dp(20);
    Some(exact.round_dp_with_strategy(2, RoundingStrategy::MidpointAwayFromZero))
}

fn score(rated: &[Rated<'_>], known: Decimal) -> Option<Decimal> {
    let weighted: Decimal = rated
        .iter()
        .filter_map(|criterion| {
            let mean = criterion.sum.checked_div(Decimal::from(criterion.raters))?;
            Some(mean * criterion.weight)
        })
        .sum();
    ratio(weighted, known)
}

fn count(scorecards: &[ScorecardContent]) -> Recommendations {
    let mut counts = Recommendations::default();
    for card in scorecards {
        let counter = match card.recommendation {
            Recommendation::StrongNo => &mut counts.strong_no,
            Recommendation::No => &mut counts.no,
            Recommendation::Yes => &mut counts.yes,
            Recommendation::StrongYes => &mut counts.strong_yes,
            Recommendation::NoDecision => &mut counts.no_decision,
        };
        *counter += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::{scorecard::events::Rating, text::Line};

    fn criteria(weights: &[u32]) -> Vec<Criterion> {
        let criterion = |(index, weight): (usize, &u32)| Criterion {
            id: index.to_string(),
            name: Line::new("Criterion").unwrap(),
            weight: *weight,
            anchors: Vec::new(),
        };
        weights.iter().enumerate().map(criterion).collect()
    }

    fn card(values: &[Option<u8>]) -> ScorecardContent {
        let rating = |(index, value): (usize, &Option<u8>)| Rating {
            criterion: index.to_string(),
            value: *value,
            note: None,
        };
        ScorecardContent {
            ratings: values.iter().enumerate().map(rating).collect(),
            overall: 3,
            recommendation: Recommendation::NoDecision,
            private_note: None,
            feedback: None,
            fingerprint: String::new(),
        }
    }

    fn decimal(text: &str) -> Option<Decimal> {
        Some(text.parse().unwrap())
    }

    #[test]
    fn criteria_are_averaged_across_raters_before_weights() {
        let cards = [card(&[Some(5), Some(1)]), card(&[Some(4), None])];

        let summary = summarise(&criteria(&[1, 1]), &cards);

        assert_eq!(summary.score, decimal("2.75"));
        assert_eq!(summary.coverage, decimal("1"));
        assert_eq!(summary.recommendations.no_decision, 2);
    }

    #[test]
    fn what_nobody_rated_is_left_out_and_shows_in_the_coverage() {
        let summary = summarise(&criteria(&[1, 3]), &[card(&[Some(4), None])]);

        assert_eq!(summary.score, decimal("4"));
        assert_eq!(summary.coverage, decimal("0.25"));
        assert_eq!(summary.criteria[1].mean, None);
    }

    #[test]
    fn a_half_is_rounded_away_from_zero() {
        let values = [5, 4, 4, 4, 4, 4, 4, 4].map(|value| card(&[Some(value)]));
        assert_eq!(summarise(&criteria(&[1]), &values).score, decimal("4.13"));
    }

    fn cards() -> impl Strategy<Value = Vec<ScorecardContent>> {
        let values = prop::collection::vec(prop::option::of(1_u8..=5), 3);
        prop::collection::vec(values.prop_map(|values| card(&values)), 0..6)
    }

    proptest! {
        #[test]
        fn a_rater_who_rated_nothing_changes_no_score(cards in cards(), weights in prop::collection::vec(0_u32..9, 3)) {
            let more = [cards.clone(), vec![card(&[None, None, None])]].concat();
            let (few, many) = (summarise(&criteria(&weights), &cards), summarise(&criteria(&weights), &more));
            prop_assert_eq!((few.score, few.coverage, few.criteria), (many.score, many.coverage, many.criteria));
        }

        #[test]
        fn scaling_all_weights_changes_nothing(
            cards in cards(), weights in prop::collection::vec(0_u32..9, 3), factor in 1_u32..100
        ) {
            let scaled: Vec<u32> = weights.iter().map(|weight| weight * factor).collect();
            prop_assert_eq!(summarise(&criteria(&weights), &cards), summarise(&criteria(&scaled), &cards));
        }
    }
}
