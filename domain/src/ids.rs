//! Every identifier of the system, each with a type and a prefix of its own.
//!
//! An id is a UUID inside (UUIDv7 when minted, UUIDv5 or a keyed hash when derived) and text wherever a person or a
//! client sees it: a prefix that names the kind, an underscore, and the 128 bits in lower-case Crockford base32
//! (26 characters). That text is the GraphQL `ID`. Nothing here draws random numbers: minting happens in `commands`.

use std::{
    borrow::Cow,
    cmp::Ordering,
    fmt,
    hash::{Hash, Hasher},
    marker::PhantomData,
    str::FromStr,
};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use uuid::Uuid;

use crate::fact::Category;

/// What an id identifies: its prefix in text and its name in schemas.
pub trait Kind: 'static {
    /// Prefix of the text form, without the underscore.
    const PREFIX: &'static str;
    /// Name of the id type, as it stands in JSON schemas.
    const NAME: &'static str;
}

/// An identifier of one kind of thing. Ids of different kinds cannot be mixed up: they are different types.
pub struct Id<K>(Uuid, PhantomData<fn() -> K>);

/// The text is not an id of the kind that was expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an id of the form {prefix}_ and 26 characters of Crockford base32")]
pub struct IdError {
    /// The prefix that was expected.
    pub prefix: &'static str,
}

const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const TEXT_LENGTH: usize = 26;

/// The digit that each byte stands for, in either case; what is no digit is above 31.
const DIGITS: [u8; 256] = {
    let mut digits = [u8::MAX; 256];
    let mut digit = 0;
    while digit < ALPHABET.len() {
        let letter = ALPHABET[digit];
        digits[letter as usize] = digit as u8;
        digits[letter.to_ascii_uppercase() as usize] = digit as u8;
        digit += 1;
    }
    digits
};

impl<K: Kind> Id<K> {
    /// The id with these bits.
    pub const fn new(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The bits of the id, as stored in databases.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

/// Writes 128 bits as 26 characters of lower-case Crockford base32, most significant first.
fn base32(bits: u128) -> [u8; TEXT_LENGTH] {
    let mut text = [0; TEXT_LENGTH];
    for (index, character) in text.iter_mut().enumerate() {
        let shift = 5 * (TEXT_LENGTH - 1 - index);
        *character = ALPHABET[((bits >> shift) & 31) as usize];
    }
    text
}

/// Reads what [`base32`] wrote; upper case is accepted, look-alike letters are not.
fn parse_base32(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != TEXT_LENGTH || bytes[0] > b'7' {
        return None;
    }
    bytes.iter().try_fold(0, |bits: u128, byte| {
        let digit = DIGITS[usize::from(*byte)];
        (digit < 32).then_some((bits << 5) | u128::from(digit))
    })
}

/// An id whose kind is not known before it is read, as in `node(id:)`.
pub fn parse_any(text: &str) -> Option<(&str, Uuid)> {
    let (prefix, digits) = text.split_once('_')?;
    Some((prefix, Uuid::from_u128(parse_base32(digits)?)))
}

impl<K: Kind> fmt::Display for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = base32(self.0.as_u128());
        f.write_str(K::PREFIX)?;
        f.write_str("_")?;
        f.write_str(std::str::from_utf8(&digits).map_err(|_| fmt::Error)?)
    }
}

impl<K: Kind> fmt::Debug for Id<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<K: Kind> FromStr for Id<K> {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        match parse_any(text) {
            Some((prefix, uuid)) if prefix == K::PREFIX => Ok(Self::new(uuid)),
            Some(_) | None => Err(IdError { prefix: K::PREFIX }),
        }
    }
}

impl<K> Clone for Id<K> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<K> Copy for Id<K> {}
impl<K> PartialEq for Id<K> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}
impl<K> Eq for Id<K> {}
impl<K> PartialOrd for Id<K> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl<K> Ord for Id<K> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.cmp(&other.0)
    }
}
impl<K> Hash for Id<K> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<K: Kind> Serialize for Id<K> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, K: Kind> Deserialize<'de> for Id<K> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

impl<K: Kind> JsonSchema for Id<K> {
    fn schema_name() -> Cow<'static, str> {
        K::NAME.into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "pattern": format!("^{}_[0-7][0-9a-hjkmnp-tv-z]{{25}}$", K::PREFIX) })
    }
}

