//! The binary as people and scripts run it: several processes, real sockets, signals.
#![cfg(unix)]

mod bridge;
mod calls;
mod demo;
mod devices;
mod direct;
mod hostile;
mod operator;
mod people;
mod tls;
mod tokens;
mod usage;
mod world;
