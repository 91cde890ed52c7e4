import { bestClass, type Candidate, candidate } from './candidates.ts';
import { type DetectorFamilyReader, type ModelFacts, type ModelLayout, type PixelUse, picturesPart } from './family.ts';
import { cellsOf, gridOf } from './grid.ts';

/**
 * YOLOX: `[batch, boxes, 5 + classes]` of a box for each cell: (x, y) + cell, exp(w, h), each times the stride, objectness, class scores;
 * an export with `--decode_in_inference` has input pixels instead.
 * https://github.com/Megvii-BaseDetection/YOLOX/blob/main/yolox/utils/demo_utils.py (demo_postprocess)
 */
export const yolox: DetectorFamilyReader = { name: 'yolox', layouts };

/** https://github.com/Megvii-BaseDetection/YOLOX/blob/main/yolox/data/data_augment.py (preproc) */
const pixels: PixelUse = {
  placement: 'top-left',
  padding: 114,
  order: 'bgr',
  scale: 1,
  mean: [0, 0, 0],
  deviation: [1, 1, 1],
};

function layouts({ outputs, size }: ModelFacts): readonly ModelLayout[] {
  const [output] = outputs;
  const [, boxes = 0, width = 0] = output?.dims ?? [];
  const heads = gridOf(boxes, size);
  if (output?.dims.length !== 3 || heads === null || width < 6) return [];
  const cells = cellsOf(heads, size);
  return [
    {
      label: 'YOLOX',
      classes: width - 5,
      preprocessing: pixels,
      reduction: null,
      read: (answered, picture, confidence) => {
        const { data } = picturesPart(answered, output, picture);
        const isDecoded = data[data.length - width]! > size.width / 2;
        const found: Candidate[] = [];
        for (let index = 0, box = 0; index < boxes; index++, box += width) {
          const objectness = data[box + 4]!;
          if (!(objectness > confidence)) continue;
          const best = bestClass(data, box + 5, box + width);
          const score = Math.fround(objectness * (data[best] ?? Number.NaN));
          if (!(score > confidence)) continue;
          const [x, y, w, h] = [data[box]!, data[box + 1]!, data[box + 2]!, data[box + 3]!];
          const classId = best - box - 5;
          const { column, row, stride } = cells[index]!;
          found.push(
            isDecoded
              ? candidate(x, y, w, h, score, classId, index)
              : candidate(
                  (x + column) * stride,
                  (y + row) * stride,
                  Math.exp(w) * stride,
                  Math.exp(h) * stride,
                  score,
                  classId,
                  index,
                ),
          );
        }
        return found;
      },
    },
  ];
}
