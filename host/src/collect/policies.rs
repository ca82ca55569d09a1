//! Controls, configuration and exceptions.

use std::collections::BTreeSet;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use soc2gate_engine::{
    BaseDocuments, Baseline, Config, Exceptions, Library, LoadOptions, Origin, PolicySource,
};
use soc2gate_evidence::PolicySet;
use soc2gate_inputs::SourceFile;
use soc2gate_source::{Code, Diagnostic, Position, Span};

use super::CONFIG_NAME;
use super::bundles::{BundleReader, is_archive, is_bundle, not_read};
use super::data;
use super::files::{FileReader, FileSource, cannot_read};
use crate::args::{ExistingArgs, PolicyArgs};

/// Largest configuration, exception file or policy that is read, in bytes.
const MAX_BYTES: u64 = 4 * 1024 * 1024;

/// Largest baseline that is read, in bytes: a line for each finding of an old repository.
const MAX_BASELINE_BYTES: u64 = 64 * 1024 * 1024;

/// What a run judges by.
#[derive(Debug)]
pub struct Loaded {
    /// The controls.
    pub library: Library,
    /// What the library was loaded from.
    pub policies: PolicySet,
    /// The configuration.
    pub config: Config,
    /// The exceptions.
    pub exceptions: Exceptions,
    /// The file of what was wrong before, where the configuration names one.
    pub baseline: Option<PathBuf>,
    /// What is wrong with any of it.
    pub diagnostics: Vec<Diagnostic>,
    /// The configuration and the files of exceptions: the gate's own, and no inputs of it.
    pub files: Vec<PathBuf>,
}

/// Reads the configuration, the embedded and the named controls, and the exceptions. Everything that is wrong
/// is reported; what can be used is.
pub fn load(args: &PolicyArgs, existing: &ExistingArgs) -> Loaded {
    load_from(
        args.config.clone().or_else(nearest_config).as_deref(),
        args,
        existing,
        None,
    )
}

