//! The manifest of a bundle, `.manifest` (OPA documentation, "Bundle File Format").

use std::collections::BTreeMap;

use globset::{GlobBuilder, GlobMatcher};
use serde::Deserialize;
use serde_json::Value;
use soc2gate_source::{Code, Diagnostic, parse_json};

use super::invalid;
use super::roots::Roots;
use crate::RegoVersion;

/// How a manifest is named, at the root of a bundle.
pub(super) const NAME: &str = ".manifest";

/// What a manifest says.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    pub(super) revision: String,
    pub(super) roots: Roots,
    /// Whether entry points are evaluated by WebAssembly.
    pub(super) names_wasm: bool,
    version: Option<RegoVersion>,
    file_versions: Vec<(GlobMatcher, RegoVersion)>,
}

/// A manifest as it is written. What else stands there is for others than those who evaluate.
#[derive(Debug, Default, Deserialize)]
struct RawManifest {
    revision: Option<String>,
    roots: Option<Vec<String>>,
    rego_version: Option<i64>,
    file_rego_versions: Option<BTreeMap<String, i64>>,
    wasm: Option<Vec<Value>>,
    #[serde(rename = "metadata")]
    _metadata: Option<serde_json::Map<String, Value>>,
}

const FIELDS: [&str; 6] = [
    "revision",
    "roots",
    "rego_version",
    "file_rego_versions",
    "wasm",
    "metadata",
];

impl Manifest {
    /// Reads a manifest; `file` is how it is shown.
    pub(super) fn read(file: &str, bytes: &[u8]) -> Result<Self, Diagnostic> {
        let wrong = |message: &str| invalid(file, message);
        let text = str::from_utf8(bytes).map_err(|_| wrong("the manifest is not UTF-8 text"))?;
        let document =
            parse_json(text).map_err(|error| Diagnostic::from_parse_error(file, &error))?;
        let fields = document
            .value
            .as_object()
            .ok_or_else(|| wrong("a manifest is a JSON object"))?;
        // OPA takes no notice of case, and would find more than is read here.
        if fields.keys().any(|key| {
            !FIELDS.contains(&key.as_str())
                && FIELDS.iter().any(|field| key.eq_ignore_ascii_case(field))
        }) {
            return Err(wrong("the fields of a manifest are written in lower case"));
        }
        let raw: RawManifest = serde_json::from_value(document.value).map_err(|_| {
            wrong(
                "revision is a text, roots a list of texts, rego_version a number, file_rego_versions an object of \
                 numbers, wasm a list and metadata an object",
            )
        })?;
        let roots = raw
            .roots
            .map_or_else(Roots::default, |roots| Roots::new(&roots));
        if let Some(root) = roots.overlap() {
            let message = format!("root {root} of the manifest overlaps with another one of it");
            return Err(super::placed(file, Code::BundleRoots, message));
        }
        let version = |number| match number {
            0 => Ok(RegoVersion::V0),
            1 => Ok(RegoVersion::V1),
            _ => Err(wrong("a version of Rego in a manifest is 0 or 1")),
        };
        let mut file_versions = Vec::new();
        for (pattern, number) in raw.file_rego_versions.unwrap_or_default() {
            let glob = GlobBuilder::new(&pattern).backslash_escape(true).build();
            let glob = glob.map_err(|_| wrong("a key of file_rego_versions is no glob"))?;
            file_versions.push((glob.compile_matcher(), version(number)?));
        }
        Ok(Self {
            revision: raw.revision.unwrap_or_default(),
            roots,
            names_wasm: raw.wasm.is_some_and(|wasm| !wasm.is_empty()),
            version: raw.rego_version.map(version).transpose()?,
            file_versions,
        })
    }

    /// The version of Rego that a file is written in; None where the manifest does not say. Paths are matched with the
    /// slash that OPA writes before them and without; globs that do not agree are an error.
    pub(super) fn version_of(&self, path: &str) -> Result<Option<RegoVersion>, &'static str> {
        let rooted = format!("/{path}");
        let mut found = None;
        for (glob, version) in &self.file_versions {
            if !glob.is_match(path) && !glob.is_match(&rooted) {
                continue;
            }
            if found.is_some_and(|found| found != *version) {
                return Err("globs of file_rego_versions disagree on it");
            }
            found = Some(*version);
        }
        Ok(found.or(self.version))
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    fn read(text: &str) -> Result<Manifest, Diagnostic> {
        Manifest::read("b/.manifest", text.as_bytes())
    }

    #[test]
    fn versions_of_files() {
        let manifest = read(
            r#"{"rego_version": 1, "file_rego_versions": {"/old/*": 0, "x.rego": 0, "/old/a/new.rego": 0}, "other": 1}"#,
        )
        .unwrap();
        for (path, wanted) in [
            ("old/a.rego", RegoVersion::V0),
            ("old/a/b.rego", RegoVersion::V0),
            ("x.rego", RegoVersion::V0),
            ("a/x.rego", RegoVersion::V1),
        ] {
            assert_eq!(manifest.version_of(path), Ok(Some(wanted)), "{path}");
        }
        let empty = read("{}").unwrap();
        assert_eq!(empty.version_of("a.rego"), Ok(None));
        assert_eq!(empty.roots, Roots::default());
        let torn = read(r#"{"file_rego_versions": {"a*": 0, "*b": 1}}"#).unwrap();
        assert!(torn.version_of("ab").is_err());
    }

    #[rstest]
    #[case("[]", "SG4031")]
    #[case("{", "SG1006")]
    #[case("{\"roots\": [], \"roots\": [\"a\"]}", "SG1007")]
    #[case("{\"Roots\": []}", "SG4031")]
    #[case("{\"roots\": \"a\"}", "SG4031")]
    #[case("{\"roots\": [1]}", "SG4031")]
    #[case("{\"roots\": [\"a\", \"a/b\"]}", "SG4033")]
    #[case("{\"revision\": 1}", "SG4031")]
    #[case("{\"rego_version\": 2}", "SG4031")]
    #[case("{\"rego_version\": 1.0}", "SG4031")]
    #[case("{\"file_rego_versions\": {\"a\": 3}}", "SG4031")]
    #[case("{\"file_rego_versions\": {\"[\": 1}}", "SG4031")]
    #[case("{\"metadata\": []}", "SG4031")]
    fn what_is_no_manifest(#[case] text: &str, #[case] code: &str) {
        assert_eq!(read(text).unwrap_err().code.id(), code);
    }
}
