//! Runs a template.

use regorus::Value;

use super::Item;
use super::function::{Function, call};
use super::parse::{Command, Node, Operand, Pipeline, Start, Templates};

/// How many nodes and rounds a template may take.
const MOST_STEPS: usize = 1_000_000;

/// How long the text may become, in bytes.
const LONGEST: usize = 4 * 1024 * 1024;

/// How many templates may be running in one another.
const DEEPEST: usize = 50;

pub(super) fn render(templates: &Templates, variables: &Value) -> Result<String, String> {
    let mut run = Run {
        templates,
        output: String::new(),
        variables: Vec::new(),
        steps: 0,
        depth: 0,
    };
    run.template("", &Item::new(variables))?;
    Ok(run.output)
}

/// How a list of nodes ended.
#[derive(PartialEq)]
enum Flow {
    On,
    Break,
    Continue,
}

struct Run<'a> {
    templates: &'a Templates,
    output: String,
    variables: Vec<(String, Item)>,
    steps: usize,
    depth: usize,
}

impl Run<'_> {
    fn step(&mut self) -> Result<(), String> {
        self.steps += 1;
        if self.steps > MOST_STEPS || self.output.len() > LONGEST {
            return Err("the template takes too long".to_owned());
        }
        Ok(())
    }

    fn template(&mut self, name: &str, dot: &Item) -> Result<(), String> {
        let nodes = self
            .templates
            .get(name)
            .ok_or_else(|| format!("template {name:?} not defined"))?;
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err("exceeded maximum template depth".to_owned());
        }
        let outer = std::mem::replace(&mut self.variables, vec![("$".to_owned(), dot.clone())]);
        self.nodes(nodes, dot)?;
        self.variables = outer;
        self.depth -= 1;
        Ok(())
    }

    /// Runs nodes in a scope of their own.
    fn nodes(&mut self, nodes: &[Node], dot: &Item) -> Result<Flow, String> {
        let scope = self.variables.len();
        let mut flow = Flow::On;
        for node in nodes {
            flow = self.node(node, dot)?;
            if flow != Flow::On {
                break;
            }
        }
        self.variables.truncate(scope);
        Ok(flow)
    }

    fn node(&mut self, node: &Node, dot: &Item) -> Result<Flow, String> {
        self.step()?;
        let scope = self.variables.len();
        let flow = match node {
            Node::Text(text) => {
                self.output.push_str(text);
                return Ok(Flow::On);
            }
            Node::Action(pipeline) => {
                let value = self.declared(pipeline, dot)?;
                if pipeline.variables.is_empty() {
                    self.output.push_str(&value.print());
                }
                return Ok(Flow::On);
            }
            Node::Break => return Ok(Flow::Break),
            Node::Continue => return Ok(Flow::Continue),
            Node::Template(name, operand) => {
                let dot = match operand {
                    Some(pipeline) => self.declared(pipeline, dot)?,
                    None => Item::Nothing,
                };
                self.template(name, &dot)?;
                Flow::On
            }
            Node::If(pipeline, nodes, otherwise) => {
                let holds = self.declared(pipeline, dot)?.is_true();
                self.nodes(if holds { nodes } else { otherwise }, dot)?
            }
            Node::With(pipeline, nodes, otherwise) => {
                let value = self.declared(pipeline, dot)?;
                if value.is_true() {
                    self.nodes(nodes, &value)?
                } else {
                    self.nodes(otherwise, dot)?
                }
            }
            Node::Range(pipeline, nodes, otherwise) => {
                self.range(pipeline, nodes, otherwise, dot)?
            }
        };
        self.variables.truncate(scope);
        Ok(flow)
    }

    fn range(
        &mut self,
        pipeline: &Pipeline,
        nodes: &[Node],
        otherwise: &[Node],
        dot: &Item,
    ) -> Result<Flow, String> {
        let over = self.value(pipeline, dot)?;
        let rounds: Vec<(Item, Item)> = match &over {
            Item::Nothing => Vec::new(),
            Item::Integer(count) => {
                let count = usize::try_from(*count).unwrap_or_default();
                if count > MOST_STEPS {
                    return Err("the template takes too long".to_owned());
                }
                (0..)
                    .take(count)
                    .map(|number| (Item::Integer(number), Item::Integer(number)))
                    .collect()
            }
            Item::Data(Value::Array(items)) => numbered(items.iter()),
            Item::Data(Value::Set(items)) => numbered(items.iter()),
            Item::Data(Value::Object(fields)) => fields
                .iter_sorted()
                .map(|(key, value)| (Item::new(key), Item::new(value)))
                .collect(),
            other => return Err(format!("range can't iterate over {}", other.print())),
        };
        if rounds.is_empty() {
            return self.nodes(otherwise, dot);
        }
        for (key, value) in rounds {
            self.step()?;
            let scope = self.variables.len();
            match pipeline.variables.as_slice() {
                [only] => self.bind(only, value.clone(), pipeline.declares),
                [first, second] => {
                    self.bind(first, key, pipeline.declares);
                    self.bind(second, value.clone(), pipeline.declares);
                }
                _ => {}
            }
            let flow = self.nodes(nodes, &value)?;
            self.variables.truncate(scope);
            if flow == Flow::Break {
                break;
            }
        }
        Ok(Flow::On)
    }

    fn bind(&mut self, name: &str, value: Item, declares: bool) {
        let known = self
            .variables
            .iter_mut()
            .rev()
            .find(|(known, _)| known == name);
        match known {
            Some((_, slot)) if !declares => *slot = value,
            _ => self.variables.push((name.to_owned(), value)),
        }
    }

    /// The value of a pipeline, given to the variable that it names.
    fn declared(&mut self, pipeline: &Pipeline, dot: &Item) -> Result<Item, String> {
        let value = self.value(pipeline, dot)?;
        if let [name] = pipeline.variables.as_slice() {
            self.bind(name, value.clone(), pipeline.declares);
        }
        Ok(value)
    }

    fn value(&mut self, pipeline: &Pipeline, dot: &Item) -> Result<Item, String> {
        let mut last: Option<Item> = None;
        for command in &pipeline.commands {
            self.step()?;
            let value = match command {
                Command::Value(operand) => self.operand(operand, dot)?,
                Command::Call(function, operands) => {
                    self.call(*function, operands, last.take(), dot)?
                }
            };
            last = Some(value);
        }
        Ok(last.unwrap_or(Item::Nothing))
    }

    /// Calls a function; `and` and `or` look at no more operands than they need.
    fn call(
        &mut self,
        function: Function,
        operands: &[Operand],
        last: Option<Item>,
        dot: &Item,
    ) -> Result<Item, String> {
        let mut values = Vec::with_capacity(operands.len() + 1);
        for operand in operands {
            let value = self.operand(operand, dot)?;
            let decides = match function {
                Function::And => !value.is_true(),
                Function::Or => value.is_true(),
                _ => false,
            };
            if decides {
                return Ok(value);
            }
            values.push(value);
        }
        values.extend(last);
        call(function, &values)
    }

    fn operand(&mut self, operand: &Operand, dot: &Item) -> Result<Item, String> {
        let (start, fields) = match operand {
            Operand::Literal(item) => return Ok(item.clone()),
            Operand::Function(function) => return call(*function, &[]),
            Operand::Path(start, fields) => (start, fields),
        };
        let mut value = match start {
            Start::Dot => dot.clone(),
            Start::Variable(name) => self
                .variables
                .iter()
                .rev()
                .find(|(known, _)| known == name)
                .map(|(_, value)| value.clone())
                .ok_or_else(|| format!("undefined variable {name:?}"))?,
            Start::Pipeline(pipeline) => self.value(pipeline, dot)?,
        };
        let last = fields.len().saturating_sub(1);
        for (at, name) in fields.iter().enumerate() {
            value = match &value {
                Item::Nothing => Item::Nothing,
                Item::Data(Value::Object(fields)) => {
                    let field = fields.get(&Value::from(name.as_str()));
                    if field == Some(&Value::Null) && at < last {
                        return Err(format!("nil pointer evaluating a field of {name}"));
                    }
                    field.map_or(Item::Nothing, Item::new)
                }
                _ => return Err(format!("can't evaluate field {name}")),
            };
        }
        Ok(value)
    }
}

fn numbered<'a>(items: impl Iterator<Item = &'a Value>) -> Vec<(Item, Item)> {
    (0..)
        .zip(items)
        .map(|(place, item)| (Item::Integer(place), Item::new(item)))
        .collect()
}
