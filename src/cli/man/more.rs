//! What a manual tells of a command and `--help` does not: exit codes, variables, files and signals.

/// Exit codes and what they mean.
pub(super) fn exit_status(command: &str) -> &'static [(&'static str, &'static str)] {
    match command {
        "once" => &[
            ("0", "Every token is on disk, renewed where it was due, and every hook has run."),
            ("1", "A token is still missing when the time is over, or it was stopped before."),
            WRONG,
        ],
        "wait" => &[("0", "Every required token is on disk, whole and alive."), ("1", "The time is over."), WRONG],
        "exec" => &[
            ("the program's", "The program has ended by itself."),
            ("128 + n", "Signal number n ended the program, or came before it was started."),
            ("127", "The program was not found."),
            ("126", "The program cannot be run."),
            ("1", "A token is missing when the time is over, or the daemon failed."),
            WRONG,
        ],
        "check" => &[
            ("0", "The configuration can be used, be it with warnings."),
            ("1", "The plan could not be printed."),
            ("2", "The configuration or the command line is wrong."),
        ],
        "demo" => &[
            ("0", "It was stopped as asked, or its time was over."),
            ("1", "It failed, or a token was missing, torn or expired meanwhile."),
            WRONG,
        ],
        _ => &[("0", "Done, or stopped as asked."), ("1", "It failed at run time."), WRONG],
    }
}

/// Variables that are read and, of `exec`, those that its program gets.
pub(super) fn environment(command: &str, reads_configuration: bool) -> Vec<(&'static str, &'static str)> {
    let mut variables = Vec::new();
    if command == "exec" {
        variables.extend([
            (
                "TOKENWELL_<CREDENTIAL>_FILE",
                "Set for the program: the path of the credential's first output. The name is in capitals, with `_` for `-`.",
            ),
            ("DESCOPE_SESSION_TOKEN_FILE", "Set for the program where there is only one credential: the same."),
        ]);
    }
    if reads_configuration {
        variables.extend([
            ("TOKENWELL_CONFIG", "The configuration file, if `--config` names none."),
            ("DESCOPE_PROJECT_ID", "The Descope project. It beats the file; `--project-id` beats it."),
            (
                "DESCOPE_BASE_URL",
                "Where Descope's API is. It beats the file; `--base-url` beats it. `DESCOPE_BASE_URI` is heard as well.",
            ),
            ("STATE_DIRECTORY", "Where state is kept, if the configuration does not say; systemd sets it."),
        ]);
    }
    if reads_configuration && !matches!(command, "check" | "wait") {
        variables.push((
            "HTTPS_PROXY, NO_PROXY",
            "The proxy of requests, and the hosts that are asked without it. `ALL_PROXY` is heard as well, `HTTP_PROXY` is not: \
             it would see access keys.",
        ));
    }
    if reads_configuration || matches!(command, "demo" | "sandbox") {
        variables.push((
            "TOKENWELL_LOG",
            "What is worth a log line: `info`, or such as `info,tokenwell=debug`. It beats `log.level` of the file.",
        ));
    }
    if !matches!(command, "check" | "wait" | "schema" | "completions" | "man") {
        variables.push(("NO_COLOR", "If it is set and not empty, terminals get no colours."));
    }
    variables
}

/// Files that are read and written.
pub(super) fn files(command: &str, reads_configuration: bool) -> Vec<(&'static str, &'static str)> {
    let mut files = Vec::new();
    if reads_configuration {
        files.push((
            "/etc/tokenwell/tokenwell.yaml",
            "The configuration, if neither `--config` nor `TOKENWELL_CONFIG` names another; see `tokenwell.yaml`(5).",
        ));
    }
    if matches!(command, "tokenwell" | "run" | "once" | "exec") {
        files.extend([
            (
                "stateDirectory",
                "What one run leaves to the next, no secret among it: by default beside the first output.",
            ),
            (".tokenwell.lock", "In each folder of outputs: keeps a second process from writing them."),
        ]);
    }
    files
}

/// Signals and what they do.
pub(super) fn signals(command: &str) -> &'static [(&'static str, &'static str)] {
    match command {
        "run" => &[
            ("TERM, INT", "Finishes the write at hand and exits with 0; a second one ends it at once."),
            (
                "HUP",
                "Reads the configuration again. One that is wrong is refused whole, and the old one stays. A changed file is \
                 noticed without a signal.",
            ),
            ("USR1", "Renews every session now, as far as the spacing allows."),
        ],
        "exec" => &[
            (
                "TERM, INT",
                "Are passed on. The program has the time of `--grace` to end before it is killed. Before the program is \
                 started they end tokenwell.",
            ),
            ("HUP, USR1 and others", "Are passed on and mean nothing to tokenwell itself."),
        ],
        "once" => &[("TERM, INT", "Give up: what is on disk stays.")],
        "demo" | "sandbox" => &[("TERM, INT", "End it with 0.")],
        _ => &[],
    }
}

const WRONG: (&str, &str) = ("2", "The command line or the configuration is wrong.");
