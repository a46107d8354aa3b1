//! `/v1/auth/security-questions/`: sets up the answers of a user, lists its questions, and verifies its answers.

use std::io;

use http::HeaderMap;
use serde_json::json;

use super::answers::{Answers, Verification};
use super::refresh_token::{self, Holder};
use super::session::UserSession;
use crate::sandbox::answer::Shape;
use crate::sandbox::bearer::Bearer;
use crate::sandbox::context::{Context, Decision};
use crate::sandbox::descope;
use crate::sandbox::details::{Details, Parsed, Presented, TEXT_CHARS_MAX, shortened};
use crate::sandbox::reply::Reply;
use crate::sandbox::request_json::Members;

/// A well-formed request for the list of questions.
pub(in crate::sandbox) struct ListRequest {
    bearer: Bearer,
}

/// A well-formed set-up or verification.
pub(in crate::sandbox) struct AnswersRequest {
    bearer: Bearer,
    form: Form,
}

/// The body of a set-up or a verification.
struct Form {
    login_id: Option<String>,
    answers: Answers,
    stepup: Option<bool>,
}

impl ListRequest {
    pub(in crate::sandbox) fn parse(headers: &HeaderMap) -> Parsed<Self> {
        let bearer = Bearer::of(headers);
        let presented = Presented::in_bearer(bearer.as_ref(), details(None));
        Parsed { presented, request: bearer.map(|bearer| Self { bearer }).ok_or_else(missing) }
    }

    pub(in crate::sandbox) fn decide(&self, context: &Context<'_>) -> Decision {
        let listed = refresh_token::present(&self.bearer, context).map(|holder| {
            let questions = expected(&holder, context).map(|answers| answers.questions()).unwrap_or_default();
            Reply::new(200).json(&json!({ "questions": questions }))
        });
        Decision::Replied(listed.unwrap_or_else(|refusal| refusal))
    }
}

impl AnswersRequest {
    pub(in crate::sandbox) fn parse(headers: &HeaderMap, body: Result<&[u8], &Reply>) -> Parsed<Self> {
        let bearer = Bearer::of(headers);
        let form = body.map_err(Clone::clone).and_then(Form::of);
        let presented = Presented::in_bearer(bearer.as_ref(), details(form.as_ref().ok()));
        let request = bearer.ok_or_else(missing).and_then(|bearer| form.map(|form| Self { bearer, form }));
        Parsed { presented, request }
    }

    /// Sets up the answers of the user.
    pub(in crate::sandbox) fn set_up(self, context: &Context<'_>) -> Decision {
        let Self { bearer, form } = self;
        let reply = refresh_token::present(&bearer, context).map(|holder| {
            context.with_state(|state| state.questionnaires.set_up(&holder.project, &holder.user, form.answers));
            Reply::new(200).json(&json!({}))
        });
        Decision::Replied(reply.unwrap_or_else(|refusal| refusal))
    }

    /// Verifies the answers; a forced shape gives a session for any answers and any refresh JWT.
    pub(in crate::sandbox) fn verify(&self, forced: Option<&Shape>, context: &Context<'_>) -> io::Result<Decision> {
        let presented = match forced {
            Some(_) => Ok(refresh_token::present_forced(&self.bearer, context)),
            None => refresh_token::present(&self.bearer, context).and_then(|holder| self.checked(holder, context)),
        };
        let holder = match presented {
            Ok(holder) => holder,
            Err(refusal) => return Ok(Decision::Replied(refusal)),
        };
        let settings = context.settings();
        let session = UserSession {
            holder: &holder,
            with_refresh: settings.verify_refresh_token.unwrap_or(settings.rotate_refresh_tokens),
            login_id: self.form.login_id.as_deref(),
            stepup: self.form.stepup == Some(true),
        };
        session.reply(forced.unwrap_or(&Shape::default()), context).map(Decision::Session)
    }

    fn checked(&self, holder: Holder, context: &Context<'_>) -> Result<Holder, Reply> {
        let expected = expected(&holder, context);
        let attempts_max = context.settings().answer_attempts;
        let user = (holder.project.as_str(), holder.user.as_str());
        let outcome = context
            .with_state(|state| state.questionnaires.verify(user, &self.form.answers, expected.as_ref(), attempts_max));
        match outcome {
            Verification::Right => Ok(holder),
            Verification::Wrong => Err(descope::WRONG_ANSWERS.reply()),
            Verification::Locked => Err(descope::LOCKED.reply()),
        }
    }
}

impl Form {
    fn of(body: &[u8]) -> Result<Self, Reply> {
        let mut body = Members::of(body)?;
        let (login_id, stepup) = (body.text("loginId")?, body.flag("stepup")?);
        let answers = Answers::of(body.list("answers")?.unwrap_or_default())
            .map_err(|mistake| descope::MALFORMED.reply_because(&format!("`answers` {mistake}")))?;
        Ok(Self { login_id, answers, stepup })
    }
}

/// Returns the answers that are expected of the user: its own, those for all, or those in the settings' file.
fn expected(holder: &Holder, context: &Context<'_>) -> Option<Answers> {
    let known = context.with_state(|state| state.questionnaires.expected(&holder.project, &holder.user).cloned());
    known.or_else(|| context.settings().answers_in_file())
}

fn missing() -> Reply {
    descope::MISSING_REFRESH.reply()
}

fn details(form: Option<&Form>) -> Details {
    let short = |text: &str| shortened(text, TEXT_CHARS_MAX);
    Details::SecurityQuestions {
        login_id: form.and_then(|form| form.login_id.as_deref()).map(short),
        questions: form.map(|form| form.answers.ids().map(str::to_owned).collect()).unwrap_or_default(),
        stepup: form.and_then(|form| form.stepup),
    }
}
