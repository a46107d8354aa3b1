//! One log for the whole test binary: every event and span of every level and target, with the world that it belongs
//! to.

use std::{
    cell::Cell,
    fmt::{self, Write as _},
    sync::{Mutex, Once, PoisonError},
};

use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
    span,
};
use tracing_subscriber::{Layer, layer::Context, prelude::*};

/// A log message.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    /// Zero for threads that belong to no world, such as those of sandboxes and watches.
    pub(crate) world: usize,
    pub(crate) level: Level,
    pub(crate) text: String,
}

/// Installs the log subscriber once for all tests.
pub(crate) fn listen() {
    static LISTENING: Once = Once::new();
    LISTENING.call_once(|| tracing_subscriber::registry().with(Collector).init());
}

/// Assigns the log messages of this thread to this world from now on.
pub(crate) fn belong_to(world: usize) {
    WORLD.set(world);
}

/// Returns the lines from number `first` on.
pub(crate) fn since(first: usize) -> Vec<Line> {
    let lines = LINES.lock().unwrap_or_else(PoisonError::into_inner);
    lines[first..].to_vec()
}

/// Returns the number of lines.
pub(crate) fn length() -> usize {
    LINES.lock().unwrap_or_else(PoisonError::into_inner).len()
}

struct Collector;

impl<S: Subscriber> Layer<S> for Collector {
    fn on_new_span(&self, attributes: &span::Attributes<'_>, _: &span::Id, _: Context<'_, S>) {
        note(attributes.metadata(), |text| attributes.record(text));
    }

    fn on_record(&self, _: &span::Id, values: &span::Record<'_>, _: Context<'_, S>) {
        let mut text = Text(String::new());
        values.record(&mut text);
        push(Level::TRACE, text.0);
    }

    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        note(event.metadata(), |text| event.record(text));
    }
}

fn note(metadata: &tracing::Metadata<'_>, record: impl FnOnce(&mut Text)) {
    let mut text = Text(format!("{}:", metadata.target()));
    record(&mut text);
    push(*metadata.level(), text.0);
}

fn push(level: Level, text: String) {
    let line = Line { world: WORLD.get(), level, text };
    LINES.lock().unwrap_or_else(PoisonError::into_inner).push(line);
}

struct Text(String);

impl Visit for Text {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        let _ = write!(self.0, " {}={value:?}", field.name());
    }
}

thread_local! {
    static WORLD: Cell<usize> = const { Cell::new(0) };
}

static LINES: Mutex<Vec<Line>> = Mutex::new(Vec::new());
