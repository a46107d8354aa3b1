//! Asks for answers on a terminal. Nothing that is typed or pasted is shown.

use crate::{
    cli::{
        failure::Failure,
        print,
        terminal::prompt::{HiddenInput, Prompt},
    },
    secret::Secret,
};

/// Asks for pairs of a question's id and its answer, until an id is empty or the input ends. A signal restores the terminal and
/// ends the prompt.
pub(super) async fn answers(login_id: &str) -> Result<Vec<(String, Secret)>, Failure> {
    let mut prompt = Prompt::open("stopped; nothing was sent", "use `--answers-file`")?;
    let _hidden = HiddenInput::begin()?;
    print::notice(&format_args!(
        "answers of `{login_id}`; nothing that you type is shown, and an empty id ends the list"
    ));
    let mut typed = async |question: &str| {
        let line = prompt.ask(question).await?;
        print::prompt(&"\n");
        Ok::<_, Failure>(line.unwrap_or_default())
    };
    let mut pairs = Vec::new();
    loop {
        let id = typed(&format!("id of question {}: ", pairs.len() + 1)).await?;
        if id.is_empty() {
            return Ok(pairs);
        }
        let answer = typed(&format!("answer to `{}`: ", id.escape_debug())).await?;
        pairs.push((id, Secret::new(answer)));
    }
}
