//! (room key: being built)
