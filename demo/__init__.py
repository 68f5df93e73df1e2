"""The demonstration: sample tickets over both sandbox helpdesks, through the public commands only."""
