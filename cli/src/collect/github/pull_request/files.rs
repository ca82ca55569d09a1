//! Changed files: only REST says where a renamed file was.

use serde::Deserialize;
use soc2gate_inputs::pull_request::{ChangedFile, FileStatus, List, Text};

use super::facts::{Section, gap_of_failure};
use crate::collect::github::client::{Failure, GitHub};

/// How many files GitHub gives.
const MAX_FILES: usize = 3000;

/// The changed files, and the head they belong to.
pub(super) struct Files {
    pub(super) items: Vec<ChangedFile>,
    /// Whether there is no further page.
    pub(super) ended: bool,
    /// The head, where there is a file that names it.
    pub(super) head: Option<String>,
    /// Whether the head moved between two pages.
    pub(super) moved: bool,
}

#[derive(Debug, Deserialize)]
struct RawFile {
    filename: String,
    previous_filename: Option<String>,
    status: FileStatus,
    additions: u64,
    deletions: u64,
    contents_url: String,
    patch: Option<String>,
}

/// Reads the files of a pull request, with their patches only where they are wanted.
pub(super) fn files(github: &GitHub, pull: &str, patches: bool) -> Result<Section<Files>, Failure> {
    let mut files = Files {
        items: Vec::new(),
        ended: true,
        head: None,
        moved: false,
    };
    let mut page = Some(format!("{pull}/files?per_page=100"));
    while let Some(path) = page {
        if files.items.len() >= MAX_FILES {
            files.ended = false;
            break;
        }
        let (raw, next): (Vec<RawFile>, _) = match github.get("the changed files", &path) {
            Ok(read) => read,
            Err(failure) => return Ok(Err(gap_of_failure(failure, "pull_requests:read")?)),
        };
        for file in raw {
            files.add(file, patches);
        }
        page = next;
    }
    Ok(Ok(files))
}

impl Files {
    fn add(&mut self, file: RawFile, patches: bool) {
        if let Some(head) = reference(&file.contents_url) {
            self.moved |= self.head.as_deref().is_some_and(|known| known != head);
            self.head = Some(head.to_owned());
        }
        let moves = matches!(file.status, FileStatus::Renamed | FileStatus::Copied);
        self.items.push(ChangedFile {
            path: Text(file.filename),
            previous_path: file.previous_filename.filter(|_| moves).map(Text),
            status: file.status,
            additions: file.additions,
            deletions: file.deletions,
            patch: file.patch.filter(|_| patches),
        });
    }

    /// As a list of the document, held against the number that GitHub names.
    pub(super) fn list(self, total: Option<u64>) -> List<ChangedFile> {
        let count = u64::try_from(self.items.len()).unwrap_or(u64::MAX);
        List {
            complete: self.ended && total.is_none_or(|total| total == count),
            total,
            items: self.items,
        }
    }
}

/// The commit at the end of `…?ref=<commit>`.
fn reference(url: &str) -> Option<&str> {
    let (_, commit) = url.rsplit_once("?ref=")?;
    let is_oid = commit.len() >= 40 && commit.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_oid.then_some(commit)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const HEAD: &str = "1111111111111111111111111111111111111111";
    const OTHER: &str = "2222222222222222222222222222222222222222";

    fn read(items: &[Value], patches: bool) -> Files {
        let mut files = Files {
            items: Vec::new(),
            ended: true,
            head: None,
            moved: false,
        };
        for item in items {
            files.add(serde_json::from_value(item.clone()).unwrap(), patches);
        }
        files
    }

    fn file(name: &str, head: &str) -> Value {
        json!({
            "filename": name, "status": "modified", "additions": 1, "deletions": 2, "patch": "@@ -1 +1 @@",
            "contents_url": format!("https://api.github.com/repos/acme/shop/contents/{name}?ref={head}")
        })
    }

    #[test]
    fn the_files_tell_the_head_they_belong_to() {
        let files = read(&[file("a", HEAD), file("b", HEAD)], false);
        assert_eq!(files.head.as_deref(), Some(HEAD));
        assert!(!files.moved);
        assert!(read(&[file("a", HEAD), file("b", OTHER)], false).moved);
        assert_eq!(read(&[file("a", "main")], false).head, None);
    }

    #[test]
    fn patches_are_left_out_unless_they_are_wanted() {
        assert_eq!(read(&[file("a", HEAD)], false).items[0].patch, None);
        assert!(read(&[file("a", HEAD)], true).items[0].patch.is_some());
    }

    #[test]
    fn a_rename_keeps_the_old_path() {
        let mut renamed = file("b", HEAD);
        renamed["status"] = json!("renamed");
        renamed["previous_filename"] = json!("a");
        let files = read(&[renamed], false);
        assert_eq!(files.items[0].previous_path, Some(Text::from("a")));
    }

    #[test]
    fn a_list_that_is_shorter_than_github_says_is_cut() {
        assert!(read(&[file("a", HEAD)], false).list(Some(1)).complete);
        assert!(!read(&[file("a", HEAD)], false).list(Some(2)).complete);
        let mut cut = read(&[file("a", HEAD)], false);
        cut.ended = false;
        assert!(!cut.list(Some(1)).complete);
    }
}
