"""The starters a support manager can read and change: intents, signals, templates, policy, accounts, words."""
