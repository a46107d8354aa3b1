//! The control endpoint under `/sandbox`, to inspect, change and script the sandbox while it runs.

mod answer_json;
mod json;
mod routes;
mod settings_json;

pub(super) use self::routes::control;
