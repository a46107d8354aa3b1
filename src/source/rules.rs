//! The rules of `verify` for the claims of a session.

use std::fmt;

use serde_json::{Map, Number, Value};

use super::broken_rule::BrokenRule;

/// What the claims of a session must be (`verify`). Empty rules accept every session.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct Rules {
    /// The text that `aud` is or contains.
    pub audience: Option<String>,
    /// The tenant: `dct`, or a member of `tenants` if there is no `dct`.
    pub tenant: Option<String>,
    /// Top-level claims with their exact values.
    pub claims: Map<String, Value>,
}

impl Rules {
    /// Whether every session meets them.
    pub fn is_empty(&self) -> bool {
        self.audience.is_none() && self.tenant.is_none() && self.claims.is_empty()
    }

    /// Checks all claims of a session against every rule.
    pub(super) fn check(&self, claims: &Map<String, Value>) -> Result<(), BrokenRule> {
        if self.audience.as_ref().is_some_and(|audience| !is_for_audience(claims, audience)) {
            return Err(BrokenRule::Audience);
        }
        if self.tenant.as_ref().is_some_and(|tenant| !is_of_tenant(claims, tenant)) {
            return Err(BrokenRule::Tenant);
        }
        let differs =
            |(name, value): &(&String, &Value)| !claims.get(*name).is_some_and(|actual| is_same(value, actual));
        match self.claims.iter().find(differs) {
            Some((name, _)) => Err(BrokenRule::Claim { name: name.clone() }),
            None => Ok(()),
        }
    }

    /// Returns the name of each rule, for display.
    pub(super) fn names(&self) -> Vec<String> {
        let audience = self.audience.as_ref().map(|_| "audience".to_owned());
        let tenant = self.tenant.as_ref().map(|_| "tenant".to_owned());
        let claims = self.claims.keys().map(|name| format!("claims.{}", name.escape_debug()));
        audience.into_iter().chain(tenant).chain(claims).collect()
    }
}

/// Expected values may be confidential, so only the names of the rules are printed.
impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Rules").field(&self.names()).finish()
    }
}

/// Whether `aud` is the audience or a list that contains it (RFC 7519 section 4.1.3).
fn is_for_audience(claims: &Map<String, Value>, audience: &str) -> bool {
    match claims.get("aud") {
        Some(Value::String(aud)) => aud == audience,
        Some(Value::Array(list)) => list.iter().any(|aud| aud.as_str() == Some(audience)),
        Some(Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_)) | None => false,
    }
}

/// Whether the current tenant is this one; without a current tenant, whether this one is among the tenants.
fn is_of_tenant(claims: &Map<String, Value>, tenant: &str) -> bool {
    match claims.get("dct") {
        Some(Value::String(current)) if !current.is_empty() => current == tenant,
        Some(Value::Bool(_) | Value::Number(_) | Value::Array(_) | Value::Object(_)) => false,
        Some(Value::String(_) | Value::Null) | None => {
            claims.get("tenants").and_then(Value::as_object).is_some_and(|tenants| tenants.contains_key(tenant))
        }
    }
}

/// Whether two values are equal with their types. JSON has one type of numbers, so `1` equals `1.0`.
fn is_same(one: &Value, other: &Value) -> bool {
    match (one, other) {
        (Value::Number(one), Value::Number(other)) => is_same_number(one, other),
        (Value::Array(one), Value::Array(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| is_same(one, other))
        }
        (Value::Object(one), Value::Object(other)) => {
            one.len() == other.len()
                && one.iter().all(|(name, value)| other.get(name).is_some_and(|other| is_same(value, other)))
        }
        (
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) | Value::Object(_),
            _,
        ) => one == other,
    }
}

