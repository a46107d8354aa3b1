//! Answers to security questions, as keyed hashes, and the count of wrong ones.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use ring::hmac;
use ring::rand::SystemRandom;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::bounded::BoundedMap;

/// The answers to some questions, in the order in which they were given.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(in crate::sandbox) struct Answers(Vec<(String, AnswerHash)>);

/// A hash under a random key of this process: the answers are short, so that a plain hash could be guessed.
#[derive(Clone, PartialEq, Eq)]
struct AnswerHash([u8; 32]);

impl fmt::Debug for AnswerHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[answer]")
    }
}

impl Answers {
    /// Reads `[{"id": …, "answer": …}]` with unique ids and 1 to 20 items, or returns what it must be.
    pub(in crate::sandbox) fn of(items: Vec<Value>) -> Result<Self, String> {
        if items.is_empty() || items.len() > ANSWERS_MAX {
            return Err(format!("must have 1 to {ANSWERS_MAX} items"));
        }
        let mut answers: Vec<(String, AnswerHash)> = Vec::new();
        for (index, item) in items.into_iter().enumerate() {
            let (Some(Value::String(id)), Some(Value::String(answer))) = members(item) else {
                return Err(format!("item {index} must be an object with the strings `id` and `answer`"));
            };
            let answer = Zeroizing::new(answer);
            if id.is_empty() || answer.is_empty() {
                return Err(format!("item {index} has an empty `id` or `answer`"));
            }
            if id.len() > ID_BYTES_MAX {
                return Err(format!("item {index} has an `id` of more than {ID_BYTES_MAX} bytes"));
            }
            if answers.iter().any(|(other, _)| *other == id) {
                return Err(format!("item {index} repeats an `id`"));
            }
            answers.push((id, hashed(&answer)));
        }
        Ok(Self(answers))
    }

    /// Returns answers that none can match.
    pub(in crate::sandbox) const fn none() -> Self {
        Self(Vec::new())
    }

    /// Reads the same from a text.
    pub(in crate::sandbox) fn parse(text: &str) -> Result<Self, String> {
        match serde_json::from_str(text) {
            Ok(Value::Array(items)) => Self::of(items),
            Ok(_) | Err(_) => Err("must be a JSON list of objects with `id` and `answer`".to_owned()),
        }
    }

    /// Whether these are exactly the expected answers, in any order.
    fn are(&self, expected: &Self) -> bool {
        let by_id =
            |answers: &Self| answers.0.iter().cloned().map(|(id, hash)| (id, hash.0)).collect::<BTreeMap<_, _>>();
        by_id(self) == by_id(expected)
    }

    /// Returns the ids of the questions, in order.
    pub(in crate::sandbox) fn ids(&self) -> impl ExactSizeIterator<Item = &str> {
        self.0.iter().map(|(id, _)| id.as_str())
    }

    /// Returns the questions as `GET /v1/auth/security-questions/verify` lists them.
    pub(super) fn questions(&self) -> Vec<Value> {
        self.ids().map(|id| json!({"id": id, "text": format!("What is the answer to {id}?")})).collect()
    }
}

fn members(item: Value) -> (Option<Value>, Option<Value>) {
    match item {
        Value::Object(mut members) => (members.remove("id"), members.remove("answer")),
        _ => (None, None),
    }
}

fn hashed(answer: &str) -> AnswerHash {
    static KEY: LazyLock<Option<hmac::Key>> =
        LazyLock::new(|| hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new()).ok());
    let mut hash = [0; 32];
    if let Some(key) = &*KEY {
        hash.copy_from_slice(hmac::sign(key, answer.as_bytes()).as_ref());
    }
    AnswerHash(hash)
}

/// What the sandbox knows of its users' security questions.
pub(in crate::sandbox) struct Questionnaires {
    /// Expected of every user without answers of its own.
    of_all: Option<Answers>,
    users: BoundedMap<(String, String), Questionnaire>,
}

/// The security questions of one user in one project.
#[derive(Default)]
struct Questionnaire {
    answers: Option<Answers>,
    /// Wrong verifications since the last right one, or since the answers were set up.
    wrong: u32,
}

/// How a verification ended.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Verification {
    Right,
    Wrong,
    /// There were too many wrong ones before.
    Locked,
}

impl Questionnaires {
    pub(in crate::sandbox) fn new() -> Self {
        Self { of_all: None, users: BoundedMap::new(USERS_MAX) }
    }