/// The same with another configuration, or none, and with a folder that stands for the working directory.
pub fn load_from(
    config_path: Option<&Path>,
    args: &PolicyArgs,
    existing: &ExistingArgs,
    stand_in: Option<&Path>,
) -> Loaded {
    let reader = FileReader::new(MAX_BYTES).with_stand_in(stand_in);
    let mut diagnostics = Vec::new();
    let mut config = Config::default();
    if let Some(path) = config_path {
        match reader.read(&FileSource::Path(path.to_path_buf())) {
            Ok(file) => {
                let (parsed, problems) = Config::parse(&file.name, &file.text);
                config = parsed;
                diagnostics.extend(problems);
            }
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let base = config_path
        .and_then(Path::parent)
        .unwrap_or(Path::new(""))
        .to_path_buf();
    let mut sources = soc2gate_policies::sources();
    let mut options = options(existing, &reader, &mut diagnostics);
    let named = config.raw().policies.iter().map(|folder| base.join(folder));
    let mut folders = Vec::new();
    let configured = config.raw().bundle_verification.as_ref();
    let mut bundles = BundleReader::new(&args.bundles, configured, &base, &mut diagnostics);
    for folder in named.chain(args.policies.iter().cloned()) {
        if is_bundle(&folder) {
            if let Some(bundle) = bundles.read(&folder, &mut diagnostics) {
                let names = bundle.policies().iter().map(|source| source.file.clone());
                folders.push((folder, names.collect()));
                options.bundles.push(bundle);
            }
            continue;
        }
        let found = read_policies(&reader, &folder, &mut diagnostics);
        folders.push((folder, found.names()));
        sources.extend(found.rego);
        options.manifests.extend(found.manifests);
    }
    diagnostics.extend(bundles.review());
    let (library, problems) = Library::load_with(&sources, &options);
    diagnostics.extend(idle_folders(&folders, &library, &problems));
    if !problems.iter().any(Diagnostic::is_error) {
        diagnostics.extend(idle_options(existing, &library));
    }
    diagnostics.extend(problems);
    let mut files: Vec<PathBuf> = config_path.map(Path::to_path_buf).into_iter().collect();
    let mut exceptions = Exceptions::default();
    if let Some(path) = &config.raw().exceptions {
        for path in exception_files(&base.join(path), &mut diagnostics) {
            files.push(path.clone());
            match reader.read(&FileSource::Path(path)) {
                Ok(file) => diagnostics.extend(exceptions.add_file(&file.name, &file.text)),
                Err(diagnostic) => diagnostics.push(diagnostic),
            }
        }
    }
    let baseline = config.raw().baseline.as_ref().map(|path| base.join(path));
    Loaded {
        library,
        policies: PolicySet { sources, options },
        config,
        exceptions,
        baseline,
        diagnostics,
        files,
    }
}

/// What was wrong before, from its file.
pub fn read_baseline(path: &Path) -> Result<Baseline, Vec<Diagnostic>> {
    let file = FileReader::new(MAX_BASELINE_BYTES)
        .read(&FileSource::Path(path.to_path_buf()))
        .map_err(|diagnostic| vec![diagnostic])?;
    Baseline::parse(&file.name, &file.text)
}

/// The nearest configuration, from the working directory up to the root of its repository.
pub fn nearest_config() -> Option<PathBuf> {
    let here = env::current_dir().ok()?;
    for (depth, folder) in here.ancestors().enumerate() {
        if folder.join(CONFIG_NAME).is_file() {
            // Relative to the working directory, as paths in outputs are.
            let up: PathBuf = std::iter::repeat_n("..", depth).collect();
            return Some(up.join(CONFIG_NAME));
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// What the command line says of policies that people have already.
fn options(
    args: &ExistingArgs,
    reader: &FileReader,
    diagnostics: &mut Vec<Diagnostic>,
) -> LoadOptions {
    let mut options = LoadOptions {
        namespaces: args.namespaces.clone(),
        combine: args.combine,
        rego_version: args.rego_version.map(Into::into),
        ..LoadOptions::default()
    };
    for path in &args.data {
        data::add(reader, path, &mut options.data, diagnostics);
    }
    options
}

/// The files of a folder of policies.
#[derive(Default)]
struct PolicyFolder {
    rego: Vec<PolicySource>,
    /// YAML files, which may be Gatekeeper's templates and constraints.
    manifests: Vec<PolicySource>,
}

impl PolicyFolder {
    fn names(&self) -> Vec<String> {
        let files = self.rego.iter().chain(&self.manifests);
        files.map(|source| source.file.clone()).collect()
    }
}

/// Folders by which nothing is judged, of those whose files are all sound: a policy must never load and do nothing.
fn idle_folders(
    folders: &[(PathBuf, Vec<String>)],
    library: &Library,
    problems: &[Diagnostic],
) -> Vec<Diagnostic> {
    let is_broken = |file: &String| {
        problems
            .iter()
            .filter(|problem| problem.is_error())
            .filter_map(|problem| problem.location.as_ref())
            .any(|location| location.file == *file)
    };
    folders
        .iter()
        .filter(|(_, files)| !files.is_empty())
        .filter(|(_, files)| {
            !files
                .iter()
                .any(|file| library.uses(file) || is_broken(file))
        })
        .map(|(folder, _)| {
            let name = folder.to_string_lossy();
            let message = format!("nothing is judged by {name}");
            Diagnostic::new(Code::NothingToJudgeBy, message).at(&*name, Span::at(Position::START))
        })
        .collect()
}

/// Options that speak of plain policies only, where there is none.
fn idle_options(args: &ExistingArgs, library: &Library) -> Vec<Diagnostic> {
    let mut controls = library.controls().iter();
    if controls.any(|control| control.origin == Origin::Plain) {
        return Vec::new();
    }
    [
        (args.combine, "--combine"),
        (!args.data.is_empty(), "--data"),
        (args.rego_version.is_some(), "--rego-version"),
    ]
    .into_iter()
    .filter(|(is_given, _)| *is_given)
    .map(|(_, option)| {
        let message = format!("{option} changes nothing: no plain policy is loaded");
        Diagnostic::new(Code::NoPlainPolicy, message)
    })
    .collect()
}

/// A document beside policies, of a bounded size.
pub fn read_document(path: &Path) -> Result<SourceFile, Diagnostic> {
    FileReader::new(MAX_BYTES).read(&FileSource::Path(path.to_path_buf()))
}

/// The documents of some files and folders below `data`.
pub fn base_documents(paths: &[PathBuf]) -> (BaseDocuments, Vec<Diagnostic>) {
    let reader = FileReader::new(MAX_BYTES);
    let mut documents = BaseDocuments::default();
    let mut diagnostics = Vec::new();
    for path in paths {
        data::add(&reader, path, &mut documents, &mut diagnostics);
    }
    (documents, diagnostics)
}

/// Every Rego file of some files and folders, tests among them, each once.
pub fn rego_files(paths: &[PathBuf]) -> (Vec<(PathBuf, PolicySource)>, Vec<Diagnostic>) {
    let reader = FileReader::new(MAX_BYTES);
    let mut diagnostics = Vec::new();
    let mut found: Vec<PathBuf> = Vec::new();
    for path in paths {
        found.extend(walk(path, is_rego, &mut diagnostics));
    }
    let mut seen = BTreeSet::new();
    found.retain(|path| seen.insert(fs::canonicalize(path).unwrap_or_else(|_| path.clone())));
    let mut files = Vec::new();
    for path in found {
        match reader.read(&FileSource::Path(path.clone())) {
            Ok(file) => files.push((
                path,
                PolicySource {
                    file: file.name.to_string(),
                    text: file.text.to_string(),
                    prechecked: false,
                },
            )),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    (files, diagnostics)
}

/// The files below a folder that are wanted, ordered by path; none where one cannot be listed.
fn walk(
    folder: &Path,
    is_wanted: fn(&Path) -> bool,
    diagnostics: &mut Vec<Diagnostic>,
) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let walk = WalkBuilder::new(folder)
        .standard_filters(false)
        .filter_entry(|entry| entry.depth() == 0 || !is_of_volume(Path::new(entry.file_name())))
        .sort_by_file_path(Path::cmp)
        .build();
    for entry in walk {
        let path = match entry {
            Ok(entry) => entry.into_path(),
            Err(error) => {
                diagnostics.push(match error.io_error() {
                    Some(io) => cannot_read(folder, io),
                    None => Diagnostic::new(
                        Code::Unreadable,
                        format!("{} cannot be read", folder.display()),
                    ),
                });
                return Vec::new();
            }
        };
        if is_wanted(&path) {
            found.push(path);
        }
    }
    found
}

fn read_policies(
    reader: &FileReader,
    folder: &Path,
    diagnostics: &mut Vec<Diagnostic>,
) -> PolicyFolder {
    let mut found = PolicyFolder::default();
    let errors = |diagnostics: &[Diagnostic]| {
        let errors = diagnostics.iter().filter(|problem| problem.is_error());
        errors.count()
    };
    let before = errors(diagnostics);
    for path in walk(
        folder,
        |path| is_policy(path) || is_manifest(path) || is_archive(path),
        diagnostics,
    ) {
        if is_archive(&path) {
            diagnostics.push(not_read(&path));
            continue;
        }
        let list = if is_manifest(&path) {
            &mut found.manifests
        } else {
            &mut found.rego
        };
        match reader.read(&FileSource::Path(path)) {
            Ok(file) => list.push(PolicySource {
                file: file.name.to_string(),
                text: file.text.to_string(),
                prechecked: false,
            }),
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
    }
    let is_empty = found.rego.is_empty() && found.manifests.is_empty();
    if is_empty && errors(diagnostics) == before {
        let name = folder.to_string_lossy();
        let message = format!("{name} holds no policy (.rego, or templates in .yaml)");
        diagnostics.push(
            Diagnostic::new(Code::PathNotFound, message).at(&*name, Span::at(Position::START)),
        );
    }
    found
}

/// A YAML file that is not one of the cases of a control.
fn is_manifest(path: &Path) -> bool {
    let is_case = path
        .parent()
        .is_some_and(|folder| folder.iter().any(|name| name == "cases"));
    !is_case
        && path.extension().is_some_and(|extension| {
            ["yaml", "yml"]
                .iter()
                .any(|known| extension.eq_ignore_ascii_case(known))
        })
        && path.is_file()
}

/// A Rego file that is not a test.
fn is_policy(path: &Path) -> bool {
    is_rego(path) && !path.to_string_lossy().ends_with("_test.rego")
}

fn is_rego(path: &Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension == "rego")
        && path.is_file()
}

fn exception_files(path: &Path, diagnostics: &mut Vec<Diagnostic>) -> Vec<PathBuf> {
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_dir() => {
            let (sources, problems) = super::files::find(&[path.to_path_buf()], false, false);
            diagnostics.extend(problems);
            sources
                .into_iter()
                .filter_map(|source| match source {
                    FileSource::Path(file) => Some(file),
                    FileSource::Stdin | FileSource::Collected(_) => None,
                })
                .filter(|file| !is_of_volume(file.strip_prefix(path).unwrap_or(file)))
                .collect()
        }
        Ok(_) => vec![path.to_path_buf()],
        Err(error) => {
            diagnostics.push(cannot_read(path, &error));
            Vec::new()
        }
    }
}

/// Whether a path leads through the inside of a volume that Kubernetes mounts: its files are there twice, as links, and in a
/// folder like `..2026_11_24` that they lead to.
fn is_of_volume(path: &Path) -> bool {
    path.iter()
        .any(|name| name.as_encoded_bytes().starts_with(b".."))
}

#[cfg(all(test, unix))]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn files_of_a_mounted_volume_are_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir(at("..2026_11_24")).unwrap();
        for name in ["own.rego", "exceptions.yaml"] {
            fs::write(at("..2026_11_24").join(name), "").unwrap();
            symlink(format!("..data/{name}"), at(name)).unwrap();
        }
        symlink("..2026_11_24", at("..data")).unwrap();
        let mut diagnostics = Vec::new();
        let found = read_policies(&FileReader::new(MAX_BYTES), folder.path(), &mut diagnostics);
        assert_eq!(found.names().len(), 2, "{:?}", found.names());
        let exceptions = exception_files(folder.path(), &mut diagnostics);
        assert_eq!(exceptions, [at("exceptions.yaml")]);
        assert_eq!(diagnostics, []);
    }
}
