//! A process, what it prints, and what is typed.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use rustix::process::{Pid, Signal, kill_process};

/// Nothing that is waited for takes so long.
const PATIENCE: Duration = Duration::from_secs(45);

/// A process that ends with this value.
pub(crate) struct Process {
    name: String,
    child: Child,
    stdin: Option<ChildStdin>,
    lines: Receiver<String>,
    /// All that it said.
    pub(crate) said: Vec<String>,
    /// How much of it was waited for.
    read: usize,
    before_end: Option<Box<dyn FnOnce()>>,
}

impl Process {
    /// Starts it; what it says on the standard error counts, too.
    pub(crate) fn start(name: &str, command: &mut Command) -> Result<Self> {
        let command = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().with_context(|| format!("cannot start {name}: {command:?}"))?;
        let (sender, lines) = channel();
        let stdout = child.stdout.take().context("it was piped")?;
        let stderr = child.stderr.take().context("it was piped")?;
        let errors = sender.clone();
        thread::spawn(move || {
            BufReader::new(stdout).lines().map_while(Result::ok).try_for_each(|l| sender.send(l))
        });
        thread::spawn(move || {
            BufReader::new(stderr).lines().map_while(Result::ok).try_for_each(|l| errors.send(l))
        });
        let (name, stdin) = (name.into(), child.stdin.take());
        Ok(Self { name, child, stdin, lines, said: Vec::new(), read: 0, before_end: None })
    }

    /// Waits until it says that, in what was not waited for yet.
    pub(crate) fn says(&mut self, words: &str) -> Result<()> {
        self.says_within(words, PATIENCE)
    }

    /// The same, within that time.
    pub(crate) fn says_within(&mut self, words: &str, within: Duration) -> Result<()> {
        let until = Instant::now() + within;
        loop {
            if let Some(at) = self.said.iter().skip(self.read).position(|line| line.contains(words)) {
                self.read += at + 1;
                return Ok(());
            }
            let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) else {
                bail!("{} never said {words:?}, but:\n{}", self.name, self.said.join("\n"));
            };
            self.said.push(line);
        }
    }

    /// How often it said that so far.
    pub(crate) fn count(&mut self, words: &str) -> usize {
        self.said.extend(self.lines.try_iter());
        self.said.iter().filter(|line| line.contains(words)).count()
    }

    pub(crate) fn types(&mut self, keys: &str) -> Result<()> {
        let stdin = self.stdin.as_mut().context("it was piped")?;
        stdin.write_all(keys.as_bytes())?;
        Ok(stdin.flush()?)
    }

    pub(crate) fn ctrl_c(&self) -> Result<()> {
        Ok(kill_process(Pid::from_child(&self.child), Signal::INT)?)
    }

    /// Waits for its end, and for all that it says until then; its exit code.
    pub(crate) fn ends(&mut self) -> Result<Option<i32>> {
        let until = Instant::now() + PATIENCE;
        while let Ok(line) = self.lines.recv_timeout(until.saturating_duration_since(Instant::now())) {
            self.said.push(line);
        }
        if self.child.try_wait()?.is_none() && Instant::now() >= until {
            bail!("{} does not end; it said:\n{}", self.name, self.said.join("\n"));
        }
        Ok(self.child.wait()?.code())
    }

    /// What to do before it is ended.
    pub(crate) fn before_end(&mut self, act: impl FnOnce() + 'static) {
        self.before_end = Some(Box::new(act));
    }

    /// Ends it at once, as a lost battery does.
    pub(crate) fn kill(&mut self) {
        self.end();
        self.said.extend(self.lines.iter());
    }

    fn end(&mut self) {
        if let Some(act) = self.before_end.take() {
            act();
        }
        // It may have ended; either way nothing is left of it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.end();
    }
}
