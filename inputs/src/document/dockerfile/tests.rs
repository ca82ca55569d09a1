use rstest::rstest;
use serde_json::{Value, json};

use super::super::parse::tests::{at, place_of_error, value};
use super::*;

fn command(text: &str) -> Value {
    let commands = value(parse, &format!("FROM scratch\n{text}"));
    commands.get(1).cloned().unwrap()
}

#[test]
fn commands_have_the_shape_of_conftest() {
    let text = "# syntax=docker/dockerfile:1\n# the base\nFROM golang:1.13-alpine as base\nCOPY --from=x --chown=\"a b\" go.mod .\n\n  RUN go mod download\n\nFROM base AS builder\nRUN [\"go\", \"build\"]\nENTRYPOINT\n";
    let expected = json!([
        {"Cmd": "comment", "SubCmd": "", "JSON": false, "Flags": null, "Value": ["the base"], "Stage": 0},
        {"Cmd": "from", "SubCmd": "", "JSON": false, "Flags": [], "Value": ["golang:1.13-alpine", "as", "base"], "Stage": 0},
        {"Cmd": "copy", "SubCmd": "", "JSON": false, "Flags": ["--from=x", "--chown=a b"], "Value": ["go.mod", "."], "Stage": 0},
        {"Cmd": "run", "SubCmd": "", "JSON": false, "Flags": [], "Value": ["go mod download"], "Stage": 0},
        {"Cmd": "from", "SubCmd": "", "JSON": false, "Flags": [], "Value": ["base", "AS", "builder"], "Stage": 1},
        {"Cmd": "run", "SubCmd": "", "JSON": true, "Flags": [], "Value": ["go", "build"], "Stage": 1},
        {"Cmd": "entrypoint", "SubCmd": "", "JSON": false, "Flags": null, "Value": null, "Stage": 1},
    ]);
    assert_eq!(value(parse, text), expected);
}

#[rstest]
#[case("ENV A=b C=\"d e\" F=\\ x", json!(["A", "b", "=", "C", "\"d e\"", "=", "F", "\\ x", "="]))]
#[case("ENV A b  c", json!(["A", "b  c", ""]))]
#[case("LABEL \"a b\"=c", json!(["\"a b\"", "c", "="]))]
#[case("ARG A B=c", json!(["A", "B=c"]))]
#[case("EXPOSE 80 443/tcp", json!(["80", "443/tcp"]))]
#[case("USER root", json!(["root"]))]
#[case("VOLUME [\"/a\", \"/b c\"]", json!(["/a", "/b c"]))]
#[case("CMD [ not json", json!(["[ not json"]))]
#[case("RUN a \\\n  # comment\n\n  && b \\ \n && c", json!(["a   && b  && c"]))]
#[case("RUN a \\\\\nUSER x", json!(["a \\\\"]))]
#[case("RUN <<EOF\nUSER root\nEOF\n", json!(["<<EOF"]))]
#[case("RUN --mount=type=secret,id=x cat 3<<-\"E F\" <<G\n\tE F\nE\nG\nUSER x\n", json!(["cat 3<<-\"E F\" <<G"]))]
#[case("RUN echo \"<<EOF\" a<<b $((1<<2)) <<<c", json!(["echo \"<<EOF\" a<<b $((1<<2)) <<<c"]))]
#[case("HEALTHCHECK --interval=5m CMD curl -f x", json!(["CMD", "curl -f x"]))]
#[case("HEALTHCHECK CMD [\"a\"]", json!(["CMD", "a"]))]
#[case("HEALTHCHECK NONE", json!(["NONE"]))]
#[case("SHELL [\"a\", \"-c\"]", json!(["a", "-c"]))]
#[case("COPY -- --a /b", json!(["--a", "/b"]))]
fn values_are_those_of_buildkit(#[case] text: &str, #[case] expected: Value) {
    assert_eq!(command(text)["Value"], expected);
}

#[test]
fn onbuild_has_a_command_below_it() {
    let command = command("ONBUILD COPY --from=a [\"x\", \"y\"]\n");
    let expected = json!({"Cmd": "onbuild", "SubCmd": "COPY", "JSON": true, "Flags": [], "Value": ["x", "y"], "Stage": 0});
    assert_eq!(command, expected);
}

#[test]
fn the_escape_character_can_be_set() {
    let text = "# escape=`\nFROM a\nRUN b `\n c\nRUN d\\\nUSER e\n";
    let commands = value(parse, text);
    assert_eq!(commands.as_array().unwrap().len(), 4, "{commands}");
    assert_eq!(commands[1]["Value"], json!(["b  c"]));
    assert_eq!(commands[2]["Value"], json!(["d\\"]));
}

#[test]
fn commands_have_positions() {
    let text = "# c\nFROM a\n\n  RUN b \\\n  && c\nUSER d\n";
    assert_eq!(at(parse, text, &[0.into()]), (1, 1));
    assert_eq!(
        at(parse, text, &[1.into(), "Value".into(), 0.into()]),
        (2, 6)
    );
    assert_eq!(at(parse, text, &[2.into()]), (4, 3));
    assert_eq!(at(parse, text, &[3.into()]), (6, 1));
    let map = parse(text).unwrap().into_document().unwrap().map;
    assert_eq!(map.locate(&[2.into()]).unwrap().end.line, 5);
}

#[rstest]
#[case("", 1, 1)]
#[case("# only a comment\n", 2, 1)]
#[case("FROM a\nhunter2 b\n", 2, 1)]
#[case("FROM a b\n", 1, 1)]
#[case("FROM\n", 1, 1)]
#[case("FROM a\n\n  COPY b\n", 3, 3)]
#[case("FROM a\nENV A=b hunter2\n", 2, 1)]
#[case("FROM a\nENV =b\n", 2, 1)]
#[case("FROM a\nENV hunter2\n", 2, 1)]
#[case("FROM a\nRUN [\"a\", 1]\n", 2, 1)]
#[case("FROM a\nRUN <<EOF\nb\n", 2, 1)]
#[case("FROM a\nONBUILD FROM b\n", 2, 1)]
#[case("FROM a\nONBUILD\n", 2, 1)]
#[case("FROM a\nUSER\n", 2, 1)]
#[case("FROM a\nSHELL sh\n", 2, 1)]
#[case("# escape=x\nFROM a\n", 1, 1)]
#[case("# escape=`\n# escape=`\nFROM a\n", 2, 1)]
fn errors_have_positions(#[case] text: &str, #[case] line: u32, #[case] column: u32) {
    assert_eq!(place_of_error(parse, text), (line, column));
}
