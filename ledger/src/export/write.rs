//! Making an export.

use std::collections::BTreeSet;
use std::path::Path;

use jiff::Timestamp;
use serde::Serialize;

use super::ExportError;
use super::files::{HashedFile, io_error, make_folder, write_file};
use super::manifest::{
    ATTESTATIONS, CHECKPOINT, CHECKPOINTS, ENVELOPE, FILES, FileEntry, KEYS, MANIFEST,
    MANIFEST_MEDIA_TYPE, Manifest, PROOFS, Period, RECORDS, SCHEMA, Shape, TABLE, Tool,
};
use super::proofs::{KeptTiles, ProofLine};
use super::table::{COLUMNS, row};
use crate::Hash;
use crate::attest::{Envelope, PredicateKind, Statement};
use crate::note::{KeyKind, SignedCheckpoint, Signer};
use crate::query::Query;
use crate::record::{Kind, Record, canonical};
use crate::store::Log;
use crate::tree::{Frontier, Tile, TileBuilder, TileNodes, inclusion_proof, verify_inclusion};

/// What an export is to hold.
#[derive(Debug, Clone)]
pub struct ExportOptions {
    /// The records of a population; without it all are exported.
    pub query: Option<Query>,
    /// The sealed documents of the records, with their wrapped keys.
    pub documents: bool,
    /// Statements of the decisions, signed with the key of the export.
    pub attestations: Vec<PredicateKind>,
    /// Of a whole export also its tiles: C2SP tlog-tiles, to be served as files.
    pub tiles: bool,
    /// The time of the export.
    pub created: Timestamp,
    /// What makes it.
    pub tool: Tool,
}

/// Writes an export of what the newest checkpoint covers into a new folder, signed with a key of the log. The
/// manifest is written last: without it there is no export. `progress` is told the number of records that were read.
pub fn export<L: Log + ?Sized>(
    log: &L,
    folder: &Path,
    options: &ExportOptions,
    signer: &Signer,
    mut progress: impl FnMut(u64),
) -> Result<Manifest, ExportError> {
    let verifier = signer.verifier();
    if verifier.name() != log.origin() || verifier.kind() != KeyKind::Log {
        return Err(ExportError::OtherKey);
    }
    let newest = log.checkpoint()?.ok_or(ExportError::NoCheckpoint)?;
    // Whoever verifies trusts the key that signed the checkpoint.
    newest.verify(std::slice::from_ref(verifier))?;
    let size = newest.checkpoint().size;
    make_folder(folder)?;
    let mut files = vec![
        write_file(folder, CHECKPOINT, newest.to_string().as_bytes())?,
        write_keys(log, folder)?,
        write_checkpoints(log, folder, &newest)?,
    ];
    let mut writer = Writer::new(log, folder, options, signer, &newest)?;
    let mut frontier = Frontier::new();
    for item in log.entries(0..size)? {
        let (index, entry) = item?;
        if index != frontier.size() {
            return Err(ExportError::NotTheCheckpoint);
        }
        let mut full = Vec::new();
        frontier.append(Hash::leaf(&entry), |node| {
            if let Some(tiles) = &mut writer.tiles {
                full.extend(tiles.add(node));
            }
        });
        let record = Record::parse_canonical(&entry)?;
        if options
            .query
            .as_ref()
            .is_none_or(|query| query.matches(&record))
        {
            writer.record(&record, &entry)?;
        }
        for (tile, hashes) in full {
            writer.tile(tile, &hashes)?;
        }
        if frontier.size().is_multiple_of(1 << 14) {
            progress(frontier.size());
        }
    }
    if frontier.size() != size || frontier.root() != newest.checkpoint().root {
        return Err(ExportError::NotTheCheckpoint);
    }
    progress(size);
    let summary = writer.finish(&mut files)?;
    files.sort();
    let manifest = Manifest {
        schema: SCHEMA.to_owned(),
        shape: shape(options),
        origin: log.origin().to_owned(),
        created: options.created,
        tool: options.tool.clone(),
        query: options.query.clone().unwrap_or_default(),
        size,
        root: newest.checkpoint().root.to_string(),
        count: summary.count,
        first: summary.first,
        last: summary.last,
        period: summary.period,
        files,
    };
    let text = canonical(&manifest)?;
    write_file(folder, MANIFEST, &text)?;
    let envelope = Envelope::sign(MANIFEST_MEDIA_TYPE, &text, signer);
    write_file(folder, ENVELOPE, &envelope.to_json()?)?;
    Ok(manifest)
}

