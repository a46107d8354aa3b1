//! Characters that cannot be seen or look like others.

use crate::case::{BARE, good, refusal, tokenwell};

#[test]
fn an_unseen_character_is_named_with_its_line_and_column() {
    for (yaml, line, column, name, remedy) in [
        ("projectId:\u{a0}P2abc\ncredentials: []\n", 1, 11, "U+00A0, no-break space", "an ordinary space"),
        ("projectId: P2abc\nlog:\n\u{a0}\u{a0}level: info\n", 3, 1, "U+00A0, no-break space", "an ordinary space"),
        ("projectId: P2abc\nlog:\n  level:\u{3000}info\n", 3, 9, "U+3000, ideographic space", "an ordinary space"),
        (
            "projectId: P2abc\ncredentials:\n  -\u{2003}name: a\n",
            3,
            4,
            "U+2003, wide or narrow space",
            "an ordinary space",
        ),
        ("projectId: P2abc\n\u{200b}log: {}\n", 2, 1, "U+200B, zero-width space", "remove it"),
        ("projectId: P2abc\nlog: {level\u{a0}: info}\n", 2, 12, "U+00A0, no-break space", "an ordinary space"),
        ("projectId: P2abc\nlog: {}\u{feff}\n", 2, 8, "U+FEFF, byte order mark", "remove it"),
        ("projectId: P2abc # a\u{2028}log: {}\n", 1, 21, "U+2028, line separator", "remove it"),
        ("projectId: P2abc\nlog: {level: \"in\u{85}fo\"}\n", 2, 17, "U+0085, next-line character", "remove it"),
        ("projectId: P2abc\u{1b}[0m\n", 1, 17, "U+001B, control character", "remove it"),
        ("projectId： P2abc\nlog: {}\n", 1, 10, "U+FF1A, full-width character", "`:`"),
        ("projectId: P2abc\nstateDirectory: /run/a\u{200b}\n", 2, 23, "U+200B, zero-width space", "remove it"),
        ("projectId: P2abc\nbaseUrl: https://api.descope.com\u{a0}\n", 2, 33, "U+00A0", "an ordinary space"),
        ("projectId: P2abc\nbaseUrl: “https://api.descope.com”\n", 2, 10, "U+201C, curly quote", "`\"`"),
        ("projectId: ‘P2abc’\nlog: {}\n", 1, 12, "U+2018, curly quote", "`'`"),
        (
            "projectId: P2abc\r\nstateDirectory: \"/run/\u{202e}a\"\r\n",
            2,
            23,
            "U+202E, mark for the direction",
            "remove it",
        ),
        ("projectId: P2abc\ncredentials: [{name: a\u{ad}b}]\n", 2, 23, "U+00AD, soft hyphen", "remove it"),
    ] {
        let refusal = refusal(yaml, &[]);
        let expected = [format!("line {line}"), name.to_owned(), format!("column {column}"), remedy.to_owned()];
        for part in expected {
            assert!(refusal.contains(&part), "{part}: {yaml:?}: {refusal}");
        }
        assert!(!refusal.contains("not YAML") && !refusal.contains("unknown field"), "{yaml:?}: {refusal}");
    }
}

#[test]
fn an_unseen_character_in_a_comment_or_a_free_text_is_accepted() {
    for rest in [
        "# a\u{a0}comment with “quotes”, a – dash and \u{200b}nothing\n",
        "# a line separator at the end\u{2028}\n",
        "log: {level: info} #\u{a0}a comment\n",
        "stateDirectory: \"/run/a\\u00a0b\"\n",
        "stateDirectory: /run/ärger–中文（1）\n",
    ] {
        good(&format!("{BARE}{rest}"), &[]);
    }
    let claims = BARE.replace("name: a,", "name: a, customClaims: {title: “a”\u{a0}b, \"k–\": ['\u{200d}']},");
    good(&claims, &[]);
    good(
        "projectId: P2abc\ncredentials:\n- name: a\n  accessKeyFile: /k/a\n  outputs:\n  - path: /run/a\n    format: template\n    template: |\n      “{{ token }}”\u{a0}\n",
        &[],
    );
}

#[test]
fn an_unseen_character_in_a_flag_or_a_variable_is_named() {
    let ended = tokenwell(&["check", "--project-id=P2abc", "--access-key-file=/k/a", "--output=/run/a\u{a0}.jwt"], &[]);
    let said = String::from_utf8(ended.stderr).unwrap();
    assert!(
        ended.status.code() == Some(2) && said.contains("--output") && said.contains("U+00A0, no-break space"),
        "{said}"
    );
    let said = refusal(&format!("{BARE}stateDirectory: ${{PLACE}}/a\n"), &[("PLACE", "/run/\u{200b}")]);
    assert!(said.contains("stateDirectory") && said.contains("U+200B, zero-width space"), "{said}");
}