/// Whole numbers are compared exactly, because floating-point numbers cannot represent all of them.
fn is_same_number(one: &Number, other: &Number) -> bool {
    one == other || (one.is_f64() || other.is_f64()) && one.as_f64() == other.as_f64()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn rules(rules: &Value) -> Rules {
        let text = |name: &str| rules[name].as_str().map(str::to_owned);
        let claims = rules["claims"].as_object().cloned().unwrap_or_default();
        Rules { audience: text("audience"), tenant: text("tenant"), claims }
    }

    fn broken(rules: &Rules, claims: &Value) -> Option<String> {
        rules.check(claims.as_object().unwrap()).err().map(|rule| rule.to_string())
    }

    #[test]
    fn each_rule_accepts_what_it_names_and_nothing_else() {
        let tier = |value: Value| json!({"claims": {"tier": value}});
        let (audience, tenant) = (json!({"audience": "my-api"}), json!({"tenant": "T1"}));
        let deep = || json!({"a": [1, {"b": "c"}], "d": true});
        for (rule, claims, is_met) in [
            (json!({}), json!({}), true),
            (audience.clone(), json!({"aud": "my-api"}), true),
            (audience.clone(), json!({"aud": ["other", "my-api"]}), true),
            (audience.clone(), json!({"aud": "my-api2"}), false),
            (audience.clone(), json!({"aud": "My-api"}), false),
            (audience.clone(), json!({"aud": "other my-api"}), false),
            (audience.clone(), json!({"aud": []}), false),
            (audience.clone(), json!({"aud": [["my-api"]]}), false),
            (audience.clone(), json!({"aud": {"my-api": true}}), false),
            (audience.clone(), json!({"aud": null}), false),
            (audience, json!({}), false),
            (tenant.clone(), json!({"dct": "T1"}), true),
            (tenant.clone(), json!({"dct": "T1", "tenants": {}}), true),
            (tenant.clone(), json!({"dct": "T2", "tenants": {"T1": {}}}), false),
            (tenant.clone(), json!({"dct": 1, "tenants": {"T1": {}}}), false),
            (tenant.clone(), json!({"dct": ["T1"]}), false),
            (tenant.clone(), json!({"dct": "", "tenants": {"T1": {}}}), true),
            (tenant.clone(), json!({"dct": null, "tenants": {"T1": null}}), true),
            (tenant.clone(), json!({"tenants": {"T2": {"T1": {}}}}), false),
            (tenant.clone(), json!({"tenants": ["T1"]}), false),
            (tenant.clone(), json!({"tenants": "T1"}), false),
            (tenant, json!({}), false),
            (tier(json!("gold")), json!({"tier": "gold"}), true),
            (tier(json!("gold")), json!({"tier": "Gold"}), false),
            (tier(json!("gold")), json!({"tier": ["gold"]}), false),
            (tier(json!("gold")), json!({"nsec": {"tier": "gold"}}), false),
            (tier(json!("gold")), json!({}), false),
            (tier(json!(1)), json!({"tier": 1}), true),
            (tier(json!(1)), json!({"tier": "1"}), false),
            (tier(json!("1")), json!({"tier": 1}), false),
            (tier(json!(1)), json!({"tier": 1.0}), true),
            (tier(json!(1)), json!({"tier": true}), false),
            (tier(json!(9_007_199_254_740_993_u64)), json!({"tier": 9_007_199_254_740_992_u64}), false),
            (tier(json!(-1)), json!({"tier": -1.0}), true),
            (tier(json!(false)), json!({"tier": 0}), false),
            (tier(json!(false)), json!({"tier": null}), false),
            (tier(json!([])), json!({"tier": {}}), false),
            (tier(json!([1, 2])), json!({"tier": [2, 1]}), false),
            (tier(json!([1, 2])), json!({"tier": [1, 2, 3]}), false),
            (tier(deep()), json!({"tier": {"d": true, "a": [1.0, {"b": "c"}]}}), true),
            (tier(deep()), json!({"tier": {"d": true, "a": [1, {"b": "c", "e": 1}]}}), false),
        ] {
            assert_eq!(broken(&rules(&rule), &claims).is_none(), is_met, "{rule} and {claims}");
        }
    }

    #[test]
    fn a_broken_rule_is_named_without_any_value() {
        let all = rules(&json!({"audience": "CANARY-a", "tenant": "CANARY-t", "claims": {"tier": "CANARY-c", "b": 1}}));
        let said = |claims: Value| broken(&all, &claims).unwrap();
        let others = [
            said(json!({"aud": "CANARY-x"})),
            said(json!({"aud": "CANARY-a", "dct": "CANARY-x"})),
            said(json!({"aud": "CANARY-a", "dct": "CANARY-t", "tier": "CANARY-x", "b": 1})),
            said(json!({"aud": "CANARY-a", "dct": "CANARY-t", "tier": "CANARY-c"})),
        ];
        for (said, name) in
            others.iter().zip(["verify.audience", "verify.tenant", "verify.claims.tier", "verify.claims.b"])
        {
            assert!(said.contains(&format!("`{name}`")) && !said.contains("CANARY"), "{said}");
        }
        assert_eq!(format!("{all:?}"), r#"Rules(["audience", "tenant", "claims.b", "claims.tier"])"#);
    }
}
