//! Closed-schema validation: every problem at once, none of them quoting a value.

use std::fmt;

use jsonschema::Validator;
use jsonschema::error::{TypeKind, ValidationError, ValidationErrorKind};
use jsonschema::paths::LocationSegment;
use serde_json::Value;

use crate::{Code, Diagnostic, Document, Path, Segment, SourceMap};

/// A compiled JSON Schema (draft 2020-12).
#[derive(Debug)]
pub struct Schema {
    validator: Validator,
    schema: Value,
}

/// A schema that is not one. The fault of whoever wrote the schema.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaError {
    /// Where in the schema.
    pub path: Path,
    /// What is wrong.
    pub message: String,
}

impl fmt::Display for SchemaError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for SchemaError {}

/// One way in which a value does not follow a schema.
struct Problem {
    path: Path,
    message: String,
}

impl Schema {
    /// Compiles a schema. Formats (`date-time` …) are checked.
    pub fn compile(schema: &Value) -> Result<Self, SchemaError> {
        jsonschema::options()
            .should_validate_formats(true)
            .build(schema)
            .map(|validator| Self {
                validator,
                schema: schema.clone(),
            })
            .map_err(|error| SchemaError {
                path: path_of(&error),
                message: message(error.kind(), schema, "")
                    .unwrap_or_else(|| "not a JSON Schema".to_owned()),
            })
    }

    /// Every way in which a document does not follow the schema, placed in its file. Messages name keys
    /// and what was expected, never the value that stands there.
    pub fn validate(&self, document: &Document, file: &str, code: Code) -> Vec<Diagnostic> {
        self.problems(&document.value)
            .into_iter()
            .map(|problem| problem.diagnostic(&document.map, file, code, &[]))
            .collect()
    }

    /// The same for a part of a document.
    pub fn validate_at(
        &self,
        value: &Value,
        at: &[Segment],
        map: &SourceMap,
        file: &str,
        code: Code,
    ) -> Vec<Diagnostic> {
        self.problems(value)
            .into_iter()
            .map(|problem| problem.diagnostic(map, file, code, at))
            .collect()
    }

    /// The value without the parts that do not follow the schema. What is missing stays missing.
    #[must_use]
    pub fn prune(&self, mut value: Value) -> Value {
        // Removing one part can bring another problem up; a few rounds end it.
        for _ in 0..8 {
            let problems = self.problems(&value);
            if problems.is_empty() {
                break;
            }
            for problem in &problems {
                remove(&mut value, &problem.path);
            }
        }
        value
    }

    fn problems(&self, value: &Value) -> Vec<Problem> {
        let mut problems = Vec::new();
        for error in self.validator.iter_errors(value) {
            self.collect(&error, &mut problems);
        }
        problems
    }

    fn collect(&self, error: &ValidationError<'_>, problems: &mut Vec<Problem>) {
        let path = path_of(error);
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                for key in unexpected {
                    let mut path = path.clone();
                    path.push(Segment::Key(key.clone()));
                    let known = self.known_keys(error.schema_path().as_str());
                    let hint = closest(key, &known)
                        .map(|known| format!("; did you mean {known:?}?"))
                        .unwrap_or_default();
                    problems.push(Problem {
                        path,
                        message: format!("unknown key {key:?}{hint}"),
                    });
                }
            }
            ValidationErrorKind::AnyOf { context }
            | ValidationErrorKind::OneOfNotValid { context } => {
                if let Some(options) = constants(context, error.instance_path().as_str()) {
                    problems.push(Problem {
                        path,
                        message: format!("must be one of {}", options.join(", ")),
                    });
                    return;
                }
                match likeliest(context) {
                    Some(errors) => errors
                        .iter()
                        .for_each(|error| self.collect(error, problems)),
                    None => problems.push(Problem {
                        path,
                        message: "not one of the forms allowed here".to_owned(),
                    }),
                }
            }
            kind => {
                let message = message(kind, &self.schema, error.schema_path().as_str())
                    .unwrap_or_else(|| format!("breaks the schema's rule {:?}", kind.keyword()));
                problems.push(Problem { path, message });
            }
        }
    }

    /// The keys that stand beside an `additionalProperties` of the schema.
    fn known_keys(&self, schema_path: &str) -> Vec<&str> {
        let parent = schema_path
            .strip_suffix("/additionalProperties")
            .unwrap_or_default();
        self.schema
            .pointer(&format!("{parent}/properties"))
            .and_then(Value::as_object)
            .map(|properties| properties.keys().map(String::as_str).collect())
            .unwrap_or_default()
    }
}

impl Problem {
    fn diagnostic(self, map: &SourceMap, file: &str, code: Code, at: &[Segment]) -> Diagnostic {
        let mut path = at.to_vec();
        path.extend(self.path);
        let span = map.locate_key(&path);
        let shown = crate::display_path(&path);
        let message = if shown.is_empty() {
            self.message
        } else {
            format!("{shown}: {}", self.message)
        };
        let diagnostic = Diagnostic::new(code, message);
        match span {
            Some(span) => diagnostic.at(file, span),
            None => diagnostic,
        }
    }
}

/// Removes the part that a path leads to; the root stays.
fn remove(value: &mut Value, path: &[Segment]) {
    let Some((last, parents)) = path.split_last() else {
        return;
    };
    let mut at = value;
    for segment in parents {
        let next = match (at, segment) {
            (Value::Object(map), Segment::Key(key)) => map.get_mut(key),
            (Value::Array(list), Segment::Index(index)) => list.get_mut(*index),
            _ => None,
        };
        match next {
            Some(next) => at = next,
            None => return,
        }
    }
    match (at, last) {
        (Value::Object(map), Segment::Key(key)) => {
            map.remove(key);
        }
        (Value::Array(list), Segment::Index(index)) if *index < list.len() => {
            list.remove(*index);
        }
        _ => {}
    }
}

