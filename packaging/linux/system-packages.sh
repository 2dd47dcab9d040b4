#!/bin/sh
# Installs the system packages that one of the words below needs and that are missing.
# Without root it names them and stops; where apt is not the package system it does nothing.
set -eu
case "$1" in
    # Qt's window: what its platform plug-ins (xcb, wayland, offscreen) are linked with, and a font.
    run) wanted="python3-venv openssh-client fonts-dejavu-core libdbus-1-3 libegl1 libfontconfig1 \
libgl1 libglib2.0-0 libwayland-client0 libwayland-cursor0 libxcb-cursor0 libxcb-icccm4 \
libxcb-image0 libxcb-keysyms1 libxcb-randr0 libxcb-render-util0 libxcb-shape0 libxcb-xkb1 \
libxkbcommon-x11-0 libxkbcommon0" ;;
    test) wanted="busybox curl openssl dnsmasq-base netplan.io ifupdown openssh-server sudo iproute2 \
iputils-ping at-spi2-core dbus gir1.2-atspi-2.0 hostapd iw gnome-keyring python3-gi xauth xvfb" ;;
    lab) wanted="qemu-system-x86 qemu-utils mmdebstrap e2fsprogs apt-utils gpg gpg-agent gpgconf \
dnsmasq-base isc-dhcp-client iproute2 iputils-ping openssh-client chromium libnss3-tools" ;;
    bench) wanted="kea-admin dnsperf hostapd" ;;
    installers) wanted="python3-venv libpython3-dev binutils dpkg-dev squashfs-tools git" ;;
    installers-test) wanted="mmdebstrap desktop-file-utils appstream lintian man-db groff \
squashfs-tools xauth xdotool xvfb" ;;
    windows) wanted="git nsis" ;;
    test-windows) wanted="wine64 libwine gcc-mingw-w64-x86-64-win32 xvfb xdotool imagemagick \
openssh-server openssh-client sudo iproute2 iputils-ping" ;;
    *) echo "usage: $0 run|test|lab|bench|installers|installers-test|windows|test-windows" >&2; exit 2 ;;
esac
command -v apt-get >/dev/null 2>&1 || exit 0
missing=""
for name in $wanted; do
    # Debian 13 and Ubuntu 24.04 call some libraries by another name (64-bit time).
    state=$(dpkg-query -W -f '${db:Status-Abbrev}' "$name" "${name}t64" 2>/dev/null || true)
    case "$state" in *ii*) ;; *) missing="$missing $name" ;; esac
done
# A Python that can make its own environments needs no python3-venv.
if python3 -c 'import ensurepip' 2>/dev/null; then
    missing=$(echo " $missing " | sed 's/ python3-venv / /')
fi
missing=$(echo "$missing" | xargs)
[ -n "$missing" ] || exit 0
if [ "$(id -u)" != 0 ]; then
    echo "These packages are needed: $missing" >&2
    echo "Install them with: sudo apt-get install $missing" >&2
    exit 1
fi
echo "Installing: $missing"
export DEBIAN_FRONTEND=noninteractive
# Installed for their programs only: none of their services may start on this machine.
policy=/usr/sbin/policy-rc.d
made=""
if [ ! -e "$policy" ]; then
    printf '#!/bin/sh\nexit 101\n' > "$policy"
    chmod 755 "$policy"
    made=yes
fi
trap '[ -z "$made" ] || rm -f "$policy"' EXIT
apt-get -q -o DPkg::Lock::Timeout=600 update >/dev/null
# shellcheck disable=SC2086
apt-get -q -y -o DPkg::Lock::Timeout=600 install --no-install-recommends $missing >/dev/null
