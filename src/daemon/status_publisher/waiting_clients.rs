//! The clients of the status server that wait for a newer token. They cost no polling: the loop looks at them at the end of a turn.

use std::mem;

use tokio::sync::oneshot;

use crate::status::{TokenAnswer, TokenQuestion, WAITING_MAX};

/// The clients that wait, in the order in which they asked.
#[derive(Debug, Default)]
pub(in crate::daemon) struct WaitingClients {
    clients: Vec<WaitingClient>,
}

#[derive(Debug)]
struct WaitingClient {
    question: TokenQuestion,
    answer: oneshot::Sender<TokenAnswer>,
}

impl WaitingClients {
    /// Keeps a question until it is answered. If [`WAITING_MAX`] others wait, says so to the client. Those whose clients have gone
    /// do not count.
    pub(in crate::daemon) fn push(&mut self, question: TokenQuestion, answer: oneshot::Sender<TokenAnswer>) {
        self.clients.retain(|client| !client.answer.is_closed());
        if self.clients.len() >= WAITING_MAX {
            drop(answer.send(TokenAnswer::TooManyWait));
        } else {
            self.clients.push(WaitingClient { question, answer });
        }
    }

    /// Answers those for whom there is an answer now.
    pub(in crate::daemon) fn answer(&mut self, answer_to: impl Fn(&TokenQuestion) -> Option<TokenAnswer>) {
        for client in mem::take(&mut self.clients) {
            match answer_to(&client.question) {
                // A client that has gone needs no answer.
                Some(answer) => drop(client.answer.send(answer)),
                None => self.clients.push(client),
            }
        }
    }

    /// Whether no client waits.
    pub(in crate::daemon) fn is_empty(&self) -> bool {
        self.clients.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::status::WantedToken;

    fn question(credential: &str) -> TokenQuestion {
        TokenQuestion { credential: credential.to_owned(), wanted: WantedToken::OtherThan(None) }
    }

    #[test]
    fn only_the_clients_that_have_an_answer_get_it() {
        let mut waiting = WaitingClients::default();
        let [(a, mut of_a), (b, mut of_b)] = [(); 2].map(|()| oneshot::channel());
        waiting.push(question("a"), a);
        waiting.push(question("b"), b);
        waiting.answer(|question| (question.credential == "b").then_some(TokenAnswer::Stopping));
        assert_eq!((of_a.try_recv().ok(), of_b.try_recv()), (None, Ok(TokenAnswer::Stopping)));
        assert!(!waiting.is_empty());
        waiting.answer(|_| Some(TokenAnswer::Unknown(Vec::new())));
        assert_eq!(of_a.try_recv(), Ok(TokenAnswer::Unknown(Vec::new())));
        assert!(waiting.is_empty());
    }

    #[test]
    fn a_client_that_has_gone_leaves_its_place() {
        let mut waiting = WaitingClients::default();
        let mut answers: Vec<_> = (0..WAITING_MAX)
            .map(|_| {
                let (answer, answered) = oneshot::channel();
                waiting.push(question("a"), answer);
                answered
            })
            .collect();
        let one_more = |waiting: &mut WaitingClients| {
            let (answer, mut answered) = oneshot::channel();
            waiting.push(question("a"), answer);
            answered.try_recv().ok()
        };
        assert_eq!(one_more(&mut waiting), Some(TokenAnswer::TooManyWait));
        drop(answers.pop());
        assert_eq!(one_more(&mut waiting), None, "it waits in the free place");
    }
}
