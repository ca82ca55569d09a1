use proptest::prelude::*;
use rstest::rstest;
use serde_json::json;

use super::*;

fn file(name: &str, text: &str) -> SourceFile {
    SourceFile {
        name: name.into(),
        text: text.into(),
    }
}

/// Ids and values.
fn read(name: &str, text: &str, format: Format) -> Vec<(String, Value)> {
    let read = documents(&file(name, text), format);
    assert_eq!(read.diagnostics, []);
    let subjects = read.subjects.into_iter();
    subjects
        .map(|subject| (subject.id, subject.document))
        .collect()
}

#[rstest]
#[case(Format::Yaml, "a: 1\n", &[("document/f", json!({"a": 1}))])]
#[case(Format::Yaml, "a: 1\n---\n# nothing\n---\n- b\n", &[("document/f#1", json!({"a": 1})), ("document/f#3", json!(["b"]))])]
#[case(Format::Yaml, "- a\n- b: 1\n", &[("document/f#1", json!("a")), ("document/f#2", json!({"b": 1}))])]
#[case(Format::Yaml, "# nothing\n", &[("document/f", Value::Null)])]
#[case(Format::Yaml, "", &[("document/f", Value::Null)])]
#[case(Format::Json, "[{\"a\": 1}, [2]]", &[("document/f#1", json!({"a": 1})), ("document/f#2", json!([2]))])]
#[case(Format::Json, "[3]", &[("document/f", json!(3))])]
#[case(Format::Jsonc, "// c\n[3, 4,]", &[("document/f#1", json!(3)), ("document/f#2", json!(4))])]
#[case(Format::Toml, "a = [1]", &[("document/f", json!({"a": [1]}))])]
#[case(Format::Hcl2, "a = 1\n", &[("document/f", json!({"a": 1}))])]
#[case(Format::Ini, "[a]\nb=c", &[("document/f", json!({"a": {"b": "c"}}))])]
#[case(Format::Xml, "<a/>", &[("document/f", json!({"a": ""}))])]
#[case(Format::Dotenv, "A=b", &[("document/f", json!({"A": "b"}))])]
#[case(Format::Properties, "a=b", &[("document/f", json!({"a": "b"}))])]
#[case(Format::Csv, "a\nb\nc\n", &[("document/f", json!([{"a": "b"}, {"a": "c"}]))])]
fn a_file_is_taken_apart_into_documents(
    #[case] format: Format,
    #[case] text: &str,
    #[case] expected: &[(&str, Value)],
) {
    let expected: Vec<(String, Value)> = expected
        .iter()
        .map(|(id, value)| ((*id).to_owned(), value.clone()))
        .collect();
    assert_eq!(read("f", text, format), expected);
}

#[test]
fn a_dockerfile_is_one_list_of_commands() {
    let found = read("/a/Dockerfile", "FROM a\nUSER b\n", Format::Dockerfile);
    assert_eq!(found.len(), 1);
    assert_eq!(found[0].0, "document/a/Dockerfile");
    assert_eq!(found[0].1[1]["Cmd"], "user");
}

#[test]
fn the_parts_of_a_stream_and_of_a_list_have_positions() {
    let at = |text: &str, which: usize, path: &[Segment]| {
        let read = documents(&file("f", text), Format::Yaml);
        let location = read.subjects[which].source.locate(path).unwrap();
        (location.line, location.column)
    };
    assert_eq!(
        at("a: 1\n---\nb:\n  c: 2\n", 1, &["b".into(), "c".into()]),
        (4, 3)
    );
    assert_eq!(at("- a: 1\n- b: 2\n", 1, &["b".into()]), (2, 3));
}

#[test]
fn a_broken_document_hides_no_other() {
    let read = documents(&file("f", "a: [\n---\nb: 1\n"), Format::Yaml);
    assert_eq!(read.subjects.len(), 1);
    assert_eq!(read.diagnostics.len(), 1);
    assert_eq!(read.diagnostics[0].code, Code::Syntax);
}

#[test]
fn what_is_too_much_is_refused() {
    let codes = |text: &str, format: Format| {
        let read = documents(&file("f", text), format);
        assert!(read.subjects.is_empty());
        let codes: Vec<Code> = read.diagnostics.iter().map(|found| found.code).collect();
        codes
    };
    let long = format!("[{}1]", "1,".repeat(MAX_LISTED));
    assert_eq!(codes(&long, Format::Json), [Code::TooBig]);
    assert_eq!(codes("[]", Format::Json), [Code::NotASubject]);
    let big = format!("A={}", "x".repeat(4 * 1024 * 1024));
    assert_eq!(codes(&big, Format::Dotenv), [Code::TooBig]);
    let big = format!("a = \"{}\"\n", "x".repeat(1024 * 1024));
    assert_eq!(codes(&big, Format::Hcl2), [Code::TooBig]);
    let deep = format!("a = {}", "[".repeat(200));
    assert_eq!(codes(&deep, Format::Hcl2), [Code::TooDeep]);
    let deep = "[".repeat(200);
    assert_eq!(codes(&deep, Format::Jsonc), [Code::TooDeep]);
    assert_eq!(codes(&"<a>".repeat(200), Format::Xml), [Code::TooDeep]);
}

