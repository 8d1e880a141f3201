//! The shell in front of a small schema of its own: what clients, honest ones and others, meet.

mod audit;
mod http;
mod rooms;
mod server;
mod support;
mod websocket;
