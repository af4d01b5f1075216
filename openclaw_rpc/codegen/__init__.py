"""The artefacts: what is generated from the table and committed under `schemas/`."""
