//! Templates in the configuration and in separate files.

use std::fs;

use tokenwell::{
    config::{self, ConfigSource, Environment},
    output::{Format, Template},
};

use crate::case::{refusal, said, written};

#[test]
fn mistakes_in_templates_are_reported_with_their_lines() {
    insta::assert_snapshot!(refusal(r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, format: template}
      - {path: /run/2, format: template, template: "{{ token }}", templateFile: /x}
      - {path: /run/3, format: template, template: }
      - path: /run/4
        format: template
        template: |
          first
          {{ tokn }} {{ expires_at }}
          {{ nobody }}
      - {path: /run/5, format: template, template: "{{ token"}
      - {path: /run/6, format: template, template: "{{ token | sha256 }}"}
      - {path: /run/7, format: template, template: "{{ token | K2canaryCanaryCanaryCanaryCanary }}"}
      - {path: /run/8, format: template, template: "  "}
      - {path: /run/9, format: template, template: "{{ 'x' * 300000 }}"}
      - {path: /run/10, format: template, template: "costs ${5} {{ token }}"}
      - {path: /run/11, format: template, template: "${UNSET} {{ token }}"}
      - {path: /run/12, format: template, template: [x]}
"#, &[]), @r#"
    `/etc/tokenwell/tokenwell.yaml` has 14 mistakes

       line 6, credentials[0].outputs[0]: `template` is missing
               write something like `template: "{{ token }}"`, or `templateFile`
       line 7, credentials[0].outputs[1].templateFile: `template` is set too
               keep one of them
       line 8, credentials[0].outputs[2].template: no value
               give it one, or remove the line
      line 11, credentials[0].outputs[3].template: line 2 of the template: there is no field `expires_at`
               did you mean `expiresAt`?
      line 11, credentials[0].outputs[3].template: line 3 of the template: there is no field `nobody`
               known here: `token`, `tokenType`, `credential`, `projectId`, `keyId`, `subject`, `issuedAt`, `expiresAt`, `renewAt`, `issuedAtUnix`, `expiresAtUnix`, `renewAtUnix`, `claims`
      line 11, credentials[0].outputs[3].template: line 2 of the template: there is no field `tokn`
               did you mean `token`?
      line 15, credentials[0].outputs[4].template: line 1 of the template: unexpected end of input, expected end of variable block
               the language is Jinja: `{{ token }}` is a field, `{% raw %}…{% endraw %}` keeps braces as they are
      line 16, credentials[0].outputs[5].template: line 1 of the template: there is no filter `sha256`
               the filters are `b64encode`, `default`, `first`, `items`, `join`, `last`, `length`, `lower`, `replace`, `split`, `string`, `tojson`, `trim` and `upper`; the tests `defined`, `mapping`, `none`, `number`, `sequence`, `string` and `undefined`
      line 17, credentials[0].outputs[6].template: line 1 of the template: there is no filter a value of 32 characters
               the filters are `b64encode`, `default`, `first`, `items`, `join`, `last`, `length`, `lower`, `replace`, `split`, `string`, `tojson`, `trim` and `upper`; the tests `defined`, `mapping`, `none`, `number`, `sequence`, `string` and `undefined`
      line 18, credentials[0].outputs[7].template: the template renders to nothing, and a token file must not be empty
               put a field into it, such as `{{ token }}`
      line 19, credentials[0].outputs[8].template: the template or its result is too long
               at most 64 KiB, and 256 KiB for the result
      line 20, credentials[0].outputs[9].template: the text between `${` and `}` is not a variable name
               use letters, digits and `_`, as in `${NAME}`; there are no default values
      line 21, credentials[0].outputs[10].template: the environment variable `UNSET` is not set
               set it, or write the value here
      line 22, credentials[0].outputs[11].template: expected text, found a list
               write one text here
    "#);
}

#[test]
fn words_of_other_languages_have_hints() {
    let refused = |template: &str| {
        let yaml = format!(
            "projectId: P2abc\ncredentials:\n  - name: a\n    accessKeyFile: /keys/a\n    outputs:\n      - path: /run/a\n        \
             format: template\n        template: '{}'\n",
            template.replace('\'', "''")
        );
        refusal(&yaml, &[])
    };
    for (template, hint) in [
        ("Bearer $TOKEN", "write `{{ token }}`"),
        ("Bearer %{token}", "write `{{ token }}`"),
        ("Bearer { token }", "write `{{ token }}`"),
        ("<%= token %>", "write `{{ token }}`"),
        ("{% if token %}Bearer $$TOKEN{% endif %}", "write `{{ token }}`"),
        ("{% for k, v in claims.items() %}{{ k }}={{ v }}{% endfor %}", "`{% for name, value in claims | items %}`"),
        ("{% for k in claims.keys() %}{{ k }}{% endfor %}", "`{% for name in claims %}`"),
        ("{{ claims.get('tier') }}", "`claims.x | default(\"\")`"),
        ("{{ token.upper() }}", "`{{ token | upper }}`"),
        ("{{ '{}'.format(token) }}", "by `~`"),
        ("{% if claims.tier.startswith('g') %}{{ token }}{% endif %}", "`claims.x[:3] == \"abc\"`"),
        ("{{ env('HOME') }}{{ token }}", "no functions"),
        ("{% for n in range(3) %}{{ token }}{% endfor %}", "no functions"),
        ("{{ token | sha256 }}", "the filters are"),
        ("{{ token is odd }}", "the tests `defined`"),
        ("{{ token.value }}", "write `{{ token }}`"),
        ("{{ .Token }}", "the language is Jinja"),
        ("{{ with secret \"a\" }}{{ .Data }}{{ end }}", "the language is Jinja"),
        ("{{ Token }}", "did you mean `token`?"),
    ] {
        let refused = refused(template);
        assert!(refused.contains("has a mistake"), "{template}: {refused}");
        assert!(refused.contains(hint), "{template}: {refused}");
    }
}

#[test]
fn a_template_file_must_be_a_short_text_that_is_no_output() {
    let (folder, path) = written(b"");
    let at = |name: &str| folder.path().join(name);
    fs::write(at("long"), "x".repeat(64 * 1024 + 1)).unwrap();
    fs::write(at("binary"), b"x\n\xff").unwrap();
    fs::write(at("broken"), "a\n$5 {{ tokn }}\n").unwrap();
    fs::write(at("good"), "{{ token }}").unwrap();
    let yaml = r"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, format: template, templateFile: relative}
      - {path: /run/2, format: template, templateFile: DIR/missing}
      - {path: /run/3, format: template, templateFile: DIR}
      - {path: /run/4, format: template, templateFile: DIR/long}
      - {path: /run/5, format: template, templateFile: DIR/binary}
      - {path: /run/6, format: template, templateFile: DIR/broken}
      - {path: /run/7, format: template, templateFile: DIR/good}
      - {path: DIR/good}
      - {path: /run/9, format: template, templateFile: DIR/good}
";
    fs::write(&path, yaml.replace("DIR", folder.path().to_str().unwrap())).unwrap();
    insta::assert_snapshot!(said(&folder, &path, &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has 8 mistakes

       line 6, credentials[0].outputs[0].templateFile: `relative` is not an absolute path
               write it in full, such as `/etc/tokenwell/relative`
       line 7, credentials[0].outputs[1].templateFile: cannot use template `/etc/tokenwell/missing`: there is no such file
               create it, name another, or write the template itself as `template`
       line 8, credentials[0].outputs[2].templateFile: cannot use template `/etc/tokenwell`: it is not a regular file
               name a text file
       line 9, credentials[0].outputs[3].templateFile: cannot use template `/etc/tokenwell/long`: it is larger than 64 KiB
               shorten it
      line 10, credentials[0].outputs[4].templateFile: cannot use template `/etc/tokenwell/binary`: line 2 is not UTF-8
               save it as UTF-8
      line 11, credentials[0].outputs[5].templateFile: line 2 of the template: there is no field `tokn`
               did you mean `token`?
      line 13, credentials[0].outputs[7].path: the same file as `credentials[0].outputs[6].templateFile`: a token would replace it
               write tokens somewhere else
      line 13, credentials[0].outputs[7].path: the same file as `credentials[0].outputs[8].templateFile`: a token would replace it
               write tokens somewhere else
    ");
}

#[test]
fn variables_expand_in_inline_templates_only() {
    let (folder, path) = written(b"");
    fs::write(folder.path().join("t"), "${HOST} $5 {{ token }}").unwrap();
    let yaml = r#"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs:
      - {path: /run/1, format: template, template: "${HOST} $$5 {{ token }}"}
      - {path: /run/2, format: template, templateFile: DIR/t}
"#;
    fs::write(&path, yaml.replace("DIR", folder.path().to_str().unwrap())).unwrap();
    let environment: Environment = [("HOST", "example.com")].into_iter().collect();
    let load = || config::load(&ConfigSource::file(&path), &environment).unwrap().config;
    let outputs = load().credentials.remove(0).outputs;
    let [Format::Template(inline), Format::Template(file)] = [&outputs[0].format, &outputs[1].format] else {
        panic!("{outputs:?}")
    };
    assert_eq!((inline, file.file().is_some()), (&Template::parse("example.com $5 {{ token }}", None).unwrap(), true));
    assert_eq!(file.len(), "${HOST} $5 {{ token }}".len());
    let before = load();
    assert_eq!(load(), before);
    fs::write(folder.path().join("t"), "{{ token }}").unwrap();
    assert_ne!(load(), before, "a changed template is another configuration");
}

#[test]
fn a_template_file_that_is_missing_is_reported_with_its_remedy() {
    insta::assert_snapshot!(refusal(r"projectId: P2abc
credentials:
  - name: a
    accessKeyFile: /keys/a
    outputs: [{path: /run/a, format: template, templateFile: /no/such}]
", &[]), @r"
    `/etc/tokenwell/tokenwell.yaml` has a mistake

      line 5, credentials[0].outputs[0].templateFile: cannot use template `/no/such`: there is no such file
              create it, name another, or write the template itself as `template`
    ");
}

#[test]
fn a_field_written_as_a_variable_has_a_hint() {
    for name in ["token", "TOKEN"] {
        let yaml = format!(
            "projectId: P2abc\ncredentials:\n- name: a\n  accessKeyFile: /k/a\n  outputs:\n  - path: /run/a\n    format: template\n    template: Bearer ${{{name}}}\n"
        );
        assert!(refusal(&yaml, &[]).contains("write `{{ token }}` for the field"), "{name}");
    }
}
