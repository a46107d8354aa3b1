//! What is seen of the demo: a live picture on a terminal, plain lines anywhere else.

use std::{io, time::Duration};

use super::{
    changes::{self, Change},
    picture::{Picture, Said},
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

/// The demo's face, and what it said so far.
pub(super) struct Show {
    face: Face,
    before: Report,
    api_is_down: bool,
    /// None when the files are about to go.
    look: Option<String>,
}

enum Face {
    Picture { screen: Screen, said: Vec<Said> },
    Lines,
}

impl Show {
    /// A picture if the terminal can be drawn on and `drawable` says that nobody else writes there. `look` is a command
    /// that shows the files.
    pub(super) fn open(drawable: bool, report: Report, look: String) -> io::Result<Self> {
        let face = if drawable { Face::Picture { screen: Screen::open()?, said: Vec::new() } } else { Face::Lines };
        Ok(Self { face, before: report, api_is_down: false, look: Some(look) })
    }

    /// How often the picture is drawn; lines need no drawing.
    pub(super) fn frame_every(&self) -> Option<Duration> {
        match self.face {
            Face::Picture { .. } => Some(FRAME),
            Face::Lines => None,
        }
    }

    /// The API goes down or comes back.
    pub(super) fn api_is(&mut self, down: bool) {
        self.api_is_down = down;
    }

    /// Tells what the demo does.
    pub(super) fn narrate(&mut self, elapsed: Duration, text: impl Into<String>) -> io::Result<()> {
        self.say(elapsed, "demo", Color::Strong, text.into())
    }

    /// Tells how the files can be looked at. The picture says so all the time.
    pub(super) fn tell_how_to_look(&mut self, elapsed: Duration) -> io::Result<()> {
        match (&self.face, &self.look) {
            (Face::Lines, Some(look)) => self.narrate(elapsed, format!("look yourself: {look}")),
            (Face::Lines, None) | (Face::Picture { .. }, _) => Ok(()),
        }
    }

    /// Draws the picture for the last time.
    pub(super) fn close(mut self, elapsed: Duration, tally: Tally) -> io::Result<()> {
        self.look = None;
        self.draw(elapsed, tally)
    }

    /// Tells what has changed since the report before.
    pub(super) fn tell(&mut self, elapsed: Duration, report: Report) -> io::Result<()> {
        let changes = changes::between(&self.before, &report);
        self.before = report;
        for Change { credential, color, text, routine } in changes {
            match self.face {
                Face::Picture { .. } if routine => {}
                Face::Picture { .. } => self.say(elapsed, &credential, color, format!("{credential}: {text}"))?,
                Face::Lines => self.say(elapsed, &credential, color, text)?,
            }
        }
        Ok(())
    }

    /// Draws the picture as of the last report.
    pub(super) fn draw(&mut self, elapsed: Duration, tally: Tally) -> io::Result<()> {
        match &mut self.face {
            Face::Picture { screen, said } => {
                let (api_is_down, report, look) = (self.api_is_down, &self.before, self.look.as_deref());
                let picture = Picture { elapsed, api_is_down, report, said, tally, look };
                screen.draw(|size, style| picture.lines(size, style))
            }
            Face::Lines => Ok(()),
        }
    }

    fn say(&mut self, at: Duration, who: &str, color: Color, text: String) -> io::Result<()> {
        match &mut self.face {
            Face::Picture { said, .. } => {
                if said.len() == SAID_MAX {
                    said.remove(0);
                }
                said.push(Said { at, color, text });
                Ok(())
            }
            Face::Lines => emit(&format!("{:>7}  {who:<8} {text}\n", seconds(at))),
        }
    }
}

/// From one drawing to the next: quick enough for bars that move.
const FRAME: Duration = Duration::from_millis(100);
/// What is remembered of what was said: more than any terminal shows of it.
const SAID_MAX: usize = 20;
