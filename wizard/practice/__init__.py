"""A clinic to practise on, on this very computer: no server, no root, nothing outside a folder.

Real: the SSH login with its host key and passwords; the agent, the very code that runs on
servers, with its facts, its transaction, its timer and its way back; every file that it writes;
the frames of its questions to the network; the certificates and their judgement; the TLS, HTTP
and DNS that the live check sees on loopback.

Pretended, and to be called so wherever it is shown: the machine. Its files lie in a folder, its
commands (systemctl, ip, apt-get, ...) are played and keep their state in a file, its Docker
engine and the CHT in it are stand-ins with the names and answers of real ones, its DNS answers as
dnsmasq would with the configuration that was pushed, its neighbours in the network are a table.
What it proves is the program. It proves nothing about any server, and it never was one.
"""
