# plot.gp -- which sections the device takes for which. Variable: image.
set terminal pngcairo size 820,720 font 'Sans,12' background '#ffffff'
set output image
set title 'Sections of packages by their short description, in % of each row' font ',14'
names = 'games graphics net science sound text utils web'
set for [k=1:8] xtics add (word(names, k) k - 1)
set for [k=1:8] ytics add (word(names, k) k - 1)
set xtics nomirror scale 0
set ytics nomirror scale 0
set xlabel 'the device says'
set ylabel 'it is'
set xrange [-0.5:7.5]
set yrange [7.5:-0.5]
set palette defined (0 '#ffffff', 1 '#1f4e79')
unset colorbox
set key off
plot 'confusion.dat' matrix with image, \
     '' matrix using 1:2:(sprintf('%.0f', $3)):($3 > 45 ? 0xffffff : 0x333333) with labels tc rgb variable
