# Eddy: build, test, demonstrate, install. `make` alone prints the targets.
#
#   O=DIR     where everything is built (default: build)
#   V=1       print the commands
#   SAN=LIST  sanitizers (address,undefined); objects go to a folder of their own below O, but for the RTL's
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.SUFFIXES:
.SECONDARY:
MAKEFLAGS += --no-builtin-rules
ifndef V
.SILENT:
endif

O := build
PREFIX ?= /usr/local
VERILATOR ?= verilator
YOSYS ?= yosys
CLANG_FORMAT ?= clang-format-14

R := $(O)
ifdef SAN
comma := ,
override O := $(O)/san-$(subst $(comma),-,$(SAN))
SAN_FLAGS := -fsanitize=$(SAN) -fno-sanitize-recover=all -fno-omit-frame-pointer
endif

say = @printf '  %-8s %s\n' '$(1)' '$(subst $(O)/,,$@)'

CFLAGS ?= -O2 -g
CXXFLAGS ?= -O2 -g
WARNINGS := -Wall -Wextra -Wshadow -Wpointer-arith -Wwrite-strings -Wundef
override CFLAGS += $(WARNINGS) -Wstrict-prototypes -Wno-missing-field-initializers \
  -fPIC -fvisibility=hidden -ffp-contract=off $(SAN_FLAGS)
override CXXFLAGS += $(WARNINGS) -fPIC -fvisibility=hidden $(SAN_FLAGS)
override LDFLAGS += $(SAN_FLAGS)
override CPPFLAGS += -D_GNU_SOURCE -I. -Ihost/include -Ihost -Ihls -Isim -Ihw -I$(O)/gen

VERSION := $(shell sed -n 's/^.define EDDY_VERSION "\(.*\)"/\1/p' host/lib/context.c)
SOVERSION := $(firstword $(subst ., ,$(VERSION)))
# The build configurations: the numbers in EDDY_PRESETS(X).
PRESETS := $(shell sed -n 's/^.define EDDY_PRESETS(X)//p' hls/config.h | tr -dc '0-9 ')

.PHONY: help deps build test test-programs cosim demo bench lint lint-rtl lint-c \
  lint-sh format install uninstall clean

## help: this list
help:
	@echo 'Eddy $(VERSION): recurrent networks on an accelerator compiled from HLS C'
	@echo
	@sed -n 's/^## \([^:]*\): *\(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 28

# ---- what has to be installed ----

DEBIAN_PACKAGES := build-essential pkg-config clang-19 llvm-19-dev verilator yosys iverilog \
  zlib1g-dev libopenblas-dev libprotobuf-c-dev protobuf-c-compiler libonnx-dev libjansson-dev \
  libzip-dev libcmocka-dev libusb-1.0-0-dev libusbredirparser-dev libfuse3-dev usbutils boolector \
  gnuplot-nox python3-scipy jq libxrt-dev uuid-dev unzip z3 tcl espeak-ng python3-aubio \
  dataset-fashion-mnist
LINT_PACKAGES := clang-format-14 cppcheck shellcheck

# $(1): packages. Silent, and without root, when all of them are there.
install_missing = \
  missing=$$(for package in $(1); do \
    dpkg-query -W -f '$${db:Status-Status}\n' $$package 2>/dev/null | grep -qx installed || \
    printf ' %s' $$package; done); \
  [ -z "$$missing" ] && exit 0; \
  command -v apt-get > /dev/null || { echo "Not a Debian system; install:$$missing"; exit 1; }; \
  echo "Installing:$$missing"; \
  root=; [ "$$(id -u)" = 0 ] || root=sudo; \
  $$root apt-get -qq update && $$root env DEBIAN_FRONTEND=noninteractive \
    apt-get -qq -y --no-install-recommends install $$missing > /dev/null

## deps: install the Debian packages that are missing (asks for root only then)
deps:
	$(call install_missing,$(DEBIAN_PACKAGES))

# ---- the compiler, and the engine compiled by it ----

include hls/hlsc/hlsc.mk host/model/model.mk host/train/train.mk

