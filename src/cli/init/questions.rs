//! Asks on the terminal for what no flag gives.

use std::path::{Path, PathBuf};

use super::{answers::Answers, files, given::Given, places::Places, texts};
use crate::{
    cli::{
        failure::Failure,
        print, source,
        terminal::prompt::{HiddenInput, Prompt},
    },
    config::{Asked, Mistakes},
    offline::typed_key,
    secret::Secret,
};

/// Asks for the rest. A wrong answer is explained and asked for again.
pub(super) async fn complete(given: Given, config: &Path, places: &Places) -> Result<Answers, Failure> {
    let mut questions = Questions { prompt: Prompt::open(STOPPED, "use a flag: see `tokenwell init --help`")?, places };
    print::notice(&format_args!(
        "This writes `{}`.\nEnter takes the answer in brackets; Ctrl-C ends it and nothing is written.\n",
        config.display()
    ));
    let name_of_key_file = given.name_of_key_file();
    let Given { project_id, base_url, name, access_key_file, output } = given;
    let project_id = match project_id {
        Some(id) => id,
        None => questions.value(Asked::ProjectId, PROJECT, None).await?,
    };
    let name = match name.or(name_of_key_file) {
        Some(name) => name,
        None => questions.value(Asked::Name, NAME, Some(NAME_DEFAULT)).await?,
    };
    let (key_file, key) = match access_key_file {
        Some(file) => (file, None),
        None => questions.key(Places::key_file(config, &name)).await?,
    };
    let (suggested, is_given) = match output {
        Some(output) => (output, true),
        None => (places.output(config, &name), false),
    };
    let mut answers = Answers { project_id, base_url, name, key_file, key, output: suggested.clone() };
    if !is_given {
        questions.output(&mut answers, config, &suggested).await?;
    }
    Ok(answers)
}

/// The questions on a terminal.
struct Questions<'a> {
    prompt: Prompt,
    places: &'a Places,
}

impl Questions<'_> {
    /// Asks until the answer is legal. An empty answer is the suggestion.
    async fn value(&mut self, asked: Asked, question: &str, suggestion: Option<&str>) -> Result<String, Failure> {
        loop {
            let typed = self.line(question, suggestion).await?;
            match asked.check(&typed) {
                Ok(()) => return Ok(typed),
                Err(mistakes) => explain(&mistakes),
            }
        }
    }

    /// Asks for a path until it is legal.
    async fn path(&mut self, asked: Asked, question: &str, suggestion: &Path) -> Result<PathBuf, Failure> {
        loop {
            let typed = self.line(question, Some(&suggestion.to_string_lossy())).await?;
            match source::output(&self.places.expanded(&typed)) {
                Ok(path) => match asked.check(&path.to_string_lossy()) {
                    Ok(()) => return Ok(path),
                    Err(mistakes) => explain(&mistakes),
                },
                Err(failure) => print::notice(&format_args!("  {failure}")),
            }
        }
    }

    /// Asks for the token file until it fits the other answers: it must not be the key file, for example.
    async fn output(&mut self, answers: &mut Answers, config: &Path, suggestion: &Path) -> Result<(), Failure> {
        loop {
            answers.output = self.path(Asked::Output, OUTPUT, suggestion).await?;
            match texts::check(answers, config) {
                Ok(()) => match files::check_output(&answers.output) {
                    Ok(()) => return Ok(()),
                    Err(failure) => print::notice(&format_args!("  {failure}")),
                },
                Err(mistakes) => explain(&mistakes),
            }
        }
    }

    /// Asks for the key, unless its file exists, which is used then.
    async fn key(&mut self, file: PathBuf) -> Result<(PathBuf, Option<Secret>), Failure> {
        if files::exists(&file) {
            print::notice(&format_args!("the access key is in `{}`, which exists", file.display()));
            return Ok((file, None));
        }
        loop {
            let hidden = HiddenInput::begin()?;
            let typed = self.prompt.ask(KEY).await;
            drop(hidden);
            print::prompt(&"\n");
            let typed = typed?.ok_or_else(|| self.prompt.stopped())?;
            if typed.trim().is_empty() {
                return Ok((file, None));
            }
            match typed_key(typed) {
                Ok(key) => return Ok((file, Some(key))),
                Err(error) => print::notice(&format_args!("  {error}")),
            }
        }
    }

    async fn line(&mut self, question: &str, suggestion: Option<&str>) -> Result<String, Failure> {
        let shown = suggestion.map(|suggestion| format!(" [{suggestion}]")).unwrap_or_default();
        let typed = self.prompt.ask(&format!("{question}{shown}: ")).await?;
        let typed = typed.ok_or_else(|| self.prompt.stopped())?;
        let typed = typed.trim();
        Ok(if typed.is_empty() { suggestion.unwrap_or_default() } else { typed }.to_owned())
    }
}

fn explain(mistakes: &Mistakes) {
    for diagnostic in mistakes.diagnostics() {
        let remedy = diagnostic.remedy.as_ref().map(|remedy| format!("; {remedy}")).unwrap_or_default();
        print::notice(&format_args!("  {}{remedy}", diagnostic.what));
    }
}

const PROJECT: &str = "project id, from https://app.descope.com/settings/project";
const NAME: &str = "name of the credential, such as the app or the API that it is for";
const NAME_DEFAULT: &str = "app";
const KEY: &str =
    "access key, from https://app.descope.com/accesskeys, not shown (Enter: put it into its file later): ";
const OUTPUT: &str = "token file";
const STOPPED: &str = "stopped; nothing was written";
