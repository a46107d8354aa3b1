//! The query of a request for the newest token of a credential: `after=GENERATION&wait=60s`.

use std::time::Duration;

use super::bounds::WAIT_MAX;

/// What a request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(super) struct TokenRequest {
    /// The generation that the client has; `None` if it has none.
    pub(super) after: Option<u64>,
    /// How long to wait for another one; at most [`WAIT_MAX`].
    pub(super) wait: Duration,
}

/// A mistake in a query.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub(super) enum QueryMistake {
    /// The generation is not a number.
    #[error("`after` is not a generation: pass the number in `generation` of the last answer, or 0")]
    After,
    /// The time has no unit, or is not a time.
    #[error("`wait` is not a duration such as `500ms`, `30s` or `5m`")]
    Wait,
    /// A parameter twice.
    #[error("a parameter is there twice")]
    Twice,
    /// Another parameter.
    #[error("the parameters are `after` and `wait`, as in `?after=1764547200000&wait=60s`")]
    Unknown,
}

impl TokenRequest {
    /// Reads the query of a URL.
    pub(super) fn read(query: Option<&str>) -> Result<Self, QueryMistake> {
        let (mut after, mut wait) = (None, None);
        for parameter in query.unwrap_or_default().split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            let before = match name {
                "after" => after.replace(number(value).ok_or(QueryMistake::After)?).is_some(),
                "wait" => wait.replace(duration(value).ok_or(QueryMistake::Wait)?).is_some(),
                _ => return Err(QueryMistake::Unknown),
            };
            if before {
                return Err(QueryMistake::Twice);
            }
        }
        Ok(Self { after, wait: wait.unwrap_or_default().min(WAIT_MAX) })
    }
}

fn number(value: &str) -> Option<u64> {
    // `parse` would accept a sign.
    value.bytes().all(|byte| byte.is_ascii_digit()).then(|| value.parse().ok()).flatten()
}

fn duration(value: &str) -> Option<Duration> {
    humantime::parse_duration(value).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_has_a_generation_and_a_time() {
        let read = TokenRequest::read;
        let request = |after, seconds| Ok(TokenRequest { after, wait: Duration::from_secs(seconds) });
        assert_eq!(read(None), request(None, 0));
        assert_eq!(read(Some("")), request(None, 0));
        assert_eq!(read(Some("after=0")), request(Some(0), 0));
        assert_eq!(read(Some("wait=60s&after=1764547200000")), request(Some(1_764_547_200_000), 60));
        assert_eq!(read(Some("after=18446744073709551615&wait=2m")), request(Some(u64::MAX), 120));
        assert_eq!(read(Some("wait=24h")), request(None, 300), "it is cut");
    }

    #[test]
    fn mistakes_in_a_query_are_refused() {
        for (query, mistake) in [
            ("after=", QueryMistake::After),
            ("after=-1", QueryMistake::After),
            ("after=%2B1", QueryMistake::After),
            ("after=+1", QueryMistake::After),
            ("after=18446744073709551616", QueryMistake::After),
            ("after=1.5", QueryMistake::After),
            ("after=null", QueryMistake::After),
            ("after=a.b.c", QueryMistake::After),
            ("after", QueryMistake::After),
            ("wait=60", QueryMistake::Wait),
            ("wait=", QueryMistake::Wait),
            ("wait=-1s", QueryMistake::Wait),
            ("wait=soon", QueryMistake::Wait),
            ("after=1&after=2", QueryMistake::Twice),
            ("wait=1s&wait=1s", QueryMistake::Twice),
            ("since=1", QueryMistake::Unknown),
            ("After=1", QueryMistake::Unknown),
            ("after=1&timeout=5s", QueryMistake::Unknown),
        ] {
            assert_eq!(TokenRequest::read(Some(query)), Err(mistake), "{query}");
        }
    }
}
