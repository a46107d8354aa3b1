//! Answers to security questions, and the JSON file that contains them. Pure.

use std::{collections::HashSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, Visitor},
};
use serde_json::{Value, json};

use super::{secret_kind::SecretKind, suspect_text::judge, suspicion::Suspicion};
use crate::{fingerprint::Fingerprint, secret::Secret, session::lenient::Lenient};

/// Answers to security questions, in the order of their file. At least one, and each question at most once.
///
/// Invariant: an answer may be a short word that can be guessed, so `Debug` prints only how many there are.
pub struct Answers(Vec<QuestionAnswer>);

/// One question and its answer.
struct QuestionAnswer {
    id: String,
    answer: Secret,
}

/// Why a text or a list holds no usable answers. The messages contain nothing of it.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotAnswers {
    /// It is empty, or white space only.
    #[error("it is empty")]
    Empty,
    /// It begins with a byte order mark of UTF-8 or UTF-16.
    #[error("it begins with a byte order mark, as some Windows programs write it")]
    ByteOrderMark,
    /// It is not JSON, or not a list of objects.
    #[error("it is not a JSON list of objects with `id` and `answer`")]
    NoList,
    /// The list is empty.
    #[error("its list is empty")]
    NoAnswer,
    /// There are more than [`ANSWERS_MAX`].
    #[error("it has more than {ANSWERS_MAX} answers")]
    TooMany,
    /// An `id` is missing, empty, or not a text.
    #[error("an entry has no `id`, or an `id` that is not a text")]
    NoId,
    /// An `answer` is missing, empty, or not a text.
    #[error("an entry has no `answer`, or an `answer` that is not a text")]
    NoText,
    /// Two answers have the same `id`.
    #[error("two entries have the same `id`")]
    SameId,
}

impl Answers {
    /// Returns these answers: pairs of the question's id and its answer.
    pub fn new(pairs: impl IntoIterator<Item = (String, Secret)>) -> Result<Self, NotAnswers> {
        let answers: Vec<_> = pairs.into_iter().map(|(id, answer)| QuestionAnswer { id, answer }).collect();
        let mut ids = HashSet::new();
        if answers.is_empty() {
            Err(NotAnswers::NoAnswer)
        } else if answers.len() > ANSWERS_MAX {
            Err(NotAnswers::TooMany)
        } else if answers.iter().any(|answer| answer.id.is_empty()) {
            Err(NotAnswers::NoId)
        } else if answers.iter().any(|answer| answer.answer.expose().is_empty()) {
            Err(NotAnswers::NoText)
        } else if !answers.iter().all(|answer| ids.insert(answer.id.as_str())) {
            Err(NotAnswers::SameId)
        } else {
            Ok(Self(answers))
        }
    }

    /// Parses `[{"id": "…", "answer": "…"}]`. Other fields of an entry are ignored.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, NotAnswers> {
        if BYTE_ORDER_MARKS.iter().any(|mark| bytes.starts_with(mark)) {
            return Err(NotAnswers::ByteOrderMark);
        }
        if bytes.iter().all(u8::is_ascii_whitespace) {
            return Err(NotAnswers::Empty);
        }
        // The errors of the parser may contain a part of the text.
        let entries: Vec<Entry> = serde_json::from_slice(bytes).map_err(|_| NotAnswers::NoList)?;
        let pairs: Vec<_> = entries.into_iter().map(Entry::pair).collect::<Result<_, _>>()?;
        Self::new(pairs)
    }

    /// Returns the list as it is sent.
    pub(super) fn to_json(&self) -> Value {
        self.0.iter().map(|QuestionAnswer { id, answer }| json!({"id": id, "answer": answer.expose()})).collect()
    }

    /// Returns the fingerprint of a refresh token and a login id together with these answers. It changes with every answer,
    /// every id and their order.
    pub(super) fn fingerprint_with(&self, mount: Fingerprint, login_id: &str) -> Fingerprint {
        let answers = Secret::new(json!([login_id, self.to_json()]).to_string());
        Secret::new(mount.to_string()).fingerprint_with(&answers)
    }

    /// Returns what an answer probably is instead.
    pub(super) fn suspicion(&self) -> Option<Suspicion> {
        self.0.iter().find_map(|entry| judge(SecretKind::Answers, entry.answer.expose().as_bytes()))
    }

    /// Returns every answer.
    pub(super) fn into_secrets(self) -> impl Iterator<Item = Secret> {
        self.0.into_iter().map(|answer| answer.answer)
    }
}

