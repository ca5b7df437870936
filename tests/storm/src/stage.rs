//! The processes of a storm, and what befalls them.

use std::net::{Ipv4Addr, SocketAddr, TcpListener, UdpSocket};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};
use rand::RngExt;
use storm::record::EXTENSION;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::proxy::{self, Weather};
use crate::udp;

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
/// How often it is told how far it is.
const TOLD_EVERY: Duration = Duration::from_secs(10);

/// The peers of a caller without a relay, and his share of all calls: one in so many.
const PEERS: usize = 2;
const DIRECT_SHARE: usize = 10;

struct Device {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    /// What it said last: of how many calls it does not know the end.
    open: watch::Receiver<Option<usize>>,
}

/// What it is to be like.
pub(crate) struct Stage<'a> {
    /// Where each device writes its file.
    pub(crate) dir: &'a Path,
    /// So many calls at a time.
    pub(crate) calls: usize,
    /// No call takes more seconds.
    pub(crate) longest: u64,
    /// For how long it storms.
    pub(crate) seconds: Duration,
    /// How long everybody has, when all has healed, to learn what became of his calls.
    pub(crate) grace: Duration,
    /// Arguments that each device gets.
    pub(crate) more: Vec<String>,
}

impl Stage<'_> {
    /// Lets it storm, heals all, waits until everybody knows how his calls ended, and has each device write its file.
    pub(crate) async fn storm(&self) -> Result<()> {
        let weather = Arc::new(Weather::default());
        let relay = free_address()?;
        let proxy = proxy::start(relay, weather.clone()).await?;
        let direct = self.calls / DIRECT_SHARE;
        let mut devices = self.around_relay(self.calls - direct, proxy)?;
        devices.extend(self.direct(direct, &weather).await?);
        println!("{:>8} devices", devices.len());
        println!("{:>8} calls at a time, {direct} of them without a relay", self.calls);
        let kills = kill_relays(relay, self.seconds, &weather).await?;
        weather.calm.store(true, Ordering::Relaxed);
        let _relay = start_relay(relay)?;
        let healed = Instant::now();
        for device in &mut devices {
            device.say("finish\n").await?;
        }
        let settled = timeout(self.grace, settle(&devices)).await.is_ok();
        tell(&weather, kills, self.seconds);
        let known = if settled { "all is known" } else { "and still not all is known" };
        println!("{:>8.1} s after healing {known}", healed.elapsed().as_secs_f64());
        for device in devices {
            device.end().await?;
        }
        Ok(())
    }
}

fn tell(weather: &Weather, kills: u32, seconds: Duration) {
    let [links, cuts, datagrams, lost] = weather.counts();
    println!("{kills:>8} relays killed with -9 in {} s", seconds.as_secs());
    println!("{links:>8} links made to a relay, {cuts} of them cut by the proxy");
    println!("{datagrams:>8} datagrams, {lost} of them lost before healing");
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
async fn kill_relays(addr: SocketAddr, seconds: Duration, weather: &Weather) -> Result<u32> {
    let start = Instant::now();
    let (mut kills, mut next) = (0, TOLD_EVERY);
    while start.elapsed() < seconds {
        let mut relay = start_relay(addr)?;
        let life = Duration::from_millis(rand::rng().random_range(RELAY_LIFE));
        if let Ok(ended) = timeout(life, relay.wait()).await {
            bail!("the relay ended by itself: {}", ended?);
        }
        relay.kill().await?;
        kills += 1;
        if start.elapsed() >= next {
            let [links, cuts, datagrams, lost] = weather.counts();
            let at = next.as_secs();
            eprintln!(
                "{at:>4} s: {kills} kills, {links} links, {cuts} cut, {datagrams} datagrams, {lost} lost"
            );
            next += TOLD_EVERY;
        }
    }
    Ok(kills)
}

impl Stage<'_> {
    /// Room for all calls of somebody who has so many at a time. Every row stays until the end: no relay lives
    /// long enough for anybody to be sure that all have heard.
    fn rows(&self, calls: usize) -> usize {
        // A third of the longest is the shortest limit, and who answers or cancels is quicker still.
        let rounds = self.seconds.as_secs() * 5 / self.longest + 3;
        calls * usize::try_from(rounds).unwrap_or(usize::MAX) + 64
    }

    fn around_relay(&self, calls: usize, proxy: SocketAddr) -> Result<Vec<Device>> {
        let rows = self.rows(calls.div_ceil(CALLERS));
        let relay = format!("--relay=tcp://{proxy}");
        let callees: Vec<String> = (0..CALLEES).map(|at| format!("callee-{at}")).collect();
        let mut devices = Vec::new();
        for user in &callees {
            for at in 0..DEVICES {
                devices.push(self.device(
                    &format!("{user}-{at}"),
                    user,
                    rows * 2,
                    std::slice::from_ref(&relay),
                )?);
            }
        }
        for at in 0..CALLERS {
            let user = format!("caller-{at}");
            let calls = format!("--calls={}", (calls + at) / CALLERS);
            let args = [vec![relay.clone(), calls], whom(&callees)].concat();
            devices.push(self.device(&user, &user, rows, &args)?);
        }
        Ok(devices)
    }

    /// A caller and his peers.
    async fn direct(&self, calls: usize, weather: &Arc<Weather>) -> Result<Vec<Device>> {
        let rows = self.rows(calls);
        let (caller, here) = ("direct-caller", free_udp()?);
        let callees: Vec<String> = (0..PEERS).map(|at| format!("direct-callee-{at}")).collect();
        let (mut devices, mut peers) = (Vec::new(), Vec::new());
        for user in &callees {
            let there = free_udp()?;
            let (callee, back) = udp::join(here, there, weather).await?;
            peers.push(format!("--peer={user}={callee}"));
            let args = [format!("--udp={there}"), format!("--peer={caller}={back}")];
            devices.push(self.device(user, user, rows, &args)?);
        }
        let own = vec![format!("--udp={here}"), format!("--calls={calls}")];
        devices.push(self.device(caller, caller, rows, &[own, peers, whom(&callees)].concat())?);
        Ok(devices)
    }

    fn device(&self, name: &str, user: &str, rows: usize, args: &[String]) -> Result<Device> {
        let mut command = this_program()?;
        command.args(["device", "--user", user, "--rows", &rows.to_string()]).args(args).args(&self.more);
        // Two who are never up at the same time learn nothing of each other, however long it storms.
        let keep = self.seconds + self.grace;
        command
            .args(["--longest", &self.longest.to_string(), "--keep", &keep.as_secs().to_string()])
            .arg("--out")
            .arg(self.dir.join(name).with_extension(EXTENSION));
        Device::start(name, &mut command)
    }
}

fn whom(callees: &[String]) -> Vec<String> {
    callees.iter().map(|callee| format!("--callee={callee}")).collect()
}

/// As [`free_address`], for datagrams.
fn free_udp() -> Result<SocketAddr> {
    Ok(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()?)
}

/// Waits until nothing is open for a while.
async fn settle(devices: &[Device]) {
    let (mut since, mut next) = (Instant::now(), Instant::now());
    while since.elapsed() < STILL {
        let waiting = devices.iter().filter(|device| *device.open.borrow() != Some(0)).count();
        if waiting > 0 {
            since = Instant::now();
        }
        if next.elapsed() >= TOLD_EVERY {
            next = Instant::now();
            eprintln!("healed; {waiting} devices do not know all yet");
        }
        sleep(Duration::from_millis(100)).await;
    }
}

impl Device {
    fn start(name: &str, command: &mut Command) -> Result<Self> {
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
