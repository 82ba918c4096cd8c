# plot.gp -- above, the waveform of the RTL: pulses as they are taken, state as it is written. Below, the same neuron unrolled
# through time. Variable: image.
set terminal pngcairo size 1300,760 font 'Sans,12' background '#ffffff'
set output image
set datafile separator ','
set multiplot
set lmargin at screen 0.07
set rmargin at screen 0.98
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#333333'

stats 'waveform.csv' using 1 nooutput
set tmargin at screen 0.92
set bmargin at screen 0.50
set title 'One neuron that feeds itself: a memory cell, in the RTL (above), unrolled through time (below)' font ',14'
set xrange [0:STATS_max + 4]
set yrange [-0.6:6.4]
set xlabel 'clock cycles' offset 0,0.6
set ytics ('written' 0.3, 'h_t' 2, 'taken' 3.8, 'x_t' 5.4)
set key off
plot 'waveform.csv' using 1:($5 * 0.7) with steps lw 1.4 lc rgb '#888888', \
     2 with lines dt 3 lc rgb '#bbbbbb', \
     'waveform.csv' using 1:(2 + 0.8 * $4) with steps lw 2.2 lc rgb '#1f4e79', \
     'waveform.csv' using 1:(3.5 + $3 * 0.7) with steps lw 1.4 lc rgb '#888888', \
     5.4 with lines dt 3 lc rgb '#bbbbbb', \
     'waveform.csv' using 1:(5.4 + 0.28 * $2) with steps lw 2.2 lc rgb '#d1495b'

set tmargin at screen 0.42
set bmargin at screen 0.04
unset title
unset xlabel
unset border
unset tics
set xrange [-1:12]
set yrange [-0.2:3.2]
set palette defined (-1 '#8fb3dd', 0 '#ffffff', 1 '#e09f3e')
set cbrange [-1.2:1.2]
unset colorbox
plot 'steps.csv' using ($0 - 0.72):(1.5):(0.44):(0) with vectors head size 0.12,20 filled lw 2 lc rgb '#1f4e79', \
     '' using 0:(0.55):(0):(0.55) with vectors head size 0.12,20 filled lw 1.4 lc rgb '#d1495b', \
     '' using 0:(1.9):(0):(0.55) with vectors head size 0.12,20 filled lw 1.4 lc rgb '#888888', \
     '' using 0:(1.5):2 with points pt 7 ps 6 lc palette, \
     '' using 0:(1.5) with points pt 6 ps 6 lw 1.6 lc rgb '#333333', \
     '' using 0:(1.5):(sprintf('h_{%d}', $0 + 1)) with labels tc rgb '#333333', \
     '' using 0:(0.3):(sprintf('x_{%d} = %d', $0 + 1, $1)) with labels tc rgb '#d1495b', \
     '' using 0:(2.7):(sprintf('%+.2f', $2)) with labels tc rgb '#333333'
unset multiplot
