#!/bin/sh
# Unpacks the libraries that tests link, for another Debian architecture, into build/sysroot/ARCH.
#
#     scripts/sysroot.sh ARCH          i386 or s390x
#
# Packages are fetched with an apt state of its own below build/: the machine's list of
# architectures and its installed packages stay as they are, and no root is needed.
set -eu
cd "$(dirname "$0")/.."
arch=$1
root=$PWD/build/sysroot/$arch
packages="libmbedtls-dev libmbedcrypto7 libcmocka-dev libcmocka0 liblc3-dev liblc3-0"
[ "$(cat "$root/complete" 2>/dev/null)" != "$packages" ] || exit 0

state=$PWD/build/sysroot/apt-$arch
rm -rf "$root"
mkdir -p "$root" "$state/lists/partial" "$state/archives/partial"
: >"$state/status"
apt() {
    apt-get -q -y -o Dir::State="$state" -o Dir::State::status="$state/status" \
        -o Dir::Cache="$state" -o APT::Architecture="$arch" -o APT::Architectures="$arch" \
        -o Debug::NoLocking=1 -o APT::Sandbox::User= "$@"
}
apt -o Acquire::Retries=3 update || true # an index that fails matters only when a package is missing
(cd "$state/archives" && apt download $packages)
for deb in "$state"/archives/*.deb; do
    dpkg-deb -x "$deb" "$root"
done
echo "$packages" >"$root/complete"
