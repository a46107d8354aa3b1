//! What a reply came to, and the one order in which it may be used.

use crate::{exchange::Refused, secret::Secret, session::Granted};

/// What a reply came to: a session or a refusal, and perhaps a secret that replaces the one that was sent.
///
/// The result cannot be had before the rotated secret is stored: [`Answer::settle`] is the only way to it. A rotated secret
/// may be the only valid one from now on, also where it came with a session that is refused.
#[derive(Debug)]
pub struct Answer {
    result: Result<Granted, Refused>,
    rotated: Option<RotatedSecret>,
}

/// A secret that the server put in the place of the one that was sent.
#[derive(Debug)]
pub struct RotatedSecret(pub Secret);

/// Why a rotated secret was not stored.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotStored {
    /// Secrets of this kind are never replaced by a reply.
    #[error("the reply replaces a secret that never rotates")]
    NeverRotates,
}

/// An answer whose rotated secret could not be stored. It is held back whole, so that storing can be tried again.
#[derive(Debug)]
pub struct Unsettled<E> {
    /// The answer as it was.
    pub answer: Box<Answer>,
    /// Why the secret was not stored.
    pub why: E,
}

impl Answer {
    /// An answer of a kind whose secrets do not rotate.
    pub fn new(result: Result<Granted, Refused>) -> Self {
        Self { result, rotated: None }
    }

    /// An answer that brought another secret.
    pub fn with_rotated(result: Result<Granted, Refused>, rotated: RotatedSecret) -> Self {
        Self { result, rotated: Some(rotated) }
    }

    /// Whether there is a secret to store.
    pub fn is_rotated(&self) -> bool {
        self.rotated.is_some()
    }

    /// Hands out the result once `store` has stored the rotated secret, if there is one.
    pub fn settle<E>(
        self,
        store: impl FnOnce(&RotatedSecret) -> Result<(), E>,
    ) -> Result<Result<Granted, Refused>, Unsettled<E>> {
        match self.rotated.as_ref().map(store) {
            None | Some(Ok(())) => Ok(self.result),
            Some(Err(why)) => Err(Unsettled { answer: Box::new(self), why }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::renewal::Refusal;

    fn refused() -> Refused {
        Refused { refusal: Refusal::Garbled, message: "HTTP 200 without a usable session".to_owned() }
    }

    fn rotated() -> Answer {
        Answer::with_rotated(Err(refused()), RotatedSecret(Secret::new("second".to_owned())))
    }

    #[test]
    fn an_answer_without_a_rotated_secret_stores_nothing() {
        let settled = Answer::new(Err(refused())).settle(|_| -> Result<(), ()> { panic!("nothing to store") });
        assert_eq!(settled.unwrap().unwrap_err(), refused());
    }

    #[test]
    fn a_rotated_secret_is_stored_before_even_a_refusal_is_reported() {
        let mut stored = None;
        let settled = rotated().settle(|RotatedSecret(secret)| {
            stored = Some(secret.expose().to_owned());
            Ok::<_, ()>(())
        });
        assert_eq!(settled.unwrap().unwrap_err(), refused());
        assert_eq!(stored.as_deref(), Some("second"));
    }

    #[test]
    fn an_answer_that_cannot_be_stored_is_held_back_and_tried_again() {
        let unsettled = rotated().settle(|_| Err("disk full")).unwrap_err();
        assert_eq!(unsettled.why, "disk full");
        let settled = unsettled.answer.settle(|_| Ok::<_, ()>(()));
        assert_eq!(settled.unwrap().unwrap_err(), refused());
    }
}
