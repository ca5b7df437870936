//! Who calls whom, and the deepest of all chains.

use std::collections::{BTreeSet, HashMap, HashSet};

use anyhow::{Context, Result, ensure};
use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};
use petgraph::visit::{Dfs, EdgeRef, Reversed};

use super::image::Image;
use super::pointers::{Kind, Pointed, kind};
use super::scan::{Call, Callee, Scanned, Value, Values};

/// A function, or all that a pointer of some kind may point to.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
enum Node {
    Function(usize),
    Pointer(Kind),
}

/// Registers that were looked into, by function.
type Seen = BTreeSet<(usize, usize)>;

/// All calls of a program.
pub(super) struct Calls<'a> {
    image: &'a Image,
    scanned: &'a [Scanned],
    pointed: Pointed,
    /// Who calls a function, but for pointers.
    callers: HashMap<usize, Vec<(usize, &'a Call)>>,
}

impl<'a> Calls<'a> {
    pub(super) fn new(image: &'a Image, scanned: &'a [Scanned]) -> Result<Self> {
        let mut callers: HashMap<_, Vec<_>> = HashMap::new();
        for (caller, one) in scanned.iter().enumerate() {
            for call in &one.calls {
                let Callee::At(to) = call.to else { continue };
                let by =
                    || format!("{} goes to {to:#x}, where no function is", image.functions[caller].name());
                let callee = image.owner(to).with_context(by)?;
                callers.entry(callee).or_default().push((caller, call));
            }
        }
        Ok(Self { image, scanned, pointed: Pointed::find(image, scanned), callers })
    }

    /// Who may be called there, in that function of the source.
    fn callees(
        &self,
        function: usize,
        call: &Call,
        source: &dyn Fn(u32) -> Result<String>,
    ) -> Result<BTreeSet<Node>> {
        Ok(match &call.to {
            Callee::At(to) => self.image.owner(*to).map(Node::Function).into_iter().collect(),
            Callee::Pointer(values) => self.meant(function, values, &source(call.at)?, &mut Seen::new()),
        })
    }

    fn meant(&self, function: usize, values: &Values, source: &str, seen: &mut Seen) -> BTreeSet<Node> {
        let mut nodes = BTreeSet::new();
        if values.is_empty() {
            nodes.insert(Node::Pointer(kind(source, None)));
        }
        for value in values {
            match value {
                Value::Constant(at) if let Some(function) = self.image.pointed(*at) => {
                    nodes.insert(Node::Function(function));
                }
                Value::Given(register) => nodes.extend(self.given(function, *register, source, seen)),
                value => _ = nodes.insert(Node::Pointer(kind(source, Some(value)))),
            }
        }
        nodes
    }

    /// What callers have in that register.
    fn given(&self, function: usize, register: usize, source: &str, seen: &mut Seen) -> BTreeSet<Node> {
        if !seen.insert((function, register)) {
            return BTreeSet::new();
        }
        match self.callers.get(&function) {
            Some(callers) if !self.pointed.contains(function) => {
                let given = |(caller, call): &(usize, &Call)| {
                    self.meant(*caller, &call.given[register], source, seen)
                };
                callers.iter().flat_map(given).collect()
            }
            _ => BTreeSet::from([Node::Pointer(kind(source, None))]),
        }
    }

    /// How deep each function gets, with all that it calls. `source` tells the function of the source at an address.
    pub(super) fn depths(&self, source: &dyn Fn(u32) -> Result<String>) -> Result<Depths<'a>> {
        let mut graph = DiGraph::new();
        let functions = (0..self.scanned.len()).map(Node::Function);
        let mut nodes: HashMap<Node, NodeIndex> =
            functions.map(|node| (node, graph.add_node(node))).collect();
        for (function, one) in self.scanned.iter().enumerate() {
            for call in one.calls.iter().filter(|_| !self.image.functions[function].is(is_panic)) {
                for to in self.callees(function, call, source)? {
                    let to = *nodes.entry(to).or_insert_with(|| graph.add_node(to));
                    graph.add_edge(nodes[&Node::Function(function)], to, call.depth);
                }
            }
        }
        let tasks = nodes.get(&Node::Pointer(Kind::Task)).copied();
        self.pointed.tasks_are_called(tasks.is_some())?;
        let starts = tasks.map(|tasks| callers(&graph, tasks)).unwrap_or_default();
        for (node, from) in &nodes {
            let Node::Pointer(kind) = node else { continue };
            let members = self.pointed.members(*kind);
            ensure!(!members.is_empty(), "no function is found that a pointer may point to: {kind:?}");
            for function in members {
                let to = nodes[&Node::Function(function)];
                // A number may look like the address of what leads to the executor, which nobody calls again.
                if !starts.contains(&to) {
                    graph.add_edge(*from, to, 0);
                }
            }
        }
        Ok(Depths::new(self.image, self.scanned, graph))
    }
}

