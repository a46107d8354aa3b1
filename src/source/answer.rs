//! The result of a reply, which is usable only after a rotated secret is stored.

use super::unusable::ReadError;
use crate::{exchange::Refused, secret::Secret, session::Granted};

/// The result of a reply: a session or a refusal, and optionally a secret that replaces the one that was sent.
///
/// The result is not accessible before the rotated secret is stored: only [`Answer::settle`] returns it. A rotated
/// secret may be the only valid one from now on, even if the session in the same reply is refused.
#[derive(Debug)]
pub struct Answer {
    result: Result<Granted, Refused>,
    rotated: Option<RotatedSecret>,
    ends_chain: bool,
}

/// A secret with which the server replaces the one that was sent.
#[derive(Debug)]
pub struct RotatedSecret(pub Secret);

/// Why a rotated secret was not stored.
#[derive(Debug, thiserror::Error)]
pub enum NotStored {
    /// Replies never replace secrets of this kind.
    #[error("the reply replaces a secret that never rotates")]
    NeverRotates,
    /// The disk does not take it.
    #[error(transparent)]
    Disk(ReadError),
}

/// An answer whose rotated secret could not be stored. It contains the complete answer, so that storing can be retried.
#[derive(Debug)]
pub struct Unsettled<E> {
    /// The unchanged answer.
    pub answer: Box<Answer>,
    /// Why the secret was not stored.
    pub why: E,
}

impl Answer {
    /// Returns an answer without a rotated secret.
    pub fn new(result: Result<Granted, Refused>) -> Self {
        Self { result, rotated: None, ends_chain: false }
    }

    /// Returns an answer with a rotated secret.
    pub fn with_rotated(result: Result<Granted, Refused>, rotated: RotatedSecret) -> Self {
        Self { result, rotated: Some(rotated), ends_chain: false }
    }

    /// Returns a refusal after which the rotated token that was presented is worthless.
    pub fn ending_chain(refused: Refused) -> Self {
        Self { result: Err(refused), rotated: None, ends_chain: true }
    }

    /// Whether the rotated token that was presented is to be removed.
    pub fn ends_chain(&self) -> bool {
        self.ends_chain
    }

    /// Whether there is a rotated secret to store.
    pub fn is_rotated(&self) -> bool {
        self.rotated.is_some()
    }

    /// Returns the rotated secret of an answer that could not be settled. The session is given up.
    pub fn into_rotated(self) -> Option<RotatedSecret> {
        self.rotated
    }

    /// Returns the result after `store` has stored the rotated secret, if there is one.
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
        Refused::new(Refusal::Garbled, "HTTP 200 without a usable session".to_owned())
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
    fn an_answer_whose_secret_cannot_be_stored_can_be_retried() {
        let unsettled = rotated().settle(|_| Err("disk full")).unwrap_err();
        assert_eq!(unsettled.why, "disk full");
        let settled = unsettled.answer.settle(|_| Ok::<_, ()>(()));
        assert_eq!(settled.unwrap().unwrap_err(), refused());
    }
}
