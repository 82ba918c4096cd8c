# Tests and measurements of the training that take longer, need rights that a test may not have, or PyTorch.
TORCH_PACKAGES := python3-torch

$(O)/tests/torch_cases: $(O)/obj/tests/train/torch_cases.o $(O)/lib/libeddy.a
	$(call say,LD)
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LIBS)

.PHONY: test-train test-torch bench-torch
## test-train: 20 trainings killed at random moments and resumed; a checkpoint on a full disk
test-train: $(O)/bin/eddy
	tests/train/kill.sh $< 20
	unshare --user --map-root-user --mount tests/train/full_disk.sh $<

## test-torch: the training against PyTorch (python3-torch): outputs, losses, gradients, loss curves
test-torch: $(O)/tests/torch_cases
	$(call install_missing,$(TORCH_PACKAGES))
	/usr/bin/python3 tests/train/test_torch.py $<

## bench-torch: eddy train beside PyTorch (python3-torch) on the same work
bench-torch: $(O)/bin/eddy
	$(call install_missing,$(TORCH_PACKAGES))
	tests/train/bench_torch.sh $<
