//! The output of the demo: a live view on a terminal, plain lines anywhere else.

use std::{io, time::Duration};

use super::{
    changes::{self, Change},
    frame::{Frame, Message},
    reader::Tally,
    table::seconds,
};
use crate::{
    cli::terminal::{
        screen::{Screen, emit},
        text::Color,
    },
    status::Report,
};

/// The output, and the messages so far.
pub(super) struct Show {
    output: Output,
    before: Report,
    api_is_down: bool,
    /// `None` when the files are about to be removed.
    watch_command: Option<String>,
}

enum Output {
    Live { screen: Screen, messages: Vec<Message> },
    Lines,
}

impl Show {
    /// Opens a live view if `drawable` is set, which means that the terminal supports it and nothing else writes to it.
    /// `watch_command` is a command that shows the files.
    pub(super) fn open(drawable: bool, report: Report, watch_command: String) -> io::Result<Self> {
        let output =
            if drawable { Output::Live { screen: Screen::open()?, messages: Vec::new() } } else { Output::Lines };
        Ok(Self { output, before: report, api_is_down: false, watch_command: Some(watch_command) })
    }

    /// Returns the interval of frames; plain lines have none.
    pub(super) fn frame_interval(&self) -> Option<Duration> {
        match self.output {
            Output::Live { .. } => Some(FRAME_INTERVAL),
            Output::Lines => None,
        }
    }

    /// Records whether the API is down.
    pub(super) fn set_api_down(&mut self, down: bool) {
        self.api_is_down = down;
    }

    /// Reports an action of the demo.
    pub(super) fn narrate(&mut self, elapsed: Duration, text: impl Into<String>) -> io::Result<()> {
        self.add_message(elapsed, "demo", Color::Strong, text.into())
    }

    /// Reports the command that shows the files. The live view shows it all the time.
    pub(super) fn show_watch_command(&mut self, elapsed: Duration) -> io::Result<()> {
        match (&self.output, &self.watch_command) {
            (Output::Lines, Some(watch_command)) => self.narrate(elapsed, format!("look yourself: {watch_command}")),
            (Output::Lines, None) | (Output::Live { .. }, _) => Ok(()),
        }
    }

    /// Draws the last frame.
    pub(super) fn close(mut self, elapsed: Duration, tally: Tally) -> io::Result<()> {
        self.watch_command = None;
        self.draw(elapsed, tally)
    }

    /// Reports the changes since the previous report.
    pub(super) fn report_changes(&mut self, elapsed: Duration, report: Report) -> io::Result<()> {
        let changes = changes::between(&self.before, &report);
        self.before = report;
        for Change { credential, color, text, routine } in changes {
            match self.output {
                Output::Live { .. } if routine => {}
                Output::Live { .. } => {
                    self.add_message(elapsed, &credential, color, format!("{credential}: {text}"))?;
                }
                Output::Lines => self.add_message(elapsed, &credential, color, text)?,
            }
        }
        Ok(())
    }

    /// Draws the latest report.
    pub(super) fn draw(&mut self, elapsed: Duration, tally: Tally) -> io::Result<()> {
        match &mut self.output {
            Output::Live { screen, messages } => {
                let (api_is_down, report, watch_command) =
                    (self.api_is_down, &self.before, self.watch_command.as_deref());
                let frame = Frame { elapsed, api_is_down, report, messages, tally, watch_command };
                screen.draw(|size, style| frame.lines(size, style))
            }
            Output::Lines => Ok(()),
        }
    }

    fn add_message(&mut self, at: Duration, subject: &str, color: Color, text: String) -> io::Result<()> {
        match &mut self.output {
            Output::Live { messages, .. } => {
                if messages.len() == MESSAGES_MAX {
                    messages.remove(0);
                }
                messages.push(Message { at, color, text });
                Ok(())
            }
            Output::Lines => emit(&format!("{:>7}  {subject:<8} {text}\n", seconds(at))),
        }
    }
}

/// The interval of frames: short enough for moving bars.
const FRAME_INTERVAL: Duration = Duration::from_millis(100);
/// How many messages are kept: more than fit on a terminal.
const MESSAGES_MAX: usize = 20;
