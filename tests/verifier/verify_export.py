#!/usr/bin/env python3
"""Verifies an export of a soc2gate ledger: a small program that shares nothing with soc2gate and follows
docs/ledger.md.

    verify_export.py FOLDER --key KEY [--key KEY]... [--checkpoint FILE]... [--witness KEY]...

A key is a verifier key of C2SP signed-note (name+id+base64), which must come from elsewhere than the export. A
checkpoint is one that was kept elsewhere: the export must continue it. Needs Python 3.9 and the package
`cryptography`. Ends with 0 when everything was verified, with 1 when something is wrong.
"""

import argparse
import base64
import csv
import hashlib
import json
import os
import sys

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

LOG_KEY, WITNESS_KEY = 0x01, 0x04
MANIFEST_TYPE = "application/vnd.soc2gate.ledger-export+json"
STATEMENT_TYPE = "application/vnd.in-toto+json"
WRAPPED_KEY = 64
LARGEST_INTEGER = 2**53 - 1


class Wrong(Exception):
    """Something is not as docs/ledger.md says."""


def need(condition, what):
    if not condition:
        raise Wrong(what)


# Bytes and texts


def decode(text):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        raise Wrong("not base64") from None
    need(base64.b64encode(data).decode() == text, "base64 in another form")
    return data


def read(folder, path):
    with open(os.path.join(folder, path), "rb") as file:
        return file.read()


def lines_of(folder, path):
    with open(os.path.join(folder, path), "rb") as file:
        for line in file:
            need(line.endswith(b"\n"), f"{path}: the last line does not end")
            yield line[:-1]


def no_fraction(text):
    raise Wrong("a number that is not an integer")


def integer(text):
    number = int(text)
    need(abs(number) <= LARGEST_INTEGER, "a number that is too large")
    return number


