//! The whole reply of Descope's API reference, and replies that are wrong in every field.

use proptest::prelude::*;
use serde_json::json;

use super::*;

/// The reply that Descope's API reference shows, with values that are not empty.
fn whole() -> Value {
    json!({
        "sessionJwt": "CANARY", "refreshJwt": "CANARY", "externalToken": "CANARY", "trustedDeviceJwt": "CANARY",
        "cookieDomain": "example.com", "cookiePath": "/", "cookieMaxAge": 2_419_199, "cookieExpiration": 1_795_435_200,
        "user": {
            "loginIds": ["ann@example.com"], "userId": "U2", "name": "Ann B. C", "email": "ann@example.com",
            "phone": "+1", "verifiedEmail": true, "verifiedPhone": true, "roleNames": ["admin"],
            "userTenants": [{"tenantId": "T1", "roleNames": ["r"], "tenantName": "Acme", "permissions": ["p"]}],
            "status": "enabled", "externalIds": ["x"], "picture": "https://p", "test": true,
            "customAttributes": {"level": 7, "tags": ["a"]}, "createdTime": 1_700_000_000, "TOTP": true, "SAML": true,
            "OAuth": {"google": true, "github": false}, "webauthn": true, "password": true, "ssoAppIds": ["s"],
            "givenName": "Ann", "middleName": "B.", "familyName": "C", "editable": true, "SCIM": true, "push": true,
            "permissions": ["read"], "OIDC": true, "consentExpiration": 5
        },
        "firstSeen": true,
        "idpResponse": {
            "samlResponse": "a", "samlGeneratedUser": "b", "samlGeneratedRoles": "c", "oidcResponse": "d",
            "oidcGeneratedUser": "e", "oidcGeneratedRoles": "f", "idpGroups": ["g"], "idpSAMLAttributes": true,
            "idpOIDCClaims": {"h": 1}
        },
        "sessionExpiration": 1_795_435_200, "claims": {"a": {"b": [null]}}, "tenantSSOID": "t",
        "nextRefreshSeconds": 120, "cookieName": "DSR", "sessionCookieName": "DS", "sessionCookieDomain": "d",
        "unsavedSSO": true
    })
}

fn all() -> BTreeSet<ReplyField> {
    ReplyField::ALL.iter().map(|(_, field)| *field).collect()
}

fn read(body: &str) -> ReplyFields {
    ReplyFields::read(body.as_bytes(), &all())
}

/// Reads one field of a reply whose `user` and top level both have these members.
fn one(field: &str, members: &str) -> Value {
    read(&format!("{{{members},\"user\":{{{members}}}}}")).value(ReplyField::named(field).unwrap())
}

