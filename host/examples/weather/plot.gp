# plot.gp -- the test year: temperatures and the device's prediction of the day before. Variable: image.
set terminal pngcairo size 1200,560 font 'Sans,12' background '#ffffff'
set output image
set encoding utf8
set datafile separator ','
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#333333'
set grid ytics lt 1 lw 0.6 lc rgb '#e6e6e6'
set key top left tc rgb '#333333'
set title "Tomorrow's highest temperature in Seattle, 2015, predicted on the device" font ',15'
set xlabel 'days of the year'
set ylabel '°C'
set xrange [0:366]
plot 'year.csv' using 0:1 with lines lw 3 lc rgb '#b9d3ee' title 'measured', \
     '' using 0:2 with lines lw 1.6 lc rgb '#1f4e79' title 'predicted the day before'
