"""Proves that the program is whole and works on this laptop, without any server.

Every part runs in a process of its own, so that one that crashes or hangs is told like one that
fails, and the others still run. That also holds for the parts that need Qt, which no room below
the window may import: they are commands of the window.
"""
