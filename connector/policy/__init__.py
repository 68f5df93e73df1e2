"""What may be sent, drafted or handed off, and why. Pure: no I/O, no clock, no vendor."""
