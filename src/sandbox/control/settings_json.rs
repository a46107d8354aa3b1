//! The settings in the JSON of the control endpoint.

use std::path::PathBuf;

use serde_json::{Value, json};

use super::answer_json;
use super::json::{Read, count, flag, list, members, nullable, text, word};
use crate::sandbox::settings::Settings;
use crate::sandbox::values;

/// Returns the settings with these changes. If there are mistakes, reports all of them and changes nothing.
pub(super) fn changed(mut settings: Settings, changes: &Value) -> Read<Settings> {
    members(changes, |name, value| {
        match name {
            "life" => settings.life = word(value, values::whole_seconds)?,
            "nextRefresh" => settings.next_refresh = nullable(value, |value| word(value, values::whole_seconds))?,
            "tellExpiration" => settings.tell_expiration = flag(value)?,
            "tellSessionExpiration" => settings.tell_session_expiration = flag(value)?,
            "latency" => settings.latency = word(value, values::duration)?,
            "clockOffset" => settings.clock_offset_seconds = word(value, values::offset_seconds)?,
            "rateLimit" => settings.rate_limit = nullable(value, |value| word(value, str::parse))?,
            "outage" => settings.outage = nullable(value, answer_json::read)?,
            "keysOutage" => settings.keys_outage = nullable(value, answer_json::read)?,
            "projectId" => settings.project = nullable(value, |value| text(value).map(str::to_owned))?,
            "revoked" => {
                let revoked = list(value, |value| word(value, values::fingerprint))?;
                settings.revoked = revoked.into_iter().collect();
            }
            "denied" => settings.denied = list(value, |value| word(value, str::parse))?.into_iter().collect(),
            "authManagementKey" => {
                settings.auth_management_key = nullable(value, |value| word(value, values::fingerprint))?;
            }
            "refreshTokenLife" => settings.refresh_token_life = word(value, values::whole_seconds)?,
            "rotateRefreshTokens" => settings.rotate_refresh_tokens = flag(value)?,
            "rotationGrace" => settings.rotation_grace = word(value, values::duration)?,
            "reuseDetection" => settings.reuse_detection = flag(value)?,
            "verifyRefreshToken" => settings.verify_refresh_token = nullable(value, flag)?,
            "answersFile" => settings.answers_file = nullable(value, |value| text(value).map(PathBuf::from))?,
            "answerAttempts" => settings.answer_attempts = count(value)?,
            "opaqueTokens" => settings.opaque_tokens = flag(value)?,
            "signingKey" => settings.signing_key = answer_json::signing_key(value)?,
            "publishedKeys" => settings.published_keys = list(value, answer_json::signing_key)?,
            _ => return Err(format!("is unknown; the settings are {NAMES}")),
        }
        Ok(())
    })?;
    Ok(settings)
}

/// Returns the form that [`changed`] accepts.
pub(super) fn shown(settings: &Settings) -> Value {
    json!({
        "life": values::formatted(settings.life),
        "nextRefresh": settings.next_refresh.map(values::formatted),
        "tellExpiration": settings.tell_expiration,
        "tellSessionExpiration": settings.tell_session_expiration,
        "latency": values::formatted(settings.latency),
        "clockOffset": values::formatted_offset(settings.clock_offset_seconds),
        "rateLimit": settings.rate_limit.map(|limit| limit.to_string()),
        "outage": settings.outage.as_ref().map(answer_json::shown),
        "keysOutage": settings.keys_outage.as_ref().map(answer_json::shown),
        "projectId": settings.project,
        "revoked": settings.revoked.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "denied": settings.denied.iter().map(|endpoint| endpoint.name()).collect::<Vec<_>>(),
        "authManagementKey": settings.auth_management_key.map(|key| key.to_string()),
        "refreshTokenLife": values::formatted(settings.refresh_token_life),
        "rotateRefreshTokens": settings.rotate_refresh_tokens,
        "rotationGrace": values::formatted(settings.rotation_grace),
        "reuseDetection": settings.reuse_detection,
        "verifyRefreshToken": settings.verify_refresh_token,
        "answersFile": settings.answers_file,
        "answerAttempts": settings.answer_attempts,
        "opaqueTokens": settings.opaque_tokens,
        "signingKey": settings.signing_key.name(),
        "publishedKeys": settings.published_keys.iter().map(|key| key.name()).collect::<Vec<_>>(),
    })
}

const NAMES: &str = "`life`, `nextRefresh`, `tellExpiration`, `tellSessionExpiration`, `latency`, `clockOffset`, \
    `rateLimit`, `outage`, `keysOutage`, `projectId`, `revoked`, `denied`, `authManagementKey`, `refreshTokenLife`, \
    `rotateRefreshTokens`, `rotationGrace`, `reuseDetection`, `verifyRefreshToken`, `answersFile`, `answerAttempts`, \
    `opaqueTokens`, `signingKey` and `publishedKeys`";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_that_are_shown_can_be_sent_back() {
        let settings = changed(
            Settings::default(),
            &json!({
                "life": "90s", "nextRefresh": "40s", "tellExpiration": true, "tellSessionExpiration": true,
                "latency": "200ms", "clockOffset": "-90s", "rateLimit": "100/60s",
                "outage": {"status": 503, "retryAfter": "7s"}, "keysOutage": "hang", "projectId": "P1",
                "revoked": ["00ff7816bf8f01cf"], "denied": ["refresh", "oauth"],
                "authManagementKey": "00ff7816bf8f01cf", "refreshTokenLife": "1h", "rotateRefreshTokens": true,
                "rotationGrace": "10s", "reuseDetection": false, "verifyRefreshToken": false, "answersFile": "a",
                "answerAttempts": 3, "opaqueTokens": true, "signingKey": "second", "publishedKeys": ["first", "second"],
            }),
        )
        .unwrap();
        let initial = shown(&Settings::default());
        for (name, value) in shown(&settings).as_object().unwrap() {
            assert_ne!(Some(value), initial.get(name), "{name} was not changed");
        }
        assert_eq!(changed(Settings::default(), &shown(&settings)), Ok(settings));
    }
}
