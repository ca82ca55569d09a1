//! Results on a stand-in of the code host, and in the files of the runner.

use std::cell::Cell;
use std::fs;
use std::path::Path;

use soc2gate_engine::{Enforcement, Outcome};

use super::code_host::{Account, CheckOutput, CheckRun, Comment, HostError};
use super::*;
use crate::output::fixture;

const COMMIT: &str = "1111111111111111111111111111111111111111";

/// A code host that keeps what is written to it.
#[derive(Clone, Default)]
struct Host(Rc<Kept>);

#[derive(Default)]
struct Kept {
    comments: RefCell<Vec<Comment>>,
    runs: RefCell<Vec<CheckRun>>,
    more: RefCell<Vec<(u64, CheckOutput)>>,
    /// Whether the token can only read.
    reads_only: Cell<bool>,
    /// A comment that another run adds just before ours.
    racing: RefCell<Option<Comment>>,
}

const US: (u64, &str) = (41, "github-actions[bot]");

fn comment(id: u64, (author, login): (u64, &str), body: &str) -> Comment {
    Comment {
        id,
        author: Some(Account {
            id: author,
            login: login.to_owned(),
        }),
        body: body.to_owned(),
        url: format!("https://host.test/acme/shop/pull/7#{id}"),
    }
}

fn marked(name: Option<&str>, started: &str) -> String {
    let marker = Marker {
        name: name.map(str::to_owned),
        started: started.parse().unwrap(),
    };
    format!("{marker}\nold")
}

impl Host {
    fn with(comments: Vec<Comment>) -> Self {
        let host = Self::default();
        *host.0.comments.borrow_mut() = comments;
        host
    }

    fn may_write(&self) -> Result<(), HostError> {
        if self.0.reads_only.get() {
            return Err(HostError("the token may only read".to_owned()));
        }
        Ok(())
    }

    /// Ids of comments and their texts.
    fn comments(&self) -> Vec<(u64, String)> {
        let comments = self.0.comments.borrow();
        let pairs = comments.iter().map(|one| (one.id, one.body.clone()));
        pairs.collect()
    }
}

impl CodeHost for Host {
    fn account(&self) -> Result<Account, HostError> {
        Ok(Account {
            id: US.0,
            login: US.1.to_owned(),
        })
    }

    fn comments(&self, repository: &str, pull_request: u64) -> Result<Vec<Comment>, HostError> {
        assert_eq!((repository, pull_request), ("acme/shop", 7));
        Ok(self.0.comments.borrow().clone())
    }

    fn add_comment(&self, _: &str, _: u64, body: &str) -> Result<Comment, HostError> {
        self.may_write()?;
        let mut comments = self.0.comments.borrow_mut();
        comments.extend(self.0.racing.take());
        let id = comments.iter().map(|one| one.id).max().unwrap_or(0) + 1;
        comments.push(comment(id, US, body));
        Ok(comment(id, US, body))
    }

    fn update_comment(&self, _: &str, id: u64, body: &str) -> Result<Comment, HostError> {
        self.may_write()?;
        let mut comments = self.0.comments.borrow_mut();
        let found = comments.iter_mut().find(|one| one.id == id).unwrap();
        assert_eq!(found.author.as_ref().unwrap().login, US.1, "only our own");
        body.clone_into(&mut found.body);
        Ok(found.clone())
    }

    fn remove_comment(&self, _: &str, id: u64) -> Result<(), HostError> {
        self.may_write()?;
        self.0.comments.borrow_mut().retain(|one| one.id != id);
        Ok(())
    }

    fn add_check_run(&self, _: &str, run: &CheckRun) -> Result<u64, HostError> {
        self.may_write()?;
        self.0.runs.borrow_mut().push(run.clone());
        Ok(5)
    }

    fn add_annotations(&self, _: &str, id: u64, output: &CheckOutput) -> Result<(), HostError> {
        self.0.more.borrow_mut().push((id, output.clone()));
        Ok(())
    }
}

fn target() -> Target {
    Target {
        repository: "acme/shop".to_owned(),
        pull_request: Some(7),
        commit: Some(COMMIT.to_owned()),
    }
}

/// A step: its options, the host, and a folder with the files of its runner.
struct Step {
    args: PublishArgs,
    host: Host,
    folder: tempfile::TempDir,
    started: Timestamp,
}

impl Step {
    fn new(args: PublishArgs, host: Host) -> Self {
        Self {
            args,
            host,
            folder: tempfile::tempdir().unwrap(),
            started: "2026-11-23T09:00:00Z".parse().unwrap(),
        }
    }