macro_rules! ids {
    ($($(#[$doc:meta])* $alias:ident = $kind:ident $prefix:literal;)*) => {
        /// The kinds of things that have ids; never built, only named.
        pub mod kind {
            $($(#[$doc])* #[derive(Debug)] pub enum $kind {})*
        }
        $(
            impl Kind for kind::$kind {
                const PREFIX: &'static str = $prefix;
                const NAME: &'static str = stringify!($alias);
            }
            $(#[$doc])*
            pub type $alias = Id<kind::$kind>;
        )*

        /// Every prefix with the name of its id type, for documentation and for telling kinds apart.
        pub const PREFIXES: &[(&str, &str)] = &[$(($prefix, stringify!($alias))),*];
    };
}

ids! {
    /// An organisation: the tenant that owns data.
    OrganisationId = Organisation "org";
    /// An account: one person acting in one organisation.
    AccountId = Account "acc";
    /// An interview, through all its reschedules.
    InterviewId = Interview "int";
    /// An interview type: the product a candidate can book.
    InterviewTypeId = InterviewType "typ";
    /// A list of prices of an organisation.
    PriceListId = PriceList "prc";
    /// A stretch of time during which an interviewer is away.
    AbsenceId = Absence "abs";
    /// A stretch of days that an interviewer spends in another zone.
    JourneyId = Journey "jrn";
    /// A calendar that somebody keeps elsewhere and linked here.
    ExternalCalendarId = ExternalCalendar "exc";
    /// An address at which somebody's own interviews can be read by a calendar.
    CalendarFeedId = CalendarFeed "cal";
    /// A mail address in an organisation, told by its keyed hash.
    MailAddressId = MailAddress "adr";
    /// A join code, told by its keyed hash: opens nothing, and finds what it is for.
    JoinCodeDigest = JoinCode "jcd";
    /// Interviews that recur together.
    SeriesId = Series "ser";
    /// Interviews of several candidates who share one time and one panel.
    GroupId = Group "grp";
    /// A claim on an interviewer's calendar.
    ClaimId = Claim "clm";
    /// Other times that were proposed for an interview.
    ProposalId = Proposal "prp";
    /// A place on a waitlist.
    EntryId = Entry "wle";
    /// One payment, from the order to the last refund.
    PaymentId = Payment "pay";
    /// A refund of a part of a payment.
    RefundId = Refund "rfd";
    /// The place where an interview happens.
    RoomId = Room "rom";
    /// One connection of a participant to a room.
    ConnectionId = Connection "con";
    /// A list of rating criteria.
    RubricId = Rubric "rub";
    /// A kit: the plan of an interview.
    InterviewKitId = InterviewKit "kit";
    /// One interviewer's rating of one interview.
    ScorecardId = Scorecard "sco";
    /// The verdict of people on one interview.
    DecisionId = Decision "dec";
    /// What was released of a scorecard to the candidate.
    FeedbackId = Feedback "fbk";
    /// A report written from a transcript.
    ReportId = Report "rep";
    /// The transcript of one interview.
    TranscriptId = Transcript "tra";
    /// One run of a language model, or of the built-in assessor.
    RunId = Run "run";
    /// One message to one recipient.
    NotificationId = Notification "not";
    /// One deed in the outside world that the log asks for.
    EffectId = Effect "eff";
    /// One message of a provider about something that happened there.
    InboxId = Inbox "inb";
    /// An organisation's part of a read model.
    ReadModelId = ReadModel "rdm";
    /// A sealed blob in blob storage.
    BlobId = Blob "blb";
    /// A person whose data is sealed with a key of their own.
    SubjectId = Subject "sub";
    /// One handling of a command; the same id handled again has the same effect once.
    CommandId = Command "cmd";
    /// One event.
    EventId = Event "evt";
    /// All that follows from one request.
    CorrelationId = Correlation "cor";
}

impl SubjectId {
    /// The subject whose data an account holds.
    pub const fn of(account: AccountId) -> Self {
        Self::new(account.uuid())
    }
}

/// The id of a stream as people see it; a stream of the installation itself has none.
pub fn of_stream(category: Category, id: Uuid) -> Option<String> {
    fn text<K: Kind>(id: Uuid) -> Option<String> {
        Some(Id::<K>::new(id).to_string())
    }
    match category {
        Category::Organisation => text::<kind::Organisation>(id),
        Category::Account | Category::Availability | Category::InterviewerCalendar => {
            text::<kind::Account>(id)
        }
        Category::MailAddress => text::<kind::MailAddress>(id),
        Category::InterviewType | Category::Waitlist => text::<kind::InterviewType>(id),
        Category::PriceList => text::<kind::PriceList>(id),
        Category::Rubric => text::<kind::Rubric>(id),
        Category::InterviewKit => text::<kind::InterviewKit>(id),
        Category::Interview => text::<kind::Interview>(id),
        Category::Payment => text::<kind::Payment>(id),
        Category::ProviderInbox => text::<kind::Inbox>(id),
        Category::Room => text::<kind::Room>(id),
        Category::Transcript => text::<kind::Transcript>(id),
        Category::Scorecard => text::<kind::Scorecard>(id),
        Category::Decision => text::<kind::Decision>(id),
        Category::Feedback => text::<kind::Feedback>(id),
        Category::Report => text::<kind::Report>(id),
        Category::Notification => text::<kind::Notification>(id),
        Category::Effect => text::<kind::Effect>(id),
        Category::DataSubject => text::<kind::Subject>(id),
        Category::ReadModel => text::<kind::ReadModel>(id),
        Category::System => None,
    }
}

/// Name space of all derived ids (UUIDv5).
const NAMESPACE: Uuid = Uuid::from_u128(0x6772_6565_6e72_6f6f_6d2e_6465_7269_7665);

/// Derives an id from what it belongs to: the same parts always give the same id.
pub fn derive<K: Kind>(parts: &[&[u8]]) -> Id<K> {
    let mut name = Vec::with_capacity(64);
    name.extend_from_slice(K::NAME.as_bytes());
    for part in parts {
        name.extend_from_slice(&(part.len() as u64).to_be_bytes());
        name.extend_from_slice(part);
    }
    Id::new(Uuid::new_v5(&NAMESPACE, &name))
}

/// Streams that others must find without a look-up have derived ids.
impl RoomId {
    /// The room of an interview's settled time.
    pub fn of(interview: InterviewId, revision: u32) -> Self {
        derive(&[interview.0.as_bytes(), &revision.to_be_bytes()])
    }
}

impl ScorecardId {
    /// One interviewer's rating of one interview.
    pub fn of(interview: InterviewId, interviewer: AccountId) -> Self {
        derive(&[interview.0.as_bytes(), interviewer.0.as_bytes()])
    }
}

impl DecisionId {
    /// The verdict on an interview.
    pub fn on(interview: InterviewId) -> Self {
        derive(&[interview.0.as_bytes()])
    }
}

impl FeedbackId {
    /// What is released of a scorecard.
    pub fn of(scorecard: ScorecardId) -> Self {
        derive(&[scorecard.0.as_bytes()])
    }
}

impl TranscriptId {
    /// The transcript of an interview.
    pub fn of(interview: InterviewId) -> Self {
        derive(&[interview.0.as_bytes()])
    }
}

impl ReadModelId {
    /// An organisation's part of the read model of this name.
    pub fn of(name: &str) -> Self {
        derive(&[name.as_bytes()])
    }
}

impl ReportId {
    /// The report about a candidate's performance in an interview.
    pub fn on(interview: InterviewId) -> Self {
        derive(&[interview.0.as_bytes()])
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn an_id_reads_back_from_its_text(bits in any::<u128>()) {
            let id = InterviewId::new(Uuid::from_u128(bits));
            prop_assert_eq!(id.to_string().parse(), Ok(id));
            prop_assert_eq!(id.to_string().to_uppercase().replacen("INT_", "int_", 1).parse(), Ok(id));
        }

        #[test]
        fn text_order_is_id_order(a in any::<u128>(), b in any::<u128>()) {
            let (a, b) = (RoomId::new(Uuid::from_u128(a)), RoomId::new(Uuid::from_u128(b)));
            prop_assert_eq!(a.cmp(&b), a.to_string().cmp(&b.to_string()));
        }

        #[test]
        fn arbitrary_text_never_panics(text in ".{0,40}") {
            let _ = text.parse::<AccountId>();
        }
    }

    #[test]
    fn an_id_of_another_kind_is_refused() {
        let room = RoomId::new(Uuid::from_u128(7));
        assert_eq!(
            room.to_string().parse::<InterviewId>(),
            Err(IdError { prefix: "int" })
        );
    }

    #[test]
    fn text_beyond_128_bits_is_refused() {
        assert!("int_80000000000000000000000000".parse::<InterviewId>().is_err());
        assert!("int_7zzzzzzzzzzzzzzzzzzzzzzzzz".parse::<InterviewId>().is_ok());
    }

    #[test]
    fn no_two_kinds_share_a_prefix() {
        let mut prefixes: Vec<_> = PREFIXES.iter().map(|(prefix, _)| prefix).collect();
        prefixes.sort_unstable();
        prefixes.dedup();
        assert_eq!(prefixes.len(), PREFIXES.len());
    }

    #[test]
    fn derived_ids_depend_on_kind_and_on_where_parts_end() {
        let id: EffectId = derive(&[b"ab", b"c"]);
        assert_ne!(id, derive::<kind::Effect>(&[b"a", b"bc"]));
        assert_ne!(id.uuid(), derive::<kind::Command>(&[b"ab", b"c"]).uuid());
        assert_eq!(id, derive(&[b"ab", b"c"]));
    }
}
