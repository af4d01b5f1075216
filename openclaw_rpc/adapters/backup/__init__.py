"""Copies of all that is kept: one file each, sealed by a passphrase where asked, with a checksum of everything."""
