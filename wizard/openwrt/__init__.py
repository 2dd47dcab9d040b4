"""An access point with OpenWrt, set over SSH as nothing but an access point, with its way back."""
