//! Places in SARIF: files as URIs, stretches as regions.

use std::fmt::Write as _;
use std::path::Path;

use soc2gate_source::Location;

use super::log::{ArtifactLocation, LogicalLocation, PhysicalLocation, Place, Region};
use crate::output::escape::neutral;

/// A place in a file, with the subject that it belongs to.
pub(super) fn place(location: &Location, subject: Option<&str>) -> Place {
    let is_empty = location.end_line == location.line && location.end_column <= location.column;
    // A place without width is the character that starts there.
    let end_column = if is_empty {
        location.column.saturating_add(1)
    } else {
        location.end_column
    };
    let logical = |id: &str| LogicalLocation {
        fully_qualified_name: neutral(id).into_owned(),
        kind: "resource",
    };
    Place {
        physical_location: PhysicalLocation {
            artifact_location: ArtifactLocation {
                uri: uri(&location.file),
            },
            region: Region {
                start_line: location.line,
                start_column: location.column,
                end_line: location.end_line.max(location.line),
                end_column,
            },
        },
        logical_locations: subject.map(logical).into_iter().collect(),
    }
}

/// A file as a URI reference (RFC 3986): relative to the root of the sources, which is where code scanning
/// looks for it, or absolute where the file was named so.
fn uri(file: &str) -> String {
    let file = if cfg!(windows) {
        file.replace('\\', "/")
    } else {
        file.to_owned()
    };
    if Path::new(&file).is_absolute() {
        let slash = if file.starts_with('/') { "" } else { "/" };
        return format!("file://{slash}{}", percent_encode(&file));
    }
    let mut relative = file.as_str();
    while let Some(rest) = relative.strip_prefix("./") {
        relative = rest.trim_start_matches('/');
    }
    percent_encode(relative)
}

/// Leaves the unreserved characters and `/`: a `:` would make a scheme of the first segment.
fn percent_encode(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            let _ = write!(encoded, "%{byte:02X}");
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use soc2gate_source::{Position, Span};

    use super::*;

    #[test]
    fn files_become_uris() {
        let cases = [
            ("deploy/web.yaml", "deploy/web.yaml"),
            ("./././deploy//web.yaml", "deploy//web.yaml"),
            ("../up.yaml", "../up.yaml"),
            ("a b/ü%.yaml", "a%20b/%C3%BC%25.yaml"),
            ("c:d?#.yaml", "c%3Ad%3F%23.yaml"),
            ("-", "-"),
        ];
        for (file, expected) in cases {
            assert_eq!(uri(file), expected);
        }
    }

    #[cfg(unix)]
    #[test]
    fn an_absolute_path_is_a_file_uri() {
        assert_eq!(uri("/tmp/a b.yaml"), "file:///tmp/a%20b.yaml");
    }

    #[test]
    fn a_place_without_width_is_one_character() {
        let location = Location::new("a", Span::at(Position::new(3, 5)));
        insta::assert_json_snapshot!(place(&location, None).physical_location.region, @r#"
        {
          "startLine": 3,
          "startColumn": 5,
          "endLine": 3,
          "endColumn": 6
        }
        "#);
    }
}
