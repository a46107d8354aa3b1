//! Every output format: its bytes, its readers, and the recovery of a token from a file.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a test that fails")]

use std::{
    collections::BTreeSet,
    fs,
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use base64::{
    Engine as _,
    engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD},
};
use serde_json::{Value, json};
use tokenwell::{
    output::{
        self, Content, Field, Format, Locks, Output, ProtectedKeys, Quotes, Template, TemplateMistake, UsedAs,
        Variable, WriteError, Written, find,
    },
    renewal::Grant,
    secret::Secret,
    session::{Claims, ReplyField, ReplyFields, Session, Times},
};

// ---- bytes

#[test]
fn jwt_is_the_token_and_nothing_else() {
    let token = token(&json!({"sub": "K2"}));
    assert_eq!(rendered(Format::Jwt, &session(&token)).unwrap(), token);
}

#[test]
fn json_is_one_line_with_every_field_in_its_order() {
    let session = named(session("head.body.stamp"), Some("K2key"), Some("U2 \"Ann\" \\ é"));
    insta::assert_snapshot!(rendered(Format::Json { claims: BTreeSet::new(), fields: BTreeSet::new() }, &session).unwrap(), @r#"{"token":"head.body.stamp","tokenType":"Bearer","credential":"billing","projectId":"P2abc","keyId":"K2key","subject":"U2 \"Ann\" \\ é","issuedAt":"2023-11-14T22:13:20Z","expiresAt":"2023-11-14T22:23:20Z","renewAt":"2023-11-14T22:20:00Z","issuedAtUnix":1700000000,"expiresAtUnix":1700000600,"renewAtUnix":1700000400}"#);
    assert!(
        rendered(Format::Json { claims: BTreeSet::new(), fields: BTreeSet::new() }, &session).unwrap().ends_with("}\n")
    );
}

#[test]
fn json_keeps_the_keys_of_what_is_not_known() {
    let text = rendered(Format::Json { claims: BTreeSet::new(), fields: BTreeSet::new() }, &session("head.body.stamp"))
        .unwrap();
    let object: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&object["keyId"], &object["subject"]), (&Value::Null, &Value::Null));
    assert_eq!(object.as_object().unwrap().len(), 12);
}

#[test]
fn json_has_the_requested_claims_as_in_the_token() {
    let tenants = json!({"T2": {"roles": ["a", "b"], "n": 1.5}});
    let token = token(&json!({"sub": "K2", "tenants": tenants, "nsec": {"tier": "gold"}, "none": null, "secret": "x"}));
    let format = json_with(&["tenants", "nsec", "none", "absent"]);
    let object: Value = serde_json::from_str(&rendered(format, &session(&token)).unwrap()).unwrap();
    assert_eq!(object["claims"], json!({"tenants": tenants, "nsec": {"tier": "gold"}, "none": null}));
    let none: Value = serde_json::from_str(&rendered(json_with(&["absent"]), &session(&token)).unwrap()).unwrap();
    assert_eq!(none["claims"], json!({}));
}

