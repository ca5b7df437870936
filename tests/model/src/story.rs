//! A story in plain words: the steps that lead somewhere, and what each of them did.

use std::fmt::Write;

use crate::properties::Flaw;
use crate::space::{Scene, Space};

/// The way to something wrong.
#[derive(Clone, Debug)]
pub struct Story {
    /// Who takes part.
    pub lanes: Vec<String>,
    /// What happened, one step after the other.
    pub scenes: Vec<Scene>,
    /// What is wrong in the end.
    pub ending: Vec<String>,
}

impl Story {
    /// What is seen on the way that the steps lead.
    pub fn of<S: Space>(space: &S, flaw: Flaw, steps: &[S::Act]) -> Self {
        let mut scenes = Vec::new();
        let mut world = space.start();
        scenes.extend(space.scene(None).map(|(_, scene)| scene));
        for act in steps {
            let Some((next, scene)) = space.scene(Some((&world, act))) else { break };
            scenes.push(scene);
            world = next;
        }
        Self { lanes: space.lanes(), scenes, ending: space.ending(flaw, &world) }
    }

    /// A numbered paragraph a step.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for (nth, Scene { what, notes, sent, .. }) in self.scenes.iter().enumerate() {
            let notes = notes.iter().fold(String::new(), |text, (_, note)| text + "; " + note);
            // Writing to a string cannot fail.
            let _ = writeln!(text, "{nth:>4}. {what}{notes}");
            for (_, _, letter) in sent {
                let _ = writeln!(text, "        under way: {letter}");
            }
        }
        self.ending.iter().for_each(|line| text += &format!("      {line}\n"));
        text
    }
}
