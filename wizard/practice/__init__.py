"""A clinic to practise on: real SSH and the real agent on a folder, on loopback."""
