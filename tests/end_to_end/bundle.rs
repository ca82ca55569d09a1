//! OPA bundles, unchanged, through the real binary.

use std::fmt::Write as _;
use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::*;

/// Policy and data as a bundle has them: data by its folder, a library, a test beside it.
const POLICY: &str = r#"package kubernetes.admission

import data.kubernetes.lib

deny contains msg if {
	lib.is_service
	some port in input.spec.ports
	not port.port in data.kubernetes.allowed.ports
	msg := sprintf("port %d is not allowed", [port.port])
}

warn contains "a warning" if input.metadata.labels.old
"#;
const LIBRARY: &str = "package kubernetes.lib\n\nis_service if input.kind == \"Service\"\n";
const TEST: &str = "package kubernetes.admission_test\n\ntest_x if true\n";
const MANIFEST: &str =
    r#"{"revision": "2026-11-23.1", "roots": ["kubernetes"], "rego_version": 1}"#;
const DATA: &str = r#"{"ports": [443, 8443]}"#;

const FILES: &[(&str, &str)] = &[
    ("/.manifest", MANIFEST),
    ("/kubernetes/allowed/data.json", DATA),
    ("/policy/admission.rego", POLICY),
    ("/policy/admission_test.rego", TEST),
    ("/policy/lib.rego", LIBRARY),
];

const ALLOWED: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: good, namespace: shop}\nspec: {ports: [{port: 443}]}\n";
const DENIED: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: bad, namespace: shop}\nspec: {ports: [{port: 22}]}\n";

/// RFC 7515 appendix A.3: the key, and its public half.
const PRIVATE: &str = r#"{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0","d":"jpsQnnGQmL-YBIffH1136cspYG6-0iY7X1fCE9-E9LI"}"#;
const PUBLIC: &str = "-----BEGIN PUBLIC KEY-----\nMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEf83OJ3D2xF1Bg8vub9tLe1gHMzV7\n6e8Tus9uPHvRVEXH8UTNG72bfocs3+257rn0s2ldbqkLJK2KRiMohYjlrQ==\n-----END PUBLIC KEY-----\n";

/// A gzipped tar with paths as they stand.
pub(super) fn archive(files: &[(&str, &str)]) -> Vec<u8> {
    let encoder = GzEncoder::new(Vec::new(), Compression::default());
    let mut tar = tar::Builder::new(encoder);
    for (path, text) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.as_old_mut().name[..path.len()].copy_from_slice(path.as_bytes());
        header.set_cksum();
        tar.append(&header, text.as_bytes()).unwrap();
    }
    tar.into_inner().unwrap().finish().unwrap()
}

/// A folder with a bundle and what it judges.
fn example(files: &[(&str, &str)]) -> TempDir {
    let folder = folder(&[
        ("good.yaml", ALLOWED),
        ("bad.yaml", DENIED),
        ("key.pem", PUBLIC),
        ("secret", "Hunter2CanaryXq7"),
    ]);
    put(&folder, files);
    folder
}

fn put(folder: &TempDir, files: &[(&str, &str)]) {
    std::fs::write(folder.path().join("bundle.tar.gz"), archive(files)).unwrap();
}

const ONLY: &[&str] = &["--control", "kubernetes.admission"];

/// The exit code, the codes of diagnostics and the verdicts of the bundle.
fn run(folder: &TempDir, more: &[&str]) -> (i32, Vec<String>, Vec<String>) {
    let arguments = [&["-p", "bundle.tar.gz"], ONLY, more].concat();
    let (report, code) = check(folder.path(), &arguments);
    let verdicts = report["decisions"].as_array().unwrap().iter();
    let verdicts = verdicts
        .flat_map(|decision| decision["verdicts"].as_array().unwrap())
        .map(|verdict| {
            let told = verdict["findings"][0]["message"].as_str();
            let told = told.unwrap_or_default();
            let line = format!("{} {told}", verdict["status"].as_str().unwrap());
            line.trim_end().to_owned()
        })
        .collect();
    (code, codes(&report), verdicts)
}

/// What is said of a bundle that is refused, behind its code; the exit code is 2.
fn refused(folder: &TempDir, more: &[&str]) -> String {
    let arguments = [&["-p", "bundle.tar.gz"], more, &["good.yaml"]].concat();
    let (report, code) = check(folder.path(), &arguments);
    let problems = report["diagnostics"].as_array().unwrap();
    let errors = problems.iter().find(|told| told["severity"] == "error");
    let problem = errors.unwrap_or_else(|| panic!("{report:#}"));
    assert_eq!(code, 2, "{report:#}");
    let file = problem["location"]["file"].as_str().unwrap_or_default();
    let text = format!(
        "{} {file} {}",
        problem["code"].as_str().unwrap(),
        problem["message"].as_str().unwrap()
    );
    text.replace("  ", " ")
}

