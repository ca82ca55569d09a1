//! Text that people write: it is shown, and does nothing.

use super::run::{TOKEN, command};
use super::*;

const TITLE: &str = "x\n::error file=a::pwned\r\n::set-output name=decision::allow\u{1b}[2J\u{1b}]0;pwned\u{7}<script>alert(1)</script> | `x` ![i](http://evil.example/x) %0A::warning::pwned \u{202e}txt";

fn hostile() -> World {
    let name = "src/\u{1b}[31m::error::pwned<script>alert(1)</script>`|](http:%0A\u{202e}.txt";
    World::ordinary().pull_request(json!({
        "title": TITLE,
        "body": TITLE,
        "author": "dependabot[bot]",
        "commits": [{"author": "alice", "message": TITLE, "files": {
            name: "x\n",
            "a\n::error::pwned": "x\n",
            "b\r\n::notice::pwned.txt": "x\n",
        }}],
        "labels": ["urgent\n::error::pwned"],
        "checks": [{"name": "build\n::error::pwned<script>", "conclusion": "FAILURE"}],
        "threads": [{"path": "a\n::error::pwned"}],
        "reviews": [{"author": "bob", "body": TITLE, "state": "CHANGES_REQUESTED"}],
    }))
}

#[test]
fn hostile_texts_command_nothing() {
    let Some(server) = Server::start(&hostile()) else {
        return;
    };
    for format in ["human", "json", "sarif", "junit", "markdown"] {
        let folder = folder(&[]);
        let output = command(&server, folder.path())
            .args(["check", "pull-request", "acme/shop#42", "--show-passing"])
            .args(["--format", format, "--now", NOW])
            .output()
            .unwrap();
        assert!([1, 2].contains(&output.status.code().unwrap()), "{format}");
        let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
        assert!(text.len() > 500, "{format}: {text}");
        assert!(!text.contains(TOKEN), "{format}");
        for line in text.split(['\n', '\r']) {
            assert!(!line.trim_start().starts_with("::"), "{format}: {line:?}");
        }
        for control in text.chars().filter(|letter| letter.is_control()) {
            assert!(['\n', '\t'].contains(&control), "{format}: {control:?}");
        }
        if format != "json" && format != "sarif" && format != "human" {
            assert!(!text.contains("<script"), "{format}: {text}");
        }
    }
}

#[test]
fn hostile_texts_are_saved_as_they_are() {
    let Some(server) = Server::start(&hostile()) else {
        return;
    };
    let run = judge(&server, &[]);
    let saved = run.saved.unwrap();
    assert_eq!(saved["title"], TITLE);
    let paths: Vec<&str> = saved["files"]["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|file| file["path"].as_str().unwrap())
        .collect();
    assert!(paths.contains(&"a\n::error::pwned"), "{paths:?}");
}
