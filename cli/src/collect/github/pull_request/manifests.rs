//! Which files may declare dependencies: a change that touches none of them adds and removes none.
//!
//! A name decides, and in doubt a file may. The manifests that GitHub's dependency graph reads are among those that may,
//! and so are the build files of which a workflow may tell it.

use soc2gate_inputs::pull_request::{ChangedFile, List};

/// Endings of source code, of documents and of what is drawn.
const TEXTS: &[&str] = &[
    "adoc",
    "avif",
    "bmp",
    "c",
    "cc",
    "cjs",
    "clj",
    "cpp",
    "cs",
    "css",
    "csv",
    "cxx",
    "dart",
    "editorconfig",
    "erl",
    "ex",
    "exs",
    "fs",
    "gif",
    "gitattributes",
    "gitignore",
    "go",
    "graphql",
    "h",
    "hpp",
    "hrl",
    "hs",
    "htm",
    "html",
    "ico",
    "java",
    "jpeg",
    "jpg",
    "js",
    "jsx",
    "kt",
    "less",
    "lua",
    "m",
    "markdown",
    "md",
    "mdx",
    "ml",
    "mjs",
    "mm",
    "mp4",
    "otf",
    "pdf",
    "php",
    "pl",
    "pm",
    "png",
    "proto",
    "ps1",
    "py",
    "pyi",
    "rb",
    "rego",
    "rs",
    "rst",
    "sass",
    "scala",
    "scss",
    "sh",
    "snap",
    "sql",
    "svelte",
    "svg",
    "swift",
    "ts",
    "tsv",
    "tsx",
    "ttf",
    "vb",
    "vue",
    "webp",
    "woff",
    "woff2",
    "zig",
];

/// What is in the names of source code that declares dependencies: `setup.py`, `Package.swift`, `mix.exs`, `build.zig`.
const DECLARING_TEXTS: &[&str] = &[
    "build.",
    "conanfile",
    "dependencies",
    "deps.",
    "makefile.pl",
    "mix.exs",
    "package.",
    "package@",
    "project.",
    "rebar.",
    "setup.",
    "versions.",
];

/// Endings of data, in which anything can stand.
const DATA: &[&str] = &["json", "jsonc", "txt", "xml", "yaml", "yml"];

/// What is in the names of data that declares dependencies: `package-lock.json`, `dev-requirements.txt`, `pom.xml`,
/// `pubspec.yaml`, `action.yml`, `environment.yml`.
const DECLARING_DATA: &[&str] = &[
    "action.",
    "bom",
    "bower",
    "build",
    "bundle",
    "cargo",
    "chart",
    "cmake",
    "components",
    "compose",
    "conan",
    "conda",
    "constraint",
    "cyclonedx",
    "deno",
    "depend",
    "deps",
    "elm",
    "environment",
    "galaxy",
    "gradle",
    "import",
    "install",
    "ivy",
    "jsr",
    "lock",
    "maven",
    "modules",
    "nuget",
    "package",
    "paket",
    "pip",
    "plugin",
    "pnpm",
    "podfile",
    "pom",
    "project",
    "pubspec",
    "python",
    "require",
    "shard",
    "shrinkwrap",
    "spdx",
    "stack",
    "vcpkg",
    "vendor",
    "version",
    "workflow",
    "workspace",
];

/// What is in the folders of data that declares dependencies: `requirements/dev.txt`, `.github/workflows/build.yml`.
const DECLARING_FOLDERS: &[&str] = &[
    ".github/",
    "constraint",
    "depend",
    "deps",
    "require",
    "vendor",
];

/// Whether it is certain that a change touches no file that may declare dependencies: all its files are known.
pub(super) fn declare_nothing(files: &List<ChangedFile>) -> bool {
    let is_whole = files.complete && files.total.is_some();
    let mut paths = files.items.iter().flat_map(|file| {
        let previous = file.previous_path.as_ref();
        std::iter::once(&file.path).chain(previous)
    });
    is_whole && !paths.any(|path| may_declare(path.as_str()))
}

/// Whether a file may declare dependencies.
fn may_declare(path: &str) -> bool {
    let path = path.to_lowercase();
    let name = path
        .rsplit_once('/')
        .map_or(path.as_str(), |(_, name)| name);
    let Some((_, ending)) = name.rsplit_once('.') else {
        return true;
    };
    let holds = |text: &str, parts: &[&str]| parts.iter().any(|part| text.contains(part));
    if TEXTS.contains(&ending) {
        holds(name, DECLARING_TEXTS)
    } else if DATA.contains(&ending) {
        holds(name, DECLARING_DATA) || holds(&path, DECLARING_FOLDERS)
    } else {
        true
    }
}

