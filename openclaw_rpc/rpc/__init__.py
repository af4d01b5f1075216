"""The kernel: it joins rows to handlers, guards a call, runs it, and carries events out. It knows no wire."""
