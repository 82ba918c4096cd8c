# plot.gp -- the first images of the test and the names that the device wrote; what was wrong, in red. Variable: image.
set terminal pngcairo size 1100,620 font 'Sans,14' background '#ffffff'
set output image
set datafile separator '|'
unset border
unset tics
unset colorbox
set key off
set title 'Images that the training never had, and what the device wrote below them, letter by letter' font ',15'
set palette defined (0 '#ffffff', 1 '#1f3550')
set xrange [-0.5:125.5]
set yrange [-62.5:0.5]
plot 'pixels.dat' matrix using 1:(-$2):3 with image, \
     'names.dat' using 1:2:3 with labels tc rgb '#1f4e79', \
     '' using 1:($2 - 2.2):4 with labels tc rgb '#d1495b' font ',12'