def write_canonical(value):
    """RFC 8785, for values without fractions."""
    if isinstance(value, dict):
        pairs = sorted(value.items(), key=lambda pair: pair[0].encode("utf-16-be"))
        return "{" + ",".join(write_canonical(key) + ":" + write_canonical(item) for key, item in pairs) + "}"
    if isinstance(value, list):
        return "[" + ",".join(write_canonical(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def read_canonical(data, what):
    try:
        value = json.loads(data.decode("utf-8"), parse_float=no_fraction, parse_constant=no_fraction, parse_int=integer)
        need(write_canonical(value).encode("utf-8") == data, f"{what}: not canonical JSON")
    except (UnicodeError, json.JSONDecodeError, RecursionError):
        raise Wrong(f"{what}: not JSON") from None
    return value


# Keys, notes, envelopes


class Key:
    def __init__(self, text):
        try:
            self.name, self.id, encoded = text.strip().split("+", 2)
        except ValueError:
            raise Wrong("not a key") from None
        data = decode(encoded)
        need(len(data) == 33 and data[0] in (LOG_KEY, WITNESS_KEY), "not an Ed25519 key")
        self.kind, self.public = data[0], data[1:]
        digest = hashlib.sha256(self.name.encode() + b"\n" + data).hexdigest()
        need(digest[:8] == self.id, "the id in a key is not the key's")

    def __eq__(self, other):
        return (self.name, self.kind, self.public) == (other.name, other.kind, other.public)

    def verifies(self, message, signature):
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(signature, message)
            return True
        except InvalidSignature:
            return False


class Checkpoint:
    """C2SP tlog-checkpoint in a C2SP signed-note."""

    def __init__(self, data):
        note = data.decode("utf-8")
        text, separator, signatures = note.rpartition("\n\n")
        need(separator and signatures.endswith("\n"), "not a signed note")
        self.text = text + "\n"
        lines = self.text.split("\n")
        need(len(lines) == 4 and lines[0], "not a checkpoint")
        self.origin, size, root = lines[:3]
        need(size.isascii() and size.isdigit() and str(int(size)) == size, "not the size of a checkpoint")
        self.size, self.root = int(size), decode(root)
        need(len(self.root) == 32, "not a root")
        self.signatures = []
        for line in signatures[:-1].split("\n"):
            mark, name, encoded = line.split(" ")
            signature = decode(encoded)
            need(mark == "\u2014" and len(signature) > 4, "not a signature line")
            self.signatures.append((name, signature[:4].hex(), signature[4:]))

    def signed_by(self, key):
        """Whether a key signed: true, or of a witness the time. All signatures that say so must verify."""
        found = None
        for name, key_id, signature in self.signatures:
            if (name, key_id) != (key.name, key.id):
                continue
            message, result = self.text, True
            if key.kind == WITNESS_KEY:
                result = int.from_bytes(signature[:8], "big")
                message, signature = f"cosignature/v1\ntime {result}\n{self.text}", signature[8:]
            need(key.verifies(message.encode(), signature), f"a signature of {name} does not verify")
            found = result
        return found


def open_envelope(data, payload_type, keys):
    """DSSE: the payload, which one of the keys signed."""
    envelope = json.loads(data)
    need(envelope["payloadType"] == payload_type, "an envelope of another type")
    payload = decode(envelope["payload"])
    kind = payload_type.encode()
    message = b"DSSEv1 %d %s %d %s" % (len(kind), kind, len(payload), payload)
    for signature in envelope["signatures"]:
        if any(key.verifies(message, decode(signature["sig"])) for key in keys):
            return payload
    raise Wrong("an envelope is not signed by a trusted key")


# The tree: RFC 6962


def leaf_hash(entry):
    return hashlib.sha256(b"\x00" + entry).digest()


def node_hash(left, right):
    return hashlib.sha256(b"\x01" + left + right).digest()


class Tree:
    """The complete subtrees of a growing tree, largest first."""

    def __init__(self):
        self.size, self.subtrees = 0, []

    def append(self, leaf):
        size = self.size
        while size & 1:
            leaf = node_hash(self.subtrees.pop(), leaf)
            size >>= 1
        self.subtrees.append(leaf)
        self.size += 1

    def root(self):
        if not self.subtrees:
            return hashlib.sha256(b"").digest()
        root = self.subtrees[-1]
        for left in reversed(self.subtrees[:-1]):
            root = node_hash(left, root)
        return root


def root_of_proof(leaf, index, size, proof):
    """RFC 9162, section 2.1.3.2."""
    need(0 <= index < size, "a proof of a record that is not under the checkpoint")
    position, last, root = index, size - 1, leaf
    for sibling in proof:
        need(last > 0, "a proof is too long")
        if position & 1 or position == last:
            root = node_hash(sibling, root)
            while not position & 1 and position:
                position, last = position >> 1, last >> 1
        else:
            root = node_hash(root, sibling)
        position, last = position >> 1, last >> 1
    need(last == 0, "a proof is too short")
    return root


# The export


def check_files(folder, manifest):
    """Every file is listed, and is as it was written."""
    expected = []
    listed = list(manifest["files"])
    if any(entry["path"] == "files.jsonl" for entry in listed):
        for line in lines_of(folder, "files.jsonl"):
            entry = read_canonical(line, "files.jsonl")
            need(entry["path"].startswith(("documents/", "tile/")), "files.jsonl lists another file")
            listed.append(entry)
    for entry in listed:
        path = entry["path"]
        need(not any(part in ("", ".", "..") for part in path.split("/")), f"{path}: no name of a file")
        place = os.path.join(folder, path)
        need(os.path.isfile(place) and not os.path.islink(place), f"{path}: is not there")
        digest, size = hashlib.sha256(), 0
        with open(place, "rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
                size += len(block)
        need((digest.hexdigest(), size) == (entry["sha256"], entry["size"]), f"{path}: is not as it was written")
        if path.startswith("documents/"):
            sealed = hashlib.sha256(read(folder, path)[WRAPPED_KEY:]).hexdigest()
            need(path == f"documents/{sealed[:2]}/{sealed}", f"{path}: is not the document of this name")
        expected.append(path)
    need(len(set(expected)) == len(expected), "a file is listed twice")
    there = set()
    for place, _, names in os.walk(folder):
        there.update(os.path.relpath(os.path.join(place, name), folder).replace(os.sep, "/") for name in names)
    need(there == set(expected) | {"manifest.json", "manifest.dsse.json"}, "files are there that are not listed")
    for name in ("checkpoint", "checkpoints.jsonl", "keys", "records.jsonl", "records.csv"):
        need(name in expected, f"{name}: is not listed")


class Trail:
    """The keys that speak for the log: those that are trusted, and those that they passed it on to."""

    def __init__(self, keys):
        self.trusted = [[key, None] for key in keys]
        self.pending = []

    def rotation(self, index, body):
        added, retired = Key(body["added"]), Key(body["retired"])
        need(added.kind == LOG_KEY and added.name == self.trusted[0][0].name, "a rotation to a key of another log")
        retired_before = [key for key, by in self.trusted if by is not None] + [old for _, _, old in self.pending]
        need(retired not in retired_before, "a key is retired twice")
        for entry in self.trusted:
            if entry[0] == retired:
                entry[1] = index
        self.pending.append((index, added, retired))

    def passes_on(self, checkpoint):
        again = True
        while again:
            again = False
            for item in self.pending:
                index, added, retired = item
                if index < checkpoint.size and any(key == retired for key, _ in self.trusted):
                    if checkpoint.signed_by(retired):
                        self.pending.remove(item)
                        by = next((later for later, _, old in self.pending if old == added), None)
                        if not any(key == added for key, _ in self.trusted):
                            self.trusted.append([added, by])
                        again = True
                        break

    def signer(self, checkpoint):
        for key, retired_by in self.trusted:
            if (retired_by is None or retired_by >= checkpoint.size) and checkpoint.signed_by(key):
                return key
        raise Wrong(f"the checkpoint of {checkpoint.size} records is signed by no key that is trusted for it")


def check_whole(folder, manifest, checkpoint, trail, brought):
    """Makes the tree again. Gives the records as (index, time)."""
    kept = [Checkpoint(json.loads(line)["note"].encode()) for line in lines_of(folder, "checkpoints.jsonl")]
    largest, met = 0, set()
    for item in kept:
        # One that was cosigned later is kept again.
        need(item.size >= largest or item.size in met, "checkpoints are not in order")
        largest = max(largest, item.size)
        met.add(item.size)
    need(largest <= checkpoint.size, "the newest checkpoint is older than one that is kept")
    need(all(item.origin == manifest["origin"] for item in kept), "a checkpoint of another log")
    waiting = sorted(kept + [checkpoint] + brought, key=lambda item: item.size)
    tree, ids, records = Tree(), set(), []

    def reached():
        while waiting and waiting[0].size == tree.size:
            item = waiting.pop(0)
            need(item.root == tree.root(), f"the checkpoint of {item.size} records was not made of these records")
            if item not in brought:
                trail.passes_on(item)

    reached()
    for line in lines_of(folder, "records.jsonl"):
        record = check_record(line, tree.size)
        need(record["id"] not in ids, f"record {tree.size}: its id is there twice")
        ids.add(record["id"])
        records.append((record["index"], record["time"]))
        if record["kind"] == "key_rotation":
            trail.rotation(tree.size, record["body"])
        tree.append(leaf_hash(line))
        reached()
    need(not waiting, "a checkpoint covers more records than there are")
    need(tree.size == manifest["size"] == manifest["count"], "not as many records as the manifest says")
    need(manifest["query"] == {}, "a whole export has no query")
    return records


def check_population(folder, manifest, checkpoint, brought):
    """Proves each record. Gives the records as (index, time)."""
    for older in brought:
        same = (older.size, older.root) == (checkpoint.size, checkpoint.root)
        need(same, "a population does not show that the log continues a checkpoint of another size")
    records, last = [], -1
    proofs = lines_of(folder, "proofs.jsonl")
    for line in lines_of(folder, "records.jsonl"):
        proof = read_canonical(next(proofs, b""), "proofs.jsonl")
        index = proof["index"]
        need(index > last, "records are not in order")
        last = index
        record = check_record(line, index)
        root = root_of_proof(leaf_hash(line), index, checkpoint.size, [decode(hash) for hash in proof["hashes"]])
        need(root == checkpoint.root, f"record {index}: the proof does not lead to the checkpoint")
        records.append((index, record["time"]))
    need(next(proofs, None) is None, "more proofs than records")
    need(len(records) == manifest["count"], "not as many records as the manifest says")
    return records


def check_record(line, index):
    need(len(line) <= 65535, f"record {index}: too long")
    record = read_canonical(line, f"record {index}")
    need(record["schema"] == "soc2gate.dev/record/v1", f"record {index}: another version")
    need(record["index"] == index, f"record {index}: says that it is another one")
    name = record["id"]
    need(len(name) == 32 and set(name) <= set("0123456789abcdef"), f"record {index}: not an id")
    return record


def moment(time):
    """What puts times in order: RFC 3339 in UTC, with a fraction or without."""
    need(time.endswith("Z"), "a time that is not in UTC")
    seconds, _, fraction = time[:-1].partition(".")
    return seconds, fraction.ljust(9, "0")


def check_table(folder, records):
    with open(os.path.join(folder, "records.csv"), encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    seen = [(row[0], row[1]) for row in rows[1:]]
    need(rows[0][:2] == ["index", "time"], "records.csv: other columns")
    need(seen == [(str(index), time) for index, time in records], "records.csv: other records")


def verify(folder, keys, brought, witnesses):
    need(keys, "no key was given, so nothing says who signed")
    data = read(folder, "manifest.json")
    manifest = read_canonical(data, "manifest.json")
    need(manifest["schema"] == "soc2gate.dev/export/v1", "an export of another version")
    keys = [key for key in keys if key.name == manifest["origin"] and key.kind == LOG_KEY]
    need(keys, "none of the keys is of this log")
    check_files(folder, manifest)
    checkpoint = Checkpoint(read(folder, "checkpoint"))
    says = (checkpoint.origin, checkpoint.size, checkpoint.root.hex())
    need(says == (manifest["origin"], manifest["size"], manifest["root"]), "another checkpoint than the manifest names")
    for older in brought:
        need(older.origin == manifest["origin"], "a checkpoint of another log was given")
        need(older.size <= checkpoint.size, "the export is older than a checkpoint that was given")
    trail = Trail(keys)
    if manifest["shape"] == "whole":
        records = check_whole(folder, manifest, checkpoint, trail, brought)
    else:
        need(manifest["shape"] == "population", "an export of another shape")
        records = check_population(folder, manifest, checkpoint, brought)
    for item in brought:
        trail.signer(item)
    signers = [trail.signer(checkpoint)]
    if manifest["shape"] == "population":
        signers = [key for key in keys if checkpoint.signed_by(key)]
    payload = open_envelope(read(folder, "manifest.dsse.json"), MANIFEST_TYPE, signers)
    need(payload == data, "the signed manifest is another one")
    ends = (records[0][0], records[-1][0]) if records else (None, None)
    need(ends == (manifest.get("first"), manifest.get("last")), "other records than the manifest says")
    times = sorted((time for _, time in records), key=moment)
    period = {"from": times[0], "to": times[-1]} if times else None
    need(period == manifest.get("period"), "another period than the manifest says")
    check_table(folder, records)
    if os.path.exists(os.path.join(folder, "attestations.jsonl")):
        for line in lines_of(folder, "attestations.jsonl"):
            open_envelope(line, STATEMENT_TYPE, signers)
    print(f"verified: {manifest['shape']} export of {manifest['origin']}: {len(records)} records of {checkpoint.size}")
    for older in brought:
        print(f"continues the checkpoint of {older.size} records")
    for witness in witnesses:
        time = checkpoint.signed_by(witness)
        need(time is not None, f"{witness.name} did not cosign the checkpoint")
        print(f"cosigned by {witness.name} at {time}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder")
    parser.add_argument("--key", action="append", default=[])
    parser.add_argument("--checkpoint", action="append", default=[])
    parser.add_argument("--witness", action="append", default=[])
    arguments = parser.parse_args()
    try:
        verify(
            arguments.folder,
            [Key(key) for key in arguments.key],
            [Checkpoint(read("", path)) for path in arguments.checkpoint],
            [Key(key) for key in arguments.witness],
        )
    except Wrong as wrong:
        print(f"not verified: {wrong}")
        sys.exit(1)
    except (csv.Error, OSError, ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError) as error:
        print(f"not verified: it has not the form of an export ({type(error).__name__})")
        sys.exit(1)


main()
