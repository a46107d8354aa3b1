//! Lifetime of a token by its own claims, for a process that has no record of it.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use crate::{output::Output, renewal::policy::LIFETIME_MAX, secret::Secret, session::Jwt};

/// Lifetime and age of a token by its own claims.
#[derive(Clone, Copy, Debug)]
pub struct TokenLife {
    /// From its issue to its expiry.
    pub lifetime: Duration,
    /// Its age, rounded up in case of doubt.
    pub age: Duration,
}

/// Returns the lifetime of the token that expires first; `None` unless each output holds a valid one. Overestimates the age: it
/// counts from the issue or from the write of the file, whichever is earlier, and adds a margin. Blocks on the disk.
pub fn token_life(outputs: &[Output], wall: SystemTime) -> Option<TokenLife> {
    let life = |output: &Output| {
        let (tokens, written_at) = output.tokens()?;
        tokens.iter().find_map(|token| life_of(token, written_at, wall))
    };
    let lives: Option<Vec<_>> = outputs.iter().map(life).collect();
    lives?.into_iter().min_by_key(|life| life.lifetime.saturating_sub(life.age))
}

/// Returns the life of a token by its own claims, if it has not ended. The age is overestimated as above.
pub(super) fn life_of(token: &Secret, written_at: SystemTime, wall: SystemTime) -> Option<TokenLife> {
    let jwt = Jwt::parse(token.expose()).ok()?;
    let (issued_at, expires_at) = (jwt.issued_at?, jwt.expires_at?);
    let since_issue = wall.duration_since(UNIX_EPOCH + issued_at).unwrap_or_default();
    let since_write = wall.duration_since(written_at).unwrap_or_default();
    let lifetime = expires_at.checked_sub(issued_at)?.min(LIFETIME_MAX);
    let age = since_issue.max(since_write) + CLOCKS_DIFFER_BY;
    (age < lifetime).then_some(TokenLife { lifetime, age })
}

/// How far the clock of the issuer may be behind this machine's.
const CLOCKS_DIFFER_BY: Duration = Duration::from_secs(5);

#[cfg(test)]
mod tests {
    use std::fs;

    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as base64};

    use super::*;
    use crate::clock;

    fn token(issued_at: u64, expires_at: u64) -> String {
        let part = |json: String| base64.encode(json);
        let (header, claims) =
            (r#"{"alg":"RS256"}"#.to_owned(), format!(r#"{{"iat":{issued_at},"exp":{expires_at}}}"#));
        format!("{}.{}.c2ln", part(header), part(claims))
    }

    #[test]
    fn the_token_that_expires_first_counts() {
        let folder = tempfile::tempdir().unwrap();
        let output = |name: &str, content: &str| {
            fs::write(folder.path().join(name), content).unwrap();
            Output::at(folder.path().join(name))
        };
        let wall = clock::wall();
        let at = wall.duration_since(UNIX_EPOCH).unwrap().as_secs();
        let long = output("long", &format!("Authorization: Bearer {}\n", token(at - 100, at + 500)));
        let short = output("short", &token(at - 100, at + 200));
        let lifetime = |outputs: &[Output]| token_life(outputs, wall).map(|life| life.lifetime.as_secs());
        assert_eq!(lifetime(&[long.clone(), short]), Some(300));
        for (name, content) in
            [("dead", token(at - 600, at - 1)), ("nearly", token(at - 600, at + 1)), ("empty", String::new())]
        {
            assert_eq!(lifetime(&[long.clone(), output(name, &content)]), None, "{name}");
        }
        assert_eq!(lifetime(&[long, Output::at(folder.path().join("missing"))]), None);
    }

    #[test]
    fn a_clock_that_is_behind_makes_no_token_younger_than_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let wall = clock::wall();
        let ahead = wall.duration_since(UNIX_EPOCH).unwrap().as_secs() + 1000;
        fs::write(&path, token(ahead, ahead + 600)).unwrap();
        let later = wall + Duration::from_secs(300);
        let life = token_life(&[Output::at(path)], later).unwrap();
        assert!(life.age >= Duration::from_secs(300), "{life:?}");
    }
}
