# plot.gp -- one film of the test part: the ball's way, its hits, and the frames that the device marks. Variable: image.
set terminal pngcairo size 1200,640 font 'Sans,12' background '#ffffff'
set output image
set datafile separator ','
set border 15 lw 2 lc rgb '#2f6f4f'
set tics nomirror tc rgb '#333333'
set key outside bottom center horizontal tc rgb '#333333'
set bmargin at screen 0.1
set title 'Frame by frame: hit a cushion, or not?' font ',14'
set size ratio -1
set xrange [-0.05:2.05]
set yrange [-0.05:1.05]
plot for [f=2:4] 'film.csv' every ::f*40::f*40+39 using 1:2 with linespoints pt 7 lw 1 lc rgb '#9db7d5' title (f > 2 ? '' : 'three films'), \
     for [f=2:4] 'film.csv' every ::f*40::f*40+39 using 1:($3 > 0.5 ? $2 : 1/0) with points pt 7 ps 1.6 lc rgb '#d1495b' title (f > 2 ? '' : 'hit since the frame before'), \
     for [f=2:4] 'film.csv' every ::f*40::f*40+39 using 1:($5 > $4 ? $2 : 1/0) with points pt 4 ps 2.6 lw 1.6 lc rgb '#333333' title (f > 2 ? '' : 'marked on the device')
