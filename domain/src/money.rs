//! Money: whole minor units and a currency.

use std::{borrow::Cow, fmt, str::FromStr};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// A currency of ISO 4217 that prices may be given in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Currency {
    code: &'static str,
    exponent: u8,
}

/// The text is not the code of a supported currency.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not the ISO 4217 code of a supported currency")]
pub struct UnknownCurrency;

/// Code and exponent (digits behind the point) by ISO 4217.
const CURRENCIES: &[(&str, u8)] = &[
    ("AED", 2),
    ("AUD", 2),
    ("BRL", 2),
    ("CAD", 2),
    ("CHF", 2),
    ("CNY", 2),
    ("CZK", 2),
    ("DKK", 2),
    ("EUR", 2),
    ("GBP", 2),
    ("HKD", 2),
    ("HUF", 2),
    ("IDR", 2),
    ("ILS", 2),
    ("INR", 2),
    ("JPY", 0),
    ("KRW", 0),
    ("KWD", 3),
    ("MXN", 2),
    ("MYR", 2),
    ("NOK", 2),
    ("NZD", 2),
    ("PLN", 2),
    ("SAR", 2),
    ("SEK", 2),
    ("SGD", 2),
    ("THB", 2),
    ("TND", 3),
    ("TRY", 2),
    ("USD", 2),
    ("VND", 0),
    ("ZAR", 2),
];

impl Currency {
    /// The three letters of the code.
    pub const fn code(self) -> &'static str {
        self.code
    }

    /// How many digits the minor unit adds: 2 for paise and cents, 0 for yen.
    pub const fn exponent(self) -> u8 {
        self.exponent
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code)
    }
}

impl FromStr for Currency {
    type Err = UnknownCurrency;

    fn from_str(text: &str) -> Result<Self, UnknownCurrency> {
        let known = CURRENCIES.iter().find(|(code, _)| *code == text);
        known
            .map(|(code, exponent)| Self {
                code,
                exponent: *exponent,
            })
            .ok_or(UnknownCurrency)
    }
}

impl Serialize for Currency {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code)
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?
            .parse()
            .map_err(de::Error::custom)
    }
}

impl JsonSchema for Currency {
    fn schema_name() -> Cow<'static, str> {
        "Currency".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": "^[A-Z]{3}$", "description": "ISO 4217 code." })
    }
}

/// An amount of money: whole minor units (paise, cents) of one currency. May be negative where a balance is meant.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize, JsonSchema)]
pub struct Money {
    /// Whole minor units.
    pub minor: i64,
    /// What they are units of.
    pub currency: Currency,
}

impl Money {
    /// Nothing, in a currency.
    pub const fn zero(currency: Currency) -> Self {
        Self { minor: 0, currency }
    }

    /// The sum, unless the currencies differ or the amount would not fit.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let minor = (self.currency == other.currency).then(|| self.minor.checked_add(other.minor))??;
        Some(Self { minor, ..self })
    }

    /// The part that `percent` of it makes, rounded down to a whole minor unit.
    pub fn percent(self, percent: u8) -> Self {
        let minor = i128::from(self.minor) * i128::from(percent) / 100;
        Self {
            minor: i64::try_from(minor).unwrap_or(i64::MAX),
            ..self
        }
    }
}

/// Written for people, such as `149.00 INR`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = usize::from(self.currency.exponent);
        let unit = 10_u64.pow(u32::from(self.currency.exponent));
        let (sign, minor) = (if self.minor < 0 { "-" } else { "" }, self.minor.unsigned_abs());
        match digits {
            0 => write!(f, "{sign}{minor} {}", self.currency),
            _ => write!(
                f,
                "{sign}{}.{:0digits$} {}",
                minor / unit,
                minor % unit,
                self.currency
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn inr(minor: i64) -> Money {
        Money {
            minor,
            currency: "INR".parse().unwrap(),
        }
    }

    #[test]
    fn money_prints_with_the_digits_of_its_currency() {
        assert_eq!(inr(14_905).to_string(), "149.05 INR");
        assert_eq!(inr(-5).to_string(), "-0.05 INR");
        assert_eq!(
            Money {
                minor: 1500,
                currency: "JPY".parse().unwrap()
            }
            .to_string(),
            "1500 JPY"
        );
    }

    #[test]
    fn unknown_currencies_are_refused() {
        assert_eq!("inr".parse::<Currency>(), Err(UnknownCurrency));
        assert_eq!("XXX".parse::<Currency>(), Err(UnknownCurrency));
    }

    proptest! {
        #[test]
        fn a_sum_never_mixes_currencies_or_overflows(a in any::<i64>(), b in any::<i64>()) {
            let yen = Money { minor: b, currency: "JPY".parse().unwrap() };
            prop_assert_eq!(inr(a).checked_add(yen), None);
            prop_assert_eq!(inr(a).checked_add(inr(b)).map(|sum| sum.minor), a.checked_add(b));
        }

        #[test]
        fn parts_by_percent_never_exceed_the_whole(minor in 0_i64.., percent in 0_u8..=100) {
            let part = inr(minor).percent(percent);
            prop_assert!(part.minor >= 0 && part.minor <= minor);
            prop_assert!(part.minor + inr(minor).percent(100 - percent).minor <= minor);
        }
    }
}
