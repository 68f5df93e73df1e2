"""The sandbox helpdesks: emulators of Zendesk and Freshdesk for demos, tests and measurements.

They are built from the vendors' documentation and import nothing of the rest of the project.
"""

from connector.sandbox.facade import Sandbox, serve

__all__ = ["Sandbox", "serve"]
