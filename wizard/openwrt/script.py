"""What runs on the OpenWrt device itself, in its ash: reading, changing, confirming, going back.

The way back is armed first and lives on the device: copies of its settings in its flash, a timer,
and a start script that counts after a power cut. Confirming and going back both begin by renaming
one file, so that only one of them ever wins. No secret is in a command: settings come over
standard input.
"""

from __future__ import annotations

HOME = "/etc/cht-offline-setup"
BOOT = "/etc/init.d/cht-offline-setup"
PACKAGES = "network wireless dhcp firewall"
SECONDS = 180

READ = f"""
[ -r /etc/openwrt_release ] || exit 41
. /etc/openwrt_release
echo "=== release"
echo "$DISTRIB_DESCRIPTION"
echo "=== board"
cat /tmp/sysinfo/model 2>/dev/null
echo "=== services"
for s in dnsmasq odhcpd firewall; do
    [ -x /etc/init.d/$s ] && /etc/init.d/$s enabled && echo $s
done
echo "=== sae"
hostapd -vsae >/dev/null 2>&1 && echo yes
echo "=== pending"
[ -d {HOME} ] && echo yes
echo "=== unsaved"
[ -n "$(uci -q changes)" ] && echo yes
echo "=== settings"
for p in {PACKAGES}; do uci -q export $p; done
exit 0
"""

# Renaming needs no room, and can go on where a power cut ended it.
RESTORE = f"""for p in {PACKAGES}; do
    [ -e {HOME}/config/$p ] && mv {HOME}/config/$p /etc/config/$p
done
"""

# Ends a confirmation. Until then the services stay enabled: at a start after a power cut procd has
# listed /etc/rc.d before the old settings are back.
END = f"""for s in $(cat services); do /etc/init.d/$s disable; done
[ -x {BOOT} ] && {BOOT} disable
rm -rf {BOOT} {HOME}
sync
"""

# Restores if nobody else has decided; "boot" is before the network starts.
BACK = f"""#!/bin/sh
cd {HOME} || exit 0
if [ "$1" = boot ] && [ -e confirmed ]; then  # the power was cut while it was confirmed
{END}exit 0
fi
mv pending returning 2>/dev/null || [ -e returning ] || exit 0
{RESTORE}for s in $(cat services); do /etc/init.d/$s enable; done
sync
if [ "$1" != boot ]; then
    /etc/init.d/network restart
    for s in $(cat services); do /etc/init.d/$s start; done
fi
[ -x {BOOT} ] && {BOOT} disable
rm -rf {BOOT} {HOME}
sync
"""

START = f"""#!/bin/sh /etc/rc.common
START=15
boot() {{
    [ -x {HOME}/back ] && sh {HOME}/back boot
}}
start() {{
    :
}}
"""

# $1: seconds; $2: services to end. Settings for `uci batch` on standard input.
CHANGE = f"""
umask 077
mkdir {HOME} 2>/dev/null || exit 42
fail() {{
    for p in {PACKAGES}; do uci -q revert $p; done
    # On full flash a commit may have written some packages. With `pending` all copies are whole.
    [ -e {HOME}/pending ] && {{ {RESTORE}}}
    [ -x {BOOT} ] && {BOOT} disable
    rm -rf {BOOT} {HOME} "$batch" "$batch.said"
    exit 43
}}
cd {HOME} || fail
# In memory: there is a passphrase in it.
batch=$(mktemp) || fail
cat > "$batch" || fail
mkdir config || fail
for p in {PACKAGES}; do [ -e /etc/config/$p ] && {{ cp -p /etc/config/$p config/ || fail; }}; done
echo "$2" > services || fail
id=$(cat /proc/sys/kernel/random/uuid) && echo "$id" > id || fail
cat > back <<'BACK' || fail
{BACK}BACK
chmod 700 back
cat > {BOOT} <<'START' || fail
{START}START
chmod 755 {BOOT}
: > pending || fail
{BOOT} enable || fail
sync
# A timer outlives its change: when it wakes, another one may be under way.
( trap '' HUP; sleep "$1"
  [ "$(cat {HOME}/id)" = "$id" ] && exec sh {HOME}/back ) </dev/null >/dev/null 2>&1 &
uci batch < "$batch" > "$batch.said" 2>&1 || {{ cat "$batch.said" >&2; fail; }}
grep . "$batch.said" >&2 && fail
rm -f "$batch" "$batch.said"
uci commit || fail
sync
# The answer goes out first, then the network.
( trap '' HUP; sleep 2
  for s in $2; do /etc/init.d/$s stop; done
  /etc/init.d/network restart ) </dev/null >/dev/null 2>&1 &
exit 0
"""

CONFIRM = f"""
cd {HOME} 2>/dev/null || exit 44
mv pending confirmed 2>/dev/null || exit 44
services=$(cat services)
{END}# Once more: an enabled firewall is started by hotplug when the network comes up.
( trap '' HUP
  for s in $services; do /etc/init.d/$s stop; done ) </dev/null >/dev/null 2>&1 &
exit 0
"""
