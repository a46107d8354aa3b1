//! (room daemon: being built)