HLS_SOURCES := $(wildcard hls/*.[ch])
HW_SOURCES := $(wildcard hw/rtl/*.sv hls/hlsc/rtl/*.v)

$(O)/gen/tanh_table: hls/tanh_table.c
	@mkdir -p $(@D)
	$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $< -lm

$(O)/gen/tanh_table.h: $(O)/gen/tanh_table
	$(call say,GEN)
	$< > $@

VERILATOR_ROOT := $(shell $(VERILATOR) --getenv VERILATOR_ROOT 2>/dev/null)
VERILATOR_FLAGS := --cc --trace-fst -O3 --x-assign fast --x-initial fast +define+HLSC_CHECK
VERILATED_CPPFLAGS = -isystem $(VERILATOR_ROOT)/include -isystem $(VERILATOR_ROOT)/include/vltstd
VERILATED_FLAGS := -O2 -fPIC -fvisibility=hidden

# $(1): number of a preset; $(2): text, with the names of hls/config.h in it
config_value = $(shell echo '$(2)' | \
  $(CC) -DEDDY_PRESET=$(1) -include hls/config.h -x c -E -P - | tail -n 1 | tr -d '"')

# R is O without sanitizers: the RTL, Verilated, is the same with them.
ifdef SAN
.PHONY: FORCE
$(R)/bin/hlsc $(R)/gen/tanh_table.h: FORCE
	+$(MAKE) --no-print-directory SAN= O=$(R) $@
endif

# $(1): number of the preset
define PRESET_RULES
RTL_$(1) := $(addprefix $(R)/rtl/$(1)/,control.v steps.v datapath.v results.v)

# RTL that comes out as before keeps its time, so that another hlsc does not rebuild simulations.
$$(RTL_$(1)): %.v: %.stamp
	@:

$$(RTL_$(1):.v=.stamp): $(R)/rtl/$(1)/%.stamp: hls/%.c $$(HLS_SOURCES) $(R)/gen/tanh_table.h $(R)/bin/hlsc
	$$(call say,HLSC)
	@mkdir -p $$(@D)
	$(R)/bin/hlsc --quiet --top $$* -DEDDY_PRESET=$(1) -Ihls -I$(R)/gen \
	  $$(call config_value,$(1),--family HLS_FAMILY --clock-ns HLS_CLOCK_NS --clock-uncertainty 0 HLS_OPTIONS_$$*) \
	  --report $$(@:.stamp=.json) -o $$@ $$<
	cmp -s $$@ $$(@:.stamp=.v) || cp $$@ $$(@:.stamp=.v)

$(R)/sim/$(1)/Veddy_$(1).mk: $$(RTL_$(1)) $$(HW_SOURCES)
	$$(call say,VERILATE)
	@mkdir -p $$(@D)
	$$(VERILATOR) $$(VERILATOR_FLAGS) --prefix Veddy_$(1) --top-module eddy_core \
	  --Mdir $$(@D) $$^
	@touch $$@

$(R)/sim/$(1)/rtl.o: $(R)/sim/$(1)/Veddy_$(1).mk
	$$(call say,CXX)
	+$$(MAKE) -s -C $$(@D) -f Veddy_$(1).mk Veddy_$(1)__ALL.a \
	  OPT_FAST='$$(VERILATED_FLAGS)' OPT_SLOW='$$(VERILATED_FLAGS) -O0' > $$(@D)/make.log
	$$(LD) -r -o $$@ --whole-archive $$(@D)/Veddy_$(1)__ALL.a

$(O)/sim/$(1)/model.o: sim/model.cpp $(R)/sim/$(1)/Veddy_$(1).mk
	$$(call say,CXX)
	@mkdir -p $$(@D)
	$$(CXX) -std=c++17 $$(CPPFLAGS) $$(VERILATED_CPPFLAGS) -I$(R)/sim/$(1) $$(CXXFLAGS) -DEDDY_PRESET=$(1) \
	  -DSIM_CLASS=Veddy_$(1) -DSIM_HEADER='"Veddy_$(1).h"' -MMD -MP -c -o $$@ $$<

$(O)/obj/host/backends/engine-$(1).o: host/backends/engine.c | $$(GENERATED)
	$$(call say,CC)
	@mkdir -p $$(@D)
	$$(CC) -std=c11 $$(CPPFLAGS) $$(CFLAGS) -O3 -DEDDY_PRESET=$(1) -MMD -MP -c -o $$@ $$<

SIM_OBJECTS += $(R)/sim/$(1)/rtl.o $(O)/sim/$(1)/model.o
ENGINE_OBJECTS += $(O)/obj/host/backends/engine-$(1).o
endef
GENERATED := $(O)/gen/tanh_table.h $(MODEL_GENERATED_HEADERS)
$(foreach preset,$(PRESETS),$(eval $(call PRESET_RULES,$(preset))))

include sim/xrt/xrt.mk hw/xrt/vitis/vitis.mk

VERILATED_OBJECTS := $(addprefix $(R)/sim/,verilated.o verilated_fst_c.o verilated_threads.o)
$(VERILATED_OBJECTS): $(R)/sim/%.o:
	$(call say,CXX)
	@mkdir -p $(@D)
	$(CXX) -std=c++17 -DVM_COVERAGE=0 -DVM_SC=0 -DVM_TRACE=1 -DVM_TRACE_FST=1 \
	  $(VERILATED_CPPFLAGS) $(VERILATED_FLAGS) -w -c -o $@ $(VERILATOR_ROOT)/include/$*.cpp
SIM_OBJECTS += $(VERILATED_OBJECTS)

# ---- the library ----

LIB_SOURCES := $(wildcard host/lib/*.c) \
  $(filter-out host/backends/engine.c,$(wildcard host/backends/*.c)) \
  $(sort $(MODEL_SOURCES) $(addprefix host/model/,image.c program.c descriptors.c cells.c quantise.c)) $(TRAIN_SOURCES)
LIB_OBJECTS := $(LIB_SOURCES:%.c=$(O)/obj/%.o) $(ENGINE_OBJECTS) $(MODEL_GENERATED_OBJECTS) \
  $(SIM_OBJECTS)
LIBS := $(sort $(MODEL_LIBS) $(TRAIN_LDLIBS)) -lusb-1.0 -lz -lstdc++ -lpthread

$(TRAIN_SOURCES:%.c=$(O)/obj/%.o): override CFLAGS += $(TRAIN_CFLAGS)

$(O)/obj/%.o: %.c | $(GENERATED)
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/lib/libeddy.a: $(LIB_OBJECTS)
	$(call say,AR)
	@mkdir -p $(@D)
	rm -f $@
	$(AR) rcs $@ $^

$(O)/lib/libeddy.so.$(VERSION): $(LIB_OBJECTS)
	$(call say,LD)
	@mkdir -p $(@D)
	echo 'EDDY_$(SOVERSION) { global: eddy_*; local: *; };' > $(@D)/libeddy.map
	$(CC) -shared $(LDFLAGS) -Wl,-soname,libeddy.so.$(SOVERSION) \
	  -Wl,--version-script=$(@D)/libeddy.map $(if $(SAN),,-Wl,--no-undefined) -o $@ $^ $(LIBS)
	ln -sf $(@F) $(@D)/libeddy.so.$(SOVERSION)
	ln -sf libeddy.so.$(SOVERSION) $(@D)/libeddy.so

# ---- the commands ----

CLI_OBJECTS := $(patsubst %.c,$(O)/obj/%.o,$(wildcard host/cli/*.c))
EXAMPLES := $(O)/bin/examples/ecg

$(O)/bin/eddy: $(CLI_OBJECTS) $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

$(O)/bin/examples/%: $(O)/obj/host/examples/%/main.o $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

## build: everything; the commands are then in build/bin
build: $(HLSC) $(O)/bin/eddy $(O)/lib/libeddy.so.$(VERSION) $(EXAMPLES) $(O)/bin/with-board \
  $(XRT_BUILD)

# Entries for bitstreams/manifest.json on the standard input, in place of those of the same files.
manifest_put = jq --slurpfile old bitstreams/manifest.json \
  'map(.file) as $$new | . + [$$old[0][] | select([.file] | inside($$new) | not)] | sort_by(.file)' \
  > $(R)/manifest.json && cp $(R)/manifest.json bitstreams

# ---- tests ----

include sim/usb/usb.mk hw/boards/boards.mk
include tests/tests.mk

## demo: train on an electrocardiogram, predict it on the simulated hardware
demo: deps
	+$(MAKE) --no-print-directory build
	host/examples/ecg/demo.sh $(O)

include host/examples/gallery.mk

## bench: cycles, utilisation and latency of the RTL, as a table in Markdown
bench: build
	host/cli/bench_table.sh $(O)

# ---- lint ----

## lint: generated RTL (verilator, yosys), C (format, cppcheck), shell scripts
lint: lint-rtl lint-c lint-sh

lint-rtl: $(foreach preset,$(PRESETS),$(RTL_$(preset)))
	@for preset in $(PRESETS); do VERILATOR=$(VERILATOR) YOSYS=$(YOSYS) \
	  hw/lint/lint.sh $(O)/rtl/$$preset $(HW_SOURCES) || exit 1; done

FORMATTED := $(shell git ls-files '*.c' '*.h' 2>/dev/null | grep -v '^tests/hlsc/\(refusals\|kernels\|peers\|fuzz/found\)/')
lint-c:
	$(call install_missing,$(LINT_PACKAGES))
	$(CLANG_FORMAT) --dry-run --Werror $(FORMATTED)
	cppcheck --quiet --error-exitcode=1 --std=c11 --inline-suppr --suppressions-list=.cppcheck \
	  --enable=warning,performance,portability $(CPPFLAGS) $(filter %.c,$(FORMATTED))

lint-sh:
	$(call install_missing,$(LINT_PACKAGES))
	shellcheck -x $(shell git ls-files '*.sh' .ci/run)

## format: clang-format all C
format:
	$(CLANG_FORMAT) -i $(FORMATTED)

# ---- install ----

HEADERS := host/include/eddy/eddy.h $(addprefix host/,model/model.h model/table.h \
  train/train.h train/dataset.h train/spec.h train/baseline.h)
installed = $(DESTDIR)$(PREFIX)

$(O)/eddy.pc: Makefile
	@mkdir -p $(@D)
	printf '%s\n' 'prefix=$(PREFIX)' 'libdir=$${prefix}/lib' 'includedir=$${prefix}/include' '' \
	  'Name: eddy' 'Description: Recurrent networks on the Eddy accelerator' \
	  'Version: $(VERSION)' 'Cflags: -I$${includedir} -I$${includedir}/eddy' \
	  'Libs: -L$${libdir} -leddy' 'Libs.private: $(LIBS)' > $@

## install: commands, library, headers and eddy.pc to PREFIX (/usr/local), below DESTDIR
install: build
	+rm -f $(O)/eddy.pc && $(MAKE) --no-print-directory $(O)/eddy.pc
	install -d $(installed)/bin $(installed)/lib/pkgconfig
	install $(O)/bin/eddy $(O)/bin/hlsc $(O)/bin/eddy-xrt $(installed)/bin
	install -d $(installed)/share/eddy
	install -m 644 $(XRT_XCLBINS) $(installed)/share/eddy
	install -m 644 $(O)/lib/libeddy.a $(O)/lib/libeddy.so.$(VERSION) $(installed)/lib
	cp -P $(O)/lib/libeddy.so $(O)/lib/libeddy.so.$(SOVERSION) $(installed)/lib
	install -m 644 $(O)/eddy.pc $(installed)/lib/pkgconfig
	for header in $(HEADERS:host/%=%); do \
	  install -D -m 644 host/$$header $(installed)/include/eddy/$${header#include/eddy/}; done

## uninstall: take all of it away again
uninstall:
	rm -f $(addprefix $(installed)/bin/,eddy hlsc eddy-xrt) $(installed)/lib/libeddy.* \
	  $(installed)/lib/pkgconfig/eddy.pc
	rm -rf $(installed)/include/eddy $(installed)/share/eddy

## clean: remove everything that was built
clean:
	rm -rf $(O)

-include $(shell find $(O)/obj -name "*.d" 2>/dev/null) $(wildcard $(O)/sim/*/model.d)
