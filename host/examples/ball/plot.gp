# plot.gp -- three films of the test part: where the ball was, and where the device expected it. Variable: image.
set terminal pngcairo size 1200,640 font 'Sans,12' background '#ffffff'
set output image
set datafile separator ','
set border 15 lw 2 lc rgb '#2f6f4f'
set tics nomirror tc rgb '#333333'
set key outside bottom center horizontal tc rgb '#333333'
set bmargin at screen 0.1
set title 'Where will the ball be next? Position, and prediction on the device from the positions before' font ',14'
set size ratio -1
set xrange [-0.03:2.03]
set yrange [-0.03:1.03]
film(n) = n * 37
plot for [f=0:2] 'targets.csv' every ::film(f)::film(f)+36 using 1:2 with linespoints pt 7 ps 1.1 lw 1 \
       lc rgb word('#d1495b #1f4e79 #e09f3e', f + 1) title sprintf('film %d', f + 1), \
     for [f=0:2] 'prediction2.csv' every ::film(f)::film(f)+36 using 1:2 with points pt 6 ps 2 lw 1.4 \
       lc rgb '#333333' title (f ? '' : 'predicted')
