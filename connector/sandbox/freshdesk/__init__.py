"""An emulator of the Freshdesk REST API v2 and its automation-rule webhooks."""