fn shape(options: &ExportOptions) -> Shape {
    match options.query {
        Some(_) => Shape::Population,
        None => Shape::Whole,
    }
}

fn write_keys<L: Log + ?Sized>(log: &L, folder: &Path) -> Result<FileEntry, ExportError> {
    let keys: String = log
        .verifiers()?
        .iter()
        .map(|key| format!("{key}\n"))
        .collect();
    write_file(folder, KEYS, keys.as_bytes())
}

/// The checkpoints up to the newest one.
fn write_checkpoints<L: Log + ?Sized>(
    log: &L,
    folder: &Path,
    newest: &SignedCheckpoint,
) -> Result<FileEntry, ExportError> {
    let mut file = HashedFile::create(folder, CHECKPOINTS)?;
    for signed in log.checkpoints()? {
        let signed = signed?;
        // A log that is written to may have got it since.
        if signed.checkpoint().size > newest.checkpoint().size {
            continue;
        }
        write_line(
            &mut file,
            &CheckpointLine {
                note: signed.to_string(),
            },
        )?;
    }
    file.finish()
}

/// A line of `checkpoints.jsonl`.
#[derive(Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CheckpointLine {
    pub(super) note: String,
}

fn write_line<T: Serialize>(file: &mut HashedFile, line: &T) -> Result<(), ExportError> {
    let mut bytes = canonical(line)?;
    bytes.push(b'\n');
    file.put(&bytes)
}

/// What is said of all records together.
#[derive(Default)]
struct Summary {
    count: u64,
    first: Option<u64>,
    last: Option<u64>,
    period: Option<Period>,
}

struct Writer<'a, L: ?Sized> {
    log: &'a L,
    folder: &'a Path,
    options: &'a ExportOptions,
    signer: &'a Signer,
    newest: &'a SignedCheckpoint,
    records: HashedFile,
    table: csv::Writer<HashedFile>,
    /// Of a population.
    proofs: Option<(HashedFile, KeptTiles<'a, L>)>,
    attestations: Option<HashedFile>,
    tiles: Option<TileBuilder>,
    /// Entries of the bundle of tlog-tiles that is being filled.
    bundle: Vec<u8>,
    documents: BTreeSet<Hash>,
    /// Documents and tiles.
    listed: Vec<FileEntry>,
    summary: Summary,
}

impl<'a, L: Log + ?Sized> Writer<'a, L> {
    fn new(
        log: &'a L,
        folder: &'a Path,
        options: &'a ExportOptions,
        signer: &'a Signer,
        newest: &'a SignedCheckpoint,
    ) -> Result<Self, ExportError> {
        let mut table = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .from_writer(HashedFile::create(folder, TABLE)?);
        table.write_record(COLUMNS).map_err(csv_error)?;
        let is_population = options.query.is_some();
        Ok(Self {
            log,
            folder,
            options,
            signer,
            newest,
            records: HashedFile::create(folder, RECORDS)?,
            table,
            proofs: is_population
                .then(|| HashedFile::create(folder, PROOFS))
                .transpose()?
                .map(|file| (file, KeptTiles::new(log))),
            attestations: (!options.attestations.is_empty())
                .then(|| HashedFile::create(folder, ATTESTATIONS))
                .transpose()?,
            tiles: (options.tiles && !is_population).then(TileBuilder::new),
            bundle: Vec::new(),
            documents: BTreeSet::new(),
            listed: Vec::new(),
            summary: Summary::default(),
        })
    }

