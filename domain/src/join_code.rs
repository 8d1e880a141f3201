//! The code by which people find an instant session: short enough to be read out, too long to be found by trying.

use std::{fmt, str::FromStr};

/// What codes are made of: no digit or letter that is taken for another (0 and O, 1, I and L), and no vowels, so that
/// no code is a word.
const ALPHABET: &[u8; 27] = b"23456789BCDFGHJKMNPQRSTVWXZ";
/// Characters of a code: 27^9 are seven and a half million million codes.
const LENGTH: usize = 9;
/// Characters between two hyphens.
const GROUP: usize = 3;
/// Longest text that is looked at: far beyond a code with every hyphen and space that people write.
const LONGEST_TEXT: usize = 64;

/// A join code. Whoever knows it may knock; it is shown to the hosts and stands in no log, no table and no debug
/// output.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct JoinCode([u8; LENGTH]);

/// The text is no join code.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("not a join code")]
pub struct JoinCodeError;

impl JoinCode {
    /// The code that a keyed hash stands for. Each is as likely as any other, to one part in 2^80.
    pub fn of_hash(hash: [u8; 32]) -> Self {
        let mut number = hash[..16]
            .iter()
            .fold(0_u128, |number, byte| (number << 8) | u128::from(*byte));
        let base = ALPHABET.len() as u128;
        let mut code = [0; LENGTH];
        for character in &mut code {
            let digit = usize::try_from(number % base).unwrap_or_default();
            *character = ALPHABET[digit];
            number /= base;
        }
        Self(code)
    }

    /// Its characters, without hyphens.
    pub const fn as_bytes(&self) -> &[u8] {
        &self.0
    }
}

/// In groups, as `XXX-XXX-XXX`.
impl fmt::Display for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, character) in self.0.iter().enumerate() {
            if index > 0 && index % GROUP == 0 {
                f.write_str("-")?;
            }
            fmt::Write::write_char(f, char::from(*character))?;
        }
        Ok(())
    }
}

impl fmt::Debug for JoinCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[join code]")
    }
}

/// However it is written: in either case, with spaces and hyphens anywhere or nowhere.
impl FromStr for JoinCode {
    type Err = JoinCodeError;

    fn from_str(text: &str) -> Result<Self, JoinCodeError> {
        if text.len() > LONGEST_TEXT {
            return Err(JoinCodeError);
        }
        let mut code = [0; LENGTH];
        let mut length = 0;
        for written in text.chars().filter(|c| !is_filler(*c)) {
            let character = u8::try_from(written.to_ascii_uppercase()).map_err(|_| JoinCodeError)?;
            if length == LENGTH || !ALPHABET.contains(&character) {
                return Err(JoinCodeError);
            }
            code[length] = character;
            length += 1;
        }
        if length < LENGTH {
            return Err(JoinCodeError);
        }
        Ok(Self(code))
    }
}

/// What people and programs put between the characters of a code.
fn is_filler(c: char) -> bool {
    c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}' | '\u{2212}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn nothing_in_the_alphabet_is_taken_for_another_or_makes_a_word() {
        let distinct: std::collections::BTreeSet<_> = ALPHABET.iter().collect();
        assert_eq!(distinct.len(), ALPHABET.len());
        for confusing in b"0O1ILAEUY" {
            assert!(!ALPHABET.contains(confusing), "{}", char::from(*confusing));
        }
        assert!(
            ALPHABET
                .iter()
                .all(|c| c.is_ascii_digit() || c.is_ascii_uppercase())
        );
    }

    #[test]
    fn the_same_hash_is_the_same_code_for_ever() {
        let code = JoinCode::of_hash([7; 32]);

        assert_eq!(code, JoinCode::of_hash([7; 32]));
        assert_eq!(JoinCode::of_hash([0; 32]).to_string(), "222-222-222");
        assert_ne!(code, JoinCode::of_hash([8; 32]));
    }

    #[test]
    fn a_code_is_not_in_debug_output() {
        assert_eq!(format!("{:?}", JoinCode::of_hash([7; 32])), "[join code]");
    }

    #[test]
    fn what_is_no_code_is_refused() {
        for text in [
            "",
            "---",
            "BCD-FGH-JK",
            "BCD-FGH-JKMN",
            "BCD-FGH-JK0",
            "BCD-FGH-JKO",
            "BCD-FGH-JK1",
            "BCD-FGH-JKI",
            "BCD-FGH-JKL",
            "BCD-FGH-JKA",
            "BCD-FGH-JKÄ",
            "BCD_FGH_JKM",
            "BCD-FGH-JKM'; drop table interviews",
        ] {
            assert_eq!(text.parse::<JoinCode>(), Err(JoinCodeError), "{text}");
        }
        let spread = format!("BCDFGHJKM{}", " ".repeat(LONGEST_TEXT));
        assert_eq!(spread.parse::<JoinCode>(), Err(JoinCodeError));
    }

    fn hashes() -> impl Strategy<Value = [u8; 32]> {
        proptest::array::uniform32(any::<u8>())
    }

    proptest! {
        #[test]
        fn every_code_has_nine_characters_of_the_alphabet_in_groups_of_three(hash in hashes()) {
            let shown = JoinCode::of_hash(hash).to_string();
            let groups: Vec<_> = shown.split('-').collect();

            prop_assert_eq!(groups.len(), 3);
            for group in groups {
                prop_assert_eq!(group.len(), 3);
                prop_assert!(group.bytes().all(|c| ALPHABET.contains(&c)));
            }
        }

        #[test]
        fn a_code_is_read_however_it_is_written(
            hash in hashes(),
            small in proptest::collection::vec(any::<bool>(), LENGTH),
            between in proptest::collection::vec("[ \t-]{0,3}", LENGTH),
        ) {
            let code = JoinCode::of_hash(hash);
            let mut written = String::new();
            for ((character, small), filler) in code.as_bytes().iter().zip(small).zip(between) {
                let character = char::from(*character);
                written.push(if small { character.to_ascii_lowercase() } else { character });
                written.push_str(&filler);
            }

            prop_assert_eq!(written.parse(), Ok(code));
            prop_assert_eq!(code.to_string().parse(), Ok(code));
        }

        #[test]
        fn whatever_is_read_as_a_code_is_written_as_one(text in ".{0,80}") {
            if let Ok(code) = text.parse::<JoinCode>() {
                prop_assert_eq!(code.to_string().parse(), Ok(code));
            }
        }
    }
}
