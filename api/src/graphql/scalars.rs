//! The scalars of the API, each with the specification it follows.

use std::{borrow::Cow, str::FromStr};

use async_graphql::{InputValueError, InputValueResult, Scalar, ScalarType, Value, registry::Registry};
use chrono::{DateTime as ChronoDateTime, NaiveDate, NaiveTime, SecondsFormat, Utc};
use domain::{
    envelope,
    money::{self, Money as DomainMoney},
    time::{Instant, Zone, whole_micros},
};
use secrecy::SecretString;

/// Text of a value, or a sentence that says what was expected.
fn text(value: &Value, expected: &'static str) -> Result<String, &'static str> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Null
        | Value::Number(_)
        | Value::Boolean(_)
        | Value::Binary(_)
        | Value::Enum(_)
        | Value::List(_)
        | Value::Object(_) => Err(expected),
    }
}

/// Text of the input that is nobody else's to read: a string to clients, and nothing to whoever prints it.
#[derive(Clone, Debug)]
pub struct Secret(pub SecretString);

impl async_graphql::InputType for Secret {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <String as async_graphql::InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <String as async_graphql::InputType>::create_type_info(registry)
    }

    fn parse(value: Option<Value>) -> InputValueResult<Self> {
        let text = <String as async_graphql::InputType>::parse(value).map_err(InputValueError::propagate)?;
        Ok(Self(text.into()))
    }

    fn to_value(&self) -> Value {
        Value::String("[redacted]".to_owned())
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// A moment, RFC 3339: any offset is accepted, UTC is given.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct DateTime(pub Instant);

/// A moment, RFC 3339: any offset is accepted, UTC is given.
#[Scalar(
    name = "DateTime",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339"
)]
impl ScalarType for DateTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "expected a moment as text, such as 2026-05-04T09:00:00Z")?;
        let moment = ChronoDateTime::parse_from_rfc3339(&text).map_err(|_| {
            InputValueError::custom("expected RFC 3339 with an offset, such as 2026-05-04T09:00:00Z")
        })?;
        Ok(Self(whole_micros(moment.with_timezone(&Utc))))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_rfc3339_opts(SecondsFormat::AutoSi, true))
    }
}

impl From<Instant> for DateTime {
    fn from(moment: Instant) -> Self {
        Self(moment)
    }
}

/// A civil date, such as 2026-05-04.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Date(pub NaiveDate);

/// A civil date, such as 2026-05-04.
#[Scalar(
    name = "Date",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
)]
impl ScalarType for Date {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "expected a date as text, such as 2026-05-04")?;
        let date = NaiveDate::parse_from_str(&text, "%Y-%m-%d").ok();
        // Four digits, two and two, as RFC 3339 has it.
        date.filter(|_| text.len() == 10)
            .map(Self)
            .ok_or_else(|| InputValueError::custom("expected a date such as 2026-05-04"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// A wall-clock time without date or zone, such as `09:00`; `24:00` is the end of the day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LocalTime(pub Option<NaiveTime>);

/// A wall-clock time without date or zone, such as 09:00; 24:00 is the end of the day.
#[Scalar(
    name = "LocalTime",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc3339#section-5.6"
)]
impl ScalarType for LocalTime {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "expected a local time as text, such as 09:00")?;
        if text == "24:00" || text == "24:00:00" {
            return Ok(Self(None));
        }
        let time = NaiveTime::parse_from_str(&text, "%H:%M")
            .or_else(|_| NaiveTime::parse_from_str(&text, "%H:%M:%S"));
        time.map(|time| Self(Some(time)))
            .map_err(|_| InputValueError::custom("expected a local time such as 09:00"))
    }

    fn to_value(&self) -> Value {
        Value::String(
            self.0
                .map_or_else(|| "24:00".to_owned(), |time| time.format("%H:%M").to_string()),
        )
    }
}

/// A time zone of the IANA database, such as `Europe/Berlin`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TimeZone(pub Zone);

