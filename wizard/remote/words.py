"""What is said when the server cannot be reached or used, and what to do about it."""

from __future__ import annotations

from wizard.problem import UserError, Words

WORDS: Words = {
    # the way to the server
    "name-unknown": (
        "No address is known for the name {host}.",
        "Check the spelling, or enter the server's IP address instead of its name.",
    ),
    "name-slow": (
        "Nobody answered the question for the address of {host}.",
        "Enter the server's IP address instead of its name.",
    ),
    "scope-missing": (
        "{host} is a link-local address, and it is not said through which of this laptop's "
        "network interfaces it is reached.",
        "Add the interface after a percent sign, for example {host}%{example}.",
    ),
    "scope-unknown": (
        "This laptop has no network interface called {scope}.",
        "Use an interface of this laptop after the percent sign, for example {example}.",
    ),
    "no-route": (
        "This laptop has no way to {address}.",
        "Check that the laptop's cable is in, or that it is on the server's Wi-Fi, and that the "
        "laptop has an address in the same network.",
    ),
    "connect-timeout": (
        "Nothing answered at {address} port {port} within {seconds:g} seconds.",
        "Check that the server is switched on, that the cable is in, and that the address is "
        "right. Then try again.",
    ),
    "refused": (
        "There is a machine at {address}, but it does not accept connections on port {port}.",
        "Check the port. If it is right, SSH is not running on the server: on its own screen "
        "run: sudo apt install openssh-server",
    ),
    "connect-failed": (
        "The connection to {address} port {port} failed.",
        "Check the cable and the address, then try again.",
    ),
    "not-ssh": (
        "What answers at {address} port {port} is not an SSH server.",
        "Check the port: SSH usually has 22. Ports 80 and 443 are web pages.",
    ),
    "server-silent": (
        "{address} port {port} accepts the connection but says nothing.",
        "Check the port: SSH usually has 22. If it is right, the server may be overloaded: wait "
        "a minute, or restart it.",
    ),
    "server-closed": (
        "{address} port {port} closed the connection at once.",
        "The server may have blocked this laptop after too many wrong logins, or be starting "
        "up. Wait ten minutes, then try again.",
    ),
    "ssh-old": (
        "The SSH server at {address} offers only methods that are no longer safe.",
        "Update the package openssh-server on the server.",
    ),
    "ssh-slow": (
        "The SSH server at {address} did not finish its greeting within {seconds:g} seconds.",
        "The server may be overloaded or the network very slow. Wait a minute, then try again.",
    ),
    # host key
    "host-key-unknown": (
        "This is the first contact with the server at {address}. Its {key_type} key has the "
        "fingerprint {fingerprint}.",
        "Compare it with what the server's own screen shows for: ssh-keygen -lf {key_file} - "
        "and accept it only if both are the same.",
    ),
    "host-key-differs": (
        "The server at {address} shows the {key_type} fingerprint {fingerprint}, and that is "
        "not the one you gave.",
        "Do not go on before you know why. On the server's own screen run: "
        "ssh-keygen -lf {key_file} - and compare.",
    ),
    "host-key-changed": (
        "The server at {address} is not the one that was there before: its {key_type} key "
        "{fingerprint} is new. Somebody may be pretending to be the server, or it was "
        "installed again.",
        "Nothing was sent to it. Ask the person who looks after the server whether it was "
        "installed again or replaced. Only if it was: open the file {file} and delete "
        "line {lines}; after that the server counts as new.",
    ),
    "host-key-store": (
        "The list of known servers, {file}, cannot be used.",
        "Check that the file and its folder belong to you and can be written.",
    ),
    "host-key-option": (
        "{given} is not a host key fingerprint.",
        "It looks like SHA256: followed by 43 letters and digits, as printed by ssh-keygen -lf.",
    ),
    # login
    "nothing-to-show": (
        "There is neither a password nor a key to log in as {user}.",
        "Enter the password, or choose a key file.",
    ),
    "user-missing": ("No user name was given.", "Enter the name you use to log in to the server."),
    "password-wrong": (
        "The server does not accept this password for {user}.",
        "Check the user name and type the password again. Mind capital letters and the keyboard "
        "layout.",
    ),
    "password-off": (
        "The server does not let {user} log in with a password.",
        "Choose the key file that belongs to the server. For root this is the usual setting: "
        "log in as another user who may use sudo.",
    ),
    "key-refused": (
        "The server does not accept this key for {user}.",
        "Check the user name. The public half of the key must be in that user's "
        "~/.ssh/authorized_keys on the server.",
    ),
    "key-off": (
        "The server does not accept keys at all.",
        "Log in with the password instead.",
    ),
    "agent-empty": (
        "The SSH agent on this laptop holds no key.",
        "Load the key into the agent (ssh-add, or Pageant on Windows), or choose the key file.",
    ),
    "second-step": (
        "The server accepted the first proof and wants another one: {wanted}.",
        "Give both the key file and the password. One-time codes are not supported: use a user "
        "who does not need them.",
    ),
    "too-many-attempts": (
        "The server ended the login after too many attempts.",
        "Wait a minute. If the SSH agent holds many keys, choose the one key file instead.",
    ),
    "account-expired": (
        "The account {user} on the server has expired or is locked.",
        "Ask the person who looks after the server to open it: sudo chage -E -1 {user}",
    ),
    "password-expired": (
        "The password of {user} has expired, the server wants a new one.",
        "Log in once with a terminal (ssh {user}@{address}), set the new password, and use it "
        "here.",
    ),
    "login-cut": (
        "The server closed the connection during the login.",
        "Wait a minute, then try again. The server's own log says why: sudo journalctl -u ssh",
    ),
    "login-timeout": (
        "The server did not answer the login within {seconds:g} seconds.",
        "Wait a minute, then try again.",
    ),
    # key files
    "key-missing": ("There is no key file {path}.", "Choose the key file again."),
    "key-directory": ("{path} is a folder, not a key file.", "Choose a file inside it."),
    "key-permission": (
        "The key file {path} may not be read.",
        "Change its permissions so that you can read it.",
    ),
    "key-unreadable": ("The key file {path} cannot be read.", "Copy it to this laptop's disk."),
    "key-ppk": (
        "{path} is a key in PuTTY's own format.",
        "Open it in PuTTYgen, choose Conversions, Export OpenSSH key, save it under a new name "
        "and choose that file here.",
    ),
    "key-public": (
        "{path} is the public half of a key; the private half is needed.",
        "It usually lies beside it, with the same name without .pub.",
    ),
    "key-passphrase-needed": (
        "The key file {path} is protected with a passphrase.",
        "Enter the key's passphrase. It is not the server's password.",
    ),
    "key-passphrase-wrong": (
        "The passphrase does not open the key file {path}.",
        "Type it again. It is the passphrase of the key, not the server's password.",
    ),
    "key-kind": (
        "The key in {path} is of a kind that is not supported: {kind}.",
        "Make a new key (ssh-keygen -t ed25519) and add its public half on the server.",
    ),
    "key-damaged": (
        "The key file {path} is damaged.",
        "Copy it again from where it came from.",
    ),
    "key-unknown": (
        "{path} is not a private key.",
        "Choose the file that ssh-keygen wrote: it begins with -----BEGIN OPENSSH PRIVATE KEY.",
    ),
    # commands
    "command-timeout": (
        "The server did not finish {command} within {seconds:g} seconds.",
        "The server may be overloaded. Wait a minute, then try again.",
    ),
    "command-killed": (
        "{command} was ended on the server before it was done.",
        "The server may be out of memory. Restart it, then try again.",
    ),
    "command-refused": (
        "The server does not let {user} run commands.",
        "Use another user: one who can log in with a terminal and may use sudo.",
    ),
    "lost": (
        "The connection to the server was lost.",
        "Check the cable or the Wi-Fi. Then connect again.",
    ),
    # becoming root
    "sudo-missing": (
        "sudo is not installed on the server, and {user} is not root.",
        "Log in as root, or install sudo on the server's own screen: su -c 'apt install sudo'",
    ),
    "sudo-not-allowed": (
        "{user} may not act as administrator on the server.",
        "Use another user, or allow this one on the server's own screen, as root: "
        "usermod -aG sudo {user}",
    ),
    "sudo-password-needed": (
        "The server wants {user}'s password before it lets them act as administrator.",
        "Enter the sudo password. It is usually the login password.",
    ),
    "sudo-password-wrong": (
        "The server does not accept this sudo password.",
        "Type it again. It is the password of {user} on the server, not a key's passphrase.",
    ),
    "sudo-tty": (
        "sudo on the server works only from a terminal (requiretty).",
        "On the server run: sudo visudo - and delete the word requiretty, or log in as root.",
    ),
    "sudo-expired": (
        "The server says that the account or the password of {user} has expired.",
        "Log in once with a terminal (ssh {user}@{address}) and set a new password.",
    ),
    "sudo-failed": (
        "{user} could not become administrator on the server.",
        "Log in with a terminal and try: sudo true - it shows what is wrong.",
    ),
    "sudo-silent": (
        "sudo on the server did not answer within {seconds:g} seconds.",
        "The server may ask for something else than a password, such as a code or a "
        "fingerprint. Use a user without that, or log in as root.",
    ),
    # the agent
    "python-missing": (
        "Python 3 is not installed on the server.",
        "Install it there: sudo apt install python3-minimal",
    ),
    "python-old": (
        "The server's Python is too old: {version}; 3.8 or newer is needed.",
        "Update the server's operating system: Debian 11, Ubuntu 20.04 or newer.",
    ),
    "read-only": (
        "The server's disk can only be read.",
        "A disk often does this when it is failing. Check it, or switch off write protection, "
        "and restart the server.",
    ),
    "disk-full": (
        "The server's disk is full.",
        "Make room on the server: at least 100 MB are needed.",
    ),
    "unsafe-library": (
        "The folder /usr/local/lib/cht-offline-setup on the server can be changed by others than "
        "root, so nothing was put there.",
        "Ask whoever looks after the server how that came about, and have the folder removed. It "
        "is made anew when you connect again.",
    ),
    "agent-damaged": (
        "The helper program did not arrive undamaged on the server.",
        "Check the network and try again.",
    ),
    "agent-start": (
        "The helper program did not start on the server.",
        "The details show what the server said.",
    ),
    "agent-silent": (
        "The server has not answered for {seconds:g} seconds.",
        "Check the cable or the Wi-Fi. Then connect again.",
    ),
}


class RemoteError(UserError):
    """The server cannot be reached, logged in to, or used."""

    words = WORDS


class Lost(RemoteError):
    """The connection broke or fell silent; what the server was doing may still go on."""
