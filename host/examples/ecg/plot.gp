# plot.gp -- four seconds of the test part: signal and prediction above, errors below. Variables: data, image.
set terminal pngcairo size 1280,760 font 'Sans,12' background '#ffffff'
set output image
set datafile separator ','
set multiplot
from = 12.0
to = 16.0
set xrange [from:to]
set lmargin at screen 0.075
set rmargin at screen 0.975
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#333333'
set grid xtics ytics lt 1 lw 0.6 lc rgb '#e6e6e6'
set key top right horizontal samplen 2 spacing 1.3 width 2 tc rgb '#333333'

set tmargin at screen 0.91
set bmargin at screen 0.41
set yrange [-1:2.4]
set title 'The next sample of an electrocardiogram, predicted on the simulated hardware' font ',15'
set ylabel 'mV' offset 1
set format x ''
plot data using 1:2 with lines lw 5 lc rgb '#b9d3ee' title 'signal', \
     data using 1:3 with lines lw 1.6 lc rgb '#1f4e79' title 'prediction, 16-bit weights'

set tmargin at screen 0.37
set bmargin at screen 0.09
unset title
set format x '%g'
set xlabel 'seconds of the test part' offset 0,0.4
set ylabel 'error, mV' offset 1
set yrange [-0.25:0.4]
set ytics 0.1
plot data using 1:($4-$2) with lines lw 1.2 lc rgb '#f0a860' title 'linear extrapolation', \
     data using 1:($3-$2) with lines lw 1.6 lc rgb '#1f4e79' title 'network'
unset multiplot
