import {
  type DetectorFamilyReader,
  type ModelFacts,
  type ModelLayout,
  outputNamed,
  picturesPart,
  yoloPixels,
} from './family.ts';
import { listedBoxes } from './listed-boxes.ts';

/**
 * YOLO models with suppression inside that answer as TensorRT's EfficientNMS does: `num_dets`, `det_boxes` of x1, y1, x2, y2 in input pixels,
 * `det_scores`, `det_classes`; or as BatchedNMS does, with `nmsed_…`.
 * https://github.com/NVIDIA/TensorRT/tree/main/plugin/efficientNMSPlugin
 */
export const efficientnms: DetectorFamilyReader = { name: 'efficientnms', layouts };

function layouts({ outputs }: ModelFacts): readonly ModelLayout[] {
  const counts = outputNamed(outputs, 'num_dets', 'num_detections');
  const boxes = outputNamed(outputs, 'det_boxes', 'nmsed_boxes');
  const scores = outputNamed(outputs, 'det_scores', 'nmsed_scores');
  const classes = outputNamed(outputs, 'det_classes', 'nmsed_classes');
  if (counts === undefined || boxes === undefined || scores === undefined || classes === undefined) return [];
  return [
    {
      label: 'EfficientNMS',
      classes: null,
      preprocessing: yoloPixels,
      reduction: null,
      read: (answered, picture, confidence) => {
        const [sides, rates, ids] = [boxes, scores, classes].map((each) => picturesPart(answered, each, picture).data);
        const count = answered.get(counts.name)!.data[picture]!;
        return listedBoxes({ sides: sides!, scores: rates!, classIds: ids!, count }, confidence);
      },
    },
  ];
}
