//! What holds for every read model, on both databases.

mod addresses;
mod agenda;
mod attention;
mod code_change;
mod doctor;
mod fence;
mod kits;
mod lists;
mod own_writes;
mod paging;
mod past;
mod phases;
mod plans;
mod poison;
mod rebuilds;
mod same;
mod skips;
mod time_travel;
mod turns;
mod visibility;
