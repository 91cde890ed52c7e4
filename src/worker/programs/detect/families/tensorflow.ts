import {
  type DetectorFamilyReader,
  type ModelFacts,
  type ModelLayout,
  outputNamed,
  type PixelUse,
  picturesPart,
  stretchedPixels,
} from './family.ts';
import { listedBoxes, scaledBox } from './listed-boxes.ts';

/**
 * SSD, Faster-RCNN, EfficientDet and others of TensorFlow's object detection: `detection_boxes` of y1, x1, y2, x2 from 0 to 1,
 * `detection_scores`, `detection_classes` (1 is the first) and `num_detections`.
 * https://github.com/tensorflow/models/blob/master/research/object_detection/exporter_main_v2.py
 */
export const tensorflow: DetectorFamilyReader = { name: 'tensorflow', layouts };

/** The model resizes and normalizes by itself. */
const pixels: PixelUse = { ...stretchedPixels, scale: 1 };

function layouts({ outputs, size }: ModelFacts): readonly ModelLayout[] {
  const [boxes, scores, classes, counts] = [
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
        const count = counts && answered.get(counts.name)!.data[picture]!;
        return listedBoxes(
          { sides: sides!, scores: rates!, classIds: ids!, ...(count !== undefined && { count }) },
          confidence,
          ([y1, x1, y2, x2]) => scaledBox({ x1, y1, x2, y2 }, size),
        );
      },
    },
  ];
}
