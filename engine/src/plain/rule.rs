//! Which rules of a plain policy judge, by their names.

/// What a rule of a plain policy leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Effect {
    /// `deny` and `violation`: the document is denied.
    Deny,
    /// `warn`: the document is warned of.
    Warn,
}

impl Effect {
    /// What a rule of this name leads to: `deny`, `violation` and `warn`, each alone or with words behind
    /// underscores (`deny_run_as_root`). None: it does not judge.
    pub(crate) fn of(rule: &str) -> Option<Self> {
        let mut words = rule.split('_');
        let effect = match words.next()? {
            "deny" | "violation" => Self::Deny,
            "warn" => Self::Warn,
            _ => return None,
        };
        let is_word =
            |word: &str| !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric());
        words.all(is_word).then_some(effect)
    }
}

/// What `exception` rules call a rule: the words behind `deny_`, or nothing for `deny` itself.
pub(super) fn exempted_as(rule: &str) -> &str {
    rule.split_once('_').map_or("", |(_, name)| name)
}

#[cfg(test)]
mod tests {
    use rstest::rstest;

    use super::*;

    #[rstest]
    #[case("deny", Some(Effect::Deny))]
    #[case("deny_root", Some(Effect::Deny))]
    #[case("deny_Run_as_Root2", Some(Effect::Deny))]
    #[case("violation", Some(Effect::Deny))]
    #[case("violation_x", Some(Effect::Deny))]
    #[case("warn", Some(Effect::Warn))]
    #[case("warn_x_y", Some(Effect::Warn))]
    #[case("deny_", None)]
    #[case("deny__x", None)]
    #[case("denied", None)]
    #[case("warning", None)]
    #[case("allow", None)]
    #[case("_deny", None)]
    fn rules_are_told_by_name(#[case] rule: &str, #[case] expected: Option<Effect>) {
        assert_eq!(Effect::of(rule), expected);
    }

    #[rstest]
    #[case("deny", "")]
    #[case("deny_run_as_root", "run_as_root")]
    #[case("violation_x", "x")]
    #[case("warn_x", "x")]
    fn exceptions_name_what_is_behind_the_prefix(#[case] rule: &str, #[case] expected: &str) {
        assert_eq!(exempted_as(rule), expected);
    }
}
