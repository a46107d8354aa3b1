//! The sources that a reply may be for, with the secrets that they sent.

use std::{collections::BTreeSet, fs, sync::LazyLock};

use serde_json::{Map, json};
use tokenwell::{
    exchange::{Reply, Timing},
    session::ReplyField,
    source::{
        AccessKey, Answer, ClientAuth, Kind, Material, OAuth, OAuthGrant, RefreshToken, Rules, SecurityQuestions,
        Source, TokenChain,
    },
};

use super::super::world::{API, folder};

/// A source, and what it sent.
pub(super) struct Sender {
    name: &'static str,
    source: Source,
    material: Material,
}

impl Sender {
    /// Returns the source of this name.
    pub(super) fn named(name: &str) -> Option<&'static Self> {
        SENDERS.iter().find(|sender| sender.name == name)
    }

    /// Interprets a reply.
    pub(super) fn answer(&self, reply: &Reply, timing: Timing) -> Answer {
        self.material.reply(reply, timing, &self.source.expectation(&API))
    }

    /// Whether replies may replace the secret.
    pub(super) fn rotates(&self) -> bool {
        matches!(self.source.kind, Kind::RefreshToken(_) | Kind::SecurityQuestions(_))
    }

    /// The field of the body with the session.
    pub(super) fn token_field(&self) -> &'static str {
        match self.source.kind {
            Kind::OAuth(_) => "access_token",
            Kind::AccessKey(_) | Kind::RefreshToken(_) | Kind::SecurityQuestions(_) => "sessionJwt",
        }
    }
}

static SENDERS: LazyLock<[Sender; 5]> = LazyLock::new(|| {
    let folder = folder();
    let file = |name: &str, content: &str| {
        let path = folder.path().join(name);
        fs::write(&path, content).unwrap();
        path
    };
    let sender = |name, source: Source| Sender { name, material: source.read().unwrap(), source };
    let with_fields = |kind| Source { fields: ReplyField::ALL.map(|(_, field)| field).into(), ..Source::from(kind) };
    let client =
        OAuth::new(OAuthGrant::ClientCredentials { secret_file: file("client", "K2client"), auth: ClientAuth::Basic });
    let token = file("token", PRESENTED);
    let questions = SecurityQuestions {
        login_id: "ann@example.com".to_owned(),
        answers_file: file("answers", r#"[{"id":"pet","answer":"CANARY-answer"}]"#),
        chain: TokenChain::at(&token),
        step_up: false,
    };
    let rules = Rules {
        audience: Some("app".to_owned()),
        tenant: Some("T2a".to_owned()),
        claims: Map::from_iter([("tier".to_owned(), json!({"level": 1}))]),
    };
    let strict = Source { rules, fields: BTreeSet::new(), ..Source::from(Kind::OAuth(client.clone())) };
    [
        sender("accessKey", AccessKey::at(file("key", "K2key")).into()),
        sender("refreshToken", with_fields(Kind::RefreshToken(RefreshToken::at(token)))),
        sender("securityQuestions", with_fields(Kind::SecurityQuestions(questions))),
        sender("oauth", Kind::OAuth(client).into()),
        sender("oauthVerified", strict),
    ]
});

/// The refresh token that was sent: `{"alg":"RS256"}` and `{"drn":"DSR"}`.
pub(super) const PRESENTED: &str = "eyJhbGciOiJSUzI1NiJ9.eyJkcm4iOiJEU1IifQ.c2ln";
