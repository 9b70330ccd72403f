//! The program `fanfare`; everything is in the library, so that tests can walk the same first steps.

fn main() -> std::process::ExitCode {
    server::main()
}
