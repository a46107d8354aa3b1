//! (room cli: being built)
