"""Connections to the outside verify whom they talk to, wherever their certificates were read."""

import ssl
import subprocess
import sys

from openclaw_rpc.adapters.tls import client_context, without_certificates

PROGRAM = """
from openclaw_rpc.app import App; import aiohttp.connector as connector
context = connector._make_ssl_context(True)
before = connector._SSL_CONTEXT_VERIFIED
print(before.verify_mode.name, before.check_hostname, len(before.get_ca_certs()))
print(context.verify_mode.name, context.check_hostname)
"""


def test_the_start_reads_no_certificates_and_trusts_nobody_for_it() -> None:
    done = subprocess.run([sys.executable, "-c", PROGRAM], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines() == ["CERT_REQUIRED True 0", "CERT_REQUIRED True"]


def test_importing_aiohttp_reads_no_certificates_for_a_context_that_does_not_verify_either() -> None:
    program = (
        "from openclaw_rpc.app import App; import aiohttp.connector as c\n"
        "print(len(c._SSL_CONTEXT_UNVERIFIED.get_ca_certs()))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=30, check=True)
    assert done.stdout.splitlines() == ["0"]


def test_a_context_that_is_asked_for_verifies() -> None:
    context = client_context()
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def test_default_contexts_are_as_ever_afterwards() -> None:
    original = ssl.create_default_context
    with without_certificates():
        assert ssl.create_default_context().verify_mode is ssl.CERT_REQUIRED
    assert ssl.create_default_context is original


def test_contexts_read_the_certificates_again_afterwards() -> None:
    read = ssl.SSLContext.set_default_verify_paths
    with without_certificates():
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.set_default_verify_paths()
    assert context.get_ca_certs() == []
    assert ssl.SSLContext.set_default_verify_paths is read
