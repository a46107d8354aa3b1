//! How long a token its readers take: which limits the token of a session exceeds in its outputs.

mod excess;
mod limit;
mod netrc;
mod nginx;
mod parameters;

pub use self::{
    excess::{Excess, excesses},
    limit::LengthLimit,
};
