//! `docs/writing-controls.md`: every file and every command in it, in a folder of its own.

use std::process::Command as Process;

use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

use super::*;

/// What a fenced block of the guide asks for.
enum Step {
    Write { path: String, text: String },
    Run { command: String, output: String },
}

/// The blocks in order. A block of a file follows a paragraph that ends with the file's name; a block `console` holds
/// commands, each with what it prints.
fn steps(guide: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut language = None;
    let (mut name, mut text) = (String::new(), String::new());
    for event in Parser::new(guide) {
        match event {
            Event::Code(code) => name = code.to_string(),
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                language = Some(kind.to_string());
                text.clear();
            }
            Event::Text(part) if language.is_some() => text.push_str(&part),
            Event::End(TagEnd::CodeBlock) => {
                if language.take().as_deref() == Some("console") {
                    for run in format!("\n{text}").split("\n$ ").skip(1) {
                        let (command, output) = run.split_once('\n').unwrap_or((run, ""));
                        let (command, output) = (command.to_owned(), output.to_owned());
                        steps.push(Step::Run { command, output });
                    }
                } else {
                    let path = std::mem::take(&mut name);
                    assert!(
                        path.contains('.'),
                        "a block without the name of its file: {text}"
                    );
                    steps.push(Step::Write {
                        path,
                        text: text.clone(),
                    });
                }
            }
            _ => {}
        }
    }
    steps
}

/// A cluster with one Deployment.
const KUBECTL: &str = "#!/bin/sh\ncat <<END\napiVersion: v1\nkind: List\nitems:\n- apiVersion: apps/v1\n  kind: Deployment\n  metadata: {name: web, namespace: shop, labels: {owner: shop}}\nEND\n";

#[cfg(unix)]
#[test]
fn everything_in_the_guide_works_as_it_says() {
    use std::os::unix::fs::PermissionsExt as _;

    let guide = std::fs::read_to_string(root().join("docs/writing-controls.md")).unwrap();
    let tools = folder(&[("kubectl", KUBECTL)]);
    let kubectl = tools.path().join("kubectl");
    std::fs::set_permissions(&kubectl, std::fs::Permissions::from_mode(0o755)).unwrap();
    let binary = Path::new(env!("CARGO_BIN_EXE_soc2gate")).parent().unwrap();
    let path = format!(
        "{}:{}:/usr/bin:/bin",
        binary.display(),
        tools.path().display()
    );
    let work = folder(&[]);
    let mut code = 0;
    let mut run = |command: &str| {
        let output = Process::new("/bin/sh")
            .args(["-c", &format!("(exit {code}); {command} 2>&1")])
            .current_dir(work.path())
            .env_clear()
            .env("PATH", &path)
            .env("LC_ALL", "C")
            .output()
            .unwrap();
        code = output.status.code().unwrap();
        (String::from_utf8(output.stdout).unwrap(), code)
    };
    let mut commands = 0;
    let mut workflow = String::new();
    for step in steps(&guide) {
        match step {
            Step::Write { path, text } => {
                let path = work.path().join(path);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                if path.extension().is_some_and(|extension| extension == "yml") {
                    workflow.clone_from(&text);
                }
                std::fs::write(path, text).unwrap();
            }
            Step::Run { command, output } => {
                commands += 1;
                let (said, _) = run(&command);
                assert_eq!(said.trim_end(), output.trim_end(), "$ {command}\n{said}");
            }
        }
    }
    assert!(commands > 8, "only {commands} commands");

    let jobs: Vec<&str> = workflow
        .lines()
        .filter_map(|line| line.trim().strip_prefix("- run: "))
        .collect();
    let [install, test, check] = jobs.as_slice() else {
        panic!("other steps: {jobs:?}");
    };
    assert!(install.starts_with("cargo install "), "{install}");
    assert_eq!(run(test).1, 0);
    assert_eq!(run(check).1, 1, "the manifest of the guide is denied");
}
