//! `signaling listen`: a device that rings.

use std::collections::VecDeque;
use std::io;

use adapter_std::{
    AnswerError, Client, CommandError, Event, HolderState, InvitationEvent, InviteId, LinkEvent, Signaling,
    Standing, What,
};
use tokio::io::{AsyncBufReadExt, BufReader, Lines, Stdin};

use crate::args::{AnswerMode, DeviceArgs, ListenArgs};
use crate::device;
use crate::exit::{Exit, Failure};
use crate::output::{Notice, Printer, Tone};
use crate::stop::Stop;
use crate::tell::tell;

/// Rings until ctrl-c.
pub(crate) async fn run(args: &ListenArgs, printer: &Printer) -> Result<Exit, Failure> {
    let mut stop = Stop::new()?;
    let client = device::open(&args.device)?;
    let mut phone = Phone::new(args, &client, printer);
    phone.begin()?;
    let ended = tokio::select! {
        ended = phone.listen() => ended,
        () = stop.asked() => Ok(Exit::Success),
    };
    client.close().await;
    if ended.is_ok() {
        phone.print(&Notice::new("closed", Tone::Link, "closed"))?;
    }
    ended
}

struct Phone<'a> {
    args: &'a ListenArgs,
    client: &'a Client,
    signaling: Signaling,
    printer: &'a Printer,
    name: String,
    /// What came and was not answered here yet, oldest first.
    waiting: VecDeque<InviteId>,
    was_connected: bool,
    /// Nothing more will be typed.
    input_ended: bool,
}

impl<'a> Phone<'a> {
    fn new(args: &'a ListenArgs, client: &'a Client, printer: &'a Printer) -> Self {
        let signaling = client.signaling();
        let name = args.device.name();
        let waiting = VecDeque::new();
        Self { args, client, signaling, printer, name, waiting, was_connected: false, input_ended: false }
    }

    fn print(&self, notice: &Notice) -> io::Result<()> {
        self.printer.print(&self.name, notice)
    }

    fn begin(&self) -> io::Result<()> {
        let id = format!("{:016x}", { self.client.device().id });
        let device = &self.args.device;
        let label = device.label.as_str();
        let notice = Notice::new("listening", Tone::Link, "")
            .with("user", device.user.as_str())
            .with("device", Some(label).filter(|label| !label.is_empty()))
            .with("device_id", id.as_str());
        self.print(&place(notice, device, &id))
    }

    async fn listen(&mut self) -> Result<Exit, Failure> {
        let mut events = self.client.events();
        self.client.connect();
        let mut answers = Answers::new(self.args.answer);
        loop {
            tokio::select! {
                event = events.next() => match event {
                    Some(event) => self.hear(&event)?,
                    None => return Ok(Exit::Success),
                },
                answer = answers.next() => self.answered(answer)?,
            }
        }
    }

    fn hear(&mut self, event: &Event) -> Result<(), Failure> {
        if let Some(notice) = tell(event, &self.args.device.user) {
            self.print(&notice)?;
        }
        match event {
            Event::Link(LinkEvent::Connected) => self.was_connected = true,
            Event::Link(link) => {
                device::fatal(link, &self.args.device, self.was_connected).map_or(Ok(()), Err)?;
            }
            Event::Invitation(event) if rings_here(event) => self.ring(event.invitation.id)?,
            _ => {}
        }
        Ok(())
    }

    /// It rings: answer it, or ask.
    fn ring(&mut self, id: InviteId) -> io::Result<()> {
        match self.args.answer {
            AnswerMode::Accept => self.answer(id, true),
            AnswerMode::Reject => self.answer(id, false),
            AnswerMode::None => Ok(()),
            AnswerMode::Ask if self.input_ended => Ok(()),
            AnswerMode::Ask => {
                let signaling = &self.signaling;
                self.waiting.retain(|id| rings(signaling, *id));
                self.waiting.push_back(id);
                self.printer.say("                             y accepts, n rejects (then enter)")
            }
        }
    }

    fn answer(&self, id: InviteId, yes: bool) -> io::Result<()> {
        let data = &self.args.data;
        let (event, tone, text, refused) = if yes {
            let refused = self.signaling.accept(id, data).refused();
            ("accepting", Tone::Step, "you say yes", refused)
        } else {
            ("rejecting", Tone::Step, "you say no", self.signaling.reject(id, data).err())
        };
        let notice = match refused {
            Some(error) => unanswered(error),
            None => Notice::new(event, tone, text),
        };
        self.print(&notice.with("invite_id", id.to_string()))
    }

    /// Somebody typed something.
    fn answered(&mut self, answer: Typed) -> io::Result<()> {
        let signaling = &self.signaling;
        self.waiting.retain(|id| rings(signaling, *id));
        let yes = match answer {
            Typed::Yes => true,
            Typed::No => false,
            Typed::Else if self.waiting.is_empty() => return Ok(()),
            Typed::Else => return self.printer.say("                             please type y or n"),
            Typed::End => {
                self.input_ended = true;
                self.printer.remark("nothing can be answered any more: the input ended. Ctrl-c ends");
                return Ok(());
            }
        };
        match self.waiting.pop_front() {
            Some(id) => self.answer(id, yes),
            None => self.printer.say("                             nothing rings"),
        }
    }
}

/// Adds where it listens.
fn place(notice: Notice, args: &DeviceArgs, id: &str) -> Notice {
    if !args.is_direct() {
        let relay = args.relay.to_string();
        return notice.text(format!("listens at {relay} as device {id}")).with("relay", relay);
    }
    let (bind, peers) = (args.direct.bind.to_string(), &args.direct.peers);
    let peers: Vec<String> = peers.iter().map(ToString::to_string).collect();
    let text = format!("listens at {bind} for {} as device {id}", args.far_end());
    notice.text(text).with("address", bind).with("peers", peers)
}

/// Whether that event makes this device ring.
fn rings_here(event: &InvitationEvent) -> bool {
    event.what == What::New && matches!(event.invitation.standing, Standing::Invitee(..))
}

/// Whether it can still be answered here.
fn rings(signaling: &Signaling, id: InviteId) -> bool {
    let standing = signaling.invitation(id).map(|info| info.standing);
    matches!(standing, Some(Standing::Invitee(_, HolderState::Ringing | HolderState::Silent)))
}

fn unanswered(error: CommandError<AnswerError>) -> Notice {
    let text = format!("not answered: {error}");
    Notice::new("not_answered", Tone::No, text).with("reason", error.to_string()).with("code", error.code())
}

/// What was typed.
#[derive(Clone, Copy)]
enum Typed {
    Yes,
    No,
    Else,
    /// Nothing more will be.
    End,
}

/// What people type; nothing ever where nobody is asked.
struct Answers(Option<Lines<BufReader<Stdin>>>);

impl Answers {
    fn new(mode: AnswerMode) -> Self {
        let ask = mode == AnswerMode::Ask;
        Self(ask.then(|| BufReader::new(tokio::io::stdin()).lines()))
    }

    /// The next line. Cancel safe.
    async fn next(&mut self) -> Typed {
        let Some(lines) = &mut self.0 else { return std::future::pending().await };
        match lines.next_line().await {
            Ok(Some(line)) => parse(&line),
            Ok(None) | Err(_) => {
                self.0 = None;
                Typed::End
            }
        }
    }
}

fn parse(line: &str) -> Typed {
    match line.trim().to_lowercase().as_str() {
        "y" | "yes" => Typed::Yes,
        "n" | "no" => Typed::No,
        _ => Typed::Else,
    }
}
