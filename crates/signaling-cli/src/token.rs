//! `signaling token`: signs a token.

use std::io::{self, Write};
use std::path::Path;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use signaling_relay::{JwtKey, KeyError, MintError};

use crate::args::TokenArgs;
use crate::exit::{Exit, Failure};

/// How to make a key.
pub(crate) const MAKE_KEY: &str = "(umask 077; head -c 32 /dev/urandom | base64 > relay.key)";

/// Prints a token, and nothing else.
pub(crate) fn run(args: &TokenArgs) -> Result<Exit, Failure> {
    let key = read_key(&args.key_file)?;
    let expires = args.ttl.0.map(expiry).transpose()?;
    let device = args.device.map(|device| device.0);
    let token = match &args.groups[..] {
        [] => key.mint(&args.user, device, expires),
        groups => key.mint_for_groups(&args.user, device, expires, groups),
    };
    let token = token.map_err(unminted)?;
    writeln!(io::stdout(), "{token}")?;
    Ok(Exit::Success)
}

/// Seconds after 1970, rounded up.
fn expiry(ttl: Duration) -> Result<u64, Failure> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let end = since.checked_add(ttl).and_then(|end| end.as_secs().checked_add(1));
    end.ok_or_else(|| Failure::usage("--ttl: no calendar goes that far"))
}

/// The key in that file.
pub(crate) fn read_key(path: &Path) -> Result<JwtKey, Failure> {
    JwtKey::read(path).map_err(|error| {
        let text = match &error {
            KeyError::TooShort { .. } => format!("{}: {error}", path.display()),
            KeyError::File { .. } => error.to_string(),
        };
        Failure::usage(text).hint(format!("Make a key with\n  {MAKE_KEY}"))
    })
}

fn unminted(error: MintError) -> Failure {
    match error {
        MintError::Unbounded => {
            Failure::usage(error).hint("Give --ttl, such as --ttl 1h, or --device, or both.")
        }
        MintError::Sign(_) => Failure::new(Exit::Other, error),
    }
}
