//! Firmware in QEMU, its serial line, the bridge, a relay and desktops, each a process: what they say to each
//! other and to people. `cargo xtask firmware` builds all that this needs.
#![cfg(unix)]

mod ethernet;
mod group;
mod latency;
mod noise;
mod pico;
mod process;
mod sealed;
mod stack;
mod stories;
mod tls;
mod transcript;
mod world;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use clap::Parser;

use stories::Story;
use transcript::{Transcript, expected};
use world::{Programs, built};

/// How many stories are told at a time: most of what they do is wait.
const AT_A_TIME: usize = 6;
/// What runs on a board.
const PROGRAMS: &[&str] = &[
    "minimal",
    "doorbell",
    "answerer",
    "doorbell-tcp",
    "answerer-tcp",
    "doorbell-udp",
    "doorbell-sealed",
    "doorbell-tls",
    "virtual-time",
];
/// All of them together end within this time, or fail.
const WITHIN: Duration = Duration::from_secs(240);

/// Boards in QEMU ring desktops, and the other way round; ends with a count.
#[derive(Parser)]
struct Args {
    /// Only the stories whose name contains this.
    filter: Option<String>,
    /// Write down what was said, instead of comparing it.
    #[arg(long)]
    bless: bool,
    /// Write down how deep the stack of each board went, in bytes: in this folder, to files such as `pico, doorbell.x`.
    #[arg(long)]
    stacks: Option<PathBuf>,
}

fn main() -> Result<ExitCode> {
    let args = Args::parse();
    args.stacks.as_deref().map(stack::prepare).transpose()?;
    let programs = programs(args.stacks)?;
    let wanted = |name: &str| args.filter.as_deref().is_none_or(|filter| name.contains(filter));
    let on_net = [ethernet::STORIES, sealed::STORIES, tls::STORIES].concat();
    let all = [stories::STORIES, group::STORIES, &on_net, pico::STORIES].concat();
    let names = || all.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let stories: Vec<_> = all.iter().copied().filter(|(name, _)| wanted(name)).collect();
    ensure!(!stories.is_empty(), "no story has that in its name; there are {}", names());
    thread::spawn(|| {
        thread::sleep(WITHIN);
        eprintln!("error: not over after {} s", WITHIN.as_secs());
        // The processes of stories end with their pipes.
        std::process::exit(1);
    });
    let (next, failed) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((name, story)) = stories.get(next.fetch_add(1, Ordering::Relaxed)) {
                    failed.fetch_add(
                        usize::from(!tell(name, *story, &programs, args.bless)),
                        Ordering::Relaxed,
                    );
                }
            });
        }
    });
    let failed = failed.into_inner();
    println!("\n{} passed, {failed} failed", stories.len() - failed);
    Ok(if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// The programs, built where cargo builds them.
fn programs(stacks: Option<PathBuf>) -> Result<Programs> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
    let firmware = root.join("examples/qemu-mps2/target");
    let programs = Programs { signaling: target.join("debug/signaling"), firmware, stacks };
    built(&programs.signaling)?;
    for program in PROGRAMS {
        built(&programs.kernel(program))?;
    }
    Ok(programs)
}

/// Tells one story; whether it went as it should.
fn tell(name: &str, story: Story, programs: &Programs, bless: bool) -> bool {
    let begin = Instant::now();
    let mut transcript = Transcript::default();
    let told = story(programs, &mut transcript);
    let file = expected(name);
    let told =
        told.and_then(|()| if transcript.is_empty() { Ok(()) } else { transcript.check(&file, bless) });
    let took = begin.elapsed().as_secs_f32();
    match &told {
        Ok(()) => println!("ok      {name} ({took:.1} s)"),
        Err(error) => println!("FAILED  {name} ({took:.1} s): {error:#}"),
    }
    told.is_ok()
}
