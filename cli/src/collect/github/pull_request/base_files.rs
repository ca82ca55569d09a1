//! Files of the base branch that say how a change is to be handled: CODEOWNERS and the template.

use serde::Deserialize;
use soc2gate_inputs::pull_request::{Template, Text};

use super::facts::{Facts, Place, Section, gap};

const PERMISSION: &str = "contents:read";

const TARGET: &str = "/repository/pullRequest/baseRef/target";

/// Where the template may be: the first that is there counts.
const TEMPLATES: &[Place] = &[
    file("/repository/pullRequest/baseRef/target/upperTemplateInGithub"),
    file("/repository/pullRequest/baseRef/target/templateInGithub"),
    file("/repository/pullRequest/baseRef/target/upperTemplateInRoot"),
    file("/repository/pullRequest/baseRef/target/templateInRoot"),
    file("/repository/pullRequest/baseRef/target/upperTemplateInDocs"),
    file("/repository/pullRequest/baseRef/target/templateInDocs"),
];

/// Where CODEOWNERS may be: the first that is there counts.
const CODE_OWNERS: &[Place] = &[
    file("/repository/pullRequest/baseRef/target/ownersInGithub"),
    file("/repository/pullRequest/baseRef/target/ownersInRoot"),
    file("/repository/pullRequest/baseRef/target/ownersInDocs"),
];

const ALL_TEMPLATES: Place = file("/repository/pullRequestTemplates");

const fn file(pointer: &'static str) -> Place {
    Place {
        pointer,
        permission: PERMISSION,
        optional: &[],
    }
}

