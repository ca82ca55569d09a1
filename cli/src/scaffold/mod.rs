//! The files of a new control: METADATA, a rule, tests and cases that all work, to be edited from there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, bail};
use soc2gate_engine::{Library, PolicySource, SubjectKind};

/// What a new control is made from.
#[derive(Debug, Clone, Copy)]
pub struct NewControl<'a> {
    /// Its id, such as `OWN-01`.
    pub id: &'a str,
    /// Its Rego package, such as `acme.owner`.
    pub package: &'a str,
    /// What it judges.
    pub kind: SubjectKind,
    /// The type it judges, such as `apps/Deployment`; other kinds have none.
    pub resource: &'a str,
}

/// The files of each kind with what is to be filled in.
fn templates(kind: SubjectKind) -> Vec<(&'static str, String)> {
    macro_rules! files {
        ($folder:literal: $($name:literal from $template:literal $(with $text:literal)?),+ $(,)?) => {
            vec![$(
                ($name, include_str!(concat!($folder, "/", $template, ".in"))$(.replace("@SECTION@", $text))?.to_owned())
            ),+]
        };
    }
    match kind {
        SubjectKind::Kubernetes => files!["kubernetes":
            "control.rego" from "control.rego",
            "control_test.rego" from "control_test.rego",
            "cases/pass-has-an-owner.yaml" from "pass-has-an-owner.yaml",
            "cases/fail-has-no-owner.yaml" from "fail-has-no-owner.yaml",
        ],
        SubjectKind::Document => files!["document":
            "control.rego" from "control.rego",
            "control_test.rego" from "control_test.rego",
            "cases/pass-has-an-owner.toml" from "pass-has-an-owner.toml",
            "cases/fail-has-no-owner.toml" from "fail-has-no-owner.toml",
            "cases/not-applicable-is-no-toml.ini" from "not-applicable-is-no-toml.ini",
        ],
        SubjectKind::PullRequest => files!["pull_request":
            "control.rego" from "control.rego",
            "control_test.rego" from "control_test.rego",
            "cases/pass-has-a-label.json" from "case.json" with ",\n  \"labels\": [\"bug\"]",
            "cases/fail-has-no-label.json" from "case.json" with ",\n  \"labels\": []",
            "cases/unknown-labels-were-not-read.json" from "case.json" with "",
        ],
        SubjectKind::GithubRepository => files!["github_repository":
            "control.rego" from "control.rego",
            "control_test.rego" from "control_test.rego",
            "cases/pass-has-no-key.json" from "case.json"
                with ",\n  \"deploy_keys\": {\"complete\": true, \"items\": []}",
            "cases/fail-has-a-key-that-writes.json" from "case.json"
                with ",\n  \"deploy_keys\": {\"complete\": true, \"items\": [{\"id\": 1, \"read_only\": false}]}",
            "cases/unknown-keys-were-not-read.json" from "case.json" with "",
        ],
        SubjectKind::GithubOrganization => files!["github_organization":
            "control.rego" from "control.rego",
            "control_test.rego" from "control_test.rego",
            "cases/pass-is-required.json" from "case.json" with ",\n  \"two_factor_required\": true",
            "cases/fail-is-not-required.json" from "case.json" with ",\n  \"two_factor_required\": false",
            "cases/unknown-was-not-read.json" from "case.json" with "",
        ],
        SubjectKind::GithubPush => files!["github_push":
            "control.rego" from "control.rego",
            "control_test.rego" from "control_test.rego",
            "cases/pass-is-not-forced.json" from "case.json" with "false",
            "cases/fail-is-forced.json" from "case.json" with "true",
        ],
        SubjectKind::GithubWorkflow => files!["github_workflow":
            "control.rego" from "control.rego",
            "control_test.rego" from "control_test.rego",
            "cases/pass-has-a-limit.yaml" from "pass-has-a-limit.yaml",
            "cases/fail-has-no-limit.yaml" from "fail-has-no-limit.yaml",
        ],
    }
}

impl NewControl<'_> {
    /// The files below its folder, and their texts.
    ///
    /// # Errors
    /// Where the control would not load: an id, a package or a type that is none.
    pub fn files(&self) -> anyhow::Result<Vec<(&'static str, String)>> {
        let files = templates(self.kind);
        let (group, kind) = self
            .resource
            .rsplit_once('/')
            .unwrap_or(("", self.resource));
        let api_version = if group.is_empty() {
            "v1".to_owned()
        } else {
            format!("{group}/v1")
        };
        let files: Vec<(&str, String)> = files
            .into_iter()
            .map(|(name, template)| {
                let text = template
                    .replace("@ID@", self.id)
                    .replace("@PACKAGE@", self.package)
                    .replace("@RESOURCE@", self.resource)
                    .replace("@API_VERSION@", &api_version)
                    .replace("@KIND@", kind);
                (name, text)
            })
            .collect();
        self.check(&files)?;
        Ok(files)
    }

    /// Loads what was made, as every later run does.
    fn check(&self, files: &[(&str, String)]) -> anyhow::Result<()> {
        let is_name = |part: &str| {
            part.starts_with(|c: char| c.is_ascii_lowercase())
                && part
                    .chars()
                    .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
        };
        if !self.package.split('.').all(is_name) {
            bail!(
                "{:?} is no package: its parts are lower case letters, digits and _",
                self.package
            );
        }
        let sources: Vec<PolicySource> = files
            .iter()
            .filter(|(name, _)| *name == "control.rego")
            .map(|(name, text)| PolicySource {
                file: (*name).to_owned(),
                text: text.clone(),
                prechecked: false,
            })
            .collect();
        let (_, problems) = Library::load(&sources);
        if let Some(problem) = problems.first() {
            bail!("{}; {}", problem.message, problem.help);
        }
        Ok(())
    }

    /// Writes the files into a folder that is not there yet, or empty.
    ///
    /// # Errors
    /// As [`Self::files`]; a folder that holds something, or cannot be written.
    pub fn write(&self, folder: &Path) -> anyhow::Result<()> {
        let files = self.files()?;
        let is_taken = folder
            .read_dir()
            .is_ok_and(|mut entries| entries.next().is_some());
        if is_taken || folder.is_file() {
            bail!("{} exists already", folder.display());
        }
        let folders: BTreeSet<&Path> = files
            .iter()
            .filter_map(|(name, _)| Path::new(name).parent())
            .collect();
        for sub in folders {
            let path = folder.join(sub);
            fs::create_dir_all(&path)
                .with_context(|| format!("{} cannot be made", path.display()))?;
        }
        for (name, text) in files {
            let path = folder.join(name);
            fs::write(&path, text)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }
}
