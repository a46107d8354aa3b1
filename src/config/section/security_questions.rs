//! `securityQuestions`: the answers of a user to security questions, and a refresh token of that user.

use std::path::PathBuf;

use crate::{
    config::{
        diagnostics::Diagnostics, fields::Fields, path_conflicts::PathConflicts, path_use::Purpose, reader::Field,
        value::path,
    },
    source::{Kind, SecurityQuestions, TokenChain},
};

/// Reads the section, in an entry of `credentials`.
pub(in crate::config) fn read(
    fields: &mut Fields,
    conflicts: &mut PathConflicts,
    diagnostics: &mut Diagnostics,
) -> Option<Kind> {
    let mut fields = fields.take(FIELD, diagnostics)?.fields(diagnostics)?;
    let login_id = fields.require("loginId", LOGIN_ID, diagnostics).and_then(|field| login_id(&field, diagnostics));
    let mut secret_file = |name, purpose, remedy| -> Option<PathBuf> {
        let field = fields.require(name, remedy, diagnostics)?;
        let path = path::secret_file(&field, remedy, diagnostics);
        conflicts.record(purpose, path.as_deref(), &field.location);
        path
    };
    let answers_file = secret_file("answersFile", Purpose::SecretFile, ANSWERS);
    let refresh_token_file = secret_file("refreshTokenFile", Purpose::RefreshTokenFile, REFRESH_TOKEN);
    let step_up = fields.take("stepup", diagnostics).and_then(|field| field.flag(diagnostics));
    fields.finish(diagnostics);
    Some(Kind::SecurityQuestions(SecurityQuestions {
        login_id: login_id?,
        answers_file: answers_file?,
        chain: TokenChain::at(refresh_token_file?),
        step_up: step_up.unwrap_or_default(),
    }))
}

fn login_id(field: &Field, diagnostics: &mut Diagnostics) -> Option<String> {
    let text = field.text(diagnostics)?;
    if text.value.trim().is_empty() {
        diagnostics.mistake(&field.location, "empty", LOGIN_ID);
        return None;
    }
    Some(text.value)
}

/// The field that selects this kind.
pub(in crate::config) const FIELD: &str = "securityQuestions";
const LOGIN_ID: &str = "write the user's login id, such as `loginId: user@example.com`";
const ANSWERS: &str = "write something like `answersFile: /var/run/secrets/descope/answers.json`";
const REFRESH_TOKEN: &str = "write something like `refreshTokenFile: /var/run/secrets/descope/refresh`";
