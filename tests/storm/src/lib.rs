//! What devices write down of their calls, and how it is compared: also for other tests that let clients run wild.

pub mod compare;
pub mod record;
