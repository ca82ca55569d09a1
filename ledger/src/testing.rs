//! A log in memory and records for it, for the tests of what reads logs.

use std::collections::BTreeMap;
use std::ops::Range;

use jiff::{SignedDuration, Timestamp};

use crate::Hash;
use crate::keys::{KeyRing, SealedDocument};
use crate::note::{Checkpoint, SignedCheckpoint, Verifier};
use crate::proof::LogTiles;
use crate::record::{
    Actor, ActorKind, DecisionMade, Draft, EngineName, Event, ExceptionUsed, FindingRecord,
    KeyRotation, RecordSubject, VerdictRecord,
};
use crate::store::{Checkpoints, Document, Entries, Log, StoreError};
use crate::tree::{Frontier, TILE_HEIGHT, TILE_WIDTH, Tile, TileNodes, root};

pub(crate) const ORIGIN: &str = "example.com/ledger";
pub(crate) const POLICIES: &str = "sha256:00aa";
pub(crate) const SETTINGS: &str = "sha256:00bb";

/// A log in memory. Tests may change what it holds.
pub(crate) struct MemoryLog {
    pub(crate) origin: String,
    pub(crate) ring: KeyRing,
    /// The keys before the last rotation.
    pub(crate) retired: Option<KeyRing>,
    pub(crate) entries: Vec<Vec<u8>>,
    pub(crate) checkpoints: Vec<SignedCheckpoint>,
    pub(crate) documents: BTreeMap<Hash, SealedDocument>,
    nodes: BTreeMap<(u8, u64), Hash>,
    frontier: Frontier,
}

impl MemoryLog {
    pub(crate) fn new() -> Self {
        Self {
            origin: ORIGIN.to_owned(),
            ring: KeyRing::generate(ORIGIN).unwrap(),
            retired: None,
            entries: Vec::new(),
            checkpoints: Vec::new(),
            documents: BTreeMap::new(),
            nodes: BTreeMap::new(),
            frontier: Frontier::new(),
        }
    }

    /// A log with policies, settings, `count` decisions and a checkpoint.
    pub(crate) fn with_decisions(count: u64) -> Self {
        let mut log = Self::new();
        log.push_all(beginning());
        for number in 0..count {
            log.push(&decision(number));
        }
        log.seal();
        log
    }

    pub(crate) fn push(&mut self, draft: &Draft) -> u64 {
        let index = self.entries.len() as u64;
        let entry = draft.prepare().unwrap().at(index);
        self.push_entry(entry);
        index
    }

    pub(crate) fn push_all(&mut self, drafts: impl IntoIterator<Item = Draft>) {
        for draft in drafts {
            self.push(&draft);
        }
    }

    pub(crate) fn push_entry(&mut self, entry: Vec<u8>) {
        let nodes = &mut self.nodes;
        self.frontier.append(Hash::leaf(&entry), |node| {
            if node.level % TILE_HEIGHT == 0 {
                nodes.insert((node.level, node.index), node.hash);
            }
        });
        self.entries.push(entry);
    }

    pub(crate) fn push_with_document(&mut self, mut draft: Draft, document: &Document) -> Hash {
        let sealed = SealedDocument::seal(&document.bytes, &self.ring).unwrap();
        draft.bulk.push(document.reference(&sealed));
        let hash = sealed.hash();
        self.documents.insert(hash, sealed);
        self.push(&draft);
        hash
    }

    pub(crate) fn seal(&mut self) -> SignedCheckpoint {
        let signed = self.unsigned().sign(self.ring.signer());
        self.checkpoints.push(signed.clone());
        signed
    }

    pub(crate) fn unsigned(&self) -> Checkpoint {
        Checkpoint {
            origin: self.origin.clone(),
            size: self.frontier.size(),
            root: self.frontier.root(),
        }
    }

