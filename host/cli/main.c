/* main.c -- eddy COMMAND: finds the subcommand, reports its failure. */
#include "cli.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct command *const commands[] = {
    &command_devices, &command_train, &command_compile, &command_run,   &command_check,
    &command_bench,   &command_trace, &command_doctor,  &command_flash,
};

int refuse(const char *format, ...)
{
    va_list args;
    progress_end();
    fflush(stdout);
    fputs("eddy: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    return 1;
}

static void print_help(void)
{
    printf("Usage: eddy COMMAND [OPTION...]\n"
           "Recurrent networks on the Eddy accelerator.\n\n");
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        printf("  eddy %-9s %s\n", commands[i]->name, commands[i]->summary);
    printf("\n'eddy COMMAND --help' explains one of them; 'eddy --version' prints the version.\n");
}

static int run(const struct command *command, int argc, char **argv)
{
    char name[32];
    struct eddy_context *context;
    if (eddy_context_open(&context))
        return refuse("out of memory");
    snprintf(name, sizeof name, "eddy %s", command->name);
    argv[0] = name;
    argp_err_exit_status = 2;
    int error = command->run(context, argc, argv);
    progress_end();
    if (error < 0)
        refuse("%s", *eddy_last_error(context) ? eddy_last_error(context) : eddy_strerror(error));
    if (!error && (fflush(stdout) || ferror(stdout)))
        error = refuse("cannot write to the standard output: %m");
    eddy_context_close(context);
    return error ? EXIT_FAILURE : EXIT_SUCCESS;
}

int main(int argc, char **argv)
{
    if (argc < 2) {
        refuse("a command is needed; 'eddy --help' lists them");
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        print_help();
        return EXIT_SUCCESS;
    }
    if (strcmp(argv[1], "--version") == 0) {
        printf("eddy %s\n", eddy_version());
        return EXIT_SUCCESS;
    }
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        if (strcmp(argv[1], commands[i]->name) == 0) {
            if (commands[i]->trains)
                blas_choose_kernels(argv);
            return run(commands[i], argc - 1, argv + 1);
        }
    refuse("no command '%s'; 'eddy --help' lists them", argv[1]);
    return 2;
}
