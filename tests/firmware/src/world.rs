//! A relay, boards in QEMU on serial lines, a bridge and desktops: each a process.

use std::net::{TcpListener, UdpSocket};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::Process;
use crate::stack::{self, painted};
use crate::tls::certify;

/// It has the board.
const EMULATOR: &str = "qemu-system-arm";

/// Where the programs are.
#[derive(Clone, Debug)]
pub(crate) struct Programs {
    /// The command line.
    pub(crate) signaling: PathBuf,
    /// The folder in which the board's programs are built.
    pub(crate) firmware: PathBuf,
    /// The folder for how deep stacks went, if that is asked for.
    pub(crate) stacks: Option<PathBuf>,
}

impl Programs {
    /// Where the program of a board is.
    pub(crate) fn kernel(&self, program: &str) -> PathBuf {
        let target = if is_large(program) { "thumbv7em-none-eabihf" } else { "thumbv7m-none-eabi" };
        self.firmware.join(target).join("release").join(program)
    }
}

/// Whether a program is for the board with a Cortex-M4.
fn is_large(program: &str) -> bool {
    program.ends_with("-tls")
}

/// What a story plays in. All of it ends with this value.
pub(crate) struct World {
    programs: Programs,
    home: TempDir,
    address: String,
    tls: bool,
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
        Ok(Self { programs: programs.clone(), home, address, tls: false, relay })
    }

    /// With a relay that lets anybody in over TLS, whose certificate all desktops trust.
    pub(crate) fn with_tls(programs: &Programs) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let address = free_address()?;
        let [certificate, key] = ["relay.pem", "key.pem"].map(|name| home.path().join(name));
        certify(&certificate, &key)?;
        let files = [certificate, key].map(|path| path.display().to_string());
        let args = ["--insecure", "--tls-cert", &files[0], "--tls-key", &files[1]];
        let relay = start_relay(programs, &address, &args)?;
        Ok(Self { programs: programs.clone(), home, address, tls: true, relay })
    }

    /// The file of the relay's certificate.
    pub(crate) fn certificate(&self) -> PathBuf {
        self.path("relay.pem")
    }

    /// Another relay at the same address, which knows nothing.
    pub(crate) fn restart_relay(&mut self) -> Result<()> {
        self.relay.kill();
        self.relay = start_relay(&self.programs, &self.address, &["--insecure"])?;
        Ok(())
    }

    pub(crate) fn relay_address(&self) -> String {
        let scheme = if self.tls { "tls" } else { "tcp" };
        format!("{scheme}://{}", self.address)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.home.path().join(name)
    }

    /// The file for how deep the stack of a board's program goes, if that is asked for.
    pub(crate) fn stack(&self, program: &str) -> Option<PathBuf> {
        Some(stack::file(self.programs.stacks.as_ref()?, program, self.home.path()))
    }

    /// A board that runs this program. Its line is the socket of that name.
    pub(crate) fn board(&self, program: &str, line: &str) -> Result<Process> {
        self.board_with(program, line, &[])
    }

    /// The same, with these settings, such as `user=carol`.
    pub(crate) fn board_with(&self, program: &str, line: &str, settings: &[&str]) -> Result<Process> {
        let mut command = Command::new(EMULATOR);
        command.args(["-serial", &socket(&self.path(line))]);
        self.boot(program, &mut command, &format!("{line}-monitor"), settings)
    }

    /// A board on a network of its own, on which this machine is 10.0.2.2. Its monitor is the socket of that name.
    pub(crate) fn board_on_net(&self, program: &str, monitor: &str, settings: &[&str]) -> Result<Process> {
        let relay = format!("relay=10.0.2.2:{}", port(&self.address)?);
        self.networked(program, monitor, "", &[&[relay.as_str()], settings].concat())
    }

    fn networked(&self, program: &str, monitor: &str, forward: &str, settings: &[&str]) -> Result<Process> {
        let mut command = Command::new(EMULATOR);
        command.args(["-serial", "null", "-nic", &format!("user,id=net{forward}")]);
        self.boot(program, &mut command, monitor, settings)
    }

    /// The doorbell and a desktop of bob's, each the other's peer.
    pub(crate) fn peers(&self, monitor: &str) -> Result<(Process, Process)> {
        self.peers_with("doorbell-udp", monitor, &[], &[])
    }

    /// The same, with the key of the board in one file, and that of the desktop in the other.
    pub(crate) fn sealed_peers(&self, monitor: &str, keys: [&Path; 2]) -> Result<(Process, Process)> {
        let [board, desktop] = keys.map(|file| file.display().to_string());
        let setting = format!("psk={board}");
        self.peers_with("doorbell-sealed", monitor, &[&setting], &["--psk-file", &desktop])
    }

    fn peers_with(
        &self,
        program: &str,
        monitor: &str,
        settings: &[&str],
        options: &[&str],
    ) -> Result<(Process, Process)> {
        let (here, there) = (free_datagrams()?, free_datagrams()?);
        let forward = format!(",hostfwd=udp:{there}-10.0.2.15:7501");
        let peers = format!("peers=bob@10.0.2.2:{}", port(&here)?);
        let door = self.networked(program, monitor, &forward, &[&[peers.as_str()], settings].concat())?;
        let (state, peer) = (self.path("kitchen").display().to_string(), format!("udp://door@{there}"));
        let listens = ["listen", "--as", "bob", "--device", "kitchen", "--state", &state];
        let direct = ["--bind", &here, "--peer", &peer];
        let bob = self.signaling("bob", &[&listens[..], &direct, options].concat())?;
        Ok((door, bob))
    }

    fn boot(
        &self,
        program: &str,
        command: &mut Command,
        monitor: &str,
        settings: &[&str],
    ) -> Result<Process> {
        let monitor = self.path(monitor);
        let words = settings.iter().map(|setting| format!(",arg={}", setting.replace(',', ",,")));
        let semihosting = format!("enable=on,target=native,arg={program}{}", words.collect::<String>());
        let machine = if is_large(program) { "mps2-an386" } else { "mps2-an385" };
        command.args(["-machine", machine, "-display", "none", "-serial", "stdio"]);
        command.args(["-monitor", &socket(&monitor), "-semihosting-config", &semihosting]);
        if let Some(stacks) = &self.programs.stacks {
            command.args(["-device", &painted(stacks)]);
        }
        let mut board = Process::start(program, command.arg("-kernel").arg(self.programs.kernel(program)))?;
        if let Some(file) = self.stack(&format!("qemu-mps2, {program}")) {
            // Its last words; a board that ended by itself has none.
            board.before_end(move || drop(stack::measure(&monitor, &file)));
        }
        board.says(program)?;
        Ok(board)
    }

    /// Pulls the cable of a board on a network, or puts it in.
    pub(crate) fn plug(&self, monitor: &str, plugged: bool) -> Result<()> {
        let state = if plugged { "on" } else { "off" };
        stack::command(&self.path(monitor), &format!("set_link net {state}"))
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
        self.desktop("bob", label, answer)
    }

    /// A device of anybody's that listens, with that label, and answers so.
    pub(crate) fn desktop(&self, user: &str, label: &str, answer: &str) -> Result<Process> {
        let state = self.path(label).display().to_string();
        let args = ["listen", "--as", user, "--device", label, "--answer", answer, "--state", &state];
        let mut listens = self.signaling(label, &args)?;
        listens.says("connected")?;
        Ok(listens)
    }

    /// Alice's desktop invites bob.
    pub(crate) fn alice_invites_bob(&self) -> Result<Process> {
        self.alice_invites(&["bob", "--data", "video?"])
    }

    /// Alice's desktop invites.
    pub(crate) fn alice_invites(&self, args: &[&str]) -> Result<Process> {
        let state = self.path("alice").display().to_string();
        self.signaling("alice", &[&["invite", "--as", "alice", "--state", &state], args].concat())
    }

    /// That user makes the group "home", or joins it.
    pub(crate) fn group(&self, action: &str, user: &str) -> Result<()> {
        let state = self.path(&format!("group-{user}")).display().to_string();
        let mut asks = self.signaling(user, &["group", action, "home", "--as", user, "--state", &state])?;
        ensure!(asks.ends()? == Some(0), "{user} cannot {action} the group: {:?}", asks.said);
        Ok(())
    }

    fn signaling(&self, name: &str, args: &[impl AsRef<std::ffi::OsStr>]) -> Result<Process> {
        let mut command = Command::new(&self.programs.signaling);
        command.args(args).env("SIGNALING_RELAY", self.relay_address());
        command.env_remove("SIGNALING_TOKEN").env_remove("SIGNALING_CA").env("NO_COLOR", "1");
        if self.tls {
            command.env("SIGNALING_CA", self.certificate());
        }
        Process::start(name, &mut command)
    }
}

/// A board whose clock counts its instructions, 1 ns each, so that the speed of the program hardly shows; it jumps where
/// the chip would sleep.
pub(crate) fn simulated(programs: &Programs, program: &str) -> Result<Process> {
    let mut command = Command::new(EMULATOR);
    command.args(["-machine", "mps2-an385", "-icount", "shift=0,sleep=off", "-display", "none"]);
    command.args(["-monitor", "none", "-serial", "null", "-serial", "stdio"]);
    command.args(["-semihosting-config", "enable=on,target=native", "-kernel"]);
    Process::start(program, command.arg(programs.kernel(program)))
}

/// A socket of QEMU's, to which others may connect one by one.
fn socket(path: &Path) -> String {
    format!("unix:{},server=on,wait=off", path.display())
}

fn port(address: &str) -> Result<&str> {
    Ok(address.rsplit_once(':').context("an address has a port")?.1)
}

/// An address for datagrams that was free a moment ago.
fn free_datagrams() -> Result<String> {
    let socket = UdpSocket::bind("127.0.0.1:0").context("no port is free")?;
    Ok(socket.local_addr()?.to_string())
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
    ensure!(path.exists(), "{} is not built: run `cargo xtask firmware`", path.display());
    Ok(())
}
