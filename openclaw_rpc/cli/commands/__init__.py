"""The commands, a file each; `cli/root.py` says which there are."""
