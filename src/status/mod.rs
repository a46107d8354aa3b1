//! How it is: one report of plain data, and the faces that are drawn from it.

mod json;
mod report;

pub use report::{
    ConfigurationReport, CredentialReport, DURATION_BOUNDS, Durations, HookReport, NextAction, OutputReport,
    REPORT_VERSION, RefusalReport, Report,
};
