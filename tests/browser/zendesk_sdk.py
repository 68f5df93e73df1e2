"""The vendor's own SDK as one script: fetched by npm, pinned by its integrity hash, never kept in this repository."""

import json
import shutil
import subprocess
from pathlib import Path

PINNED = Path(__file__).parent / "sdk"
PARTS = ("utils", "client", "index")


def fetch_sdk(folder: Path) -> str:
    """A script that defines `ZAFClient`, from the published package. Fails where npm is missing or the hash differs."""
    npm = shutil.which("npm")
    assert npm, "npm is missing: run `python tools/system_parts.py`"
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, folder)
    command = [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    package = folder / "node_modules" / "zendesk_app_framework_sdk"
    assert json.loads((package / "package.json").read_text())["version"] == "2.0.11"
    return _bundle({f"./{name}": (package / "lib" / f"{name}.js").read_text() for name in PARTS})


def _bundle(modules: dict[str, str]) -> str:
    """The modules, which are CommonJS, as one classic script."""
    wrapped = ",\n".join(
        f"{json.dumps(name)}: function (require, module) {{\n{text}\n}}" for name, text in modules.items()
    )
    return (
        f"(function () {{ const texts = {{ {wrapped} }}, made = {{}};\n"
        "function require(name) { if (!made[name]) { const module = { exports: {} }; made[name] = module;"
        " texts[name](require, module); } return made[name].exports; }\n"
        'window.ZAFClient = require("./index"); })();'
    )
