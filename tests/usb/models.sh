# shellcheck shell=bash
# models.sh -- small models for tests of boards, to be sourced with eddy in PATH.

# make_wave FILE: a wave of 300 rows.
make_wave() {
  awk 'BEGIN { for (t = 0; t < 300; t++) printf "%.4f\n", sin(t / 5) + 0.3 * cos(t / 1.7) }' > "$1"
}

# make_model WAVE CELL UNITS: UNITS.onnx and UNITS.eddy, which tell the next row.
make_model() {
  cat > spec.json << SPEC
{ "data": { "file": "$1", "task": "next", "train": 0.8 },
  "model": { "layers": [ {"cell": "$2", "units": $3}, {"cell": "dense", "units": 1} ] },
  "training": { "batches": 5, "batch": 4, "steps": 10, "seed": $3 } }
SPEC
  eddy train spec.json -o "$3.onnx" --quiet && eddy compile "$3.onnx" --calibrate "$1" -o "$3.eddy" --quiet
}
