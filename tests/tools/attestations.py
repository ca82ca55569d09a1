"""Reads DSSE envelopes, one a line, with the packages of in-toto and securesystemslib. Prints how many were accepted,
or `refused` and why.

Arguments: the file, the id of the key, the key in hexadecimal.
"""

import json
import sys

from google.protobuf import json_format
from in_toto_attestation.predicates.test_result.v0 import test_result_pb2
from in_toto_attestation.predicates.vsa.v1 import vsa_pb2
from in_toto_attestation.v1 import statement_pb2
from in_toto_attestation.v1.statement import Statement
from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey

PREDICATES = {
    "https://slsa.dev/verification_summary/v1": vsa_pb2.VerificationSummary,
    "https://in-toto.io/attestation/test-result/v0.1": test_result_pb2.TestResult,
}

OWN = [
    "https://soc2gate.dev/attestation/decision/v1",
    "https://soc2gate.dev/attestation/change/v1",
]


def check(line, key):
    envelope = Envelope.from_dict(json.loads(line))
    if envelope.payload_type != "application/vnd.in-toto+json":
        raise ValueError("payload type")
    envelope.verify([key], 1)
    statement = json_format.Parse(envelope.payload, statement_pb2.Statement())
    Statement.copy_from_pb(statement).validate()
    predicate = PREDICATES.get(statement.predicate_type)
    if predicate is not None:
        fields = json.loads(envelope.payload)["predicate"]
        # The specification has a list here, the package one text.
        levels = fields.pop("verifiedLevels", ["none"])
        if not all(isinstance(level, str) for level in levels):
            raise ValueError("verified levels")
        json_format.ParseDict(fields, predicate())
    elif statement.predicate_type not in OWN:
        raise ValueError("predicate type")


def main():
    path, key_id, public = sys.argv[1:]
    key = SSlibKey(key_id, "ed25519", "ed25519", {"public": public})
    count = 0
    with open(path, encoding="utf-8") as lines:
        for line in lines:
            try:
                check(line, key)
            except Exception as error:  # whatever a package says, the line is refused
                print(f"refused: {type(error).__name__}: {error}")
                sys.exit(1)
            count += 1
    print(f"accepted {count}")


main()
