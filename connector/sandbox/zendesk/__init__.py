"""An emulator of the Zendesk REST API, OAuth and webhooks."""
