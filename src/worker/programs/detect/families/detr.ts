import { type Candidate, candidate } from './candidates.ts';
import {
  type DetectorFamilyReader,
  imagenetPixels,
  type ModelFacts,
  type ModelLayout,
  outputNamed,
  picturesPart,
  stretchedPixels,
} from './family.ts';

/**
 * DETR and its kin as Transformers exports them: `logits` `[batch, queries, classes]` and `pred_boxes` of cx, cy, w, h from 0 to 1; RF-DETR
 * calls them `labels` and `dets`. RT-DETR, D-FINE, deformable DETR and RF-DETR take the sigmoid of each class, so a query may propose several;
 * DETR and YOLOS the softmax, whose last class is "no object".
 * https://github.com/huggingface/transformers/blob/main/src/transformers/models/rt_detr/image_processing_rt_detr.py,
 * https://github.com/huggingface/transformers/blob/main/src/transformers/models/detr/image_processing_detr.py
 */
export const detr: DetectorFamilyReader = { name: 'detr', layouts };

/** Classes of DETR and YOLOS on COCO: 91 ids, and no object. */
const detrClasses = 92;

function layouts({ outputs, size, names, otherInputs }: ModelFacts): readonly ModelLayout[] {
  const boxes = outputNamed(outputs, 'pred_boxes', 'dets');
  const logits = outputNamed(outputs, 'logits', 'pred_logits', 'labels');
  const width = logits?.dims[2] ?? 0;
  if (boxes?.dims.length !== 3 || boxes.dims[2] !== 4 || logits === undefined || width < 1) return [];
  if (otherInputs.length > 0) return [];
  const isSoftmax = names === null ? width === detrClasses : width === names + 1;
  const isNormalized = isSoftmax || width === detrClasses - 1;
  return [
    {
      label: isSoftmax ? 'DETR' : 'DETR with a score for each class',
      classes: isSoftmax ? width - 1 : width,
      preprocessing: isNormalized ? imagenetPixels : stretchedPixels,
      reduction: null,
      read: (answered, picture, confidence) => {
        const { data: sides } = picturesPart(answered, boxes, picture);
        const { data } = picturesPart(answered, logits, picture);
        const found: Candidate[] = [];
        for (let index = 0; index * 4 < sides.length; index++) {
          const values = data.subarray(index * width, (index + 1) * width);
          const [x, y, w, h] = sides.subarray(index * 4, index * 4 + 4) as unknown as [number, number, number, number];
          for (const { score, classId } of isSoftmax ? bestOfSoftmax(values) : sigmoids(values, confidence)) {
            if (!(score > confidence)) continue;
            const [cx, cy] = [x * size.width, y * size.height];
            found.push(candidate(cx, cy, w * size.width, h * size.height, score, classId, index));
          }
        }
        return found;
      },
    },
  ];
}

interface Scored {
  readonly score: number;
  readonly classId: number;
}

function sigmoids(logits: Float32Array, confidence: number): readonly Scored[] {
  const found: Scored[] = [];
  for (const [classId, logit] of logits.entries()) {
    const score = 1 / (1 + Math.exp(-logit));
    if (score > confidence) found.push({ score, classId });
  }
  return found;
}

function bestOfSoftmax(logits: Float32Array): readonly Scored[] {
  const greatest = Math.max(...logits);
  const powers = Array.from(logits, (logit) => Math.exp(logit - greatest));
  const sum = powers.reduce((a, b) => a + b);
  const scores = powers.slice(0, -1).map((power, classId) => ({ score: power / sum, classId }));
  return [scores.reduce((a, b) => (b.score > a.score ? b : a))];
}
