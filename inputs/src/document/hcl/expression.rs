//! Expressions of HCL: plain values as they are, everything else as the text `${…}`.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::template::{Directive, Element, ForDirective, IfDirective, Template};
use serde_json::{Number, Value};
use soc2gate_source::{Lines, Span, Tree, TreeObject};

use super::super::parse::{Parsed, number};

/// Turns expressions into values.
pub(super) struct Expressions<'a> {
    text: &'a str,
    lines: Lines<'a>,
}

impl<'a> Expressions<'a> {
    pub(super) fn new(text: &'a str, lines: Lines<'a>) -> Self {
        Self { text, lines }
    }

    pub(super) fn span(&mut self, range: Option<Range<usize>>) -> Span {
        self.lines.span(range.unwrap_or_default())
    }

    /// The value of an expression.
    pub(super) fn value(&mut self, expression: &Expression) -> Parsed {
        let span = self.span(expression.span());
        if let Some(value) = literal(expression) {
            return Ok(Tree::scalar(value, span));
        }
        match expression {
            Expression::Array(array) => {
                let items: Result<_, _> = array.iter().map(|item| self.value(item)).collect();
                Ok(Tree::list(items?, span))
            }
            Expression::Object(object) => {
                let mut entries = TreeObject::default();
                for (key, value) in object {
                    let at = match key {
                        ObjectKey::Ident(ident) => ident.span(),
                        ObjectKey::Expression(expression) => expression.span(),
                    };
                    let at = self.span(at);
                    let name = self.key(key);
                    entries.insert(name, self.value(value.expr())?.named(at));
                }
                Ok(Tree::object(entries, span))
            }
            Expression::StringTemplate(template) => match only_interpolation(template) {
                // A text of nothing but one expression is that expression.
                Some(inner) => self.value(inner),
                None => Ok(Tree::scalar(self.template(template), span)),
            },
            Expression::HeredocTemplate(heredoc) => {
                Ok(Tree::scalar(self.template(&heredoc.template), span))
            }
            _ => Ok(Tree::scalar(self.wrapped(expression), span)),
        }
    }

    fn key(&self, key: &ObjectKey) -> String {
        match key {
            ObjectKey::Ident(ident) => ident.as_str().to_owned(),
            ObjectKey::Expression(expression) => match expression {
                Expression::Variable(_) | Expression::Traversal(_) => {
                    self.source(expression.span()).to_owned()
                }
                _ => self.part(expression),
            },
        }
    }

    /// A template as it is written, with the text of its literal parts unescaped.
    fn template(&self, template: &Template) -> String {
        template
            .iter()
            .map(|element| self.element(element))
            .collect()
    }

    fn element(&self, element: &Element) -> String {
        match element {
            Element::Literal(text) => text.as_str().to_owned(),
            Element::Interpolation(interpolation) => self.part(&interpolation.expr),
            Element::Directive(directive) => match &**directive {
                Directive::If(directive) => self.condition(directive),
                Directive::For(directive) => self.repetition(directive),
            },
        }
    }

    /// An expression within a text.
    fn part(&self, expression: &Expression) -> String {
        match expression {
            Expression::Conditional(conditional) => branches(
                self.source(conditional.cond_expr.span()),
                &self.part(&conditional.true_expr),
                &self.part(&conditional.false_expr),
            ),
            Expression::StringTemplate(template) => match only_interpolation(template) {
                Some(inner) => self.part(inner),
                None => self.template(template),
            },
            Expression::HeredocTemplate(heredoc) => self.template(&heredoc.template),
            _ => match literal(expression) {
                Some(Value::String(text)) => text,
                Some(Value::Null) | None => self.wrapped(expression),
                Some(value) => value.to_string(),
            },
        }
    }

    fn condition(&self, directive: &IfDirective) -> String {
        let otherwise = directive
            .else_expr
            .as_ref()
            .map(|otherwise| self.template(&otherwise.template));
        branches(
            self.source(directive.if_expr.cond_expr.span()),
            &self.template(&directive.if_expr.template),
            &otherwise.unwrap_or_default(),
        )
    }

    fn repetition(&self, directive: &ForDirective) -> String {
        let intro = &directive.for_expr;
        let key = intro
            .key_var
            .as_ref()
            .map(|key| format!("{}, ", key.as_str()));
        format!(
            "%{{for {}{} in {}}}{}%{{endfor}}",
            key.unwrap_or_default(),
            intro.value_var.as_str(),
            self.source(intro.collection_expr.span()),
            self.template(&intro.template)
        )
    }

    fn wrapped(&self, expression: &Expression) -> String {
        format!("${{{}}}", self.source(expression.span()))
    }

    fn source(&self, range: Option<Range<usize>>) -> &'a str {
        range
            .and_then(|range| self.text.get(range))
            .unwrap_or_default()
    }
}

fn branches(condition: &str, then: &str, otherwise: &str) -> String {
    let otherwise = if otherwise.is_empty() {
        String::new()
    } else {
        format!("%{{else}}{otherwise}")
    };
    format!("%{{if {condition}}}{then}{otherwise}%{{endif}}")
}

/// The expression of a template that holds nothing else.
fn only_interpolation(template: &Template) -> Option<&Expression> {
    match template.as_single_element() {
        Some(Element::Interpolation(interpolation)) => Some(&interpolation.expr),
        _ => None,
    }
}

/// A plain value, a number or a boolean with an operator before it included.
fn literal(expression: &Expression) -> Option<Value> {
    match expression {
        Expression::Null(_) => Some(Value::Null),
        Expression::Bool(boolean) => Some(Value::from(*boolean.value())),
        Expression::Number(found) => plain_number(found),
        Expression::String(text) => Some(Value::from(text.as_str())),
        Expression::UnaryOp(operation) => match (*operation.operator.value(), &operation.expr) {
            (UnaryOperator::Not, Expression::Bool(boolean)) => Some(Value::from(!*boolean.value())),
            (UnaryOperator::Neg, Expression::Number(found)) => match plain_number(found)? {
                Value::Number(found) => negative(&found),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    }
}

fn plain_number(found: &hcl_edit::Number) -> Option<Value> {
    found
        .as_i64()
        .map(Value::from)
        .or_else(|| found.as_u64().map(Value::from))
        .or_else(|| found.as_f64().and_then(number))
}

fn negative(found: &Number) -> Option<Value> {
    match found.as_i64().and_then(i64::checked_neg) {
        Some(negative) => Some(Value::from(negative)),
        None => found.as_f64().and_then(|float| number(-float)),
    }
}
