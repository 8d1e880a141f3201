//! The binary: everything is in the library.

/// An answer is many small things that one thread makes and another may drop.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    greenroom::cli::run()
}
