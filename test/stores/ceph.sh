#!/bin/sh
# Ceph's S3 server, with all it needs, in one directory and in memory: one monitor, one OSD, one
# gateway. Says "ready" when it serves, and ends, with everything it started, when its input does.
#
#   ceph.sh ROOT DIRECTORY MONITOR_PORT GATEWAY_PORT ACCESS_KEY SECRET_KEY
#
# ROOT is where Debian's packages were unpacked, or nothing if they are installed.
set -eu
root=$1 directory=$2 monitor=$3 gateway=$4 access_key=$5 secret_key=$6
# Where libraries are, by the name of one of them.
libraries=$(dirname "$(find "$root/usr/lib" -name 'librados.so.2' | head -n 1)")
if [ -n "$root" ]; then
  export LD_LIBRARY_PATH="$libraries:$libraries/ceph:$root/lib/${libraries##*/}"
  export PATH="$root/usr/bin:$PATH"
fi
mkdir -p "$directory/mon" "$directory/osd"

cat > "$directory/ceph.conf" <<END
[global]
fsid = 3d2b1a54-6c0f-4b43-9d1a-0c7a1b2c3d4e
mon host = [v2:127.0.0.1:$monitor]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind ipv6 = false
run dir = $directory
log file = $directory/\$name.log
pid file =
admin socket =

# Nobody else can reach it.
auth cluster required = none
auth service required = none
auth client required = none
ms mon client mode = crc secure

# One monitor need not wait for others.
mon data = $directory/mon
mon data avail warn = 1
mon data avail crit = 1
mon allow pool size one = true
mon max pg per osd = 10000
paxos propose interval = 0.02
paxos min wait = 0.01

osd data = $directory/osd
osd objectstore = memstore
memstore device bytes = 2147483648
osd class dir = $libraries/rados-classes
erasure code dir = $libraries/ceph/erasure-code
plugin dir = $libraries/ceph
osd crush chooseleaf type = 0
osd pool default size = 1
osd pool default min size = 1
osd pool default pg num = 4
osd pool default pgp num = 4
osd pool default pg autoscale mode = off

rgw frontends = beast endpoint=127.0.0.1:$gateway tcp_nodelay=1
rgw data = $directory
rgw enable apis = s3
END

started=
stop() {
  trap - EXIT
  for process in $started; do
    kill -9 "$process" 2> /dev/null || true
  done
  wait
}
trap stop EXIT
trap 'exit 1' INT TERM

run() {
  program=$1
  shift
  "$program" -c "$directory/ceph.conf" "$@" < /dev/null >> "$directory/output.log" 2>&1
}
start() {
  program=$1
  shift
  "$program" -c "$directory/ceph.conf" "$@" < /dev/null >> "$directory/output.log" 2>&1 &
  started="$started $!"
}
monmaptool --create --fsid 3d2b1a54-6c0f-4b43-9d1a-0c7a1b2c3d4e \
  --addv a "[v2:127.0.0.1:$monitor]" "$directory/monmap" > /dev/null
osdmaptool --createsimple 1 "$directory/osdmap" > /dev/null 2>&1
run ceph-mon -i a --mkfs --monmap "$directory/monmap" --osdmap "$directory/osdmap"
start ceph-mon -i a -f
run ceph-osd -i 0 --mkfs --osd-uuid 5a1f3c2e-1111-4222-8333-444455556666
start ceph-osd -i 0 -f
run radosgw-admin user create --uid test --display-name test \
  --access-key "$access_key" --secret-key "$secret_key"
start radosgw -n client.admin -f
echo ready
cat > /dev/null
