//! (room status: being built)
