//! Which roles may use which operation at all: the one table that is asked before anything is loaded.
//!
//! Which *objects* an account may see or change is decided where they are read: in the scope of a query, or in the use
//! case of a command, and there a forbidden object is answered exactly like a missing one.

use domain::actor::Role::{self, Admin, Analyst, Candidate, Interviewer, Recruiter};

macro_rules! operations {
    ($($(#[$doc:meta])* $operation:ident = $name:literal for $roles:expr;)*) => {
        /// An operation of the API that needs an account.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Operation {
            $($(#[$doc])* $operation),*
        }

        impl Operation {
            /// Every operation, for the role matrix in the tests.
            pub const ALL: &[Self] = &[$(Self::$operation),*];

            /// The field of the schema.
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$operation => $name),*
                }
            }

            /// The roles it is open to.
            pub const fn roles(self) -> &'static [Role] {
                match self {
                    $(Self::$operation => $roles),*
                }
            }
        }
    };
}

/// Open to everybody with a role.
const EVERYBODY: &[Role] = &Role::ALL;
/// Those who run interviews for the organisation.
const STAFF: &[Role] = &[Recruiter, Admin];
/// Those who meet candidates, and those who run interviews.
const PANEL: &[Role] = &[Interviewer, Recruiter, Admin];

/// Those who meet in rooms: whoever measures does so on pseudonymised data, and meets nobody.
const MEETING: &[Role] = &[Candidate, Interviewer, Recruiter, Admin];

