//! `securityQuestions`.

use super::{
    entry::{Entry, Form, Section},
    form,
};

/// Describes the field that selects security questions.
pub(super) fn one() -> Entry {
    let entries = vec![
        Entry::new("loginId", form::any_text("A text"), "The login id of the user.").required(),
        Entry::new(
            "answersFile",
            form::file(),
            "The JSON file with the answers, a list like `[{\"id\": \"…\", \"answer\": \"…\"}]`. They are sent in this order. A \
             changed file is used immediately.",
        )
        .required(),
        Entry::new(
            "refreshTokenFile",
            form::file(),
            "The file that contains a refresh token of the same user and nothing else. Tokens that replace it by rotation are \
             stored in the state directory.",
        )
        .required(),
        Entry::new("stepup", form::flag(), "Whether to request a session that is marked as a step-up.").default(false),
    ];
    let section = Section::new(
        "Security questions",
        "The answers of a user to security questions, which Descope verifies for a session. Denied answers are sent once: \
         wrong ones can lock the account.",
        entries,
    );
    Entry::new(
        "securityQuestions",
        Form::Fields(section),
        "The user's answers to security questions, as the source of sessions.",
    )
}
