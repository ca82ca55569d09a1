//! Who owns the changed paths.

use soc2gate_inputs::pull_request::{CodeOwners, List, Oid};

use super::base_files::{self, BaseFile};
use super::facts::{Facts, Section, gap, gap_of_failure};
use super::files::Files;
use crate::collect::github::client::{Failure, GitHub, segment};

const PERMISSION: &str = "contents:read";
/// Largest CODEOWNERS that GitHub heeds, in bytes.
const MAX_BYTES: u64 = 3 * 1024 * 1024;

/// The owners of the changed paths, from CODEOWNERS of the base branch.
pub(super) fn code_owners(
    facts: &Facts,
    files: &Section<Files>,
    github: &GitHub,
    repository: &str,
) -> Result<Section<CodeOwners>, Failure> {
    let (commit, file) = match base_files::code_owners(facts) {
        Ok(found) => found,
        Err(gap) => return Ok(Err(gap)),
    };
    let none = |path: Option<&BaseFile>| CodeOwners {
        path: path.map(|file| file.path.as_str().into()),
        oid: Oid(commit.clone()),
        too_large: path.is_some(),
        errors: Vec::new(),
        owners: Vec::new(),
        files: List::complete(Vec::new()),
    };
    let Some(file) = file else {
        return Ok(Ok(none(None)));
    };
    if file.bytes > MAX_BYTES {
        return Ok(Ok(none(Some(&file))));
    }
    if files.is_err() {
        return Ok(Err(gap("the changed files could not be read", None)));
    }
    let text = match &file.text {
        Some(text) => text.clone(),
        None => match whole(&file, github, repository) {
            Ok(text) => text,
            Err(failure) => return Ok(Err(gap_of_failure(failure, PERMISSION)?)),
        },
    };
    Ok(of_text(&file, &text))
}

/// A file that is too long for GraphQL. What is no text in it stands for itself and for nobody's name.
fn whole(file: &BaseFile, github: &GitHub, repository: &str) -> Result<String, Failure> {
    let path: Vec<String> = file.path.split('/').map(segment).collect();
    let path = format!(
        "{repository}/contents/{}?ref={}",
        path.join("/"),
        segment(&file.commit)
    );
    let bytes = github.get_raw("CODEOWNERS", &path)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// The rules of a file that counts. This is where the parser of CODEOWNERS goes.
fn of_text(_file: &BaseFile, _text: &str) -> Section<CodeOwners> {
    Err(gap("this version does not read CODEOWNERS", None))
}
