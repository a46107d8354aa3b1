//! Refresh tokens: rotation, mounts that come and go, and a state directory that takes nothing.

use std::{
    fs::{self, File},
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::Duration,
};

use rustix::fs::{FlockOperation, flock};
use serde_json::{Map, Value, json};
use tokenwell::{
    fingerprint::Fingerprint,
    sandbox::{Answer, Endpoint, RequestOutcome, Shape},
    secret::Secret,
};
use tracing::Level;

use crate::world::{World, told};

const DAY: Duration = Duration::from_secs(86_400);
const MONTH: Duration = Duration::from_secs(30 * 86_400);
/// Mounts a new refresh token of this life, and returns its fingerprint.
fn sign_in(world: &mut World, life: Duration) -> Fingerprint {
    let token = world.sandbox.refresh_token("P2world", life).unwrap();
    world.leaks.jwt(token.expose());
    mount(world, &token);
    token.fingerprint()
}

fn mount(world: &World, token: &Secret) {
    fs::create_dir_all(world.path("mount")).unwrap();
    world.put("mount/refresh", token.expose());
}

fn with_rotation(world: &World) {
    world.sandbox.set(|settings| settings.rotate_refresh_tokens = true);
}

/// Returns one credential with a refresh token, and one for each key in a folder.
fn one(world: &World, rest: &str) -> String {
    fs::create_dir_all(world.path("mount")).unwrap();
    let (file, out) = (world.path("mount/refresh"), world.path("out/a.jwt"));
    let (file, out) = (file.display(), out.display());
    let keys = world.whole_folder();
    format!("{keys}credentials:\n  - {{name: a, refreshTokenFile: {file}, outputs: [{{path: {out}}}]{rest}}}\n")
}

/// Starts a daemon with one refresh token, and waits for its session.
async fn fresh(world: &mut World) {
    world.configure(&one(world, ""));
    world.start();
    world.until_fresh("a").await;
}

/// Has a session refreshed again, by a change of what it must be.
async fn refresh_again(world: &mut World) {
    let (refreshed, before) = (refreshes(world), world.token("a"));
    let config = fs::read_to_string(world.path("tokenwell.yaml")).unwrap();
    let rule = ", verify: {claims: {iss: P2world}}";
    world.configure(&one(world, if config.contains(rule) { "" } else { rule }));
    world.until("another refresh", |world| refreshes(world) > refreshed).await;
    world.until("its session is written", |world| world.token("a") != before).await;
}

/// Waits until a change in a folder that is made now was seen, with all that it causes at once.
async fn after_a_scan(world: &mut World) {
    let newcomer = format!("n{}", world.names().len());
    world.until_a_newcomer_is_fresh(&newcomer).await;
}

fn refreshes(world: &World) -> u64 {
    world.sandbox.counters().exchanges_at(Endpoint::Refresh)
}

async fn until_refreshes(world: &mut World, count: u64) {
    world.until("refreshes", |world| refreshes(world) >= count).await;
}

fn folder(world: &World) -> PathBuf {
    world.path("state/refresh-tokens")
}

/// The stored tokens by the fingerprint of their mount.
fn stored(world: &mut World) -> Vec<(String, Fingerprint)> {
    let entries = fs::read_dir(folder(world)).into_iter().flatten();
    let mut found = Vec::new();
    for entry in entries {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if let Some(mount) = name.strip_prefix("a.").and_then(|rest| rest.strip_suffix(".jwt")) {
            let token = fs::read_to_string(&path).unwrap();
            assert_eq!(token.split('.').count(), 3, "a whole token");
            assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
            world.leaks.jwt(&token);
            found.push((mount.to_owned(), Secret::new(token).fingerprint()));
        }
    }
    found
}

fn presented(world: &World) -> Vec<Fingerprint> {
    let exchanges = world.sandbox.exchanges();
    exchanges.iter().filter(|seen| seen.endpoint == Endpoint::Refresh).filter_map(|seen| seen.key).collect()
}

