//! The processes of a storm, and what befalls them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rand::RngExt;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::proxy::{self, Weather};
use crate::record::EXTENSION;

const CALLERS: usize = 4;
const CALLEES: usize = 4;
/// Devices of each callee.
const DEVICES: usize = 2;
/// A relay lives for so many ms: a second, give or take.
const RELAY_LIFE: std::ops::Range<u64> = 600..1_400;
/// A device that ends writes its file in that time.
const ENDS_WITHIN: Duration = Duration::from_secs(20);
/// Nothing may be open for so long before all counts as known: what is on its way may open something again.
const STILL: Duration = Duration::from_secs(3);
/// No call is over in less than so many ms on average.
const CALL: u64 = 4_000;

struct Device {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it said last: of how many calls it does not know the end.
    open: watch::Receiver<Option<usize>>,
}

/// Lets it storm for so long with so many calls at a time, heals all, waits until everybody knows how his calls
/// ended, at most `grace`, and lets each device write its file into `dir`.
pub(crate) async fn storm(dir: &Path, calls: usize, seconds: Duration, grace: Duration) -> Result<()> {
    let relay = free_address()?;
    let weather = Arc::new(Weather::default());
    let proxy = proxy::start(relay, weather.clone()).await?;
    let mut devices = start_devices(dir, calls, seconds, proxy)?;
    println!("{} devices, {calls} calls at a time, relay killed every second for {seconds:?}", devices.len());
    let kills = kill_relays(relay, seconds).await?;
    weather.calm.store(true, Ordering::Relaxed);
    let _relay = start_relay(relay)?;
    let healed = Instant::now();
    for device in &mut devices {
        device.say("finish\n").await?;
    }
    let settled = timeout(grace, settle(&devices)).await.is_ok();
    let (links, cuts) = (weather.links.load(Ordering::Relaxed), weather.cuts.load(Ordering::Relaxed));
    println!("{kills} relays killed with -9, {links} links made, {cuts} of them cut");
    println!(
        "{} {:.1?} after healing",
        if settled { "all known" } else { "not all known" },
        healed.elapsed()
    );
    for device in devices {
        device.end().await?;
    }
    Ok(())
}

/// An address that was free a moment ago: the relay starts there again and again.
fn free_address() -> Result<SocketAddr> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

fn this_program() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe().context("where is this program?")?);
    command.kill_on_drop(true);
    Ok(command)
}

fn start_relay(addr: SocketAddr) -> Result<Child> {
    let mut command = this_program()?;
    command.args(["relay", "--insecure", "--json", "--listen", &addr.to_string()]);
    command.stdout(Stdio::null()).spawn().context("cannot start a relay")
}

/// Starts a relay and kills it, again and again; how many.
async fn kill_relays(addr: SocketAddr, seconds: Duration) -> Result<u32> {
    let start = Instant::now();
    let mut kills = 0;
    while start.elapsed() < seconds {
        let mut relay = start_relay(addr)?;
        let life = Duration::from_millis(rand::rng().random_range(RELAY_LIFE));
        if let Ok(ended) = timeout(life, relay.wait()).await {
            bail!("the relay ended by itself: {}", ended?);
        }
        relay.kill().await?;
        kills += 1;
    }
    Ok(kills)
}

fn start_devices(dir: &Path, calls: usize, seconds: Duration, proxy: SocketAddr) -> Result<Vec<Device>> {
    // Every row stays until the end: no relay lives long enough for anybody to be sure that all have heard.
    let rounds = usize::try_from(seconds.as_millis() as u64 / CALL)? + 2;
    let rows = calls.div_ceil(CALLERS) * rounds + 64;
    let callees: Vec<String> = (0..CALLEES).map(|at| format!("callee-{at}")).collect();
    let names: Vec<String> = callees.iter().map(|callee| format!("--callee={callee}")).collect();
    let mut devices = Vec::new();
    for user in &callees {
        for at in 0..DEVICES {
            devices.push(Device::start(dir, &format!("{user}-{at}"), user, proxy, rows * 2, &[])?);
        }
    }
    for at in 0..CALLERS {
        let (user, share) = (format!("caller-{at}"), (calls + at) / CALLERS);
        let calls = [vec![format!("--calls={share}")], names.clone()].concat();
        devices.push(Device::start(dir, &user, &user, proxy, rows, &calls)?);
    }
    Ok(devices)
}

/// Waits until nothing is open for a while.
async fn settle(devices: &[Device]) {
    let mut since = Instant::now();
    while since.elapsed() < STILL {
        if devices.iter().any(|device| *device.open.borrow() != Some(0)) {
            since = Instant::now();
        }
        sleep(Duration::from_millis(100)).await;
    }
}

impl Device {
    fn start(
        dir: &Path,
        name: &str,
        user: &str,
        relay: SocketAddr,
        rows: usize,
        more: &[String],
    ) -> Result<Self> {
        let mut command = this_program()?;
        command.args(["device", "--user", user, "--relay", &format!("tcp://{relay}")]);
        command
            .arg("--out")
            .arg(dir.join(name).with_extension(EXTENSION))
            .args(["--rows", &rows.to_string()])
            .args(more);
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
        let stdin = child.stdin.take();
        let stdout = child.stdout.take().context("it was piped")?;
        let (says, open) = watch::channel(None);
        tokio::spawn(async move {
            let mut lines = BufReader::new(stdout).lines();
            while let Ok(Some(line)) = lines.next_line().await {
                says.send_replace(line.parse().ok());
            }
        });
        Ok(Self { name: name.to_owned(), child, stdin, open })
    }

    async fn say(&mut self, line: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().context("it listens until it ends")?;
        stdin.write_all(line.as_bytes()).await.with_context(|| format!("{} is gone", self.name))
    }

    /// Lets it write its file.
    async fn end(mut self) -> Result<()> {
        drop(self.stdin.take());
        let status = timeout(ENDS_WITHIN, self.child.wait()).await;
        let status = status.with_context(|| format!("{} does not end", self.name))??;
        ensure!(status.success(), "{} failed: {status}", self.name);
        Ok(())
    }
}
