"""Detection as a plain Python program does it: OpenCV decodes and resizes, onnxruntime runs the model, NumPy and OpenCV choose the boxes.

Reads one JSON object from the first line of its input: the model's file, the images' files, the side of the model's input.
Loads the model, runs it once and says "ready"; for each further line it goes through all images and answers with what that took.
"""

import json
import re
import sys
import time

import cv2
import numpy as np
import onnxruntime as ort

CONFIDENCE, IOU, MOST = 0.25, 0.45, 300


def prepare(file, side):
    """One picture as the model's input, its scale and its corner in it."""
    image = cv2.imread(file)
    height, width = image.shape[:2]
    scale = min(side / height, side / width)
    fitted = round(width * scale), round(height * scale)
    if fitted != (width, height):
        image = cv2.resize(image, fitted, interpolation=cv2.INTER_LINEAR)
    left, top = round((side - fitted[0]) / 2 - 0.1), round((side - fitted[1]) / 2 - 0.1)
    right, bottom = side - fitted[0] - left, side - fitted[1] - top
    image = cv2.copyMakeBorder(image, top, bottom, left, right, cv2.BORDER_CONSTANT, value=(114, 114, 114))
    return cv2.dnn.blobFromImage(image, 1 / 255, swapRB=True), scale, left, top


def boxes_of(output, scale, left, top):
    """YOLOv5's rows of centre, size, objectness and classes, or YOLOv8's columns without objectness."""
    if output.shape[0] < output.shape[1]:
        scores = output[4:].max(0)
        rows = output[:, scores > CONFIDENCE].T
        classes = rows[:, 4:]
    else:
        rows = output[output[:, 4] > CONFIDENCE]
        classes = rows[:, 5:] * rows[:, 4:5]
    ids = classes.argmax(1)
    scores = classes[np.arange(len(classes)), ids]
    chosen = scores > CONFIDENCE
    centres, sizes, ids, scores = rows[chosen, :2], rows[chosen, 2:4], ids[chosen], scores[chosen]
    corners = (centres - sizes / 2 - (left, top)) / scale
    sizes = sizes / scale
    kept = cv2.dnn.NMSBoxesBatched(np.hstack([corners, sizes]), scores, ids, CONFIDENCE, IOU)[:MOST]
    return np.hstack([corners[kept], (corners + sizes)[kept]]), scores[kept], ids[kept]


def peak_mib():
    """Linux's ru_maxrss would start with that of the process that started this one."""
    with open("/proc/self/status") as status:
        return int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) / 1024


def main():
    task = json.loads(sys.stdin.readline())
    cv2.setNumThreads(1)
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    session = ort.InferenceSession(task["model"], options, providers=["CPUExecutionProvider"])
    name, side = session.get_inputs()[0].name, task["side"]
    session.run(None, {name: np.zeros((1, 3, side, side), np.float32)})
    print(json.dumps("ready"), flush=True)
    for _ in sys.stdin:
        started, cpu, boxes = time.perf_counter(), time.process_time(), 0
        for file in task["images"]:
            blob, *place = prepare(file, side)
            boxes += len(boxes_of(session.run(None, {name: blob})[0][0], *place)[0])
        seconds, cpu = time.perf_counter() - started, time.process_time() - cpu
        print(json.dumps({"seconds": seconds, "cpuSeconds": cpu, "peakMiB": peak_mib(), "boxes": boxes}), flush=True)


main()