#[test]
fn a_refresh_token_that_never_rotates_is_not_copied() {
    told(async |world| {
        let mount = sign_in(world, MONTH);
        fresh(world).await;
        assert_eq!(presented(world), [mount]);
        assert_eq!(stored(world), []);
        let report = world.report("a").unwrap();
        assert_eq!(report.key_fingerprint, Some(mount.to_string()));
        assert_eq!(report.remedy, None);
        assert!(report.refresh_token_expires_at.is_some());
    });
}

#[test]
fn a_rotated_token_is_stored_and_presented_also_after_a_restart() {
    told(async |world| {
        with_rotation(world);
        let mount = sign_in(world, DAY * 400);
        fresh(world).await;
        let mut newest = vec![mount];
        for _ in 0..2 {
            let [(of, token)] = stored(world).try_into().unwrap();
            assert_eq!(of, mount.to_string());
            newest.push(token);
            refresh_again(world).await;
        }
        assert_eq!(presented(world), newest);
        let expected = Some(mount.to_string());
        world.until("the status has it", |world| world.report("a").unwrap().key_fingerprint == expected).await;
        world.stop().await;
        let exchanges = refreshes(world);
        world.start();
        world.until_fresh("a").await;
        assert_eq!(refreshes(world), exchanges, "a restart costs no request");
        refresh_again(world).await;
        assert_eq!(world.state("a"), Some("fresh"));
        for file in ["state/status.json", "state/state/a.json"] {
            let text = fs::read_to_string(world.path(file)).unwrap_or_default();
            assert_eq!(world.leaks.found_in(&text), None, "{file}");
        }
    });
}

#[test]
fn a_denied_mount_resumes_the_former_chain_and_stays_with_it() {
    told(async |world| {
        with_rotation(world);
        let first = sign_in(world, MONTH);
        fresh(world).await;
        world.expect_error("a person must sign in again");
        let second = world.sandbox.refresh_token("P2world", MONTH).unwrap();
        world.leaks.jwt(second.expose());
        world.sandbox.revoke(&second);
        mount(world, &second);
        until_refreshes(world, 3).await;
        world.until_said(Level::INFO, "recovered").await;
        assert_eq!(presented(world)[1], second.fingerprint());
        for count in 4..=6 {
            refresh_again(world).await;
            assert_eq!(refreshes(world), count, "the denied one is not presented in between");
        }
        assert_eq!(presented(world).iter().filter(|token| **token == second.fingerprint()).count(), 1);
        assert_eq!(stored(world).len(), 1);
        let report = world.report("a").unwrap();
        assert_eq!(report.key_fingerprint, Some(first.to_string()));
        assert!(report.remedy.unwrap().contains("was denied"));
        assert_eq!(world.said(Level::ERROR, "a person must sign in again"), 1);
        let third = sign_in(world, MONTH);
        world.until("the third one is used", |world| presented(world).last() == Some(&third)).await;
        world.until("it alone is stored", |world| stored(world).iter().all(|(of, _)| *of == third.to_string())).await;
    });
}

#[test]
fn a_missing_or_cut_mount_costs_no_request() {
    told(async |world| {
        with_rotation(world);
        let first = sign_in(world, MONTH);
        fresh(world).await;
        let whole = fs::read_to_string(world.path("mount/refresh")).unwrap();
        let in_its_claims = whole.find('.').unwrap() + 20;
        for cut in ["", &whole[..in_its_claims], "no JWT"] {
            world.put("mount/refresh", cut);
            world.until("it is said", |world| world.report("a").unwrap().remedy.is_some()).await;
            world.put("mount/refresh", &whole);
            world.until("it is well", |world| world.report("a").unwrap().remedy.is_none()).await;
        }
        fs::remove_file(world.path("mount/refresh")).unwrap();
        world.until_said(Level::WARN, "is missing").await;
        assert_eq!((refreshes(world), world.state("a")), (1, Some("fresh")));
        world.stop().await;
        world.start();
        world.until_fresh("a").await;
        refresh_again(world).await;
        assert_eq!(refreshes(world), 2);
        assert_eq!(world.report("a").unwrap().key_fingerprint, Some(first.to_string()));
        world.put("mount/refresh", &whole);
        world.until("it is well", |world| world.report("a").unwrap().remedy.is_none()).await;
        assert_eq!(refreshes(world), 2, "the same content costs nothing");
        let second = sign_in(world, MONTH);
        world.until("the second one is used", |world| presented(world).last() == Some(&second)).await;
        assert_eq!(refreshes(world), 3);
    });
}