/// The name of a time zone of the IANA database, such as Europe/Berlin.
#[Scalar(name = "TimeZone", specified_by_url = "https://www.iana.org/time-zones")]
impl ScalarType for TimeZone {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "expected the name of a time zone, such as Europe/Berlin")?;
        text.parse().map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.name().to_owned())
    }
}

/// A place in the log, as decimal text because it can exceed what JSON numbers hold.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Position(pub envelope::Position);

/// A place in the log, as decimal text because it can exceed what JSON numbers hold.
#[Scalar(
    name = "Position",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6"
)]
impl ScalarType for Position {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "expected a position as decimal text")?;
        envelope::Position::from_str(&text)
            .map(Self)
            .map_err(|_| InputValueError::custom("expected a position as decimal text"))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Whole minor units of a currency, as decimal text.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct MinorUnits(pub i64);

/// Whole minor units of a currency, as decimal text.
#[Scalar(
    name = "MinorUnits",
    specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259#section-6"
)]
impl ScalarType for MinorUnits {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "expected minor units as decimal text, such as \"14900\"")?;
        text.parse()
            .map(Self)
            .map_err(|_| InputValueError::custom("expected minor units as decimal text, such as \"14900\""))
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// The code of a currency, ISO 4217, such as `INR`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CurrencyCode(pub money::Currency);

/// The code of a currency, ISO 4217, such as INR.
#[Scalar(
    name = "CurrencyCode",
    specified_by_url = "https://www.iso.org/iso-4217-currency-codes.html"
)]
impl ScalarType for CurrencyCode {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "expected a currency code, such as INR")?;
        text.parse().map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.code().to_owned())
    }
}

/// An address on the web, RFC 3986.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Url(pub url::Url);

/// An address on the web, RFC 3986.
#[Scalar(name = "URL", specified_by_url = "https://www.rfc-editor.org/rfc/rfc3986")]
impl ScalarType for Url {
    fn parse(value: Value) -> InputValueResult<Self> {
        let text = text(&value, "expected a URL")?;
        text.parse().map(Self).map_err(InputValueError::custom)
    }

    fn to_value(&self) -> Value {
        Value::String(self.0.to_string())
    }
}

/// Any value, as this API would answer it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Json(pub Value);

/// Any value, as this API would answer it.
#[Scalar(name = "JSON", specified_by_url = "https://www.rfc-editor.org/rfc/rfc8259")]
impl ScalarType for Json {
    fn parse(value: Value) -> InputValueResult<Self> {
        Ok(Self(value))
    }

    fn to_value(&self) -> Value {
        self.0.clone()
    }
}

/// An amount of money.
#[derive(async_graphql::SimpleObject, Clone, Copy, Debug)]
pub struct Money {
    /// Whole minor units, such as paise or cents.
    amount_minor: MinorUnits,
    /// What they are units of.
    currency: CurrencyCode,
}

impl From<DomainMoney> for Money {
    fn from(money: DomainMoney) -> Self {
        Self {
            amount_minor: MinorUnits(money.minor),
            currency: CurrencyCode(money.currency),
        }
    }
}

/// An amount of money.
#[derive(async_graphql::InputObject, Clone, Copy, Debug)]
pub struct MoneyInput {
    /// Whole minor units, such as paise or cents.
    amount_minor: MinorUnits,
    /// What they are units of.
    currency: CurrencyCode,
}

impl From<MoneyInput> for DomainMoney {
    fn from(input: MoneyInput) -> Self {
        Self {
            minor: input.amount_minor.0,
            currency: input.currency.0,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_has_four_digits_of_the_year_two_of_the_month_and_two_of_the_day() {
        let parsed = |text: &str| Date::parse(Value::from(text)).ok();

        let date = parsed("2028-02-29").unwrap();
        assert_eq!(date.to_value(), Value::from("2028-02-29"));
        for nonsense in ["2026-02-29", "2026-2-09", "+12026-02-09", "2026-02-09T00:00", ""] {
            assert_eq!(parsed(nonsense), None, "{nonsense}");
        }
    }
}
