"""`python -m openclaw_rpc.cli` is `openclaw`."""

import sys

from openclaw_rpc.cli import main

if __name__ == "__main__":
    sys.exit(main())
