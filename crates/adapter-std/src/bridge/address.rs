//! Addresses of serial lines.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// The speed of a line if nobody says otherwise, in Bd.
const BAUD: u32 = 115_200;

/// Where a serial line is: `/dev/ttyACM0` or `COM3`, a port of this machine; or a socket that stands for one,
/// `tcp:host:port` or `unix:path`.
///
/// ```
/// use adapter_std::bridge::LineAddress;
/// let line: LineAddress = "unix:board.sock".parse().unwrap();
/// assert_eq!(line, LineAddress::Unix("board.sock".into()));
/// ```
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
#[non_exhaustive]
pub enum LineAddress {
    /// A port of this machine.
    Serial {
        /// Its name.
        path: PathBuf,
        /// Its speed in Bd. What is only called a serial port, as over USB, has none and ignores it.
        baud: u32,
    },
    /// A TCP socket that carries the bytes of a line: host and port.
    Tcp(String),
    /// A Unix socket that does.
    Unix(PathBuf),
}

/// Why a text is not the address of a line.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LineAddressError {
    /// There is no name.
    #[error("\"{0}\" names no line: write /dev/ttyACM0, tcp:host:port or unix:path")]
    Empty(String),
    /// No host, or no port from 1 to 65535.
    #[error("\"{0}\" has no host and port: write tcp:host:port")]
    Port(String),
}

impl LineAddress {
    /// The same line at another speed, in Bd; a socket has none.
    #[must_use]
    pub fn with_baud(self, baud: u32) -> Self {
        match self {
            Self::Serial { path, .. } => Self::Serial { path, baud },
            socket => socket,
        }
    }
}

impl FromStr for LineAddress {
    type Err = LineAddressError;

    fn from_str(text: &str) -> Result<Self, LineAddressError> {
        let name = text.strip_prefix("tcp:").or_else(|| text.strip_prefix("unix:")).unwrap_or(text);
        if name.is_empty() {
            return Err(LineAddressError::Empty(text.into()));
        }
        if text.starts_with("unix:") {
            return Ok(Self::Unix(name.into()));
        }
        if !text.starts_with("tcp:") {
            return Ok(Self::Serial { path: name.into(), baud: BAUD });
        }
        match name.rsplit_once(':') {
            Some((host, port)) if !host.is_empty() && port.parse().is_ok_and(|port: u16| port != 0) => {
                Ok(Self::Tcp(name.into()))
            }
            _ => Err(LineAddressError::Port(text.into())),
        }
    }
}

impl fmt::Display for LineAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Serial { path, .. } => path.display().fmt(f),
            Self::Tcp(address) => write!(f, "tcp:{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ports_and_sockets_are_lines() {
        for right in ["/dev/ttyACM0", "COM3", "tcp:localhost:5599", "tcp:[::1]:1", "unix:/tmp/board.sock"] {
            assert_eq!(right.parse::<LineAddress>().unwrap().to_string(), right);
        }
    }

    #[test]
    fn what_is_no_line_is_told_apart() {
        let parse = |text: &str| text.parse::<LineAddress>().unwrap_err();
        for wrong in ["", "tcp:", "unix:"] {
            assert!(matches!(parse(wrong), LineAddressError::Empty(_)), "{wrong}");
        }
        for wrong in ["tcp:host", "tcp::7400", "tcp:host:0", "tcp:host:x"] {
            assert!(matches!(parse(wrong), LineAddressError::Port(_)), "{wrong}");
        }
    }

    #[test]
    fn only_a_port_has_a_speed() {
        let line = |text: &str| text.parse::<LineAddress>().unwrap().with_baud(9_600);
        assert_eq!(line("COM3"), LineAddress::Serial { path: "COM3".into(), baud: 9_600 });
        assert_eq!(line("tcp:a:1"), LineAddress::Tcp("a:1".into()));
    }
}
