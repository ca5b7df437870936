//! The arguments. Their help is the manual: each command shows how it is used.

mod device;
mod direct;
mod limit;
mod limits;

use std::io;
use std::net::{SocketAddr, ToSocketAddrs};
use std::path::PathBuf;
use std::str::FromStr;

use adapter_std::RelayAddress;
use adapter_std::bridge::LineAddress;
use clap::{Arg, Args, Parser, Subcommand, ValueEnum};
use signaling_core::{GroupId, UserId};

pub(crate) use device::DeviceArgs;
pub(crate) use direct::{DirectArgs, PeerAddress};
pub(crate) use limit::{Span, TimeLimit};
pub(crate) use limits::{Setting, configured, table};

/// Invitations that ring: several devices, several invitees, and everybody agrees on the end.
#[derive(Debug, Parser)]
#[command(name = "signaling", version, arg_required_else_help = true, after_help = START)]
pub(crate) struct Cli {
    /// Log to the standard error; -vv logs more.
    #[arg(short, long, action = clap::ArgAction::Count, global = true, display_order = 100)]
    pub(crate) verbose: u8,
    /// What to do.
    #[command(subcommand)]
    pub(crate) command: Command,
}

const START: &str = "\
See it at work:
  signaling demo

Try it in three shells:
  signaling relay --insecure
  signaling listen --as bob
  signaling invite --as alice bob";

/// What there is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// See it all at work: a relay and five devices in one process
    Demo(DemoArgs),
    /// Run a relay: it brings messages from device to device, and decides nothing
    Relay(RelayArgs),
    /// Be a device that rings, and answer
    Listen(ListenArgs),
    /// Ring somebody, and see what becomes of it
    Invite(InviteArgs),
    /// Make, join, leave and look at groups
    Group(GroupArgs),
    /// Sign a token, which lets a user in at a relay
    Token(TokenArgs),
    /// Join boards that have only a serial line to a relay
    Bridge(BridgeArgs),
}

impl Command {
    /// Whether it prints for programs.
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Demo(args) => args.json,
            Self::Relay(args) => args.json,
            Self::Listen(args) => args.device.json,
            Self::Invite(args) => args.device.json,
            Self::Group(args) => args.device.json,
            Self::Bridge(args) => args.json,
            Self::Token(_) => false,
        }
    }
}

