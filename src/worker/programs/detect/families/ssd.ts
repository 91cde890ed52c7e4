import type { Size } from '../../../image/letterbox.ts';
import { bestClass, type Candidate } from './candidates.ts';
import {
  type DetectorFamilyReader,
  imagenetPixels,
  type ModelFacts,
  type ModelLayout,
  outputNamed,
  type PixelUse,
  picturesPart,
  stretchedPixels,
} from './family.ts';
import { listedBoxes, scaledBox } from './listed-boxes.ts';

/**
 * SSD with corners from 0 to 1. As UltraFace exports it: `boxes` `[batch, boxes, 4]` and `scores` `[batch, boxes, 1 + classes]`, where the
 * first is the background: https://github.com/Linzaer/Ultra-Light-Fast-Generic-Face-Detector-1MB/blob/master/run_video_face_detect_onnx.py
 * As the ONNX model zoo has it, with suppression inside: `bboxes`, `labels` (1 is the first) and `scores` `[batch, boxes]`:
 * https://github.com/onnx/models/tree/main/validated/vision/object_detection_segmentation/ssd
 */
export const ssd: DetectorFamilyReader = {
  name: 'ssd',
  layouts: (facts) => [...withBackground(facts), ...withLabels(facts)],
};

const ultraFacePixels: PixelUse = { ...stretchedPixels, scale: 1, mean: [127, 127, 127], deviation: [128, 128, 128] };

function withBackground({ outputs, size }: ModelFacts): readonly ModelLayout[] {
  const [boxes, scores] = [outputNamed(outputs, 'boxes', 'bboxes'), outputNamed(outputs, 'scores', 'confidences')];
  const width = scores?.dims[2] ?? 0;
  if (outputs.length !== 2 || boxes?.dims.length !== 3 || boxes.dims[2] !== 4 || scores?.dims.length !== 3 || width < 2)
    return [];
  return [
    {
      label: 'SSD',
      classes: width - 1,
      preprocessing: ultraFacePixels,
      reduction: null,
      read: (answered, picture, confidence) => {
        const { data: sides } = picturesPart(answered, boxes, picture);
        const { data } = picturesPart(answered, scores, picture);
        const found: Candidate[] = [];
        for (let index = 0; index * width < data.length; index++) {
          const best = bestClass(data, index * width + 1, (index + 1) * width);
          const score = data[best] ?? Number.NaN;
          if (score > confidence) found.push(scaled(sides, index, size, score, best - index * width - 1));
        }
        return found;
      },
    },
  ];
}

function withLabels({ outputs, size, otherInputs }: ModelFacts): readonly ModelLayout[] {
  const boxes = outputNamed(outputs, 'boxes', 'bboxes');
  const [labels, scores] = [outputNamed(outputs, 'labels'), outputNamed(outputs, 'scores')];
  if (boxes?.dims.length !== 3 || labels?.dims.length !== 2 || scores?.dims.length !== 2 || otherInputs.length > 0)
    return [];
  return [
    {
      label: 'SSD with suppression inside',
      classes: null,
      firstClass: 1,
      preprocessing: imagenetPixels,
      reduction: null,
      read: (answered, picture, confidence) => {
        const [sides, ids, rates] = [boxes, labels, scores].map((each) => picturesPart(answered, each, picture).data);
        return listedBoxes({ sides: sides!, scores: rates!, classIds: ids! }, confidence, ([x1, y1, x2, y2]) =>
          scaledBox({ x1, y1, x2, y2 }, size),
        );
      },
    },
  ];
}

function scaled(sides: Float32Array, index: number, size: Size, score: number, classId: number): Candidate {
  const [x1, y1, x2, y2] = sides.subarray(4 * index, 4 * index + 4) as unknown as [number, number, number, number];
  return { ...scaledBox({ x1, y1, x2, y2 }, size), score, classId, index };
}
