//! Says at once if the relay is missing or wrong; and brings what defmt needs from the linker, if it is asked for.

const RELAY: &str = "SIGNALING_RELAY";
const EXAMPLE: &str = "SIGNALING_RELAY=192.0.2.7:7400 or SIGNALING_RELAY=relay.example.org:7400";

fn main() {
    println!("cargo::rerun-if-env-changed={RELAY}");
    match std::env::var(RELAY) {
        Err(_) => println!("cargo::warning=the board will not know its relay: build with {EXAMPLE}"),
        Ok(relay) if !is_relay(&relay) => {
            println!("cargo::error={RELAY}={relay} is wrong: build with {EXAMPLE}")
        }
        Ok(_) => {}
    }
    if std::env::var_os("CARGO_FEATURE_DEFMT").is_some() {
        println!("cargo::rustc-link-arg-bins=-Tdefmt.x");
    }
}

/// A host and a port.
fn is_relay(text: &str) -> bool {
    let is_host = |host: &str| !host.is_empty() && !host.contains(['/', ':', ' ']);
    text.rsplit_once(':').is_some_and(|(host, port)| is_host(host) && port.parse::<u16>().is_ok())
}
