"""Every dialect of HTTP there is."""

from openclaw_rpc.dialects.api.dialect import Api
from openclaw_rpc.dialects.api_v1.dialect import ApiV1
from openclaw_rpc.dialects.openai.dialect import OpenAI
from openclaw_rpc.dialects.rest import RestDialect
from openclaw_rpc.dialects.v1.dialect import V1

DIALECTS: tuple[RestDialect, ...] = (V1(), ApiV1(), Api(), OpenAI())