operations! {
    /// Gives a role to an account.
    GrantRole = "grantRole" for &[Admin];
    /// Takes a role from an account.
    RevokeRole = "revokeRole" for &[Admin];
    /// Sets one's own particulars.
    UpdateProfile = "updateProfile" for EVERYBODY;
    /// Makes an address for a calendar.
    CreateCalendarFeed = "createCalendarFeed" for EVERYBODY;
    /// Lets an address for a calendar answer no longer.
    RevokeCalendarFeed = "revokeCalendarFeed" for EVERYBODY;
    /// Sets weekly availability.
    SetAvailability = "setAvailability" for PANEL;
    /// States an absence.
    DeclareOutOfOffice = "declareOutOfOffice" for PANEL;
    /// Takes an absence back.
    WithdrawOutOfOffice = "withdrawOutOfOffice" for PANEL;
    /// States a journey.
    PlanTravel = "planTravel" for PANEL;
    /// Takes a journey back.
    CancelTravel = "cancelTravel" for PANEL;
    /// Links a calendar that is kept elsewhere.
    LinkCalendar = "linkCalendar" for PANEL;
    /// Unlinks one.
    UnlinkCalendar = "unlinkCalendar" for PANEL;
    /// Sets how much an interviewer takes on.
    SetBookingLimits = "setBookingLimits" for PANEL;
    /// Adds a product.
    DefineInterviewType = "defineInterviewType" for STAFF;
    /// Changes a product.
    ReviseInterviewType = "reviseInterviewType" for STAFF;
    /// Takes a product off the list.
    RetireInterviewType = "retireInterviewType" for STAFF;
    /// Publishes prices.
    PublishPriceList = "publishPriceList" for STAFF;
    /// Says what comes back of cancelled bookings.
    PublishCancellationPolicy = "publishCancellationPolicy" for STAFF;
    /// Publishes rating criteria.
    PublishRubric = "publishRubric" for STAFF;
    /// Publishes a plan for interviews.
    PublishKit = "publishKit" for STAFF;
    /// Asks for a slot.
    RequestBooking = "requestBooking" for &[Candidate];
    /// Agrees to a booking.
    ConfirmBooking = "confirmBooking" for PANEL;
    /// Does not agree to a booking.
    DeclineBooking = "declineBooking" for PANEL;
    /// Waits for a time.
    JoinWaitlist = "joinWaitlist" for &[Candidate];
    /// Does not wait any more.
    LeaveWaitlist = "leaveWaitlist" for &[Candidate, Recruiter, Admin];
    /// Takes a time that is offered.
    AcceptWaitlistOffer = "acceptWaitlistOffer" for &[Candidate];
    /// Does not take a time that is offered.
    DeclineWaitlistOffer = "declineWaitlistOffer" for &[Candidate];
    /// Sets an interview up directly.
    ScheduleInterview = "scheduleInterview" for PANEL;
    /// Sets several up that recur.
    ScheduleSeries = "scheduleSeries" for PANEL;
    /// Changes what an interview is called or about, or attaches a kit.
    UpdateInterview = "updateInterview" for PANEL;
    /// Moves an interview.
    RescheduleInterview = "rescheduleInterview" for &[Candidate, Recruiter, Admin];
    /// Keeps an interview at its moment although the clock on the wall shows another time there than was promised.
    KeepDriftedTime = "keepDriftedTime" for STAFF;
    /// Proposes other times for an interview.
    ProposeTimes = "proposeTimes" for &[Candidate, Interviewer, Recruiter, Admin];
    /// Takes a time that was proposed.
    AcceptProposal = "acceptProposal" for &[Candidate, Interviewer, Recruiter, Admin];
    /// Takes none of the times that were proposed.
    DeclineProposal = "declineProposal" for &[Candidate, Interviewer, Recruiter, Admin];
    /// Answers an invitation.
    RespondToInvite = "respondToInvite" for &[Interviewer];
    /// Names somebody for a vacant seat.
    AssignInterviewer = "assignInterviewer" for STAFF;
    /// Gives one interviewer's seat to another.
    ReplaceInterviewer = "replaceInterviewer" for STAFF;
    /// Calls an interview off.
    CancelInterview = "cancelInterview" for &[Candidate, Interviewer, Recruiter, Admin];
    /// Enters a room.
    JoinRoom = "joinRoom" for MEETING;
    /// Leaves a room.
    LeaveRoom = "leaveRoom" for MEETING;
    /// Ends an interview for everyone.
    EndInterview = "endInterview" for MEETING;
    /// Opens an instant session.
    HostSession = "hostSession" for MEETING;
    /// Asks people to one.
    InviteToSession = "inviteToSession" for MEETING;
    /// Asks somebody to one at a mail address.
    InviteCandidate = "inviteCandidate" for PANEL;
    /// Waits to be admitted to one.
    EnterLobby = "enterLobby" for MEETING;
    /// Waits no longer.
    LeaveLobby = "leaveLobby" for MEETING;
    /// Lets somebody in who waits.
    AdmitParticipant = "admitParticipant" for MEETING;
    /// Does not let somebody in who waits.
    DenyParticipant = "denyParticipant" for MEETING;
    /// Takes a no-show mark back.
    RetractNoShow = "retractNoShow" for STAFF;
    /// Rates.
    SubmitScorecard = "submitScorecard" for MEETING;
    /// Changes a rating.
    AmendScorecard = "amendScorecard" for MEETING;
    /// Refuses to rate.
    DeclineScorecard = "declineScorecard" for MEETING;
    /// Shows the candidate's part of a scorecard to the candidate.
    ReleaseFeedback = "releaseFeedback" for STAFF;
    /// Decides.
    RecordDecision = "recordDecision" for PANEL;
    /// Takes a decision back.
    ReverseDecision = "reverseDecision" for PANEL;
    /// Adds a transcript.
    AttachTranscript = "attachTranscript" for PANEL;
    /// Asks for a report.
    RequestReport = "requestReport" for PANEL;
    /// Lets the readers of a report read it.
    PublishReport = "publishReport" for STAFF;
    /// Erases a person's data.
    EraseSubject = "eraseSubject" for &[Candidate, Interviewer, Recruiter, Analyst, Admin];
    /// Has a dead letter tried again.
    RetryEffect = "retryEffect" for &[Admin];
    /// Has rows folded again that wait for an event.
    RetryParked = "retryParked" for &[Admin];
    /// Leaves an event out of a read model.
    SkipParked = "skipParked" for &[Admin];
    /// Looks at an instant session by its code.
    Session = "session" for MEETING;
    /// Reads one interview.
    Interview = "interview" for EVERYBODY;
    /// Lists interviews.
    Interviews = "interviews" for EVERYBODY;
    /// Lists products.
    InterviewTypes = "interviewTypes" for EVERYBODY;
    /// Lists plans for interviews, which are never for candidates.
    Kits = "kits" for &[Interviewer, Recruiter, Analyst, Admin];
    /// Lists places on waitlists.
    Waitlist = "waitlist" for &[Candidate, Recruiter, Admin];
    /// Asks what can be booked.
    Slots = "slots" for EVERYBODY;
    /// Reads somebody's availability.
    Availability = "availability" for PANEL;
    /// Asks what people have to do.
    Agenda = "agenda" for &[Candidate, Interviewer, Recruiter, Admin];
    /// Reads one report.
    Report = "report" for EVERYBODY;
    /// Lists one's own scorecards.
    MyScorecards = "myScorecards" for MEETING;
    /// Counts and lists interviews by phase.
    Dashboard = "dashboard" for EVERYBODY;
    /// The dashboard as it changes.
    DashboardUpdated = "dashboardUpdated" for EVERYBODY;
    /// Tells the story of an interview.
    Timeline = "timeline" for EVERYBODY;
    /// Tells what has changed between two moments.
    Diff = "diff" for EVERYBODY;
    /// Lists what people should look at.
    Attention = "attention" for STAFF;
    /// Looks at the machinery.
    System = "system" for &[Admin];
}

impl Operation {
    /// True when one of the roles may use it.
    pub fn is_open_to(self, roles: &[Role]) -> bool {
        roles.iter().any(|role| self.roles().contains(role))
    }
}
