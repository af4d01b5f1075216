"""llama.cpp's own server with a tiny model, made here: run by an interpreter that has xllamacpp and gguf.

`python llamacpp_server.py FOLDER CONTEXT_TOKENS [calls]` prints its address and serves until its input ends. What the
model says makes no sense: random letters, until one of them happens to be the end. Where a grammar holds, it keeps to
that. With `calls`, the beginning of a tool call is likelier than any letter.
"""

import os
import sys
from pathlib import Path

import gguf  # pyright: ignore[reportMissingImports]
import numpy  # pyright: ignore[reportMissingImports]
import xllamacpp  # pyright: ignore[reportMissingImports]

NAME = "tiny"
WIDTH, HEADS, LAYERS, HIDDEN = 128, 4, 1, 512
TRAINED_CONTEXT = 32_768
CONTROL = ("<s>", "</s>", "<|im_start|>", "<|im_end|>")
MARKS = ("<tool_call>", "</tool_call>")
SPECIAL = ("<unk>", *CONTROL, *MARKS)
CALLING = ("<tool_call>", "<0x0A>", "<|im_end|>")
TEMPLATE = """\
{%- if tools %}
    {{- '<|im_start|>system\\n# Tools\\n<tools>' }}
    {%- for tool in tools %}
        {{- '\\n' }}{{- tool | tojson }}
    {%- endfor %}
    {{- '\\n</tools>\\nAnswer with <tool_call>\\n{"name": NAME, "arguments": OBJECT}\\n</tool_call><|im_end|>\\n' }}
{%- endif %}
{%- for message in messages %}
    {%- if message.role == 'assistant' %}
        {{- '<|im_start|>assistant' }}
        {%- if message.content %}{{- '\\n' + message.content }}{%- endif %}
        {%- if message.tool_calls %}
            {%- for tool_call in message.tool_calls %}
                {%- if tool_call.function %}{%- set tool_call = tool_call.function %}{%- endif %}
                {{- '\\n<tool_call>\\n{"name": "' }}{{- tool_call.name }}{{- '", "arguments": ' }}
                {{- tool_call.arguments | tojson }}{{- '}\\n</tool_call>' }}
            {%- endfor %}
        {%- endif %}
        {{- '<|im_end|>\\n' }}
    {%- elif message.role == 'tool' %}
        {{- '<|im_start|>user\\n<tool_response>\\n' + message.content + '\\n</tool_response><|im_end|>\\n' }}
    {%- else %}
        {{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' }}
    {%- endif %}
{%- endfor %}
{%- if add_generation_prompt %}{{- '<|im_start|>assistant\\n' }}{%- endif %}"""


def write(path: Path, *, calls: bool) -> None:
    """A model of 0.3 M weights in the form of Llama's, whose words are single bytes."""
    tokens = [*SPECIAL, *(f"<0x{byte:02X}>" for byte in range(256))]
    kinds = [gguf.TokenType.UNKNOWN, *[gguf.TokenType.CONTROL] * len(CONTROL)]
    kinds += [*[gguf.TokenType.USER_DEFINED] * len(MARKS), *[gguf.TokenType.BYTE] * 256]
    out = gguf.GGUFWriter(path, "llama")
    out.add_name(NAME)
    out.add_context_length(TRAINED_CONTEXT)
    out.add_embedding_length(WIDTH)
    out.add_block_count(LAYERS)
    out.add_feed_forward_length(HIDDEN)
    out.add_head_count(HEADS)
    out.add_layer_norm_rms_eps(1e-5)
    out.add_rope_dimension_count(WIDTH // HEADS)
    out.add_vocab_size(len(tokens))
    out.add_tokenizer_model("llama")
    out.add_token_list(tokens)
    out.add_token_scores([0.0] * len(tokens))
    out.add_token_types(kinds)
    out.add_bos_token_id(1)
    out.add_eos_token_id(tokens.index("<|im_end|>"))
    out.add_add_bos_token(False)
    out.add_add_space_prefix(False)
    out.add_chat_template(TEMPLATE)

    random = numpy.random.default_rng(7)

    def weights(*shape: int) -> numpy.ndarray:
        return random.normal(0, 0.05, shape).astype(numpy.float32)

    # One dimension is the same for every word: by it, letters and the end of an answer are likely, other bytes hardly.
    letters = b"abcdefghijklmnopqrstuvwxyz "
    known, said = weights(len(tokens), WIDTH), weights(len(tokens), WIDTH)
    known[:, 0] = 1
    likely = {tokens.index(f"<0x{byte:02X}>") for byte in letters} | {tokens.index("<|im_end|>")}
    said[:, 0] = [1 if at in likely else 0 for at in range(len(tokens))]
    for word in CALLING if calls else ():
        said[tokens.index(word), 0] = 3
    out.add_tensor("token_embd.weight", known)
    out.add_tensor("output.weight", said)
    out.add_tensor("output_norm.weight", numpy.ones(WIDTH, numpy.float32))
    for layer in range(LAYERS):
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            out.add_tensor(f"blk.{layer}.{name}.weight", weights(WIDTH, WIDTH))
        out.add_tensor(f"blk.{layer}.ffn_gate.weight", weights(HIDDEN, WIDTH))
        out.add_tensor(f"blk.{layer}.ffn_up.weight", weights(HIDDEN, WIDTH))
        out.add_tensor(f"blk.{layer}.ffn_down.weight", weights(WIDTH, HIDDEN))
        for name in ("attn_norm", "ffn_norm"):
            out.add_tensor(f"blk.{layer}.{name}.weight", numpy.ones(WIDTH, numpy.float32))
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()


def main() -> None:
    folder, context = Path(sys.argv[1]), int(sys.argv[2])
    path = folder / f"{NAME}.gguf"
    write(path, calls="calls" in sys.argv[3:])
    params = xllamacpp.CommonParams()
    params.model.path = str(path)
    params.model_alias = {NAME}
    params.n_ctx = context
    params.n_parallel = 1
    params.n_predict = 200
    params.cpuparams.n_threads = 1
    params.cpuparams_batch.n_threads = 1
    params.warmup = False
    params.port = 0
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # whatever the server's own threads do


if __name__ == "__main__":
    main()
