#!/bin/sh
# Behaves like CHT's script of the same name: a pair that is there is never overwritten.
set -e
mkdir -p /etc/nginx/private
case "$CERTIFICATE_MODE" in
SELF_SIGNED)
    if [ ! -f "$SSL_CERT_FILE_PATH" ] && [ ! -f "$SSL_KEY_FILE_PATH" ]; then
        openssl req -x509 -nodes -newkey rsa:4096 -days 365 -keyout "$SSL_KEY_FILE_PATH" -out "$SSL_CERT_FILE_PATH" \
            -subj "/emailAddress=$EMAIL/C=$COUNTRY/ST=$STATE/L=$LOCALITY/O=$ORGANISATION/OU=$DEPARTMENT/CN=$COMMON_NAME"
    else
        echo "self signed SSL cert already exists."
    fi
    ;;
OWN_CERT)
    if [ ! -f "$SSL_CERT_FILE_PATH" ] && [ ! -f "$SSL_KEY_FILE_PATH" ]; then
        echo "Please provide add your certificate ($SSL_CERT_FILE_PATH) and key ($SSL_KEY_FILE_PATH) in the /etc/nginx/private/ directory"
        exit 1
    fi
    echo "SSL certificate exists."
    ;;
*)
    echo "CERTIFICATE_MODE: $CERTIFICATE_MODE is not supported."
    exit 1
    ;;
esac
