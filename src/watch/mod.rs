//! (room watch: being built)