/// One text of every format, with most of what the format has.
const SAMPLES: &[(Format, &str)] = &[
    (
        Format::Yaml,
        "a: &x [1, {b: \"c\"}]\nd: *x\n---\n- |\n  text\n",
    ),
    (
        Format::Json,
        "{\"a\": [1, -2.5e3, \"\\u00e9\\n\"], \"b\": {\"c\": null}}",
    ),
    (
        Format::Jsonc,
        "// c\n{\"a\": [1, /* x */ 2,], \"b\": \"//\",}",
    ),
    (
        Format::Toml,
        "a = 1\n[b.c]\nd = \"\"\"x\ny\"\"\"\ne = [1.5, {f = 1979-05-27}]\n[[g]]\nh = 'i'\n",
    ),
    (
        Format::Hcl2,
        "a \"b\" c {\n  d = \"${e}-%{if f}g%{else}h%{endif}\"\n  i = [for x in y : x if z]\n  j = <<-EOT\n    k ${l}\n  EOT\n  m = {n = 1 + 2, (o) = !p ? q[0] : r(s...)}\n}\n",
    ),
    (
        Format::Dockerfile,
        "# escape=`\n# c\nFROM --platform=x a AS b\nENV A=\"b c\" D=e\nRUN <<-'EOF' cat `\n && x\n\ty\n\tEOF\nCMD [\"a\", \"b\"]\nONBUILD RUN x\nHEALTHCHECK --interval=1s CMD y\n",
    ),
    (
        Format::Ini,
        "; c\n[a \"b\"]\nc = \"\"\"d\ne\"\"\"\nf: `g` # h\n- = i \\\n j\n'k' = 'l'\n",
    ),
    (
        Format::Xml,
        "<?xml version=\"1.0\"?><!DOCTYPE a><a:b c=\"d&lt;\" e='f'>g &#x41;<h/><![CDATA[i]]><!-- j --></a:b>",
    ),
    (
        Format::Dotenv,
        "export A='b' # c\nD: \"e $A\n\\$f ${A}\"\n# g\nH=\n",
    ),
    (
        Format::Properties,
        "# a\nb\\ c = d ${e}\\\n  f\ne:\\u00e9\n! g\nh i\n",
    ),
    (Format::Csv, "a,b\r\n\"c \"\"d\"\",\ne\",f\n\ng,h\n"),
];

#[test]
fn every_sample_is_read() {
    assert_eq!(SAMPLES.len(), Format::ALL.len());
    for (format, text) in SAMPLES {
        let read = documents(&file("f", text), *format);
        assert_eq!(read.diagnostics, [], "{format:?}");
        assert!(!read.subjects.is_empty(), "{format:?}");
    }
}

/// A sample with some of its characters replaced, taken out, doubled or followed by others, and perhaps cut.
fn mutated() -> impl Strategy<Value = (Format, String)> {
    let change = (
        any::<prop::sample::Index>(),
        0..4_u8,
        prop::sample::select(ALPHABET),
    );
    let changes = prop::collection::vec(change, 1..12);
    (
        0..SAMPLES.len(),
        changes,
        prop::option::of(any::<prop::sample::Index>()),
    )
        .prop_map(|(sample, changes, cut)| {
            let (format, text) = SAMPLES[sample];
            let mut characters: Vec<char> = text.chars().collect();
            for (at, how, character) in changes {
                let at = at.index(characters.len());
                match how {
                    0 => characters[at] = character,
                    1 if characters.len() > 1 => {
                        characters.remove(at);
                    }
                    2 => characters.insert(at, characters[at]),
                    _ => characters.insert(at, character),
                }
            }
            if let Some(cut) = cut {
                characters.truncate(cut.index(characters.len()) + 1);
            }
            (format, characters.into_iter().collect())
        })
}

const ALPHABET: &[char] = &[
    ' ', '\t', '\n', '\r', '"', '\'', '`', '\\', '#', ';', '$', '{', '}', '[', ']', '(', ')', '<',
    '>', '&', '=', ':', ',', '.', '-', '!', '?', '%', '/', '*', 'a', 'E', '0', '9', 'é', '😀',
    '\u{feff}', '\u{85}', '\u{2028}', '\u{1}',
];

/// Every part of every subject can be located, within the text.
fn check_positions(read: &Read, text: &str) {
    // YAML knows more ends of a line.
    let ends = ['\n', '\r', '\u{85}', '\u{2028}'];
    let lines = u32::try_from(text.split(ends).count()).unwrap();
    for subject in &read.subjects {
        let location = subject.source.locate(&[]).unwrap();
        assert!(location.line >= 1 && location.line <= lines, "{location:?}");
        let excerpt = subject.source.excerpt(&location);
        assert!(excerpt.is_none_or(|excerpt| excerpt.highlight.1 <= 200));
    }
    for diagnostic in &read.diagnostics {
        let location = diagnostic.location.as_ref().unwrap();
        assert!(
            location.line >= 1 && location.line <= lines + 1,
            "{location:?}"
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(4_000) })]

    #[test]
    fn no_mutated_text_makes_a_parser_panic((format, text) in mutated()) {
        let read = documents(&file("f", &text), format);
        check_positions(&read, &text);
    }

    #[test]
    fn no_text_makes_a_parser_panic(
        format in prop::sample::select(Format::ALL),
        text in prop::collection::vec(prop::sample::select(ALPHABET), 0..60),
    ) {
        let text: String = text.into_iter().collect();
        let read = documents(&file("f", &text), format);
        check_positions(&read, &text);
    }
}
