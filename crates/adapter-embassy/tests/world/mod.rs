//! A small world for stories: devices on serial lines, a real switchboard at the other ends, and one virtual
//! clock, which is that of `embassy-time`.
#![allow(dead_code)] // each file of stories uses its own part of it

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Wake, Waker};

use adapter_embassy::{
    Connect, Datagrams, Device, Event, Events, Identity, Invitation, Invite, InviteId, Label, Link,
    LinkError, Resources, Runner, Signaling, UserId, What,
};
use embassy_time::{Duration, Instant, MockDriver};
use embedded_io_async::{ErrorKind, ErrorType, Read, Write};
use signaling_core::wire::line::{Decoder, encode};
use signaling_relay::{Authenticator, Config, ConnId, Insecure, Memory, Output, Switchboard};

/// The silence that the relay asks for, in ms.
pub(crate) const SILENCE: u64 = 45_000;

/// 2 invitations of 3 invitees with 2 devices each, and 32 bytes of data.
pub(crate) type Small = Resources<2, 3, 2, 32, 512>;

/// One direction of a line.
#[derive(Default)]
struct Lane {
    bytes: VecDeque<u8>,
    waker: Option<Waker>,
    cut: bool,
    /// The next read fails, as after an overrun.
    overrun: bool,
}

#[derive(Clone, Default)]
pub(crate) struct Wire(Rc<RefCell<Lane>>);

impl Wire {
    fn push(&self, bytes: impl IntoIterator<Item = u8>) {
        let mut lane = self.0.borrow_mut();
        lane.bytes.extend(bytes);
        lane.waker.take().into_iter().for_each(Waker::wake);
    }

    fn take(&self) -> Vec<u8> {
        self.0.borrow_mut().bytes.drain(..).collect()
    }

    fn overrun(&self) {
        let mut lane = self.0.borrow_mut();
        lane.overrun = true;
        lane.bytes.clear();
        lane.waker.take().into_iter().for_each(Waker::wake);
    }

    fn cut(&self, cut: bool) {
        let mut lane = self.0.borrow_mut();
        lane.cut = cut;
        lane.bytes.clear();
        lane.waker.take().into_iter().for_each(Waker::wake);
    }
}

impl ErrorType for Wire {
    type Error = ErrorKind;
}

impl Read for Wire {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        std::future::poll_fn(|cx| {
            let mut lane = self.0.borrow_mut();
            if lane.cut || std::mem::take(&mut lane.overrun) {
                return Poll::Ready(Err(ErrorKind::BrokenPipe));
            }
            let len = buf.len().min(lane.bytes.len());
            if len == 0 {
                lane.waker = Some(cx.waker().clone());
                return Poll::Pending;
            }
            buf.iter_mut().zip(lane.bytes.drain(..len)).for_each(|(place, byte)| *place = byte);
            Poll::Ready(Ok(len))
        })
        .await
    }
}

impl Write for Wire {
    async fn write(&mut self, buf: &[u8]) -> Result<usize, ErrorKind> {
        let mut lane = self.0.borrow_mut();
        if lane.cut {
            return Err(ErrorKind::BrokenPipe);
        }
        lane.bytes.extend(buf);
        Ok(buf.len())
    }

    async fn flush(&mut self) -> Result<(), ErrorKind> {
        Ok(())
    }
}

/// What comes is the same again and again, without a pause.
#[derive(Clone)]
pub(crate) struct Endless {
    what: Rc<[u8]>,
    at: usize,
}

impl Endless {
    pub(crate) fn new(what: &[u8]) -> Self {
        Self { what: what.into(), at: 0 }
    }
}

impl ErrorType for Endless {
    type Error = ErrorKind;
}

impl Read for Endless {
    async fn read(&mut self, buf: &mut [u8]) -> Result<usize, ErrorKind> {
        assert!(self.at < 1_000_000, "nobody else has a turn");
        for place in &mut *buf {
            *place = self.what[self.at % self.what.len()];
            self.at += 1;
        }
        Ok(buf.len())
    }
}

impl Datagrams for Endless {
    async fn send(&mut self, _: usize, _: &[u8]) {}

    async fn receive(&mut self, buf: &mut [u8]) -> (usize, usize) {
        let len = self.what.len();
        (self.read(&mut buf[..len]).await.unwrap(), 0)
    }
}

impl Connect for Endless {
    async fn connect(&mut self, link: Link<'_>) -> Result<(), LinkError> {
        link.run(self.clone(), Wire::default()).await;
        Ok(())
    }
}

/// The relay's end of a line, or of streams.
struct Port {
    up: Wire,
    down: Wire,
    framing: Framing,
}

