//! What people and programs put into secret files, and what is recognised of it.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use proptest::prelude::*;

use super::{
    super::{secret_kind::SecretKind, suspicion::Suspicion},
    judge,
};

/// In the form of a key of Descope: 71 letters and digits.
const KEY: &str = "K2canaryAbcDefGhiJklMnoPqrStuVwxYz0123456789AbcDefGhiJklMnoPqrStuVwxYz0";

/// What is no key, where `§` is one, and what is recognised.
const NO_KEYS: &[(&str, Suspicion)] = &[
    // Quotes of shells, JSON, YAML and word processors.
    ("\"§\"\n", Suspicion::Quotes),
    ("'§'", Suspicion::Quotes),
    ("`§`", Suspicion::Quotes),
    ("“§”", Suspicion::Quotes),
    ("‘§’", Suspicion::Quotes),
    ("\"§", Suspicion::Quotes),
    ("§'", Suspicion::Quotes),
    ("\"§\\n\"", Suspicion::Quotes),
    // Lines of shells, dotenv files, systemd, YAML, Docker.
    ("DESCOPE_ACCESS_KEY=§", Suspicion::Assignment),
    ("export ACCESS_KEY='§'", Suspicion::Assignment),
    ("ACCESS_KEY=\"§\"", Suspicion::Assignment),
    ("$env:ACCESS_KEY = \"§\"", Suspicion::Assignment),
    ("k=§", Suspicion::Assignment),
    ("# the key\nACCESS_KEY=§\nPROJECT_ID=P2abc\n", Suspicion::Assignment),
    ("access_key: §", Suspicion::Field),
    ("accessKey:§", Suspicion::Field),
    ("- key: \"§\"", Suspicion::Field),
    ("apiVersion: v1\nkind: Secret\ndata:\n  key: SzI=\n", Suspicion::Manifest),
    ("{\"accessKey\": \"§\"}", Suspicion::Json),
    ("[\"§\"]", Suspicion::Json),
    // Line ends that were not interpreted, and what `echo` and zsh leave.
    ("§\\n", Suspicion::EscapedLineEnd),
    ("§\\r\\n", Suspicion::EscapedLineEnd),
    ("§%0A", Suspicion::EscapedLineEnd),
    ("-n §", Suspicion::EchoOption),
    ("§%", Suspicion::MarkAtEnd('%')),
    ("§,", Suspicion::MarkAtEnd(',')),
    ("§;\n", Suspicion::MarkAtEnd(';')),
    ("§\\", Suspicion::MarkAtEnd('\\')),
    // Encodings.
    // What no program filled in.
    ("${ACCESS_KEY}", Suspicion::Placeholder),
    ("\"${ACCESS_KEY}\"", Suspicion::Placeholder),
    ("${ACCESS_KEY:-}", Suspicion::Placeholder),
    ("$ACCESS_KEY", Suspicion::Placeholder),
    ("$(ACCESS_KEY)", Suspicion::Placeholder),
    ("$(cat /run/secrets/key)", Suspicion::Placeholder),
    ("{{ .Values.accessKey }}", Suspicion::Placeholder),
    ("{{accessKey}}", Suspicion::Placeholder),
    ("{% raw %}", Suspicion::Placeholder),
    ("${{ secrets.ACCESS_KEY }}", Suspicion::Placeholder),
    ("<your access key>", Suspicion::Placeholder),
    ("<path:secret/data/app#key>", Suspicion::Placeholder),
    ("%ACCESS_KEY%", Suspicion::Placeholder),
    ("__ACCESS_KEY__", Suspicion::Placeholder),
    ("@ACCESS_KEY@", Suspicion::Placeholder),
    ("#{AccessKey}#", Suspicion::Placeholder),
    ("((access-key))", Suspicion::Placeholder),
    ("[access key]", Suspicion::Placeholder),
    ("[REDACTED]", Suspicion::Placeholder),
    ("changeme", Suspicion::Placeholder),
    ("CHANGE_ME", Suspicion::Placeholder),
    ("REPLACE_ME", Suspicion::Placeholder),
    ("your-access-key", Suspicion::Placeholder),
    ("YOUR_DESCOPE_ACCESS_KEY", Suspicion::Placeholder),
    ("TODO", Suspicion::Placeholder),
    ("K2xxxxxxxxxxxxxxxx", Suspicion::Placeholder),
    ("null", Suspicion::Nothing),
    ("\"null\"", Suspicion::Nothing),
    ("None\n", Suspicion::Nothing),
    ("undefined", Suspicion::Nothing),
    ("<no value>", Suspicion::Placeholder),
    ("[object Object]", Suspicion::Placeholder),
    ("xxx", Suspicion::Masked),
    ("XXXXXXXX", Suspicion::Masked),
    ("***", Suspicion::Masked),
    ("••••••••", Suspicion::Masked),
    ("...", Suspicion::Masked),
    ("K2canary...", Suspicion::CutCopy),
    ("K2canary…", Suspicion::CutCopy),
    // References and ciphertexts.
    ("vault:secret/data/app#key", Suspicion::Reference),
    ("ref+vault://secret/app#/key", Suspicion::Reference),
    ("op://vault/item/field", Suspicion::Reference),
    ("arn:aws:secretsmanager:eu-central-1:1:secret:app", Suspicion::Reference),
    ("projects/1/secrets/app/versions/latest", Suspicion::Reference),
    ("@Microsoft.KeyVault(SecretUri=https://a.vault.azure.net/secrets/b)", Suspicion::Reference),
    ("ENC[AES256_GCM,data:abc=,iv:abc=,tag:abc==,type:str]", Suspicion::Encrypted),
    ("$ANSIBLE_VAULT;1.1;AES256\n6162\n", Suspicion::Encrypted),
    ("age-encryption.org/v1\n-> X25519 abc\n", Suspicion::Encrypted),
    ("vault:v1:8SDd3WHDOjf7mq69CyCqYjBXAiQQAVZRkFM13ok481zoCmHnSeDX9vyf7w==", Suspicion::Encrypted),
    ("{cipher}abc", Suspicion::Encrypted),
    // Other secrets and other files.
    ("Bearer §", Suspicion::Header),
    ("Authorization: Bearer P2abc:§", Suspicion::Header),
    ("eyJhbGciOiJSUzI1NiJ9.eyJkcm4iOiJEUyJ9.c2ln", Suspicion::Jwt),
    ("-----BEGIN PRIVATE §-----\nMII\n-----END PRIVATE §-----", Suspicion::Pem),
    ("<!DOCTYPE html>\n<html></html>", Suspicion::Markup),
    ("<?xml version=\"1.0\"?><Error><Code>AccessDenied</Code></Error>", Suspicion::Markup),
    ("https://app.descope.com/accesskeys", Suspicion::Url),
    ("/run/secrets/descope/app", Suspicion::Path),
    ("C:\\keys\\app", Suspicion::Path),
    ("P2abcdefghijklmnopqrstuvwxyz", Suspicion::ProjectId),
    ("cat: /run/secrets/key: No such file or directory", Suspicion::ErrorMessage),
    ("§\n§", Suspicion::SeveralKeys),
    // Characters that cannot be seen.
    ("§\u{200b}", Suspicion::Invisible('\u{200b}')),
    ("K2\u{ad}§", Suspicion::Invisible('\u{ad}')),
    ("K2abc\u{feff}def", Suspicion::Invisible('\u{feff}')),
    ("K2abc\u{a0}def", Suspicion::Invisible('\u{a0}')),
    ("K2abc–def", Suspicion::Invisible('–')),
    ("K2\u{1b}[31mabc", Suspicion::Invisible('\u{1b}')),
];

