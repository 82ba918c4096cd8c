# Training and its specification files: what libeddy needs for them.
TRAIN_SOURCES := $(addprefix host/train/,baseline.c checkpoint.c dataset.c dense.c embedding.c \
  evaluate.c gru.c loss.c lstm.c multiply.c network.c recurrent.c rnn.c rounding.c sampler.c spec.c \
  spec_fields.c team.c train.c)
TRAIN_CFLAGS := -O3 -fno-math-errno -fno-trapping-math -ffp-contract=fast
TRAIN_LDLIBS := -lopenblas -ljansson -lm -lpthread
