# Golden ONNX models: they are committed, so that nothing of this is needed to test.
GOLDEN_PYTHON := $(O)/golden/bin/python

$(O)/golden/ready: tests/golden/requirements.txt
	$(call install_missing,python3-torch python3-venv)
	python3 -m venv $(O)/golden
	$(GOLDEN_PYTHON) -m pip --quiet install -r $<
	@touch $@

.PHONY: onnx-golden onnx-compare
## onnx-golden: make the ONNX models of the tests again, by PyTorch, Keras, scikit-learn and ONNX Runtime
onnx-golden: $(O)/golden/ready
	/usr/bin/python3 tests/golden/make_torch.py
	for exporter in onnx keras sklearn; do $(GOLDEN_PYTHON) tests/golden/make_$$exporter.py || exit 1; done

MODELS ?= 2000
## onnx-compare: the same models changed at random: float: against ONNX Runtime: MODELS=2000 SEED=1
onnx-compare: $(O)/golden/ready $(O)/bin/eddy
	$(GOLDEN_PYTHON) tests/golden/compare.py $(O)/bin/eddy $(MODELS) $(SEED)
