//! The words and marks by which a text that is no secret is recognised.

pub(super) const QUOTES: [char; 9] =
    ['"', '\'', '`', '\u{2018}', '\u{2019}', '\u{201c}', '\u{201d}', '\u{ab}', '\u{bb}'];
pub(super) const QUOTE_PAIRS: [(char, char); 7] = [
    ('"', '"'),
    ('\'', '\''),
    ('`', '`'),
    ('\u{2018}', '\u{2019}'),
    ('\u{201c}', '\u{201d}'),
    ('\u{201d}', '\u{201d}'),
    ('\u{ab}', '\u{bb}'),
];
/// What programs replace: shells and envsubst, make and Kubernetes, Helm and Jinja, `CloudFormation`, Concourse, Windows, autoconf and Maven,
/// Azure Pipelines, Octopus, and people.
pub(super) const ENCLOSING: [(&str, &str); 12] = [
    ("${", "}"),
    ("$(", ")"),
    ("{{", "}}"),
    ("{%", "%}"),
    ("((", "))"),
    ("<", ">"),
    ("%", "%"),
    ("@", "@"),
    ("__", "__"),
    ("#{", "}"),
    ("#{", "}#"),
    ("[", "]"),
];
/// How the output of programs that encrypt begins: sops and eyaml, Jasypt, Ansible Vault, age, PGP, Vault's transit engine, Spring
/// Cloud Config, AWS KMS, OpenSSL.
pub(super) const ENCRYPTED: [&str; 13] = [
    "ENC[",
    "ENC(",
    "$ANSIBLE_VAULT;",
    "!vault",
    "age-encryption.org/",
    "-----BEGIN AGE ENCRYPTED FILE",
    "-----BEGIN PGP MESSAGE",
    "vault:v1:",
    "vault:v2:",
    "vault:v3:",
    "{cipher}",
    "AQICAH",
    "U2FsdGVkX1",
];
/// How references to secret stores begin, in lower case: Vault, vals, 1Password, AWS, Google, Azure, Bitwarden, Doppler, Infisical.
pub(super) const REFERENCES: [&str; 26] = [
    "vault:",
    "vault://",
    "ref+",
    "op://",
    "arn:",
    "aws-sm:",
    "awssm:",
    "awsssm:",
    "ssm:",
    "sm://",
    "gcp-sm:",
    "gcpsm:",
    "gcp:",
    "projects/",
    "azurekv:",
    "akv:",
    "akvs:",
    "keyvault:",
    "@microsoft.keyvault(",
    "secretref:",
    "secret://",
    "bws:",
    "doppler:",
    "infisical:",
    "env:",
    "file:",
];
pub(super) const NOTHING: [&str; 10] =
    ["null", "nil", "none", "undefined", "nan", "n/a", "(null)", "<nil>", "<no value>", "[object object]"];
/// How words that people write for a later value begin, without case, `-` and `_`.
pub(super) const PLACEHOLDERS: [&str; 18] = [
    "changeme",
    "changeit",
    "changethis",
    "replaceme",
    "replacethis",
    "replacewith",
    "yourkey",
    "youraccess",
    "yourdescope",
    "yoursecret",
    "yourtoken",
    "yourclient",
    "inserthere",
    "insertyour",
    "putyour",
    "todo",
    "fixme",
    "placeholder",
];
pub(super) const ESCAPES: [&str; 8] = ["\\n", "\\r", "\\t", "\\0", "\\c", "%0A", "%0a", "&#10;"];
