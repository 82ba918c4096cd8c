# plot.gp -- right answers over the distance, for each cell. Variable: image.
set terminal pngcairo size 1100,560 font 'Sans,12' background '#ffffff'
set output image
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#333333'
set grid ytics lt 1 lw 0.6 lc rgb '#e6e6e6'
set key top right spacing 1.3 tc rgb '#333333'
set title 'How far back a cell of 16 units remembers one bit, among noise (mean of three trainings)' font ',15'
set logscale x 2
set xtics (5, 10, 20, 30, 40, 60, 80)
set xlabel 'steps of a sequence: the bit comes first, the question last'
set ylabel 'right answers, %'
set xrange [4.5:90]
set yrange [40:104]
plot 50 with lines dt 2 lc rgb '#888888' title 'guessing', \
     'rnn.dat' using 1:3 with linespoints pt 7 lw 2 lc rgb '#d1495b' title 'RNN', \
     'gru.dat' using 1:3 with linespoints pt 5 lw 2 lc rgb '#1f4e79' title 'GRU', \
     'lstm.dat' using 1:3 with linespoints pt 9 ps 1.6 lw 2 lc rgb '#f0a860' title 'LSTM'
