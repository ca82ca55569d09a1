//! Which pull request.

use std::fmt;

use http::Uri;

/// A pull request by its repository and number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Coordinates {
    pub(crate) owner: String,
    pub(crate) name: String,
    pub(crate) number: u64,
}

impl Coordinates {
    /// Reads `owner/repo#42`, or the address of a pull request.
    pub(crate) fn parse(text: &str) -> Result<Self, &'static str> {
        let wrong = "a pull request is OWNER/REPO#NUMBER, or its address";
        if let Some((repository, number)) = text.split_once('#')
            && !text.contains("://")
        {
            return Self::of(repository, number).ok_or(wrong);
        }
        let uri: Uri = text.parse().map_err(|_| wrong)?;
        if uri.scheme().is_none() {
            return Err(wrong);
        }
        let mut parts = uri.path().split('/').skip(1);
        let (owner, name) = (parts.next(), parts.next());
        match (owner, name, parts.next(), parts.next()) {
            (Some(owner), Some(name), Some("pull"), Some(number)) => {
                Self::of(&format!("{owner}/{name}"), number).ok_or(wrong)
            }
            _ => Err(wrong),
        }
    }

    /// A repository as `owner/name`, and a number.
    fn of(repository: &str, number: &str) -> Option<Self> {
        let number = number.parse().ok()?;
        Self::new(repository, number)
    }

    /// A repository as `owner/name`, and a number.
    pub(crate) fn new(repository: &str, number: u64) -> Option<Self> {
        let (owner, name) = repository.split_once('/')?;
        // GraphQL's numbers have 32 bits.
        let is_number = (1..=u64::from(i32::MAX.unsigned_abs())).contains(&number);
        (is_name(owner) && is_name(name) && is_number).then(|| Self {
            owner: owner.to_owned(),
            name: name.to_owned(),
            number,
        })
    }

    /// The path of the repository below the REST interface.
    pub(super) fn repository_path(&self) -> String {
        format!("/repos/{}/{}", self.owner, self.name)
    }

    /// The path of the pull request below the REST interface.
    pub(super) fn path(&self) -> String {
        format!("{}/pulls/{}", self.repository_path(), self.number)
    }
}

/// Whether a text can name an account or a repository. `.` and `..` would lead elsewhere.
fn is_name(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.-".contains(&byte);
    !text.is_empty() && text != "." && text != ".." && text.bytes().all(is_plain)
}

impl fmt::Display for Coordinates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}#{}", self.owner, self.name, self.number)
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("acme/shop#42")]
    #[case("https://github.com/acme/shop/pull/42")]
    #[case("https://github.com/acme/shop/pull/42/files")]
    #[case("https://git.example.com/acme/shop/pull/42?w=1#discussion_r1")]
    fn a_pull_request_is_named_in_two_ways(#[case] text: &str) {
        let found = Coordinates::parse(text).map(|found| found.to_string());
        assert_eq!(found, Ok("acme/shop#42".to_owned()));
    }

    #[rstest]
    #[case("")]
    #[case("acme/shop")]
    #[case("acme#42")]
    #[case("acme/shop#")]
    #[case("acme/shop#0")]
    #[case("acme/shop#-1")]
    #[case("acme/shop#4294967296")]
    #[case("acme/shop/web#42")]
    #[case("../shop#42")]
    #[case("acme/sh op#42")]
    #[case("acme/shop?x=y#42")]
    #[case("acme/..#42")]
    #[case("https://github.com/acme/shop/issues/42")]
    #[case("https://github.com/acme/shop")]
    #[case("github.com/acme/shop/pull/42")]
    fn anything_else_is_not_one(#[case] text: &str) {
        assert!(Coordinates::parse(text).is_err());
    }
}
