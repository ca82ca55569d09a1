//! The token: read once, shown never.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use soc2gate_source::{Code, Diagnostic};
use zeroize::Zeroizing;

/// Longest token, in bytes: far above what GitHub gives.
const MAX_BYTES: u64 = 16 * 1024;

/// A token for GitHub. Neither `Debug` nor `Display` shows it, and its memory is overwritten at the end.
pub(crate) struct Token(Zeroizing<String>);

impl Token {
    /// The token of a file, else of the variables GITHUB_TOKEN and GH_TOKEN.
    pub(crate) fn find(
        file: Option<&Path>,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Self, Diagnostic> {
        if let Some(path) = file {
            let text = read(path)?;
            return Self::checked(&text, &path.display().to_string());
        }
        for name in ["GITHUB_TOKEN", "GH_TOKEN"] {
            let text = Zeroizing::new(variable(name).unwrap_or_default());
            if !text.trim().is_empty() {
                return Self::checked(&text, name);
            }
        }
        Err(Diagnostic::new(
            Code::GitHubToken,
            "there is no token for GitHub",
        ))
    }

    /// A token goes into a header: visible ASCII, nothing else.
    fn checked(text: &str, place: &str) -> Result<Self, Diagnostic> {
        let text = text.trim();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            let message = format!("{place} does not hold a token of one line");
            return Err(Diagnostic::new(Code::GitHubToken, message));
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The token itself, for the header of a request only.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(…)")
    }
}

fn read(path: &Path) -> Result<Zeroizing<String>, Diagnostic> {
    let name = path.display();
    let wrong = |what: String| Diagnostic::new(Code::GitHubToken, what);
    let file = File::open(path)
        .map_err(|error| wrong(format!("{name} cannot be read: {}", error.kind())))?;
    let mut text = Zeroizing::new(String::new());
    file.take(MAX_BYTES)
        .read_to_string(&mut text)
        .map_err(|error| wrong(format!("{name} cannot be read: {}", error.kind())))?;
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(variables: &[(&str, &str)]) -> Result<String, Code> {
        let find = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Token::find(None, find)
            .map(|token| token.expose().to_owned())
            .map_err(|diagnostic| diagnostic.code)
    }

    #[test]
    fn the_first_variable_that_is_set_counts() {
        let both = [("GH_TOKEN", "second"), ("GITHUB_TOKEN", "first")];
        assert_eq!(token(&both), Ok("first".to_owned()));
        let empty = [("GITHUB_TOKEN", ""), ("GH_TOKEN", " second\n")];
        assert_eq!(token(&empty), Ok("second".to_owned()));
        assert_eq!(token(&[]), Err(Code::GitHubToken));
        assert_eq!(token(&[("GITHUB_TOKEN", "a\nb")]), Err(Code::GitHubToken));
        assert_eq!(token(&[("GITHUB_TOKEN", "ü")]), Err(Code::GitHubToken));
    }

    #[test]
    fn a_file_comes_first_and_must_be_readable() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        std::fs::write(&path, "of-the-file\n").unwrap();
        let variable = |_: &str| Some("of-the-variable".to_owned());
        let found = Token::find(Some(&path), variable).unwrap();
        assert_eq!(found.expose(), "of-the-file");
        let missing = Token::find(Some(&folder.path().join("missing")), variable);
        assert_eq!(
            missing.map_err(|error| error.code).err(),
            Some(Code::GitHubToken)
        );
    }

    #[test]
    fn a_token_is_never_shown() {
        let token = Token::find(None, |_| Some("ghp_canary".to_owned())).unwrap();
        assert!(!format!("{token:?} {token:#?}").contains("canary"));
        let error = Token::find(None, |_| Some("ghp canary".to_owned())).unwrap_err();
        assert!(!format!("{error} {error:?}").contains("canary"));
    }
}
