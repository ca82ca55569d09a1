//! The digest of a policy set: the same where nothing that judges differs, another one where anything does.

use rstest::rstest;
use soc2gate_engine::{Bundle, BundleFiles, LoadOptions, RegoVersion};

use super::*;

const PLAIN: &str = "package main\n\ndeny contains \"x\" if input.n > data.limits.n\n";
const OTHER: &str = "package other\n\ndeny contains \"y\" if input.n\n";
/// Both versions of Rego read it.
const EITHER: &str =
    "package main\n\nimport rego.v1\n\ndeny contains \"x\" if input.n > data.limits.n\n";

fn file(name: &str, text: &str) -> PolicySource {
    PolicySource {
        file: name.to_owned(),
        text: text.to_owned(),
        prechecked: false,
    }
}

fn options(change: impl FnOnce(&mut LoadOptions)) -> LoadOptions {
    let mut options = LoadOptions::default();
    change(&mut options);
    options
}

fn with_limit(limit: &Value) -> LoadOptions {
    options(|options| {
        options
            .data
            .add(&["limits"], json!({ "n": limit }))
            .unwrap();
    })
}

fn digest(texts: &[&str], options: &LoadOptions) -> String {
    let sources: Vec<PolicySource> = texts
        .iter()
        .enumerate()
        .map(|(at, text)| file(&format!("{at}.rego"), text))
        .collect();
    Library::load_with(&sources, options).0.digest().to_owned()
}

fn bundle(name: &str, files: &[(&str, &str)]) -> Bundle {
    let files: BundleFiles = files
        .iter()
        .map(|(path, text)| ((*path).to_owned(), text.as_bytes().to_vec()))
        .collect();
    Bundle::from_files(name, &files, None).unwrap().0
}

fn with_bundle(bundle: Bundle) -> LoadOptions {
    options(|options| options.bundles.push(bundle))
}

#[rstest]
#[case::data(with_limit(&json!(3)))]
#[case::other_data(with_limit(&json!(4)))]
#[case::data_of_another_type(with_limit(&json!("3")))]
#[case::namespaces(options(|options| options.namespaces.push("main".to_owned())))]
#[case::combine(options(|options| options.combine = true))]
#[case::rego_version(options(|options| options.rego_version = Some(RegoVersion::V1)))]
#[case::data_of_a_bundle(with_bundle(bundle("b", &[("limits/data.json", "{\"n\": 5}")])))]
#[case::policy_of_a_bundle(with_bundle(bundle("b", &[("p.rego", "package third\n\ndeny contains \"z\" if input.n\n")])))]
#[case::template(options(|options| options.manifests.push(file("t.yaml", gatekeeper::LABELS))))]
fn what_can_change_a_verdict_changes_the_digest(#[case] options: LoadOptions) {
    let texts = [PLAIN, OTHER];
    let plain = digest(&texts, &LoadOptions::default());
    assert_ne!(digest(&texts, &options), plain);
    assert_eq!(digest(&texts, &options), digest(&texts, &options));
    assert_ne!(digest(&[PLAIN], &options), digest(&texts, &options));
}

#[test]
fn other_values_of_data_give_other_digests() {
    let all = [json!(3), json!(4), json!("3"), json!([3]), json!(null)];
    let digests: std::collections::BTreeSet<String> = all
        .iter()
        .map(|limit| digest(&[PLAIN], &with_limit(limit)))
        .collect();
    assert_eq!(digests.len(), all.len());
}

#[test]
fn the_version_that_a_bundle_names_for_a_file_counts() {
    let with = |manifest: &str| {
        let files = [(".manifest", manifest), ("p.rego", EITHER)];
        digest(&[], &with_bundle(bundle("b", &files)))
    };
    let nothing = with("{}");
    assert_ne!(nothing, with("{\"rego_version\": 0}"));
    assert_ne!(with("{\"rego_version\": 1}"), with("{\"rego_version\": 0}"));
}

#[test]
fn where_things_lie_and_in_what_order_does_not_count() {
    let namespaces = |names: [&str; 2]| {
        options(|options| options.namespaces = names.map(str::to_owned).to_vec())
    };
    assert_eq!(
        digest(&[PLAIN, OTHER], &namespaces(["main", "other"])),
        digest(&[OTHER, PLAIN], &namespaces(["other", "main"]))
    );
    // A document is the same whether it comes from a bundle or from a file.
    let files = [("limits/data.json", "{\"n\": 5}")];
    assert_eq!(
        digest(&[PLAIN], &with_bundle(bundle("b", &files))),
        digest(&[PLAIN], &with_limit(&json!(5)))
    );
    let named = |name: &str| with_bundle(bundle(name, &[("p.rego", PLAIN)]));
    assert_eq!(digest(&[], &named("a")), digest(&[], &named("b")));
}

#[test]
fn what_is_left_out_does_not_count() {
    assert_eq!(
        digest(
            &[PLAIN, "package broken\n\ndeny if {"],
            &LoadOptions::default()
        ),
        digest(&[PLAIN], &LoadOptions::default())
    );
}

#[test]
fn numbers_survive_being_stored() {
    for number in [
        "0.1",
        "1e300",
        "123456789.123456789",
        "-2.2250738585072014e-308",
    ] {
        let value: Value = serde_json::from_str(number).unwrap();
        let kept = with_limit(&value);
        let stored = serde_json::to_vec(&kept).unwrap();
        let again: LoadOptions = serde_json::from_slice(&stored).unwrap();
        assert_eq!(
            digest(&[PLAIN], &kept),
            digest(&[PLAIN], &again),
            "{number}"
        );
    }
}