fn path_of(error: &ValidationError<'_>) -> Path {
    error
        .instance_path()
        .iter()
        .map(|segment| match segment {
            LocationSegment::Property(key) => Segment::Key(key.to_string()),
            LocationSegment::Index(index) => Segment::Index(index),
        })
        .collect()
}

/// The values of a `oneOf` whose branches are constants of one place: an enumeration with a description each.
fn constants(context: &[Vec<ValidationError<'static>>], at: &str) -> Option<Vec<String>> {
    let mut options = Vec::new();
    for errors in context {
        for error in errors {
            match error.kind() {
                _ if error.instance_path().as_str() != at => return None,
                ValidationErrorKind::Constant { expected_value } => {
                    options.push(plain(expected_value));
                }
                ValidationErrorKind::Enum { options: several } => {
                    options.extend(several.as_array().into_iter().flatten().map(plain));
                }
                // What an enumeration of texts says of a number, or an optional value of anything.
                ValidationErrorKind::Type { .. } => {}
                _ => return None,
            }
        }
    }
    (!options.is_empty()).then_some(options)
}

/// A value as it is written in a message.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// The branch of an `anyOf` that the author most likely meant: not "null", and the one that fits deepest.
fn likeliest<'a>(
    context: &'a [Vec<ValidationError<'static>>],
) -> Option<&'a [ValidationError<'static>]> {
    context
        .iter()
        .filter(|errors| !errors.is_empty() && !errors.iter().all(is_about_null))
        .max_by_key(|errors| {
            let depth = errors
                .iter()
                .map(|error| error.instance_path().iter().count())
                .max();
            (depth, std::cmp::Reverse(errors.len()))
        })
        .map(Vec::as_slice)
}

fn is_about_null(error: &ValidationError<'_>) -> bool {
    matches!(error.kind(), ValidationErrorKind::Type { kind: TypeKind::Single(kind) } if kind.to_string() == "null")
}

fn message(kind: &ValidationErrorKind, schema: &Value, schema_path: &str) -> Option<String> {
    use ValidationErrorKind as Kind;
    let message = match kind {
        Kind::Required { property } => {
            format!("missing key {:?}", property.as_str().unwrap_or_default())
        }
        Kind::Type { kind } => format!("must be {}", types(kind)),
        Kind::Enum { options } => format!("must be one of {}", list(options)),
        Kind::Constant { expected_value } => format!("must be {expected_value}"),
        Kind::Minimum { limit } => format!("must be at least {limit}"),
        Kind::Maximum { limit } => format!("must be at most {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("must be more than {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("must be less than {limit}"),
        Kind::MinLength { limit: 1 } => "must not be empty".to_owned(),
        Kind::MinLength { limit } => format!("must have at least {limit} characters"),
        Kind::MaxLength { limit } => format!("must have at most {limit} characters"),
        Kind::MinItems { limit: 1 } | Kind::MinProperties { limit: 1 } => {
            "must not be empty".to_owned()
        }
        Kind::MinItems { limit } => format!("must have at least {limit} items"),
        Kind::MaxItems { limit } => format!("must have at most {limit} items"),
        Kind::Pattern { pattern } => describe_pattern(schema, schema_path)
            .unwrap_or_else(|| format!("must match the pattern {pattern}")),
        Kind::Format { format } if format == "date-time" => {
            "must be a date and time like 2026-11-23T09:00:00Z (RFC 3339)".to_owned()
        }
        Kind::Format { format } if format == "date" => "must be a date like 2026-11-23".to_owned(),
        Kind::Format { format } => format!("must be a {format}"),
        Kind::UniqueItems => "must not hold the same item twice".to_owned(),
        Kind::PropertyNames { error } => {
            format!(
                "has a key that {}",
                message(error.kind(), schema, "").unwrap_or_default()
            )
        }
        _ => return None,
    };
    Some(message)
}

/// A pattern's schema may say in words what the pattern wants, under `x-expects`.
fn describe_pattern(schema: &Value, schema_path: &str) -> Option<String> {
    let parent = schema_path.strip_suffix("/pattern")?;
    let expects = schema.pointer(parent)?.get("x-expects")?.as_str()?;
    Some(format!("must be {expects}"))
}

fn types(kind: &TypeKind) -> String {
    let name = |name: &str| match name {
        "array" => "a list".to_owned(),
        "object" => "a mapping".to_owned(),
        "integer" => "a whole number".to_owned(),
        "null" => "null".to_owned(),
        "boolean" => "true or false".to_owned(),
        other => format!("a {other}"),
    };
    match kind {
        TypeKind::Single(kind) => name(&kind.to_string()),
        TypeKind::Multiple(kinds) => {
            let names: Vec<String> = kinds.iter().map(|kind| name(&kind.to_string())).collect();
            names.join(" or ")
        }
    }
}

fn list(options: &Value) -> String {
    let options: Vec<String> = options
        .as_array()
        .into_iter()
        .flatten()
        .map(plain)
        .collect();
    options.join(", ")
}

/// The known key that an unknown one was probably meant to be.
fn closest<'a>(key: &str, known: &[&'a str]) -> Option<&'a str> {
    known
        .iter()
        .map(|known| (strsim::jaro_winkler(key, known), *known))
        .filter(|(likeness, _)| *likeness > 0.85)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests;
