#include "cli.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The mean of `window` batches up to each: single batches jump. */
static void write_curve(FILE *to, size_t first, size_t end, const double *loss, size_t window)
{
    double sum = 0;
    for (size_t i = first; i < end; i++) {
        const size_t n = i - first + 1;
        sum += loss[i] - (n > window ? loss[i - window] : 0);
        fprintf(to, "%zu %.9g %.9g\n", i + 1, loss[i], sum / (double)(n < window ? n : window));
    }
    fputs("e\n", to);
}

/* A loss of zero has no logarithm. */
static bool all_positive(size_t first, size_t end, const double *loss)
{
    while (first < end && loss[first] > 0)
        first++;
    return first == end;
}

static void write_script(FILE *to, const char *image, size_t first, size_t end, const double *loss)
{
    fputs("set terminal pngcairo size 960,540 font 'Sans,11'\nset output '", to);
    for (; *image; image++) /* a quote is doubled within quotes */
        fprintf(to, *image == '\'' ? "''" : "%c", *image);
    fputs("'\nset title 'Training'\nset xlabel 'batch'\nset ylabel 'loss'\n", to);
    if (all_positive(first, end, loss))
        fputs("set logscale y\n", to);
    fputs("set format y '%g'\nset grid lc rgb '#dddddd'\nset border 3\nset tics nomirror\n"
          "plot '-' using 1:2 with lines lc rgb '#bbccdd' title 'a batch', "
          "'-' using 1:3 with lines lw 2 lc rgb '#1f4e79' title 'mean of 25'\n",
          to);
    write_curve(to, first, end, loss, 25);
    write_curve(to, first, end, loss, 25);
}

/* gnuplot does not say when the disk is full: a whole PNG has its last chunk. */
static bool is_whole(const char *image)
{
    char end[8] = "";
    FILE *const file = fopen(image, "rb");
    const bool read = file && fseek(file, -8, SEEK_END) == 0 && fread(end, 8, 1, file) == 1;
    if (file)
        fclose(file);
    return read && memcmp(end, "IEND", 4) == 0;
}

int plot_loss(const char *path, size_t first, size_t end, const double *loss)
{
    char *temporary = malloc(strlen(path) + 5);
    if (!temporary)
        return refuse("out of memory");
    sprintf(temporary, "%s.tmp", path);
    fflush(stdout);
    void (*before)(int) = signal(SIGPIPE, SIG_IGN); /* gnuplot may be missing */
    FILE *gnuplot = popen("gnuplot 2>/dev/null", "w");
    if (gnuplot)
        write_script(gnuplot, temporary, first, end, loss);
    const bool drawn = gnuplot && pclose(gnuplot) == 0;
    signal(SIGPIPE, before);
    int error = EDDY_OK;
    if (!drawn)
        error = refuse("cannot draw %s: is gnuplot installed (package gnuplot-nox)?", path);
    else if (!is_whole(temporary) || rename(temporary, path))
        error = refuse("cannot write %s: is there room?", path);
    if (error)
        unlink(temporary);
    free(temporary);
    return error;
}
