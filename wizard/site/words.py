"""Every sentence of this room: why a site file is refused, and what is wrong with a decision."""

from __future__ import annotations

from typing import ClassVar

from wizard.problem import Problem, UserError, Words, say

ERRORS: Words = {
    "site_missing": (
        "There is no site file at {path}.",
        "Check the name and the folder, or start a new site.",
    ),
    "site_is_folder": ("{path} is a folder, not a site file.", "Choose the file inside it."),
    "site_not_file": (
        "{path} is not an ordinary file.",
        "Choose a site file; its name usually ends in .toml.",
    ),
    "site_no_permission": (
        "You are not allowed to read {path}.",
        "Copy the file to your own documents, or ask its owner to let you read it.",
    ),
    "site_unreadable": (
        "{path} cannot be read: {reason}.",
        "Check that the disk or USB stick is still plugged in, or use a copy of the file.",
    ),
    "site_empty": (
        "{source} is empty.",
        "Use a copy that was saved earlier, or start a new site.",
    ),
    "site_too_large": (
        "{source} is larger than 1 MiB, so it is not a site file.",
        "Choose the site file; it is a short text, usually of one or two pages.",
    ),
    "site_not_utf8": (
        "{source} is not text in UTF-8.",
        "Open it in a text editor and save it with the encoding UTF-8.",
    ),
    "site_broken": (
        "{source} cannot be understood at line {line}: {reason}.",
        "Look at that line and the one before it: text needs quotes, lists need brackets.",
    ),
    "site_newer": (
        "{source} was made by a newer version of this program (file version {found}, "
        "this program knows {known}).",
        "Install the newer version of the program on this laptop.",
    ),
    "key_unknown": (
        "{source} has a key that this program does not know: {path}.",
        "Remove it, or look up the right name in the reference of the site file.",
    ),
    "key_unknown_near": (
        "{source} has a key that this program does not know: {path}.",
        "Perhaps {near} was meant.",
    ),
    "key_missing": ("{source}: {path} is missing.", "Add it; the reference has an example."),
    "value_type": (
        "{source}: {path} must be {expected}, but it is {found}.",
        "Write it as in the example of the reference.",
    ),
    "secret_key": (
        "{source} holds {path}. Passwords and other secrets are never kept in a site file, "
        "because it is copied and shared; the program asks for them when they are needed.",
        "Remove this line. If the file was shared, change the secret.",
    ),
    "secret_value": (
        "{source}: the value of {path} is a private key or a password. Secrets are never kept "
        "in a site file, because it is copied and shared.",
        "Keep the private key in a file of its own and write only the path of that file here.",
    ),
    "text_unwritable": (
        "{path} has a character that cannot be saved.",
        "Type this text again instead of pasting it.",
    ),
    "site_save_no_permission": (
        "You are not allowed to save {path}.",
        "Choose a folder of your own, such as your documents.",
    ),
    "site_not_saved": (
        "{path} could not be saved: {reason}. A file that was there before is unchanged.",
        "Choose another folder, or make room on the disk.",
    ),
}

# What can be wrong with the form of any DNS name; used for the domain and for extra names.
NAME_FLAWS: Words = {
    "url": ("“{value}” has a slash in it, as web addresses have.", "Write only the name: {host}"),
    "spaces": ("“{value}” has a space in it.", "Write the name without spaces."),
    "ip": (
        "“{value}” is an address, not a name.",
        "Write a name, such as clinic.example.org; the address has its own field.",
    ),
    "port": ("“{value}” ends with a port number.", "Write only the name: {host}"),
    "wildcard": (
        "“{value}” stands for many names.",
        "Write one full name. The star belongs only into a certificate.",
    ),
    "trailing_dot": ("“{value}” ends with a dot.", "Write it without the last dot: {host}"),
    "empty_label": (
        "“{value}” begins with a dot or has two dots in a row.",
        "Write the name with single dots between its parts.",
    ),
    "idn": (
        "“{value}” has letters that are not plain ASCII; computers use another form of it.",
        "Write it as {ascii}",
    ),
    "idn_broken": (
        "“{value}” has characters that no domain name can have.",
        "Use letters, digits, hyphens and dots only.",
    ),
    "underscore": (
        "“{value}” has an underscore, which certificates do not allow.",
        "Use a hyphen (-) instead of the underscore (_).",
    ),
    "characters": (
        "“{value}” has characters that no domain name can have.",
        "Use letters, digits, hyphens and dots only.",
    ),
    "hyphen": (
        "In “{value}” the part “{label}” begins or ends with a hyphen.",
        "Put letters or digits at both ends of every part.",
    ),
    "label_long": (
        "In “{value}” one part between the dots is longer than 63 characters.",
        "Choose a shorter name; people will type it on their phones.",
    ),
    "long": (
        "“{value}” is longer than 253 characters.",
        "Choose a shorter name; people will type it on their phones.",
    ),
    "punycode": (
        "In “{value}” the part “{label}” begins with xn-- but does not stand for a name.",
        "Copy the name again from where it was registered.",
    ),
    "numeric": (
        "“{value}” ends with a number, so programs take it for an address.",
        "Write a full name, such as clinic.example.org",
    ),
    "local": (
        "“{value}” ends in .local. Phones look for such names among their neighbours and do "
        "not ask the server.",
        "Use a name in a domain that your organisation has registered.",
    ),
    "special": (
        "“{value}” ends in .{tld}, which phones and computers never look up.",
        "Use a name in a domain that your organisation has registered.",
    ),
}

