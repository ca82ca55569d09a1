//! Expressions of HCL: plain values as they are, everything else as the text `${…}`.

use std::ops::Range;

use hcl_edit::Span as _;
use hcl_edit::expr::{Expression, ObjectKey, UnaryOperator};
use hcl_edit::template::{Directive, Element, ForDirective, IfDirective, Strip, Template};
use serde_json::{Number, Value};
use soc2gate_source::{Lines, Span, Tree, TreeObject};

use super::super::parse::{Parsed, error, number};
use super::OVER_LINES;

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
            if value.is_string() && span.start.line != span.end.line {
                return Err(error(OVER_LINES, span));
            }
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
                None => Ok(Tree::scalar(self.template(template, Within::Quotes), span)),
            },
            Expression::HeredocTemplate(heredoc) => {
                let text = self.template(&heredoc.template, Within::Heredoc);
                Ok(Tree::scalar(text, span))
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

    /// A template as it is written, with the text of its literal parts unescaped and without the blanks that markers
    /// (`~`) strip.
    fn template(&self, template: &Template, within: Within) -> String {
        self.stripped(template, within, false, false)
    }

    /// A template between two markers, each of which may strip.
    fn stripped(&self, template: &Template, within: Within, start: bool, end: bool) -> String {
        let mut text = String::new();
        let mut elements = template.iter().peekable();
        let mut strip_start = start;
        while let Some(element) = elements.next() {
            let strip_end = elements
                .peek()
                .map_or(end, |next| strips(next).0.strip_start());
            match element {
                Element::Literal(literal) => {
                    let literal = within.strip(literal.as_str(), strip_start, strip_end);
                    text.push_str(&escaped(&literal));
                }
                Element::Interpolation(interpolation) => {
                    text.push_str(&self.part(&interpolation.expr));
                }
                Element::Directive(directive) => text.push_str(&match &**directive {
                    Directive::If(directive) => self.condition(directive, within),
                    Directive::For(directive) => self.repetition(directive, within),
                }),
            }
            strip_start = strips(element).1.strip_end();
        }
        text
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
                None => self.template(template, Within::Quotes),
            },
            Expression::HeredocTemplate(heredoc) => {
                self.template(&heredoc.template, Within::Heredoc)
            }
            _ => match literal(expression) {
                Some(Value::String(text)) => text,
                Some(Value::Null) | None => self.wrapped(expression),
                Some(value) => value.to_string(),
            },
        }
    }

    fn condition(&self, directive: &IfDirective, within: Within) -> String {
        let then = &directive.if_expr;
        let end = directive.endif_expr.strip.strip_start();
        let otherwise = directive.else_expr.as_ref();
        let then_end = otherwise.map_or(end, |otherwise| otherwise.strip.strip_start());
        let otherwise = otherwise.map(|otherwise| {
            self.stripped(
                &otherwise.template,
                within,
                otherwise.strip.strip_end(),
                end,
            )
        });
        branches(
            self.source(then.cond_expr.span()),
            &self.stripped(&then.template, within, then.strip.strip_end(), then_end),
            &otherwise.unwrap_or_default(),
        )
    }

    fn repetition(&self, directive: &ForDirective, within: Within) -> String {
        let intro = &directive.for_expr;
        let key = intro
            .key_var
            .as_ref()
            .map(|key| format!("{}, ", key.as_str()));
        let end = directive.endfor_expr.strip.strip_start();
        format!(
            "%{{for {}{} in {}}}{}%{{endfor}}",
            key.unwrap_or_default(),
            intro.value_var.as_str(),
            self.source(intro.collection_expr.span()),
            self.stripped(&intro.template, within, intro.strip.strip_end(), end)
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

/// A text that starts no expression: what looks like one was escaped in the source and is again.
fn escaped(text: &str) -> String {
    text.replace("${", "$${").replace("%{", "%%{")
}

/// What a template stands in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Within {
    Quotes,
    Heredoc,
}

impl Within {
    /// A literal part without the blanks at its ends; in a here-document those of its first and last line only.
    fn strip(self, literal: &str, start: bool, end: bool) -> String {
        let first = match literal.find('\n') {
            Some(at) if self == Self::Heredoc => at + 1,
            _ => literal.len(),
        };
        let (head, tail) = literal.split_at_checked(first).unwrap_or((literal, ""));
        let head = if start { head.trim_start() } else { head };
        let stripped = format!("{head}{tail}");
        if !end {
            return stripped;
        }
        let last = match stripped.rfind('\n') {
            Some(at) if self == Self::Heredoc => at + 1,
            _ => 0,
        };
        let (head, tail) = stripped.split_at_checked(last).unwrap_or((&stripped, ""));
        format!("{head}{}", tail.trim_end())
    }
}

/// The markers at the start and at the end of an element.
fn strips(element: &Element) -> (Strip, Strip) {
    match element {
        Element::Literal(_) => (Strip::None, Strip::None),
        Element::Interpolation(interpolation) => (interpolation.strip, interpolation.strip),
        Element::Directive(directive) => match &**directive {
            Directive::If(directive) => (directive.if_expr.strip, directive.endif_expr.strip),
            Directive::For(directive) => (directive.for_expr.strip, directive.endfor_expr.strip),
        },
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
        Expression::String(text) => Some(Value::from(escaped(text.as_str()))),
        Expression::UnaryOp(operation) => match (*operation.operator.value(), &operation.expr) {
            (UnaryOperator::Not, Expression::Bool(boolean)) => Some(Value::from(!*boolean.value())),
            // A number with a sign of its own makes two operators.
            (UnaryOperator::Neg, Expression::Number(found)) => match plain_number(found)? {
                Value::Number(found) if !found.to_string().starts_with('-') => negative(&found),
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