enum Framing {
    Line(Decoder<Vec<u8>>),
    /// What came of a frame behind its length.
    Stream(Vec<u8>),
}

impl Framing {
    fn line() -> Self {
        Self::Line(Decoder::new(vec![0; 32_768]))
    }

    /// The frame that ends with this byte.
    fn push(&mut self, byte: u8) -> Option<Vec<u8>> {
        match self {
            Self::Line(decoder) => decoder.push(byte).and_then(Result::ok).map(<[u8]>::to_vec),
            Self::Stream(came) => {
                came.push(byte);
                let (head, frame) = came.split_first_chunk()?;
                let whole = frame.len() == u32::from_be_bytes(*head) as usize;
                whole.then(|| std::mem::take(came).split_off(4))
            }
        }
    }

    fn encode(&self, frame: &[u8]) -> Vec<u8> {
        match self {
            Self::Line(_) => encode(frame).collect(),
            Self::Stream(_) => framed(frame),
        }
    }
}

/// A frame as a stream carries it.
pub(crate) fn framed(frame: &[u8]) -> Vec<u8> {
    [&(frame.len() as u32).to_be_bytes(), frame].concat()
}

/// Makes streams to the relay while it can be reached.
#[derive(Clone, Default)]
pub(crate) struct Dial {
    pub(crate) reachable: Rc<Cell<bool>>,
    pub(crate) attempts: Rc<Cell<u32>>,
    down: Wire,
    up: Wire,
}

impl Connect for Dial {
    async fn connect(&mut self, link: Link<'_>) -> Result<(), LinkError> {
        self.attempts.set(self.attempts.get() + 1);
        if !self.reachable.get() {
            return Err(LinkError::Unreachable);
        }
        self.down.cut(false);
        self.up.cut(false);
        link.run(self.down.clone(), self.up.clone()).await;
        Ok(())
    }
}

/// Whoever is woken says so here.
#[derive(Default)]
struct Bell(AtomicBool);

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The clock is one for the process: one world at a time.
static CLOCK: Mutex<()> = Mutex::new(());

type Task = Pin<Box<dyn Future<Output = ()>>>;

pub(crate) struct World {
    tasks: Vec<Option<Task>>,
    bell: Arc<Bell>,
    /// How often some task was woken.
    pub(crate) wakes: u32,
    relay: Option<Switchboard>,
    ports: Vec<Port>,
    /// What happens to each byte of a line, by its number.
    pub(crate) noise: fn(u32) -> bool,
    bytes: u32,
    _clock: MutexGuard<'static, ()>,
}

/// A device, and what it was told.
#[derive(Clone)]
pub(crate) struct Board {
    pub(crate) signaling: Signaling<'static>,
    pub(crate) told: Rc<RefCell<Vec<String>>>,
    pub(crate) port: usize,
    task: usize,
}

pub(crate) fn identity(user: &str, id: u64) -> Identity {
    let mut identity = Identity::new(UserId::new(user).unwrap(), Device { id, epoch: 1 });
    identity.label = Label::new(&format!("{user}'s")).unwrap();
    identity
}

pub(crate) fn now() -> u64 {
    Instant::now().as_millis()
}

impl World {
    pub(crate) fn new() -> Self {
        let mut world = Self::without_relay();
        world.relay(Insecure);
        world
    }

    pub(crate) fn without_relay() -> Self {
        let clock = CLOCK.lock().unwrap_or_else(PoisonError::into_inner);
        MockDriver::get().reset();
        Self {
            tasks: Vec::new(),
            bell: Arc::default(),
            wakes: 0,
            relay: None,
            ports: Vec::new(),
            noise: |_| false,
            bytes: 0,
            _clock: clock,
        }
    }

    /// A relay that knows nothing takes the place of the one before.
    pub(crate) fn relay(&mut self, auth: impl Authenticator + 'static) {
        let config = Config { warm_up: 0, ..Config::default() };
        let memory = Box::new(Memory::new(&config));
        let mut relay = Switchboard::new(now(), [7; 32], config, Box::new(auth), memory);
        for port in 0..self.ports.len() {
            relay.connect(now(), ConnId(port as u64));
        }
        self.relay = Some(relay);
    }

    pub(crate) fn stop_relay(&mut self) {
        self.relay = None;
    }

    /// A device that runs over a line.
    pub(crate) fn board(&mut self, identity: Identity) -> Board {
        let (runner, board) = self.at_rest(identity);
        let (port, task) = self.plug(runner);
        Board { port, task, ..board }
    }