    fn record(&mut self, record: &Record, entry: &[u8]) -> Result<(), ExportError> {
        self.records.put(entry)?;
        self.records.put(b"\n")?;
        self.table.write_record(row(record)).map_err(csv_error)?;
        let newest = self.newest.checkpoint();
        if let Some((file, tiles)) = &mut self.proofs {
            let nodes = TileNodes::new(&*tiles, newest.size);
            let hashes = inclusion_proof(record.index, newest.size, &nodes)?;
            let leaf = Hash::leaf(entry);
            verify_inclusion(&leaf, record.index, newest.size, &hashes, &newest.root)?;
            write_line(file, &ProofLine::new(record.index, &hashes))?;
        }
        if record.event.kind() == Kind::Decision
            && let Some(file) = &mut self.attestations
        {
            for kind in &self.options.attestations {
                let statement = Statement::of_decision(*kind, self.log.origin(), entry, None)?;
                write_line(file, &statement.sign(self.signer)?)?;
            }
        }
        if self.options.documents {
            for reference in &record.bulk {
                self.document(&reference.sha256)?;
            }
        }
        if self.tiles.is_some() {
            // An entry has at most 65,535 bytes.
            let length = u16::try_from(entry.len()).unwrap_or(u16::MAX);
            self.bundle.extend(length.to_be_bytes());
            self.bundle.extend(entry);
        }
        let summary = &mut self.summary;
        summary.count += 1;
        summary.first.get_or_insert(record.index);
        summary.last = Some(record.index);
        let period = summary.period.get_or_insert(Period {
            from: record.time,
            to: record.time,
        });
        period.from = period.from.min(record.time);
        period.to = period.to.max(record.time);
        Ok(())
    }

    /// A document where the log has it: its wrapped key and its sealed bytes.
    fn document(&mut self, name: &str) -> Result<(), ExportError> {
        let Some(hash) = Hash::from_hex(name) else {
            return Ok(());
        };
        if !self.documents.insert(hash) {
            return Ok(());
        }
        let Some(sealed) = self.log.document(&hash)? else {
            return Ok(());
        };
        let bytes = [sealed.wrapped_key.as_slice(), &sealed.bytes].concat();
        let entry = write_file(self.folder, &document_path(&hash), &bytes)?;
        self.listed.push(entry);
        Ok(())
    }

    /// A tile, and with one of level 0 the entries below it.
    fn tile(&mut self, tile: Tile, hashes: &[Hash]) -> Result<(), ExportError> {
        let bytes: Vec<u8> = hashes.iter().flat_map(|hash| hash.0).collect();
        self.listed
            .push(write_file(self.folder, &tile.path(), &bytes)?);
        if tile.level == 0 {
            self.entries(tile)?;
        }
        Ok(())
    }

    fn entries(&mut self, tile: Tile) -> Result<(), ExportError> {
        let bundle = std::mem::take(&mut self.bundle);
        self.listed
            .push(write_file(self.folder, &tile.entries_path(), &bundle)?);
        Ok(())
    }

    fn finish(mut self, files: &mut Vec<FileEntry>) -> Result<Summary, ExportError> {
        let rest: Vec<_> = self
            .tiles
            .take()
            .into_iter()
            .flat_map(TileBuilder::rest)
            .collect();
        for (tile, hashes) in rest {
            self.tile(tile, &hashes)?;
        }
        files.push(self.records.finish()?);
        let table = self
            .table
            .into_inner()
            .map_err(|error| io_error("write", TABLE)(error.into_error()))?;
        files.push(table.finish()?);
        if let Some((file, _)) = self.proofs {
            files.push(file.finish()?);
        }
        if let Some(file) = self.attestations {
            files.push(file.finish()?);
        }
        if !self.listed.is_empty() {
            self.listed.sort();
            let mut file = HashedFile::create(self.folder, FILES)?;
            for entry in &self.listed {
                write_line(&mut file, entry)?;
            }
            files.push(file.finish()?);
        }
        Ok(self.summary)
    }
}

/// Where a document stands: two levels, so that no folder gets too many.
pub(super) fn document_path(hash: &Hash) -> String {
    let name = hash.to_string();
    format!("documents/{}/{name}", name.get(..2).unwrap_or_default())
}

fn csv_error(error: csv::Error) -> ExportError {
    io_error("write", TABLE)(error.into())
}
