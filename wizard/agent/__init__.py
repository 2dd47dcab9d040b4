"""Runs on the server: facts, apply, confirm, rollback, recover. Standard library only."""
