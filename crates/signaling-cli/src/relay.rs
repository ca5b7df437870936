//! `signaling relay`: a relay until ctrl-c.

use std::future::pending;
use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::time::{Duration, Instant};

use signaling_relay::{
    BindError, Certificate, CertificateError, Config, ConfigError, Insecure, Relay, RelayBuilder,
};
use tokio::sync::watch;
use tokio::time::timeout;

use crate::args::{LIMITS, RelayArgs, Setting, configured, table};
use crate::counters;
use crate::exit::{Exit, Failure};
use crate::files;
use crate::output::{Notice, Printer, Tone};
use crate::stop::{Nudge, Stop};
use crate::token::{MAKE_KEY, read_key};

/// Who does not read its last word for so long does not keep it from ending.
const LAST_WORD: Duration = Duration::from_secs(1);

/// Serves until ctrl-c.
pub(crate) async fn run(args: &RelayArgs, printer: &Printer) -> Result<Exit, Failure> {
    if args.limits.iter().any(|setting| matches!(setting, Setting::Help)) {
        write!(io::stdout(), "{LIMITS}\n{}", table())?;
        return Ok(Exit::Success);
    }
    let mut stop = Stop::without_hangup()?;
    let (hangup, wanted) = (Nudge::hangup()?, Nudge::user()?);
    let builder = if args.insecure { Relay::builder(Insecure) } else { with_key(args)? };
    let limits = config(args);
    let (connections, few) = files::allow(limits.connections);
    let builder = builder.config(Config { connections, ..limits });
    let certificate = certificate(args)?;
    let builder = certificate.iter().cloned().fold(builder, RelayBuilder::certificate);
    let relay = builder.bind(args.listen).await.map_err(unbound)?;
    let handle = relay.handle();
    let start = Instant::now();
    printer.print("relay", &listening(&relay, args))?;
    if let Some(warning) = few {
        printer.print("relay", &warning)?;
    }
    tokio::select! {
        () = relay.run(stop.asked()) => {}
        failed = keep_fresh(certificate, hangup, printer) => return Err(failed),
        failed = counters::tell(&handle, args.stats.0, wanted, printer) => return Err(failed),
    }
    let last = printer.print_aside("relay", counters::stopped(&handle.stats(), start.elapsed()));
    timeout(LAST_WORD, last).await.unwrap_or(Ok(()))?;
    Ok(Exit::Success)
}

fn config(args: &RelayArgs) -> Config {
    let config = configured(&args.limits);
    let warm_up = if args.first_start { 0 } else { config.warm_up };
    Config { warm_up, ..config }
}

fn with_key(args: &RelayArgs) -> Result<RelayBuilder, Failure> {
    match &args.key_file {
        Some(path) => Ok(Relay::builder(read_key(path)?)),
        None => {
            Err(Failure::usage("who may connect? Neither --key-file nor --insecure is given").hint(ways()))
        }
    }
}

/// What the relay proves itself with, if it speaks TLS.
fn certificate(args: &RelayArgs) -> Result<Option<Certificate>, Failure> {
    let Some((certificate, key)) = args.tls_cert.as_ref().zip(args.tls_key.as_ref()) else { return Ok(None) };
    Certificate::read(certificate, key).map(Some).map_err(uncertified)
}

fn uncertified(error: CertificateError) -> Failure {
    let hint = match &error {
        CertificateError::NoCertificate(_) | CertificateError::NoKey(_) => {
            "--tls-cert is for the certificate, --tls-key for its key: are they the right way round?"
        }
        CertificateError::Expired(_) | CertificateError::NotYet(_) => {
            "Renew it, or set the clock: no device would take it."
        }
        _ => "",
    };
    let hint = format!(
        "{hint}{}`signaling relay --help` tells how to make one.",
        if hint.is_empty() { "" } else { "\n" }
    );
    Failure::usage(error).hint(hint)
}

/// Reads the certificate again whenever it is asked to, for ever; what is wrong then ends nothing, and neither does it
/// wait for who reads of it.
async fn keep_fresh(certificate: Option<Certificate>, mut hangup: Nudge, printer: &Printer) -> Failure {
    let (newest, news) = watch::channel(None);
    let mut telling = pin!(tell_newest(news, printer));
    loop {
        tokio::select! {
            failed = &mut telling => return failed,
            () = hangup.asked() => newest.send_replace(Some(read_again(certificate.as_ref()))),
        };
    }
}

/// Prints what is new, until nobody reads it any more.
async fn tell_newest(mut news: watch::Receiver<Option<Notice>>, printer: &Printer) -> Failure {
    loop {
        if news.changed().await.is_err() {
            pending::<()>().await;
        }
        let notice = news.borrow_and_update().clone();
        if let Some(notice) = notice
            && let Err(error) = printer.print_aside("relay", notice).await
        {
            return error.into();
        }
    }
}

fn read_again(certificate: Option<&Certificate>) -> Notice {
    match certificate.map(Certificate::reload) {
        None => {
            Notice::new("nothing_to_read", Tone::Link, "goes on: without a certificate nothing is read again")
        }
        Some(Ok(())) => Notice::new("certificate_loaded", Tone::Link, "read its certificate again"),
        Some(Err(error)) => Notice::new(
            "certificate_kept",
            Tone::Doubt,
            format!("goes on with the certificate it had: {error}"),
        )
        .with("reason", error.to_string()),
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
        BindError::Address { addr, error } => unusable(*addr, error.kind()),
        BindError::Config(ConfigError::Frame { needed, .. }) => {
            format!(
                "Say --limit frame={needed} or more, or allow less of the others; `--limit help` lists all."
            )
        }
        BindError::Config(_) | BindError::Random(_) => String::new(),
    };
    let wrong = matches!(error, BindError::Insecure { .. } | BindError::Config(_));
    let exit = if wrong { Exit::Usage } else { Exit::Other };
    Failure::new(exit, error).hint(hint)
}

fn unusable(addr: SocketAddr, why: io::ErrorKind) -> String {
    match why {
        io::ErrorKind::AddrInUse => {
            "Is another relay running there? Choose another port with --listen 127.0.0.1:7401, or let the system \
             choose one with port 0."
                .into()
        }
        io::ErrorKind::PermissionDenied if addr.port() < 1024 => {
            "Ports below 1024 need rights: choose another, such as 7400, or give the program CAP_NET_BIND_SERVICE."
                .into()
        }
        io::ErrorKind::AddrNotAvailable => {
            format!("That address is none of this machine's; 0.0.0.0:{} stands for all that it has.", addr.port())
        }
        _ => String::new(),
    }
}

fn listening(relay: &Relay, args: &RelayArgs) -> Notice {
    let scheme = if args.tls_cert.is_some() { "tls" } else { "tcp" };
    let address = format!("{scheme}://{}", relay.local_addr());
    let insecure = args.insecure;
    let whom = if insecure { "anyone under any name" } else { "whoever has a token" };
    Notice::new("listening", Tone::Link, format!("listens on {address}, lets in {whom}"))
        .with("address", address)
        .with("insecure", insecure)
}
