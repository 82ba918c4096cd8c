# plot.gp -- error and cost over the number of layers. Variable: image.
set terminal pngcairo size 1000,500 font 'Sans,12' background '#ffffff'
set output image
set border 11 lc rgb '#888888'
set tics nomirror tc rgb '#333333'
set key top center tc rgb '#333333'
set title 'The next position of a ball, by 1, 2 and 4 layers of 16 units' font ',15'
set xlabel 'layers'
set xtics (1, 2, 4)
set xrange [0.8:4.2]
set yrange [0:*]
set y2range [0:*]
set y2tics
set ylabel 'RMSE'
set y2label 'cycles a step'
plot 'layers.dat' using 1:3 with linespoints pt 7 lw 2 lc rgb '#1f4e79' title 'error on the device', \
     '' using 1:4 axes x1y2 with linespoints pt 5 lw 2 lc rgb '#f0a860' title 'cycles'
