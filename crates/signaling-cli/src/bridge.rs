//! `signaling bridge`: joins boards on serial lines to a relay.

use std::sync::Arc;

use adapter_std::bridge::{Bridge, BridgeEvent};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::args::BridgeArgs;
use crate::exit::{Exit, Failure};
use crate::output::{Notice, Printer, Tone};
use crate::stop::Stop;

/// So many events wait to be printed.
const BACKLOG: usize = 64;

/// Carries frames until ctrl-c.
pub(crate) async fn run(args: &BridgeArgs, printer: &Printer) -> Result<Exit, Failure> {
    let mut stop = Stop::new()?;
    let relay = args.relay.clone().route(args.ca.as_deref()).map_err(Failure::usage)?;
    let mut bridges = JoinSet::new();
    let (told, mut events) = mpsc::channel(BACKLOG);
    for line in &args.lines {
        let line = line.clone().with_baud(args.baud);
        let bridge = Bridge::new(line.clone(), Arc::clone(&relay));
        let told = told.clone();
        // A terminal that takes nothing must not hold up the bridge.
        bridges
            .spawn(async move { bridge.run(|event| drop(told.try_send((line.to_string(), event)))).await });
    }
    loop {
        tokio::select! {
            Some((line, event)) = events.recv() => printer.print(&line, &notice(&line, &event))?,
            () = stop.asked() => return Ok(Exit::Success),
        }
    }
}

fn notice(line: &str, event: &BridgeEvent) -> Notice {
    let text = event.to_string();
    let notice = match event {
        BridgeEvent::Opened => Notice::new("line_opened", Tone::Link, text),
        BridgeEvent::Closed(error) => {
            Notice::new("line_closed", Tone::Lost, text).with("reason", error.to_string())
        }
        BridgeEvent::Joined => Notice::new("joined", Tone::Link, text),
        BridgeEvent::Parted(error) => {
            Notice::new("parted", Tone::Lost, text).with("reason", error.to_string())
        }
        BridgeEvent::Noise(count) => Notice::new("noise", Tone::Doubt, text).with("frames", *count),
        _ => Notice::new("link", Tone::Link, text),
    };
    notice.with("line", line)
}