#[test]
fn a_reload_does_not_leave_rotated_tokens_behind() {
    told(async |world| {
        with_rotation(world);
        sign_in(world, MONTH);
        fresh(world).await;
        world.expect_error("would be left behind");
        let config = fs::read_to_string(world.path("tokenwell.yaml")).unwrap();
        let state = config.lines().find(|line| line.starts_with("stateDirectory: ")).unwrap();
        fs::write(world.path("tokenwell.yaml"), config.replace(state, &format!("{state}-moved"))).unwrap();
        world.until("it is refused", |world| world.refused_configurations() == 1).await;
        refresh_again(world).await;
        assert_eq!(world.report("a").unwrap().failures, 0, "the rotated token is presented");
    });
}

#[test]
fn a_rotated_token_is_kept_although_the_session_is_garbled() {
    told(async |world| {
        with_rotation(world);
        sign_in(world, MONTH);
        let spoilt: Map<String, Value> = json!({"sessionJwt": "garbled"}).as_object().unwrap().clone();
        world.sandbox.script([Answer::Session(Shape { body: spoilt, ..Shape::default() })]);
        fresh(world).await;
        let presented = presented(world);
        assert_eq!(presented.len(), 2);
        assert_ne!(presented[0], presented[1], "the rotated one comes first");
        assert_eq!(world.sandbox.exchanges()[1].outcome, RequestOutcome::Session);
    });
}

#[test]
fn a_dead_refresh_token_is_denied_and_asked_for_by_name() {
    told(async |world| {
        let token = world.sandbox.refresh_token("P2world", MONTH).unwrap();
        world.leaks.jwt(token.expose());
        world.sandbox.revoke(&token);
        mount(world, &token);
        world.expect_error("a person must sign in again");
        world.configure(&one(world, ""));
        world.start();
        world.until("it is denied", |world| world.report("a").unwrap().last_refusal.is_some()).await;
        let report = world.report("a").unwrap();
        assert_eq!(report.last_refusal.unwrap().class_word(), "denied");
        let file = world.path("mount/refresh");
        assert!(report.remedy.unwrap().contains(&format!("put the new refresh token into `{}`", file.display())));
        assert_eq!(refreshes(world), 1);
    });
}

#[test]
fn the_end_of_a_refresh_token_is_warned_about_once() {
    told(async |world| {
        sign_in(world, DAY);
        fresh(world).await;
        world.until_said(Level::WARN, "the refresh token ends at").await;
        let report = world.report("a").unwrap();
        assert_eq!((report.state, report.ready), ("fresh", true));
        assert!(report.remedy.unwrap().contains("sign in again"));
        after_a_scan(world).await;
        assert_eq!(world.said(Level::WARN, "refresh"), 1);
        sign_in(world, MONTH);
        world.until("it is well", |world| world.report("a").unwrap().remedy.is_none()).await;
        assert_eq!(world.said(Level::WARN, ""), 1);
    });
}

#[test]
fn a_lead_that_begins_while_it_runs_is_noticed_without_a_scan() {
    told(async |world| {
        sign_in(world, DAY + Duration::from_secs(3));
        world.configure(&one(world, ", refreshWarnBefore: 1d"));
        world.start();
        world.until_fresh("a").await;
        assert_eq!(world.report("a").unwrap().remedy, None);
        world.until_said(Level::WARN, "the refresh token ends at").await;
        assert!(world.report("a").unwrap().remedy.is_some());
        assert_eq!(world.state("a"), Some("fresh"));
    });
}

