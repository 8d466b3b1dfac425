"""Packages of a built binary: `python3 packages/pack.py --help`. Needs nothing beyond Python 3.10."""
