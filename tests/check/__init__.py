"""Live checks against real servers: dnsmasq, TLS and HTTP, on loopback and in a namespace."""
