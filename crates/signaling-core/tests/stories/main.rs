//! The core from outside: engines that talk, in one program, which is quick to build again.

mod calls;
mod capacity;
mod direct;
mod durable;
mod glare;
mod hostile;
mod messages;
mod paced;
mod torture;
mod world;
