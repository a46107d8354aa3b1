//! Sections of a manual page that `--help` does not have: exit codes, variables, files and signals.

/// Returns the exit codes and their meanings.
pub(super) fn exit_status(command: &str) -> &'static [(&'static str, &'static str)] {
    match command {
        "init" => &[
            ("0", "The configuration is written."),
            (
                "1",
                "A file could not be written, or a signal or the end of the input stopped it; then nothing was written.",
            ),
            ("2", "The command line or an answer is wrong, or the configuration exists. Nothing was written."),
        ],
        "once" => &[
            ("0", "Every token is on disk, due ones were renewed, and every hook has run."),
            ("1", "A token is still missing after the timeout, or a signal stopped it before."),
            WRONG,
        ],
        "wait" => {
            &[("0", "Every required token is on disk, whole and valid."), ("1", "The timeout has passed."), WRONG]
        }
        "token" => &[
            ("0", "The token was printed; it is valid."),
            ("1", "There is no valid token. Nothing was printed to standard output."),
            ("2", "The command line or the configuration is wrong, or no credential has the name."),
        ],
        "renew" => &[
            ("0", "Every new token is on disk; with `--no-wait`, the renewals were requested."),
            ("1", "A session was refused, cannot be requested, or was not there in time; or no daemon runs."),
            ("2", "The command line or the configuration is wrong, or no credential has the name."),
        ],
        "reload" => &[
            ("0", "The new configuration is in force, or nothing has changed."),
            ("1", "The daemon refuses the configuration, or no daemon runs."),
            ("2", "The command line or the configuration is wrong. The daemon keeps the one in force."),
        ],
        "exec" => &[
            ("the program's", "The program exited."),
            ("128 + n", "Signal number n ended the program, or arrived before it was started."),
            ("127", "The program was not found."),
            ("126", "The program cannot be executed."),
            ("1", "A token is still missing after the timeout, or the daemon failed."),
            WRONG,
        ],
        "check" => &[
            ("0", "The configuration is valid, possibly with warnings; with `--online`, no examination failed."),
            ("1", "With `--online`, an examination failed; or the result could not be printed."),
            WRONG,
        ],
        "setup" => &[
            ("0", "The answers are stored."),
            ("1", "The server or the network refuses, or the state directory cannot be read."),
            ("2", "The command line, the configuration, the answers or the refresh token are wrong. Nothing was sent."),
        ],
        "demo" => &[
            ("0", "A signal stopped it, or its time was over."),
            ("1", "It failed, or a token was missing, torn or expired at some time."),
            WRONG,
        ],
        _ => &[("0", "It succeeded, or a signal stopped it."), ("1", "It failed at run time."), WRONG],
    }
}

/// Returns the variables that the command reads and, for `exec`, those that its program gets.
pub(super) fn environment(command: &str, reads_configuration: bool) -> Vec<(&'static str, &'static str)> {
    let mut variables = Vec::new();
    if command == "exec" {
        variables.extend([
            (
                "TOKENWELL_<CREDENTIAL>_FILE",
                "Set for the program: the path of the credential's first output. The name is in uppercase, with `_` for `-`.",
            ),
            ("DESCOPE_SESSION_TOKEN_FILE", "Set for the program if there is only one credential: the same path."),
        ]);
    }
    if reads_configuration {
        variables.extend([
            ("TOKENWELL_CONFIG", "The configuration file, unless `--config` is given."),
            ("DESCOPE_PROJECT_ID", "The Descope project. It overrides the file; `--project-id` overrides it."),
            (
                "DESCOPE_BASE_URL",
                "The base URL of Descope's API. It overrides the file; `--base-url` overrides it. `DESCOPE_BASE_URI` works too.",
            ),
            ("STATE_DIRECTORY", "The folder for state, unless the configuration has `stateDirectory`; systemd sets it."),
        ]);
    }
    if reads_configuration && command != "wait" {
        variables.push((
            "HTTPS_PROXY, NO_PROXY",
            "The proxy for requests, and the hosts that are contacted without it. `ALL_PROXY` works too. `HTTP_PROXY` does not, because \
            that proxy would see secrets.",
        ));
    }
    if reads_configuration && command != "setup" || matches!(command, "demo" | "sandbox") {
        variables.push((
            "TOKENWELL_LOG",
            "The log level, such as `info`, or a filter such as `info,tokenwell=debug`. It overrides `log.level` in the file.",
        ));
    }
    if matches!(command, "tokenwell" | "run" | "once" | "exec") {
        variables.extend([
            (
                "TOKENWELL_INSTANCE",
                "The name of this daemon in its status, unless the configuration has `status.instance`.",
            ),
            ("POD_NAME, POD_NAMESPACE", "The Kubernetes pod and its namespace, which the status shows."),
        ]);
    }
    if !matches!(
        command,
        "init" | "wait" | "token" | "version" | "setup" | "security-questions" | "schema" | "completions" | "man"
    ) {
        variables.push(("NO_COLOR", "If it is set and not empty, output has no colors."));
    }
    variables
}

/// Returns the files that the command reads and writes.
pub(super) fn files(command: &str, reads_configuration: bool) -> Vec<(&'static str, &'static str)> {
    let mut files = Vec::new();
    if reads_configuration {
        files.push((
            "/etc/tokenwell/tokenwell.yaml",
            "The default configuration file, if neither `--config` nor `TOKENWELL_CONFIG` is set; see `tokenwell.yaml`(5).",
        ));
    }
    if matches!(command, "tokenwell" | "run" | "once" | "exec") {
        files.extend([
            (
                "stateDirectory",
                "The folder for state, which holds no secrets; by default a folder in `.tokenwell` beside the first output.",
            ),
            (
                "stateDirectory/control.sock",
                "A socket for `tokenwell renew` and `tokenwell reload`, for this user and root only; not of `once`.",
            ),
            ("..tokenwell.lock", "A lock file in folders of outputs on network file systems; elsewhere the folder itself is locked."),
        ]);
    }
    files
}

/// Returns the signals and their effects.
pub(super) fn signals(command: &str) -> &'static [(&'static str, &'static str)] {
    match command {
        "run" => &[
            ("TERM, INT", "Finish the current write and exit with 0; a second signal exits immediately."),
            (
                "HUP",
                "Reloads the configuration. If the new file has mistakes, the old configuration stays. A changed file is also \
                noticed without a signal.",
            ),
            ("USR1", "Renews every session now, as far as the spacing allows."),
        ],
        "exec" => &[
            (
                "TERM, INT",
                "Are forwarded. The program has the grace period of `--grace` to exit before it is killed. Before the program \
                was started, they end tokenwell.",
            ),
            ("HUP, USR1 and others", "Are forwarded to the program and have no effect on tokenwell itself."),
        ],
        "once" => &[("TERM, INT", "Give up; files on disk stay as they are.")],
        "demo" | "sandbox" => &[("TERM, INT", "Exit with 0.")],
        _ => &[],
    }
}

const WRONG: (&str, &str) = ("2", "The command line or the configuration is wrong.");