PROBLEMS: Words = {
    "version_unknown": (
        "This site has version {found}; this program knows version {known}.",
        "Install the newer version of the program.",
    ),
    "site_name_invalid": (
        "The name of the site is too long or has line breaks in it.",
        "Write it on one line of at most 100 characters.",
    ),
    "visit_every_invalid": (
        "{value} is no number of days between two visits.",
        "Write a whole number from 1 to {most}, or leave it out.",
    ),
    # server
    "host_missing": (
        "The server to connect to is missing.",
        "Write its present address, or let the program look for servers on the network.",
    ),
    "host_url": (
        "“{value}” has a slash in it, as web addresses have.",
        "Write only the server's name or address, such as 192.168.1.20",
    ),
    "host_user": (
        "The server's address has a user name in it.",
        "Write the user name into its own field, and only the name or address here.",
    ),
    "host_port": (
        "“{value}” ends with a port number.",
        "Write only {host} here; the port has its own field.",
    ),
    "host_zone_missing": (
        "“{value}” is a link-local address, which needs the laptop's network interface.",
        "Write it with the interface behind a percent sign, such as {value}%eth0",
    ),
    "host_invalid": (
        "“{value}” is neither a name nor an address of a server.",
        "Write an address such as 192.168.1.20, or a name such as server.example.org",
    ),
    "port_invalid": ("{value} is not a port number.", "Use 22, unless you were told another one."),
    "user_missing": (
        "The user name for the server is missing.",
        "Write the name of a user who may administer the server (root, or one with sudo).",
    ),
    "user_invalid": (
        "This is not a user name on a server.",
        "Write only the user name, without a password, spaces or a colon.",
    ),
    "key_public": (
        "{value} is the public half of a key; logging in needs the private one.",
        "Choose the file of the same name without .pub",
    ),
    "key_path": (
        "“{value}” is not the path of a key file.",
        "Choose the private key file, or leave this empty to be asked for a password.",
    ),
    # static_ip
    "interface_missing": (
        "The network interface is missing.",
        "Choose the one whose cable leads to the clinic's network.",
    ),
    "interface_invalid": (
        "“{value}” is not the name of a network interface.",
        "Write it as the server shows it, such as eth0 or enp3s0, at most 15 characters.",
    ),
    "interface_loopback": (
        "lo is the server talking to itself; no phone can reach it.",
        "Choose the interface whose cable leads to the clinic's network.",
    ),
    "interface_unknown": (
        "The server has no interface called {value}.",
        "Choose one of these: {known}",
    ),
    "interface_virtual": (
        "{value} exists only inside the server; no cable or radio belongs to it.",
        "Choose the interface whose cable leads to the clinic's network.",
    ),
    "interface_member": (
        "{value} is a part of {master}, which carries the addresses.",
        "Choose {master} instead.",
    ),
    "address_missing": (
        "The server's own address is missing.",
        "Write one from a private network, such as 10.20.0.1/24",
    ),
    "address_invalid": (
        "“{value}” is not an address.",
        "Write four numbers from 0 to 255 with dots, a slash and the prefix: 10.20.0.1/24",
    ),
    "address_is_ipv6": (
        "“{value}” is an IPv6 address.",
        "Write it into the field for IPv6; here goes one like 10.20.0.1/24",
    ),
    "address_prefix_missing": (
        "“{value}” does not say how large the network is.",
        "Add the prefix; for most clinics that is /24: {value}/24",
    ),
    "address_netmask": (
        "“{value}” gives the size of the network as a mask.",
        "Write the prefix instead of the mask; for 255.255.255.0 that is /24",
    ),
    "address_prefix_invalid": (
        "“{value}” ends with a prefix that does not exist.",
        "Write a number from 8 to 30 behind the slash; for most clinics that is /24",
    ),
    "address_prefix_small": (
        "A network with prefix /{prefix} has no room for phones.",
        "Use /24, which has room for 253 devices beside the server.",
    ),
    "address_beyond_private": (
        "The network {network} is larger than the private block that {value} lies in.",
        "Use a smaller network, such as {value}/24",
    ),
    "address_network": (
        "{value} is the name of the network itself, not an address in it.",
        "Use the first address of the network: {first}",
    ),
    "address_broadcast": (
        "{value} is the address to call all devices at once.",
        "Use another address of the network, such as {first}",
    ),
    "address_unspecified": (
        "{value} means “no address”.",
        "Use one from a private network, such as 10.20.0.1/24",
    ),
    "address_loopback": (
        "{value} is an address with which a computer talks to itself.",
        "Use one from a private network, such as 10.20.0.1/24",
    ),
    "address_link_local": (
        "{value} is a link-local address, which devices give themselves when nobody else does.",
        "Use one from a private network, such as 10.20.0.1/24",
    ),
    "address_multicast": (
        "{value} is an address for groups of devices.",
        "Use one from a private network, such as 10.20.0.1/24",
    ),
    "address_reserved": (
        "{value} lies in a block that is set aside for special purposes.",
        "Use one from a private network, such as 10.20.0.1/24",
    ),
    "address_documentation": (
        "{value} is an example address from documents.",
        "Use one from a private network, such as 10.20.0.1/24",
    ),
    "address_public": (
        "{value} is a public address; it belongs to somebody on the Internet.",
        "Use one from a private network: 10.x.x.x, 172.16.x.x to 172.31.x.x or 192.168.x.x",
    ),
    "address_overlaps_docker": (
        "The network {network} overlaps {other}, which Docker uses inside the server.",
        "Choose a network that stays clear of it, such as 10.20.0.1/24",
    ),
    "address_overlaps_interface": (
        "The network {network} overlaps {other}, which is in use on {interface}.",
        "Choose another network, or remove the address from {interface}.",
    ),
    "address_on_other_interface": (
        "{value} is already the address of {interface}.",
        "Choose another address, or choose {interface} as the interface.",
    ),
    "gateway_invalid": (
        "“{value}” is not the address of a gateway.",
        "Write an address such as 10.20.0.254 without a prefix, or leave it empty.",
    ),
    "gateway_outside": (
        "The gateway {value} lies outside the network {network}.",
        "Write the router's address in this network, or leave it empty.",
    ),
    "gateway_is_server": (
        "The gateway {value} is the server's own address.",
        "Write the router's address, or leave it empty: an offline site needs none.",
    ),
    "gateway_not_host": (
        "The gateway {value} is the first or last address of the network, "
        "which no device can have.",
        "Write the router's address, or leave it empty.",
    ),
    "address6_invalid": (
        "“{value}” is not an IPv6 address with prefix.",
        "Write one such as fd00:20::1/64, or leave it empty.",
    ),
    "address6_is_ipv4": (
        "“{value}” is an IPv4 address.",
        "Write one such as fd00:20::1/64, or leave this field empty.",
    ),
    "address6_prefix_missing": (
        "“{value}” does not say how large the network is.",
        "Add the prefix: {value}/64",
    ),
    "address6_prefix_64": (
        "Router advertisements need a network with prefix /64, not /{prefix}.",
        "Write /64 behind the address.",
    ),
    "address6_network": (
        "{value} is the name of the network itself, not an address in it.",
        "Use the first address of the network: {first}",
    ),
    "address6_link_local": (
        "{value} is a link-local address; the server has one already by itself.",
        "Use one such as fd00:20::1/64, or leave it empty.",
    ),
    "address6_multicast": (
        "{value} is an address for groups of devices.",
        "Use one such as fd00:20::1/64, or leave it empty.",
    ),
    "address6_reserved": (
        "{value} lies in a block that is set aside for special purposes.",
        "Use one such as fd00:20::1/64, or leave it empty.",
    ),
    "ipv6_disabled": (
        "IPv6 is switched off on {interface}, so it cannot get the address {value}.",
        "Leave the IPv6 address empty, or switch IPv6 on on the server.",
    ),
    # domain
    "domain_missing": (
        "The domain name is missing.",
        "Write the name under which phones reach the server, such as clinic.example.org",
    ),
    "domain_single_label": (
        "“{value}” is a single word; no certificate can be had for it.",
        "Use a name in a domain that your organisation has registered.",
    ),
    "domain_public_suffix": (
        "“{value}” is an ending under which others register names, not a name of your own.",
        "Put your own name in front of it, such as clinic.{value}",
    ),
    # certificate
    "certificate_path": (
        "The path of a certificate file is empty or has line breaks in it.",
        "Choose the file again.",
    ),
    "certificate_web_invalid": (
        "“{value}” is not the name of a container or service.",
        "Leave it empty, or write the name as the server shows it, such as cht-nginx-1",
    ),
    "certificate_web_unknown": (
        "The server runs no web server called {value}.",
        "Leave it empty, or choose one of these: {known}",
    ),
    # dns_dhcp
    "range_missing": (
        "The range of addresses for phones and laptops is missing.",
        "Write a first and a last address, such as 10.20.0.100 and 10.20.0.199",
    ),
    "range_invalid": (
        "“{value}” is not an address.",
        "Write four numbers from 0 to 255 with dots, without a prefix: 10.20.0.100",
    ),
    "range_outside": (
        "{value} lies outside the server's network {network}.",
        "Choose both ends of the range between {low} and {high}",
    ),
    "range_reversed": (
        "The range begins with {first}, which lies behind its end {last}.",
        "Exchange the two addresses.",
    ),
    "range_not_host": (
        "{value} is the first or last address of the network, which no device can have.",
        "Choose both ends of the range between {low} and {high}",
    ),
    "range_holds_server": (
        "The server's own address {value} lies inside the range given to phones.",
        "Begin the range behind it, or end the range before it.",
    ),
    "range_holds_gateway": (
        "The gateway {value} lies inside the range given to phones.",
        "Begin the range behind it, or end the range before it.",
    ),
    "lease_invalid": (
        "“{value}” is not a lease time.",
        "Write a number and m for minutes, h for hours or d for days, such as 12h",
    ),
    "lease_too_short": (
        "A lease of {value} is shorter than the two minutes that the service can do.",
        "Use 12h, unless many people come and go each day.",
    ),
    "reservation_mac_invalid": (
        "“{value}” is not the hardware address (MAC) of a device.",
        "Write it as shown on the device, such as 52:54:00:12:34:56",
    ),
    "reservation_mac_form": (
        "The hardware address “{value}” is not written with colons.",
        "Write it as {canonical}",
    ),
    "reservation_mac_group": (
        "{value} stands for a group of devices, not for one.",
        "Copy the hardware address (MAC) again from the device.",
    ),
    "reservation_mac_repeated": (
        "The device {value} is listed twice (also as number {other}).",
        "Keep only one of the two.",
    ),
    "reservation_address_invalid": (
        "“{value}” is not an address to keep for a device.",
        "Write an address of the network without a prefix, such as 10.20.0.50",
    ),
    "reservation_address_repeated": (
        "{value} is kept for two devices (also for number {other}).",
        "Give each device an address of its own.",
    ),
    "reservation_outside": (
        "{value} lies outside the server's network {network}.",
        "Choose an address between {low} and {high}",
    ),
    "reservation_not_host": (
        "{value} is the first or last address of the network, which no device can have.",
        "Choose an address between {low} and {high}",
    ),
    "reservation_is_server": (
        "{value} is the server's own address.",
        "Keep another address for this device.",
    ),
    "reservation_is_gateway": (
        "{value} is the gateway's address.",
        "Keep another address for this device.",
    ),
    "reservation_name_invalid": (
        "“{value}” is not a name for a device.",
        "Use letters, digits and hyphens, such as printer-1, or leave it empty.",
    ),
    "reservation_name_repeated": (
        "Two devices are called {value} (also number {other}).",
        "Give each device a name of its own.",
    ),
    "name_missing": ("An extra name is empty.", "Write the name, or remove this entry."),
    "name_is_domain": (
        "{value} is the site's domain, which leads to the server already.",
        "Remove this extra name.",
    ),
    "name_address_invalid": (
        "“{value}” is not an address.",
        "Write the device's address without a prefix, such as 10.20.0.50",
    ),
    "name_address_unusable": (
        "{value} is not the address of any device.",
        "Write the device's address, such as 10.20.0.50",
    ),
    "upstream_invalid": (
        "“{value}” is not the address of a DNS server.",
        "Write an address such as 10.20.0.254, or leave it out: an offline site needs none.",
    ),
    "upstream_is_server": (
        "The DNS server {value} is this server itself; it would ask itself for ever.",
        "Leave it out, or write another DNS server.",
    ),
    "ra_without_address6": (
        "The server shall announce IPv6, but it has no IPv6 address.",
        "Write one such as fd00:20::1/64 on the page Fixed address, or switch this off.",
    ),
    # access_point
    "ap_kind_unknown": (
        "“{value}” is not a kind of access point.",
        "Write none, server (the server's own radio) or own (a device of yours).",
    ),
    "ap_interface_missing": (
        "The radio of the access point is missing.",
        "Choose the server's Wi-Fi interface, such as wlan0",
    ),
    "ap_interface_invalid": (
        "“{value}” is not the name of a network interface.",
        "Write it as the server shows it, such as wlan0",
    ),
    "ap_interface_unknown": (
        "The server has no Wi-Fi interface called {value}.",
        "Choose one of these: {known}",
    ),
    "ap_radio_unable": (
        "The radio {value} cannot be an access point.",
        "Use another Wi-Fi adapter, or an access point device of your own.",
    ),
    "ap_radio_off": (
        "The radio {value} is switched off by a switch on the computer.",
        "Look for a switch or key with an aeroplane or an aerial, and switch the Wi-Fi on.",
    ),
    "ap_radio_carries": (
        "This laptop reaches the server through the radio {value} itself.",
        "Connect laptop and server by a cable first: the radio leaves its present Wi-Fi on the"
        " way, and this laptop with it.",
    ),
    "ap_layout": (
        "The radio {value} would be a network of its own, but the server's fixed address is on"
        " {lan}, so phones on the Wi-Fi would not find the server.",
        "Choose {value} for the fixed address as well (static_ip.interface), or join both"
        " (access_point.bridge = true).",
    ),
    "ap_bridge_none": (
        "The Wi-Fi can be joined with a plain cable or with a bridge that is there already, and"
        " {value} is neither.",
        "Choose the cable for the fixed address, or let the Wi-Fi be a network of its own.",
    ),
    "ap_gateway": (
        "The Wi-Fi of the server's own radio has no other router, so there is no {value} in it.",
        "Leave the gateway empty.",
    ),
    "ap_country_refused": (
        "The server does not take {value} as the country of its radio ({country} is in force).",
        "Check the country. If it is right, restart the server, then try again.",
    ),
    "ap_country_fixed": (
        "This radio has a country of its own, {country}, and does not take {value}.",
        "If you are in {country}, write that. Otherwise use another Wi-Fi adapter, or an access"
        " point of your own.",
    ),
    "ap_channel_none": (
        "In {country} there is no channel on which the radio {value} may begin.",
        "Check the country. If it is right, use another Wi-Fi adapter, or an access point of your"
        " own.",
    ),
    "ap_channel_illegal": (
        "Channel {value} is not possible with this radio in {country}.",
        "Use 0 to have one chosen, or one of these: {known}",
    ),
    "ap_security_unable": (
        "The radio {value} cannot protect its Wi-Fi with WPA3.",
        "Choose WPA2 and WPA3, or WPA2 only.",
    ),
    "ap_bridge_same": (
        "The access point cannot be joined with {value}: that is its own interface.",
        "Choose the cable interface on the page Fixed address, or switch the joining off.",
    ),
    "ap_ssid_missing": (
        "The name of the Wi-Fi network is missing.",
        "Write the name that phones shall show, such as Clinic",
    ),
    "ap_ssid_long": (
        "“{value}” is too long for a Wi-Fi network: {size} bytes, 32 are possible.",
        "Choose a shorter name; letters with accents count two, others up to four.",
    ),
    "ap_ssid_control": (
        "The name of the Wi-Fi network has characters that cannot be shown.",
        "Type the name again instead of pasting it.",
    ),
    "ap_country_missing": (
        "The country is missing; it decides which channels the law allows.",
        "Write the two letters of your country, such as KE or NP",
    ),
    "ap_country_invalid": (
        "“{value}” is not a country in two capital letters.",
        "Write the two letters of your country, such as KE or NP",
    ),
    "ap_channel_unknown": (
        "There is no Wi-Fi channel {value} that phones can use everywhere.",
        "Use 0 to have one chosen, or 1, 6 or 11",
    ),
    "ap_security_unknown": (
        "“{value}” is not a way to protect a Wi-Fi network.",
        "Write wpa2-wpa3 (fits nearly all phones), wpa2 or wpa3",
    ),
    # accept
    "accept_not_warning": (
        "{value} cannot be accepted; it has to be mended.",
        "Remove it from the list of accepted warnings.",
    ),
    "accept_invalid": (
        "“{value}” is not the code of a warning.",
        "Copy the code as the program shows it, or remove it.",
    ),
    **{f"domain_{code}": words for code, words in NAME_FLAWS.items()},
    **{f"name_{code}": words for code, words in NAME_FLAWS.items()},
}

