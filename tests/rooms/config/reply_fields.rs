//! Fields of the reply that outputs name.

use tokenwell::{output::Format, session::ReplyField};

use crate::case::{good, refusal};

#[test]
fn each_output_has_its_own_fields_and_the_source_all_of_them() {
    let config = good(
        "projectId: P2abc
credentials:
  - name: a
    refreshTokenFile: /keys/a
    outputs:
      - {path: /run/1}
      - {path: /run/2, format: json, claims: [sub], fields: [userId, roles]}
      - {path: /run/3, format: template, template: \"{{ fields.email }} {{ fields['roles'] | join(',') }}\", fields: [email, roles]}
credentialsFrom:
  - {accessKeyDirectory: /keys/all, outputs: [{path: \"/run/{name}.json\", format: json, fields: [cookieDomain]}]}
",
        &[],
    )
    .config;
    let credential = &config.credentials[0];
    let of = |format: &Format| format.fields().collect::<Vec<_>>();
    assert_eq!(of(&credential.outputs[0].format), []);
    assert_eq!(of(&credential.outputs[1].format), [ReplyField::UserId, ReplyField::Roles]);
    assert_eq!(of(&credential.outputs[2].format), [ReplyField::Email, ReplyField::Roles]);
    let all: Vec<_> = credential.source.fields.iter().copied().collect();
    assert_eq!(all, [ReplyField::UserId, ReplyField::Email, ReplyField::Roles]);
    let each = config.key_directories[0].credential("b").unwrap();
    assert_eq!(each.source.fields, [ReplyField::CookieDomain].into());
}

#[test]
fn every_field_of_the_reply_can_be_chosen() {
    let names = ReplyField::ALL.map(|(name, _)| name).join(", ");
    let yaml = format!(
        "projectId: P2abc\ncredentials: [{{name: a, accessKeyFile: /keys/a, outputs: [{{path: /run/1, format: json, fields: [{names}]}}]}}]\n"
    );
    assert_eq!(good(&yaml, &[]).config.credentials[0].source.fields.len(), ReplyField::ALL.len());
}

#[test]
fn mistakes_in_fields_are_reported() {
    insta::assert_snapshot!(refusal("projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, fields: [userId]}
      - {path: /run/2, format: env, fields: [userId]}
      - {path: /run/3, format: header, fields: [userId]}
      - {path: /run/4, format: json, fields: []}
      - {path: /run/5, format: json, fields: userId}
      - {path: /run/6, format: json, fields: [userId, userId, useid, roleNames, userTenants, nothing, 7]}
      - {path: /run/7, format: json, fields: [sessionJwt, refreshJwt, externalToken, trustedDeviceJwt]}
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 15 mistakes

       line 6, credentials[0].outputs[0].fields: `fields` is for `format: json` or `format: template`
               write `format: json` or `format: template`, or remove `fields`
       line 7, credentials[0].outputs[1].fields: `fields` is for `format: json` or `format: template`
               write `format: json` or `format: template`, or remove `fields`
       line 8, credentials[0].outputs[2].fields: `fields` is for `format: json` or `format: template`
               write `format: json` or `format: template`, or remove `fields`
       line 9, credentials[0].outputs[3].fields: no field is listed
               name one, or remove the line
      line 10, credentials[0].outputs[4].fields: expected a list, found text
               begin every entry with `- `
      line 11, credentials[0].outputs[5].fields[1]: `userId` is listed twice
               list every field once
      line 11, credentials[0].outputs[5].fields[2]: there is no field `useid`
               did you mean `userId`?
      line 11, credentials[0].outputs[5].fields[3]: there is no field `roleNames`
               the field for it is `roles`
      line 11, credentials[0].outputs[5].fields[4]: there is no field `userTenants`
               the field for it is `tenants`
      line 11, credentials[0].outputs[5].fields[5]: there is no field `nothing`
               known here: `userId`, `loginIds`, `externalIds`, `name`, `givenName`, `middleName`, `familyName`, `email`, `verifiedEmail`, `phone`, `verifiedPhone`, `picture`, `status`, `test`, `editable`, `createdTime`, `consentExpiration`, `roles`, `permissions`, `tenants`, `ssoAppIds`, `customAttributes`, `TOTP`, `SAML`, `OIDC`, `OAuth`, `webauthn`, `password`, `push`, `SCIM`, `user`, `firstSeen`, `idpResponse`, `claims`, `tenantSSOID`, `unsavedSSO`, `sessionExpiration`, `nextRefreshSeconds`, `cookieName`, `cookieDomain`, `cookiePath`, `cookieMaxAge`, `cookieExpiration`, `sessionCookieName`, `sessionCookieDomain`
      line 11, credentials[0].outputs[5].fields[6]: expected text, found a number
               put it in quotes
      line 12, credentials[0].outputs[6].fields[0]: `sessionJwt` is a token, and no output may show it
               remove it; the session itself is the field `token`
      line 12, credentials[0].outputs[6].fields[1]: `refreshJwt` is a token, and no output may show it
               remove it; the session itself is the field `token`
      line 12, credentials[0].outputs[6].fields[2]: `externalToken` is a token, and no output may show it
               remove it; the session itself is the field `token`
      line 12, credentials[0].outputs[6].fields[3]: `trustedDeviceJwt` is a token, and no output may show it
               remove it; the session itself is the field `token`
    ");
}

#[test]
fn templates_name_chosen_fields_only() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, format: template, template: "{{ token }} {{ fields.userId }}"}
      - {path: /run/2, format: template, template: "{{ token }} {{ fields.email }} {{ fields.nothing }}", fields: [userId, name]}
      - {path: /run/3, format: template, template: "{{ token }} {{ fields['email'] }}", fields: [userId]}
      - {path: /run/4, format: template, template: "{% set f = fields %}{{ f.email }}", fields: [userId]}
"#, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 5 mistakes

      line 6, credentials[0].outputs[0].template: line 1 of the template: there is no field `fields`
              choose fields of the reply beside the template, such as `fields: [userId]`
      line 7, credentials[0].outputs[1].template: line 1 of the template: there is no `email` in `fields`
              add `email` to the `fields` of this output
      line 7, credentials[0].outputs[1].template: line 1 of the template: there is no `nothing` in `fields`
              it has `userId`, `name`
      line 8, credentials[0].outputs[2].template: line 1 of the template: undefined value
              the language is Jinja: `{{ token }}` is a field, `{% raw %}…{% endraw %}` keeps braces as they are; `fields` has `userId`
      line 9, credentials[0].outputs[3].template: line 1 of the template: undefined value
              the language is Jinja: `{{ token }}` is a field, `{% raw %}…{% endraw %}` keeps braces as they are; `fields` has `userId`
    ");
}
