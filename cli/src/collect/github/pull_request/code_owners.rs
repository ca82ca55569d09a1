//! Who owns the changed paths.

use soc2gate_inputs::code_owners::{CodeOwnersFile, is_too_large};
use soc2gate_inputs::pull_request::{
    ChangedFile, CodeOwners, CodeOwnersError, List, Oid, Review, Text,
};

use super::base_files::{self, BaseFile};
use super::coordinates::Coordinates;
use super::facts::{Facts, Section, gap, gap_of_failure};
use super::owners::owners;
use super::teams::Teams;
use crate::collect::github::client::{Failure, GitHub, segment};

const PERMISSION: &str = "contents:read";

/// The owners of the changed paths, from CODEOWNERS of the base branch.
pub(super) fn code_owners(
    facts: &Facts,
    files: Option<&List<ChangedFile>>,
    reviews: Option<&List<Review>>,
    github: &GitHub,
    pull: &Coordinates,
) -> Result<Section<CodeOwners>, Failure> {
    let (commit, file) = match base_files::code_owners(facts) {
        Ok(found) => found,
        Err(gap) => return Ok(Err(gap)),
    };
    let mut found = CodeOwners {
        path: None,
        oid: Oid(commit),
        too_large: false,
        errors: Vec::new(),
        owners: Vec::new(),
        files: List::complete(Vec::new()),
    };
    let Some(file) = file else {
        return Ok(Ok(found));
    };
    found.path = Some(Text::from(file.path.as_str()));
    found.too_large = is_too_large(file.bytes);
    if found.too_large {
        return Ok(Ok(found));
    }
    let Some(files) = files else {
        return Ok(Err(gap("the changed files could not be read", None)));
    };
    let text = match &file.text {
        Some(text) => text.clone(),
        None => match whole(&file, github, pull) {
            Ok(text) => text,
            Err(failure) => return Ok(Err(gap_of_failure(failure, PERMISSION)?)),
        },
    };
    let parsed = CodeOwnersFile::parse(&text);
    let errors = parsed.errors().iter().map(|error| CodeOwnersError {
        line: error.line,
        kind: Text::from(error.kind.as_str()),
    });
    found.errors = errors.collect();
    let ownership = parsed.ownership(files);
    found.owners = owners(
        github,
        pull,
        ownership.owners,
        reviews,
        &Teams::read(facts, pull),
    )?;
    found.files = ownership.files;
    Ok(Ok(found))
}

/// A file that is too long for GraphQL.
fn whole(file: &BaseFile, github: &GitHub, pull: &Coordinates) -> Result<String, Failure> {
    let path: Vec<String> = file.path.split('/').map(segment).collect();
    let path = format!(
        "{}/contents/{}?ref={}",
        pull.repository_path(),
        path.join("/"),
        segment(&file.commit)
    );
    let bytes = github.get_raw("CODEOWNERS", &path)?;
    // What is no text in it is no name of anybody.
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
