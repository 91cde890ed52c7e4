import type { Candidate } from './candidates.ts';
import { type DetectorFamilyReader, type ModelFacts, type ModelLayout, yoloPixels } from './family.ts';

/**
 * YOLOv7 exported with `--end2end` for ONNX Runtime: `[boxes, 7]` of the picture's number, x1, y1, x2, y2 in input pixels, class, score.
 * https://github.com/WongKinYiu/yolov7/blob/main/models/experimental.py (ONNX_ORT)
 */
export const yolov7EndToEnd: DetectorFamilyReader = { name: 'yolov7-end2end', layouts };

function layouts({ outputs }: ModelFacts): readonly ModelLayout[] {
  const [output] = outputs;
  if (outputs.length !== 1 || output?.dims.length !== 2 || output.dims[1] !== 7) return [];
  return [
    {
      label: 'YOLOv7 with suppression inside (end2end)',
      classes: null,
      preprocessing: yoloPixels,
      reduction: null,
      read: (answered, picture, confidence) => {
        const { data } = answered.get(output.name)!;
        const found: Candidate[] = [];
        for (let index = 0, at = 0; at < data.length; index++, at += 7) {
          const [from, x1, y1, x2, y2, classId, score] = data.subarray(at, at + 7) as unknown as number[];
          if (from === picture && score! > confidence)
            found.push({ x1: x1!, y1: y1!, x2: x2!, y2: y2!, score: score!, classId: classId!, index });
        }
        return found;
      },
    },
  ];
}