impl fmt::Debug for Answers {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{} secret answers]", self.0.len())
    }
}

/// An object of the list. A derived form would also accept a list of values.
#[derive(Default)]
struct Entry<'a> {
    id: Lenient<'a>,
    answer: Lenient<'a>,
}

impl Entry<'_> {
    fn pair(self) -> Result<(String, Secret), NotAnswers> {
        let id = self.id.text().ok_or(NotAnswers::NoId)?.to_owned();
        let answer = self.answer.text().ok_or(NotAnswers::NoText)?.to_owned();
        Ok((id, Secret::new(answer)))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Entry<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut object: A) -> Result<Self::Value, A::Error> {
        let (mut id, mut answer) = (None, None);
        while let Some(name) = object.next_key::<String>()? {
            let is_new = match name.as_str() {
                "id" => id.replace(object.next_value()?).is_none(),
                "answer" => answer.replace(object.next_value()?).is_none(),
                _ => object.next_value::<IgnoredAny>().map(|_| true)?,
            };
            if !is_new {
                return Err(serde::de::Error::custom("a field appears twice"));
            }
        }
        Ok(Entry { id: id.unwrap_or_default(), answer: answer.unwrap_or_default() })
    }
}

/// The size limit of an answers file in bytes.
pub(super) const ANSWERS_FILE_BYTES_MAX: usize = 64 * 1024;
/// The most answers of one user.
pub const ANSWERS_MAX: usize = 64;
/// Byte order marks of UTF-8 and of both forms of UTF-16.
const BYTE_ORDER_MARKS: [&[u8]; 3] = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff"];

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Answers, String> {
        Answers::parse(text.as_bytes()).map_err(|why| why.to_string())
    }

    #[test]
    fn answers_keep_the_order_of_their_file() {
        let answers =
            parse("\n [{\"id\":\"z\",\"answer\":\"one\"}, {\"answer\":\"tw\\u00f6\",\"note\":[1],\"id\":\"a\"}]\n");
        let answers = answers.unwrap();
        assert_eq!(answers.to_json(), json!([{"id": "z", "answer": "one"}, {"id": "a", "answer": "twö"}]));
        assert_eq!(format!("{answers:?}"), "[2 secret answers]");
        let secrets: Vec<_> = answers.into_secrets().map(|secret| secret.expose().to_owned()).collect();
        assert_eq!(secrets, ["one", "twö"]);
    }

    #[test]
    fn every_mistake_is_named_without_the_content() {
        let many = |count: usize| {
            let entries: Vec<_> = (0..count).map(|n| json!({"id": n.to_string(), "answer": "CANARY"})).collect();
            Value::from(entries).to_string()
        };
        for (text, problem) in [
            ("", "it is empty"),
            (" \r\n\t", "it is empty"),
            ("\u{feff}[]", "it begins with a byte order mark"),
            ("CANARY", "not a JSON list"),
            ("null", "not a JSON list"),
            ("\"CANARY\"", "not a JSON list"),
            ("{\"id\":\"a\",\"answer\":\"CANARY\"}", "not a JSON list"),
            ("[{\"id\":\"a\",\"answer\":\"CANARY\"}", "not a JSON list"),
            ("[{\"id\":\"a\",\"answer\":\"CANARY\"}] x", "not a JSON list"),
            ("[\"CANARY\"]", "not a JSON list"),
            ("[[\"a\",\"CANARY\"]]", "not a JSON list"),
            ("[null]", "not a JSON list"),
            ("[{\"id\":\"a\",\"answer\":\"x\",\"answer\":\"CANARY\"}]", "not a JSON list"),
            ("[{\"id\":\"a\",\"id\":\"b\",\"answer\":\"CANARY\"}]", "not a JSON list"),
            ("[{\"id\":\"a\",\"answer\":\"CANARY\\ud800\"}]", "not a JSON list"),
            ("[]", "its list is empty"),
            ("[{}]", "has no `id`"),
            ("[{\"answer\":\"CANARY\"}]", "has no `id`"),
            ("[{\"id\":7,\"answer\":\"CANARY\"}]", "`id` that is not a text"),
            ("[{\"id\":\"\",\"answer\":\"CANARY\"}]", "has no `id`"),
            ("[{\"id\":\"CANARY\"}]", "has no `answer`"),
            ("[{\"id\":\"CANARY\",\"answer\":\"\"}]", "has no `answer`"),
            ("[{\"id\":\"CANARY\",\"answer\":null}]", "has no `answer`"),
            ("[{\"id\":\"CANARY\",\"answer\":[\"x\"]}]", "`answer` that is not a text"),
            ("[{\"id\":\"CANARY\",\"answer\":1}]", "`answer` that is not a text"),
            (
                "[{\"id\":\"CANARY\",\"answer\":\"x\"},{\"id\":\"CANARY\",\"answer\":\"y\"}]",
                "two entries have the same `id`",
            ),
            (&many(ANSWERS_MAX + 1), "more than 64 answers"),
            (&"[".repeat(1000), "not a JSON list"),
        ] {
            let said = parse(text).unwrap_err();
            assert!(said.contains(problem) && !said.contains("CANARY"), "{said} of {text:.60}");
        }
        assert!(parse(&many(ANSWERS_MAX)).is_ok());
        assert!(matches!(Answers::parse(b"\xff\xfe[\0]\0"), Err(NotAnswers::ByteOrderMark)));
        assert!(Answers::parse(b"[{\"id\":\"a\",\"answer\":\"\xff\"}]").is_err(), "text that is not UTF-8");
    }

    #[test]
    fn the_fingerprint_depends_on_every_part_and_not_on_the_layout() {
        let of = |text: &str, mount: u8| parse(text).unwrap().fingerprint_with(Fingerprint::new([mount; 8]), "user");
        let pair = "[{\"id\":\"a\",\"answer\":\"x\"},{\"id\":\"b\",\"answer\":\"y\"}]";
        let usual = of(pair, 1);
        assert_eq!(of(&pair.replace(',', " ,\n"), 1), usual);
        assert_ne!(of(pair, 2), usual, "another refresh token");
        assert_ne!(of(&pair.replace('y', "z"), 1), usual, "another answer");
        assert_ne!(of(&pair.replace('b', "c"), 1), usual, "another question");
        assert_ne!(of("[{\"id\":\"b\",\"answer\":\"y\"},{\"id\":\"a\",\"answer\":\"x\"}]", 1), usual, "another order");
    }

    proptest! {
        #[test]
        fn bytes_that_are_accepted_are_sent_as_they_are(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Ok(answers) = Answers::parse(&bytes) {
                let read: Value = serde_json::from_slice(&bytes).unwrap();
                prop_assert_eq!(answers.to_json().as_array().unwrap().len(), read.as_array().unwrap().len());
            }
        }

        #[test]
        fn every_list_of_texts_is_read_as_it_was_written(
            answers in proptest::collection::vec("\\PC{1,40}", 1..20),
        ) {
            let list: Vec<_> =
                answers.iter().enumerate().map(|(n, answer)| json!({"id": n.to_string(), "answer": answer})).collect();
            let list = Value::from(list);
            prop_assert_eq!(Answers::parse(list.to_string().as_bytes()).unwrap().to_json(), list);
        }
    }
}
