#include "ir.h"
void check_program(struct program *p) { (void)p; }
