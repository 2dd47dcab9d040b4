"""Runs on the server: facts, apply, confirm, rollback, recover. Standard library only."""

VERSION = "0.1.0"