WARNINGS: Words = {
    "address_prefix_large": (
        "The network {network} has more than 65,000 addresses.",
        "Use /24, unless your network is really planned that large.",
    ),
    "address6_global": (
        "{value} belongs to an Internet provider and can be taken back.",
        "Use a private one such as fd00:20::1/64",
    ),
    "address6_not_fd": (
        "{value} lies in the half of the private block that is not in use yet.",
        "Use one that begins with fd, such as fd00:20::1/64",
    ),
    "address6_prefix_unusual": (
        "Phones expect IPv6 networks with prefix /64, not /{prefix}.",
        "Write /64 behind the address.",
    ),
    "interface_no_link": (
        "{value} has no cable, or nothing answers at the other end.",
        "Plug in the cable and switch on the device at its other end.",
    ),
    "interface_wifi": (
        "{value} is a Wi-Fi radio that joins the network of another device; "
        "the server depends on that device.",
        "Connect the server with a cable if you can.",
    ),
    "interface_other_manager": (
        "{value} is looked after by {manager}, the rest of the network by {other}.",
        "Ask the person who set up the server which of the two shall stay.",
    ),
    "domain_reserved": (
        "“{value}” ends in .{tld}; no certificate that phones trust can be had for it.",
        "Use a name in a domain that your organisation has registered.",
    ),
    "domain_unknown_ending": (
        "“{value}” ends in .{tld}, which does not exist on the Internet; no certificate that "
        "phones trust can be had for it.",
        "Use a name in a domain that your organisation has registered.",
    ),
    "domain_shared_key": (
        "“{value}” belongs to a service whose private key anybody can download, so anybody "
        "nearby can listen in.",
        "Use it for demonstrations only, never with data of patients.",
    ),
    "certificate_repeated": (
        "The file {value} is listed twice.",
        "Remove one of the two.",
    ),
    "certificate_web_several": (
        "The server runs several web servers: {known}",
        "Write which one gets the certificate.",
    ),
    "dns_dhcp_off": (
        "With DNS and DHCP switched off, phones find the server only if another device answers "
        "for its name.",
        "Switch them on, or set up the name on the clinic's router.",
    ),
    "range_small": (
        "The range has only {count} addresses.",
        "Make it large enough for all phones, laptops and visitors, for example 100.",
    ),
    "lease_short": (
        "With a lease of {value}, phones ask for their address again all the time.",
        "Use 12h, unless many people come and go each day.",
    ),
    "lease_long": (
        "With a lease of {value}, addresses of devices that left stay taken for weeks.",
        "Use 12h, or 7d where the same devices stay.",
    ),
    "name_several_addresses": (
        "{value} has several addresses; phones pick any of them.",
        "Keep one address for each name.",
    ),
    "name_repeated": ("{value} is listed twice.", "Remove one of the two."),
    "name_outside": (
        "{value} leads to {address}, outside the network {network}, and there is no gateway.",
        "Write an address of this network, or set a gateway.",
    ),
    "name_in_range": (
        "{value} leads to {address}, which may be given to any phone.",
        "Keep this address for the device (a reservation), or use one outside the range.",
    ),
    "upstream_repeated": ("The DNS server {value} is listed twice.", "Remove one of the two."),
    "upstream_unreachable": (
        "The DNS server {value} lies outside the network and there is no gateway; every "
        "question for another name would wait in vain.",
        "Leave it out, or set a gateway.",
    ),
    "ap_ssid_spaces": (
        "The name of the Wi-Fi network begins or ends with a space, which nobody sees.",
        "Remove the space.",
    ),
    "ap_channel_radar": (
        "On channel {value} an access point must fall silent when it hears a radar.",
        "Use 0 to have a channel chosen, or 36, 40, 44 or 48",
    ),
    "ap_channel_overlap": (
        "Channel {value} disturbs two of the usual channels, and some phones do not know it.",
        "Use 1, 6 or 11",
    ),
    "readiness_unknown": (
        "“{value}” is not a topic of readiness.",
        "Use one of these: {known}",
    ),
    "readiness_repeated": ("“{value}” is answered twice.", "Keep one of the two answers."),
    "accept_unknown": (
        "The program has no warning called {value}.",
        "Remove it from the list of accepted warnings.",
    ),
    "accept_unknown_near": (
        "The program has no warning called {value}.",
        "Perhaps {near} was meant.",
    ),
}

