//! Which device of whom this is, and at which relay.

use std::path::PathBuf;

use adapter_std::RelayAddress;
use clap::Args;
use signaling_core::{Label, UserId};

use super::{DirectArgs, Span};

/// What every command that is a device takes.
#[derive(Debug, Args)]
pub(crate) struct DeviceArgs {
    /// The user to be
    #[arg(long = "as", value_name = "USER", allow_hyphen_values = true)]
    pub(crate) user: UserId,
    /// What people call this device, such as kitchen; at most 24 bytes
    #[arg(
        long = "device",
        value_name = "LABEL",
        default_value = "",
        hide_default_value = true,
        allow_hyphen_values = true
    )]
    pub(crate) label: Label,
    /// The relay: tls://host:port, or tcp://host:port without encryption
    #[arg(
        long,
        value_name = "ADDR",
        env = "SIGNALING_RELAY",
        default_value = "tcp://127.0.0.1:7400",
        display_order = 90
    )]
    pub(crate) relay: RelayAddress,
    /// Who may vouch for a relay at tls://: the certificates in this file, in PEM [default: whom the system
    /// trusts]
    #[arg(long, value_name = "FILE", env = "SIGNALING_CA", display_order = 90)]
    pub(crate) ca: Option<PathBuf>,
    /// Read the token from this file, anew for each connection [else from SIGNALING_TOKEN, if set]
    #[arg(long, value_name = "FILE", display_order = 91)]
    pub(crate) token_file: Option<PathBuf>,
    /// The folder that makes this the same device each time [default: one for relay and user, under
    /// $XDG_STATE_HOME/signaling]
    #[arg(long, value_name = "DIR", display_order = 92)]
    pub(crate) state: Option<PathBuf>,
    /// Stop ringing when nothing is heard from the inviter for so long; 0 for never
    #[arg(long, value_name = "TIME", default_value = "10s", allow_hyphen_values = true, display_order = 93)]
    pub(crate) lease: Span,
    /// Print one JSON object a line
    #[arg(long, display_order = 94)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) direct: DirectArgs,
}

impl DeviceArgs {
    /// Whether the device reaches others by itself.
    pub(crate) fn is_direct(&self) -> bool {
        !self.direct.peers.is_empty()
    }

    /// Whom the link leads to, in words: `the relay tcp://host:port`, or the peers.
    pub(crate) fn far_end(&self) -> String {
        if !self.is_direct() {
            return format!("the relay {}", self.relay);
        }
        self.direct.peers.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
    }

    /// The device as people call it: `bob/kitchen`, or `bob` without a label.
    pub(crate) fn name(&self) -> String {
        crate::tell::device_name(self.user.as_str(), self.label.as_str())
    }
}
