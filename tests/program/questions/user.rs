//! A user with a refresh token and answers, and their credential.

use std::{
    fs,
    ops::{Deref, DerefMut},
    path::PathBuf,
    time::Duration,
};

use serde_json::{Value, json};
use tokenwell::{
    sandbox::{Endpoint, ExchangeRecord},
    secret::Secret,
};

use crate::{
    program::{Program, run, within},
    setting::Setting,
};

/// The credential `user`, whose answers the sandbox expects, and `other` with an access key.
pub(crate) struct User {
    setting: Setting,
}

impl User {
    pub(crate) fn new() -> Self {
        let mut setting = Setting::new();
        for answer in [PET, CITY, WRONG] {
            setting.leaks.key(answer);
        }
        setting.sandbox.expect_answers(&[("pet", PET), ("city", CITY)]).unwrap();
        let mut user = Self { setting };
        user.mount_a_new_token();
        user.put_answers(&[("city", CITY), ("pet", PET)]);
        user.write_config("");
        user
    }

    /// Mounts a refresh token, as a person does who signs in.
    pub(crate) fn mount_a_new_token(&mut self) -> Secret {
        let token = self.sandbox.refresh_token("P2world", Duration::from_secs(30 * 86_400)).unwrap();
        self.leaks.jwt(token.expose());
        self.put("keys/refresh", token.expose());
        token
    }

    pub(crate) fn put_answers(&self, answers: &[(&str, &str)]) {
        let answers: Vec<_> = answers.iter().map(|(id, answer)| json!({"id": id, "answer": answer})).collect();
        self.put("keys/answers.json", &Value::from(answers).to_string());
    }

    /// Writes a configuration with these further fields.
    pub(crate) fn write_config(&self, rest: &str) {
        let at = |name: &str| self.path(name).display().to_string();
        let (key, other) = (at("keys/other"), at("out/other.jwt"));
        let (answers, refresh, out) = (at("keys/answers.json"), at("keys/refresh"), at("out/user.jwt"));
        let questions =
            format!("{{loginId: user@example.com, answersFile: {answers}, refreshTokenFile: {refresh}, stepup: true}}");
        let renew = "renew: {spacing: 100ms, retryFirst: 100ms, retryMax: 300ms, deniedEvery: 1s}\n";
        let credentials = format!(
            "credentials:\n  - {{name: user, securityQuestions: {questions}, outputs: [{{path: {out}}}]}}\n  \
             - {{name: other, required: false, accessKeyFile: {key}, outputs: [{{path: {other}}}]}}\n"
        );
        self.put("tokenwell.yaml", &self.text(&format!("{renew}{rest}{credentials}")));
    }

    pub(crate) fn start(&self) -> Program {
        Program::start(run(&self.path("")).env("TOKENWELL_LOG", "trace"))
    }

    /// Returns what arrived at an endpoint.
    pub(crate) fn requests(&self, endpoint: Endpoint) -> Vec<ExchangeRecord> {
        self.sandbox.exchanges().into_iter().filter(|record| record.endpoint == endpoint).collect()
    }

    pub(crate) fn verifications(&self) -> usize {
        self.requests(Endpoint::QuestionsVerify).len()
    }

    /// Lets several seconds pass by the renewals of the other credential, longer than `deniedEvery`.
    pub(crate) fn let_time_pass(&mut self) {
        self.sandbox.set(|settings| settings.life = Duration::from_secs(2));
        let before = self.requests(Endpoint::AccessKey).len();
        self.put_key("other", &format!("key{before}"));
        within("renewals of the other credential", || {
            (self.requests(Endpoint::AccessKey).len() >= before + 3).then_some(())
        });
        self.sandbox.set(|settings| settings.life = Duration::from_secs(3600));
        fs::remove_file(self.path("keys/other")).unwrap();
    }

    /// Returns the state of the credential in the status file.
    pub(crate) fn status(&self) -> Option<Value> {
        let file: Value = serde_json::from_str(&fs::read_to_string(self.path("state/status.json")).ok()?).ok()?;
        file["credentials"].as_array()?.iter().find(|credential| credential["name"] == "user").cloned()
    }

    /// Returns the refresh tokens in the state directory.
    pub(crate) fn stored_tokens(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("state/refresh-tokens")).into_iter().flatten();
        let paths = entries.map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension().is_some_and(|extension| extension == "jwt")).collect()
    }
}

impl Deref for User {
    type Target = Setting;

    fn deref(&self) -> &Setting {
        &self.setting
    }
}

impl DerefMut for User {
    fn deref_mut(&mut self) -> &mut Setting {
        &mut self.setting
    }
}

pub(crate) const PET: &str = "CANARY-pet-rex-of-the-user";
pub(crate) const CITY: &str = "CANARY-city-rome-of-the-user";
pub(crate) const WRONG: &str = "CANARY-pet-max-of-another";
