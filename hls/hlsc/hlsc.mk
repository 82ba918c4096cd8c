# The compiler hlsc. Included by the top Makefile; also `make -f hls/hlsc/hlsc.mk` from there.
O ?= build
CC ?= cc
CFLAGS ?= -O2 -g -Wall -Wextra
LLVM_CONFIG ?= llvm-config-19

HLSC := $(O)/bin/hlsc
HLSC_SOURCES := $(wildcard hls/hlsc/*.c)
HLSC_OBJECTS := $(HLSC_SOURCES:hls/hlsc/%.c=$(O)/hlsc/%.o)
HLSC_CPPFLAGS = -D_GNU_SOURCE -isystem $(shell $(LLVM_CONFIG) --includedir)
HLSC_LDLIBS = $(shell $(LLVM_CONFIG) --ldflags --libs) -lm

.PHONY: hlsc
hlsc: $(HLSC)

$(HLSC): $(HLSC_OBJECTS)
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $^ $(HLSC_LDLIBS)

$(O)/hlsc/%.o: hls/hlsc/%.c
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(HLSC_CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

-include $(HLSC_OBJECTS:.o=.d)
