# Models: float reference, ONNX in and out, tables.
# In: O (build directory), CC, CFLAGS. Out: MODEL_SOURCES, MODEL_GENERATED_OBJECTS, MODEL_CFLAGS, MODEL_LIBS.
# Objects of MODEL_SOURCES need $(O)/gen/onnx.pb-c.h first (MODEL_GENERATED_HEADERS, order-only).

MODEL_SOURCES := $(addprefix host/model/,model.c model_run.c onnx_chain.c onnx_constant.c onnx_dense.c \
  onnx_elementwise.c onnx_layout.c onnx_node.c onnx_read.c onnx_recurrent.c \
  onnx_select.c onnx_tensor.c onnx_wire.c onnx_write.c table.c table_csv.c table_npy.c)
MODEL_CFLAGS = -I$(O)/gen
MODEL_LIBS = -lprotobuf-c -lzip -lm

ONNX_PROTO_DIR ?= /usr/include/onnx
MODEL_GENERATED_HEADERS = $(O)/gen/onnx.pb-c.h
MODEL_GENERATED_OBJECTS = $(O)/gen/onnx.pb-c.o

# protoc-c writes both files at once; the header follows the source, so that -j runs it once.
$(O)/gen/onnx.pb-c.c: $(ONNX_PROTO_DIR)/onnx.proto
	@mkdir -p $(@D)
	protoc-c --proto_path=$(ONNX_PROTO_DIR) --c_out=$(@D) $<

$(O)/gen/onnx.pb-c.h: $(O)/gen/onnx.pb-c.c
	@touch $@

# Generated code: its warnings are not ours.
$(O)/gen/onnx.pb-c.o: $(O)/gen/onnx.pb-c.c | $(O)/gen/onnx.pb-c.h
	$(CC) $(CFLAGS) -w -c -o $@ $<
