import { bestClass, type Candidate } from './candidates.ts';
import { type DetectorFamilyReader, type ModelFacts, type ModelLayout, type PixelUse, picturesPart } from './family.ts';
import { cellsOf, gridOf } from './grid.ts';

/**
 * NanoDet and NanoDet-Plus: `[batch, boxes, classes + 4 * 8]` of class scores, then for each side a distribution over 8 distances from the
 * cell's point, in strides. https://github.com/RangiLyu/nanodet/blob/main/nanodet/model/head/nanodet_plus_head.py, gfl_head.py
 */
export const nanodet: DetectorFamilyReader = { name: 'nanodet', layouts };

const bins = 8;

/** `normalize` and `keep_ratio: False` of https://github.com/RangiLyu/nanodet/blob/main/config/nanodet-plus-m_416.yml, there as B, G, R */
const pixels: PixelUse = {
  placement: 'stretch',
  padding: 0,
  order: 'bgr',
  scale: 1,
  mean: [123.675, 116.28, 103.53],
  deviation: [58.395, 57.12, 57.375],
};

function layouts({ outputs, size }: ModelFacts): readonly ModelLayout[] {
  const [output] = outputs;
  const [, boxes = 0, width = 0] = output?.dims ?? [];
  const heads = gridOf(boxes, size);
  const classes = width - 4 * bins;
  if (output?.dims.length !== 3 || heads === null || classes < 1) return [];
  const cells = cellsOf(heads, size);
  // The heads of NanoDet-Plus, four of them, measure from the cell's corner, those of NanoDet from its middle.
  const point = heads.length > 3 ? 0 : 0.5;
  return [
    {
      label: heads.length > 3 ? 'NanoDet-Plus' : 'NanoDet',
      classes,
      preprocessing: pixels,
      reduction: null,
      read: (answered, picture, confidence) => {
        const { data } = picturesPart(answered, output, picture);
        const found: Candidate[] = [];
        for (let index = 0, box = 0; index < boxes; index++, box += width) {
          const best = bestClass(data, box, box + classes);
          const score = data[best] ?? Number.NaN;
          if (!(score > confidence)) continue;
          const { column, row, stride } = cells[index]!;
          const [x, y] = [(column + point) * stride, (row + point) * stride];
          const side = (number: number) => stride * expected(data, box + classes + number * bins);
          const within = (value: number, most: number) => Math.min(Math.max(value, 0), most);
          found.push({
            x1: within(x - side(0), size.width),
            y1: within(y - side(1), size.height),
            x2: within(x + side(2), size.width),
            y2: within(y + side(3), size.height),
            score,
            classId: best - box,
            index,
          });
        }
        return found;
      },
    },
  ];
}

/** The mean of a distribution that is given as logits. */
function expected(data: Float32Array, start: number): number {
  const logits = data.subarray(start, start + bins);
  const greatest = Math.max(...logits);
  let [sum, mean] = [0, 0];
  for (const [bin, logit] of logits.entries()) {
    const power = Math.exp(logit - greatest);
    sum += power;
    mean += bin * power;
  }
  return mean / sum;
}
