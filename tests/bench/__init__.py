"""What the gateway costs, measured as CPU time of its process, each figure beside its limit."""