#[test]
fn an_unreadable_claim_fails_only_the_formats_that_name_it() {
    let session = session(&jwt(r#"{"sub":"K2","half":"\ud800"}"#));
    let object: Value = serde_json::from_str(&rendered(json_with(&["sub", "absent"]), &session).unwrap()).unwrap();
    assert_eq!(object["claims"], json!({"sub": "K2"}));
    assert_eq!(rendered(template("{{ claims.sub }}"), &session).unwrap(), "K2");
    let error = rendered(json_with(&["sub", "half"]), &session).unwrap_err();
    assert!(matches!(error, WriteError::Unrendered { .. }), "{error}");
    assert!(error.to_string().contains("the claims of this token cannot be read; choose a format"), "{error}");
    assert!(rendered(template("{{ claims.half }}"), &session).is_err());
    assert!(rendered(template("{{ token }}"), &session).is_ok());
    assert!(rendered(Format::Json { claims: BTreeSet::new(), fields: BTreeSet::new() }, &session).is_ok());
}

#[test]
fn env_is_a_line_a_variable() {
    let session = named(session("head.body.stamp"), None, Some("its $HOME `x`"));
    insta::assert_snapshot!(rendered(Format::Env { variables: Variable::defaults(), quotes: Quotes::Auto }, &session).unwrap(), @r"
    DESCOPE_SESSION_TOKEN=head.body.stamp
    DESCOPE_SESSION_EXPIRES_AT=2023-11-14T22:23:20Z
    DESCOPE_PROJECT_ID=P2abc
    ");
    let chosen = [("A", Field::ExpiresAtUnix), ("_b2", Field::Subject), ("EMPTY", Field::KeyId)];
    insta::assert_snapshot!(rendered(env(&chosen), &session).unwrap(), @r"
    A=1700000600
    _b2='its $HOME `x`'
    EMPTY=
    ");
    let neil = named(self::session("head.body.stamp"), None, Some("it's O'Neil #1"));
    assert_eq!(rendered(env(&[("A", Field::Subject)]), &neil).unwrap(), "A=\"it's O'Neil #1\"\n");
    insta::assert_snapshot!(rendered(quoted(Quotes::Always, &chosen), &session).unwrap(), @r"
    A='1700000600'
    _b2='its $HOME `x`'
    EMPTY=''
    ");
}

#[test]
fn an_env_value_that_readers_differ_on_is_refused_by_name() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("env");
    let of = |quotes| Output {
        format: quoted(quotes, &[("T", Field::Token), ("CUSTOMER", Field::Subject)]),
        ..Output::at(path.clone())
    };
    let good = named(session("head.body.stamp"), None, Some("ONeil"));
    write(&[of(Quotes::Auto)], &good);
    for (quotes, subject, has) in [
        (
            Quotes::Always,
            "O'Neil",
            "has a single quote, which the kubelet would misread; write `quotes: auto` if the kubelet does not read the file",
        ),
        (
            Quotes::Auto,
            "\"O'Neil\"",
            "has a single quote and a double quote, which every reader but Node and dotenv would misread; set",
        ),
        (
            Quotes::Auto,
            "$O'Neil",
            "has a single quote and a dollar, which shells, Docker Compose and dotenv for Ruby would misread",
        ),
        (
            Quotes::Auto,
            "O'Neil\\",
            "has a single quote and a backslash, which godotenv and dotenv for Ruby would misread",
        ),
        (Quotes::Auto, "`O'Neil`", "has a single quote and a backtick, which shells would misread"),
        (Quotes::Always, "O\nNeil", "has a line break or another control character"),
        (Quotes::Auto, "${HOME}", "has `${`, which python-dotenv would misread"),
        (
            Quotes::Never,
            "two words",
            "has a character that needs quotes, which shells and dotenv readers would misread; remove `quotes: never`",
        ),
    ] {
        let bad = named(session("head.body.stamp"), None, Some(subject));
        let error = put(&[of(quotes)], &content(&bad), &Locks::default()).remove(0).unwrap_err().to_string();
        assert!(error.contains("the value of its variable `CUSTOMER`, `subject`, "), "{error}");
        assert!(error.contains(has), "{error}");
        assert!(!error.contains(subject), "{error}");
        assert_eq!(fs::read_to_string(&path).unwrap(), "T=head.body.stamp\nCUSTOMER=ONeil\n", "the old file stays");
    }
}

#[test]
fn a_subject_that_cannot_be_written_is_refused_not_emptied() {
    let written = |claims: &[u8]| {
        let token = format!("{}.{}.c2ln", URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256"}"#), URL_SAFE_NO_PAD.encode(claims));
        let session = Session { claims: Claims::of_token(&token, None), ..session(&token) };
        rendered(env(&[("CUSTOMER", Field::Subject)]), &session).map_err(|error| error.to_string())
    };
    let longest = "s".repeat(255);
    for (claims, content) in [
        ("{}".to_owned(), "CUSTOMER=\n".to_owned()),
        (r#"{"sub":null}"#.to_owned(), "CUSTOMER=\n".to_owned()),
        (r#"{"sub":""}"#.to_owned(), "CUSTOMER=\n".to_owned()),
        (r#"{"sub":"\u00e9'"}"#.to_owned(), "CUSTOMER=\"é'\"\n".to_owned()),
        (format!(r#"{{"sub":"{longest}"}}"#), format!("CUSTOMER={longest}\n")),
    ] {
        assert_eq!(written(claims.as_bytes()), Ok(content));
    }
    for claims in [
        b"{\"sub\":\"a\xffb\"}".to_vec(),
        b"{\"sub\":\"\xed\xa0\x80\"}".to_vec(),
        br#"{"sub":"\ud800"}"#.to_vec(),
        br#"{"sub":"a\u0000b"}"#.to_vec(),
        br#"{"sub":"a\nb"}"#.to_vec(),
        br#"{"sub":"a\u007fb"}"#.to_vec(),
        br#"{"sub":["a"]}"#.to_vec(),
        br#"{"sub":7}"#.to_vec(),
        format!(r#"{{"sub":"{longest}s"}}"#).into_bytes(),
    ] {
        let error = written(&claims).unwrap_err();
        assert!(error.contains("the claim `sub` of this token, for its variable `CUSTOMER`, is not a text"), "{error}");
    }
}

#[test]
fn an_opaque_token_is_whole_in_every_format_or_refused() {
    let all = ('!'..='~').collect::<String>();
    for (token, in_env) in [
        ("a~b+c/d==", Some("T='a~b+c/d=='\n")),
        ("a'b~c", Some("T=\"a'b~c\"\n")),
        ("a\"b$c`d\\e", Some("T='a\"b$c`d\\e'\n")),
        (&all, None),
    ] {
        let session = session(token);
        assert_eq!(rendered(Format::Jwt, &session).unwrap(), token);
        assert_eq!(rendered(Format::Header, &session).unwrap(), format!("Authorization: Bearer {token}\n"));
        assert_eq!(rendered(Format::Bearer, &session).unwrap(), format!("Bearer {token}"));
        assert_eq!(rendered(template("<{{ token }}>"), &session).unwrap(), format!("<{token}>"));
        let json = Format::Json { claims: BTreeSet::new(), fields: BTreeSet::new() };
        let object: Value = serde_json::from_str(&rendered(json, &session).unwrap()).unwrap();
        assert_eq!(object["token"], token);
        let env = rendered(env(&[("T", Field::Token)]), &session).map_err(|error| error.to_string());
        match in_env {
            Some(line) => assert_eq!(env.as_deref(), Ok(line)),
            None => assert!(env.is_err_and(|error| error.contains("`token`") && !error.contains(token))),
        }
    }
}

#[test]
fn header_is_the_one_line() {
    let text = rendered(Format::Header, &session("head.body.stamp")).unwrap();
    assert_eq!(text, "Authorization: Bearer head.body.stamp\n");
}

#[test]
fn bearer_is_the_value_of_the_header_without_a_newline() {
    let text = rendered(Format::Bearer, &session("head.body.stamp")).unwrap();
    assert_eq!(text, "Bearer head.body.stamp");
}

#[test]
fn times_beyond_the_calendar_are_no_panic() {
    let session = session("head.body.stamp");
    let far = UNIX_EPOCH + Duration::from_secs(1 << 40);
    let before = UNIX_EPOCH - Duration::from_secs(60);
    let times = Times { issued_at: before, expires_at: far, renew_at: far };
    let text = rendered_at(&[Format::Json { claims: BTreeSet::new(), fields: BTreeSet::new() }], &session, times)
        .remove(0)
        .unwrap();
    assert!(text.contains(r#""issuedAt":"1970-01-01T00:00:00Z","expiresAt":"9999-12-31T23:59:59Z""#), "{text}");
}

// ---- templates

#[test]
fn a_template_is_filled_in_byte_for_byte() {
    let session = named(session(&token(&json!({"nsec": {"tier": "<gold>"}}))), Some("K2key"), None);
    let told = |text: &str| rendered(template(text), &session).unwrap();
    assert_eq!(told("x {{ credential }}\n"), "x billing\n");
    assert_eq!(told("x {{ credential }}"), "x billing");
    assert_eq!(told("\n\n{{ expiresAtUnix }}\r\n\n"), "\n\n1700000600\r\n\n");
    assert_eq!(told("a{# nothing #}b {{ claims.nsec.tier }} & {{ keyId }}{{ subject }}"), "ab <gold> & K2key");
    assert_eq!(told("{{ claims.nsec | tojson }}"), r#"{"tier": "\u003cgold\u003e"}"#);
    assert_eq!(told("{% if claims.tenants is defined %}t{% else %}none{% endif %}"), "none");
    assert_eq!(told("{{ claims.tenants | default('none') }}"), "none");
    assert_eq!(told("{% if subject %}s{% else %}no subject{% endif %}"), "no subject");
    assert_eq!(told("{% raw %}{{ token }}{% endraw %}={{ credential }}"), "{{ token }}=billing");
    assert_eq!(told("{% for name, value in claims.nsec | items %}{{ name }}={{ value }}{% endfor %}"), "tier=<gold>");
    let every: String = Field::ALL.iter().flat_map(|(name, _)| ["{{ ", name, " }}|"]).collect();
    let token = session.jwt.expose();
    assert_eq!(
        told(&every),
        format!(
            "{token}|Bearer|billing|P2abc|K2key||2023-11-14T22:13:20Z|2023-11-14T22:23:20Z|2023-11-14T22:20:00Z|\
             1700000000|1700000600|1700000400|"
        )
    );
}

#[test]
fn b64encode_makes_what_basic_authentication_wants() {
    let text = rendered(template("Basic {{ ('x:' ~ token) | b64encode }}"), &session("head.body.stamp")).unwrap();
    assert_eq!(text, format!("Basic {}", STANDARD.encode("x:head.body.stamp")));
}

#[test]
fn what_a_template_names_must_exist() {
    let unknown = |line, name: &str| TemplateMistake::UnknownName { line, name: name.to_owned() };
    let text = "tokn\n{{ token }}\n{% if subject %}{{ claim.x }}{{ tokn }}\n{% endif %}{{ x.tokn }}{{ nobody }}";
    assert_eq!(mistakes(text), [unknown(3, "claim"), unknown(4, "nobody"), unknown(3, "tokn"), unknown(4, "x")]);
    let word = |name: &str, used_as| TemplateMistake::UnknownWord { line: 1, name: name.to_owned(), used_as };
    assert_eq!(mistakes("{{ debug() }}"), [word("debug", UsedAs::Function)]);
    assert_eq!(mistakes("{% if claims.x == 'y' %}{{ token.strip() }}{% endif %}"), [word("strip", UsedAs::Method)]);
    assert_eq!(mistakes("{% if claims.x == 'y' %}{{ tokn[:4] }}{% endif %}"), [unknown(1, "tokn")]);
    let part = TemplateMistake::NoParts { line: 1, field: "token", part: "name".to_owned() };
    assert_eq!(mistakes("{% if claims.x == 'y' %}{{ token.name }}{% endif %}"), [part]);
    for legal in [
        "{% set mine = token %}{{ mine }}",
        "{{ token }}{% for n in [1, 2] %}{{ n }}{{ loop.index }}{% endfor %}",
        "{% for name in claims %}{{ name }}{% endfor %}x",
        "{% with a = token %}{{ a }}{% endwith %}",
    ] {
        assert_eq!(Template::parse(legal, None).err(), None, "{legal}");
    }
}

#[test]
fn what_is_wrong_whatever_the_session_is_found_at_once() {
    let broken = |text: &str| match &mistakes(text)[..] {
        [TemplateMistake::Broken { line, why }] => format!("{line}: {why}"),
        other => panic!("{text}: {other:?}"),
    };
    insta::assert_snapshot!(broken("a\n{{ token"), @"2: unexpected end of input, expected end of variable block");
    insta::assert_snapshot!(broken("a\n\n{% if token %}"), @"3: unexpected end of input, expected end of block");
    insta::assert_snapshot!(broken("{{ token + }}"), @"1: unexpected end of variable block");
    insta::assert_snapshot!(broken("{% include 'x' %}"), @"1: unknown statement include");
    insta::assert_snapshot!(broken("{% macro x() %}{% endmacro %}"), @"1: unknown statement macro");
    insta::assert_snapshot!(broken("{{ token * token }}"), @"1: invalid operation: strings can only be multiplied with integers");
    let list = format!("[{}]", "1,".repeat(500));
    let loops = format!("x{{% for a in {list} %}}{{% for b in {list} %}}{{% endfor %}}{{% endfor %}}");
    insta::assert_snapshot!(broken(&loops), @"1: it is too much work; shorten its loops");
    insta::assert_snapshot!(broken("{{ 'x' * 100000000 }}"), @"1: it is too much work; shorten its loops");
}

#[test]
fn a_template_that_comes_to_nothing_is_refused() {
    for nothing in ["", " \n", "{# a remark #}", "{% if not token %}x{% endif %}"] {
        assert_eq!(mistakes(nothing), [TemplateMistake::Empty], "{nothing:?}");
    }
    let late = template("{% if claims.tier is defined %}{{ token }}{% endif %}");
    let sliced = rendered(template("{{ claims.tier[:2] }}"), &session(&token(&json!({"tier": "gold"}))));
    assert_eq!(sliced.unwrap(), "go", "the engine does not report the name of what is sliced");
    let error = rendered(late, &session(&token(&json!({})))).unwrap_err();
    assert!(error.to_string().contains("its template comes to nothing for this token"), "{error}");
}

/// What people write who have another language in mind, and templates whose field is never written.
#[test]
fn a_template_that_writes_nothing_of_a_session_is_refused() {
    for text in [
        "Bearer $TOKEN",
        "Bearer ${token}",
        "Bearer %{token}",
        "Bearer { token }",
        "Bearer {token}",
        "Bearer <%= token %>",
        "Bearer [[ token ]]",
        "Bearer @token@",
        "Bearer __TOKEN__",
        "Bearer %TOKEN%",
        "Bearer $(cat /run/tokenwell/billing.jwt)",
        "token",
        "{ {token} }",
        "{{ 'token' }}",
        "{{ \"{{ token }}\" }}",
        "{% raw %}{{ token }}{% endraw %}",
        "Bearer {# {{ token }} #}",
        "{% set token = 'x' %}Bearer {{ token }}",
        "{% for token in ['x'] %}Bearer {{ token }}{% endfor %}",
    ] {
        assert_eq!(mistakes(text), [TemplateMistake::NamesNoField], "{text}");
    }
    for text in [
        "Bearer $TOKEN{% if false %}{{ token }}{% endif %}",
        "{% if token %}Bearer $TOKEN{% endif %}",
        "{% set mine = token %}Bearer $mine",
        "{% if token is defined and expiresAt %}Bearer %{token}{% endif %}",
        "{{ token[:0] }}Bearer",
    ] {
        assert_eq!(mistakes(text), [TemplateMistake::SameForEverySession], "{text}");
    }
    for text in [
        "{{ expiresAt }}",
        "{% if claims.admin is defined %}admin{% else %}user{% endif %}",
        "{% if credential == 'billing' %}a{% else %}b{% endif %}",
        "{% if subject %}a{% else %}b{% endif %}",
        "{% if expiresAtUnix > 1700000000 %}a{% else %}b{% endif %}",
        "{{ token | length }}",
        "set $tw1 \"{{ token[:4000] }}\"; set $tw2 \"{{ token[4000:8000] }}\";",
        "{{ claims.tier[:3] }}",
        "{% set start = token[:4] %}{{ start }}",
        "{% set mine = claims.tier %}{{ mine[:3] }}",
        "set $token \"{{ token }}\"; # $TOKEN %{token} { token }",
    ] {
        assert_eq!(mistakes(text), [], "{text}");
    }
}

#[test]
fn arithmetic_is_tried_with_times_like_those_of_a_session() {
    let session = session("head.body.stamp");
    assert_eq!(rendered(template("{{ 36000000000 // issuedAtUnix }}"), &session).unwrap(), "21");
    assert_eq!(rendered(template("{{ 60 // ((expiresAtUnix - issuedAtUnix) // 60) }}"), &session).unwrap(), "6");
    assert!(matches!(&mistakes("{{ 3 ** expiresAtUnix }}")[..], [TemplateMistake::Broken { line: 1, .. }]));
}

#[test]
fn a_template_and_what_it_makes_have_bounds() {
    let padded = |bytes: usize| format!("{{{{ expiresAtUnix }}}}{}", "x".repeat(bytes - 19));
    assert!(Template::parse(&padded(64 * 1024), None).is_ok());
    assert_eq!(mistakes(&padded(64 * 1024 + 1)), [TemplateMistake::TooLong]);
    assert_eq!(mistakes("{{ 'x' * 262145 }}"), [TemplateMistake::TooLong]);
    assert_eq!(Template::parse("{{ 'x' * 262118 }}{{ token }}", None).err(), None);
    // The result is short with the sample token, and too long with a real one.
    let text = template("{{ token * 300 }}");
    let long = session(&format!("head.{}.stamp", "x".repeat(1000)));
    let error = rendered(text, &long).unwrap_err();
    assert!(error.to_string().contains("it would be longer than 256 KiB"), "{error}");
    let many: Vec<_> = (0..300).map(|_| ("A", Field::Token)).collect();
    let error = rendered(env(&many), &long).unwrap_err();
    assert!(error.to_string().contains("it would be longer than 256 KiB"), "{error}");
}

#[test]
fn a_template_nested_beyond_reason_does_not_crash() {
    let chains = [
        format!("{{{{ {} }}}}", "(".repeat(60_000)),
        format!("{{{{ token{} }}}}", "|upper".repeat(10_000)),
        format!("{{{{ 1{} }}}}", "+1".repeat(30_000)),
        format!("{{{{ claims{} }}}}", ".a".repeat(30_000)),
        format!("{{{{ claims{} }}}}", "[1]".repeat(20_000)),
        format!("{{{{ {}token }}}}", "not ".repeat(15_000)),
        format!("{{{{ {}1 }}}}", "-".repeat(60_000)),
        format!("{{{{ token{} }}}}", "~token".repeat(10_000)),
        format!("{{{{ token{} }}}}", "==token".repeat(9_000)),
        format!("{{{{ {} }}}}", "token(".repeat(149)),
        format!("{{{{ token{} }}}}", " if token else token".repeat(3_000)),
        format!("{{{{ token{} }}}}", " and token".repeat(6_000)),
        format!("{{{{ {} }}}}", "[".repeat(60_000)),
        "{% if token %}".repeat(4_600),
        "{% for a in token %}".repeat(3_000),
        format!("{{% if token %}}{}{{% endif %}}", "{% elif token %}".repeat(4_000)),
    ];
    // Test threads have a stack of 2 MiB, like the threads on which the daemon reads configurations.
    for text in chains {
        let bounded = Template::parse(&text, None).expect_err(&text[..40]);
        assert!(matches!(bounded[..], [TemplateMistake::Broken { .. }]), "{bounded:?}");
    }
    for deepest in [
        format!("{{{{ {}token{} }}}}", "(".repeat(32), ")".repeat(32)),
        format!("{{{{ token{} }}}}", "|trim".repeat(200)),
        format!("{{{{ token }}}}{{{{ 1{} }}}}", "+1".repeat(511)),
        format!("{{% if token %}}{}{{% endif %}}{{{{ token }}}}", "{% elif token %}".repeat(100)),
        format!(
            "{{{{ token }}}}{}{{{{ {}1{}{} }}}}{}",
            "{% if token %}".repeat(30),
            "(".repeat(31),
            ")".repeat(31),
            "+1".repeat(480),
            "{% endif %}".repeat(30)
        ),
    ] {
        assert_eq!(Template::parse(&deepest, None).err(), None, "{}", &deepest[..40]);
    }
}

#[test]
fn a_missing_claim_is_reported_without_the_token() {
    let session = session(&token(&json!({"tier": "K2canary", "list": [1]})));
    let error = |text: &str| rendered(template(text), &session).unwrap_err().to_string();
    let path = |text: String| text.split_once('`').unwrap().1.split_once('`').unwrap().1.to_owned();
    insta::assert_snapshot!(path(error("x\n{{ claims.tenant }}")), @": line 2 of its template: it names something that this token does not have; ask for it with `is defined`, or give it a `default(…)`");
    insta::assert_snapshot!(path(error("{{ claims.a.b }}")), @": line 1 of its template: it names something that this token does not have; ask for it with `is defined`, or give it a `default(…)`");
    insta::assert_snapshot!(path(error("{{ claims.tier * 2.5 }}")), @": line 1 of its template: what it does with a value cannot be done with the one of this token; mind its type");
    insta::assert_snapshot!(path(error("{{ 'x' * (claims.list[0] * 100000000) }}")), @": line 1 of its template: it is too much work; shorten its loops");
}

#[test]
fn templates_are_the_same_if_their_texts_are() {
    let parse = |text: &str, file: Option<&str>| Template::parse(text, file.map(PathBuf::from)).unwrap();
    assert_eq!(parse("{{ token }}", None), parse("{{ token }}", None));
    assert_ne!(parse("{{ token }}", None), parse("{{ token }}\n", None));
    assert_ne!(parse("{{ token }}", None), parse("{{ token }}", Some("/x")));
    assert_eq!(format!("{:?}", parse("K2canary {{ token }}", None)), "Template(20 bytes)");
}

// ---- fields of the reply

#[test]
fn chosen_fields_are_written_with_their_types() {
    let chosen = BTreeSet::from([ReplyField::UserId, ReplyField::Roles, ReplyField::CreatedTime, ReplyField::Tenants]);
    let reply = json!({"user": {"userId": "U2", "email": "CANARY", "roleNames": ["a", "b"], "createdTime": "7",
        "userTenants": [{"tenantId": "T1"}], "customAttributes": {"tier": "gold"}}});
    let fields =
        ReplyFields::read(reply.to_string().as_bytes(), &ReplyField::ALL.iter().map(|(_, field)| *field).collect());
    let full = Session { fields, ..session("head.body.stamp") };
    let written = |session: &Session| -> Value {
        let json = Format::Json { claims: BTreeSet::new(), fields: chosen.clone() };
        serde_json::from_str(&rendered(json, session).unwrap()).unwrap()
    };
    let wanted = json!({"userId": "U2", "roles": ["a", "b"], "createdTime": 7, "tenants": [{"tenantId": "T1"}]});
    assert_eq!(written(&full)["fields"], wanted);
    let empty = json!({"userId": "", "roles": [], "createdTime": 0, "tenants": []});
    assert_eq!(written(&session("head.body.stamp"))["fields"], empty, "a reply without them");
    let of = |text: &str, fields: &[ReplyField]| {
        let template = Template::with_fields(text, None, fields.iter().copied().collect()).unwrap();
        rendered(Format::Template(template), &full).unwrap()
    };
    let [user, roles, tenants, attributes] =
        [ReplyField::UserId, ReplyField::Roles, ReplyField::Tenants, ReplyField::CustomAttributes];
    assert_eq!(of("{{ fields.userId }}", &[user]), "U2");
    assert_eq!(of("{{ fields.roles | join(' ') }}", &[roles]), "a b");
    assert_eq!(of("{% for t in fields.tenants %}{{ t.tenantId }}{% endfor %}", &[tenants]), "T1");
    assert_eq!(of("{{ fields.customAttributes.tier | upper }}", &[attributes]), "GOLD");
    assert_eq!(of("{{ fields | tojson }}", &[user, roles]), r#"{"roles": ["a", "b"], "userId": "U2"}"#);
    let plain: Value = serde_json::from_str(
        &rendered(Format::Json { claims: BTreeSet::new(), fields: BTreeSet::new() }, &full).unwrap(),
    )
    .unwrap();
    assert!(plain.get("fields").is_none());
    assert!(!format!("{full:?}").contains("U2"), "fields may be personal data");
}

// ---- files of an earlier process

#[test]
fn a_token_is_found_in_every_format_and_each_is_intact() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(&token(&json!({"sub": "K2", "tier": "gold"})));
    for (n, format) in formats().into_iter().enumerate() {
        let output = [Output { format, ..Output::at(folder.path().join(n.to_string())) }];
        write(&output, &session);
        let found = find(&output, session.jwt.fingerprint()).expect("it is in the file");
        assert_eq!(found.expose(), session.jwt.expose());
        assert!(are_intact(&output, &content(&session)), "{:?}", output[0].format);
        assert_eq!(write(&output, &session), [Written::Unchanged]);

        fs::set_permissions(output[0].file().unwrap(), fs::Permissions::from_mode(0o600)).unwrap();
        assert!(find(&output, session.jwt.fingerprint()).is_some());
        assert!(!are_intact(&output, &content(&session)), "another mode");
    }
}

#[test]
fn a_token_in_another_format_is_found_but_not_intact() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(&token(&json!({"sub": "K2", "tier": "gold"})));
    for before in formats() {
        for after in formats().into_iter().filter(|after| *after != before) {
            let path = folder.path().join("token");
            write(&[Output { format: before.clone(), ..Output::at(path.clone()) }], &session);
            let output = [Output { format: after, ..Output::at(path) }];
            assert!(find(&output, session.jwt.fingerprint()).is_some());
            assert!(!are_intact(&output, &content(&session)));
            assert_eq!(write(&output, &session), [Written::Written]);
            assert!(are_intact(&output, &content(&session)));
        }
    }
}

#[test]
fn every_output_must_be_intact_and_any_gives_the_token() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(&token(&json!({})));
    let outputs = [
        Output { format: env(&[("END", Field::ExpiresAt)]), ..Output::at(folder.path().join("env")) },
        Output::at(folder.path().join("jwt")),
    ];
    assert_eq!(write(&outputs, &session), [Written::Written; 2]);
    assert!(find(&outputs[..1], session.jwt.fingerprint()).is_none(), "there is no token in it");
    assert!(find(&outputs, session.jwt.fingerprint()).is_some());
    assert!(are_intact(&outputs, &content(&session)));
    fs::write(outputs[0].file().unwrap(), "END=later\n").unwrap();
    assert!(!are_intact(&outputs, &content(&session)));
}

#[test]
fn lookalikes_and_hidden_tokens_are_not_found() {
    let folder = tempfile::tempdir().unwrap();
    let output = [Output::at(folder.path().join("token"))];
    let session = session(&token(&json!({"sub": "K2"})));
    let token = session.jwt.expose();
    let found = |bytes: &[u8]| {
        fs::write(output[0].file().unwrap(), bytes).unwrap();
        find(&output, session.jwt.fingerprint()).is_some()
    };
    for hidden in [
        String::new(),
        token[1..].to_owned(),
        format!("x{token}"),
        format!("{token}."),
        format!("{token}_"),
        format!("a.b.{token}"),
        token.replacen('.', "\n", 1),
        token.to_uppercase(),
        STANDARD.encode(token),
    ] {
        assert!(!found(hidden.as_bytes()), "{hidden}");
    }
    let mut among = b"\xff\xfe\0a.b.c \"..\" ".to_vec();
    among.extend(token.as_bytes());
    among.extend(b"\0\xff");
    assert!(found(&among), "bytes that are no text hide nothing");
    among.resize(256 * 1024, b' ');
    assert!(found(&among));
    among.push(b' ');
    assert!(!found(&among), "no file of ours is as long");
    assert!(!found(&vec![b'.'; 200_000]));
    fs::remove_file(output[0].file().unwrap()).unwrap();
    assert!(find(&output, session.jwt.fingerprint()).is_none());
}

#[test]
fn an_unrenderable_write_leaves_file_and_other_outputs() {
    let folder = tempfile::tempdir().unwrap();
    let outputs = [
        Output { format: template("{{ claims.tier }}"), ..Output::at(folder.path().join("a")) },
        Output::at(folder.path().join("b")),
    ];
    let good = session(&token(&json!({"tier": "gold"})));
    write(&outputs, &good);
    let bad = session(&token(&json!({})));
    let results = put(&outputs, &content(&bad), &Locks::default());
    assert!(matches!(results[0], Err(WriteError::Unrendered { .. })));
    assert_eq!(*results[1].as_ref().unwrap(), Written::Written);
    assert_eq!(fs::read_to_string(outputs[0].file().unwrap()).unwrap(), "gold");
}

// ---- helpers

fn formats() -> Vec<Format> {
    vec![
        Format::Jwt,
        Format::Json { claims: BTreeSet::new(), fields: BTreeSet::new() },
        json_with(&["tier"]),
        Format::Env { variables: Variable::defaults(), quotes: Quotes::Auto },
        Format::Header,
        Format::Bearer,
        template("machine api login x password {{ token }}\n# {{ claims.tier }}"),
    ]
}

fn json_with(claims: &[&str]) -> Format {
    Format::Json { claims: claims.iter().map(|name| (*name).to_owned()).collect(), fields: BTreeSet::new() }
}

fn env(variables: &[(&'static str, Field)]) -> Format {
    quoted(Quotes::Auto, variables)
}

fn quoted(quotes: Quotes, variables: &[(&'static str, Field)]) -> Format {
    let variables = variables.iter().map(|(name, field)| Variable { name: (*name).into(), field: *field });
    Format::Env { variables: variables.collect(), quotes }
}

fn template(text: &str) -> Format {
    Format::Template(Template::parse(text, None).unwrap_or_else(|mistakes| panic!("{text}: {mistakes:?}")))
}

fn mistakes(text: &str) -> Vec<TemplateMistake> {
    Template::parse(text, None).err().unwrap_or_default()
}

/// Returns a JWT with these claims.
fn token(claims: &Value) -> String {
    jwt(&claims.to_string())
}

fn jwt(claims: &str) -> String {
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    format!("{}.{}.{}", part(r#"{"alg":"RS256"}"#), part(claims), part("signature"))
}

fn session(token: &str) -> Session {
    Session {
        jwt: Secret::new(token.to_owned()),
        grant: Grant { lifetime: Duration::from_secs(600), refresh_after: None },
        claims: Claims::default(),
        fields: ReplyFields::new(),
    }
}

fn named(session: Session, key_id: Option<&str>, subject: Option<&str>) -> Session {
    let claims = Claims { key_id: key_id.map(str::to_owned), subject: subject.map(str::to_owned), ..session.claims };
    Session { claims, ..session }
}

fn content(session: &Session) -> Content<'_> {
    Content { session, credential: "billing", project: "P2abc", times: times() }
}

fn times() -> Times {
    let at = |seconds: u64| -> SystemTime { UNIX_EPOCH + Duration::from_secs(1_700_000_000 + seconds) };
    Times { issued_at: at(0), expires_at: at(600), renew_at: at(400) }
}

fn write(outputs: &[Output], session: &Session) -> Vec<Written> {
    put(outputs, &content(session), &Locks::default()).into_iter().map(Result::unwrap).collect()
}

/// Returns the content of a file of that format.
fn rendered(format: Format, session: &Session) -> Result<String, WriteError> {
    rendered_at(&[format], session, times()).remove(0)
}

fn rendered_at(formats: &[Format], session: &Session, times: Times) -> Vec<Result<String, WriteError>> {
    let folder = tempfile::tempdir().unwrap();
    let output = |(n, format): (usize, &Format)| Output {
        format: format.clone(),
        ..Output::at(folder.path().join(n.to_string()))
    };
    let outputs: Vec<_> = formats.iter().enumerate().map(output).collect();
    let results = put(&outputs, &Content { times, ..content(session) }, &Locks::default());
    let read = |(result, output): (Result<Written, WriteError>, &Output)| {
        result.map(|_| String::from_utf8(fs::read(output.file().unwrap()).unwrap()).unwrap())
    };
    results.into_iter().zip(&outputs).map(read).collect()
}

fn are_intact(outputs: &[Output], content: &Content<'_>) -> bool {
    outputs.iter().all(|output| output.is_intact(content, None))
}

fn put(outputs: &[Output], content: &Content<'_>, locks: &Locks) -> Vec<Result<Written, WriteError>> {
    let done = output::publish(outputs, &[], content, locks, &ProtectedKeys::default());
    done.into_iter().map(|done| done.map(|published| published.written)).collect()
}
