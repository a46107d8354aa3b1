//! The prompt for answers, in a terminal that `script` provides.

use tokenwell::sandbox::Endpoint;

use crate::{
    program::TOKENWELL,
    terminal::Terminal,
    user::{CITY, PET, User},
};

const SETUP: &str = "security-questions setup --config tokenwell.yaml --credential user";

#[test]
fn answers_are_asked_for_and_never_shown() {
    let user = User::new();
    let Some(mut terminal) =
        Terminal::of(&user.path(""), &[], &format!("'{TOKENWELL}' {SETUP}; echo \"ended with $?\"; stty -a"))
    else {
        return;
    };
    for (question, typed) in [("id of question 1: ", "city"), ("answer to `city`: ", CITY)] {
        terminal.until_shown(question);
        terminal.press(&format!("{typed}\n"));
    }
    terminal.until_shown("id of question 2: ");
    terminal.press(&format!("pet\n{PET}\n\n"));
    terminal.until_shown("the security questions of `user@example.com` are set up");
    terminal.until_shown("ended with 0");
    terminal.until_shown(" echo ");
    assert!(!terminal.shown().contains("CANARY"), "{}", terminal.shown());
    assert_eq!(user.requests(Endpoint::QuestionsSetup).len(), 1);
}

#[test]
fn an_interrupt_restores_the_terminal_and_sends_nothing() {
    let user = User::new();
    let script = format!("trap : INT; '{TOKENWELL}' {SETUP}; echo \"ended with $?\"; stty -a");
    let Some(mut terminal) = Terminal::of(&user.path(""), &[], &script) else { return };
    terminal.until_shown("id of question 1: ");
    terminal.press("city\n");
    terminal.until_shown("answer to `city`: ");
    terminal.press("\x03");
    terminal.until_shown("stopped; nothing was sent");
    terminal.until_shown("ended with 1");
    terminal.until_shown(" echo ");
    assert_eq!(user.requests(Endpoint::QuestionsSetup).len(), 0);
}
