# plot.gp -- bits per character, by counting and by the network. Variable: image.
set terminal pngcairo size 1100,520 font 'Sans,12' background '#ffffff'
set output image
set datafile separator ':'
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#333333'
set grid ytics lt 1 lw 0.6 lc rgb '#e6e6e6'
set style fill solid
set boxwidth 0.6
set key off
set yrange [0:4.6]
set xrange [-0.6:6.6]
set ylabel 'bits per character'
set xlabel 'counting, with 0 to 4 characters before; and the network'
set title 'The next character of a licence, unseen before: bits that it costs' font ',15'
plot 'bits.csv' using 0:2:($0 > 4 ? 0x1f4e79 : 0xb9d3ee):xticlabels(1) with boxes lc rgb variable, \
     '' using 0:2:(sprintf('%.2f', $2)) with labels offset 0,0.8 tc rgb '#333333'
