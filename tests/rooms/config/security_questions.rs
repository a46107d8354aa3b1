//! `securityQuestions` of a credential.

use std::path::Path;

use tokenwell::source::{Kind, SecurityQuestions, TokenChain};

use crate::case::{check, good, refusal};

const WHOLE: &str = "{loginId: user@example.com, answersFile: /keys/answers.json, refreshTokenFile: /keys/refresh}";

fn with(source: &str) -> String {
    format!("projectId: P2abc\ncredentials:\n  - name: a\n    {source}\n    outputs: [{{path: /run/a.jwt}}]\n")
}

fn questions(section: &str) -> SecurityQuestions {
    let config = good(&with(&format!("securityQuestions: {section}")), &[("USER_ID", "jo")]).config;
    match config.credentials[0].source.kind.clone() {
        Kind::SecurityQuestions(questions) => questions,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_fields_are_read_and_stepup_is_off_by_default() {
    let read = questions(WHOLE);
    assert_eq!((read.login_id.as_str(), read.step_up), ("user@example.com", false));
    assert_eq!(read.answers_file, Path::new("/keys/answers.json"));
    assert_eq!(read.chain.file, Path::new("/keys/refresh"));
    let step_up = WHOLE.replace("loginId: user@example.com", "loginId: \"${USER_ID}\", stepup: true");
    assert_eq!((questions(&step_up).login_id, questions(&step_up).step_up), ("jo".to_owned(), true));
    assert_ne!(read.chain, TokenChain::at("/keys/refresh"), "tokens that replace it have a place");
}

#[test]
fn every_mistake_in_the_section_is_reported_with_its_remedy() {
    for (section, said) in [
        ("{}", "credentials[0].securityQuestions: `loginId` is missing"),
        ("{}", "credentials[0].securityQuestions: `answersFile` is missing"),
        ("{}", "credentials[0].securityQuestions: `refreshTokenFile` is missing"),
        ("/keys/answers.json", "credentials[0].securityQuestions: expected fields, found text"),
        ("{loginID: x}", "did you mean `loginId`?"),
        ("{stepUp: true}", "did you mean `stepup`?"),
        ("{stepup: \"yes\"}", "credentials[0].securityQuestions.stepup: `yes` is text"),
        ("{loginId: 7}", "credentials[0].securityQuestions.loginId: expected text"),
        ("{loginId: \" \"}", "credentials[0].securityQuestions.loginId: empty"),
        ("{answersFile: answers.json}", "credentials[0].securityQuestions.answersFile: not an absolute path"),
        ("{answersFile: /keys/}", "credentials[0].securityQuestions.answersFile: `/keys/` is a folder"),
        ("{refreshTokenFile: x}", "credentials[0].securityQuestions.refreshTokenFile: not an absolute path"),
        ("{refreshWarnBefore: 1d}", "credentials[0].securityQuestions.refreshWarnBefore: unknown field"),
    ] {
        let refused = refusal(&with(&format!("securityQuestions: {section}")), &[]);
        assert!(refused.contains(said), "{section}: {refused}");
    }
}

#[test]
fn a_refresh_token_of_two_credentials_is_warned_about() {
    let two = |other: &str| {
        let second = format!("  - name: b\n    refreshTokenFile: {other}\n    outputs: [{{path: /run/b.jwt}}]\n");
        let warnings = good(&(with(&format!("securityQuestions: {WHOLE}")) + &second), &[]).warnings;
        warnings.iter().map(ToString::to_string).collect::<Vec<_>>()
    };
    let warned = two("/keys/refresh");
    let said = "credentials[1].refreshTokenFile: the same file as `credentials[0].securityQuestions.refreshTokenFile`";
    assert!(warned.len() == 1 && warned[0].contains(said), "{warned:?}");
    assert_eq!(two("/keys/other"), Vec::<String>::new());
}

#[test]
fn a_credential_has_one_kind_of_source() {
    for other in ["accessKeyFile: /keys/a", "refreshTokenFile: /keys/other"] {
        let refused = refusal(&with(&format!("securityQuestions: {WHOLE}\n    {other}")), &[]);
        assert!(refused.contains("is set too, and a credential has one source"), "{refused}");
    }
    let refused = refusal(&with(&format!("securityQuestions: {WHOLE}\n    selectedTenant: T2")), &[]);
    assert!(refused.contains("`selectedTenant` is for `accessKeyFile`"), "{refused}");
    let refused = refusal(
        &format!(
            "projectId: P2abc\ncredentialsFrom: [{{securityQuestions: {WHOLE}, accessKeyDirectory: /k, outputs: [{{path: \"/run/{{name}}\"}}]}}]\n"
        ),
        &[],
    );
    assert!(refused.contains("securityQuestions: unknown field"), "{refused}");
}

#[test]
fn secrets_in_the_file_are_refused_and_never_quoted() {
    for source in [
        "securityQuestions: {loginId: u, answersFile: CANARYblue, refreshTokenFile: /keys/refresh}".to_owned(),
        "securityQuestions: {loginId: u, answersFile: [{id: a, answer: CANARY}], refreshTokenFile: /keys/refresh}"
            .to_owned(),
        "securityQuestions: {loginId: u, answersFile: /a, refreshTokenFile: eyJCANARY.eyJCANARY.CANARY}".to_owned(),
        format!("securityQuestions: {}", WHOLE.replace("loginId", "answers: [{id: a, answer: CANARY}], loginId")),
        format!("securityQuestions: {}", WHOLE.replace("loginId", "answers: CANARY, loginId")),
        format!("securityQuestions: {}", WHOLE.replace("loginId", "refreshToken: eyJCANARY, loginId")),
        format!("securityQuestions: {WHOLE}\n    answers: {{a: CANARY}}"),
        format!("securityQuestions: {WHOLE}\n    refreshToken: eyJCANARY"),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let output = check(&folder, &with(&source));
        let said = [output.stdout, output.stderr].map(|said| String::from_utf8(said).unwrap()).concat();
        assert_eq!(output.status.code(), Some(2), "{source}: {said}");
        assert!(!said.contains("CANARY"), "{said}");
    }
}

#[test]
fn a_token_may_not_replace_a_secret_file() {
    for path in ["/keys/answers.json", "/keys/refresh"] {
        let yaml = with(&format!("securityQuestions: {WHOLE}")).replace("/run/a.jwt", path);
        let refused = refusal(&yaml, &[]);
        assert!(refused.contains("a token would replace it"), "{refused}");
    }
}

#[test]
fn a_missing_file_is_a_warning_of_the_check() {
    let folder = tempfile::tempdir().unwrap();
    let yaml = with(&format!("securityQuestions: {WHOLE}")).replace("/keys/", "DIR/").replace("/run/", "DIR/");
    let output = check(&folder, &yaml);
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(0), "{said}");
    for file in ["answers file", "refresh token file"] {
        assert!(said.contains(&format!("warning: {file} `")) && said.contains("is missing"), "{said}");
    }
    let plan = String::from_utf8(output.stdout).unwrap();
    assert!(plan.contains("login id") && plan.contains("user@example.com"), "{plan}");
}
