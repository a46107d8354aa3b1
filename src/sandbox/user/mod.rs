//! The endpoints for a user with a refresh JWT: refresh and security questions.

mod answers;
mod bounded;
mod families;
mod refresh;
mod refresh_token;
mod security_questions;
mod session;

pub(super) use self::answers::{Answers, Questionnaires};
pub(super) use self::families::Families;
pub(super) use self::refresh::RefreshRequest;
pub(super) use self::refresh_token::issue as issue_refresh_token;
pub(super) use self::security_questions::{AnswersRequest, ListRequest};
