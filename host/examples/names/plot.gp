# plot.gp -- some names of countries, and what the device wrote. Variable: image.
set terminal pngcairo size 1100,560 font 'Sans,15' background '#ffffff'
set encoding utf8
set output image
set datafile separator '|'
unset border
unset tics
set key off
set title 'Names of countries in English, and what the device wrote, each letter fed back' font ',15'
set xrange [0:10]
set yrange [-12:0.5]
plot 'shown.txt' using (4.3):(-$0):1 with labels right tc rgb '#1f4e79', \
     '' using (4.5):(-$0):(0.6):(0) with vectors head size 0.15,20 filled lw 1.6 lc rgb '#888888', \
     '' using (5.3):(-$0):3 with labels left tc rgb '#d1495b'
