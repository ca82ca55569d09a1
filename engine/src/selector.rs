//! Selectors of subjects: globs on subject ids.

use globset::{GlobBuilder, GlobMatcher};

/// A glob on subject ids: `*` stands for anything within one segment, `**` for any number of segments.
#[derive(Debug, Clone)]
pub struct Selector {
    pattern: String,
    matcher: GlobMatcher,
}

impl Selector {
    /// A selector from its pattern; None where the pattern is not a glob.
    pub fn parse(pattern: &str) -> Option<Self> {
        let glob = GlobBuilder::new(pattern)
            .literal_separator(true)
            .backslash_escape(true)
            .empty_alternates(false)
            .build()
            .ok()?;
        Some(Self {
            pattern: pattern.to_owned(),
            matcher: glob.compile_matcher(),
        })
    }

    /// The pattern as it was written.
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether the selector selects a subject.
    pub fn matches(&self, subject_id: &str) -> bool {
        self.matcher.is_match(subject_id)
    }

    /// Whether the selector names no subject: in the id of a Kubernetes object neither namespace nor name is
    /// literal, in any other id the last segment is not.
    pub fn is_over_wide(&self) -> bool {
        let segments: Vec<&str> = self.pattern.split('/').collect();
        let is_literal = |segment: &&str| segment.chars().any(char::is_alphanumeric);
        match segments.as_slice() {
            // kubernetes/[group/]Kind/[namespace/]name
            ["kubernetes", _, rest @ ..] => !rest
                .iter()
                .any(|segment| is_literal(segment) && !starts_like_a_kind(segment)),
            // A wild card for the kind leaves every kind in.
            [kind, ..] if kind.contains(['*', '?', '[', '{']) => true,
            segments => !segments.last().is_some_and(is_literal) || segments.len() == 1,
        }
    }
}

/// Kinds of the Kubernetes API start with a capital; names and namespaces have none.
fn starts_like_a_kind(segment: &str) -> bool {
    segment.starts_with(|c: char| c.is_ascii_uppercase())
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case(
        "kubernetes/apps/Deployment/shop/web",
        "kubernetes/apps/Deployment/shop/web",
        true
    )]
    #[case(
        "kubernetes/apps/Deployment/shop/*",
        "kubernetes/apps/Deployment/shop/web",
        true
    )]
    #[case(
        "kubernetes/apps/Deployment/*/web",
        "kubernetes/apps/Deployment/shop/web",
        true
    )]
    #[case(
        "kubernetes/apps/Deployment/*",
        "kubernetes/apps/Deployment/shop/web",
        false
    )]
    #[case("kubernetes/**", "kubernetes/apps/Deployment/shop/web", true)]
    #[case(
        "kubernetes/apps/Deployment/shop/web",
        "kubernetes/apps/Deployment/shop/web-2",
        false
    )]
    #[case("pull_request/acme/shop/42", "pull_request/acme/shop/421", false)]
    fn globs(#[case] pattern: &str, #[case] id: &str, #[case] expected: bool) {
        assert_eq!(Selector::parse(pattern).unwrap().matches(id), expected);
    }

    #[rstest]
    #[case("**", true)]
    #[case("kubernetes/**", true)]
    #[case("kubernetes/*/*/*/*", true)]
    #[case("kubernetes/apps/Deployment/**", true)]
    #[case("kubernetes/Pod/*/*", true)]
    #[case("pull_request/*/*/*", true)]
    #[case("pull_request/acme/shop/*", true)]
    #[case("**/web", true)]
    #[case("kubernetes/apps/Deployment/shop/*", false)]
    #[case("kubernetes/apps/Deployment/*/web", false)]
    #[case("kubernetes/Pod/shop/web", false)]
    #[case("pull_request/acme/shop/42", false)]
    fn over_wide(#[case] pattern: &str, #[case] expected: bool) {
        assert_eq!(Selector::parse(pattern).unwrap().is_over_wide(), expected);
    }

    #[test]
    fn broken_patterns_are_refused() {
        assert!(Selector::parse("kubernetes/[a").is_none());
    }
}
