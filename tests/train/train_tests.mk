# What takes longer, or rights that a test may not have.
.PHONY: test-train
## test-train: 20 trainings killed at random moments and resumed; a checkpoint on a full disk
test-train: $(O)/bin/eddy
	tests/train/kill.sh $< 20
	unshare --user --map-root-user --mount tests/train/full_disk.sh $<
