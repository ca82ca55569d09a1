//! What the README runs.

use super::*;

#[test]
fn the_shop_is_allowed_with_one_exception() {
    let (report, code) = check(
        &root(),
        &["examples/shop", "--config", "examples/shop/soc2gate.yaml"],
    );
    assert_eq!((codes(&report), code), (vec![], 0), "{report:#}");
    let summary = &report["summary"];
    assert_eq!(
        (summary["fail"].as_u64(), summary["excepted"].as_u64()),
        (Some(0), Some(1)),
        "{summary}"
    );
    assert!(summary["subjects"].as_u64().unwrap() >= 10);
}

#[test]
fn what_is_rejected_is_rejected_for_these_reasons() {
    let (report, code) = check(&root(), &["examples/rejected"]);
    assert_eq!(code, 1);
    let mut failed: Vec<&str> = report["decisions"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|decision| decision["verdicts"].as_array().unwrap())
        .filter(|verdict| verdict["status"] == "fail")
        .map(|verdict| verdict["control"].as_str().unwrap())
        .collect();
    failed.sort_unstable();
    failed.dedup();
    for control in [
        "ACC-16", "CHG-01", "CHG-02", "CHG-03", "ENC-13", "NET-05", "SUP-02", "WRK-01", "WRK-02",
    ] {
        assert!(failed.contains(&control), "{control}: {failed:?}");
    }
}
