//! The download: only what was released is unpacked and run.

use data_encoding::HEXLOWER;
use flate2::write::GzEncoder;
use rstest::rstest;
use sha2::{Digest as _, Sha256};

use super::*;

const VERSION: &str = "0.1.0";

/// An archive with one file.
fn archive(name: &str, text: &str) -> Vec<u8> {
    let mut tar = tar::Builder::new(GzEncoder::new(Vec::new(), flate2::Compression::fast()));
    let mut header = tar::Header::new_gnu();
    header.set_size(text.len() as u64);
    header.set_mode(0o755);
    tar.append_data(&mut header, name, text.as_bytes()).unwrap();
    tar.into_inner().unwrap().finish().unwrap()
}

fn sha256(bytes: &[u8]) -> String {
    HEXLOWER.encode(&Sha256::digest(bytes))
}

/// An action with a mirror that holds an archive for a platform.
fn mirrored(bytes: &[u8], platform: &str) -> Action {
    let action = Action::new();
    let folder = action.path("mirror").join(format!("v{VERSION}"));
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("soc2gate-{platform}.tar.gz")), bytes).unwrap();
    let mirror = format!("file://{}", action.path("mirror").display());
    action.with("mirror", mirror).with("version", VERSION)
}

fn released() -> Vec<u8> {
    archive("soc2gate", &program(""))
}

/// What the program was started with.
fn arguments(action: &Action) -> Option<String> {
    fs::read_to_string(action.path("temp/arguments")).ok()
}

/// Nothing was run, and nothing but an archive is on the disk.
fn assert_untouched(action: &Action) {
    assert_eq!(arguments(action), None);
    for folder in fs::read_dir(action.path("temp")).unwrap().flatten() {
        for file in fs::read_dir(folder.path()).unwrap().flatten() {
            assert_eq!(file.file_name(), "soc2gate.tar.gz");
        }
    }
}

#[rstest]
#[case("Linux", "X64", "linux-x86_64")]
#[case("Linux", "ARM64", "linux-aarch64")]
#[case("macOS", "X64", "macos-x86_64")]
#[case("macOS", "ARM64", "macos-aarch64")]
fn what_has_the_right_checksum_is_run(
    #[case] os: &str,
    #[case] arch: &str,
    #[case] platform: &str,
) {
    let bytes = released();
    let action = mirrored(&bytes, platform)
        .with("sha256", sha256(&bytes))
        .set("RUNNER_OS", os)
        .set("RUNNER_ARCH", arch);
    let ended = action.run();
    assert_eq!((ended.code, ended.log.as_str()), (0, ""));
    assert_eq!(
        arguments(&action).unwrap(),
        "check\nevent\n--github-outputs\n--format\ngithub\n"
    );
}

#[test]
fn the_table_of_the_action_holds_checksums() {
    let bytes = released();
    let action = mirrored(&bytes, "linux-x86_64");
    let line = |version, platform, sum: &str| format!("{version} {platform} {sum}\n");
    let table = [
        "# comment\n".to_owned(),
        line("0.0.9", "linux-x86_64", &"0".repeat(64)),
        line(VERSION, "linux-aarch64", &"1".repeat(64)),
        line(VERSION, "linux-x86_64", &sha256(&bytes)),
    ];
    fs::write(action.path("action/checksums.txt"), table.concat()).unwrap();
    let ended = action.run();
    assert_eq!((ended.code, ended.log.as_str()), (0, ""));
    assert!(arguments(&action).is_some());
}

#[rstest]
#[case::another_checksum(&"0".repeat(64), "the download is not what was released: its checksum differs")]
#[case::none(
    "",
    "no checksum is known for version 0.1.0 on linux-x86_64: give it with the input sha256"
)]
#[case::upper_case(&"A".repeat(64), "a checksum is 64 digits of 0 to 9 and a to f: see the input sha256")]
#[case::short(
    "0123",
    "a checksum is 64 digits of 0 to 9 and a to f: see the input sha256"
)]
fn what_is_not_known_to_be_released_is_not_unpacked(
    #[case] checksum: &str,
    #[case] expected: &str,
) {
    let action = mirrored(&released(), "linux-x86_64").with("sha256", checksum);
    assert_eq!(action.run().refusal(), expected);
    assert_untouched(&action);
}

