//! What somebody is to an interview, and what they may know because of it.

use domain::actor::Role;
use projections::{
    interviews::{Interview, Scope},
    reports::ReportReader,
    scorecards::Reader,
};

use super::viewer::Viewer;

/// What a viewer is to one interview.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Standing {
    /// The person who is interviewed, whatever else they may be in the organisation.
    Candidate,
    /// A member of the panel, without a role that sees more.
    Panel,
    /// Runs interviews for the organisation.
    Staff,
    /// Measures, on pseudonymised data.
    Analyst,
}

impl Standing {
    /// What the viewer is to an interview that they may see.
    pub fn of(viewer: &Viewer, interview: &Interview) -> Self {
        if interview.candidate == Some(viewer.account) {
            Self::Candidate
        } else if viewer.is_staff() {
            Self::Staff
        } else if interview
            .panel
            .iter()
            .any(|member| member.account == viewer.account)
        {
            Self::Panel
        } else {
            Self::Analyst
        }
    }

    /// What the viewer may read of scorecards and decisions; `None`: nothing, and not even whether there are any.
    pub const fn reader(self, viewer: &Viewer) -> Option<Reader> {
        match self {
            Self::Candidate => None,
            Self::Panel => Some(Reader::Rater(viewer.account)),
            Self::Staff | Self::Analyst => Some(Reader::Organisation),
        }
    }

    /// What the viewer may read of reports.
    pub const fn report_reader(self, viewer: &Viewer) -> ReportReader {
        match self.reader(viewer) {
            None => ReportReader::Candidate(viewer.account),
            Some(reader) => ReportReader::Staff(reader),
        }
    }

    /// True for those who may know how a panel came about: who answered what, and why somebody sits there.
    pub const fn sees_the_panel_from_inside(self) -> bool {
        match self {
            Self::Panel | Self::Staff | Self::Analyst => true,
            Self::Candidate => false,
        }
    }

    /// True for those who may know which kit an interview follows: never for its candidate, nor for a candidate who
    /// hosts it.
    pub fn sees_the_kit(self, viewer: &Viewer) -> bool {
        match self {
            Self::Candidate => false,
            Self::Panel => viewer.is(Role::Interviewer),
            Self::Staff | Self::Analyst => true,
        }
    }

    /// True when names are replaced by pseudonyms.
    pub const fn is_pseudonymous(self) -> bool {
        match self {
            Self::Analyst => true,
            Self::Candidate | Self::Panel | Self::Staff => false,
        }
    }
}

impl Viewer {
    /// The interviews that the viewer may see at all.
    pub fn scope(&self) -> Scope {
        if self.is_staff() || self.is(Role::Analyst) {
            Scope::Organisation
        } else {
            Scope::Participant(self.account)
        }
    }
}
