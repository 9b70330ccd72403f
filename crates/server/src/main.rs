//! The program `fanfare`. Everything is in the library, so that tests can use it.

/// Publishing a post makes some hundred small allocations; the system's allocator took a fifth of its time.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    server::main()
}
