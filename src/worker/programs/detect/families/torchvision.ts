import {
  type DetectorFamilyReader,
  type ModelFacts,
  type ModelLayout,
  outputNamed,
  type PixelUse,
  yoloPixels,
} from './family.ts';
import { listedBoxes } from './listed-boxes.ts';

/**
 * Faster-RCNN, SSD, RetinaNet and FCOS of torchvision: `boxes` `[found, 4]` of x1, y1, x2, y2 in input pixels, `labels` (1 is the first) and
 * `scores`, of one picture. https://docs.pytorch.org/vision/stable/models/faster_rcnn.html
 */
export const torchvision: DetectorFamilyReader = { name: 'torchvision', layouts };

/** The model normalizes and resizes by itself: https://github.com/pytorch/vision/blob/main/torchvision/models/detection/transform.py */
const pixels: PixelUse = { ...yoloPixels, placement: 'top-left', padding: 0 };

function layouts({ outputs, otherInputs }: ModelFacts): readonly ModelLayout[] {
  const [boxes, labels, scores] = ['boxes', 'labels', 'scores'].map((name) => outputNamed(outputs, name));
  if (boxes?.dims.length !== 2 || labels?.dims.length !== 1 || scores?.dims.length !== 1) return [];
  if (otherInputs.length > 0) return [];
  return [
    {
      label: 'torchvision',
      classes: null,
      firstClass: 1,
      takesOne: true,
      preprocessing: pixels,
      reduction: null,
      read: (answered, _, confidence) => {
        const [sides, ids, rates] = [boxes, labels, scores].map(({ name }) => answered.get(name)!.data);
        return listedBoxes({ sides: sides!, scores: rates!, classIds: ids! }, confidence);
      },
    },
  ];
}
