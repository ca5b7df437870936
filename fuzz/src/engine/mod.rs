//! Whatever people, the network and the clocks do, over a few small engines.

mod judge;
mod plan;
mod rest;
mod world;

use arbitrary::Unstructured;

use plan::Step;
use world::World;

/// A longer story teaches nothing new, and takes longer.
const STEPS: usize = 300;

/// With this variable in the environment, each step is printed before it is taken.
const STORY: &str = "STORY";

/// Lets two to four small engines live through the steps that the bytes spell: with a network that loses,
/// repeats, reorders and garbles, a relay that refuses, devices that restart and clocks that jump.
///
/// At each step: an outcome that was seen stays, on every device; nobody is accepted without a press; one message
/// in brings few out; outputs drain; what was saved is taken back. Then all links heal, what is still
/// open is cancelled, and everybody must learn that, fall quiet and forget.
pub fn engine(bytes: &[u8]) {
    let mut bytes = Unstructured::new(bytes);
    let Ok(setup) = bytes.arbitrary() else { return };
    let tells = std::env::var_os(STORY).is_some();
    let mut world = World::new(&setup);
    for _ in 0..STEPS {
        if bytes.is_empty() {
            break;
        }
        let Ok(step) = bytes.arbitrary::<Step<'_>>() else { break };
        if tells {
            eprintln!("{:>9} {step:?}", world.now);
        }
        world.step(&step);
    }
    world.rest();
}
