//! How it is: one report of plain data, and the faces that are drawn from it.

mod report;

pub use report::{CredentialReport, NextAction, OutputReport, RefusalReport, Report};
