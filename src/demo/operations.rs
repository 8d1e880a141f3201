//! The GraphQL operations of the journey. Every mutation names its field `result`.
#![expect(
    missing_docs,
    reason = "each constant has the name of the operation that it is"
)]

pub const CREATE_ORGANISATION: &str = "mutation($input: CreateOrganisationInput!) { result: createOrganisation(input: $input) { organisation { id name } position userErrors { code message field } } }";
pub const VIEWER: &str = "{ viewer { account { id } organisation { id } roles timeZone } }";
pub const GRANT_ROLE: &str = "mutation($input: GrantRoleInput!) { result: grantRole(input: $input) { person { id } userErrors { code message field } } }";
pub const UPDATE_PROFILE: &str = "mutation($input: UpdateProfileInput!) { result: updateProfile(input: $input) { person { id displayName } userErrors { code message field } } }";
pub const PUBLISH_RUBRIC: &str = "mutation($input: PublishRubricInput!) { result: publishRubric(input: $input) { rubric { id version } userErrors { code message field } } }";
pub const PUBLISH_KIT: &str = "mutation($input: PublishKitInput!) { result: publishKit(input: $input) { kit { id version name industry minutes sections { title minutes instructions } rubric { id version } } position userErrors { code message field } } }";
pub const PUBLISH_PRICE_LIST: &str = "mutation($input: PublishPriceListInput!) { result: publishPriceList(input: $input) { priceList { id version } userErrors { code message field } } }";
pub const DEFINE_TYPE: &str = "mutation($input: DefineInterviewTypeInput!) { result: defineInterviewType(input: $input) { interviewType { id version } userErrors { code message field } } }";
pub const SET_AVAILABILITY: &str = "mutation($input: SetAvailabilityInput!) { result: setAvailability(input: $input) { availability { timeZone } userErrors { code message field } } }";
pub const SLOTS: &str =
    "query($input: SlotsInput!) { slots(input: $input) { slots { start end localStart timeZone } } }";
pub const REQUEST_BOOKING: &str = "mutation($input: RequestBookingInput!) { result: requestBooking(input: $input) { interview { id status revision payment { id status amount { amountMinor currency } } } position readModelsBehind userErrors { code message field ... on SlotTakenError { alternatives } } } }";
pub const RESCHEDULE: &str = "mutation($input: RescheduleInterviewInput!) { result: rescheduleInterview(input: $input) { interview { id status revision slot { start localStart timeZone } formerSlots { slot { start } } } position userErrors { code message field } } }";
pub const JOIN_ROOM: &str = "mutation($input: JoinRoomInput!) { result: joinRoom(input: $input) { connectionId ticket { url expiresAt } interview { id status } userErrors { code message field ... on TooEarlyError { opensAt } } } }";
pub const LEAVE_ROOM: &str = "mutation($input: LeaveRoomInput!) { result: leaveRoom(input: $input) { userErrors { code message field } } }";
pub const END_INTERVIEW: &str = "mutation($input: EndInterviewInput!) { result: endInterview(input: $input) { interview { id status durationSeconds attendance { candidateSeconds interviewerSeconds overlapSeconds } } userErrors { code message field } } }";
pub const SUBMIT_SCORECARD: &str = "mutation($input: SubmitScorecardInput!) { result: submitScorecard(input: $input) { scorecard { id status version } userErrors { code message field } } }";
pub const AMEND_SCORECARD: &str = "mutation($input: AmendScorecardInput!) { result: amendScorecard(input: $input) { scorecard { id status version } userErrors { code message field } } }";
pub const RECORD_DECISION: &str = "mutation($input: RecordDecisionInput!) { result: recordDecision(input: $input) { decision { outcome } interview { id phase } userErrors { code message field } } }";
pub const RELEASE_FEEDBACK: &str = "mutation($input: ReleaseFeedbackInput!) { result: releaseFeedback(input: $input) { feedback { id } userErrors { code message field } } }";
pub const ATTACH_TRANSCRIPT: &str = "mutation($input: AttachTranscriptInput!) { result: attachTranscript(input: $input) { interview { id } userErrors { code message field } } }";
pub const REQUEST_REPORT: &str = "mutation($input: RequestReportInput!) { result: requestReport(input: $input) { report { id status revision } userErrors { code message field } } }";
pub const PUBLISH_REPORT: &str = "mutation($input: PublishReportInput!) { result: publishReport(input: $input) { report { id status } userErrors { code message field } } }";
pub const RETRY_EFFECT: &str = "mutation($input: RetryEffectInput!) { result: retryEffect(input: $input) { effectId position userErrors { code message field } } }";
pub const PARKED_EVENTS: &str = "{ system { readModels { name lagEvents behindSince eventsPerSecond rebuilding rebuild { position total } parked } parkedEvents { edges { node { readModel position eventId type schemaVersion recordedAt code message waiting rows } } totalCount } } }";
pub const RETRY_PARKED: &str = "mutation($input: RetryParkedInput!) { result: retryParked(input: $input) { eventPosition position userErrors { code message field } } }";
pub const SKIP_PARKED: &str = "mutation($input: SkipParkedInput!) { result: skipParked(input: $input) { eventPosition position readModelsBehind userErrors { code message field } } }";
pub const ATTENTION: &str = "{ attention { edges { node { kind interviewId paymentId amount { amountMinor currency } expected { amountMinor } code reference provider } } totalCount } }";
pub const DEAD_LETTERS: &str = "query($after: Cursor) { system { effects { open dead deadLetters(first: 100, after: $after) { edges { cursor node { id deed interviewId attempts code inDoubt } } pageInfo { hasNextPage } totalCount } } } }";
pub const ERASE_SUBJECT: &str = "mutation($input: EraseSubjectInput!) { result: eraseSubject(input: $input) { position userErrors { code message field } } }";
pub const INTERVIEW: &str = "query($id: ID!, $asOf: AsOf) { interview(id: $id, asOf: $asOf) { id title status phase outcome revision version position slot { start end localStart timeZone } formerSlots { slot { start localStart timeZone } } candidate { id displayName } panel { person { id displayName } role } payment { id status amount { amountMinor currency } refunded { amountMinor } refunds { reason status amount { amountMinor } } checkout { url } } room { id status provider opensAt closesAt } scorecards { id interviewer { id } status overall recommendation privateNote } feedback { id rating comment advice } decision { outcome } reports { id status } startedAt endedAt durationSeconds attendance { candidateSeconds interviewerSeconds overlapSeconds } } }";
pub const TIMELINE: &str = "query($id: ID!, $after: Cursor) { timeline(subjectId: $id, first: 100, after: $after) { edges { node { id type summary occurredAt recordedAt position } } pageInfo { hasNextPage endCursor } totalCount } }";
pub const NODE: &str = "query($id: ID!) { node(id: $id) { __typename id } }";
pub const REPORT: &str = "query($id: ID!) { report(id: $id) { id status revision overallScore breakdown { key score } strengths { title detail evidence { quote turn offset } } weaknesses { title actionItems evidence { quote turn offset } } recommendations { title resources { title url } } detailedFeedback engine { provider model isLanguageModel } } }";
pub const DASHBOARD: &str = "{ dashboard { upcoming { totalCount } live { totalCount } completed { totalCount } succeeded { totalCount edges { node { id } } } failed { totalCount } } }";
pub const SYSTEM: &str = "{ system { head readModels { name position parked } effects { open dead } } }";