/// Files with a signature of their own by the private key.
fn signed<'a>(
    files: &[(&'a str, &'a str)],
    claims: &str,
    token: &'a mut String,
) -> Vec<(&'a str, &'a str)> {
    let mut listed = Vec::new();
    for (path, text) in files {
        let by_value = path.ends_with("data.json") || path.ends_with(".manifest");
        let text = if by_value {
            serde_json::from_str::<Value>(text).unwrap().to_string()
        } else {
            (*text).to_owned()
        };
        let mut hash = String::new();
        for byte in Sha256::digest(text) {
            write!(hash, "{byte:02x}").unwrap();
        }
        let name = path.trim_start_matches('/');
        listed.push(format!(
            r#"{{"name":"{name}","hash":"{hash}","algorithm":"SHA-256"}}"#
        ));
    }
    let query = format!(
        r#"io.jwt.encode_sign({{"alg":"ES256","kid":"release"}}, {{"files":[{}],"iss":"ci"{claims}}}, {PRIVATE})"#,
        listed.join(",")
    );
    let nothing = folder(&[]);
    let output = soc2gate(nothing.path())
        .args(["eval", &query])
        .output()
        .unwrap();
    let value = &report(&output)["results"][0]["expressions"][0]["value"];
    *token = format!(r#"{{"signatures": [{value}]}}"#);
    let mut files = files.to_vec();
    files.push(("/.signatures.json", token));
    files
}

const TRUST: &[&str] = &["--verification-key", "key.pem", "--signing-alg", "ES256"];

#[test]
fn a_bundle_judges_unchanged() {
    let folder = example(FILES);
    let read = vec!["SG4035 bundle.tar.gz:1:1".to_owned()];
    let (code, codes, verdicts) = run(&folder, &["good.yaml"]);
    assert_eq!(
        (code, codes, verdicts),
        (0, read.clone(), vec!["pass".to_owned()])
    );
    let (code, codes, verdicts) = run(&folder, &["bad.yaml"]);
    let fails = vec!["fail port 22 is not allowed".to_owned()];
    assert_eq!((code, codes, verdicts), (1, read, fails));
    // Also without the slash that OPA writes, and named by the configuration.
    let plain: Vec<(&str, &str)> = FILES
        .iter()
        .map(|(path, text)| (&path[1..], *text))
        .collect();
    put(&folder, &plain);
    let config = "version: 1\npolicies: [bundle.tar.gz]\n";
    std::fs::write(folder.path().join("soc2gate.yaml"), config).unwrap();
    assert_eq!(check(folder.path(), &["bad.yaml"]).1, 1);
}

#[test]
fn the_revision_is_told() {
    let folder = example(FILES);
    let output = soc2gate(folder.path())
        .args(["check", "-p", "bundle.tar.gz", "good.yaml"])
        .output()
        .unwrap();
    let text = String::from_utf8([output.stdout, output.stderr].concat()).unwrap();
    assert!(text.contains("revision 2026-11-23.1, not signed"), "{text}");
}

#[test]
fn exceptions_and_enforcement_reach_bundles() {
    let folder = example(FILES);
    let config = "version: 1\npolicies: [bundle.tar.gz]\nexceptions: exceptions.yaml\n";
    let exception = "version: 1\nexceptions:\n- id: EXC-1\n  control: kubernetes.admission\n  subjects: [kubernetes/Service/shop/bad]\n  reason: until the move\n  compensating_control: firewall\n  ticket: OPS-1\n  requested_by: ann\n  approved_by: bo\n  approved_at: 2026-11-01\n  expires_at: 2027-01-01\n";
    std::fs::write(folder.path().join("soc2gate.yaml"), config).unwrap();
    std::fs::write(folder.path().join("exceptions.yaml"), exception).unwrap();
    let (report, code) = check(folder.path(), &["bad.yaml"]);
    assert_eq!(code, 0, "{report:#}");
    let excepted = report["decisions"][0]["verdicts"]
        .as_array()
        .unwrap()
        .iter();
    let excepted: Vec<&Value> = excepted
        .filter(|verdict| verdict["control"] == "kubernetes.admission")
        .map(|verdict| &verdict["exception"]["id"])
        .collect();
    assert_eq!(excepted, [&Value::from("EXC-1")]);
    let config = "version: 1\npolicies: [bundle.tar.gz]\ncontrols:\n  kubernetes.admission: {enforcement: warn}\n";
    std::fs::write(folder.path().join("soc2gate.yaml"), config).unwrap();
    assert_eq!(check(folder.path(), &["bad.yaml"]).1, 0);
}

#[test]
fn commands_that_take_policies_take_bundles() {
    let folder = example(FILES);
    let run = |arguments: &[&str]| {
        let output = soc2gate(folder.path()).args(arguments).output().unwrap();
        (
            String::from_utf8(output.stdout).unwrap(),
            output.status.code().unwrap(),
        )
    };
    let (listed, code) = run(&["control", "list", "-p", "bundle.tar.gz"]);
    assert!(
        code == 0 && listed.contains("kubernetes.admission:warn"),
        "{listed}"
    );
    let (text, code) = run(&[
        "eval",
        "data.kubernetes.admission.deny",
        "-p",
        "bundle.tar.gz",
        "-i",
        "bad.yaml",
    ]);
    assert!(
        code == 0 && text.contains("port 22 is not allowed"),
        "{text}"
    );
    let (_, code) = run(&[
        "eval",
        "1",
        "-p",
        "bundle.tar.gz",
        "--verification-key",
        "key.pem",
    ]);
    assert_eq!(code, 2);
}

#[test]
fn a_folder_with_a_manifest_is_a_bundle() {
    let mut token = String::new();
    let files = signed(FILES, "", &mut token);
    let folder = example(FILES);
    for (path, text) in &files {
        let path = folder.path().join(format!("unpacked{path}"));
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let arguments = [&["-p", "unpacked", "bad.yaml"], ONLY].concat();
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!(
        (code, codes(&report)),
        (1, vec!["SG4036 unpacked:1:1".to_owned()])
    );
    let arguments = [arguments.as_slice(), TRUST].concat();
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!(
        (code, codes(&report)),
        (1, vec!["SG4035 unpacked:1:1".to_owned()])
    );
    std::fs::write(folder.path().join("unpacked/notes.txt"), "new").unwrap();
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!(
        (code, codes(&report)[0].as_str()),
        (2, "SG4032 unpacked/notes.txt:1:1")
    );
}

#[test]
fn a_signed_bundle_is_verified() {
    let mut token = String::new();
    let files = signed(FILES, "", &mut token);
    let folder = example(&files);
    // Without a key it judges, with a note.
    let (code, codes, _) = run(&folder, &["bad.yaml"]);
    assert_eq!(
        (code, codes),
        (1, vec!["SG4036 bundle.tar.gz:1:1".to_owned()])
    );
    let (code, codes, _) = run(&folder, &[TRUST, &["good.yaml"]].concat());
    assert_eq!(
        (code, codes),
        (0, vec!["SG4035 bundle.tar.gz:1:1".to_owned()])
    );
    let (code, _, verdicts) = run(&folder, &[TRUST, &["bad.yaml"]].concat());
    assert_eq!((code, verdicts.len()), (1, 1));
    let key_id = [TRUST, &["--verification-key-id", "release", "good.yaml"]].concat();
    assert_eq!(run(&folder, &key_id).0, 0);
    // By the configuration, whose paths are its own.
    let config = "version: 1\npolicies: [bundle.tar.gz]\nbundle_verification: {key: key.pem, key_id: release, algorithm: ES256}\n";
    std::fs::write(folder.path().join("soc2gate.yaml"), config).unwrap();
    let (report, code) = check(folder.path(), &["good.yaml"]);
    assert_eq!(code, 0, "{report:#}");
    assert_eq!(super::codes(&report), ["SG4035 bundle.tar.gz:1:1"]);
    put(&folder, FILES);
    assert_eq!(check(folder.path(), &["good.yaml"]).1, 2);
}

#[test]
fn what_is_not_signed_by_the_key_is_refused() {
    let mut token = String::new();
    let files = signed(FILES, r#","scope":"write""#, &mut token);
    let folder = example(&files);
    let write = [TRUST, &["--scope", "write"]].concat();
    assert_eq!(run(&folder, &[&write[..], &["good.yaml"]].concat()).0, 0);
    let with = |more: &[&str]| refused(&folder, more);
    assert_eq!(
        with(TRUST),
        "SG4032 bundle.tar.gz the signature is for another scope"
    );
    assert_eq!(
        with(&["--verification-key", "key.pem", "--scope", "write"]),
        "SG4032 bundle.tar.gz the signed text is for another algorithm or demands what is not understood"
    );
    assert_eq!(
        with(&["--verification-key", "secret", "--signing-alg", "HS256"]),
        "SG4032 bundle.tar.gz the signed text is for another algorithm or demands what is not understood"
    );
    assert_eq!(
        with(&[&write[..], &["--verification-key-id", "other"]].concat()),
        "SG4032 bundle.tar.gz the signature names another key"
    );
    assert!(with(&["--verification-key", "missing.pem"]).starts_with("SG1001 missing.pem"));
    assert_eq!(
        with(&["--scope", "write"]),
        "SG4032 signatures of bundles cannot be checked without --verification-key"
    );
    let other = PUBLIC.replace("f83OJ3D2", "f83OJ3D3");
    std::fs::write(folder.path().join("other.pem"), other).unwrap();
    let problem = with(&[
        "--verification-key",
        "other.pem",
        "--signing-alg",
        "ES256",
        "--scope",
        "write",
    ]);
    assert!(
        problem.starts_with("SG4032 bundle.tar.gz the "),
        "{problem}"
    );

    let mut changed = files.clone();
    changed[2].1 = LIBRARY;
    put(&folder, &changed);
    assert_eq!(
        with(&write),
        "SG4032 bundle.tar.gz/policy/admission.rego the file is not the one that was signed"
    );
    let mut more = files.clone();
    more.push(("/policy/more.rego", "package kubernetes.more\n"));
    put(&folder, &more);
    assert_eq!(
        with(&write),
        "SG4032 bundle.tar.gz/policy/more.rego the file is not listed in the signature"
    );
    let excluded = [
        &write[..],
        &["--exclude-files-verify", "policy/more.*", "good.yaml"],
    ]
    .concat();
    assert_eq!(run(&folder, &excluded).0, 0);
    let mut less = files.clone();
    less.remove(3);
    put(&folder, &less);
    assert_eq!(
        with(&write),
        "SG4032 bundle.tar.gz/policy/admission_test.rego the file is listed in the signature and is not in the bundle"
    );
    put(&folder, FILES);
    assert_eq!(
        with(&write),
        "SG4032 bundle.tar.gz the bundle is not signed: it has no .signatures.json"
    );
    let usage = soc2gate(folder.path())
        .args([
            "check",
            "-p",
            "bundle.tar.gz",
            "--verification-key",
            "key.pem",
            "--signing-alg",
            "none",
        ])
        .output()
        .unwrap();
    assert_eq!(usage.status.code(), Some(64));
}

#[test]
fn hostile_archives_are_refused() {
    let folder = example(FILES);
    let path = folder.path().join("bundle.tar.gz");
    let whole = std::fs::read(&path).unwrap();
    let told = |bytes: &[u8]| {
        std::fs::write(&path, bytes).unwrap();
        refused(&folder, &[])
    };
    assert_eq!(
        told(&whole[..whole.len() / 2]),
        "SG4031 bundle.tar.gz it is no gzip, is damaged or ends early"
    );
    assert_eq!(
        told(b""),
        "SG4031 bundle.tar.gz it is no gzip, is damaged or ends early"
    );
    assert_eq!(
        told(&[&whole[..], b"more"].concat()),
        "SG4031 bundle.tar.gz there is more behind the end of the gzip"
    );
    assert_eq!(
        told(&archive(&[("../../policy/main.rego", POLICY)])),
        "SG4031 bundle.tar.gz a path of the archive leads out of it or is no plain path"
    );
    assert_eq!(
        told(&archive(&[("a.rego", POLICY), ("/a.rego", LIBRARY)])),
        "SG4031 bundle.tar.gz/a.rego the file stands twice in the archive"
    );
    let mut link = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::default()));
    let mut header = tar::Header::new_ustar();
    header.set_entry_type(tar::EntryType::Symlink);
    header.set_size(0);
    link.append_link(&mut header, "policy/main.rego", "/etc/passwd")
        .unwrap();
    assert_eq!(
        told(&link.into_inner().unwrap().finish().unwrap()),
        "SG4031 bundle.tar.gz/policy/main.rego it holds something that is neither a file nor a folder, such as a link"
    );
    let mut bomb = GzEncoder::new(Vec::new(), Compression::best());
    for _ in 0..65 {
        bomb.write_all(&vec![0; 1 << 20]).unwrap();
    }
    assert_eq!(
        told(&bomb.finish().unwrap()),
        "SG4031 bundle.tar.gz it is larger than 67108864 bytes when it is decompressed"
    );
    assert_eq!(
        told(&archive(&[("patch.json", r#"{"data": []}"#)])),
        "SG4031 bundle.tar.gz/patch.json the bundle changes another one (a delta bundle) and cannot be judged by alone"
    );
    // Nothing was unpacked.
    assert!(!folder.path().join("policy").exists());
}

#[test]
fn bundles_keep_to_their_roots() {
    let outside = [
        FILES[0],
        ("/policy/x.rego", "package main\n\ndeny contains \"x\"\n"),
    ];
    let folder = example(&outside);
    assert!(refused(&folder, &[]).starts_with("SG4033 bundle.tar.gz/policy/x.rego package main"));
    put(
        &folder,
        &[
            FILES[0],
            FILES[2],
            FILES[4],
            ("/data.json", "{\"other\": 1}"),
        ],
    );
    assert_eq!(
        refused(&folder, &[]),
        "SG4033 bundle.tar.gz its data at other is outside of its roots"
    );
    put(&folder, FILES);
    std::fs::copy(
        folder.path().join("bundle.tar.gz"),
        folder.path().join("other.tar.gz"),
    )
    .unwrap();
    let arguments = ["-p", "bundle.tar.gz", "-p", "other.tar.gz", "good.yaml"];
    let (report, code) = check(folder.path(), &arguments);
    let codes = codes(&report);
    assert_eq!(code, 2);
    assert!(
        codes.contains(&"SG4033 other.tar.gz:1:1".to_owned()),
        "{codes:?}"
    );
    // The same one twice is one.
    let arguments = ["-p", "bundle.tar.gz", "-p", "./bundle.tar.gz", "good.yaml"];
    assert_eq!(check(folder.path(), &arguments).1, 0);
}

#[test]
fn a_bundle_is_never_idle_in_silence() {
    // `allow` is no rule that judges here.
    let allow = "package kubernetes.authz\n\ndefault allow := false\n";
    let folder = example(&[FILES[0], ("/policy/authz.rego", allow)]);
    let (report, code) = check(folder.path(), &["-p", "bundle.tar.gz", "good.yaml"]);
    assert_eq!(code, 2);
    assert_eq!(
        codes(&report)[1..],
        ["SG4020 bundle.tar.gz:1:1"],
        "{report:#}"
    );
    // A folder that holds a bundle is not one.
    let policy = "package main\n\ndeny contains \"x\" if input.x\n";
    std::fs::write(folder.path().join("p.rego"), policy).unwrap();
    let (report, code) = check(folder.path(), &["-p", ".", "good.yaml"]);
    assert_eq!(code, 0, "{report:#}");
    let codes_of = codes(&report);
    assert!(
        codes_of.contains(&"SG4034 bundle.tar.gz:1:1".to_owned()),
        "{codes_of:?}"
    );
    std::fs::create_dir(folder.path().join("alone")).unwrap();
    std::fs::copy(
        folder.path().join("bundle.tar.gz"),
        folder.path().join("alone/bundle.tar.gz"),
    )
    .unwrap();
    let (report, code) = check(folder.path(), &["-p", "alone", "good.yaml"]);
    assert_eq!((code, codes(&report)[1].as_str()), (2, "SG1001 alone:1:1"));
    // A key without a bundle.
    let arguments = [&["-p", "p.rego", "good.yaml"], TRUST].concat();
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!((code, codes(&report)), (0, vec!["SG4034".to_owned()]));
}

#[test]
fn rego_is_read_in_the_version_of_the_manifest() {
    let old = "package main\n\ndeny[msg] { input.kind == \"Service\"; msg := \"old\" }\n";
    let manifest = r#"{"rego_version": 1, "file_rego_versions": {"/old/*": 0}}"#;
    let new = "package lib\n\nx contains 1 if true\n";
    let folder = example(&[
        ("/.manifest", manifest),
        ("/old/a.rego", old),
        ("/b.rego", new),
    ]);
    let arguments = ["-p", "bundle.tar.gz", "--control", "main", "bad.yaml"];
    let (report, code) = check(folder.path(), &arguments);
    assert_eq!((code, codes(&report).len()), (1, 1), "{report:#}");
    put(
        &folder,
        &[
            ("/.manifest", r#"{"rego_version": 1}"#),
            ("/old/a.rego", old),
        ],
    );
    assert_eq!(check(folder.path(), &arguments).1, 2);
}
