//! Whom a step wakes. A waker runs whatever its executor likes, the application's code too, so none is called
//! before the core is unlocked.

use std::task::Waker;

use signaling_core::UserId;
use tokio::sync::watch;

use crate::error::GroupError;
use crate::fate::Fate;
use crate::groups::Reply;

#[derive(Debug, Default)]
pub(crate) struct Wakes(Vec<Wake>);

#[derive(Debug)]
enum Wake {
    Reader(Waker),
    Fate(watch::Sender<Fate>),
    Group(Reply, Result<Vec<UserId>, GroupError>),
}

impl Wakes {
    /// Who waits for the next event, if somebody does.
    pub(crate) fn reader(&mut self, waker: Option<Waker>) {
        self.0.extend(waker.map(Wake::Reader));
    }

    /// All who follow an invitation of which there is news, or will be none any more.
    pub(crate) fn fate(&mut self, fate: watch::Sender<Fate>) {
        self.0.push(Wake::Fate(fate));
    }

    /// Who asked about a group.
    pub(crate) fn group(&mut self, reply: Reply, answer: Result<Vec<UserId>, GroupError>) {
        self.0.push(Wake::Group(reply, answer));
    }

    pub(crate) fn wake(self) {
        for wake in self.0 {
            match wake {
                Wake::Reader(waker) => waker.wake(),
                Wake::Fate(fate) => fate.send_modify(|_| ()),
                // Who asked may be gone.
                Wake::Group(reply, answer) => drop(reply.send(answer)),
            }
        }
    }
}
