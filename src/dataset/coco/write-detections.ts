import type { CocoBox } from '../boxes.ts';

interface Detections {
  readonly id: number;
  readonly boxes: readonly (CocoBox & {
    readonly categoryId: number;
    readonly row: Readonly<Record<string, unknown>>;
  })[];
}

/** Writes detections as COCO's tools read results, a box a line. https://cocodataset.org/#format-results */
export async function* writeDetections(images: AsyncIterable<Detections>): AsyncGenerator<string> {
  let before = '[';
  for await (const { id, boxes } of images) {
    if (boxes.length === 0) continue;
    yield `${before}\n${boxes.map((box) => JSON.stringify(detectionOf(id, box))).join(',\n')}`;
    before = ',';
  }
  yield before === '[' ? '[]\n' : '\n]\n';
}

function detectionOf(image_id: number, { categoryId, row, ...box }: Detections['boxes'][number]): object {
  const bbox = [box.x, box.y, box.width, box.height].map((value) => Number(value.toFixed(6)));
  return { image_id, category_id: categoryId, bbox, ...(typeof row.score === 'number' && { score: row.score }) };
}
