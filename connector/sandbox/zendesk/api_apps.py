"""Apps: the public key of one that is installed."""

from __future__ import annotations

from typing import Any

from flask import Response

from connector.sandbox.zendesk import errors
from connector.sandbox.zendesk.app import PREFIX, Host, Routes


def _public_key(host: Host, app_id: int) -> Any:
    app = host.account.app
    if app is None or app.app_id != app_id:
        raise errors.not_found()
    return Response(app.key.public_pem, content_type="text/plain; charset=utf-8")


ROUTES: Routes = ((PREFIX + "/apps/<int:app_id>/public_key", ("GET",), _public_key),)
