//! The checks from the DNS look-up to the first HTTP response.

use rcgen::{CertificateParams, date_time_ymd};
use tokenwell::sandbox::{Answer, Reply};

use crate::{
    nobody::nobody,
    program::Ended,
    runner::{check, line, of, patient_setting, run},
    setting::Setting,
    tunnel::{Authority, proxy},
};

/// Returns a setting whose API is at this URL.
fn setting_at(base: &str, more: &str) -> Setting {
    let setting = patient_setting(&["a"]);
    let text = setting.configuration(base, &format!("{more}{}", setting.named(&["a"])));
    setting.put("tokenwell.yaml", &text);
    setting
}

/// Asserts that `subject` failed and that every later network check is skipped.
fn ends_at(ended: &Ended, subject: &str) {
    assert_eq!(ended.code, Some(1), "{}", ended.stdout);
    assert!(line(ended, subject).starts_with("x FAIL"), "{}", ended.stdout);
    let expected = "exchange, signature, life: not examined, because";
    assert!(ended.stdout.contains(expected) && of(ended, "exchange").is_empty(), "{}", ended.stdout);
    assert!(line(ended, "output").starts_with("+ pass"), "what needs no network is still examined");
}

#[test]
fn an_unknown_host_name_skips_the_later_steps() {
    let mut setting = setting_at("https://api.tokenwell.invalid", "");
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    ends_at(&ended, "DNS");
    assert!(line(&ended, "DNS").contains("`api.tokenwell.invalid` cannot be looked up: "), "{}", ended.stdout);
    assert!(line(&ended, "TCP").ends_with("not examined, because the host is not found"), "{}", ended.stdout);
}

#[test]
fn a_port_without_a_listener_is_reported() {
    let nobody = nobody();
    let address = nobody.address;
    let mut setting = setting_at(&format!("http://{address}"), "");
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    ends_at(&ended, "TCP");
    assert!(line(&ended, "TCP").contains(&format!("no connection to {address}: connection refused;")));
}

#[test]
fn an_untrusted_server_is_reported_and_gets_no_request() {
    let (ours, other) = (Authority::named("Ours"), Authority::named("Corp Root"));
    let expired = |params: &mut CertificateParams| params.not_after = date_time_ymd(2001, 1, 1);
    for (authority, spoil, words) in [
        (
            &other,
            None,
            "the issuer of the server's certificate `api.example`, `Corp Root`, is no trusted root, and the server does not send its \
             certificate (an intermediate one?); let the server send the certificate of `Corp Root` after its own, or append that \
             certificate to `http.caFile`",
        ),
        (
            &ours,
            Some(expired),
            "the server's certificate `api.example` has expired at 2001-01-01T00:00:00Z; the clock of this machine says",
        ),
    ] {
        let mut setting = setting_at("http://127.0.0.1:1", "");
        let front = authority.before(setting.sandbox.address(), |params| {
            if let Some(spoil) = spoil {
                spoil(params);
            }
        });
        let ca = format!("http: {{caFile: {}, connectTimeout: 10s}}\n", ours.file(&setting.path("")).display());
        let text = setting.configuration(&format!("https://{front}"), &(ca + &setting.named(&["a"])));
        setting.put("tokenwell.yaml", &text);
        let mut command = check(&setting);
        let ended = run(&mut setting, &mut command);
        ends_at(&ended, "TLS");
        let issuer = if spoil.is_some() { "Ours" } else { "Corp Root" };
        let reported = line(&ended, "TLS");
        assert!(reported.contains(words), "{}", ended.stdout);
        assert!(reported.contains("; the server shows `api.example` (until "), "{}", ended.stdout);
        assert!(reported.ends_with(&format!("), signed by `{issuer}`")), "{}", ended.stdout);
        assert_eq!(setting.sandbox.counters().exchanges, 0);
    }
}

#[test]
fn a_ca_file_that_is_missing_is_named() {
    let mut setting = setting_at("http://127.0.0.1:1", "");
    let front = Authority::named("Ours").before(setting.sandbox.address(), |_| {});
    let text = setting.configuration(
        &format!("https://{front}"),
        &("http: {caFile: /no/such.pem}\n".to_owned() + &setting.named(&["a"])),
    );
    setting.put("tokenwell.yaml", &text);
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    ends_at(&ended, "TLS");
    assert!(line(&ended, "TLS").contains("cannot use `http.caFile` `/no/such.pem`"), "{}", ended.stdout);
}

