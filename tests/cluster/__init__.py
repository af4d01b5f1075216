"""Several nodes of one gateway under faults: nothing acknowledged is lost, nothing comes twice, nothing is missing."""
