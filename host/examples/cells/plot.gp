# plot.gp -- the error of each cell, float and on the device, against the autoregression; below, what a step costs. Variable: image.
set terminal pngcairo size 1100,560 font 'Sans,12' background '#ffffff'
set output image
set datafile separator ','
set multiplot layout 1,2 title 'The next sample of an electrocardiogram, by every cell of 24 units' font ',14'
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#333333'
set grid ytics lt 1 lw 0.6 lc rgb '#e6e6e6'
set style fill solid
set boxwidth 0.38
set xtics rotate by -25
set yrange [0:*]
set ylabel 'error, mV'
set key top right samplen 1 tc rgb '#333333'
stats 'baselines.csv' using 2 nooutput
baseline = STATS_min
set yrange [0:baseline * 1.3]
plot 'cells.csv' using ($0 - 0.2):2 with boxes lc rgb '#8fb3d1' title 'float', \
     '' using ($0 + 0.2):3:xticlabels(1) with boxes lc rgb '#1f4e79' title 'device, 8-bit weights', \
     baseline with lines dt 2 lw 2 lc rgb '#d1495b' title 'autoregression over 32 samples'
set ylabel 'cycles of a step, 8 lanes'
set yrange [0:*]
unset key
plot 'cells.csv' using 0:4:xticlabels(1) with boxes lc rgb '#e09f3e'
unset multiplot
