//! Roots: the paths below `data` that a bundle owns (OPA documentation, "Bundle File Format").

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The roots of a bundle, each as segments. The root without segments is all of `data`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Roots(Vec<Vec<String>>);

impl Default for Roots {
    fn default() -> Self {
        Self(vec![Vec::new()])
    }
}

impl Roots {
    /// Roots as a manifest writes them: `http/example`, with slashes around them or without.
    pub(super) fn new(roots: &[String]) -> Self {
        let segments = |root: &String| match root.trim_matches('/') {
            "" => Vec::new(),
            root => root.split('/').map(str::to_owned).collect(),
        };
        Self(roots.iter().map(segments).collect())
    }

    /// Whether a path lies below one of them.
    pub(super) fn contain(&self, path: &[String]) -> bool {
        self.0.iter().any(|root| path.starts_with(root))
    }

    /// A root that lies below another one of the same roots, or is the same.
    pub(super) fn overlap(&self) -> Option<String> {
        self.0.iter().enumerate().find_map(|(at, root)| {
            let others = self.0.get(at + 1..).unwrap_or_default();
            let is_shared = others.iter().any(|other| overlap(root, other));
            is_shared.then(|| shown(root))
        })
    }

    /// A root that lies below one of others, above it, or is the same.
    pub(super) fn overlap_with(&self, others: &Self) -> Option<String> {
        let is_shared = |root: &&Vec<String>| others.0.iter().any(|other| overlap(root, other));
        self.0.iter().find(is_shared).map(|root| shown(root))
    }

    /// The first path of a document that lies below none of them.
    pub(super) fn stray(&self, document: &Value) -> Option<String> {
        self.stray_below(document, &mut Vec::new())
    }

    fn stray_below(&self, value: &Value, path: &mut Vec<String>) -> Option<String> {
        if self.contain(path) {
            return None;
        }
        let leads_to_a_root = self.0.iter().any(|root| root.starts_with(path));
        match value {
            Value::Object(fields) if leads_to_a_root => fields.iter().find_map(|(key, value)| {
                path.push(key.clone());
                let found = self.stray_below(value, path);
                path.pop();
                found
            }),
            _ => Some(shown(path)),
        }
    }
}

fn overlap(one: &[String], other: &[String]) -> bool {
    one.starts_with(other) || other.starts_with(one)
}

/// A path as manifests write it; the root of all is a slash.
fn shown(path: &[String]) -> String {
    if path.is_empty() {
        "/".to_owned()
    } else {
        path.join("/")
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use serde_json::json;

    use super::*;

    fn roots(list: &[&str]) -> Roots {
        let list: Vec<String> = list.iter().map(|root| (*root).to_owned()).collect();
        Roots::new(&list)
    }

    #[rstest]
    #[case(&[""], "x/y", true)]
    #[case(&["/"], "x", true)]
    #[case(&["a/b"], "a/b", true)]
    #[case(&["/a/b/"], "a/b/c", true)]
    #[case(&["a/b"], "a", false)]
    #[case(&["a/b"], "a/bc", false)]
    #[case(&["a", "b"], "b/c", true)]
    #[case(&[], "a", false)]
    fn paths_within(#[case] list: &[&str], #[case] path: &str, #[case] wanted: bool) {
        let path: Vec<String> = path.split('/').map(str::to_owned).collect();
        assert_eq!(roots(list).contain(&path), wanted);
    }

    #[rstest]
    #[case(&["a"], &["b"], None)]
    #[case(&["a/b"], &["a/c"], None)]
    #[case(&["ab"], &["a"], None)]
    #[case(&["a/b"], &["a"], Some("a/b"))]
    #[case(&["a"], &["c", "a/b"], Some("a"))]
    #[case(&["x"], &[""], Some("x"))]
    #[case(&[""], &[""], Some("/"))]
    fn overlaps(#[case] one: &[&str], #[case] other: &[&str], #[case] wanted: Option<&str>) {
        assert_eq!(roots(one).overlap_with(&roots(other)).as_deref(), wanted);
        assert_eq!(
            roots(&[one, other].concat()).overlap().is_some(),
            wanted.is_some()
        );
    }

    #[rstest]
    #[case(&["a/b"], json!({"a": {"b": 1}}), None)]
    #[case(&["a/b"], json!({"a": {}}), None)]
    #[case(&["a/b"], json!({"a": {"c": 1, "b": 1}}), Some("a/c"))]
    #[case(&["a/b"], json!({"a": 1}), Some("a"))]
    #[case(&["a/b"], json!({"c": {}}), Some("c"))]
    #[case(&[""], json!({"c": 1}), None)]
    #[case(&[], json!({}), Some("/"))]
    fn documents_outside(
        #[case] list: &[&str],
        #[case] document: Value,
        #[case] wanted: Option<&str>,
    ) {
        assert_eq!(roots(list).stray(&document).as_deref(), wanted);
    }
}
