"""Decoders are built at a row's first call: that each can be built is seen here."""

import msgspec
import pytest

from openclaw_rpc.protocol import table
from openclaw_rpc.protocol.errors import InvalidRequest
from openclaw_rpc.protocol.method import Method
from openclaw_rpc.rpc.bind import bind
from openclaw_rpc.rpc.call import Call
from openclaw_rpc.rpc.dispatcher import decode

ROWS = table.by_name()


@pytest.mark.parametrize("name", sorted(ROWS))
def test_the_params_of_every_row_are_decoded_or_refused(name: str) -> None:
    row: Method[msgspec.Struct, object] = ROWS[name]

    def handler(params: msgspec.Struct, call: Call) -> object:
        raise AssertionError("nobody calls it")

    bound = bind(row, handler)
    with pytest.raises(InvalidRequest) as refused:
        decode(bound, b'{"no such field": 1}')
    assert refused.value.reason
