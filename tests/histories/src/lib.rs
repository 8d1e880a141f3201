//! Plausible histories: interviews of several organisations that go on beside each other, some well, some not.
//!
//! [`history`] gives the appends of a history one after the other, so that one of a million interviews needs no more
//! memory than those that go on at the same time; [`life`] is one interview, [`cast`] an organisation with its people
//! and its catalogue, [`values`] what events are made of. [`stored`] turns appends into rows of a log and fills an empty
//! one with them.
//!
//! Nothing here is random or asks a clock: the same scale and seed give the same bytes. Sealed values are not
//! encrypted; they only look like it, and no key opens them.

pub mod cast;
pub mod dice;
pub mod history;
pub mod life;
pub mod stored;
pub mod values;
