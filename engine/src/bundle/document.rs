//! Documents of a bundle as values.

use serde_json::Value;
use soc2gate_source::{Code, Diagnostic, ParseError, parse_json, parse_yaml, split_yaml};

use super::placed;

/// Why a text is no document.
#[derive(Debug)]
pub(super) enum NoDocument {
    /// It does not parse.
    Broken(ParseError),
    /// A stream of several documents, of which readers take one or all.
    Several,
}

impl NoDocument {
    pub(super) fn diagnostic(self, file: &str) -> Diagnostic {
        match self {
            Self::Broken(error) => Diagnostic::from_parse_error(file, &error),
            Self::Several => placed(file, Code::DataInvalid, "a file of data holds one document"),
        }
    }
}

/// The value of a JSON text.
pub(super) fn json(text: &str) -> Result<Value, NoDocument> {
    let document = parse_json(text).map_err(NoDocument::Broken)?;
    Ok(document.value)
}

/// The value of the one document of a YAML text; what is empty is null.
pub(super) fn yaml(text: &str) -> Result<Value, NoDocument> {
    let mut found = None;
    for source in split_yaml(text) {
        let document = parse_yaml(source).map_err(NoDocument::Broken)?;
        if let Some(document) = document
            && found.replace(document.value).is_some()
        {
            return Err(NoDocument::Several);
        }
    }
    Ok(found.unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_stream_is_one_document() {
        assert_eq!(yaml("# text\n---\na: 1\n...\n").unwrap(), json!({"a": 1}));
        assert_eq!(yaml("# text\n").unwrap(), Value::Null);
        let told = |text| yaml(text).unwrap_err().diagnostic("f").to_string();
        assert!(told("a: 1\n---\nb: 1\n").contains("holds one document"));
        assert!(told("a: [\n").contains("SG1006"));
    }
}
