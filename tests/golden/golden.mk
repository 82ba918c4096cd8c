# Golden ONNX models: they are committed, so that nothing of this is needed to test.
.PHONY: onnx-golden
## onnx-golden: make the ONNX models of the tests again, by PyTorch, Keras, scikit-learn and ONNX Runtime
onnx-golden:
	$(call install_missing,python3-torch python3-venv)
	python3 -m venv $(O)/golden
	$(O)/golden/bin/pip --quiet install -r tests/golden/requirements.txt
	/usr/bin/python3 tests/golden/make_torch.py
	for exporter in onnx keras sklearn; do \
	  $(O)/golden/bin/python tests/golden/make_$$exporter.py || exit 1; done
