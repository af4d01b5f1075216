"""The tool `roll_dice`: its arguments as JSON on standard input, its result as JSON on standard output."""

import json
import secrets
import sys

asked = json.load(sys.stdin)
dice = [1 + secrets.randbelow(asked.get("sides", 6)) for _ in range(asked["count"])]
print(json.dumps({"dice": dice, "sum": sum(dice)}))
