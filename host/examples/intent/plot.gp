# plot.gp -- how sure the device is of four intents, word by word, for two pairs of sentences. Variable: image.
set terminal pngcairo size 1300,720 font 'Sans,12' background '#ffffff'
set output image
set datafile separator ','
set multiplot layout 2,2 title 'The same words in another order: what the device thinks is wanted, word by word' font ',14'
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#333333'
set grid ytics lt 1 lw 0.6 lc rgb '#e6e6e6'
set yrange [0:1.35]
set offsets 0.4, 0.4, 0, 0
set xrange [*:*] noextend
set ylabel 'probability'
set ytics 0, 0.25, 1
set key top left horizontal samplen 2 tc rgb '#333333'
all = 'exp($2)+exp($3)+exp($4)+exp($5)+exp($6)+exp($7)+exp($8)+exp($9)+exp($10)'
colour(k) = word('#d1495b #1f4e79 #e09f3e #2f6f4f', k - 4)
intent(k) = k == 5 ? 'is the light on?' : k == 6 ? 'the light is on' : k == 7 ? 'savings to checking' : 'checking to savings'
do for [s=0:3] {
  plot for [k=5:8] 'words'.s.'.csv' using 0:(exp(column(2 + k)) / (@all)):xticlabels(1) \
    with linespoints pt 7 lw 2 lc rgb colour(k) title intent(k)
}
unset multiplot
