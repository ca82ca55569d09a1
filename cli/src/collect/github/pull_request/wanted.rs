//! Which facts are asked for beside those that come with the ordinary requests.

/// Facts that cost requests of their own, or that a document should hold only where something reads them.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// The dependencies that a change adds and removes.
    pub(crate) dependency_changes: bool,
    /// The owners of changed paths, with the members of their teams.
    pub(crate) code_owners: bool,
    /// The diffs of files, which may hold secrets.
    pub(crate) patches: bool,
}

impl Wanted {
    /// What this or another wants.
    pub(crate) fn or(self, other: Self) -> Self {
        Self {
            dependency_changes: self.dependency_changes || other.dependency_changes,
            code_owners: self.code_owners || other.code_owners,
            patches: self.patches || other.patches,
        }
    }

    /// What policies name: a text that never names a section cannot read it. Naming it elsewhere, as in a comment, costs
    /// a request and nothing else.
    pub(crate) fn of_policies<'a>(texts: impl Iterator<Item = &'a str>) -> Self {
        let mut wanted = Self::default();
        for text in texts {
            wanted.dependency_changes |= text.contains("dependency_changes");
            wanted.code_owners |= text.contains("code_owners");
            wanted.patches |= text.contains(".patch") || text.contains("\"patch\"");
        }
        wanted
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_policy_names_is_not_wanted() {
        let of = |text: &str| Wanted::of_policies(std::iter::once(text));
        assert_eq!(of("deny if input.object.reviews"), Wanted::default());
        assert!(of("some change in input.object.dependency_changes.items").dependency_changes);
        assert!(of("input.object[\"code_owners\"]").code_owners);
        assert!(of("file.patch").patches);
    }
}
