# Runs once in the machine while an image is prepared: puts the stand-in for CHT into Docker, as compose would.
# /dev/vdb is the tar file of the containers' root.
set -e
docker import - lab/standin < /dev/vdb
make() {
    docker create --name lab-make lab/standin true
    docker commit --change "CMD $2" lab-make "public.ecr.aws/medic/$1:@CHT_VERSION@"
    docker rm lab-make
}
make cht-nginx '["/docker-entrypoint.sh"]'
make cht-api '["python3", "-u", "/api/server.py"]'
docker rmi --no-prune lab/standin
docker network create --label com.docker.compose.project=cht --label com.docker.compose.network=cht-net cht-net
docker volume create --label com.docker.compose.project=cht --label com.docker.compose.volume=cht-ssl cht_cht-ssl
mkdir -p /home/clinic/cht/compose /home/clinic/cht/certs /home/clinic/cht/upgrade-service /home/clinic/cht/couchdb
start() {
    service=$1
    shift
    docker run --detach --name "cht-$service-1" --restart always --network cht-net --network-alias "$service" \
        --log-driver local --log-opt max-size=50m --log-opt max-file=20 \
        --label com.docker.compose.project=cht --label "com.docker.compose.service=$service" \
        --label com.docker.compose.container-number=1 --label com.docker.compose.oneoff=False \
        --label com.docker.compose.project.working_dir=/docker-compose \
        --label com.docker.compose.project.config_files=/docker-compose/cht-core.yml,/docker-compose/cht-couchdb.yml \
        "$@" "public.ecr.aws/medic/cht-$service:@CHT_VERSION@"
}
start api
start nginx --publish 80:80 --publish 443:443 --volume cht_cht-ssl:/etc/nginx/private/ \
    --env CERTIFICATE_MODE=SELF_SIGNED --env SSL_CERT_FILE_PATH=/etc/nginx/private/cert.pem \
    --env SSL_KEY_FILE_PATH=/etc/nginx/private/key.pem --env COMMON_NAME=test-nginx.dev.medicmobile.org \
    --env EMAIL=domains@medic.org --env COUNTRY=US --env STATE=California --env LOCALITY=San_Francisco \
    --env ORGANISATION=medic --env DEPARTMENT=Information_Security
