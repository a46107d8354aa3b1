//! (room sandbox: being built)
