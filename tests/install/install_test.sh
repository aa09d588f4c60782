#!/bin/sh
# Installs the build to a prefix of its own and builds a user's program both ways.
#
#     install_test.sh SOURCE-DIR BUILD-DIR
set -eu
source_dir=$1
build_dir=$2
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cmake --install "$build_dir" --prefix "$work/prefix" >"$work/log"
cp "$source_dir/tests/install/CMakeLists.txt" "$source_dir/tests/install/app.c" "$work"

echo "CMake:"
cmake -S "$work" -B "$work/build" -DCMAKE_PREFIX_PATH="$work/prefix" >>"$work/log"
cmake --build "$work/build" >>"$work/log"
"$work/build/app"

echo "pkg-config:"
pc=$(dirname "$(find "$work/prefix" -name woad-host.pc)")
${CC:-cc} -std=c11 "$work/app.c" -o "$work/app" \
    $(PKG_CONFIG_PATH=$pc pkg-config --cflags --libs woad-host)
"$work/app"

# A package that names the folder it was built in breaks on the next machine.
if grep -rIl -e "$source_dir" -e "$build_dir" "$work/prefix/lib" "$work/prefix/include"; then
    echo "installed files name the build's folders" >&2
    exit 1
fi
