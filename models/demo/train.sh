#!/bin/sh
# Recreates the demo's model from scratch: draws the scenes, trains, exports models/demo.onnx and measures it.
# An interrupted run resumes from the last checkpoint. Works in .millrace/demo-model; needs Python 3.11 or later.
set -eu
cd "$(dirname "$0")/../.."
work=.millrace/demo-model
python=$work/venv/bin/python

[ -x "$python" ] || python3 -m venv "$work/venv"
"$python" -m pip install --quiet --requirement models/demo/requirements.txt
npx node models/demo/draw-datasets.ts "$work"
OMP_WAIT_POLICY=PASSIVE "$python" models/demo/train.py "$work/train" "$work/checkpoints" --resume
"$python" models/demo/export.py "$work/checkpoints/last.pt" models/demo.onnx
"$python" models/demo/evaluate.py models/demo.onnx "$work/new" "$work/unseen"
