"""OPA itself, as a shared library from a Python wheel, answers what rules give.

Each line of standard input is a JSON object: {"modules": {name: text}} sets the policies, {"data": ...} starts anew
with these and the data, {"input": ..., "rules": [...]} asks. For each question one line comes back: a list with
{"value": ...}, {} for undefined, or {"error": ...} for each rule. Built-in errors are errors. {"measure": query,
"inputs": [...]} evaluates a query on each input in turn; what comes back is the seconds that all of them took, and the
value of the query on the first.
"""

import ctypes
import json
import resource
import sys
import time

sys.path.insert(0, sys.argv[1])
resource.setrlimit(resource.RLIMIT_AS, (8 << 30, 8 << 30))
from opa_bindings import _native  # noqa: E402

library = _native.load()


def call(function, *arguments):
    pointer = function(*arguments)
    try:
        answer = json.loads(ctypes.string_at(pointer))
    finally:
        library.OpaFreeString(pointer)
    return answer


class Opa:
    def __init__(self, modules, data):
        self.handle = library.OpaNew()
        for name, text in modules.items():
            self.check(call(library.OpaAddPolicy, self.handle, name.encode(), text.encode()))
        self.check(call(library.OpaAddData, self.handle, b"", json.dumps(data).encode()))

    def check(self, answer):
        if answer.get("error"):
            raise SystemExit(f"OPA does not load the policies: {answer['error']}")

    def ask(self, query, document):
        answer = call(library.OpaEvalQuery, self.handle, query.encode(), document, 0, 0)
        if answer.get("error"):
            return None
        return answer["result"][0]["expressions"][0]["value"]

    def rules(self, rules, document):
        lists = [f"[v | v := {rule}]" for rule in rules]
        together = self.ask(f"[{', '.join(lists)}]", document)
        if together is None:
            together = [self.ask(one, document) for one in lists]
        return [answer(values) for values in together]

    def measure(self, query, inputs):
        value = self.ask(query, inputs[0])
        query = query.encode()
        start = time.perf_counter()
        for document in inputs:
            library.OpaFreeString(library.OpaEvalQuery(self.handle, query, document, 0, 0))
        return {"seconds": time.perf_counter() - start, "value": value}

    def close(self):
        library.OpaDestroy(self.handle)


def answer(values):
    if values is None:
        return {"error": True}
    return {"value": values[0]} if values else {}


modules, opa = {}, None
for line in sys.stdin:
    message = json.loads(line)
    if "modules" in message:
        modules = message["modules"]
    elif "data" in message:
        if opa:
            opa.close()
        opa = Opa(modules, message["data"])
    elif "measure" in message:
        inputs = [json.dumps(document).encode() for document in message["inputs"]]
        print(json.dumps(opa.measure(message["measure"], inputs)), flush=True)
    else:
        print(json.dumps(opa.rules(message["rules"], json.dumps(message["input"]).encode())), flush=True)
