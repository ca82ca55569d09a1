//! What a parsed file says about a change, as the pull request document writes it.

use std::collections::BTreeSet;

use super::CodeOwnersFile;
use crate::pull_request::{ChangedFile, FileStatus, List, OwnedPath, Text};

/// Who owns what was changed: the names behind `code_owners.files` and `code_owners.owners`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ownership {
    /// Every changed path, each once, with the line that decides on it. Complete if the list of changed files is.
    pub files: List<OwnedPath>,
    /// Every owner that `files` names, once, in alphabetical order.
    pub owners: Vec<Text>,
}

impl CodeOwnersFile {
    /// Looks up every changed path. A renamed file counts under its old path too, because it is taken from there; the
    /// file that a copy was made of did not change.
    pub fn ownership(&self, changed: &List<ChangedFile>) -> Ownership {
        let mut seen = BTreeSet::new();
        let mut owners = BTreeSet::new();
        let mut items = Vec::new();
        for path in changed.items.iter().flat_map(paths) {
            if !seen.insert(path.as_str()) {
                continue;
            }
            let owned = self.owned_path(path);
            owners.extend(owned.owners.iter().cloned());
            items.push(owned);
        }
        Ownership {
            files: List {
                complete: changed.complete,
                total: None,
                items,
            },
            owners: owners.into_iter().collect(),
        }
    }

    fn owned_path(&self, path: &Text) -> OwnedPath {
        let rule = self.owner_of(path.as_str());
        let mut owners: Vec<Text> = Vec::new();
        for owner in rule.map_or(&[][..], |rule| &rule.owners) {
            if !owners.iter().any(|known| known.as_str() == owner) {
                owners.push(Text(owner.clone()));
            }
        }
        OwnedPath {
            path: path.clone(),
            line: rule.map(|rule| rule.line),
            owners,
        }
    }
}

fn paths(file: &ChangedFile) -> impl Iterator<Item = &Text> {
    let old = match file.status {
        FileStatus::Renamed => file.previous_path.as_ref(),
        _ => None,
    };
    old.into_iter().chain([&file.path])
}
