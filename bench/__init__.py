"""Performance as ratios, measured side by side in one run: `make bench`. One module for each table."""
