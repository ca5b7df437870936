//! Addresses of relays.

use std::fmt;
use std::str::FromStr;

/// Where a relay listens: `tcp://host:port`, or with the feature `tls` also `tls://host:port`. A host with colons,
/// an IPv6 address, stands in brackets.
///
/// ```
/// use adapter_std::RelayAddress;
/// let address: RelayAddress = "tcp://[::1]:7400".parse().unwrap();
/// assert_eq!((address.host(), address.port(), address.is_tls()), ("::1", 7400, false));
/// assert_eq!(address.to_string(), "tcp://[::1]:7400");
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct RelayAddress {
    tls: bool,
    host: String,
    port: u16,
}

/// Why a text is not the address of a relay.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum AddressError {
    /// There is no scheme.
    #[error("\"{0}\" has no scheme: write tls://host:port, or tcp://host:port without encryption")]
    NoScheme(String),
    /// A scheme that this client does not speak.
    #[error("the scheme \"{0}\" is not supported: only tls://host:port and tcp://host:port are")]
    Scheme(String),
    /// TLS was left out when this program was built.
    #[error("\"{0}\" needs the feature `tls` of adapter-std")]
    NoTls(String),
    /// No certificate can be for that host: it is neither a name nor a number.
    #[error("\"{0}\" is no host that a certificate could be for: write a name, or an address without a zone")]
    NoName(String),
    /// No host.
    #[error("\"{0}\" names no host: write it as in tls://host:port")]
    NoHost(String),
    /// An IPv6 address without brackets.
    #[error("\"{0}\" has an IPv6 address without brackets: write it as in tcp://[::1]:7400")]
    Brackets(String),
    /// There is a path behind the port.
    #[error("\"{0}\" has a path, which a relay has not: write tls://host:port")]
    Path(String),
    /// No port, or not one from 1 to 65535.
    #[error("\"{0}\" has no port from 1 to 65535: write it as in tls://host:port")]
    Port(String),
}

impl RelayAddress {
    /// The name or number of the host, without brackets.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Whether the link is to be encrypted, and the relay's certificate checked.
    pub fn is_tls(&self) -> bool {
        self.tls
    }

    fn scheme(&self) -> &'static str {
        if self.tls { "tls" } else { "tcp" }
    }
}

impl FromStr for RelayAddress {
    type Err = AddressError;

    fn from_str(text: &str) -> Result<Self, AddressError> {
        let Some((scheme, rest)) = text.split_once("://") else {
            return Err(AddressError::NoScheme(text.into()));
        };
        let tls = match scheme {
            "tcp" => false,
            "tls" if cfg!(feature = "tls") => true,
            "tls" => return Err(AddressError::NoTls(text.into())),
            _ => return Err(AddressError::Scheme(scheme.into())),
        };
        if rest.contains('/') {
            return Err(AddressError::Path(text.into()));
        }
        let Some((host, port)) = rest.rsplit_once(':') else { return Err(AddressError::Port(text.into())) };
        let bare = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        if bare.is_none() && host.contains(':') {
            return Err(AddressError::Brackets(text.into()));
        }
        let host = bare.unwrap_or(host);
        if host.is_empty() || host.contains(['@', '[', ']', ' ']) {
            return Err(AddressError::NoHost(text.into()));
        }
        match port.parse() {
            Ok(port) if port != 0 => Ok(Self { tls, host: host.into(), port }),
            _ => Err(AddressError::Port(text.into())),
        }
    }
}

impl fmt::Display for RelayAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, port, .. } = self;
        if host.contains(':') {
            return write!(f, "{}://[{host}]:{port}", self.scheme());
        }
        write!(f, "{}://{host}:{port}", self.scheme())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_address_is_told_apart() {
        let parse = |text: &str| text.parse::<RelayAddress>().unwrap_err();
        assert!(matches!(parse("localhost:7400"), AddressError::NoScheme(_)));
        assert_eq!(parse("wss://relay:7400"), AddressError::Scheme("wss".into()));
        assert!(matches!(parse("tcp://:7400"), AddressError::NoHost(_)));
        for wrong in ["tcp://relay", "tcp://relay:", "tcp://relay:0", "tcp://relay:65536"] {
            assert!(matches!(parse(wrong), AddressError::Port(_)), "{wrong}");
        }
        assert!(matches!(parse("tcp://::1:7400"), AddressError::Brackets(_)));
        assert!(matches!(parse("tcp://relay:7400/ring"), AddressError::Path(_)));
    }

    #[test]
    #[cfg(feature = "tls")]
    fn an_address_says_whether_it_is_encrypted() {
        for (text, tls) in
            [("tls://relay:7400", true), ("tls://[::1]:7400", true), ("tcp://relay:7400", false)]
        {
            let address = text.parse::<RelayAddress>().unwrap();
            assert_eq!((address.is_tls(), address.to_string()), (tls, text.into()));
        }
    }

    #[test]
    fn names_and_numbers_are_hosts() {
        for right in ["tcp://relay.example:7400", "tcp://127.0.0.1:1", "tcp://[fe80::1]:65535"] {
            assert_eq!(right.parse::<RelayAddress>().unwrap().to_string(), right);
        }
    }
}
