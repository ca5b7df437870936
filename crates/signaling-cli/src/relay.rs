//! `signaling relay`: a relay until ctrl-c.

use std::time::{Duration, Instant};

use signaling_relay::{BindError, Config, Insecure, Relay, RelayBuilder, Stats};

use crate::args::RelayArgs;
use crate::exit::{Exit, Failure};
use crate::output::{Notice, Printer, Tone};
use crate::stop::Stop;
use crate::token::{MAKE_KEY, read_key};

/// Serves until ctrl-c.
pub(crate) async fn run(args: &RelayArgs, printer: &Printer) -> Result<Exit, Failure> {
    let mut stop = Stop::new()?;
    let builder = if args.insecure { Relay::builder(Insecure) } else { with_key(args)? };
    let warm_up = if args.first_start { 0 } else { Config::default().warm_up };
    let builder = builder.config(Config { warm_up, ..Config::default() });
    let relay = builder.bind(args.listen).await.map_err(unbound)?;
    let handle = relay.handle();
    let start = Instant::now();
    printer.print("relay", &listening(&relay, args.insecure))?;
    relay.run(stop.asked()).await;
    printer.print("relay", &stopped(&handle.stats(), start.elapsed()))?;
    Ok(Exit::Success)
}

fn with_key(args: &RelayArgs) -> Result<RelayBuilder, Failure> {
    match &args.key_file {
        Some(path) => Ok(Relay::builder(read_key(path)?)),
        None => {
            Err(Failure::usage("who may connect? Neither --key-file nor --insecure is given").hint(ways()))
        }
    }
}

/// Both ways to start a relay.
fn ways() -> String {
    format!(
        "With tokens: make a key, start the relay with it, and give each user a token that it signs:\n  \
         {MAKE_KEY}\n  \
         signaling relay --key-file relay.key\n  \
         signaling token --key-file relay.key --as bob --ttl 12h > bob.token\n  \
         signaling listen --as bob --token-file bob.token\n\n\
         Without, on this machine only, where anyone may be anyone:\n  \
         signaling relay --insecure"
    )
}

fn unbound(error: BindError) -> Failure {
    let hint = match &error {
        BindError::Insecure { .. } => {
            "Listen on 127.0.0.1 or [::1], or let users in by tokens, with --key-file.".into()
        }
        BindError::Address { .. } => {
            "Is another relay running there? Choose another port with --listen 127.0.0.1:7401, or let the \
             system choose one with port 0."
                .to_owned()
        }
        BindError::Random(_) => String::new(),
    };
    let exit = if matches!(error, BindError::Insecure { .. }) { Exit::Usage } else { Exit::Other };
    Failure::new(exit, error).hint(hint)
}

fn listening(relay: &Relay, insecure: bool) -> Notice {
    let address = format!("tcp://{}", relay.local_addr());
    let whom = if insecure { "anyone under any name" } else { "whoever has a token" };
    Notice::new("listening", Tone::Link, format!("listens on {address}, lets in {whom}"))
        .with("address", address)
        .with("insecure", insecure)
}

fn stopped(stats: &Stats, after: Duration) -> Notice {
    let after = Duration::from_secs(after.as_secs());
    let text = format!(
        "stopped after {}: {} messages delivered, {} handed over later",
        humantime::format_duration(after),
        stats.delivered,
        stats.handed_over,
    );
    Notice::new("stopped", Tone::Link, text)
        .with("delivered", stats.delivered)
        .with("handed_over", stats.handed_over)
        .with("frames_in", stats.frames_in)
        .with("frames_out", stats.frames_out)
}
