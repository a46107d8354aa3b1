//! What `tokenwell sandbox` prints about itself: its help, and instructions to try it.

use std::path::PathBuf;

use crate::{cli::shell::quoted, sandbox::EXAMPLE_PROJECT};

/// What a user can do with a running sandbox.
pub(super) enum Instructions {
    /// Commands to paste into a shell of this machine.
    OnLoopback { program: String, project: Option<String>, access_key_file: Option<PathBuf> },
    /// A warning: other machines reach it.
    Exposed,
}

impl Instructions {
    pub(super) fn on_loopback(program: String, project: Option<String>, access_key_file: Option<PathBuf>) -> Self {
        Self::OnLoopback { program, project, access_key_file }
    }

    pub(super) fn exposed() -> Self {
        Self::Exposed
    }

    pub(super) fn text(&self, base_url: &str) -> String {
        let Self::OnLoopback { program, project, access_key_file } = self else {
            return format!(
                "sandbox listens on {base_url}; every client that reaches it gets sessions: for trials only\n"
            );
        };
        let project = quoted(project.as_deref().unwrap_or(EXAMPLE_PROJECT));
        let (make_key, file) = access_key_file.as_ref().map_or_else(
            || ("printf K2anything > sandbox.key\n    ", "sandbox.key".to_owned()),
            |path| ("", quoted(&path.display().to_string())),
        );
        format!(
            "sandbox listens on {base_url}\n\n\
             try it in another terminal:\n    \
             {make_key}{program} run --base-url {base_url} \\\n      \
             --project-id {project} \\\n      \
             --access-key-file {file} --output sandbox.jwt\n\
             and in a third, in the same folder:\n    \
             watch -d -n1 tail -c40 sandbox.jwt\n"
        )
    }
}

pub(super) const ABOUT: &str =
    "A local stand-in for Descope's API: access keys, refresh JWTs with rotation, security questions \
and OAuth 2.0 tokens become sessions, real RS256 JWTs with their JWKS, or Descope's JSON errors. Its signing keys \
are public, so it listens on loopback only, unless `--expose` is set. Stop it with Ctrl-C.

POST /v1/auth/accesskey/exchange
POST /v1/auth/refresh
POST /v1/auth/security-questions/setup, GET and POST /v1/auth/security-questions/verify
POST /oauth2/v1/token and /oauth2/v1/apps/token
GET /v2/keys/{projectId}";

pub(super) const DENY: &str = "Refuse every secret at this endpoint; repeatable: `access-key`, `refresh`, `questions-setup`, \
`questions-list`, `questions-verify` or `oauth`";

pub(super) const CONTROL: &str = r#"Examples:
  tokenwell sandbox --life 30s --latency 100ms --rate-limit 100/60s
  tokenwell sandbox --project-id P2mine --access-key-file ./key --fail-first 3
  tokenwell sandbox --rotate-refresh-tokens --rotation-grace 10s
  tokenwell sandbox --answers-file ./answers.json --answer-attempts 3
  tokenwell sandbox --deny refresh --deny oauth

Control, while it runs (here S=localhost:8787/sandbox):
  Show settings and counters, and the last exchanges:
    curl $S
    curl $S/exchanges
  Change settings (`curl $S` lists them); null turns one off:
    curl -X PATCH $S -d '{"life": "90s", "latency": "200ms"}'
    curl -X PATCH $S -d '{"rateLimit": "100/60s", "clockOffset": "-90s"}'
    curl -X PATCH $S -d '{"outage": {"status": 503, "retryAfter": "7s"}}'
    curl -X PATCH $S -d '{"outage": null}'
  Revoke access keys and refresh JWTs by their fingerprints, as in the log:
    curl -X PATCH $S -d '{"revoked": ["ba7816bf8f01cfea"]}'
  Refuse every secret at some endpoints (as with --deny):
    curl -X PATCH $S -d '{"denied": ["refresh", "oauth"]}'
  Sign a user in, which gives a refresh JWT (of --project-id by default):
    curl $S/refresh-token -d '{"projectId": "P2mine", "userId": "U2mine"}'
    curl $S/refresh-token -d '{"life": "1h"}'
    curl -s $S/refresh-token -d '{}' | jq -j .refreshJwt > refresh.jwt
  Rotate refresh JWTs, and detect the use of a replaced one:
    curl -X PATCH $S -d '{"rotateRefreshTokens": true}'
    curl -X PATCH $S -d '{"rotationGrace": "10s", "reuseDetection": true}'
  Say which answers to security questions are right, and end lock-outs:
    curl $S/answers -d '[{"id": "q1", "answer": "blue"}]'
    curl -X PATCH $S -d '{"answerAttempts": 3, "verifyRefreshToken": true}'
  Simulate a rotation of the signing key (first, second, stranger):
    curl -X PATCH $S -d '{"signingKey": "second"}'
    curl -X PATCH $S -d '{"publishedKeys": ["first", "second"]}'
  Script the next answers of any endpoint: usual, denied, hang, reset,
  garbage, truncated, stalled, lost (a reset after the usual effects),
  a status, a session with parts replaced (null removes one):
    curl $S/script -d '["hang", "reset", {"overlongBytes": 100000}]'
    curl $S/script -d '[{"status": 403, "body": "error code: 1010"}]'
    curl $S/script -d '[{"session": {"life": "5s", "claims": {"aud": 1}}}]'
    curl $S/script -d '[{"session": {"signedBy": "stranger", "header": {},
      "body": {"keyId": null}, "headers": {"date": null}}}]'"#;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_advice_can_be_pasted_into_a_shell() {
        let instructions = Instructions::on_loopback("tokenwell".to_owned(), None, Some("/tmp/a b's".into()));
        assert!(instructions.text("http://127.0.0.1:1").contains(r"--access-key-file '/tmp/a b'\''s' --output"));
        assert_eq!(EXAMPLE_PROJECT.len(), 28);
    }
}
