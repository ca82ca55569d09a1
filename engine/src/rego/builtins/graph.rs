//! `graph.*`: nodes are the keys of an object, their neighbours an array or a set each.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::value::Object;

use super::budget::exceeded;
use super::operand::{items, object};
use super::{Builtin, Failure, builtin};

/// How long all paths together are at most: their number grows exponentially with the graph.
const MOST_STEPS: usize = 1_000_000;

/// How long a path is at most.
const LONGEST_PATH: usize = 500;

pub(super) const BUILTINS: &[Builtin] = &[
    builtin("graph.reachable", 2, reachable),
    builtin("graph.reachable_paths", 2, reachable_paths),
];

/// The neighbours of a node; None where the node is not in the graph.
fn neighbours<'a>(graph: &'a Object, node: &Value) -> Option<Vec<&'a Value>> {
    graph.get(node).map(|edges| match edges {
        Value::Array(nodes) => nodes.iter().collect(),
        Value::Set(nodes) => nodes.iter().collect(),
        _ => Vec::new(),
    })
}

fn reachable(operands: &[Value]) -> Result<Value, Failure> {
    let graph = object(operands, 0)?;
    let mut open = items(operands, 1)?;
    let mut reached = BTreeSet::new();
    while let Some(node) = open.pop() {
        if reached.contains(node) {
            continue;
        }
        if let Some(nodes) = neighbours(graph, node) {
            reached.insert(node.clone());
            open.extend(nodes);
        }
    }
    Ok(Value::from(reached))
}

fn reachable_paths(operands: &[Value]) -> Result<Value, Failure> {
    let graph = object(operands, 0)?;
    let mut found = BTreeSet::new();
    let mut steps = 0;
    for node in items(operands, 1)? {
        let Some(neighbours) = neighbours(graph, node) else {
            continue;
        };
        if neighbours.is_empty() {
            found.insert(Value::from(vec![node.clone()]));
        }
        for neighbour in neighbours {
            let mut search = Search {
                graph,
                path: vec![node],
                reached: BTreeSet::from([node]),
                found,
                steps,
            };
            search.visit(neighbour)?;
            (found, steps) = (search.found, search.steps);
        }
    }
    Ok(Value::from(found))
}

struct Search<'a> {
    graph: &'a Object,
    path: Vec<&'a Value>,
    /// The nodes that were left towards a neighbour, on this path or an earlier one.
    reached: BTreeSet<&'a Value>,
    found: BTreeSet<Value>,
    steps: usize,
}

impl<'a> Search<'a> {
    /// Follows the paths from a node. As in OPA, a path ends at a node without neighbours, before one that is not in
    /// the graph and before one that was reached already.
    fn visit(&mut self, node: &'a Value) -> Result<(), Failure> {
        self.steps += self.path.len();
        if self.steps > MOST_STEPS || self.path.len() >= LONGEST_PATH {
            return Err(exceeded("the graph has too many paths"));
        }
        let Some(neighbours) = neighbours(self.graph, node) else {
            self.end();
            return Ok(());
        };
        self.path.push(node);
        if neighbours.is_empty() {
            self.end();
        }
        for neighbour in neighbours {
            if self.reached.contains(neighbour) {
                self.end();
            } else {
                self.reached.insert(node);
                self.visit(neighbour)?;
            }
        }
        self.path.pop();
        Ok(())
    }

    fn end(&mut self) {
        let path: Vec<Value> = self.path.iter().map(|node| (*node).clone()).collect();
        self.found.insert(Value::from(path));
    }
}
