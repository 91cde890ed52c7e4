"""Writes the averaged weights of a checkpoint as ONNX: python export.py <checkpoint> <file.onnx>

The weights are stored as float16, which halves the file, and cast to float32 when the model is loaded. Everything is computed as float32.
Inputs, outputs, names and metadata match YOLOv8's ONNX exports.
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnx
import torch
from onnx import TensorProto, helper, numpy_helper

from model import Detector, Exported

CLASSES = Path(__file__).parents[2] / "src/demo/scenes/coco-classes.ts"


def class_names() -> list[str]:
    lines = CLASSES.read_text().splitlines()
    return [line.strip(" ',") for line in lines if line.startswith("  '")]


def export(checkpoint: Path, file: Path) -> None:
    names = class_names()
    detector = Detector(len(names))
    detector.load_state_dict(torch.load(checkpoint, map_location="cpu")["average"])
    model = Exported(detector).eval()
    torch.onnx.export(
        model,
        (torch.zeros(1, 3, 320, 320),),
        str(file),
        opset_version=17,
        input_names=["images"],
        output_names=["output0"],
        dynamic_axes={"images": {0: "batch", 2: "height", 3: "width"}, "output0": {0: "batch", 2: "anchors"}},
        dynamo=False,
    )
    graph = onnx.load(file)
    halve_weights(graph)
    helper.set_model_props(
        graph,
        {
            "description": "Millrace demo detector, trained on drawn scenes",
            "license": "Apache-2.0",
            "stride": "32",
            "task": "detect",
            "batch": "1",
            "imgsz": "[320, 320]",
            "names": str(dict(enumerate(names))),
        },
    )
    onnx.checker.check_model(graph, full_check=True)
    onnx.save(graph, file)
    print(json.dumps({"file": file.name, "bytes": file.stat().st_size, "difference": difference(model, file)}))


def halve_weights(graph: onnx.ModelProto) -> None:
    """Converts large float32 weights to float16, each followed by a Cast to float32."""
    casts = []
    for weight in graph.graph.initializer:
        if weight.data_type != TensorProto.FLOAT or np.prod(weight.dims) < 64:
            continue
        name = weight.name
        half = numpy_helper.to_array(weight).astype(np.float16)
        weight.CopyFrom(numpy_helper.from_array(half, f"{name}_half"))
        casts.append(helper.make_node("Cast", [f"{name}_half"], [name], name=f"{name}_cast", to=TensorProto.FLOAT))
    nodes = [*casts, *graph.graph.node]
    del graph.graph.node[:]
    graph.graph.node.extend(nodes)


def difference(model: torch.nn.Module, file: Path) -> dict[str, float]:
    """Returns the largest difference between PyTorch and ONNX Runtime over two sizes, in pixels and in score."""
    import onnxruntime

    session = onnxruntime.InferenceSession(str(file), providers=["CPUExecutionProvider"])
    worst = {"pixels": 0.0, "score": 0.0}
    for shape in ((1, 3, 320, 320), (2, 3, 256, 320)):
        images = torch.rand(shape, generator=torch.Generator().manual_seed(0))
        with torch.no_grad():
            expected = model(images).numpy()
        (found,) = session.run(None, {"images": images.numpy()})
        gap = np.abs(expected - found)
        worst = {"pixels": max(worst["pixels"], float(gap[:, :4].max())), "score": max(worst["score"], float(gap[:, 4:].max()))}
    return worst


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint", type=Path)
    parser.add_argument("file", type=Path)
    arguments = parser.parse_args()
    export(arguments.checkpoint, arguments.file)