/// `signaling demo`
#[derive(Debug, Args)]
#[command(after_help = DEMO)]
pub(crate) struct DemoArgs {
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

const DEMO: &str = "\
It plays eleven stories over real TCP on a free port of this machine, in less than 15s. What each \
device recorded is compared in the end; the exit code is 1 if they disagree.";

/// `signaling relay`
#[derive(Debug, Args)]
#[command(after_help = RELAY, after_long_help = format!("{RELAY}\n\n{LIMITS}\n{}", table()))]
pub(crate) struct RelayArgs {
    /// The address to listen on, or a name that has one; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7400", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// Let in who has a token signed with the key in this file (at least 32 bytes)
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub(crate) key_file: Option<PathBuf>,
    /// Let in anyone under any name; on this machine only
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Speak TLS 1.3 on that address, and nothing else: the relay's certificate, in PEM, and behind it whatever
    /// vouches for it. It and --tls-key are read again on SIGHUP; --key-file, for tokens, is not
    #[arg(long, value_name = "FILE", requires = "tls_key")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The key of that certificate, in PEM
    #[arg(long, value_name = "FILE", requires = "tls_cert")]
    pub(crate) tls_key: Option<PathBuf>,
    /// Groups and devices that it does not know do not exist: it never ran before, so forgot nothing
    /// [otherwise it waits for 60s before it says so]
    #[arg(long)]
    pub(crate) first_start: bool,
    /// Allow more, or less, such as devices-per-user=64; may be given for several. `--limit help` lists all
    #[arg(long = "limit", value_name = "NAME=VALUE")]
    pub(crate) limits: Vec<Setting>,
    /// Print counters so often, such as 5m; on SIGUSR1 they are printed at once, and in the end
    #[arg(long, value_name = "TIME", default_value = "0", hide_default_value = true)]
    pub(crate) stats: Span,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

/// What stands above [`table`].
pub(crate) const LIMITS: &str = "Limits, each as --limit NAME=VALUE; what is not set is as in brackets:";

const RELAY: &str = "\
Examples:
  signaling relay --insecure
  signaling relay --listen 0.0.0.0:7400 --key-file relay.key --tls-cert relay.pem --tls-key key.pem
  signaling relay --insecure --limit devices-per-user=64 --limit keep=1h

A key for tokens is any secret of at least 32 bytes:
  head -c 32 /dev/urandom | base64 > relay.key

A certificate can be had from an authority, or made. With its names, one that vouches for itself:
  openssl req -x509 -nodes -days 365 -newkey ec -pkeyopt ec_paramgen_curve:P-256 \\
    -subj /CN=relay -addext subjectAltName=DNS:relay.example,IP:192.0.2.7 \\
    -addext basicConstraints=critical,CA:FALSE -keyout key.pem -out relay.pem
Devices then take that very file for their authority:
  signaling listen --as bob --relay tls://relay.example:7400 --ca relay.pem

Without TLS, tokens and all else can be read on the way: for one machine, or a network you trust.

Sizing, systemd, tokens from elsewhere, restarts and counters: docs/operating.md";

/// The first address of that name, if it is one.
fn address(text: &str) -> Result<SocketAddr, String> {
    let how = "write an address or a name, and a port, such as 127.0.0.1:7400 or [::1]:7400";
    match text.to_socket_addrs() {
        Ok(mut found) => found.next().ok_or_else(|| how.into()),
        Err(error) if error.kind() == io::ErrorKind::InvalidInput => Err(how.into()),
        Err(error) => Err(format!("{error}; {how}")),
    }
}

/// `signaling listen`
#[derive(Debug, Args)]
#[command(after_help = LISTEN)]
pub(crate) struct ListenArgs {
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// What to answer when it rings
    #[arg(long, value_enum, default_value_t = AnswerMode::Ask)]
    pub(crate) answer: AnswerMode,
    /// Data to send along with the answer
    #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
    pub(crate) data: String,
}

/// What to answer.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum AnswerMode {
    /// Yes, at once
    Accept,
    /// No, at once
    Reject,
    /// What the standard input says: a line with y or n
    Ask,
    /// Nothing: only show what happens
    None,
}

const LISTEN: &str = "\
Examples:
  signaling listen --as bob --device kitchen
  signaling listen --as bob --device phone --state ~/.bobs-phone --answer accept
  signaling listen --as bob --json --answer none
  signaling listen --as bob --peer udp://alice@192.0.2.1:7500 --psk-file call.key

One state folder is one device: a second one of bob's needs a folder of its own.";

/// `signaling invite`
#[derive(Debug, Args)]
#[command(after_help = INVITE)]
pub(crate) struct InviteArgs {
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
    /// Whom, at most 32
    #[arg(value_name = "USER", required = true)]
    pub(crate) invitees: Vec<UserId>,
    /// In this group, of which all must be members
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<GroupId>,
    /// The time limit, from 1ms to 24h; 0 for none
    #[arg(long, value_name = "TIME", default_value = "30s", allow_hyphen_values = true)]
    pub(crate) timeout: TimeLimit,
    /// Data for the invitees, at most 12 KB
    #[arg(long, value_name = "TEXT", default_value = "", allow_hyphen_values = true)]
    pub(crate) data: String,
    /// Only who is online while it rings may hear of it: no relay keeps it
    #[arg(long)]
    pub(crate) online_only: bool,
    /// The first who accepts ends it for all others
    #[arg(long)]
    pub(crate) first_wins: bool,
}

const INVITE: &str = "\
Examples:
  signaling invite --as alice bob --data \"video?\"
  signaling invite --as alice bob carol --group team --timeout 1m
  signaling invite --as alice bob carol --first-wins
  signaling invite --as alice bob --timeout 0     (rings until somebody answers, or ctrl-c)
  signaling invite --as alice bob --peer udp://bob@192.0.2.7:7500 --psk-file call.key

Ctrl-c takes the invitation back; a second one quits at once. It is taken back as well when the \
terminal is closed, or nobody reads the output any more.

Exit codes: 0 somebody accepted; otherwise what became of everybody: 3 rejected, 4 timed out, \
5 cancelled, 6 unknown, or 3 if that differs; 7 the relay, or the peer, was not reached within \
10s, or the relay refused everybody; 2 wrong arguments; 1 anything else.";

/// `signaling group`
#[derive(Debug, Args)]
#[command(after_help = GROUP)]
// A group is the relay's: there is none on a direct link.
#[command(mut_args(without_peers))]
pub(crate) struct GroupArgs {
    /// What to do
    #[arg(value_enum)]
    pub(crate) action: GroupAction,
    /// With which group
    #[arg(value_name = "NAME")]
    pub(crate) group: GroupId,
    #[command(flatten)]
    pub(crate) device: DeviceArgs,
}

fn without_peers(arg: Arg) -> Arg {
    let of_peers = ["peers", "bind", "psk_file"].contains(&arg.get_id().as_str());
    if of_peers { arg.hide(true) } else { arg }
}

/// What to do with a group.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
pub(crate) enum GroupAction {
    /// Make it, and be its first member
    Create,
    /// Become a member
    Join,
    /// Be one no longer; the last takes the group along
    Leave,
    /// Show who is in it, to members
    Members,
}

const GROUP: &str = "\
Examples:
  signaling group create team --as alice
  signaling group join team --as bob
  signaling invite --as alice --group team bob

A group lives in the relay's memory, and with the programs of its members: one that made or joined it \
joins it again after the relay was restarted. This command ends at once, so joins nothing again: what \
was made by it alone is gone then. Anybody with a token may join a group whose name he knows, unless \
the token is for other groups (`signaling token --group`).";

/// `signaling token`
#[derive(Debug, Args)]
#[command(after_help = TOKEN)]
pub(crate) struct TokenArgs {
    /// The relay's key
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: PathBuf,
    /// The user whom the token lets in
    #[arg(long = "as", value_name = "USER", allow_hyphen_values = true)]
    pub(crate) user: UserId,
    /// For how long, such as 30m or 12h; 0 for ever, with --device only
    #[arg(long, value_name = "TIME", default_value = "1h", allow_hyphen_values = true)]
    pub(crate) ttl: Span,
    /// Only on this device: its id, 16 hexadecimal digits, as `listen` prints it
    #[arg(long, value_name = "ID")]
    pub(crate) device: Option<DeviceId>,
    /// The user may make and join this group; may be given for several [otherwise all]
    #[arg(long = "group", value_name = "NAME")]
    pub(crate) groups: Vec<GroupId>,
}

const TOKEN: &str = "\
It prints the token and nothing else:
  signaling token --key-file relay.key --as bob --ttl 12h > bob.token
  signaling listen --as bob --token-file bob.token

The relay looks at a token when a link begins: a link outlives its token, and the next one needs a \
new one, which --token-file reads by itself. To void all tokens, and end all links, start the relay \
anew with another key.";

/// `signaling bridge`
#[derive(Debug, Args)]
#[command(after_help = BRIDGE)]
pub(crate) struct BridgeArgs {
    /// The line: a serial port, or a socket that stands for one, tcp:host:port or unix:path. Several at once
    /// with several --serial
    #[arg(long = "serial", value_name = "LINE", required = true)]
    pub(crate) lines: Vec<LineAddress>,
    /// The speed of serial ports, in Bd; over USB none matters
    #[arg(long, value_name = "BD", default_value_t = 115_200)]
    pub(crate) baud: u32,
    /// The relay: tls://host:port, or tcp://host:port without encryption
    #[arg(long, value_name = "ADDR", env = "SIGNALING_RELAY", default_value = "tcp://127.0.0.1:7400")]
    pub(crate) relay: RelayAddress,
    /// Who may vouch for a relay at tls://: the certificates in this file, in PEM [default: whom the system trusts]
    #[arg(long, value_name = "FILE", env = "SIGNALING_CA")]
    pub(crate) ca: Option<PathBuf>,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

const BRIDGE: &str = "\
Examples:
  signaling bridge --serial /dev/ttyACM0
  signaling bridge --serial /dev/ttyUSB0 --serial /dev/ttyUSB1 --relay tls://relay.example:7400
  signaling bridge --serial unix:board.sock     (a board in QEMU)

It carries frames, and proves nothing: each board has a token of its own, which need not expire:
  signaling token --key-file relay.key --as door --device 000000000000d004 --ttl 0

Boards and relays may come and go; it goes on until ctrl-c.";

/// The id of a device, as text 16 hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct DeviceId(pub(crate) u64);

impl FromStr for DeviceId {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, &'static str> {
        let digits = text.len() == 16 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        let id = u64::from_str_radix(text, 16).ok().filter(|_| digits);
        id.map(Self).ok_or("a device id is 16 hexadecimal digits")
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory;

    use super::*;

    #[test]
    fn the_arguments_make_sense() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_relay_listens_at_an_address_or_a_name() {
        assert!(address("localhost:7400").unwrap().ip().is_loopback());
        assert_eq!(address("[::1]:0").unwrap().to_string(), "[::1]:0");
        for wrong in ["here", "7400", "localhost", "localhost:port"] {
            assert!(address(wrong).unwrap_err().contains("such as 127.0.0.1:7400"), "{wrong}");
        }
    }

    #[test]
    fn a_device_id_is_16_digits() {
        assert_eq!("00000000000000ff".parse(), Ok(DeviceId(255)));
        for wrong in ["ff", "+0000000000000ff", "00000000000000fg", ""] {
            assert!(wrong.parse::<DeviceId>().is_err(), "{wrong}");
        }
    }
}
