import type { Candidate } from './candidates.ts';
import {
  type DetectorFamilyReader,
  type ModelFacts,
  type ModelLayout,
  outputNamed,
  type PixelUse,
  picturesPart,
} from './family.ts';

/**
 * SSD, Faster-RCNN, EfficientDet and others of TensorFlow's object detection: `detection_boxes` of y1, x1, y2, x2 from 0 to 1,
 * `detection_scores`, `detection_classes` (1 is the first) and `num_detections`.
 * https://github.com/tensorflow/models/blob/master/research/object_detection/exporter_main_v2.py
 */
export const tensorflow: DetectorFamilyReader = { name: 'tensorflow', layouts };

/** The model resizes and normalizes by itself. */
const pixels: PixelUse = {
  placement: 'stretch',
  padding: 0,
  order: 'rgb',
  scale: 1,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};

function layouts({ outputs, size }: ModelFacts): readonly ModelLayout[] {
  const [boxes, scores, classes, count] = [
    'detection_boxes',
    'detection_scores',
    'detection_classes',
    'num_detections',
  ].map((name) => outputNamed(outputs, name));
  if (boxes === undefined || scores === undefined || classes === undefined) return [];
  return [
    {
      label: 'TensorFlow object detection',
      classes: null,
      firstClass: 1,
      preprocessing: pixels,
      reduction: null,
      read: (answered, picture, confidence) => {
        const [sides, rates, ids] = [boxes, scores, classes].map((each) => picturesPart(answered, each, picture).data);
        const most = count === undefined ? rates!.length : answered.get(count.name)!.data[picture]!;
        const found: Candidate[] = [];
        for (let index = 0; index < Math.min(most, rates!.length); index++) {
          const score = rates![index]!;
          if (!(score > confidence)) continue;
          const [y1, x1, y2, x2] = sides!.subarray(4 * index, 4 * index + 4) as unknown as [
            number,
            number,
            number,
            number,
          ];
          const box = { x1: x1 * size.width, y1: y1 * size.height, x2: x2 * size.width, y2: y2 * size.height };
          found.push({ ...box, score, classId: Math.round(ids![index]!), index });
        }
        return found;
      },
    },
  ];
}