/// A file of the base branch.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct BaseFile {
    pub(super) path: String,
    /// The commit it was read from.
    pub(super) commit: String,
    pub(super) bytes: u64,
    /// Its text, unless it is too long for GraphQL or no text.
    pub(super) text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RawFile {
    path: Option<String>,
    mode: Option<u32>,
    object: Option<RawBlob>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawBlob {
    byte_size: Option<u64>,
    is_binary: Option<bool>,
    is_truncated: Option<bool>,
    text: Option<String>,
}

#[derive(Debug, Deserialize)]
struct RawTemplate {
    filename: Option<String>,
    body: Option<String>,
}

/// The CODEOWNERS that counts, and the commit of the base branch.
pub(super) fn code_owners(facts: &Facts) -> Section<(String, Option<BaseFile>)> {
    let commit = base_commit(facts)?;
    Ok((commit.clone(), first(facts, CODE_OWNERS, &commit)?))
}

/// The template; null where the base branch has none.
pub(super) fn template(facts: &Facts) -> Section<Option<Template>> {
    let commit = base_commit(facts)?;
    if let Some(file) = first(facts, TEMPLATES, &commit)? {
        return match file.text {
            Some(text) => Ok(Some(Template {
                path: Text(file.path),
                text,
            })),
            None => Err(gap("the template is no text, or too long", None)),
        };
    }
    let all: Vec<RawTemplate> = facts.nullable(&ALL_TEMPLATES)?.unwrap_or_default();
    let mut all = all.into_iter();
    match (all.next(), all.next()) {
        (None, _) => Ok(None),
        (Some(only), None) => match (only.filename.filter(|name| !name.is_empty()), only.body) {
            (Some(path), Some(text)) => Ok(Some(Template {
                path: Text(path),
                text,
            })),
            _ => Err(gap("GitHub does not show the template", Some(PERMISSION))),
        },
        _ => Err(gap(
            "there are several templates, and none for every change",
            None,
        )),
    }
}

fn base_commit(facts: &Facts) -> Section<String> {
    let oid: Option<String> = facts.read(&format!("{TARGET}/oid"));
    oid.ok_or_else(|| gap("the base branch cannot be read", Some(PERMISSION)))
}

/// The bits of the mode of a file in Git that say what it is, and those of a file that is no symbolic link.
const KIND: u32 = 0o170_000;
const FILE: u32 = 0o100_000;

/// The first of some files that is there.
fn first(facts: &Facts, places: &[Place], commit: &str) -> Section<Option<BaseFile>> {
    for place in places {
        let Some(raw): Option<RawFile> = facts.nullable(place)? else {
            continue;
        };
        // A folder, or a link to another repository.
        let Some(RawBlob {
            byte_size: Some(bytes),
            is_binary,
            is_truncated,
            text,
        }) = raw.object
        else {
            continue;
        };
        if raw.mode.is_none_or(|mode| mode & KIND != FILE) {
            let reason =
                "a file of the base branch is a symbolic link, whose text is where it leads";
            return Err(gap(reason, None));
        }
        let is_whole = is_binary == Some(false) && is_truncated == Some(false);
        return Ok(Some(BaseFile {
            path: raw.path.unwrap_or_default(),
            commit: commit.to_owned(),
            bytes,
            text: text.filter(|_| is_whole),
        }));
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn facts(target: &Value, templates: &Value) -> Facts {
        let pull = json!({"baseRef": {"target": target}});
        Facts {
            data: json!({"repository": {"pullRequest": pull, "pullRequestTemplates": templates}}),
            errors: Vec::new(),
        }
    }

    fn blob(path: &str, text: &str) -> Value {
        let blob =
            json!({"byteSize": text.len(), "isBinary": false, "isTruncated": false, "text": text});
        json!({"path": path, "mode": 0o100_644, "object": blob})
    }

    #[test]
    fn the_first_place_counts() {
        let target = json!({
            "oid": "base", "ownersInGithub": null, "ownersInRoot": blob("CODEOWNERS", "* @a\n"),
            "ownersInDocs": blob("docs/CODEOWNERS", "* @b\n")
        });
        let (commit, file) = code_owners(&facts(&target, &json!([]))).unwrap();
        let file = file.unwrap();
        assert_eq!(
            (commit.as_str(), file.path.as_str()),
            ("base", "CODEOWNERS")
        );
        assert_eq!(file.text.as_deref(), Some("* @a\n"));
    }

    #[test]
    fn a_file_that_is_not_whole_has_no_text() {
        let mut cut = blob("CODEOWNERS", "* @a\n");
        cut["object"]["isTruncated"] = json!(true);
        let target = json!({"oid": "base", "ownersInRoot": cut});
        let (_, file) = code_owners(&facts(&target, &json!([]))).unwrap();
        assert_eq!(file.unwrap().text, None);
    }

    #[test]
    fn a_symbolic_link_is_not_read_as_the_file() {
        let mut link = blob("CODEOWNERS", "docs/owners");
        link["mode"] = json!(0o120_000);
        let target = json!({"oid": "base", "ownersInRoot": link});
        assert!(code_owners(&facts(&target, &json!([]))).is_err());
    }

    #[test]
    fn a_base_branch_that_is_gone_is_not_one_without_files() {
        let facts = facts(&Value::Null, &json!([]));
        assert!(code_owners(&facts).is_err());
        assert!(template(&facts).is_err());
    }

    #[test]
    fn a_template_is_found_by_its_place_or_as_the_only_one() {
        let of = |target: &Value, templates: &Value| {
            let found = template(&facts(target, templates));
            found.map(|template| template.map(|template| template.path.0))
        };
        let usual =
            json!({"oid": "base", "templateInRoot": blob("pull_request_template.md", "What?")});
        assert_eq!(
            of(&usual, &json!([])),
            Ok(Some("pull_request_template.md".to_owned()))
        );
        let none = json!({"oid": "base"});
        assert_eq!(of(&none, &json!([])), Ok(None));
        let one = json!({"filename": "Pull_Request_Template.md", "body": "What?"});
        assert_eq!(
            of(&none, &json!([one])),
            Ok(Some("Pull_Request_Template.md".to_owned()))
        );
        assert!(of(&none, &json!([one, one])).is_err());
    }
}
