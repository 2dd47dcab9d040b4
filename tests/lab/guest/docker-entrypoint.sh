#!/bin/sh
set -e
/docker-entrypoint.d/ssl-install.sh
exec nginx -g 'daemon off;'
