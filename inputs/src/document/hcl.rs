//! HCL 2 in the shape of hcl2json: a block is a list under its type and labels, an expression that is no plain value the
//! text `${…}`.

mod expression;

use hcl_edit::Span as _;
use hcl_edit::parser::parse_body;
use hcl_edit::structure::{Block, BlockLabel, Body, Structure};
use soc2gate_source::{
    Lines, MAX_DEPTH, ParseError, ParseErrorKind, Span, Tree, TreeObject, TreeValue,
};

use super::parse::{Parsed, error};
use expression::Expressions;

pub(super) fn parse(text: &str) -> Parsed {
    let lines = Lines::new(text);
    let body = parse_body(text).map_err(|found| {
        let at = Span::at(lines.position(found.location().offset()));
        if found.message().starts_with("invalid nesting depth") {
            return ParseError {
                kind: ParseErrorKind::TooDeep,
                span: at,
            };
        }
        error(found.message(), at)
    })?;
    let whole = lines.span(0..text.len());
    let mut reader = Reader {
        expressions: Expressions::new(text, lines),
    };
    let object = reader.body(&body, 0)?;
    Ok(Tree::object(object, whole))
}

/// What the parser lets through and HCL does not.
const OVER_LINES: &str = "a text in quotes that goes on to the next line";

struct Reader<'a> {
    expressions: Expressions<'a>,
}

impl Reader<'_> {
    fn body(&mut self, body: &Body, depth: usize) -> Result<TreeObject, ParseError> {
        let mut object = TreeObject::default();
        for structure in body {
            match structure {
                Structure::Attribute(attribute) => {
                    let key = self.expressions.span(attribute.key.span());
                    let name = attribute.key.as_str();
                    if object.get_mut(name).is_some() {
                        return Err(error("an argument and a block of one name", key));
                    }
                    let value = self.expressions.value(&attribute.value)?;
                    object.insert(name, value.named(key));
                }
                Structure::Block(block) => self.block(block, &mut object, depth)?,
            }
        }
        Ok(object)
    }

    /// Adds a block under its type and labels; blocks of the same are a list.
    fn block(
        &mut self,
        block: &Block,
        into: &mut TreeObject,
        depth: usize,
    ) -> Result<(), ParseError> {
        let span = self.expressions.span(block.span());
        let depth = depth.saturating_add(block.labels.len()).saturating_add(2);
        if depth > MAX_DEPTH {
            return Err(ParseError {
                kind: ParseErrorKind::TooDeep,
                span,
            });
        }
        let mut names = vec![(
            block.ident.as_str(),
            self.expressions.span(block.ident.span()),
        )];
        for label in &block.labels {
            let at = match label {
                BlockLabel::Ident(ident) => ident.span(),
                BlockLabel::String(text) => text.span(),
            };
            let at = self.expressions.span(at);
            if at.start.line != at.end.line {
                return Err(error(OVER_LINES, at));
            }
            names.push((label.as_str(), at));
        }
        let object = self.body(&block.body, depth)?;
        let value = Tree::object(object, span);
        let Some((last, at)) = names.pop() else {
            return Ok(());
        };
        let mut parent = into;
        for (name, at) in names {
            if parent.get_mut(name).is_none() {
                parent.insert(name, Tree::object(TreeObject::default(), span).named(at));
            }
            parent = match parent.get_mut(name).map(|tree| &mut tree.value) {
                Some(TreeValue::Object(object)) => object,
                _ => return Err(error("a block with labels beside one without", at)),
            };
        }
        match parent.get_mut(last) {
            None => parent.insert(last, Tree::list(vec![value], span).named(at)),
            Some(Tree {
                value: TreeValue::List(list),
                ..
            }) => list.push(value.named(at)),
            Some(_) => return Err(error("a block beside something else of its name", at)),
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
