//! Real inputs that nobody here wrote, where they are present.

use std::collections::BTreeMap;

use super::*;

/// The folder of corpora; None, and a notice, where there is none.
fn corpora() -> Option<PathBuf> {
    let named = std::env::var_os("SOC2GATE_CORPORA").filter(|folder| !folder.is_empty());
    let Some(folder) = named.map(PathBuf::from) else {
        eprintln!("notice: skipped, SOC2GATE_CORPORA names no folder");
        return None;
    };
    assert!(
        folder.is_dir(),
        "SOC2GATE_CORPORA is no folder: {}",
        folder.display()
    );
    Some(folder)
}

#[test]
fn a_real_application_is_judged_whole() {
    let Some(corpora) = corpora() else { return };
    let folder = corpora.join("real/microservices-demo");
    let (report, code) = check(&folder, &["."]);
    assert_eq!(
        (codes(&report), code),
        (vec!["SG1011 kustomization.yaml:15:1".to_owned()], 1)
    );
    assert_eq!(report["summary"]["subjects"], 35);
    let mut verdicts: BTreeMap<(String, String), usize> = BTreeMap::new();
    for decision in report["decisions"].as_array().unwrap() {
        assert!(decision["subject"]["location"]["line"].as_u64().is_some());
        for verdict in decision["verdicts"].as_array().unwrap() {
            let key = |name: &str| verdict[name].as_str().unwrap().to_owned();
            *verdicts.entry((key("control"), key("status"))).or_default() += 1;
            for finding in verdict["findings"].as_array().into_iter().flatten() {
                let at = &finding["location"];
                let text =
                    std::fs::read_to_string(folder.join(at["file"].as_str().unwrap())).unwrap();
                let line = text
                    .lines()
                    .nth(at["line"].as_u64().unwrap() as usize - 1)
                    .unwrap();
                assert!(
                    line.len() >= at["column"].as_u64().unwrap() as usize,
                    "{finding}"
                );
            }
        }
    }
    let shown: Vec<String> = verdicts
        .iter()
        .map(|((control, status), count)| format!("{control} {status} {count}"))
        .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    ACC-19 fail 12
    ENC-11 fail 1
    ENC-11 not_applicable 11
    ENC-13 pass 12
    NET-05 fail 12
    SUP-01 unknown 12
    SUP-02 fail 12
    WRK-01 pass 12
    WRK-02 fail 12
    "#);
}

#[test]
fn terraform_and_other_json_is_skipped_and_said_so() {
    let Some(corpora) = corpora() else { return };
    let (report, code) = check(
        &corpora.join("real/terraform-plans"),
        &[".", "--allow-empty"],
    );
    assert_eq!((report["summary"]["subjects"].as_u64(), code), (Some(0), 0));
    assert!(
        codes(&report).iter().all(|code| code.starts_with("SG1011")),
        "{report:#}"
    );
}

#[test]
fn every_object_of_recorded_requests_can_be_judged() {
    let Some(corpora) = corpora() else { return };
    let folder = tempfile::tempdir().unwrap();
    let mut objects = 0;
    for entry in std::fs::read_dir(corpora.join("admission-reviews")).unwrap() {
        let path = entry.unwrap().path();
        let review: Value = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        let object = &review["request"]["object"];
        // What kubectl exec sends is no object of the cluster.
        if object.is_object() && object["metadata"].is_object() {
            objects += 1;
            std::fs::write(
                folder.path().join(path.file_name().unwrap()),
                object.to_string(),
            )
            .unwrap();
        }
    }
    let (report, code) = check(folder.path(), &[]);
    assert_eq!(
        report["summary"]["subjects"].as_u64(),
        Some(objects),
        "{:?}",
        codes(&report)
    );
    assert_eq!(codes(&report), Vec::<String>::new());
    assert!(objects > 40 && code == 1, "{objects} {code}");
    for decision in report["decisions"].as_array().unwrap() {
        for verdict in decision["verdicts"].as_array().unwrap() {
            for unknown in verdict["unknowns"].as_array().into_iter().flatten() {
                assert_eq!(unknown["reason"], "missing_fact", "{decision:#}");
            }
        }
    }
}
