import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { entry, model } from '../../onnx/onnx-fields.ts';
import { fieldsOf, message, textOf, writeMessage, writeText } from '../../onnx/protobuf.ts';
import { cocoClasses } from '../../programs/coco-classes.ts';
import { editGraph, opsetOf } from '../../worker/model/graph/edit-graph.ts';
import { nodeList, writtenValue } from '../../worker/model/graph/nodes.ts';

/** A detector made from the demo's: with a smaller input it is faster and less accurate; it knows all of its classes or some. */
export interface Variation {
  readonly name: string;
  /** Side of its input, px. */
  readonly side: number;
  /** null: all. */
  readonly classes: readonly string[] | null;
}

const list = (classes: string) => classes.split(', ');

const [street, animals, table] = [
  'bicycle, car, motorcycle, bus, train, truck, traffic light, umbrella, airplane, boat',
  'bird, cat, dog, horse, sheep, cow, zebra, giraffe, elephant, kite',
  'bottle, wine glass, cup, banana, apple, orange, cake, donut, pizza, sandwich, hot dog, carrot, broccoli, potted plant',
].map(list) as [string[], string[], string[]];

export const variations: readonly Variation[] = [
  { name: 'demo_tiny', side: 128, classes: null },
  { name: 'demo_small', side: 160, classes: null },
  { name: 'demo_street', side: 192, classes: street },
  { name: 'demo_animals', side: 192, classes: animals },
  { name: 'demo_table', side: 192, classes: table },
  { name: 'demo_large', side: 320, classes: null },
];

/** Writes a file for each variation: the same bytes each time, so that the registry adds no version. */
export async function writeVariations(detector: string, folder: string): Promise<void> {
  const bytes = await readFile(detector);
  await mkdir(folder, { recursive: true });
  for (const variation of variations) await writeFile(join(folder, `${variation.name}.onnx`), varied(bytes, variation));
}

function varied(bytes: Uint8Array, { side, classes }: Variation): Uint8Array {
  const names = classes ?? cocoClasses;
  const metadata = {
    imgsz: `[${side}, ${side}]`,
    names: `{${names.map((name, id) => `${id}: '${name}'`).join(', ')}}`,
  };
  const described = withMetadata(bytes, metadata);
  return classes === null ? described : withClasses(described, classes);
}

/** As exports of YOLO do, the file says the size of its input and the names of its classes. */
function withMetadata(bytes: Uint8Array, changed: Readonly<Record<string, string>>): Uint8Array {
  const kept = fieldsOf(bytes).filter(({ number, content }) => {
    const key = number === model.metadata ? fieldsOf(content).find((field) => field.number === entry.key) : undefined;
    return key === undefined || !Object.hasOwn(changed, textOf(key.content));
  });
  return message((writer) => {
    for (const { written } of kept) writer.raw(written);
    for (const [key, value] of Object.entries(changed))
      writeMessage(
        writer,
        model.metadata,
        message((pair) => {
          writeText(pair, entry.key, key);
          writeText(pair, entry.value, value);
        }),
      );
  });
}

/** Coordinates of a box: they stand before its scores. */
const coordinates = [0, 1, 2, 3];

/** Of the scores of 80 classes, only those of some are given. */
function withClasses(bytes: Uint8Array, classes: readonly string[]): Uint8Array {
  const after = nodeList('millrace/variation', opsetOf(bytes));
  const scores = classes.map((name) => coordinates.length + (cocoClasses as readonly string[]).indexOf(name));
  after.addAs('detections', 'Gather', ['output0', after.integers([...coordinates, ...scores])], { axis: 1 });
  return editGraph(bytes, {
    replacedInput: 'images',
    inputs: [writtenValue('images', 'float32', ['batch', 3, 'height', 'width'])],
    before: [],
    after: after.nodes,
    outputs: [writtenValue('detections', 'float32', ['batch', coordinates.length + classes.length, 'anchors'])],
    replacesOutputs: true,
  });
}
