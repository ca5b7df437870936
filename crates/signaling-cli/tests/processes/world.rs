//! A relay and the devices around it, each a process.

use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Nothing in these stories takes so long.
const PATIENCE: Duration = Duration::from_secs(20);

/// The folders of a world, and the address of its relay once there is one.
pub(crate) struct World {
    home: TempDir,
    pub(crate) relay: String,
    _relay: Option<Process>,
}

impl World {
    /// Without a relay: nobody listens at its address.
    pub(crate) fn empty() -> Self {
        // A port that was free a moment ago.
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let relay = format!("tcp://{}", listener.local_addr().unwrap());
        Self { home: tempfile::tempdir().unwrap(), relay, _relay: None }
    }

    /// With a relay that lets anybody in and never ran before.
    pub(crate) fn new() -> Self {
        Self::with_relay(&["--insecure"])
    }

    /// With a relay of these arguments.
    pub(crate) fn with_relay(args: &[&str]) -> Self {
        Self::around(&[&["--first-start"], args].concat())
    }

    /// With a relay that may have run before: it does not know yet who is in which group.
    pub(crate) fn restarted() -> Self {
        Self::around(&["--insecure"])
    }

    fn around(args: &[&str]) -> Self {
        let mut world = Self::empty();
        let mut relay = world.start(&[&["relay", "--listen", "127.0.0.1:0", "--json"], args].concat());
        world.relay = relay.hears("listening")["address"].as_str().unwrap().into();
        world._relay = Some(relay);
        world
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> PathBuf {
        let path = self.path(name);
        std::fs::write(&path, text).unwrap();
        path
    }

    /// The command with these arguments, in this world.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_signaling"));
        command.args(args);
        command.env_remove("SIGNALING_TOKEN").env_remove("SIGNALING_CA").env_remove("NO_COLOR");
        command.env("SIGNALING_RELAY", &self.relay).env("XDG_STATE_HOME", self.home.path().join("state"));
        command
    }

    pub(crate) fn start(&self, args: &[&str]) -> Process {
        Process::start(&mut self.command(args))
    }

    /// Runs to the end.
    pub(crate) fn run(&self, args: &[&str]) -> Ended {
        self.start(args).ends()
    }

    /// A device that listens and is connected.
    pub(crate) fn listen(&self, args: &[&str]) -> Process {
        let mut phone = self.start(&[&["listen", "--json"], args].concat());
        phone.hears("connected");
        phone
    }

    /// Invites, without waiting for the end.
    pub(crate) fn invite(&self, args: &[&str]) -> Process {
        self.start(&[&["invite", "--json"], args].concat())
    }
}

/// A process, and what it prints.
pub(crate) struct Process {
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    stderr: Option<JoinHandle<String>>,
    pub(crate) heard: Vec<String>,
}

/// How a process ended, and all that it printed.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) out: Vec<String>,
    pub(crate) err: String,
}

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let (stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
        let (sender, lines) = channel();
        thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|line| sender.send(line))
        });
        let stderr = thread::spawn(move || {
            let mut text = String::new();
            stderr.read_to_string(&mut text).unwrap();
            text
        });
        Self { stdin: child.stdin.take(), child, lines, stderr: Some(stderr), heard: Vec::new() }
    }

    fn next(&mut self, until: Instant) -> Result<String, RecvTimeoutError> {
        let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now()))?;
        self.heard.push(line.clone());
        Ok(line)
    }

    /// Waits for a line that holds this.
    pub(crate) fn says(&mut self, words: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            match self.next(until) {
                Ok(line) if line.contains(words) => return line,
                Ok(_) => {}
                Err(_) => panic!("{words:?} was never said, but {:#?}", self.heard),
            }
        }
    }

    /// Waits for the event of that name, in JSON.
    pub(crate) fn hears(&mut self, event: &str) -> Value {
        let line = self.says(&format!("\"event\":\"{event}\""));
        serde_json::from_str(&line).unwrap()
    }

    pub(crate) fn types(&mut self, line: &str) {
        writeln!(self.stdin.as_mut().unwrap(), "{line}").unwrap();
    }

    /// Nothing more is typed.
    pub(crate) fn types_no_more(&mut self) {
        self.stdin = None;
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    pub(crate) fn ctrl_c(&self) {
        self.signal(Signal::INT);
    }

    /// Waits for its end.
    pub(crate) fn ends(mut self) -> Ended {
        // Whoever asks reads the end of the file.
        self.stdin = None;
        let until = Instant::now() + PATIENCE;
        while self.next(until).is_ok() {}
        let status = self.wait(until);
        let err = self.stderr.take().unwrap().join().unwrap();
        Ended { code: status.code(), out: std::mem::take(&mut self.heard), err }
    }

    fn wait(&mut self, until: Instant) -> ExitStatus {
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < until, "it does not end; it said {:#?}", self.heard);
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended; either way nothing is left of it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Ended {
    /// The event of that name, of those in JSON.
    pub(crate) fn event(&self, name: &str) -> Value {
        let events = self.out.iter().map(|line| serde_json::from_str::<Value>(line).unwrap());
        let mut found = events.filter(|event| event["event"] == name);
        found.next().unwrap_or_else(|| panic!("no {name} in {:#?}", self.out))
    }

    pub(crate) fn knows(&self, event: &str) -> bool {
        self.out.iter().any(|line| line.contains(&format!("\"event\":\"{event}\"")))
    }

    /// It failed with that code, and said all of this.
    #[track_caller]
    pub(crate) fn failed(&self, code: i32, words: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for words in words {
            assert!(self.err.contains(words), "{words:?} is not in {}", self.err);
        }
    }
}

pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}
