//! The core from outside: engines that talk, in one program, which is quick to build again.

mod calls;
mod capacity;
mod devices;
mod direct;
mod doubt;
mod durable;
mod glare;
mod hostile;
mod machine;
mod messages;
mod paced;
mod room;
mod sends;
mod torture;
mod words;
mod world;
