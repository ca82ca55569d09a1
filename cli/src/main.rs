//! The soc2gate binary.

use soc2gate_cli::Exit;

/// Evaluation allocates many small values: a third of the time goes to the system's allocator otherwise.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Exit {
    soc2gate_cli::install_panic_hook();
    // A panic decided nothing: 2, like every other failure to decide.
    std::panic::catch_unwind(|| soc2gate_cli::run(std::env::args_os())).unwrap_or(Exit::Error)
}
