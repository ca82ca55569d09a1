//! How an owner is written.

/// Whether a word is an owner by its syntax: `@user`, `@organisation/team` or an e-mail address.
///
/// Whether there is such an account only GitHub knows. Addresses are taken generously, so that a line that GitHub
/// keeps is not lost here: their owner then resolves to nobody, which no approval can satisfy. GitHub was seen not to
/// complain about two names that were written together, `@one@two`, so that is taken as an address too.
pub(super) fn is_valid(word: &str) -> bool {
    let name = word.strip_prefix('@');
    if let Some(name) = name {
        let is_account = match name.split_once('/') {
            Some((organisation, team)) => is_login(organisation) && is_login(team),
            None => is_login(name),
        };
        if is_account {
            return true;
        }
    }
    name.unwrap_or(word)
        .split_once('@')
        .is_some_and(|(local, domain)| is_local(local) && is_domain(domain))
}

/// Letters, digits and hyphens; an underscore in the logins that a company manages and in teams.
fn is_login(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-_".contains(character))
}

/// The characters that RFC 5322 allows without quotes, but for `#`, which may begin a comment.
fn is_local(text: &str) -> bool {
    !text.is_empty()
        && text.chars().all(|character| {
            character.is_ascii_alphanumeric() || "!$%&'*+-/=?^_`{|}~.".contains(character)
        })
}

fn is_domain(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|character| character.is_ascii_alphanumeric() || "-.".contains(character))
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("@octocat", true)]
    #[case("@octo-cat_acme", true)]
    #[case("@acme/platform_team-2", true)]
    #[case("docs@example.com", true)]
    #[case("first.last+code@mail.example.technology", true)]
    #[case("@one@two", true)]
    #[case("octocat", false)]
    #[case("acme/platform", false)]
    #[case("@", false)]
    #[case("@acme/", false)]
    #[case("@/platform", false)]
    #[case("@acme/platform/backend", false)]
    #[case("docs@", false)]
    #[case("@@", false)]
    #[case("@@octocat", false)]
    #[case("@one,", false)]
    #[case("@one,@two", false)]
    #[case("a@b@c", false)]
    #[case("@dependabot[bot]", false)]
    #[case("@öctocat", false)]
    #[case("\u{feff}@octocat", false)]
    fn syntax(#[case] word: &str, #[case] expected: bool) {
        assert_eq!(is_valid(word), expected);
    }
}
