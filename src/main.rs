//! Arguments, command, exit code.

use std::{alloc::System, process::ExitCode};

use zeroizing_alloc::ZeroAlloc;

/// Every buffer is zeroed before it is given back, also those of the libraries: what was a key or a token once is found in
/// no heap that the program is done with. It costs some 40 ns a buffer and 2.5 µs for one of 64 KiB, which is lost beside a write
/// and an exchange.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

fn main() -> ExitCode {
    tokenwell::cli::main()
}