    /// Expects these answers of every user without answers of its own, and ends all lock-outs.
    pub(in crate::sandbox) fn expect_of_all(&mut self, answers: Answers) {
        self.of_all = Some(answers);
        self.users.values_mut().for_each(|user| user.wrong = 0);
    }

    /// Sets up the answers of one user, and ends its lock-out.
    pub(super) fn set_up(&mut self, project: &str, user: &str, answers: Answers) {
        *self.of(project, user) = Questionnaire { answers: Some(answers), wrong: 0 };
    }

    /// Returns the answers that are expected of a user, unless none were set up.
    pub(super) fn expected(&self, project: &str, user: &str) -> Option<&Answers> {
        let own = self.users.get(&(project.to_owned(), user.to_owned())).and_then(|user| user.answers.as_ref());
        own.or(self.of_all.as_ref())
    }

    /// Compares the answers of a user with the expected ones; without any, all answers are right.
    pub(super) fn verify(
        &mut self,
        (project, user): (&str, &str),
        given: &Answers,
        expected: Option<&Answers>,
        attempts_max: u32,
    ) -> Verification {
        let questionnaire = self.of(project, user);
        if questionnaire.wrong >= attempts_max {
            return Verification::Locked;
        }
        if expected.is_none_or(|expected| given.are(expected)) {
            questionnaire.wrong = 0;
            return Verification::Right;
        }
        questionnaire.wrong += 1;
        Verification::Wrong
    }

    fn of(&mut self, project: &str, user: &str) -> &mut Questionnaire {
        self.users.entry((project.to_owned(), user.to_owned()), Questionnaire::default)
    }
}

const ANSWERS_MAX: usize = 20;
const ID_BYTES_MAX: usize = 64;
/// About 30 MB at most.
const USERS_MAX: usize = 10_000;

#[cfg(test)]
mod tests {
    use super::*;

    fn answers(pairs: &[(&str, &str)]) -> Answers {
        Answers::of(pairs.iter().map(|(id, answer)| json!({"id": id, "answer": answer})).collect()).unwrap()
    }

    #[test]
    fn answers_are_compared_by_question_in_any_order() {
        let expected = answers(&[("q1", "blue"), ("q2", "rex")]);
        assert!(answers(&[("q2", "rex"), ("q1", "blue")]).are(&expected));
        for wrong in [&[("q1", "blue")][..], &[("q1", "rex"), ("q2", "blue")], &[("q1", "blue"), ("q3", "rex")]] {
            assert!(!answers(wrong).are(&expected), "{wrong:?}");
        }
        assert!(!format!("{expected:?}").contains("blue"));
    }

    #[test]
    fn malformed_answers_are_named_and_never_quoted() {
        for (text, named) in [
            ("{}", "must be a JSON list"),
            ("[]", "1 to 20 items"),
            (r#"["canary"]"#, "item 0 must be an object"),
            (r#"[{"id": "q1", "answer": 7}]"#, "item 0 must be an object"),
            (r#"[{"id": "q1", "answer": ""}]"#, "item 0 has an empty"),
            (&format!(r#"[{{"id": "{}", "answer": "canary"}}]"#, "q".repeat(65)), "item 0 has an `id` of more"),
            (r#"[{"id": "q1", "answer": "canary"}, {"id": "q1", "answer": "canary"}]"#, "item 1 repeats"),
        ] {
            let mistake = Answers::parse(text).unwrap_err();
            assert!(mistake.contains(named) && !mistake.contains("canary"), "{mistake}");
        }
    }

    #[test]
    fn too_many_wrong_answers_lock_one_user_until_a_set_up() {
        let (right, wrong) = (answers(&[("q1", "blue")]), answers(&[("q1", "red")]));
        let mut all = Questionnaires::new();
        all.expect_of_all(right.clone());
        let verify = |all: &mut Questionnaires, user, given| all.verify(("P1", user), given, Some(&right), 2);
        assert_eq!(verify(&mut all, "U1", &wrong), Verification::Wrong);
        assert_eq!(verify(&mut all, "U1", &right), Verification::Right);
        assert_eq!(verify(&mut all, "U1", &wrong), Verification::Wrong);
        assert_eq!(verify(&mut all, "U1", &wrong), Verification::Wrong);
        assert_eq!(verify(&mut all, "U1", &right), Verification::Locked);
        assert_eq!(verify(&mut all, "U2", &right), Verification::Right);
        all.set_up("P1", "U1", right.clone());
        assert_eq!(verify(&mut all, "U1", &right), Verification::Right);
    }
}
