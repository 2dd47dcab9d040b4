"""The verb `watch`: who arrives on the LAN, read from a few kinds of packets as they pass by."""
