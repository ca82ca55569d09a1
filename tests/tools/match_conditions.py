"""Evaluates match conditions of webhooks as the API server does: CEL with the variable `request`.

Reads a list of {"expression", "request"} from standard input and writes the list of what they are: true, false, or
"error", which an API server takes for a refusal or passes over, as the failure policy says.
"""

import json
import sys
import types

# The package's command line needs packages that nothing here does.
sys.modules["cel.cli"] = types.ModuleType("cel.cli")

import cel  # noqa: E402


def result(expression, request):
    try:
        value = cel.evaluate(expression, {"request": request})
    except Exception:
        return "error"
    return value if isinstance(value, bool) else "error"


print(json.dumps([result(case["expression"], case["request"]) for case in json.load(sys.stdin)]))
