"""Every path, unit and port the program uses on a server, in one place."""

from __future__ import annotations

LIBRARY = "/usr/local/lib/cht-offline-setup"  # the zipapp, root only
STATE = "/var/lib/cht-offline-setup"  # journal, before-images, owned files; root only
LEASES = "/var/lib/cht-offline-dns"  # dnsmasq's leases
SETTINGS = "/etc/cht-offline-setup"
PAIRS = STATE + "/certificates"  # the last pairs that were served
REQUEST = STATE + "/request"  # a key that waits for its certificate

DNSMASQ_CONF = SETTINGS + "/dnsmasq.conf"
DNSMASQ_UNIT = "cht-offline-dns.service"
DNSMASQ_UNIT_FILE = "/etc/systemd/system/" + DNSMASQ_UNIT

CHRONY_FILE = "/etc/chrony/conf.d/cht-offline-setup.conf"  # read by the package's chrony.service
CHRONY_UNIT = "chrony.service"
CLOCK_UNIT = "cht-offline-clock.service"  # no start before the last known time
CLOCK_UNIT_FILE = "/etc/systemd/system/" + CLOCK_UNIT
CLOCK = "/var/lib/cht-offline-clock"
CLOCK_STAMP = CLOCK + "/last-known"  # its date is the last known time
TIMESYNCD_STAMP = "/var/lib/systemd/timesync/clock"  # its date, too
FAKE_HWCLOCK_STAMP = "/etc/fake-hwclock.data"

HOSTAPD_CONF = SETTINGS + "/hostapd.conf"
HOSTAPD_SECRET = SETTINGS + "/hostapd-passphrase.conf"  # root only; joined to it at each start
HOSTAPD_UNIT = "cht-offline-wifi.service"
HOSTAPD_UNIT_FILE = "/etc/systemd/system/" + HOSTAPD_UNIT
HOSTAPD_RUN = "/run/cht-offline-wifi"
NETWORKMANAGER_RADIO_FILE = "/etc/NetworkManager/conf.d/90-cht-offline-wifi.conf"
NETWORKD_RADIO_FILE = "/etc/systemd/network/05-cht-offline-wifi.network"

RECOVER_UNIT = "cht-offline-setup-recover.service"
RECOVER_CONTAINERS_UNIT = "cht-offline-setup-recover-containers.service"
APPLY_UNIT = "cht-offline-setup-apply"
ROLLBACK_TIMER = "cht-offline-setup-rollback"
RESTART_UNIT = "cht-offline-setup-restart"

BRIDGE = "chtlan"  # joins the cable and the radio; made by the network manager
NETPLAN_FILE = "/etc/netplan/99-cht-offline-setup.yaml"
NETWORKMANAGER_NAME = "cht-offline-setup"
NETWORKMANAGER_FILE = "/etc/NetworkManager/system-connections/cht-offline-setup.nmconnection"
NETWORKMANAGER_PORT_NAME = "cht-offline-setup-cable"  # the cable as a port of the bridge
NETWORKMANAGER_PORT_FILE = (
    "/etc/NetworkManager/system-connections/cht-offline-setup-cable.nmconnection"
)
NETWORKD_FILE = "/etc/systemd/network/05-cht-offline-setup.network"
NETWORKD_BRIDGE_FILE = "/etc/systemd/network/05-cht-offline-setup.netdev"
NETWORKD_PORT_FILE = "/etc/systemd/network/05-cht-offline-setup-cable.network"
INTERFACES_FILE = "/etc/network/interfaces.d/cht-offline-setup"
CLOUD_INIT_FILE = "/etc/cloud/cloud.cfg.d/99-cht-offline-setup-network.cfg"

WATCHED_PORTS = (22, 53, 67, 80, 123, 443, 547, 5353, 6443)
PACKAGES = ("dnsmasq-base", "hostapd", "iw", "wireless-regdb", "chrony", "dnsmasq")
SERVICES = (
    DNSMASQ_UNIT,
    HOSTAPD_UNIT,
    "hostapd.service",
    "NetworkManager.service",
    "dnsmasq.service",
    "systemd-resolved.service",
    "docker.service",
    "ssh.service",
    "ufw.service",
    "firewalld.service",
    "named.service",
    "isc-dhcp-server.service",
    "k3s.service",
    "nginx.service",
    "apache2.service",
    CHRONY_UNIT,
    CLOCK_UNIT,
)
