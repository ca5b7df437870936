//! How many links come from where.

use std::collections::HashMap;
use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use crate::config::Config;

/// What one party has of addresses: one of IPv4, or of IPv6 all that begin with the same 64 bits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub(crate) struct Network(IpAddr);

impl From<IpAddr> for Network {
    fn from(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V6(address) => Self(Ipv6Addr::from_bits(address.to_bits() & u128::MAX << 64).into()),
            address => Self(address),
        }
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            IpAddr::V4(address) => address.fmt(f),
            IpAddr::V6(address) => write!(f, "{address}/64"),
        }
    }
}

/// Those from which there is a link.
#[derive(Debug, Default)]
pub(super) struct Networks(HashMap<Network, Count>);

#[derive(Clone, Copy, Debug, Default)]
struct Count {
    links: usize,
    /// Those of them that were not let in yet.
    strangers: usize,
}

impl Networks {
    pub(super) fn links(&self, network: Network) -> usize {
        self.count(network).links
    }

    /// Which limit keeps one more link from being taken there.
    pub(super) fn limit(&self, network: Network, config: &Config) -> Option<&'static str> {
        let Count { links, strangers } = self.count(network);
        if strangers >= config.strangers() {
            return Some("strangers_per_address");
        }
        (links >= config.of_one_address()).then_some("connections_per_address")
    }

    fn count(&self, network: Network) -> Count {
        self.0.get(&network).copied().unwrap_or_default()
    }

    pub(super) fn come(&mut self, network: Network) {
        let count = self.0.entry(network).or_default();
        count.links += 1;
        count.strangers += 1;
    }

    /// A stranger was let in.
    pub(super) fn meet(&mut self, network: Network) {
        if let Some(count) = self.0.get_mut(&network) {
            count.strangers -= 1;
        }
    }

    pub(super) fn leave(&mut self, network: Network, stranger: bool) {
        let Some(count) = self.0.get_mut(&network) else { return };
        count.links -= 1;
        count.strangers -= usize::from(stranger);
        if count.links == 0 {
            self.0.remove(&network);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn network(address: &str) -> String {
        Network::from(address.parse::<IpAddr>().unwrap()).to_string()
    }

    #[test]
    fn of_ipv6_64_bits_are_one_party_and_ipv4_is_the_same_in_either_form() {
        assert_eq!(network("192.0.2.7"), "192.0.2.7");
        assert_eq!(network("::ffff:192.0.2.7"), "192.0.2.7");
        assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
    }

    #[test]
    fn who_is_gone_takes_no_room() {
        let mut networks = Networks::default();
        let there = Network::from(IpAddr::from([192, 0, 2, 7]));
        networks.come(there);
        networks.come(there);
        networks.meet(there);
        assert_eq!((networks.links(there), networks.count(there).strangers), (2, 1));
        networks.leave(there, true);
        networks.leave(there, false);
        assert!(networks.0.is_empty());
    }
}
