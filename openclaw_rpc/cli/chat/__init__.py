"""What `openclaw chat` is made of: turns (`talk`), approvals, the words typed with `/`, and two ways to show it all.

`plain` writes into pipes; `window` is for a terminal, and alone imports prompt_toolkit and rich.
"""
