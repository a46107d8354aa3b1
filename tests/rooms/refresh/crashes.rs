//! The real exchange, dropped at every point where it waits, and what the next process presents.

use std::{
    fs,
    future::poll_fn,
    path::{Path, PathBuf},
    pin::pin,
    task::Poll,
    time::Duration,
};

use tempfile::TempDir;
use tokenwell::{
    blocking::{self, Lane},
    exchange::{Api, BaseUrl, Client, HttpSettings, ProjectId, Proxies, Refused, Trust},
    fingerprint::Fingerprint,
    sandbox::{Sandbox, Settings},
    secret::Secret,
    session::Jwt,
    source::{Exchange, Identity, Kind, Means, Obtained, Outcome, Reader, Recorder, RefreshToken, Source, obtain},
};

/// A folder with a mounted token, and the server that issued it.
struct Scene {
    folder: TempDir,
    sandbox: Sandbox,
    mount: Fingerprint,
}

/// Records nothing.
struct Unrecorded;

impl Recorder for Unrecorded {
    async fn begin(&mut self, _identity: Identity) {}

    async fn end(&mut self, _identity: Identity, _refused: Option<&Refused>) {}
}

impl Scene {
    fn new(rotation_grace: Duration) -> Self {
        let settings = Settings { rotate_refresh_tokens: true, rotation_grace, ..Settings::default() };
        let sandbox = Sandbox::start(settings).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let token = sandbox.refresh_token("P2world", MONTH).unwrap();
        fs::write(folder.path().join("refresh"), token.expose()).unwrap();
        Self { folder, sandbox, mount: token.fingerprint() }
    }

    fn source(&self) -> Source {
        let mut source = Source::from(Kind::RefreshToken(RefreshToken::at(self.folder.path().join("refresh"))));
        source.keep_in(&self.folder.path().join("state"), "a");
        source
    }

    /// Runs an exchange in a process of its own, which crashes when it has waited this often. Returns whether the exchange
    /// ended before, and brought a session.
    fn exchange(&self, waits_max: usize) -> Option<bool> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let ended = runtime.block_on(async {
            let project = ProjectId::parse("P2world").unwrap();
            let api = Api { project, base_url: BaseUrl::parse(&self.sandbox.base_url(), true).unwrap() };
            let settings = HttpSettings { timeout: PATIENCE, connect_timeout: PATIENCE, ..HttpSettings::default() };
            let client = Client::build(&api.base_url.origin(), &settings, &Proxies::none()).unwrap();
            let trust = Trust::open(None, &api);
            let means = Means { api: &api, client: &client, api_client: &client, trust: &trust };
            let (source, reader, mut recorder) = (self.source(), Reader::default(), Unrecorded);
            let mut exchange = pin!(obtain(means, &source, &reader, None, &mut recorder));
            let mut waits = 0;
            poll_fn(|context| match exchange.as_mut().poll(context) {
                Poll::Ready(obtained) => Poll::Ready(Some(is_granted(&obtained))),
                Poll::Pending if waits == waits_max => Poll::Ready(None),
                Poll::Pending => {
                    waits += 1;
                    Poll::Pending
                }
            })
            .await
        });
        // A crash does not stop a write that the kernel has begun.
        runtime.block_on(blocking::finish(Lane::State));
        ended
    }

    fn stored(&self) -> Option<Secret> {
        let token = fs::read_to_string(self.token_file()).ok()?;
        assert!(Jwt::parse(&token).is_ok(), "a whole token");
        Some(Secret::new(token))
    }

    fn token_file(&self) -> PathBuf {
        self.folder.path().join(format!("state/refresh-tokens/a.{}.jwt", self.mount))
    }

    fn presented(&self) -> Vec<Fingerprint> {
        self.sandbox.exchanges().iter().filter_map(|seen| seen.key).collect()
    }
}

fn is_granted(obtained: &Obtained) -> bool {
    let Obtained::Answered(exchange) = obtained else { return false };
    matches!(**exchange, Exchange { outcome: Outcome::Granted { .. }, .. })
}

#[test]
fn with_a_grace_period_a_crash_at_any_wait_ends_no_chain() {
    let mut crashes = 0;
    for waits_max in 0.. {
        let scene = Scene::new(MONTH);
        assert_eq!(scene.exchange(usize::MAX), Some(true));
        let ended = scene.exchange(waits_max);
        crashes += usize::from(ended.is_none());
        let newest = scene.stored().unwrap().fingerprint();
        assert_eq!(scene.exchange(usize::MAX), Some(true), "after a crash at wait {waits_max}");
        assert_eq!(scene.presented().last(), Some(&newest), "the newest token that was stored is presented");
        assert_ne!(scene.stored().unwrap().fingerprint(), newest);
        assert!(left_over(scene.folder.path()).is_empty(), "{:?}", left_over(scene.folder.path()));
        if ended == Some(true) {
            break;
        }
    }
    assert!(crashes >= 5, "{crashes} crashes");
}

#[test]
fn a_crash_before_the_request_ends_no_chain() {
    let scene = Scene::new(Duration::ZERO);
    assert_eq!(scene.exchange(usize::MAX), Some(true));
    assert_eq!(scene.exchange(0), None);
    assert_eq!(scene.presented().len(), 1);
    for _ in 0..3 {
        assert_eq!(scene.exchange(usize::MAX), Some(true));
    }
}

/// Temporary files beside the stored tokens.
fn left_over(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder.join("state/refresh-tokens")).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with('.'))).collect()
}

const MONTH: Duration = Duration::from_secs(30 * 86_400);
const PATIENCE: Duration = Duration::from_secs(60);
