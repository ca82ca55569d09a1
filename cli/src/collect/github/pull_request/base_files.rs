//! Files of the base branch that say how a change is to be handled: CODEOWNERS, the template and the configuration.

use serde::Deserialize;
use soc2gate_inputs::pull_request::{Template, Text};

use super::BaseTip;
use super::facts::{Facts, Place, Section, gap};
use crate::collect::CONFIG_NAME;
use crate::collect::github::snapshot::KnownFiles;

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

/// The configuration in the root of the repository.
const CONFIGURATION: Place = file("/repository/pullRequest/baseRef/target/configuration");

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

/// The tip of the base branch, with the configuration in its root: as text, or known not to be there.
pub(super) fn tip(facts: &Facts) -> Option<BaseTip> {
    let oid = base_commit(facts).ok()?;
    let known =
        KnownFiles::from_iter(configuration(facts).map(|text| (CONFIG_NAME.to_owned(), text)));
    Some(BaseTip { oid, known })
}

/// The text of the configuration, `None` where there is none.
///
/// # Errors
/// It was not read, or not whole.
fn configuration(facts: &Facts) -> Result<Option<String>, Unread> {
    let answer = facts.data.pointer(CONFIGURATION.pointer);
    answer.ok_or(Unread)?;
    let file: Option<RawFile> = facts.nullable(&CONFIGURATION).map_err(|_| Unread)?;
    let Some(file) = file else {
        return Ok(None);
    };
    let is_plain = file.mode.is_some_and(|mode| mode & KIND == FILE);
    let blob = file.object.filter(|_| is_plain).ok_or(Unread)?;
    let is_whole = blob.is_binary == Some(false) && blob.is_truncated == Some(false);
    let text = blob.text.filter(|_| is_whole).ok_or(Unread)?;
    let is_as_it_is = blob.byte_size == u64::try_from(text.len()).ok();
    is_as_it_is.then_some(Some(text)).ok_or(Unread)
}

/// A file of which nothing can be said.
#[derive(Debug)]
struct Unread;

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
    use rstest::rstest;
    use serde_json::{Value, json};

    use super::*;
    use crate::collect::github::client::{ErrorKind, GraphQlError};

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

    /// What is known of the configuration.
    fn known(configuration: &Value) -> KnownFiles {
        let target = json!({"oid": "base", "configuration": configuration});
        let tip = tip(&facts(&target, &json!([]))).unwrap();
        assert_eq!(tip.oid, "base");
        tip.known
    }

    fn only(text: Option<&str>) -> KnownFiles {
        KnownFiles::from([(CONFIG_NAME.to_owned(), text.map(str::to_owned))])
    }

    #[test]
    fn the_configuration_comes_with_the_tip_of_the_base() {
        let text = "version: 1\n";
        assert_eq!(known(&blob(CONFIG_NAME, text)), only(Some(text)));
        assert_eq!(known(&Value::Null), only(None));
        assert!(
            include_str!("../queries/pull_request.graphql")
                .contains(&format!("configuration: file(path: \"{CONFIG_NAME}\")"))
        );
    }

    #[rstest]
    #[case::link("/mode", json!(0o120_000))]
    #[case::module("/mode", json!(0o160_000))]
    #[case::folder("/object", json!({}))]
    #[case::binary("/object/isBinary", json!(true))]
    #[case::cut("/object/isTruncated", json!(true))]
    #[case::no_text("/object/text", Value::Null)]
    #[case::written_anew("/object/byteSize", json!(12))]
    fn a_configuration_that_is_not_whole_is_not_known(#[case] place: &str, #[case] value: Value) {
        let mut file = blob(CONFIG_NAME, "version: 1\n");
        *file.pointer_mut(place).unwrap() = value;
        assert_eq!(known(&file), KnownFiles::new());
    }

    #[test]
    fn a_configuration_that_github_withholds_is_not_one_that_is_not_there() {
        let mut withheld = facts(&json!({"oid": "base", "configuration": null}), &json!([]));
        let path = "repository/pullRequest/baseRef/target/configuration".split('/');
        withheld.errors.push(GraphQlError {
            kind: ErrorKind::Forbidden,
            path: path.map(str::to_owned).collect(),
        });
        assert_eq!(tip(&withheld).unwrap().known, KnownFiles::new());
        let silent = facts(&json!({"oid": "base"}), &json!([]));
        assert_eq!(tip(&silent).unwrap().known, KnownFiles::new());
        assert_eq!(tip(&facts(&Value::Null, &json!([]))), None);
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
