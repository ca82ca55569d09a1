//! The soc2gate-webhook binary.

use soc2gate_webhook::exit::Exit;

/// Evaluation allocates many small values: a third of the time goes to the system's allocator otherwise.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> Exit {
    soc2gate_webhook::start(std::env::args_os())
}
