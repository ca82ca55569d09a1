"""Says which lines of CODEOWNERS files decide on paths, by the Python package codeowners, which follows hmarr/codeowners.

Standard input: a JSON list of {"file": text, "paths": [...]}. Standard output: for each a list of lines, counted from 1,
null where none decides; or null instead of the list where the whole file is refused.
"""

import json
import sys

from codeowners import CodeOwners


def answer(case):
    try:
        owners = CodeOwners(case["file"])
    except ValueError:
        return None
    return [owners.matching_line(path)[1] for path in case["paths"]]


json.dump([answer(case) for case in json.load(sys.stdin)], sys.stdout)
