//! The arguments. Their help is the manual: each command shows how it is used.

mod limit;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use clap::{Args, Parser, Subcommand};
use signaling_core::UserId;

pub(crate) use limit::{Span, TimeLimit};

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
Try it in three shells:
  signaling relay --insecure
  signaling listen --as bob
  signaling invite --as alice bob";

/// What there is to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a relay: it brings messages from device to device, and decides nothing
    Relay(RelayArgs),
    /// Sign a token, which lets a user in at a relay
    Token(TokenArgs),
}

impl Command {
    /// Whether it prints for programs.
    pub(crate) fn json(&self) -> bool {
        match self {
            Self::Relay(args) => args.json,
            Self::Token(_) => false,
        }
    }
}

/// `signaling relay`
#[derive(Debug, Args)]
#[command(after_help = RELAY)]
pub(crate) struct RelayArgs {
    /// The address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:7400", value_parser = address)]
    pub(crate) listen: SocketAddr,
    /// Let in who has a token signed with the key in this file (at least 32 bytes)
    #[arg(long, value_name = "FILE", conflicts_with = "insecure")]
    pub(crate) key_file: Option<PathBuf>,
    /// Let in anyone under any name; on this machine only
    #[arg(long)]
    pub(crate) insecure: bool,
    /// Groups and devices that it does not know do not exist: it never ran before, so forgot nothing
    /// [otherwise it waits for 60s before it says so]
    #[arg(long)]
    pub(crate) first_start: bool,
    /// Print one JSON object a line
    #[arg(long)]
    pub(crate) json: bool,
}

const RELAY: &str = "\
Examples:
  signaling relay --insecure
  signaling relay --listen 0.0.0.0:7400 --key-file relay.key

A key is any secret of at least 32 bytes:
  head -c 32 /dev/urandom | base64 > relay.key";

fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "write an address and a port, such as 127.0.0.1:7400 or [::1]:7400")
}

/// `signaling token`
#[derive(Debug, Args)]
#[command(after_help = TOKEN)]
pub(crate) struct TokenArgs {
    /// The relay's key
    #[arg(long, value_name = "FILE")]
    pub(crate) key_file: PathBuf,
    /// The user whom the token lets in
    #[arg(long = "as", value_name = "USER")]
    pub(crate) user: UserId,
    /// For how long, such as 30m or 12h; 0 for ever, with --device only
    #[arg(long, value_name = "TIME", default_value = "1h", allow_hyphen_values = true)]
    pub(crate) ttl: Span,
    /// Only on this device: its id, 16 hexadecimal digits, as `listen` prints it
    #[arg(long, value_name = "ID")]
    pub(crate) device: Option<DeviceId>,
}

const TOKEN: &str = "\
It prints the token and nothing else:
  signaling token --key-file relay.key --as bob --ttl 12h > bob.token
  signaling listen --as bob --token-file bob.token";

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
    fn a_device_id_is_16_digits() {
        assert_eq!("00000000000000ff".parse(), Ok(DeviceId(255)));
        for wrong in ["ff", "+0000000000000ff", "00000000000000fg", ""] {
            assert!(wrong.parse::<DeviceId>().is_err(), "{wrong}");
        }
    }
}
