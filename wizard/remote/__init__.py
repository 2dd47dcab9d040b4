"""The way to the server: SSH login, host keys, sudo, the agent, discovery, the lifeline."""
