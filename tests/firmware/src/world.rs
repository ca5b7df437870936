//! A relay, boards in QEMU on serial lines, a bridge and desktops: each a process.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::process::Process;

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The command line.
    pub(crate) signaling: PathBuf,
    /// The folder with the board's programs.
    pub(crate) firmware: PathBuf,
}

/// What a story plays in. All of it ends with this value.
pub(crate) struct World {
    programs: Programs,
    home: TempDir,
    address: String,
    pub(crate) relay: Process,
}

impl World {
    /// With a relay that lets anybody in.
    pub(crate) fn new(programs: &Programs) -> Result<Self> {
        Self::with_relay(programs, &["--insecure"])
    }

    /// With a relay of these arguments.
    pub(crate) fn with_relay(programs: &Programs, args: &[&str]) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let address = free_address()?;
        let relay = start_relay(programs, &address, args)?;
        Ok(Self { programs: programs.clone(), home, address, relay })
    }

    /// Another relay at the same address, which knows nothing.
    pub(crate) fn restart_relay(&mut self) -> Result<()> {
        self.relay.kill();
        self.relay = start_relay(&self.programs, &self.address, &["--insecure"])?;
        Ok(())
    }

    pub(crate) fn relay_address(&self) -> String {
        format!("tcp://{}", self.address)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// A board that runs this program. Its line is the socket of that name.
    pub(crate) fn board(&self, program: &str, line: &str) -> Result<Process> {
        let socket = self.path(line);
        let mut command = Command::new("qemu-system-arm");
        command.args(["-machine", "mps2-an385", "-display", "none", "-monitor", "none"]);
        command.args(["-serial", &format!("unix:{},server=on,wait=off", socket.display())]);
        command.args(["-serial", "stdio", "-semihosting-config", "enable=on,target=native", "-kernel"]);
        command.arg(self.programs.firmware.join(program));
        let mut board = Process::start(program, &mut command)?;
        board.says(program)?;
        Ok(board)
    }

    /// A bridge from these lines to the relay.
    pub(crate) fn bridge(&self, lines: &[&str]) -> Result<Process> {
        let mut args = vec!["bridge".to_owned()];
        for line in lines {
            args.extend(["--serial".into(), format!("unix:{}", self.path(line).display())]);
        }
        self.signaling("the bridge", &args)
    }

    /// A board that is connected, and its bridge.
    pub(crate) fn ready(&self, program: &str) -> Result<(Process, Process)> {
        let mut board = self.board(program, "line")?;
        let bridge = self.bridge(&["line"])?;
        board.says("ready")?;
        Ok((board, bridge))
    }

    /// A device of bob's that listens, with that label, and answers so.
    pub(crate) fn bob(&self, label: &str, answer: &str) -> Result<Process> {
        let state = self.path(label).display().to_string();
        let args = ["listen", "--as", "bob", "--device", label, "--answer", answer, "--state", &state];
        let mut listens = self.signaling(label, &args)?;
        listens.says("connected")?;
        Ok(listens)
    }

    /// Alice's desktop invites bob.
    pub(crate) fn alice_invites_bob(&self) -> Result<Process> {
        let state = self.path("alice").display().to_string();
        self.signaling("alice", &["invite", "--as", "alice", "bob", "--data", "video?", "--state", &state])
    }

    fn signaling(&self, name: &str, args: &[impl AsRef<std::ffi::OsStr>]) -> Result<Process> {
        let mut command = Command::new(&self.programs.signaling);
        command.args(args).env("SIGNALING_RELAY", self.relay_address());
        command.env_remove("SIGNALING_TOKEN").env("NO_COLOR", "1");
        Process::start(name, &mut command)
    }
}

/// A port that was free a moment ago.
fn free_address() -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no port is free")?;
    Ok(listener.local_addr()?.to_string())
}

fn start_relay(programs: &Programs, address: &str, args: &[&str]) -> Result<Process> {
    let mut command = Command::new(&programs.signaling);
    command.args(["relay", "--first-start", "--listen", address]).args(args);
    let mut relay = Process::start("the relay", &mut command)?;
    relay.says("listens on")?;
    Ok(relay)
}

/// Whether that file is there.
pub(crate) fn built(path: &Path) -> Result<()> {
    anyhow::ensure!(path.exists(), "{} is not built: run `cargo xtask firmware`", path.display());
    Ok(())
}
