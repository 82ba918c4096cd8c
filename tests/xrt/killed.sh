#!/bin/bash
# killed.sh EDDY before|after|during -- kills the simulated card under a run of rnn.eddy, which must then fail by itself. The
# status is that of eddy.
set -u
when=$2
mkfifo rows."$when"
"$1" run rnn.eddy --device xrt: --follow < rows."$when" > answers."$when" &
eddy=$!
exec 3> rows."$when"
# The card is a child of eddy-xrt, which is a child of eddy.
card=
until [ -n "$card" ]; do
  sleep 0.1
  kill -0 $eddy 2> /dev/null || break
  helper=$(pgrep -P $eddy -x eddy-xrt) && card=$(pgrep -P "$helper" -x eddy_card)
done
case $when in
  after)
    echo 0.5 >&3
    until [ -s answers.after ] || ! kill -0 $eddy; do sleep 0.1; done
    ;;
  during)
    cat wave.csv >&3
    until [ -s answers.during ] || ! kill -0 $eddy; do sleep 0.01; done
    ;;
esac
[ -n "$card" ] && kill -KILL "$card"
cat wave.csv >&3 2> /dev/null
exec 3>&-
wait $eddy
