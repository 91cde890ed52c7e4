"""Measures COCO's mean average precision of an ONNX file on drawn scenes: python evaluate.py <file.onnx> <scenes>...

Pictures are letterboxed to 320 x 320, as in the worker. Detections have a score of at least 0.001; non-maximum suppression per class at
IoU 0.7 keeps the 100 best per picture. Average precision over 101 recalls, IoU 0.50 to 0.95 (Lin et al. 2014; pycocotools).
"""

import argparse
import json
from pathlib import Path

import numpy as np
import onnxruntime
from PIL import Image

SIZE = 320
LEAST_SCORE = 0.001
SUPPRESS = 0.7
MOST = 100
IOUS = np.arange(0.5, 1, 0.05)
RECALLS = np.linspace(0, 1, 101)


def letterbox(picture: Image.Image) -> tuple[np.ndarray, float, np.ndarray]:
    scale = min(SIZE / picture.width, SIZE / picture.height)
    width, height = round(picture.width * scale), round(picture.height * scale)
    left, top = (SIZE - width) // 2, (SIZE - height) // 2
    canvas = Image.new("RGB", (SIZE, SIZE), (114, 114, 114))
    canvas.paste(picture.resize((width, height), Image.Resampling.BILINEAR), (left, top))
    pixels = np.asarray(canvas, np.float32).transpose(2, 0, 1)[None] / 255
    return pixels, scale, np.array([left, top, left, top], np.float32)


def iou(boxes: np.ndarray, others: np.ndarray) -> np.ndarray:
    low = np.maximum(boxes[:, None, :2], others[None, :, :2])
    high = np.minimum(boxes[:, None, 2:], others[None, :, 2:])
    common = (high - low).clip(0).prod(2)
    area, other_area = (boxes[:, 2:] - boxes[:, :2]).prod(1), (others[:, 2:] - others[:, :2]).prod(1)
    return common / (area[:, None] + other_area[None] - common + 1e-9)


def detect(session: onnxruntime.InferenceSession, file: Path) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Returns boxes x1, y1, x2, y2 in pixels of the picture, scores and classes; the best first."""
    pixels, scale, offset = letterbox(Image.open(file).convert("RGB"))
    output = session.run(None, {"images": pixels})[0][0]
    anchors, classes = np.nonzero(output[4:].T >= LEAST_SCORE)
    scores = output[4 + classes, anchors]
    centre, half = output[:2, anchors].T, output[2:4, anchors].T / 2
    boxes = (np.concatenate([centre - half, centre + half], 1) - offset) / scale
    order = np.argsort(-scores, kind="stable")[:3000]
    boxes, scores, classes = boxes[order], scores[order], classes[order]
    kept = suppress(boxes, classes)[:MOST]
    return boxes[kept], scores[kept], classes[kept]


def suppress(boxes: np.ndarray, classes: np.ndarray) -> list[int]:
    apart = boxes + classes[:, None] * 4096.0
    alive, kept = np.ones(len(boxes), bool), []
    for index in range(len(boxes)):
        if not alive[index]:
            continue
        kept.append(index)
        alive[index:] &= iou(apart[index : index + 1], apart[index:])[0] <= SUPPRESS
    return kept


def match(boxes: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Tells for each threshold and detection (best first) whether it finds an object that no earlier one has found."""
    hits = np.zeros((len(IOUS), len(boxes)), bool)
    if len(truth) == 0 or len(boxes) == 0:
        return hits
    overlaps = iou(boxes, truth)
    for row, threshold in enumerate(IOUS):
        free = np.ones(len(truth), bool)
        for index, overlap in enumerate(overlaps):
            candidate = int(np.argmax(np.where(free, overlap, -1)))
            if free[candidate] and overlap[candidate] >= threshold:
                free[candidate], hits[row, index] = False, True
    return hits


def average_precision(scores: np.ndarray, hits: np.ndarray, objects: int) -> np.ndarray:
    order = np.argsort(-scores, kind="stable")
    found = hits[:, order].cumsum(1)
    recall, precision = found / objects, found / np.arange(1, len(order) + 1)
    precision = np.maximum.accumulate(precision[:, ::-1], 1)[:, ::-1]
    result = np.zeros(len(IOUS))
    for row in range(len(IOUS)):
        at = np.searchsorted(recall[row], RECALLS, side="left")
        result[row] = np.where(at < len(order), precision[row][np.minimum(at, len(order) - 1)], 0).mean() if len(order) else 0
    return result


def evaluate(session: onnxruntime.InferenceSession, folder: Path) -> dict:
    dataset = json.loads((folder / "annotations.json").read_text())
    names = {category["id"]: category["name"] for category in dataset["categories"]}
    truth: dict[int, list[tuple[int, list[float]]]] = {image["id"]: [] for image in dataset["images"]}
    for annotation in dataset["annotations"]:
        x, y, width, height = annotation["bbox"]
        truth[annotation["image_id"]].append((annotation["category_id"], [x, y, x + width, y + height]))
    scores: dict[int, list] = {}
    hits: dict[int, list] = {}
    objects: dict[int, int] = {}
    for image in dataset["images"]:
        boxes, found, classes = detect(session, folder / image["file_name"])
        present = {class_id for class_id, _ in truth[image["id"]]}
        for class_id in present | set(classes.tolist()):
            mine = np.array([box for other, box in truth[image["id"]] if other == class_id]).reshape(-1, 4)
            objects[class_id] = objects.get(class_id, 0) + len(mine)
            scores.setdefault(class_id, []).append(found[classes == class_id])
            hits.setdefault(class_id, []).append(match(boxes[classes == class_id], mine))
    precisions = {
        class_id: average_precision(np.concatenate(scores[class_id]), np.concatenate(hits[class_id], 1), count)
        for class_id, count in objects.items()
        if count > 0
    }
    every = np.stack(list(precisions.values()))
    weakest = sorted(precisions, key=lambda class_id: precisions[class_id][0])[:8]
    return {
        "scenes": folder.name,
        "pictures": len(truth),
        "objects": sum(objects.values()),
        "classes": len(precisions),
        "mAP50": round(float(every[:, 0].mean()), 4),
        "mAP50-95": round(float(every.mean()), 4),
        "weakest at 0.50": {names[class_id]: round(float(precisions[class_id][0]), 3) for class_id in weakest},
    }


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", type=Path)
    parser.add_argument("scenes", type=Path, nargs="+")
    arguments = parser.parse_args()
    session = onnxruntime.InferenceSession(str(arguments.file), providers=["CPUExecutionProvider"])
    for folder in arguments.scenes:
        print(json.dumps(evaluate(session, folder)))