#[test]
fn a_download_that_was_cut_short_is_not_unpacked() {
    let bytes = released();
    let action = mirrored(&bytes[..bytes.len() / 2], "linux-x86_64").with("sha256", sha256(&bytes));
    assert!(action.run().refusal().ends_with("its checksum differs"));
    assert_untouched(&action);
}

#[rstest]
#[case::cut_short(&released()[..40], "the download cannot be unpacked")]
#[case::no_archive(b"<html>", "the download cannot be unpacked")]
#[case::another_program(&archive("other", ""), "the download cannot be unpacked")]
fn an_archive_without_the_program_is_refused(#[case] bytes: &[u8], #[case] expected: &str) {
    let action = mirrored(bytes, "linux-x86_64").with("sha256", sha256(bytes));
    assert_eq!(action.run().refusal(), expected);
    assert_eq!(arguments(&action), None);
}

#[test]
fn what_is_not_there_cannot_be_downloaded() {
    let checksum = "0".repeat(64);
    let action = mirrored(&released(), "linux-x86_64").with("sha256", checksum.as_str());
    let other = action.with("version", "9.9.9").run();
    assert_eq!(
        other.refusal(),
        "version 9.9.9 for linux-x86_64 cannot be downloaded"
    );
    // Without encryption anyone on the way could answer; and an option is no address.
    for mirror in ["http://127.0.0.1:9", "ftp://127.0.0.1:9", "-o/tmp/x"] {
        let action = Action::new()
            .with("sha256", checksum.as_str())
            .with("mirror", mirror);
        assert!(
            action.run().refusal().ends_with("cannot be downloaded"),
            "{mirror}"
        );
        assert_untouched(&action);
    }
}

#[rstest]
#[case("latest")]
#[case("")]
#[case("0.1")]
#[case("v0.1.0")]
#[case("0.1.0/../../9.9.9")]
#[case("0.1.0\n::error::x")]
#[case("$(touch \"$RUNNER_TEMP/touched\")")]
fn only_an_exact_version_is_one(#[case] version: &str) {
    let action = mirrored(&released(), "linux-x86_64").with("version", version);
    assert_eq!(
        action.run().refusal(),
        "the input version is no exact version"
    );
    assert_untouched(&action);
}

#[rstest]
#[case("Windows", "X64")]
#[case("Linux", "X86")]
#[case("", "")]
fn a_runner_without_a_binary_is_told(#[case] os: &str, #[case] arch: &str) {
    let action = Action::new().set("RUNNER_OS", os).set("RUNNER_ARCH", arch);
    let expected = "there is no binary for this runner: give one with the input binary";
    assert_eq!(action.run().refusal(), expected);
}

#[test]
fn a_binary_of_the_runner_is_run_without_a_download() {
    let action = Action::new()
        .with("mirror", "https://127.0.0.1:9")
        .set("RUNNER_OS", "Windows");
    let folder = action.path("workspace/a folder");
    fs::create_dir(&folder).unwrap();
    executable(&folder.join("gate"), &program(""));
    let action = action.with("binary", "a folder/gate");
    let ended = action.run();
    assert_eq!((ended.code, ended.log.as_str()), (0, ""));
    assert!(arguments(&action).is_some());
}

#[rstest]
#[case("missing")]
#[case(".")]
#[case("text")]
#[case("text\nbinary=/bin/true")]
fn what_is_no_program_is_refused(#[case] binary: &str) {
    let action = Action::new().with("binary", binary);
    fs::write(action.path("workspace/text"), "x").unwrap();
    let expected = "the input binary names no program that can be run";
    assert_eq!(action.run().refusal(), expected);
}

#[test]
fn the_table_has_one_checksum_for_a_version_and_a_platform() {
    let table = fs::read_to_string(root().join("ci-action/checksums.txt")).unwrap();
    let mut known = std::collections::BTreeSet::new();
    for line in table.lines().filter(|line| !line.starts_with('#')) {
        let words: Vec<&str> = line.split(' ').collect();
        let [version, platform, checksum] = words[..] else {
            panic!("{line}");
        };
        assert!(known.insert((version, platform)), "{line}");
        assert!(
            checksum.len() == 64 && checksum.bytes().all(|byte| byte.is_ascii_hexdigit()),
            "{line}"
        );
    }
    assert!(table.starts_with('#') && table.ends_with('\n'));
}