    /// Another key signs from here on; the first checkpoint carries both signatures.
    pub(crate) fn rotate(&mut self, number: u64) {
        let retired = self.ring.signer().verifier().to_string();
        let before = KeyRing::parse(&self.ring.to_secret().unwrap()).unwrap();
        self.ring.rotate().unwrap();
        let added = self.ring.signer().verifier().to_string();
        self.push(&draft(
            number,
            Event::KeyRotation(KeyRotation { added, retired }),
        ));
        let signed = self.unsigned().sign(before.signer());
        let both = format!(
            "{signed}{}\n",
            self.ring.signer().sign(signed.note().text(), 0)
        );
        self.checkpoints
            .push(SignedCheckpoint::parse(&both).unwrap());
        self.retired = Some(before);
    }

    /// Puts another hash into a tile, and gives the one that was there.
    pub(crate) fn change_node(&mut self, level: u8, index: u64, hash: Hash) -> Hash {
        self.nodes.insert((level, index), hash).unwrap()
    }

    /// The checkpoint that the log had with so many entries.
    pub(crate) fn checkpoint_at(&self, size: u64) -> SignedCheckpoint {
        let tiles = LogTiles(self);
        let nodes = TileNodes::new(&tiles, size);
        let root = root(size, &nodes).unwrap();
        let origin = self.origin.clone();
        Checkpoint { origin, size, root }.sign(self.ring.signer())
    }

    /// The tree and the checkpoint made anew after a test changed entries, as one who holds the key could.
    pub(crate) fn rewritten(mut self) -> Self {
        let entries = std::mem::take(&mut self.entries);
        self.nodes.clear();
        self.checkpoints.clear();
        self.frontier = Frontier::new();
        for entry in entries {
            self.push_entry(entry);
        }
        self.seal();
        self
    }
}

impl Log for MemoryLog {
    fn origin(&self) -> &str {
        &self.origin
    }

    fn verifiers(&self) -> Result<Vec<Verifier>, StoreError> {
        Ok(self.ring.verifiers())
    }

    fn size(&self) -> Result<u64, StoreError> {
        Ok(self.entries.len() as u64)
    }

    fn checkpoint(&self) -> Result<Option<SignedCheckpoint>, StoreError> {
        Ok(self.checkpoints.last().cloned())
    }

    fn checkpoints(&self) -> Result<Checkpoints<'_>, StoreError> {
        Ok(Box::new(self.checkpoints.iter().cloned().map(Ok)))
    }

    fn entries(&self, range: Range<u64>) -> Result<Entries<'_>, StoreError> {
        let end = usize::try_from(range.end).unwrap().min(self.entries.len());
        let start = usize::try_from(range.start).unwrap().min(end);
        let entries = (range.start..).zip(self.entries[start..end].iter().cloned());
        Ok(Box::new(entries.map(Ok)))
    }

    fn tile(&self, tile: Tile) -> Result<Vec<Hash>, StoreError> {
        let first = tile.index * TILE_WIDTH;
        Ok((first..first + u64::from(tile.width))
            .filter_map(|index| self.nodes.get(&(tile.level * TILE_HEIGHT, index)).copied())
            .collect())
    }

    fn document(&self, hash: &Hash) -> Result<Option<SealedDocument>, StoreError> {
        Ok(self.documents.get(hash).cloned())
    }
}

/// A minute of November 2026.
pub(crate) fn time(number: u64) -> Timestamp {
    let start: Timestamp = "2026-11-23T10:00:00Z".parse().unwrap();
    start + SignedDuration::from_mins(i64::try_from(number).unwrap())
}

/// A record with an id that its number gives.
pub(crate) fn draft(number: u64, event: Event) -> Draft {
    let actor = Actor {
        kind: ActorKind::Workflow,
        id: "release".to_owned(),
    };
    let mut draft = Draft::new(time(number), actor, event).unwrap();
    draft.id = format!(
        "{:0>32}",
        format!("{:x}{number:x}", draft.event.kind() as u8 + 1)
    );
    draft
}

