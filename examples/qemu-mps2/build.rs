//! What defmt needs from the linker, if it is asked for; for TLS whom to trust, and the date; and a key.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    if env::var_os("CARGO_FEATURE_DEFMT").is_some() {
        println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    if env::var_os("CARGO_FEATURE_TLS").is_some() {
        fs::write(out.join("built"), format!("{}", date()))?;
        built_in("SIGNALING_CA", &out.join("ca.pem"))?;
    }
    if env::var_os("CARGO_FEATURE_SEAL").is_some() {
        built_in("SIGNALING_PSK_FILE", &out.join("psk"))?;
    }
    Ok(())
}

/// Seconds after 1970, as the builder's clock or SOURCE_DATE_EPOCH says.
fn date() -> u64 {
    println!("cargo::rerun-if-env-changed=SOURCE_DATE_EPOCH");
    let given = env::var("SOURCE_DATE_EPOCH").ok().and_then(|text| text.parse().ok());
    given.unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs()))
}

/// What is in the file that the variable names, or nothing.
fn built_in(variable: &str, to: &Path) -> io::Result<()> {
    println!("cargo::rerun-if-env-changed={variable}");
    let Some(from) = env::var_os(variable) else { return fs::write(to, "") };
    println!("cargo::rerun-if-changed={}", Path::new(&from).display());
    let unread = |error: io::Error| io::Error::new(error.kind(), format!("{variable}={from:?}: {error}"));
    fs::copy(&from, to).map(|_| ()).map_err(unread)
}
