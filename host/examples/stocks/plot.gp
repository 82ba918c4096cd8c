# plot.gp -- the share that tests, and what was predicted a month before. Variable: image.
set terminal pngcairo size 1100,520 font 'Sans,12' background '#ffffff'
set output image
set datafile separator ','
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#333333'
set grid ytics lt 1 lw 0.6 lc rgb '#e6e6e6'
set key top left tc rgb '#333333'
set title 'Price of a share that the training did not have: the prediction runs after it' font ',15'
set xlabel 'months'
set ylabel 'US dollars'
plot 'months.csv' using 0:(exp($1)) with lines lw 3 lc rgb '#b9d3ee' title 'price', \
     '' using 0:(exp($2)) with lines lw 1.6 lc rgb '#1f4e79' title 'predicted a month before'