    fn file(&self, name: &str) -> String {
        fs::read_to_string(self.folder.path().join(name)).unwrap()
    }

    /// Shows a run, and gives what could not be shown.
    fn show(&self, run: &fixture::Run) -> Vec<String> {
        let folder = self.folder.path();
        let variable = |name: &str| variable(folder, name);
        let mut publication = Publication::new(&self.args, variable, self.started).unwrap();
        let host = self.host.clone();
        let connect: Connect<'_> = Box::new(move || Ok(Box::new(host.clone())));
        publication.about(target(), connect);
        told(publication, run)
    }
}

fn variable(folder: &Path, name: &str) -> Option<String> {
    let file = |name: &str| Some(folder.join(name).display().to_string());
    match name {
        "GITHUB_STEP_SUMMARY" => file("summary"),
        "GITHUB_OUTPUT" => file("outputs"),
        "GITHUB_SERVER_URL" => Some("https://host.test".to_owned()),
        "GITHUB_REPOSITORY" => Some("acme/shop".to_owned()),
        "GITHUB_RUN_ID" => Some("77".to_owned()),
        _ => None,
    }
}

fn told(mut publication: Publication<'_>, run: &fixture::Run) -> Vec<String> {
    let mut listener = Listener(&mut publication);
    run.drive(&mut listener).unwrap();
    let problems = publication.publish(&run.summary(), &run.diagnostics);
    let lines = problems
        .iter()
        .map(|one| format!("{} {}", one.code, one.message));
    lines.collect()
}

/// Tells a publication of a run as a report is told.
struct Listener<'p, 'a>(&'p mut Publication<'a>);

impl Report for Listener<'_, '_> {
    fn begin(&mut self, run: &RunInfo<'_>) -> io::Result<()> {
        self.0.begin(run);
        Ok(())
    }

    fn decision(&mut self, judged: &Judged<'_>) -> io::Result<()> {
        self.0.decision(judged);
        Ok(())
    }

    fn finish(&mut self, _: &Summary, _: &[Diagnostic]) -> io::Result<()> {
        Ok(())
    }
}

fn comments() -> PublishArgs {
    PublishArgs {
        comment: true,
        ..PublishArgs::default()
    }
}

fn check_runs() -> PublishArgs {
    PublishArgs {
        check_run: true,
        ..PublishArgs::default()
    }
}

#[test]
fn nothing_is_made_ready_where_nothing_is_asked_for() {
    let args = PublishArgs::default();
    assert!(Publication::new(&args, |_| None, Timestamp::UNIX_EPOCH).is_none());
}

#[test]
fn summary_and_outputs_are_written_for_the_runner() {
    let args = PublishArgs {
        github_outputs: true,
        ..PublishArgs::default()
    };
    let step = Step::new(args, Host::default());
    assert_eq!(step.show(&fixture::run()), Vec::<String>::new());
    let outputs = "decision=error\nsubjects=3\nfailed=1\nunknown=1\nexcepted=1\nknown=0\n";
    assert_eq!(step.file("outputs"), outputs);
    let rendered = fixture::run().render(Format::Markdown);
    assert_eq!(step.file("summary"), format!("{rendered}\n"));
    assert!(step.host.comments().is_empty());
}

#[test]
fn without_a_runner_each_missing_variable_is_named() {
    let args = PublishArgs {
        github_outputs: true,
        ..PublishArgs::default()
    };
    let publication = Publication::new(&args, |_| None, Timestamp::UNIX_EPOCH).unwrap();
    let expected = [
        "SG5005 the variable GITHUB_STEP_SUMMARY is not set",
        "SG5005 the variable GITHUB_OUTPUT is not set",
    ];
    assert_eq!(told(publication, &fixture::passing()), expected);
}

#[test]
fn a_run_that_breaks_off_is_an_error_whatever_was_decided() {
    let args = PublishArgs {
        github_outputs: true,
        ..PublishArgs::default()
    };
    let folder = tempfile::tempdir().unwrap();
    let find = |name: &str| variable(folder.path(), name);
    let mut publication = Publication::new(&args, find, Timestamp::UNIX_EPOCH).unwrap();
    let run = fixture::passing();
    run.drive(&mut Listener(&mut publication)).unwrap();
    let reason = Diagnostic::new(Code::OutputFailed, "out.json cannot be written");
    assert!(publication.publish_failure(reason).is_empty());
    let outputs = fs::read_to_string(folder.path().join("outputs")).unwrap();
    assert!(
        outputs.starts_with("decision=error\nsubjects=2\n"),
        "{outputs}"
    );
    let summary = fs::read_to_string(folder.path().join("summary")).unwrap();
    assert!(summary.contains("out.json cannot be written"), "{summary}");
}

