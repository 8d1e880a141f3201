//! Stretches of time that are asked about often.

use crate::time::Span;

/// Stretches of time in order, merged where they touch or overlap, so that each question is one binary search.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub(super) struct Spans(Vec<Span>);

impl FromIterator<Span> for Spans {
    fn from_iter<I: IntoIterator<Item = Span>>(spans: I) -> Self {
        let mut sorted: Vec<_> = spans.into_iter().filter(|span| span.start < span.end).collect();
        sorted.sort_unstable_by_key(|span| span.start);
        let mut merged: Vec<Span> = Vec::with_capacity(sorted.len());
        for span in sorted {
            match merged.last_mut() {
                Some(last) if span.start <= last.end => last.end = last.end.max(span.end),
                Some(_) | None => merged.push(span),
            }
        }
        Self(merged)
    }
}

impl Spans {
    /// True when every moment of the span is in one of them.
    pub(super) fn cover(&self, span: Span) -> bool {
        let begun = self.0.partition_point(|known| known.start <= span.start);
        begun > 0 && span.end <= self.0[begun - 1].end
    }

    /// True when some moment of the span is in one of them.
    pub(super) fn meet(&self, span: Span) -> bool {
        let over = self.0.partition_point(|known| known.end <= span.start);
        self.0.get(over).is_some_and(|known| known.start < span.end)
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use proptest::prelude::*;

    use super::*;

    fn span((start, length): (i64, i64)) -> Span {
        let at = |second| DateTime::from_timestamp(second, 0).unwrap();
        Span {
            start: at(start),
            end: at(start + length),
        }
    }

    proptest! {
        #[test]
        fn merged_spans_answer_as_a_look_at_every_second_does(
            spans in proptest::collection::vec((0_i64..100, 0_i64..20), 0..12),
            asked in (0_i64..100, 1_i64..20),
        ) {
            let known: Spans = spans.iter().copied().map(span).collect();
            let is_in = |second: i64| spans.iter().any(|(start, length)| (*start..start + length).contains(&second));
            let mut seconds = asked.0..asked.0 + asked.1;

            prop_assert_eq!(known.cover(span(asked)), seconds.clone().all(is_in));
            prop_assert_eq!(known.meet(span(asked)), seconds.any(is_in));
        }
    }
}
