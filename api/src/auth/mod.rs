//! Who is asking: tokens, and the issuer that a development server brings along.

pub mod development_issuer;
pub mod tokens;
