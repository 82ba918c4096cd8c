# Training and its specification files: what libeddy needs for them.
TRAIN_SOURCES := $(addprefix host/train/,baseline.c checkpoint.c dataset.c dense.c embedding.c \
  evaluate.c fixed_point.c gru.c loss.c lstm.c multiply.c network.c network_model.c network_pass.c optimise.c recurrent.c rnn.c rounding.c sampler.c spec.c \
  spec_fields.c team.c train.c trainer.c trainer_check.c trainer_model.c trainer_start.c weights.c)
TRAIN_CFLAGS := -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast
TRAIN_LDLIBS := -lopenblas -ljansson -lm -lpthread

# Training over MPI: a module that the command loads under mpirun.
DEBIAN_PACKAGES += libopenmpi-dev openmpi-bin
EDDY_MPI := $(O)/lib/eddy-mpi.so
build: $(EDDY_MPI)
$(EDDY_MPI): host/train/mpi.c host/train/mpi.h host/train/train.h
	$(call say,CC)
	@mkdir -p $(@D)
	$(CC) -std=c11 -shared $(CPPFLAGS) $(CFLAGS) $$(pkg-config --cflags ompi-c) $(LDFLAGS) -o $@ $< \
	  $$(pkg-config --libs ompi-c)

.PHONY: install-mpi uninstall-mpi
install: install-mpi
install-mpi: $(EDDY_MPI)
	install -D -m 644 $< $(installed)/lib/eddy-mpi.so
uninstall: uninstall-mpi
uninstall-mpi:
	rm -f $(installed)/lib/eddy-mpi.so

.PHONY: demo-fashion
SEEDS ?= 1
## demo-fashion: classify images row by row, in float and with few bits: SEEDS="1 2 3"
demo-fashion: build
	$(call install_missing,dataset-fashion-mnist)
	host/examples/fashion/fashion.sh $(O) $(SEEDS)