    /// Lets a runner run over a line of its own; the line's number, and the task's.
    pub(crate) fn plug(&mut self, mut runner: Runner<'static>) -> (usize, usize) {
        let (port, down, up) = self.line();
        let task = self.spawn(async move {
            runner.run(down, up).await;
        });
        (port, task)
    }

    /// A line to the relay: its number, what comes and what goes.
    pub(crate) fn line(&mut self) -> (usize, Wire, Wire) {
        let (down, up) = (Wire::default(), Wire::default());
        let port = self.ports.len();
        self.port(&down, &up, Framing::line());
        (port, down, up)
    }

    fn port(&mut self, down: &Wire, up: &Wire, framing: Framing) {
        if let Some(relay) = &mut self.relay {
            relay.connect(now(), ConnId(self.ports.len() as u64));
        }
        self.ports.push(Port { up: up.clone(), down: down.clone(), framing });
    }

    /// A device that runs over streams.
    pub(crate) fn streaming(&mut self, identity: Identity) -> (Board, Dial) {
        let (mut runner, board) = self.at_rest(identity);
        let (port, dial) = (self.ports.len(), self.dial());
        let mut streams = dial.clone();
        let task = self.spawn(async move {
            runner.run_over(&mut streams).await;
        });
        (Board { port, task, ..board }, dial)
    }

    /// A way to make streams to the relay.
    pub(crate) fn dial(&mut self) -> Dial {
        let dial = Dial::default();
        dial.reachable.set(true);
        self.port(&dial.down, &dial.up, Framing::Stream(Vec::new()));
        dial
    }

    /// A device that does not run yet, and whose events are written down.
    pub(crate) fn at_rest(&mut self, identity: Identity) -> (Runner<'static>, Board) {
        let (signaling, runner, events) = Box::leak(Box::new(Small::new())).start(identity).unwrap();
        let told = Rc::<RefCell<Vec<String>>>::default();
        self.spawn(write_down(events, Rc::clone(&told)));
        (runner, Board { signaling, told, port: usize::MAX, task: usize::MAX })
    }

    /// A device that runs without a relay.
    pub(crate) fn direct(
        &mut self,
        identity: Identity,
        peer: &str,
        mut datagrams: impl Datagrams + 'static,
    ) -> Board {
        let (mut runner, board) = self.at_rest(identity);
        let peers = [UserId::new(peer).unwrap()];
        let task = self.spawn(async move {
            runner.run_direct(&peers, &mut datagrams).await.unwrap();
        });
        Board { task, ..board }
    }

    pub(crate) fn spawn(&mut self, task: impl Future<Output = ()> + 'static) -> usize {
        self.bell.0.store(true, Ordering::Relaxed);
        self.tasks.push(Some(Box::pin(task)));
        self.tasks.len() - 1
    }

    /// Boards that are connected.
    pub(crate) fn boards<const N: usize>(&mut self, users: [&str; N]) -> [Board; N] {
        let mut id = 0;
        let boards = users.map(|user| {
            id += 1;
            self.board(identity(user, id))
        });
        self.pass(10);
        boards.iter().for_each(|board| assert_eq!(board.news(), ["connected"]));
        boards
    }

    /// The line to a board does not work, or works again.
    pub(crate) fn cut(&mut self, board: &Board, cut: bool) {
        self.ports[board.port].up.cut(cut);
        self.ports[board.port].down.cut(cut);
        if let Framing::Stream(came) = &mut self.ports[board.port].framing {
            came.clear();
        }
        if let Some(relay) = &mut self.relay {
            relay.connect(now(), ConnId(board.port as u64));
        }
    }

    /// The board was too slow for what came.
    pub(crate) fn overrun(&mut self, board: &Board) {
        self.ports[board.port].down.overrun();
        self.settle();
    }

    /// The device stops at once, as when its power goes.
    pub(crate) fn kill(&mut self, board: &Board) {
        self.tasks[board.task] = None;
    }

    /// These bytes come to a board out of nowhere.
    pub(crate) fn inject(&mut self, board: &Board, bytes: impl IntoIterator<Item = u8>) {
        self.ports[board.port].down.push(bytes);
        self.settle();
    }

    /// Lets time pass, in ms.
    pub(crate) fn pass(&mut self, ms: u64) {
        self.settle();
        for _ in 0..ms {
            MockDriver::get().advance(Duration::from_millis(1));
            self.settle();
        }
    }

    /// Lets time pass until something is true, at most a minute.
    pub(crate) fn until(&mut self, done: impl Fn() -> bool) {
        for _ in 0..60_000 {
            self.settle();
            if done() {
                return;
            }
            self.pass(1);
        }
        panic!("it never came");
    }

