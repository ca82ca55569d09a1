//! Tests of linking.

use super::*;

fn linked(texts: &[&str]) -> Option<Linked> {
    let modules: Vec<Module> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| Module::new(&format!("{at}.rego"), text))
        .collect();
    let (parsed, problems) = Parsed::new(&modules);
    assert_eq!(problems, []);
    link(&parsed)
}

#[test]
fn every_rule_gets_a_name_of_its_own() {
    let texts = [
        "package a.b\n\nimport rego.v1\n\nimport data.lib.one as l\n\ndeny contains m if {\n\tsome m in l.list\n\tl.f(m)\n\tdata.lib.one.map[m].deny == data.parameters[\"X\"].y\n}",
        "package lib.one\n\nlist := [x | some x in input.list]\n\nf(v) if v in list\n\nmap[k] := {\"deny\": v} if some k, v in list",
    ];
    let linked = linked(&texts).unwrap();
    let text: String = linked.module.text.replace('\t', "  ");
    insta::assert_snapshot!(text, @r#"
    package soc2gate_linked






    linked__0_deny contains m if {
      some m in linked__1_list
      linked__2_f(m)
      linked__3_map[m].deny == data.parameters["X"].y
    }


    linked__1_list := [x | some x in internal.collection(input.list)]

    linked__2_f(v) if v in linked__1_list

    linked__3_map[k] := {"deny": v} if some k, v in linked__1_list
    "#);
    assert_eq!(
        linked.name("data.a.b.deny"),
        Some("data.soc2gate_linked.linked__0_deny")
    );
    let problem = RegoProblem {
        file: PACKAGE.to_owned(),
        line: 11,
        column: 15,
        message: String::new(),
    };
    let placed = linked.placed(problem);
    assert_eq!(
        (placed.file.as_str(), placed.line, placed.column),
        ("0.rego", 10, 18)
    );
}

#[test]
fn what_is_not_plain_stays_as_it_is() {
    let library = "package lib\n\nx := 1\n\nf(y) := y";
    for text in [
        "package a\n\np := data.lib[input.name]",
        "package a\n\np := data.lib",
        "package a\n\np := data.lib[\"x\"]",
        "package a\n\nimport data.lib\n\np := lib",
        "package a\n\nq := 1\n\np(q) := q",
        "package a\n\nq := 1\n\np if {\n\tsome q in [1]\n\tq == 1\n}",
        "package a\n\nimport data.lib\n\np if {\n\tlib := 1\n\tlib == 1\n}",
        "package a\n\nimport input.x\n\np := x",
        "package a\n\np := linked__0_x\n\nlinked__0_x := 1",
        "package lib.x\n\np := 1",
    ] {
        assert!(linked(&[text, library]).is_none(), "{text}");
    }
}

/// The files below a folder that are policies and no tests.
fn policies(folder: &std::path::Path, found: &mut Vec<Module>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.to_string_lossy().into_owned();
        if path.is_dir() {
            policies(&path, found);
        } else if path
            .extension()
            .is_some_and(|extension| extension == "rego")
            && !name.ends_with("_test.rego")
        {
            found.push(Module::new(&name, &std::fs::read_to_string(path).unwrap()));
        }
    }
}

#[test]
fn the_whole_library_can_be_linked() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies");
    let mut modules = Vec::new();
    policies(&root.join("lib"), &mut modules);
    policies(&root.join("controls"), &mut modules);
    let (parsed, problems) = Parsed::new(&modules);
    assert_eq!(problems, []);
    let rules = Rules::new(parsed.ast()).unwrap();
    let obstacles: Vec<&str> = parsed
        .modules
        .iter()
        .zip(parsed.ast())
        .filter(|(_, tree)| {
            let linker = Linker::new(tree, &rules);
            linker.and_then(|linker| linker.edits(tree)).is_none()
        })
        .map(|(module, _)| &*module.file)
        .collect();
    assert_eq!(obstacles, Vec::<&str>::new());
    let linked = link(&parsed).unwrap();
    super::super::source::nesting::check(&linked.module).unwrap();
    let alone = Parsed {
        modules: vec![linked.module],
        ..Parsed::default()
    };
    alone.compile(&serde_json::json!({})).unwrap();
}
