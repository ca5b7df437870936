//! Where a relay is.

use core::fmt;
use core::net::SocketAddrV4;

use embassy_net::dns::DnsQueryType;
use embassy_net::{IpAddress, Stack};

use crate::link_error::LinkError;

/// Where a relay is. The texts are those of [`parse`](Self::parse).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Relay<'a> {
    /// At an address.
    Address(SocketAddrV4),
    /// At the address that the network's name server knows: it is asked each time a stream is made.
    Name {
        /// The name of the host.
        host: &'a str,
        /// Its port.
        port: u16,
    },
}

/// A text that says nowhere.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct NoRelay;

impl fmt::Display for NoRelay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a relay is an address or a name, and a port: 192.0.2.7:7400, relay.example.org:7400")
    }
}

impl core::error::Error for NoRelay {}

impl From<SocketAddrV4> for Relay<'_> {
    fn from(address: SocketAddrV4) -> Self {
        Self::Address(address)
    }
}

impl<'a> Relay<'a> {
    /// Reads an address or a name, and a port.
    ///
    /// ```
    /// use adapter_embassy::net::Relay;
    ///
    /// let named = Relay::parse("relay.example.org:7400").unwrap();
    /// assert_eq!(named, Relay::Name { host: "relay.example.org", port: 7400 });
    /// assert_eq!(Relay::parse("192.0.2.7:7400").unwrap(), Relay::Address("192.0.2.7:7400".parse().unwrap()));
    /// assert!(Relay::parse("192.0.2.7").is_err() && Relay::parse("tcp://192.0.2.7:7400").is_err());
    /// ```
    ///
    /// # Errors
    /// [`NoRelay`] if there is no port from 1 to 65 535, or if no host can have that name.
    pub fn parse(text: &'a str) -> Result<Self, NoRelay> {
        let (host, port) = text.rsplit_once(':').ok_or(NoRelay)?;
        let port = port.parse().ok().filter(|port| *port > 0).ok_or(NoRelay)?;
        if let Ok(ip) = host.parse() {
            return Ok(SocketAddrV4::new(ip, port).into());
        }
        if is_name(host) { Ok(Self::Name { host, port }) } else { Err(NoRelay) }
    }

    /// Its address now.
    pub(super) async fn find(self, stack: Stack<'_>) -> Result<SocketAddrV4, LinkError> {
        let (host, port) = match self {
            Self::Address(address) => return Ok(address),
            Self::Name { host, port } => (host, port),
        };
        let found = stack.dns_query(host, DnsQueryType::A).await.map_err(|_| LinkError::NoName)?;
        let IpAddress::Ipv4(ip) = found.first().ok_or(LinkError::NoName)?;
        Ok(SocketAddrV4::new(*ip, port))
    }
}

/// Letters, digits and hyphens between dots (RFC 1123), up to 255 bytes; not four numbers, which are no address then.
fn is_name(host: &str) -> bool {
    let label = |label: &str| {
        let good = label.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
        good && (1..=63).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    };
    let numbers = host.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
    host.len() <= 255 && !numbers && host.split('.').all(label)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_host_can_be_called_is_no_relay() {
        for text in
            ["", ":7400", "relay", "relay:", "relay:0", "relay:65536", "a..b:1", "-a:1", "a b:1", "1.2.3:1"]
        {
            assert_eq!(Relay::parse(text), Err(NoRelay), "{text:?}");
        }
        for host in ["relay", "r2-d2.example.org", "7.example"] {
            let text = std::format!("{host}:7400");
            assert_eq!(Relay::parse(&text), Ok(Relay::Name { host, port: 7400 }));
        }
    }
}
