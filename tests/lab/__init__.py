"""The lab: real Debian servers under QEMU on a LAN of network namespaces, for tests that need a
machine to break."""