#[test]
fn a_proxy_is_reported_with_its_variable_and_its_answer() {
    let authority = Authority::named("Ours");
    for (answer, login, expected) in [
        ("HTTP/1.1 200 OK", "user:hunter22@", "opens a tunnel to `127.0.0.1`"),
        ("HTTP/1.1 403 Forbidden", "", "refuses to connect to `127.0.0.1` (HTTP 403); let its operator allow"),
        ("HTTP/1.1 407 Who\r\nProxy-Authenticate: Basic", "", "wants a user and a password (HTTP 407)"),
        (
            "HTTP/1.1 407 Who",
            "user:hunter22@",
            "does not take the user and password in it, and names no scheme (HTTP 407",
        ),
        (
            "HTTP/1.1 407 Who\r\nProxy-Authenticate: Negotiate",
            "",
            "wants a login by Negotiate (HTTP 407), which tokenwell does not",
        ),
        ("SSH-2.0-OpenSSH", "", "gives no tunnel: it does not speak HTTP"),
    ] {
        let mut setting = setting_at("http://127.0.0.1:1", "");
        let front = authority.before(setting.sandbox.address(), |_| {});
        let ca = format!("http: {{caFile: {}, connectTimeout: 10s}}\n", authority.file(&setting.path("")).display());
        let text = setting.configuration(&format!("https://{front}"), &(ca + &setting.named(&["a"])));
        setting.put("tokenwell.yaml", &text);
        let address = proxy(answer);
        let mut command = check(&setting);
        command.env("HTTPS_PROXY", format!("http://{login}{address}"));
        let ended = run(&mut setting, &mut command);
        let expected = format!("`{address}`, which `HTTPS_PROXY` names, {expected}");
        assert!(line(&ended, "proxy").contains(&expected), "{}", ended.stdout);
        if answer.contains("200") {
            assert_eq!(ended.code, Some(0), "{}", ended.stdout);
        } else {
            ends_at(&ended, "proxy");
        }
    }
}

#[test]
fn a_proxy_that_breaks_its_tunnel_is_named_at_tls() {
    let mut setting = setting_at("http://127.0.0.1:1", "");
    let plain = setting.sandbox.address();
    let text = setting.configuration(&format!("https://{plain}"), &setting.named(&["a"]));
    setting.put("tokenwell.yaml", &text);
    let address = proxy("HTTP/1.1 200 OK");
    let mut command = check(&setting);
    command.env("HTTPS_PROXY", format!("http://{address}"));
    let ended = run(&mut setting, &mut command);
    ends_at(&ended, "TLS");
    let expected = format!("the proxy `{address}`, which `HTTPS_PROXY` names, answers CONNECT with success");
    assert!(line(&ended, "TLS").contains(&expected), "{}", ended.stdout);
}

#[test]
fn an_unreachable_proxy_differs_from_an_unusable_one() {
    let mut setting = setting_at("https://api.tokenwell.invalid", "");
    let nobody = nobody();
    let address = nobody.address;
    let mut command = check(&setting);
    let ended = run(&mut setting, command.env("https_proxy", format!("{address}")));
    ends_at(&ended, "TCP");
    let expected = format!("no connection to the proxy {address}: connection refused; is `https_proxy` right, ");
    assert!(line(&ended, "TCP").contains(&expected), "{}", ended.stdout);
    assert!(line(&ended, "DNS").contains("the proxy `127.0.0.1` is an address"), "{}", ended.stdout);
    let mut command = check(&setting);
    let ended = run(&mut setting, command.env("ALL_PROXY", "socks5://user:hunter22@127.0.0.1:1080"));
    ends_at(&ended, "proxy");
    assert!(line(&ended, "proxy").contains("`ALL_PROXY` names no usable proxy"), "{}", ended.stdout);
}

#[test]
fn a_block_page_of_the_edge_is_reported() {
    let mut setting = patient_setting(&["a"]);
    let block = || Answer::from(Reply::new(403).header("server", "cloudflare").body("error code: 1010"));
    setting.sandbox.set(|settings| {
        settings.keys_outage = Some(block());
        settings.outage = Some(block());
    });
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    assert_eq!(ended.code, Some(1));
    let expected = "Cloudflare blocks the request before Descope sees the access key: HTTP 403, error 1010; ask the operator of the proxy or firewall";
    assert!(line(&ended, "edge").contains(expected), "{}", ended.stdout);
    assert!(line(&ended, "exchange").contains("a: blocked"), "{}", ended.stdout);

    setting.sandbox.set(|settings| settings.keys_outage = Some(Reply::new(200).body("<html>Log in</html>").into()));
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    let page = "something other than Descope's API answers: a success without public keys (the body is not a JSON object: it is a page of HTML";
    assert!(line(&ended, "edge").contains(page), "{}", ended.stdout);

    let compressed = Reply::new(200).header("content-encoding", "gzip").body("\u{1f}");
    setting.sandbox.set(|settings| settings.keys_outage = Some(compressed.into()));
    let mut command = check(&setting);
    let ended = run(&mut setting, &mut command);
    let edge = line(&ended, "edge");
    assert!(edge.contains("the body is compressed (gzip)") && edge.contains("switch compression off"), "{edge}");
}

#[test]
fn clock_skew_is_a_note_and_large_skew_a_failure() {
    for (offset, mark, code) in [(60, "! note", 0), (-3600, "x FAIL", 1)] {
        let mut setting = patient_setting(&["a"]);
        setting.sandbox.set(|settings| settings.clock_offset_seconds = offset);
        let mut command = check(&setting);
        let ended = run(&mut setting, &mut command);
        assert!(line(&ended, "clock").starts_with(mark), "{}", ended.stdout);
        assert_eq!(ended.code, Some(code), "{}", ended.stdout);
        assert_eq!(of(&ended, "exchange").len(), 1);
    }
}
