//! The inputs as options, and the exit code.

use rstest::rstest;

use super::*;

/// An action whose program is a script.
fn with_program(script: &str) -> Action {
    let action = Action::new();
    let path = action.path("temp/gate");
    executable(&path, &program(script));
    action.with("binary", path.display().to_string())
}

fn arguments(action: &Action) -> Vec<String> {
    let text = fs::read_to_string(action.path("temp/arguments")).unwrap();
    text.lines().map(str::to_owned).collect()
}

#[test]
fn every_input_becomes_an_option() {
    let action = with_program("printenv GITHUB_TOKEN >>\"$RUNNER_TEMP/token\"")
        .with("token", "ghs_app")
        .with("paths", "deploy\n\n  charts/a b \n")
        .with("policies", "policy\nbundle.tar.gz")
        .with("config", "ci/soc2gate.yaml")
        .with("organization", "acme")
        .with("baseline", "known.json")
        .with("new-only", "true")
        .with("comment", "true")
        .with("check-run", "true")
        .with("report-name", "nightly")
        .with("sarif-file", "a.sarif")
        .with("report-file", "a.json")
        .with("ledger", "evidence");
    let ended = action.run();
    assert_eq!((ended.code, ended.log.as_str()), (0, ""));
    let expected = [
        "check",
        "event",
        "--github-outputs",
        "--format",
        "github",
        "--path=deploy",
        "--path=charts/a b",
        "--policies=policy",
        "--policies=bundle.tar.gz",
        "--config=ci/soc2gate.yaml",
        "--org=acme",
        "--baseline=known.json",
        "--ledger=evidence",
        "--new-only",
        "--comment",
        "--check-run",
        "--report-name=nightly",
        "--format",
        "sarif",
        "--output=a.sarif",
        "--format",
        "json",
        "--output=a.json",
    ];
    assert_eq!(arguments(&action), expected);
    assert_eq!(
        fs::read_to_string(action.path("temp/token")).unwrap(),
        "ghs_app\n"
    );
    assert_eq!(ended.outputs["sarif-file"], "a.sarif");
    assert_eq!(ended.outputs["report-file"], "a.json");
}

#[test]
fn outputs_of_the_program_are_those_of_the_action() {
    let names = [
        "decision", "subjects", "failed", "unknown", "excepted", "known",
    ];
    let lines = names.map(|name| format!("echo {name}=of-{name} >>\"$GITHUB_OUTPUT\"\n"));
    let url = "printf 'comment-url<<x\\nhttps://host.test/#1\\nx\\n' >>\"$GITHUB_OUTPUT\"";
    let ended = with_program(&(lines.concat() + url + "\nexit 1")).run();
    assert_eq!(ended.code, 1);
    for name in names {
        assert_eq!(ended.outputs[name], format!("of-{name}"));
    }
    assert_eq!(ended.outputs["comment-url"], "https://host.test/#1");
}

#[rstest]
#[case("new-only", "yes", "the input new-only is neither true nor false")]
#[case("comment", "True", "the input comment is neither true nor false")]
#[case("check-run", "1", "the input check-run is neither true nor false")]
#[case("ledger-init", "no", "the input ledger-init is neither true nor false")]
#[case("fail-on", "warn", "the input fail-on is neither deny nor never")]
#[case("fail-on", "", "the input fail-on is neither deny nor never")]
#[case(
    "sarif-file",
    "a\ndecision=allow",
    "a name of a file has more than one line"
)]
#[case(
    "report-file",
    "a\ndecision=allow",
    "a name of a file has more than one line"
)]
fn a_wrong_input_is_refused_before_anything_is_judged(
    #[case] input: &str,
    #[case] value: &str,
    #[case] expected: &str,
) {
    let action = with_program("").with(input, value);
    let ended = action.run();
    assert_eq!(ended.code, 2);
    let error = format!("::error title=soc2gate::{expected}\n");
    assert_eq!(ended.log, error);
    assert!(!action.path("temp/arguments").exists());
    assert_eq!(ended.outputs["decision"], "");
}

#[rstest]
#[case("deny", &[0, 1, 2, 64, 101], &[0, 1, 2, 64, 101])]
#[case("never", &[0, 1, 2, 64, 101, 137], &[0, 0, 0, 64, 101, 137])]
fn exit_codes_fail_the_step_as_asked(
    #[case] fail_on: &str,
    #[case] codes: &[i32],
    #[case] expected: &[i32],
) {
    for (code, expected) in codes.iter().zip(expected) {
        let ended = with_program(&format!("exit {code}"))
            .with("fail-on", fail_on)
            .run();
        assert_eq!(ended.code, *expected, "{fail_on}: {code}");
    }
}

#[rstest]
#[case("paths")]
#[case("policies")]
#[case("config")]
#[case("organization")]
#[case("baseline")]
#[case("ledger")]
#[case("sarif-file")]
#[case("report-file")]
#[case("report-name")]
#[case("token")]
fn no_input_is_executed(#[case] input: &str) {
    for hostile in [
        "$(touch touched)",
        "`touch touched`",
        "; touch touched",
        "' && touch touched '",
    ] {
        let action = with_program("").with(input, hostile);
        assert_eq!(action.run().code, 0);
        assert!(
            !action.path("workspace/touched").exists(),
            "{input}: {hostile}"
        );
    }
}

#[test]
fn a_folder_becomes_a_ledger_only_where_that_is_asked_for() {
    let ledger = |action: Action, existing: bool| {
        let action = action.with("ledger", "evidence");
        if existing {
            fs::create_dir(action.path("workspace/evidence")).unwrap();
            fs::write(action.path("workspace/evidence/ledger.json"), "{}").unwrap();
        }
        assert_eq!(action.run().code, 0);
        arguments(&action)[..2].join(" ")
    };
    let asked = || with_program("").with("ledger-init", "true");
    assert_eq!(ledger(with_program(""), false), "check event");
    assert_eq!(ledger(asked(), false), "ledger init");
    assert_eq!(ledger(asked(), true), "check event");
    let database = asked().with("ledger", "postgres://soc2gate@host/soc2gate");
    assert_eq!(database.run().code, 0);
    assert_eq!(arguments(&database)[..2].join(" "), "check event");

    let failing = with_program("exit 2")
        .with("ledger-init", "true")
        .with("ledger", "evidence");
    assert_eq!(failing.run().refusal(), "the ledger cannot be made");
}