fn of_key(content: impl AsRef<[u8]>) -> Option<Suspicion> {
    judge(SecretKind::AccessKey, content.as_ref())
}

#[test]
fn what_is_no_key_is_recognised() {
    let base64 = STANDARD.encode(KEY);
    let wrapped = format!("{}\n{}", &base64[..76], &base64[76..]);
    let hex = KEY.bytes().map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat();
    let utf16: Vec<u8> = KEY.encode_utf16().flat_map(u16::to_le_bytes).collect();
    assert_eq!(of_key(&utf16), Some(Suspicion::Utf16));
    let line = STANDARD.encode(format!("{KEY}\n"));
    let (bare, twice) = (base64.trim_end_matches('=').to_owned(), STANDARD.encode(&base64));
    let encoded = [base64, line, bare, twice, wrapped].map(|content| (content, Suspicion::Base64));
    let others = NO_KEYS.iter().map(|(content, suspicion)| (content.replace('§', KEY), *suspicion));
    for (content, suspicion) in encoded.into_iter().chain([(hex, Suspicion::Hex)]).chain(others) {
        assert_eq!(of_key(&content), Some(suspicion), "{content}");
        let (noun, remedy) = (suspicion.noun(), suspicion.remedy("access key"));
        assert!(!noun.contains("canary") && !remedy.contains("canary") && !remedy.is_empty(), "{noun}; {remedy}");
    }
}