#[test]
fn every_field_of_the_reply_is_read_with_its_type() {
    let (body, read) = (whole(), read(&whole().to_string()));
    for (name, field) in ReplyField::ALL {
        let (part, original) = field.place();
        let wanted = match part {
            Part::Reply => &body[original],
            Part::User => &body["user"][original],
        };
        assert!(!wanted.is_null() && read.value(field) == *wanted, "{name}: {wanted}");
        assert_ne!(field.sample(), field.empty(), "{name}");
        assert_eq!(field.shape().accepted(wanted.clone()).as_ref(), Some(wanted), "{name}");
    }
    let top = body.as_object().unwrap().keys();
    let known = ["sessionJwt", "refreshJwt", "externalToken", "trustedDeviceJwt"];
    let missing: Vec<_> =
        top.filter(|name| !known.contains(&name.as_str()) && ReplyField::named(name).is_none()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

#[test]
fn only_chosen_fields_are_kept_and_none_is_printed() {
    let chosen = BTreeSet::from([ReplyField::Email, ReplyField::Roles]);
    let read = ReplyFields::read(whole().to_string().as_bytes(), &chosen);
    assert_eq!(Value::Object(read.to_json()), json!({"email": "ann@example.com", "roles": ["admin"]}));
    assert_eq!(format!("{read:?}"), "{Email, Roles}");
    assert_eq!(read.value(ReplyField::UserId), json!(""));
    assert!(ReplyFields::read(whole().to_string().as_bytes(), &BTreeSet::new()).is_empty());
}

#[test]
fn absent_null_zero_and_empty_are_the_same() {
    for (name, field) in ReplyField::ALL {
        let empty = field.empty();
        let (_, original) = field.place();
        for value in ["null".to_owned(), empty.to_string()] {
            assert_eq!(one(name, &format!("\"{original}\":{value}")), empty, "{name}: {value}");
        }
        assert_eq!(read("{}").value(field), empty, "{name}");
    }
}

#[test]
fn a_value_of_another_type_counts_as_absent() {
    for (name, original, value, wanted) in [
        ("userId", "userId", "7", json!("")),
        ("userId", "userId", "[\"U2\"]", json!("")),
        ("userId", "userId", "\"\\ud800\"", json!("")),
        ("name", "name", "\"\\u00e9\\ud83d\\ude00\"", json!("é😀")),
        ("email", "email", "{\"a\":1}", json!("")),
        ("verifiedEmail", "verifiedEmail", "\"true\"", json!(false)),
        ("verifiedEmail", "verifiedEmail", "1", json!(false)),
        ("createdTime", "createdTime", "1e999", json!(0)),
        ("createdTime", "createdTime", "\"1700000000\"", json!(1_700_000_000)),
        ("createdTime", "createdTime", "\"soon\"", json!(0)),
        ("createdTime", "createdTime", "\"+5\"", json!(0)),
        ("createdTime", "createdTime", "600.0", json!(600)),
        ("createdTime", "createdTime", "600.5", json!(0)),
        ("createdTime", "createdTime", "1e300", json!(0)),
        ("createdTime", "createdTime", "18446744073709551615", json!(0)),
        ("cookieMaxAge", "cookieMaxAge", "-1", json!(-1)),
        ("cookieMaxAge", "cookieMaxAge", "true", json!(0)),
        ("loginIds", "loginIds", "\"ann\"", json!([])),
        ("loginIds", "loginIds", "[\"ann\",7]", json!([])),
        ("roles", "roleNames", "{\"admin\":true}", json!([])),
        ("roles", "roles", "[\"admin\"]", json!([])),
        ("tenants", "userTenants", "[7]", json!([])),
        ("tenants", "userTenants", "{}", json!([])),
        (
            "tenants",
            "userTenants",
            r#"[{"tenantId":"T1","roleNames":7,"secret":"x"},{}]"#,
            json!([{"tenantId": "T1"}, {}]),
        ),
        ("customAttributes", "customAttributes", "[1]", json!({})),
        ("customAttributes", "customAttributes", r#"{"a":[1,"b",{"c":null}]}"#, json!({"a": [1, "b", {"c": null}]})),
        ("OAuth", "OAuth", r#"{"google":true,"github":"yes"}"#, json!({"google": true})),
        ("OAuth", "OAuth", "true", json!({})),
        ("idpResponse", "idpResponse", r#"{"idpGroups":["g"],"samlResponse":7}"#, json!({"idpGroups": ["g"]})),
        (
            "idpResponse",
            "idpResponse",
            r#"{"idpSAMLAttributes":{"a":["b"]}}"#,
            json!({"idpSAMLAttributes": {"a": ["b"]}}),
        ),
        ("claims", "claims", "\"a\"", json!({})),
        ("sessionExpiration", "sessionExpiration", "[]", json!(0)),
    ] {
        assert_eq!(one(name, &format!("\"{original}\":{value}")), wanted, "{name}: {value}");
    }
}

#[test]
fn a_body_that_is_odd_elsewhere_loses_no_field() {
    for body in [
        r#"{"half":"\ud800","user":{"userId":"U2","x":1e999}}"#,
        r#"{"user":{"userId":"U1","userId":"U2"},"user2":{}}"#,
        r#"{"user":7,"user":{"userId":"U2"}}"#,
        " {\"user\" : { \"userId\" : \"U2\" } } ",
    ] {
        assert_eq!(read(body).value(ReplyField::UserId), json!("U2"), "{body}");
    }
    let not_utf8 = [b"{\"a\":\"\xff\",".as_slice(), b"\"user\":{\"userId\":\"U2\"}}"].concat();
    assert_eq!(ReplyFields::read(&not_utf8, &all()).value(ReplyField::UserId), json!("U2"));
}

#[test]
fn fields_that_are_too_large_count_as_absent() {
    let deep = format!("{}{}{}", "[".repeat(100), "0,".repeat(20_000) + "0", "]".repeat(100));
    let body = format!(r#"{{"cookieName":"DSR","user":{{"userId":"U2","customAttributes":{{"a":{deep}}}}}}}"#);
    let read = read(&body);
    assert_eq!(read.value(ReplyField::CustomAttributes), json!({}));
    assert_eq!((read.value(ReplyField::UserId), read.value(ReplyField::CookieName)), (json!("U2"), json!("DSR")));
    assert!(serde_json::to_string_pretty(&read.to_json()).unwrap().len() <= 2 * FIELDS_BYTES_MAX);
}

#[test]
fn stored_fields_are_read_as_they_were() {
    let fields = read(&whole().to_string());
    assert_eq!(ReplyFields::from_json(fields.to_json()), Some(fields));
    for foreign in [json!({"sessionJwt": "x"}), json!({"userId": 7}), json!({"roleNames": []})] {
        assert_eq!(ReplyFields::from_json(foreign.as_object().unwrap().clone()), None, "{foreign}");
    }
}

/// Any JSON value with names of the reply.
fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 16, 4, |inner| {
        let name = prop::sample::select(vec!["tenantId", "roleNames", "idpGroups", "google", "userId"]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(name, inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().map(|(name, value)| (name.to_owned(), value)).collect())),
        ]
    })
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes in any::<Vec<u8>>()) {
        let _ = ReplyFields::read(&bytes, &all());
        let _ = ReplyFields::read(&[b"{\"user\":{\"userId\":", &bytes[..]].concat(), &all());
    }

    #[test]
    fn one_bad_field_spoils_no_other(n in 0..ReplyField::ALL.len(), bad in values()) {
        let (_, spoilt) = ReplyField::ALL[n];
        let mut body = whole();
        let (part, original) = spoilt.place();
        match part {
            Part::Reply => body[original] = bad,
            Part::User => body["user"][original] = bad,
        }
        let (before, after) = (read(&whole().to_string()), read(&body.to_string()));
        for (name, field) in ReplyField::ALL {
            let depends = field == spoilt || [field, spoilt].contains(&ReplyField::User);
            prop_assert!(depends || before.value(field) == after.value(field), "{}", name);
        }
        let stored = ReplyFields::from_json(after.to_json());
        prop_assert_eq!(stored, Some(after));
    }
}
