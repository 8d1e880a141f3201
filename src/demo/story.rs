//! What is told while the journey goes on.

/// Hears the steps of a journey.
pub trait Story: Send + Sync {
    /// A new chapter begins.
    fn chapter(&self, title: &str);
    /// Something happened.
    fn step(&self, sentence: &str);
}

/// Tells the story on standard output.
#[derive(Clone, Copy, Debug)]
pub struct Aloud;

#[expect(clippy::print_stdout, reason = "the story is what the command is for")]
impl Story for Aloud {
    fn chapter(&self, title: &str) {
        println!("\n{title}");
    }

    fn step(&self, sentence: &str) {
        println!("  {sentence}");
    }
}

/// Keeps the story to itself.
#[derive(Clone, Copy, Debug)]
pub struct Silent;

impl Story for Silent {
    fn chapter(&self, _: &str) {}
    fn step(&self, _: &str) {}
}
