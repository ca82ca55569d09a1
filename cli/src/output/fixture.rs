//! Small runs for the tests of the formats.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Map, Value};
use soc2gate_engine::{
    Control, ControlId, ControlInput, DECISION_SCHEMA, Decision, Enforcement, EngineRef,
    ExceptionUse, Finding, Frameworks, Origin, Outcome, RelatedResource, Severity, Status, Subject,
    SubjectKind, SubjectRef, SubjectSource, Unknown, UnknownReason, Verdict,
};
use soc2gate_source::{Code, Diagnostic, Position, Segment, Span, parse_yaml, split_yaml};

use super::{Format, Judged, Report, RunInfo, Style, report};
use crate::summary::Summary;

/// A value in a source that must never be shown.
pub(crate) const CANARY: &str = "hunter2";

/// How the tests lay text out.
pub(crate) const STYLE: Style = Style {
    colour: false,
    width: 100,
};

const WEB: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: web
  namespace: shop
spec:
  template:
    spec:
      containers:
      - {name: web, securityContext: {privileged: true}, env: [{name: DB, value: hunter2}]} # hunter2
      - name: log
        image: registry.example/log:1
        env: [{name: TOKEN, value: \"hunter2\"}]
";

const JOB: &str = "\
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: shop}
";

/// A run as a report is told of it.
#[derive(Debug, Clone)]
pub(crate) struct Run {
    pub(crate) controls: Vec<Control>,
    pub(crate) subjects: Vec<Subject>,
    pub(crate) decisions: Vec<Decision>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    pub(crate) show_passing: bool,
}

impl Run {
    pub(crate) fn summary(&self) -> Summary {
        let mut summary = Summary::default();
        for decision in &self.decisions {
            summary.add(decision);
        }
        summary.finish(&self.diagnostics);
        summary
    }

    /// Tells a report of the run.
    pub(crate) fn drive(&self, report: &mut dyn Report) -> std::io::Result<()> {
        report.begin(&RunInfo {
            controls: self.controls.iter().collect(),
            version: "1.2.3",
            started: "2026-11-23T09:00:00Z".parse().unwrap(),
            show_passing: self.show_passing,
        })?;
        for (decision, subject) in self.decisions.iter().zip(&self.subjects) {
            report.decision(&Judged { decision, subject })?;
        }
        report.finish(&self.summary(), &self.diagnostics)
    }

    pub(crate) fn render(&self, format: Format) -> String {
        self.render_with(format, STYLE)
    }

    pub(crate) fn render_with(&self, format: Format, style: Style) -> String {
        let mut out = Vec::new();
        self.drive(&mut *report(format, Box::new(&mut out), style))
            .unwrap();
        String::from_utf8(out).unwrap()
    }
}

/// A run with a subject that fails one control and is excepted from another, one that could not be decided,
/// one that passes, and with diagnostics.
pub(crate) fn run() -> Run {
    let controls = controls();
    let web = subject(
        "deploy/web.yaml",
        "kubernetes/apps/Deployment/shop/web",
        "apps/Deployment",
        WEB,
    );
    let job = subject(
        "deploy/web.yaml",
        "kubernetes/batch/Job/shop/migrate",
        "batch/Job",
        JOB,
    );
    let other = subject(
        "deploy/other.yaml",
        "kubernetes/batch/Job/shop/report",
        "batch/Job",
        JOB,
    );
    let pod = |container: usize| -> Vec<Segment> {
        vec![
            "spec".into(),
            "template".into(),
            "spec".into(),
            "containers".into(),
            container.into(),
        ]
    };
    let privileged = [pod(0), vec!["securityContext".into(), "privileged".into()]].concat();
    let value = [pod(1), vec!["env".into(), 0.into(), "value".into()]].concat();
    let image = [pod(1), vec!["image".into()]].concat();
    let failing = Verdict {
        status: Status::Fail,
        findings: vec![
            finding(&web, "container \"web\" is privileged", privileged),
            finding(
                &web,
                "container \"log\" has a secret in its environment",
                value,
            ),
        ],
        unknowns: vec![unknown(
            &web,
            "the seccomp profile is not known",
            Vec::new(),
        )],
        omitted: 3,
        ..verdict(&controls[0])
    };
    let excepted = Verdict {
        status: Status::Fail,
        findings: vec![finding(&web, "image is named by tag", image)],
        exception: Some(ExceptionUse {
            id: "EXC-2026-004".to_owned(),
            ticket: "OPS-12".to_owned(),
            approved_by: "ciso@example.com".to_owned(),
            expires_at: "2026-12-31T00:00:00Z".parse().unwrap(),
        }),
        ..verdict(&controls[1])
    };
    let undecided = Verdict {
        status: Status::Unknown,
        unknowns: vec![unknown(
            &job,
            "the pod template is missing",
            vec!["spec".into()],
        )],
        ..verdict(&controls[0])
    };
    let not_applicable = Verdict {
        status: Status::NotApplicable,
        ..verdict(&controls[1])
    };
    let decisions = vec![
        decision(&web, vec![failing, excepted, verdict(&controls[2])]),
        decision(&job, vec![undecided, not_applicable]),
        decision(&other, vec![verdict(&controls[0]), verdict(&controls[2])]),
    ];
    Run {
        controls,
        subjects: vec![web, job, other],
        decisions,
        diagnostics: diagnostics(),
        show_passing: false,
    }
}

/// A run with nothing to say.
pub(crate) fn passing() -> Run {
    let run = run();
    let mut decisions = vec![run.decisions[2].clone(), run.decisions[2].clone()];
    decisions[1].subject = run.decisions[1].subject.clone();
    decisions[1].verdicts.clear();
    let subjects = vec![run.subjects[2].clone(), run.subjects[1].clone()];
    Run {
        decisions,
        subjects,
        diagnostics: Vec::new(),
        ..run
    }
}

/// A run of one failing subject in which every text that an input decides is `text`.
pub(crate) fn hostile(text: &str) -> Run {
    let mut run = run();
    let subject = &mut run.subjects[0];
    subject.id = format!("kubernetes/v1/Pod/{text}");
    subject.source.file = text.into();
    let location = subject
        .source
        .locate(&["metadata".into(), "name".into()])
        .unwrap();
    let decision = &mut run.decisions[0];
    decision.subject.id.clone_from(&subject.id);
    decision.subject.location = Some(location.clone());
    for verdict in &mut decision.verdicts {
        for finding in &mut verdict.findings {
            text.clone_into(&mut finding.message);
            finding.location = Some(location.clone());
        }
        for unknown in &mut verdict.unknowns {
            text.clone_into(&mut unknown.message);
        }
        if let Some(exception) = &mut verdict.exception {
            text.clone_into(&mut exception.ticket);
        }
    }
    for diagnostic in &mut run.diagnostics {
        text.clone_into(&mut diagnostic.message);
        if let Some(location) = &mut diagnostic.location {
            text.clone_into(&mut location.file);
        }
    }
    run.decisions.truncate(1);
    run
}

/// Decisions with one verdict of 100 findings each.
pub(crate) fn many_findings(
    run: &Run,
    decisions: usize,
    enforcement: Enforcement,
) -> Vec<Decision> {
    let mut decision = run.decisions[0].clone();
    let mut verdict = decision.verdicts[0].clone();
    verdict.enforcement = enforcement;
    verdict.findings = vec![verdict.findings[0].clone(); 100];
    verdict.unknowns.clear();
    verdict.omitted = 0;
    decision.outcome = Outcome::of(std::slice::from_ref(&verdict));
    decision.verdicts = vec![verdict];
    vec![decision; decisions]
}

fn controls() -> Vec<Control> {
    vec![
        control(
            "WRK-04",
            "Containers are not privileged",
            Severity::High,
            &["CC6.1", "CC6.8"],
        ),
        control(
            "SUP-02",
            "Images are named by digest",
            Severity::High,
            &["CC8.1"],
        ),
        control(
            "WRK-09",
            "Workloads have an owner",
            Severity::Low,
            &["CC1.3"],
        ),
    ]
}

fn control(id: &str, title: &str, severity: Severity, criteria: &[&str]) -> Control {
    Control {
        id: ControlId(id.to_owned()),
        title: title.to_owned(),
        description: format!("{title}, in every environment.\n"),
        severity,
        inputs: vec![ControlInput { kind: SubjectKind::Kubernetes, resources: None, operations: None, context: Vec::new() }],
        frameworks: Frameworks {
            soc2: criteria.iter().map(|&criterion| criterion.to_owned()).collect(),
            iso27001: Vec::new(),
        },
        remediation: "Change the pod template: leave the setting out, or ask for an exception that names this \
                      workload and expires."
            .to_owned(),
        sensitive: false,
        parameters: BTreeMap::new(),
        related_resources: vec![RelatedResource {
            reference: "https://kubernetes.io/docs/".to_owned(),
            description: Some("Kubernetes".to_owned()),
        }],
        package: format!("soc2.example.{}", id.to_lowercase().replace('-', "_")),
        file: Arc::from("control.rego"),
        origin: Origin::Control,
        enforcement: None,
    }
}

fn subject(file: &str, id: &str, resource: &str, text: &str) -> Subject {
    let document = parse_yaml(split_yaml(text)[0]).unwrap().unwrap();
    Subject {
        kind: SubjectKind::Kubernetes,
        id: id.to_owned(),
        resource: Some(resource.to_owned()),
        document: Value::Null,
        old_document: None,
        request: None,
        context: Map::new(),
        source: SubjectSource {
            file: file.into(),
            text: text.into(),
            offset: 0,
            first_line: 1,
            map: document.map,
            visible: |path| !matches!(path.last(), Some(Segment::Key(key)) if key == "value"),
            stored: |_| false,
        },
    }
}

fn finding(subject: &Subject, message: &str, path: Vec<Segment>) -> Finding {
    Finding {
        message: message.to_owned(),
        location: subject.source.locate(&path),
        path,
    }
}

fn unknown(subject: &Subject, message: &str, path: Vec<Segment>) -> Unknown {
    let location = subject.source.locate(&path);
    Unknown {
        reason: UnknownReason::MissingFact,
        message: message.to_owned(),
        location,
        path,
    }
}

/// A passing verdict.
fn verdict(control: &Control) -> Verdict {
    Verdict {
        control: control.id.clone(),
        title: control.title.clone(),
        criteria: control.frameworks.soc2.clone(),
        severity: control.severity,
        enforcement: control.severity.default_enforcement(),
        status: Status::Pass,
        findings: Vec::new(),
        unknowns: Vec::new(),
        omitted: 0,
        exception: None,
        known: false,
    }
}

fn decision(subject: &Subject, verdicts: Vec<Verdict>) -> Decision {
    Decision {
        schema: DECISION_SCHEMA.to_owned(),
        subject: SubjectRef {
            kind: subject.kind,
            id: subject.id.clone(),
            resource: subject.resource.clone(),
            location: subject.source.locate(&[]),
        },
        time: "2026-11-23T09:00:00Z".parse().unwrap(),
        engine: EngineRef {
            name: "soc2gate".to_owned(),
            version: "1.2.3".to_owned(),
        },
        policy_digest: "sha256:0".to_owned(),
        settings_digest: "sha256:1".to_owned(),
        outcome: Outcome::of(&verdicts),
        verdicts,
    }
}

fn diagnostics() -> Vec<Diagnostic> {
    let at = |line, column| Span::at(Position::new(line, column));
    vec![
        Diagnostic::new(Code::NotASubject, "holds no Kubernetes object").at("README.md", at(1, 1)),
        Diagnostic::new(
            Code::ExceptionUnused,
            "exception EXC-2026-001 matched nothing",
        )
        .at("exceptions.yaml", at(4, 5)),
        Diagnostic::new(Code::Syntax, "a mapping value is not allowed here")
            .at("deploy/bad file.yaml", at(3, 7)),
    ]
}
