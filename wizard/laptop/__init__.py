"""What this laptop has: interfaces, leases, name servers, folders."""