/// What a log begins with: the policies and the settings that its decisions name.
pub(crate) fn beginning() -> Vec<Draft> {
    use crate::record::{ChangedPolicies, ChangedSettings};
    let policies = Event::PolicyChange(ChangedPolicies {
        policies: POLICIES.to_owned(),
        previous: None,
        controls: vec!["WRK-01".to_owned(), "ACC-16".to_owned()],
    });
    let settings = Event::ConfigurationChange(ChangedSettings {
        settings: SETTINGS.to_owned(),
        parameters: "sha256:00cc".to_owned(),
        previous: None,
    });
    vec![draft(0, policies), draft(0, settings)]
}

/// A decision: every third denies, every fifth uses an exception.
pub(crate) fn decision(number: u64) -> Draft {
    let denies = number.is_multiple_of(3);
    let exception = number.is_multiple_of(5).then(|| "EXC-1".to_owned());
    let verdict = |control: &str, status: &str| VerdictRecord {
        control: control.to_owned(),
        status: status.to_owned(),
        enforcement: "deny".to_owned(),
        severity: "high".to_owned(),
        criteria: vec!["CC6.1".to_owned()],
        reasons: Vec::new(),
        reasons_left_out: 0,
        exception: None,
        known: false,
    };
    let mut workload = verdict("WRK-01", if denies { "fail" } else { "pass" });
    if denies {
        workload.reasons.push(FindingRecord {
            message: "=runs as root, \"as\" it\nseems".to_owned(),
            path: Some("spec.template.spec.containers[0]".to_owned()),
            line: Some(17),
        });
    }
    let mut access = verdict("ACC-16", "pass");
    if exception.is_some() {
        access.status = "fail".to_owned();
        access.exception = exception;
    }
    let mut draft = draft(
        number,
        Event::Decision(DecisionMade {
            outcome: if denies { "deny" } else { "allow" }.to_owned(),
            clock: time(number),
            engine: EngineName {
                name: "soc2gate".to_owned(),
                version: "0.1.0".to_owned(),
            },
            policies: POLICIES.to_owned(),
            settings: SETTINGS.to_owned(),
            parameters: "sha256:00cc".to_owned(),
            front_end: "check".to_owned(),
            verdicts: vec![workload, access],
            withheld: 0,
        }),
    );
    draft.subject = Some(RecordSubject {
        kind: "kubernetes".to_owned(),
        id: format!("kubernetes/apps/Deployment/shop/web-{number}"),
        resource: Some("apps/Deployment".to_owned()),
        location: Some("a.yaml:1:1".to_owned()),
        commitment: Some(format!("hmac-sha256:{number:064x}")),
    });
    draft
}

/// A log of so many decisions of 1 KB, made faster than one by one.
pub(crate) fn large(count: u64) -> MemoryLog {
    let mut log = MemoryLog::with_decisions(0);
    let mut decision = decision(0);
    let length = decision.prepare().unwrap().at(100_000).len();
    decision.actor.id.push_str(&"x".repeat(1024 - length));
    let prepared = decision.prepare().unwrap();
    // Up to the id's 32 digits.
    let id = prepared.before.len() - 32 - "\",\"index\":".len();
    let before = &prepared.before[..id];
    for number in 2..count + 2 {
        let middle = format!("f{number:031x}\",\"index\":{number}");
        log.push_entry([before, middle.as_bytes(), &prepared.after].concat());
    }
    log.seal();
    log
}

/// What this thread used of the processor, in seconds: other work on the machine does not count.
pub(crate) fn processor_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse::<f64>().unwrap() / 1e9
}

/// The use of an exception in a decision.
pub(crate) fn exception_used(number: u64, decision: &str) -> Draft {
    draft(
        number,
        Event::ExceptionUsed(ExceptionUsed {
            exception: "EXC-1".to_owned(),
            control: "ACC-16".to_owned(),
            decision: decision.to_owned(),
            requested_by: "a".to_owned(),
            approved_by: "b".to_owned(),
            expires_at: time(100_000),
            ticket: None,
        }),
    )
}