    /// Everybody does what there is to do now.
    pub(crate) fn settle(&mut self) {
        let waker = Arc::clone(&self.bell).into();
        loop {
            let woken = self.bell.0.swap(false, Ordering::Relaxed);
            if woken {
                self.wakes += 1;
                self.poll(&mut Context::from_waker(&waker));
            }
            if !self.switch() && !self.bell.0.load(Ordering::Relaxed) {
                return;
            }
        }
    }

    fn poll(&mut self, cx: &mut Context<'_>) {
        for task in &mut self.tasks {
            if task.as_mut().is_some_and(|task| task.as_mut().poll(cx).is_ready()) {
                *task = None;
            }
        }
    }

    /// The relay does its part; whether it did anything.
    fn switch(&mut self) -> bool {
        let mut busy = false;
        for at in 0..self.ports.len() {
            for byte in self.ports[at].up.take() {
                busy = true;
                let byte = self.garbled(byte);
                let Some(frame) = self.ports[at].framing.push(byte) else { continue };
                if let Some(relay) = &mut self.relay {
                    relay.frame(now(), ConnId(at as u64), &frame);
                }
            }
        }
        if let Some(relay) = &mut self.relay {
            relay.tick(now());
        }
        while let Some(output) = self.relay.as_mut().and_then(Switchboard::poll_output) {
            busy = true;
            match output {
                Output::Frame { conn, bytes } => {
                    let line = self.ports[conn.0 as usize].framing.encode(&bytes);
                    let line: Vec<u8> = line.into_iter().map(|byte| self.garbled(byte)).collect();
                    self.ports[conn.0 as usize].down.push(line);
                }
                // A line does not end: whoever is there may try again.
                Output::Close { conn, .. } => self.relay.as_mut().unwrap().connect(now(), conn),
            }
        }
        busy
    }

    fn garbled(&mut self, byte: u8) -> u8 {
        self.bytes += 1;
        if (self.noise)(self.bytes) { byte ^ 0x40 } else { byte }
    }
}

impl Drop for World {
    fn drop(&mut self) {
        // Tasks hold timers of the clock that the next world begins anew.
        self.tasks.clear();
    }
}

impl Board {
    /// Driven by that task.
    pub(crate) fn at(self, task: usize) -> Self {
        Self { task, ..self }
    }

    /// What it was told since the last time.
    pub(crate) fn news(&self) -> Vec<String> {
        self.told.borrow_mut().drain(..).collect()
    }

    pub(crate) fn was_told(&self, words: &str) -> bool {
        self.told.borrow().iter().any(|line| line == words)
    }

    pub(crate) fn invites(&self, invitees: &[&str], timeout: u32) -> InviteId {
        let invite = Invite { invitees, data: b"ding", timeout: Some(timeout), ..Invite::default() };
        self.signaling.invite(&invite).unwrap()
    }
}

/// Writes down all events, for ever.
async fn write_down(mut events: Events<'static>, told: Rc<RefCell<Vec<String>>>) {
    loop {
        let line = match events.next().await {
            Event::Invitation(event) => text(event.what, &event.invitation()),
            Event::Link(event) => format!("{event:?}").to_lowercase(),
            _ => continue,
        };
        told.borrow_mut().push(line);
    }
}

fn text(what: What, invitation: &Invitation<'_>) -> String {
    let user = |slot: u8| invitation.invitee(slot).unwrap();
    match what {
        What::New => format!("new from {}", invitation.inviter()),
        What::Ringing { slot, device } => {
            // The label is that of who was heard last.
            let (heard, label) = invitation.heard();
            let label = if heard == device { label } else { "another" };
            format!("{} rings on {label}", user(slot).user)
        }
        What::Full { slot, why, .. } => format!("{} full {why:?}", user(slot).user),
        What::Accepted { slot } => format!("{} accepted on {}", user(slot).user, user(slot).label),
        What::Rejected { slot } => format!("{} rejected", user(slot).user),
        What::TimedOut { slots } => {
            let users: Vec<&str> = slots.iter().map(|slot| user(slot).user).collect();
            format!("timed out {}", users.join(" "))
        }
        What::Established { slot } => format!("{} knows", user(slot).user),
        what => format!("{what:?}").to_lowercase(),
    }
}

/// Gives something that runs for ever so many turns.
pub(crate) fn turns(count: usize, future: impl Future) {
    let mut future = std::pin::pin!(future);
    for _ in 0..count {
        assert!(future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
}

/// Collects what a future gives, if it is ready at once.
pub(crate) fn ready<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut cx = Context::from_waker(Waker::noop());
    match Box::pin(future).as_mut().poll(&mut cx) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}