#[test]
fn one_comment_is_made_and_then_updated() {
    let step = Step::new(comments(), Host::default());
    assert!(step.show(&fixture::run()).is_empty());
    let first = step.host.comments();
    assert_eq!(first.len(), 1);
    let (id, body) = &first[0];
    assert!(
        body.starts_with(
            "<!-- soc2gate report name= started=2026-11-23T09:00:00Z -->\n## soc2gate: error\n"
        ),
        "{body}"
    );
    assert!(
        body.ends_with(&format!("<sub>Judged at commit {COMMIT}.</sub>\n")),
        "{body}"
    );

    assert!(step.show(&fixture::passing()).is_empty());
    let second = step.host.comments();
    assert_eq!(second.len(), 1);
    assert!(second[0].0 == *id && second[0].1.contains("## soc2gate: allow"));
}

#[test]
fn the_newest_of_ours_is_updated_and_nobody_elses() {
    let old = "2026-11-20T09:00:00Z";
    let host = Host::with(vec![
        comment(1, US, &marked(None, old)),
        comment(2, US, &marked(None, old)),
        comment(3, US, &marked(Some("other"), old)),
        comment(4, US, "another step of the same account"),
        comment(5, (9, "github-actions"), &marked(None, old)),
        comment(6, (8, "mallory"), &marked(None, old)),
        Comment {
            author: None,
            ..comment(7, US, &marked(None, old))
        },
    ]);
    let before = host.comments();
    let step = Step::new(comments(), host);
    assert!(step.show(&fixture::run()).is_empty());
    for ((id, old), (_, new)) in before.iter().zip(step.host.comments()) {
        assert_eq!(*old != new, *id == 2, "comment {id}");
    }
    assert_eq!(step.host.comments().len(), before.len());
}

#[test]
fn a_comment_with_a_name_is_another() {
    let args = PublishArgs {
        report_name: Some("nightly".to_owned()),
        ..comments()
    };
    let host = Host::with(vec![comment(1, US, &marked(None, "2026-11-20T09:00:00Z"))]);
    let step = Step::new(args, host);
    assert!(step.show(&fixture::run()).is_empty() && step.show(&fixture::run()).is_empty());
    let comments = step.host.comments();
    assert_eq!(comments.len(), 2);
    assert!(
        comments[1]
            .1
            .starts_with("<!-- soc2gate report name=nightly ")
    );
}

#[test]
fn a_later_run_is_not_overwritten_by_an_earlier_one() {
    let later = marked(None, "2026-11-23T09:00:01Z");
    let step = Step::new(comments(), Host::with(vec![comment(1, US, &later)]));
    assert!(step.show(&fixture::run()).is_empty());
    assert_eq!(step.host.comments(), [(1, later)]);
}

#[test]
fn of_two_runs_that_race_one_comment_stays() {
    for (started, updated) in [
        ("2026-11-23T08:59:59Z", true),
        ("2026-11-23T09:00:01Z", false),
    ] {
        let host = Host::default();
        *host.0.racing.borrow_mut() = Some(comment(1, US, &marked(None, started)));
        let step = Step::new(comments(), host);
        assert!(step.show(&fixture::run()).is_empty());
        let comments = step.host.comments();
        assert_eq!(comments.len(), 1);
        assert_eq!(comments[0].1.contains("## soc2gate: error"), updated);
    }
}

#[test]
fn with_a_token_that_only_reads_the_summary_says_so() {
    let args = PublishArgs {
        github_outputs: true,
        comment: true,
        check_run: true,
        report_name: None,
    };
    let step = Step::new(args, Host::default());
    step.host.0.reads_only.set(true);
    let problems = step.show(&fixture::run());
    let expected = [
        "SG5006 the check run: the token may only read",
        "SG5006 the comment: the token may only read",
    ];
    assert_eq!(problems, expected);
    let summary = step.file("summary");
    assert!(
        summary.contains("- **warning** SG5006: the comment: the token may only read"),
        "{summary}"
    );
    assert!(step.file("outputs").starts_with("decision=error\n"));
}

