"""The schema: numbered, portable SQL files, append-only. `connector.ledger.migrations` applies them."""
