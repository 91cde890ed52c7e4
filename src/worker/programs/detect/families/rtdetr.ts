import { bestClass, type Candidate, candidate } from './candidates.ts';
import {
  type DetectorFamilyReader,
  type ModelFacts,
  type ModelLayout,
  outputNamed,
  picturesPart,
  stretchedPixels,
} from './family.ts';
import { listedBoxes } from './listed-boxes.ts';

/**
 * RT-DETR, D-FINE and DEIM. Their own exports take `orig_target_sizes` (width, height) and give `labels`, `boxes` (x1, y1, x2, y2 in these
 * sizes) and `scores`: https://github.com/Peterande/D-FINE/blob/master/tools/inference/onnx_inf.py
 * Ultralytics' export gives `[batch, queries, 4 + classes]` of cx, cy, w, h from 0 to 1 and class scores:
 * https://github.com/ultralytics/ultralytics/blob/main/ultralytics/models/rtdetr/predict.py
 */
export const rtdetr: DetectorFamilyReader = {
  name: 'rtdetr',
  layouts: (facts) => [...withSizes(facts), ...ofUltralytics(facts)],
};

const sizesInput = 'orig_target_sizes';

function withSizes({ outputs, otherInputs, size }: ModelFacts): readonly ModelLayout[] {
  const [labels, boxes, scores] = ['labels', 'boxes', 'scores'].map((name) => outputNamed(outputs, name));
  if (labels === undefined || boxes === undefined || scores === undefined || !otherInputs.includes(sizesInput))
    return [];
  return [
    {
      label: 'RT-DETR, D-FINE or DEIM',
      classes: null,
      preprocessing: stretchedPixels,
      constants: [{ name: sizesInput, type: 'int64', values: [size.width, size.height] }],
      reduction: null,
      read: (answered, picture, confidence) => {
        const [sides, rates, ids] = [boxes, scores, labels].map((each) => picturesPart(answered, each, picture).data);
        return listedBoxes({ sides: sides!, scores: rates!, classIds: ids! }, confidence);
      },
    },
  ];
}

/** As many as all of Ultralytics' models have. */
const usualQueries = 300;

function ofUltralytics({ outputs, size, metadata }: ModelFacts): readonly ModelLayout[] {
  const [output] = outputs;
  const [, queries = 0, width = 0] = output?.dims ?? [];
  const isSaid = /detr/i.test(metadata.get('description') ?? '');
  if (outputs.length !== 1 || output?.dims.length !== 3 || width < 5) return [];
  // Six values are those of YOLOv10, too, of which there are many more.
  if (!isSaid && (queries !== usualQueries || width === 6)) return [];
  return [
    {
      label: 'RT-DETR',
      classes: width - 4,
      preprocessing: stretchedPixels,
      reduction: null,
      read: (answered, picture, confidence) => {
        const { data } = picturesPart(answered, output, picture);
        const found: Candidate[] = [];
        for (let index = 0, box = 0; index < queries; index++, box += width) {
          const best = bestClass(data, box + 4, box + width);
          const score = data[best] ?? Number.NaN;
          if (!(score > confidence)) continue;
          const [cx, cy] = [data[box]! * size.width, data[box + 1]! * size.height];
          const [w, h] = [data[box + 2]! * size.width, data[box + 3]! * size.height];
          found.push(candidate(cx, cy, w, h, score, best - box - 4, index));
        }
        return found;
      },
    },
  ];
}