#[test]
fn what_may_be_a_key_is_not_suspected() {
    for content in [
        KEY,
        "K2abc",
        "K2canary",
        "K2canary\n",
        "new-key",
        "first",
        "key",
        "secret",
        "a",
        "K2-canary_+/=.~!:x",
        "K2a+/=%of.tmpAbC123",
        "1a2b3c4d5e6f7a8b9c0d",
        "K2abcdefghijklmnopqrstuvwxyz",
        "Password-that-is-a-key-of-28",
        "",
        " \n",
        "K2abc==",
        "K2abc=def",
        "\u{feff}K2abc",
    ] {
        assert_eq!(of_key(content), None, "{content}");
    }
}

#[test]
fn a_secret_of_a_free_form_is_judged_by_fewer_rules() {
    for (content, suspicion) in [
        ("\"s3cret\"", Suspicion::Quotes),
        ("CLIENT_SECRET=abc", Suspicion::Assignment),
        ("${CLIENT_SECRET}", Suspicion::Placeholder),
        ("null", Suspicion::Nothing),
        ("ENC[AES256_GCM,data:abc=]", Suspicion::Encrypted),
        ("c3VwZXItc2VjcmV0LXZhbHVl", Suspicion::Base64),
    ] {
        assert_eq!(judge(SecretKind::ClientSecret, content.as_bytes()), Some(suspicion), "{content}");
    }
    for content in [
        "abc,",
        "a;b;",
        "secret",
        "p\"ss'",
        "/a/b/c",
        "x=y",
        "a:b",
        "eyJhbGciOiJSUzI1NiJ9.e30.c2ln",
        "GOCSPX-abc_DEF",
        "~8Q~abc.def~",
        "several words",
    ] {
        assert_eq!(judge(SecretKind::ClientSecret, content.as_bytes()), None, "{content}");
    }
    assert_eq!(judge(SecretKind::Answers, b"${ANSWER}"), Some(Suspicion::Placeholder));
    for answer in ["none", "Rex", "\"Rex\"", "todo", "xxx", "a=b", "C:\\", "blue, green"] {
        assert_eq!(judge(SecretKind::Answers, answer.as_bytes()), None, "{answer}");
    }
    assert_eq!(judge(SecretKind::PublicKey, b"-----BEGIN PUBLIC KEY-----"), None);
}

proptest! {
    #[test]
    fn a_random_key_is_not_suspected(key in "K2[0-9A-Za-z]{25,90}") {
        prop_assert_eq!(of_key(&key), None);
        prop_assert_eq!(judge(SecretKind::ClientSecret, key.as_bytes()), None);
    }

    #[test]
    fn any_bytes_are_judged(bytes in proptest::collection::vec(any::<u8>(), 0..80), text in "\\PC{0,40}") {
        for kind in [SecretKind::AccessKey, SecretKind::ClientSecret, SecretKind::RefreshToken, SecretKind::Answers] {
            let _ = (judge(kind, &bytes), judge(kind, text.as_bytes()));
        }
    }
}