NOTES: Words = {
    "ap_security_less": (
        "The radio {value} cannot do WPA3, so its Wi-Fi is protected with WPA2.",
        "All phones can join it. Nothing has to be done.",
    ),
    "site_name_missing": (
        "The site has no name.",
        "A name such as “Kibera clinic” tells your sites apart, also on paper.",
    ),
    "address_cgnat": (
        "{value} lies in a block that Internet providers use inside their own networks.",
        "It works; a private network such as 10.20.0.1/24 is the usual choice.",
    ),
    "address_same_network": (
        "The server stays in its present network {network}.",
        "Make sure that no other device has the address {value}.",
    ),
    "gateway_dropped": (
        "The server reaches the Internet through {value} now, and will not any more.",
        "That is right for an offline site. Otherwise write {value} as the gateway.",
    ),
    "interface_unmanaged": (
        "Nothing on the server looks after {value} at present.",
        "You need not do anything; the program sets it up.",
    ),
    "no_lifeline": (
        "IPv6 is switched off on {interface}, so the program cannot watch the server while its "
        "address changes.",
        "You need not do anything; the change is safe, only blind for a moment.",
    ),
    "domain_uppercase": (
        "“{value}” has capital letters; for computers it is the same as {lower}.",
        "You need not do anything.",
    ),
    "certificate_none": (
        "No certificate file is chosen yet.",
        "Without a certificate, phones refuse to talk to the server.",
    ),
    "reservation_mac_private": (
        "{value} looks like an address that a phone made up for this network alone.",
        "If the device changes it, switch off “random MAC” for this Wi-Fi on the device.",
    ),
    "ra_off_with_dns_dhcp": (
        "IPv6 is not announced, because DNS and DHCP are switched off.",
        "Switch them on if phones shall use IPv6.",
    ),
}


class SiteError(UserError):
    """A site file that cannot be read, understood or saved."""

    words: ClassVar[Words] = ERRORS


_BY_SEVERITY = (("problem", PROBLEMS), ("warning", WARNINGS), ("note", NOTES))


def finding(code: str, path: str, **arguments: str | int) -> Problem:
    """Return the Problem of a code; its severity is that of the table which holds the code.

    Values typed by a person are made fit for a sentence, see `shown`. Raises KeyError for a
    code without a sentence, which is a defect.
    """
    severity, words = next((s, w) for s, w in _BY_SEVERITY if code in w)
    fit = {key: _fit(value) for key, value in arguments.items()}
    return Problem(code, path, *say(words, code, fit), severity, fit)


def _fit(value: str | int) -> str | int:
    if isinstance(value, str):
        return shown(value)
    return value if abs(value) < 10**9 else "…"  # Python refuses to print huge numbers


def shown(value: str, limit: int = 160) -> str:
    """Return text as it may stand in a sentence: printable, and at most `limit` characters."""
    clean = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in value[:limit])
    return clean + "…" if len(value) > limit else clean
