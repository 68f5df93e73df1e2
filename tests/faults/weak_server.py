"""The web process with a chosen SQLite durability: FULL is the product, anything weaker is a mutant.

`python -m tests.faults.weak_server FULL|OFF` prints `ready ADDRESS PID`.
"""

import os
import sys
from threading import Thread

from werkzeug.serving import make_server

from connector import app, web
from connector import ledger as ledgers
from connector.settings import load, secret_keys


def main(synchronous: str) -> None:
    settings = load()
    ledger = ledgers.open_ledger(settings.ledger_url, keys=secret_keys(settings), synchronous=synchronous)
    built = app.App(settings=settings, ledger=ledger, clock=app.utc_now)
    server = make_server("127.0.0.1", 0, web.create_app(built), threaded=True)
    thread = Thread(target=server.serve_forever)
    thread.start()
    print(f"ready http://127.0.0.1:{server.server_port} {os.getpid()}", flush=True)
    thread.join()


if __name__ == "__main__":
    main(sys.argv[1])
