//! The program `fanfare`; everything is in the library, so that tests can walk the same first steps.

/// A publish makes and frees some hundred small pieces of memory; the system's allocator took a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    server::main()
}
