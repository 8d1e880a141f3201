//! What the domain needs of the outside world, in its own words. Adapters implement these; nothing here says who.

pub mod clock;
