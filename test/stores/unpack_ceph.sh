#!/bin/sh
# Unpacks Debian's packages of Ceph, and what they need beside what is installed, into DIRECTORY:
# nothing is installed, and nobody need be root.
#
#   unpack_ceph.sh DIRECTORY
set -eu
directory=$1
[ ! -d "$directory" ] || exit 0

unfinished="$directory.unfinished"
archives="$unfinished/archives"
rm -rf "$unfinished"
mkdir -p "$archives/partial"
download() {
  apt-get install --download-only --reinstall --no-install-recommends --yes --quiet=2 \
    --option Debug::NoLocking=true --option Dir::Cache::archives="$archives" \
    radosgw ceph-mon ceph-osd
}
# The lists of packages may be too old.
download || { [ "$(id -u)" = 0 ] && apt-get update --quiet=2 && download; }
for package in "$archives"/*.deb; do
  dpkg-deb --extract "$package" "$unfinished"
done
rm -r "$archives"
mv "$unfinished" "$directory"
