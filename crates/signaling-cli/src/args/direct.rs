//! Other devices in place of a relay.

use std::fmt;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;

use adapter_std::UserId;
use clap::Args;

/// A direct link, if one is wanted.
#[derive(Debug, Args)]
pub(crate) struct DirectArgs {
    /// Reach this device itself, over UDP and without a relay; may be given for several. A name is looked up again while
    /// the device does not answer
    #[arg(long = "peer", value_name = "udp://USER@HOST:PORT", display_order = 95)]
    pub(crate) peers: Vec<PeerAddress>,
    /// The address of this device for its peers
    #[arg(long, value_name = "ADDR", default_value = "0.0.0.0:7500", requires = "peers", display_order = 96)]
    pub(crate) bind: SocketAddr,
    /// Seal what goes to the peers with the key in this file (at least 32 bytes); without one it is open to all
    #[arg(long, value_name = "FILE", requires = "peers", display_order = 97)]
    pub(crate) psk_file: Option<PathBuf>,
}

/// A user's device, and where it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct PeerAddress {
    pub(crate) user: UserId,
    /// As `host:port`.
    pub(crate) address: String,
}

impl FromStr for PeerAddress {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || "write udp://USER@HOST:PORT, such as udp://bob@192.0.2.7:7500".to_owned();
        let (user, address) =
            text.strip_prefix("udp://").and_then(|rest| rest.rsplit_once('@')).ok_or_else(wrong)?;
        let (host, port) = address.rsplit_once(':').ok_or_else(wrong)?;
        if host.is_empty() || !port.parse().is_ok_and(|port: u16| port > 0) {
            return Err(wrong());
        }
        let user = UserId::new(user).map_err(|error| format!("USER: {error}"))?;
        Ok(Self { user, address: address.into() })
    }
}

impl fmt::Display for PeerAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "udp://{}@{}", self.user, self.address)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_is_a_user_and_a_place() {
        for right in ["udp://bob@192.0.2.7:7500", "udp://b@b@host:1", "udp://bob@[::1]:65535"] {
            assert_eq!(right.parse::<PeerAddress>().unwrap().to_string(), right);
        }
        for wrong in [
            "bob@host:1",
            "tcp://bob@host:1",
            "udp://host:1",
            "udp://@host:1",
            "udp://bob@host",
            "udp://bob@host:0",
        ] {
            assert!(wrong.parse::<PeerAddress>().is_err(), "{wrong}");
        }
    }
}
