#!/bin/bash
# A swarm of transfers through the simulated radio, each with its own PHY, interval, size, loss and
# distance, drawn from a seed.    scripts/sim.sh SEED [COUNT]
#
# A line a transfer; one that fails prints the command that repeats it. Exit 1 when one failed.
set -eu
cd "$(dirname "$0")/.."
seed=${1:-1}
count=${2:-20}
state=$seed

draw() { # N: sets drawn to 0..N-1
    state=$(((state * 6364136223846793005 + 1442695040888963407) & 0x7fffffffffffffff))
    drawn=$(((state >> 33) % $1))
}

pick() { # VALUE...: sets drawn to one of them
    draw $#
    shift "$drawn"
    drawn=$1
}

failed=0
for ((i = 0; i < count; i++)); do
    pick 1m 2m && phy=$drawn
    pick 7.5 15 30 50 100 400 && interval=$drawn
    pick 1 20 245 4096 65533 300000 && size=$drawn
    draw 21 && loss=$drawn
    draw 40 && distance=$((drawn + 1))
    command="build/woad demo --seed $((seed + i)) --phy $phy --interval-ms $interval --size $size \
--loss $loss% --distance $distance"
    if output=$($command 2>&1); then
        echo "passed $command"
    else
        echo "failed $command: exit code $?: $(tail -n 1 <<<"$output")"
        failed=1
    fi
done
exit $failed
