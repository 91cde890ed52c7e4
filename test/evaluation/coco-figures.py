"""Reads {images: [id], categories: [id], annotations: [[image, category, x, y, width, height, area, iscrowd]],
detections: [[image, category, x, y, width, height, score]]} from standard input and prints what COCOeval (bbox) makes of it:
{stats: its twelve figures, perClass: [[category, the same figures of this class alone]]}."""

import contextlib
import json
import sys

import numpy as np
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval


def measure(given):
    truth = COCO()
    truth.dataset = {
        "images": [{"id": image} for image in given["images"]],
        "categories": [{"id": category, "name": str(category)} for category in given["categories"]],
        "annotations": [
            {"id": index + 1, "image_id": image, "category_id": category, "bbox": box, "area": area, "iscrowd": crowd}
            for index, (image, category, *box, area, crowd) in enumerate(given["annotations"])
        ],
    }
    truth.createIndex()
    found = truth.loadRes(
        [
            {"image_id": image, "category_id": category, "bbox": box, "score": score}
            for image, category, *box, score in given["detections"]
        ]
    )
    evaluation = COCOeval(truth, found, "bbox")
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    classes = [of_class(evaluation, index) for index in range(len(evaluation.params.catIds))]
    return {"stats": [float(figure) for figure in evaluation.stats], "perClass": classes}


def of_class(evaluation, index):
    """precision: thresholds × recalls × classes × areas × limits; recall: thresholds × classes × areas × limits."""
    precision, recall = evaluation.eval["precision"][:, :, index], evaluation.eval["recall"][:, index]
    averages = [precision[..., 0, 2], precision[0, :, 0, 2], precision[5, :, 0, 2]]
    averages += [precision[..., area, 2] for area in (1, 2, 3)]
    recalls = [recall[:, 0, limit] for limit in (0, 1, 2)] + [recall[:, area, 2] for area in (1, 2, 3)]
    return [int(evaluation.params.catIds[index])] + [mean(values) for values in averages + recalls]


def mean(values):
    there = values[values > -1]
    return float(np.mean(there)) if there.size else -1.0


with contextlib.redirect_stdout(sys.stderr):
    figures = measure(json.load(sys.stdin))
print(json.dumps(figures))