/// What a panic ends in. The program ends there, too: what it says then is not counted.
fn is_panic(name: &str) -> bool {
    name.ends_with("rust_begin_unwind")
}

/// All from where that can be reached.
fn callers(graph: &DiGraph<Node, i32>, to: NodeIndex) -> HashSet<NodeIndex> {
    let mut above = Dfs::new(Reversed(graph), to);
    std::iter::from_fn(|| above.next(Reversed(graph))).collect()
}

/// How deep the stack gets, by function.
pub(super) struct Depths<'a> {
    image: &'a Image,
    scanned: &'a [Scanned],
    graph: DiGraph<Node, i32>,
    /// Functions that call each other in a circle, or one alone; what is called comes before who calls.
    circles: Vec<Vec<NodeIndex>>,
    /// By node.
    deepest: Vec<Deepest>,
}

/// The deepest chain that begins with a function.
#[derive(Clone, Copy, Default)]
struct Deepest {
    bytes: i32,
    next: Option<NodeIndex>,
    /// Its circle, by number.
    circle: usize,
}

impl<'a> Depths<'a> {
    fn new(image: &'a Image, scanned: &'a [Scanned], graph: DiGraph<Node, i32>) -> Self {
        let circles = tarjan_scc(&graph);
        let deepest = vec![Deepest::default(); graph.node_count()];
        let mut depths = Self { image, scanned, graph, circles, deepest };
        for circle in 0..depths.circles.len() {
            let (bytes, next) = depths.of_circle(&depths.circles[circle]);
            for node in &depths.circles[circle] {
                depths.deepest[node.index()] = Deepest { bytes, next, circle };
            }
        }
        depths
    }

    /// Each function of a circle counts once, however they call each other.
    fn of_circle(&self, circle: &[NodeIndex]) -> (i32, Option<NodeIndex>) {
        let taken: i32 = circle.iter().map(|node| self.frame(*node)).sum();
        let edges = circle.iter().flat_map(|node| self.graph.edges(*node));
        let out = edges.filter(|edge| !circle.contains(&edge.target())).map(|edge| {
            let here = if circle.len() > 1 { taken } else { *edge.weight() };
            (here + self.deepest[edge.target().index()].bytes, Some(edge.target()))
        });
        out.chain([(taken, None)]).max_by_key(|(bytes, _)| *bytes).unwrap_or_default()
    }

    fn frame(&self, node: NodeIndex) -> i32 {
        match self.graph[node] {
            Node::Function(function) => self.scanned[function].frame,
            Node::Pointer(_) => 0,
        }
    }

    /// Bytes of stack that a function takes at most, with all that it calls.
    pub(super) fn bytes(&self, function: usize) -> i32 {
        self.deepest[function].bytes
    }

    /// The chain that takes so much, a line each.
    pub(super) fn chain(&self, function: usize) -> String {
        let begin = self.deepest[function].circle;
        let next = |circle: &usize| {
            let node = self.circles[*circle].first()?;
            Some(self.deepest[self.deepest[node.index()].next?.index()].circle)
        };
        std::iter::successors(Some(begin), next).map(|circle| self.tell(&self.circles[circle])).collect()
    }

    fn tell(&self, circle: &[NodeIndex]) -> String {
        let line = |node: &NodeIndex| match self.graph[*node] {
            Node::Function(function) => {
                format!("{:>8} {}\n", self.scanned[function].frame, self.image.functions[function].name())
            }
            Node::Pointer(_) => String::new(),
        };
        let head = if circle.len() > 1 { "         each of these once, they call each other:\n" } else { "" };
        circle.iter().map(line).fold(head.into(), |text, line| text + &line)
    }
}