#[test]
fn outputs_name_the_comment() {
    let args = PublishArgs {
        github_outputs: true,
        ..comments()
    };
    let step = Step::new(args, Host::default());
    assert!(step.show(&fixture::run()).is_empty());
    let outputs = step.file("outputs");
    let address = "\nhttps://host.test/acme/shop/pull/7#1\n";
    assert!(
        outputs.contains("comment-url<<soc2gate_") && outputs.contains(address),
        "{outputs}"
    );
}

#[test]
fn a_check_run_has_the_outcome_and_annotations() {
    for (run, conclusion) in [
        (fixture::passing(), "success"),
        (fixture::run(), "failure"),
        (denied(), "failure"),
    ] {
        let step = Step::new(check_runs(), Host::default());
        assert!(step.show(&run).is_empty());
        let runs = step.host.0.runs.borrow();
        assert_eq!(runs.len(), 1);
        assert_eq!(
            (runs[0].name.as_str(), runs[0].conclusion),
            ("soc2gate", conclusion)
        );
        assert_eq!(runs[0].head_sha, COMMIT);
    }
    let step = Step::new(check_runs(), Host::default());
    step.show(&fixture::run());
    let run = &step.host.0.runs.borrow()[0];
    let mut value = serde_json::to_value(run).unwrap();
    let output = value["output"].take();
    assert_eq!(output["title"], "error: 1 fail, 1 unknown");
    assert_eq!(
        value["details_url"],
        "https://host.test/acme/shop/actions/runs/77"
    );
    insta::assert_json_snapshot!(output["annotations"][1], @r#"
    {
      "annotation_level": "failure",
      "end_column": 55,
      "end_line": 10,
      "message": "container \"web\" is privileged (kubernetes/apps/Deployment/shop/web)\nHelp: Change the pod template: leave the setting out, or ask for an exception that names this workload and expires.",
      "path": "deploy/web.yaml",
      "start_column": 39,
      "start_line": 10,
      "title": "WRK-04 Containers are not privileged"
    }
    "#);
    let several_lines = &output["annotations"][3];
    assert_eq!(
        (&several_lines["start_line"], &several_lines["end_line"]),
        (&1.into(), &13.into())
    );
    assert!(
        several_lines.get("start_column").is_none() && several_lines.get("end_column").is_none()
    );
}

fn denied() -> fixture::Run {
    let mut run = fixture::run();
    run.decisions.truncate(1);
    run.diagnostics.clear();
    assert_eq!(run.summary().outcome, Outcome::Deny);
    run
}

#[test]
fn many_annotations_take_several_requests_up_to_a_bound() {
    let mut run = fixture::run();
    run.decisions = fixture::many_findings(&run, 4, Enforcement::Deny);
    run.subjects = vec![run.subjects[0].clone(); 4];
    run.diagnostics.clear();
    let step = Step::new(check_runs(), Host::default());
    assert!(step.show(&run).is_empty());
    let first = step.host.0.runs.borrow()[0].output.annotations.len();
    let more = step.host.0.more.borrow();
    let all: Vec<(u64, usize)> = more
        .iter()
        .map(|(id, output)| (*id, output.annotations.len()))
        .collect();
    assert_eq!((first, all), (50, vec![(5, 50); 4]));
}

#[test]
fn hostile_texts_are_no_markup_in_a_comment() {
    let step = Step::new(comments(), Host::default());
    let hostile =
        "--><!-- <img src=x> @team \n## heading\n<!-- soc2gate report name= started=x -->";
    step.show(&fixture::hostile(hostile));
    let body = &step.host.comments()[0].1;
    assert_eq!(body.matches("<!--").count(), 1, "{body}");
    assert_eq!(body.matches("-->").count(), 1, "{body}");
    assert!(!body.contains("@team") && !body.contains("<img"), "{body}");
}

#[test]
fn what_the_run_is_about_must_be_known() {
    let args = PublishArgs {
        check_run: true,
        ..comments()
    };
    let publication = Publication::new(&args, |_| None, Timestamp::UNIX_EPOCH).unwrap();
    let expected = ["SG5006 it is not known what the run is about"];
    assert_eq!(told(publication, &fixture::run()), expected);

    let mut publication = Publication::new(&args, |_| None, Timestamp::UNIX_EPOCH).unwrap();
    let nothing = Target {
        pull_request: None,
        commit: None,
        ..target()
    };
    publication.about(nothing, Box::new(|| Ok(Box::new(Host::default()))));
    let expected = ["SG5006 the check run: it is not known which commit was judged"];
    assert_eq!(told(publication, &fixture::run()), expected);
}