#[cfg(test)]
mod tests {
    use rstest::rstest;
    use soc2gate_inputs::pull_request::{FileStatus, Text};

    use super::*;

    /// Every kind of manifest in GitHub's documentation of the dependency graph, and build files beside them.
    #[rstest]
    #[case::cargo(&["Cargo.toml", "crates/a/Cargo.lock"])]
    #[case::composer(&["composer.json", "composer.lock"])]
    #[case::nuget(&["App.csproj", "App.vbproj", "App.vcxproj", "App.fsproj", "App.nuspec", "packages.config",
        "Directory.Packages.props", "packages.lock.json", "obj/project.assets.json"])]
    #[case::actions(&[".github/workflows/build.yml", ".github/workflows/build.yaml", "action.yml", "tools/a/action.yaml"])]
    #[case::go(&["go.mod", "go.sum", "vendor/modules.txt"])]
    #[case::maven(&["pom.xml", "shop/pom.xml"])]
    #[case::npm(&["package.json", "web/package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml",
        "pnpm-workspace.yaml", "bun.lock", "bun.lockb", "deno.json", "deno.lock"])]
    #[case::python(&["requirements.txt", "requirements-dev.txt", "requirements/base.txt", "dev-requirements.in",
        "constraints.txt", "Pipfile", "Pipfile.lock", "pyproject.toml", "poetry.lock", "uv.lock", "setup.py", "setup.cfg",
        "environment.yml"])]
    #[case::dart(&["pubspec.yaml", "pubspec.lock"])]
    #[case::ruby(&["Gemfile", "Gemfile.lock", "shop.gemspec"])]
    #[case::swift(&["Package.swift", "Package@swift-5.5.swift", "Package.resolved", "Podfile", "Cartfile"])]
    #[case::submitted(&["build.gradle", "build.gradle.kts", "gradle/libs.versions.toml", "build.sbt", "mix.exs", "mix.lock",
        "rebar.config", "project.clj", "deps.edn", "conanfile.py", "conanfile.txt", "vcpkg.json", "Dockerfile",
        "app.dockerfile", "compose.yaml", "MODULE.bazel", "BUILD", "flake.nix", "main.tf", "Chart.yaml", "stack.yaml",
        "shop.cabal", "sbom.json", "buildSrc/src/main/kotlin/Versions.kt"])]
    #[case::nobody_knows(&["", "a", "a/b", "a.unheardof", ".hidden", "a.json/b", "x."])]
    fn a_file_may_declare_dependencies(#[case] paths: &[&str]) {
        for path in paths {
            assert!(may_declare(path), "{path}");
            assert!(may_declare(&path.to_uppercase()), "{path}");
        }
    }

    #[rstest]
    #[case("src/price.rs")]
    #[case("src/packages/price_test.go")]
    #[case("docs/README.md")]
    #[case("web/Shop.TSX")]
    #[case("deploy/deployment.yaml")]
    #[case("project/src/messages.xml")]
    #[case("src/price_0001.txt")]
    #[case("locales/de.json")]
    #[case(".gitignore")]
    fn code_documents_and_other_data_declare_none(#[case] path: &str) {
        assert!(!may_declare(path));
    }

    fn files(paths: &[(&str, Option<&str>)]) -> List<ChangedFile> {
        let items = paths.iter().map(|(path, previous)| ChangedFile {
            path: Text::from(*path),
            previous_path: previous.map(Text::from),
            status: FileStatus::Modified,
            additions: 1,
            deletions: 1,
            patch: None,
        });
        let items: Vec<ChangedFile> = items.collect();
        List {
            complete: true,
            total: Some(1),
            items,
        }
    }

    #[test]
    fn one_manifest_is_enough_where_it_is_or_where_it_was() {
        assert!(declare_nothing(&files(&[
            ("a.rs", None),
            ("b.rs", Some("c.rs"))
        ])));
        assert!(!declare_nothing(&files(&[
            ("a.rs", None),
            ("Cargo.lock", None)
        ])));
        assert!(!declare_nothing(&files(&[("a.md", Some("package.json"))])));
    }

    #[test]
    fn files_that_are_not_all_known_may_hold_a_manifest() {
        let mut cut = files(&[("a.rs", None)]);
        cut.complete = false;
        assert!(!declare_nothing(&cut));
        let mut uncounted = files(&[("a.rs", None)]);
        uncounted.total = None;
        assert!(!declare_nothing(&uncounted));
    }
}
