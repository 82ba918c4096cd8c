# plot.gp -- two words of a voice never heard: the log-mel spectrum above, below it what the device thinks it hears, frame by
# frame. Variable: image.
set terminal pngcairo size 1300,720 font 'Sans,12' background '#ffffff'
set output image
set datafile separator ','
set multiplot layout 2,2 columnsfirst title 'Spoken words, frame by frame: what the device thinks it hears' font ',14'
set border 3 lc rgb '#888888'
set tics nomirror tc rgb '#333333'
set lmargin 9
set rmargin 3
set palette defined (0 '#ffffff', 0.5 '#8fb3d1', 1 '#1f3550')
unset colorbox
words = 'up down left right yes no stop go'
colours = '#d1495b #1f4e79 #e09f3e #2f6f4f #7b4b94 #888888 #00798c #b5651d'
all = '(exp($18)+exp($19)+exp($20)+exp($21)+exp($22)+exp($23)+exp($24)+exp($25))'
do for [number in '6 3'] {
  first = number * 32
  set title '"'.word(words, number + 1).'", spoken'
  set xrange [-0.5:31.5]
  set yrange [-0.5:15.5]
  set ylabel 'mel band'
  set ytics 0, 5, 15
  unset key
  unset grid
  plot 'shown'.number.'.csv' using 1:2:3 with image
  set title ''
  set yrange [0:1.35]
  set ylabel 'probability'
  set xlabel 'frame of 20 ms'
  set ytics 0, 0.25, 1
  set grid ytics lt 1 lw 0.6 lc rgb '#e6e6e6'
  set key top left horizontal samplen 2 tc rgb '#333333' maxrows 2
  plot for [k=0:7] 'heard.csv' every ::first::first + 31 using 0:(exp(column(18 + k)) / @all) \
    with lines lw 2.5 lc rgb word(colours, k + 1) title word(words, k + 1)
  set xlabel ''
}
unset multiplot
