//! Mail to people.

pub mod files;
pub mod message;
#[cfg(test)]
mod second_reader;
pub mod smtp;