#[test]
fn without_a_place_for_rotated_tokens_nothing_is_requested() {
    told(async |world| {
        with_rotation(world);
        sign_in(world, MONTH);
        fs::write(folder(world), "in the way").unwrap();
        world.configure(&one(world, ""));
        world.start();
        world.until_said(Level::WARN, "refresh-tokens").await;
        for _ in 0..3 {
            after_a_scan(world).await;
        }
        let report = world.report("a").unwrap();
        let folder = folder(world);
        for told in [report.key_trouble.unwrap(), report.remedy.unwrap()] {
            assert!(
                told.contains(&format!("`{}`", folder.display())) && told.contains("remove what is in its place"),
                "{told}"
            );
        }
        assert_eq!((refreshes(world), world.said(Level::WARN, "")), (0, 1));
        fs::remove_file(folder).unwrap();
        world.until_fresh("a").await;
        assert_eq!((refreshes(world), stored(world).len()), (1, 1));
    });
}

#[test]
fn a_token_that_cannot_be_stored_is_kept_and_held_back() {
    told(async |world| {
        with_rotation(world);
        let mount = sign_in(world, MONTH);
        // There is room, but the file itself cannot be replaced.
        let in_the_way = folder(world).join(format!("a.{mount}.jwt"));
        fs::create_dir_all(in_the_way.join("x")).unwrap();
        world.configure(&one(world, ""));
        let held = world.sandbox.hold();
        world.start();
        until_refreshes(world, 1).await;
        drop(held);
        world.until_said(Level::WARN, "is not stored").await;
        world.until("it is missed", |world| world.report("a").unwrap().key_trouble.is_some()).await;
        for _ in 0..3 {
            after_a_scan(world).await;
        }
        assert_eq!((refreshes(world), world.token("a")), (1, None), "the session is held back");
        let lines = world.said(Level::WARN, "") + world.said(Level::INFO, "refresh token");
        assert!(lines <= 4, "{lines} lines");
        fs::remove_dir_all(&in_the_way).unwrap();
        world.until_fresh("a").await;
        assert_eq!(refreshes(world), 2);
        assert_ne!(presented(world)[1], mount, "the token that was kept in memory is presented");
    });
}

#[test]
fn while_another_process_exchanges_the_token_nothing_is_sent() {
    told(async |world| {
        with_rotation(world);
        sign_in(world, MONTH);
        fs::create_dir(folder(world)).unwrap();
        let lock = File::create(folder(world).join("a.lock")).unwrap();
        flock(&lock, FlockOperation::NonBlockingLockExclusive).unwrap();
        world.configure(&one(world, ""));
        world.start();
        world.until_said(Level::WARN, "another process").await;
        world.until("it is tried again", |world| world.report("a").unwrap().failures >= 3).await;
        assert_eq!((refreshes(world), world.said(Level::WARN, "")), (0, 1));
        drop(lock);
        world.until_fresh("a").await;
        assert_eq!(refreshes(world), 1);
    });
}

#[test]
fn a_reload_during_a_refresh_waits_for_the_rotated_token() {
    told(async |world| {
        with_rotation(world);
        let mount = sign_in(world, MONTH);
        let before = one(world, "");
        world.configure(&before);
        let held = world.sandbox.hold();
        world.start();
        until_refreshes(world, 1).await;
        world.put_key("b", "b");
        world.configure(&world.named(&["b"]));
        world.until("the configuration is applied", |world| world.applied_configurations() == 1).await;
        drop(held);
        world.until("its credential is removed", |world| world.names() == ["b"]).await;
        assert_eq!(world.sandbox.counters().abandoned, 0);
        let [(of, rotated)] = stored(world).try_into().unwrap();
        assert_eq!(of, mount.to_string());
        world.configure(&before);
        world.until_fresh("a").await;
        refresh_again(world).await;
        assert!(presented(world).contains(&rotated), "it is presented when its credential is back");
    });
}
