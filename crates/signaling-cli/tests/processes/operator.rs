//! What whoever runs a relay sees of it.

use std::io::Read;
use std::net::{Shutdown, TcpStream};
use std::os::fd::AsFd;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use rustix::io::ioctl_fionread;
use rustix::process::{Pid, Signal, kill_process};

use crate::world::{Process, World};

#[test]
fn a_relay_tells_its_counters_when_asked() {
    let world = World::empty();
    let mut relay = world.start(&["relay", "--insecure", "--json", "--listen", "127.0.0.1:0"]);
    let address = relay.hears("listening")["address"].as_str().unwrap().to_owned();
    let _bob = world.listen(&["--as", "bob", "--relay", &address]);
    relay.signal(Signal::USR1);
    let counters = relay.hears("counters");
    assert_eq!(
        (&counters["links"], &counters["devices"], &counters["groups"]),
        (&1.into(), &1.into(), &0.into())
    );
    relay.ctrl_c();
    assert_eq!(relay.ends().event("stopped")["overrun"], 0);
}

#[test]
fn a_relay_tells_its_counters_now_and_then() {
    let world = World::empty();
    let mut relay = world.start(&["relay", "--insecure", "--listen", "127.0.0.1:0", "--stats", "50ms"]);
    relay.says("0 links, 0 devices here of 0 known, 0 groups, 0 bytes kept; 0 messages delivered");
    relay.says("0 links");
}

/// A relay that may open so many files.
fn with_files(world: &World, files: u32, args: &[&str]) -> Process {
    let relay =
        world.command(&[&["relay", "--insecure", "--json", "--listen", "127.0.0.1:0"], args].concat());
    let limited = format!("ulimit -n {files}; exec \"$0\" \"$@\"");
    Process::start(Command::new("sh").arg("-c").arg(limited).arg(relay.get_program()).args(relay.get_args()))
}

#[test]
fn a_relay_says_when_the_system_allows_fewer_links_than_it_does() {
    let world = World::empty();
    let mut relay = with_files(&world, 256, &[]);
    let few = relay.hears("few_files");
    assert_eq!((&few["files"], &few["connections"]), (&256.into(), &65_536.into()));
    let mut fits = with_files(&world, 256, &["--limit", "connections=224"]);
    fits.hears("listening");
    fits.ctrl_c();
    assert!(!fits.ends().knows("few_files"));
}

#[test]
fn a_crowd_from_one_address_is_counted_and_logged() {
    let world = World::empty();
    let args = ["relay", "--insecure", "--json", "--listen", "127.0.0.1:0", "-v", "--limit", "connections=8"];
    let mut relay = world.start(&args);
    let address = relay.hears("listening")["address"].as_str().unwrap().to_owned();
    let connect = |_| TcpStream::connect(address.trim_start_matches("tcp://")).unwrap();
    let _crowd: Vec<_> = (0..6).map(connect).collect();
    // What was connected is accepted in order.
    let mut bob = world.start(&["listen", "--as", "bob", "--relay", &address]);
    bob.says("too many links");
    relay.ctrl_c();
    let ended = relay.ends();
    assert!(ended.event("stopped")["crowded"].as_u64() >= Some(3), "{ended:#?}");
    assert_eq!(ended.err.matches("too many links from one address").count(), 1, "{}", ended.err);
    assert!(ended.err.contains("from=127.0.0.1") && ended.err.contains("strangers_per_address"));
}

#[test]
fn who_was_not_let_in_is_logged_and_told_why() {
    let world = World::empty();
    let args =
        ["relay", "--insecure", "--json", "--listen", "127.0.0.1:0", "-v", "--limit", "devices-per-user=1"];
    let mut relay = world.start(&args);
    let address = relay.hears("listening")["address"].as_str().unwrap().to_owned();
    let _kitchen = world.listen(&["--as", "bob", "--relay", &address]);
    let second = world.path("second");
    let mut second =
        world.start(&["listen", "--as", "bob", "--relay", &address, "--state", second.to_str().unwrap()]);
    second.says("too many devices of this user");
    relay.ctrl_c();
    let log = relay.ends().err;
    for words in ["not let in", "user=bob", "of_user=1", "peer=127.0.0.1:"] {
        assert!(log.contains(words), "{words:?} is not in {log}");
    }
}

/// Waits until what nobody reads has filled a pipe.
pub(crate) fn full(pipe: &impl AsFd) {
    let until = Instant::now() + Duration::from_secs(20);
    while ioctl_fionread(pipe).unwrap() < 60_000 {
        assert!(Instant::now() < until, "the pipe does not fill");
        thread::sleep(Duration::from_millis(5));
    }
}

/// A process that nobody listens to, until the end of the story.
pub(crate) struct Unread(pub(crate) Child);

impl Drop for Unread {
    fn drop(&mut self) {
        // It may have ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn comes_and_goes(relay: &str) {
    let mut link = TcpStream::connect(relay).unwrap();
    link.shutdown(Shutdown::Write).unwrap();
    assert_eq!(link.read(&mut [0]).unwrap(), 0);
}

fn ends(process: &mut Child) -> ExitStatus {
    let until = Instant::now() + Duration::from_secs(20);
    loop {
        if let Some(status) = process.try_wait().unwrap() {
            return status;
        }
        assert!(Instant::now() < until, "it does not end");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn who_does_not_read_what_a_relay_says_holds_up_nothing() {
    let world = World::empty();
    let listen = world.relay.trim_start_matches("tcp://").to_owned();
    let mut relay = world.command(&["relay", "--insecure", "-vv", "--stats", "1ms", "--listen", &listen]);
    let mut relay = Unread(relay.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap());
    full(relay.0.stdout.as_ref().unwrap());
    // Each that comes is logged: more than may wait to be read.
    (0..3_000).for_each(|_| comes_and_goes(&listen));
    full(relay.0.stderr.as_ref().unwrap());
    world.listen(&["--as", "bob"]);
    kill_process(Pid::from_child(&relay.0), Signal::TERM).unwrap();
    assert!(ends(&mut relay.0).success());
}
