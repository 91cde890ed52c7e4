import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import sharp from 'sharp';
import { afterAll, describe, expect, it } from 'vitest';
import type { SettingsOf } from '../../../src/programs/programs.ts';
import { openClassify } from '../../../src/worker/programs/classify/open-classify.ts';
import { openDetect } from '../../../src/worker/programs/detect/open-detect.ts';
import type { OpenProgram } from '../../../src/worker/row-program.ts';
import { type Graph, type GraphSketch, onnxGraph } from '../onnx-graph.ts';

// Graphs of every number format whose answer is known: a convolution tells how red, how green and how blue a part of the picture is.

const folder = mkdtempSync(join(tmpdir(), 'millrace-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const opened: OpenProgram[] = [];
afterAll(() => Promise.all(opened.map((program) => program.close())));

/** Takes `[pictures, 3, height, width]` of 0 to 1 as `float` and gives how much of each colour is there, in the same type. */
type Colours = (graph: Graph, pixels: string, float: 'float32' | 'float16') => string;

const identity = [1, 0, 0, 0, 1, 0, 0, 0, 1];

const plain: Colours = (graph, pixels, float) =>
  graph.add('Conv', [pixels, graph.tensor(float, [3, 3, 1, 1], identity)]);

/** Bytes as 0 to 1, weights as -1 to 1. */
function scalesOf(graph: Graph) {
  const bytes = [graph.tensor('float32', [], [1 / 255]), graph.tensor('uint8', [], [0])];
  const weights = graph.tensor(
    'int8',
    [3, 3, 1, 1],
    identity.map((each) => each * 127),
  );
  return { bytes, weights: [weights, graph.tensor('float32', [], [1 / 127]), graph.tensor('int8', [], [0])] };
}

const operators: Colours = (graph, pixels) => {
  const { bytes, weights } = scalesOf(graph);
  const quantised = graph.add('QuantizeLinear', [pixels, ...bytes]);
  const convolved = graph.add('QLinearConv', [quantised, ...bytes, ...weights, ...bytes]);
  return graph.add('DequantizeLinear', [convolved, ...bytes]);
};

const pairs: Colours = (graph, pixels) => {
  const { bytes, weights } = scalesOf(graph);
  const rounded = (value: string) =>
    graph.add('DequantizeLinear', [graph.add('QuantizeLinear', [value, ...bytes]), ...bytes]);
  return rounded(graph.add('Conv', [rounded(pixels), graph.add('DequantizeLinear', weights)]));
};

const pairsByChannel: Colours = (graph, pixels) => {
  const { bytes, weights } = scalesOf(graph);
  const scales = graph.tensor('float32', [3], [1 / 127, 1 / 127, 1 / 127]);
  const zeros = graph.tensor('int8', [3], [0, 0, 0]);
  const kernel = graph.add('DequantizeLinear', [weights[0]!, scales, zeros], { axis: 0 });
  const rounded = graph.add('DequantizeLinear', [graph.add('QuantizeLinear', [pixels, ...bytes]), ...bytes]);
  return graph.add('Conv', [rounded, kernel]);
};

interface Format {
  readonly name: string;
  readonly input: 'float32' | 'float16' | 'uint8';
  readonly output: 'float32' | 'float16';
  readonly leastOpset: number;
  readonly colours: Colours;
}

const formats: readonly Format[] = [
  { name: 'float32', input: 'float32', output: 'float32', leastOpset: 11, colours: plain },
  { name: 'float16', input: 'float16', output: 'float16', leastOpset: 11, colours: plain },
  { name: 'float16 inside', input: 'float32', output: 'float32', leastOpset: 11, colours: halved },
  { name: 'int8 by operators (QLinearConv)', input: 'float32', output: 'float32', leastOpset: 11, colours: operators },
  { name: 'int8 by pairs (QDQ)', input: 'float32', output: 'float32', leastOpset: 11, colours: pairs },
  {
    name: 'int8 by pairs, a scale a channel',
    input: 'float32',
    output: 'float32',
    leastOpset: 13,
    colours: pairsByChannel,
  },
  { name: 'int8 with bytes as input', input: 'uint8', output: 'float32', leastOpset: 11, colours: operators },
];

function halved(graph: Graph, pixels: string): string {
  const halves = graph.add('Cast', [pixels], { to: 10 });
  return graph.add('Cast', [plain(graph, halves, 'float16')], { to: 1 });
}

/** 0 to 1, of an input of bytes as well. */
function unitPixels(graph: Graph, { input }: Format): string {
  if (input !== 'uint8') return 'images';
  return graph.add('DequantizeLinear', ['images', ...scalesOf(graph).bytes]);
}

const side = 64;

/** `[pictures, 4 + 3, 80]`: a box for each cell of 8 and of 16 px, with its mean red, green and blue as its scores. */
function detector(format: Format, opset: number): GraphSketch {
  const { input, output, colours } = format;
  return {
    opset,
    input: { type: input, dims: ['batch', 3, side, side] },
    output: { type: output, dims: ['batch', 7, 80] },
    metadata: { names: "['red', 'green', 'blue']" },
    nodes: (graph) => {
      const pixels = unitPixels(graph, format);
      const float = input === 'float16' ? 'float16' : 'float32';
      const heads = [8, 16].map((stride) => {
        const cells = side / stride;
        const mean = graph.add('AveragePool', [pixels], { kernel_shape: [stride, stride], strides: [stride, stride] });
        const none = graph.add('Conv', [mean, graph.tensor(float, [4, 3, 1, 1], Array(12).fill(0))]);
        const boxes = graph.add('Add', [none, graph.tensor(float, [1, 4, cells, cells], boxesOf(stride))]);
        const rows = graph.add('Concat', [boxes, colours(graph, mean, float)], { axis: 1 });
        return graph.add('Reshape', [rows, graph.tensor('int64', [3], [0, 7, -1])]);
      });
      graph.add('Concat', heads, { axis: 2 }, 'output0');
    },
  };
}

/** `[4, cells, cells]` of cx, cy, w, h. */
function boxesOf(stride: number): number[] {
  const cells = side / stride;
  const middle = (at: number) => (at + 0.5) * stride;
  const each = (value: (row: number, column: number) => number) =>
    Array.from({ length: cells * cells }, (_, at) => value(Math.floor(at / cells), at % cells));
  return [
    ...each((_, column) => middle(column)),
    ...each((row) => middle(row)),
    ...each(() => stride),
    ...each(() => stride),
  ];
}

/** A black picture with squares. */
function picture(...squares: readonly { left: number; top: number; side: number; colour: string }[]): Promise<Buffer> {
  const drawn = squares.map(({ left, top, side, colour }) => ({
    input: { create: { width: side, height: side, channels: 3 as const, background: colour } },
    left,
    top,
  }));
  return sharp({ create: { width: side, height: side, channels: 3, background: '#000' } })
    .composite(drawn)
    .png()
    .toBuffer();
}

const models = { model: '/models/model.onnx', image_dir: null, image_column: null, classes_file: null };
const common = { ...models, class_names: null, image_size: null, batch: 3, device: 'cpu' } as const;

const detect: SettingsOf<'detect'> = {
  ...common,
  family: 'auto',
  classes: null,
  confidence: 0.5,
  iou: null,
  agnostic_nms: false,
  max_detections: null,
  output: 'boxes',
  masks: false,
  keypoints: false,
  corners: false,
  rect: false,
  latency: null,
  accuracy: null,
  class_coverage: null,
};

/** Also checks that pixels are prepared and boxes are chosen in the graph. */
async function open<Settings>(
  how: (settings: Settings, place: Parameters<typeof openDetect>[1]) => Promise<OpenProgram>,
  settings: Settings,
  sketch: GraphSketch,
): Promise<OpenProgram> {
  writeFileSync(join(folder, 'model.onnx'), onnxGraph(sketch));
  const lines: string[] = [];
  const log = pino({}, { write: (line) => lines.push(line) });
  const program = await how(settings, {
    volumes: { '/models': folder },
    threads: 1,
    answers: null,
    signal: new AbortController().signal,
    log,
  });
  opened.push(program);
  expect(lines.join('')).toContain('model loaded');
  expect(lines.join('')).not.toContain('notEdited');
  return program;
}

const [oldest, newest] = [11, 21];

/** Each format in the oldest and the newest opset, and each other opset in one format. */
const cases = formats.flatMap((format, at) =>
  Array.from({ length: newest - format.leastOpset + 1 }, (_, more) => format.leastOpset + more)
    .filter((opset) => opset === format.leastOpset || opset === newest || (opset - oldest) % formats.length === at)
    .map((opset) => [format.name, opset, format] as const),
);

describe('a detector of', () => {
  it.each(cases)('%s, opset %i, finds what is in each picture of a batch', async (_, opset, format) => {
    const program = await open(openDetect, detect, detector(format, opset));
    const pictures = [
      picture({ left: 24, top: 16, side: 8, colour: '#00ff00' }),
      picture(),
      picture({ left: 32, top: 48, side: 16, colour: '#0000ff' }, { left: 0, top: 0, side: 8, colour: '#cc0000' }),
    ];
    const rows = (await Promise.all(pictures)).map((bytes) => [bytes]);
    const outcomes = await program.process(rows);
    const boxes = outcomes.map((outcome) => ('error' in outcome ? outcome.error : outcome.outputs.map(rounded)));
    const small = [40, 48].flatMap((x) => [56, 64].map((y) => [2, 'blue', 1, x - 8, y - 8, x, y]));
    expect(boxes[0]).toEqual([[1, 'green', 1, 24, 16, 32, 24]]);
    expect(boxes[1]).toEqual([]);
    expect(boxes[2]).toHaveLength(6);
    expect(boxes[2]).toEqual(
      expect.arrayContaining([...small, [2, 'blue', 1, 32, 48, 48, 64], [0, 'red', 0.8, 0, 0, 8, 8]]),
    );
  });
});

/** `[pictures, 3]`: the mean red, green and blue, through softmax; rounded to bytes once more if they were so before. */
function classifier(format: Format, opset: number): GraphSketch {
  const { input, output, colours } = format;
  return {
    opset,
    input: { type: input, dims: ['batch', 3, side, side] },
    output: { type: output, dims: ['batch', 3] },
    metadata: { names: "['red', 'green', 'blue']" },
    nodes: (graph) => {
      const float = input === 'float16' ? 'float16' : 'float32';
      const mean = graph.add('GlobalAveragePool', [unitPixels(graph, format)]);
      const flat = graph.add('Flatten', [colours(graph, mean, float)]);
      const isQuantised = format.name.startsWith('int8');
      const scores = graph.add('Softmax', [flat], {}, isQuantised ? undefined : 'output0');
      if (!isQuantised) return;
      const { bytes } = scalesOf(graph);
      graph.add('DequantizeLinear', [graph.add('QuantizeLinear', [scores, ...bytes]), ...bytes], {}, 'output0');
    },
  };
}

const classify: SettingsOf<'classify'> = {
  ...common,
  top: 1,
  min_score: 0,
  activation: 'auto',
  normalization: 'none',
  output: 'classes',
};

describe('a classifier of', () => {
  it.each(cases)('%s, opset %i, tells the class of each picture, with softmax once', async (_, opset, format) => {
    const program = await open(openClassify, classify, classifier(format, opset));
    const whole = (colour: string) => picture({ left: 0, top: 0, side, colour });
    const pictures = await Promise.all([whole('#00ff00'), whole('#0000ff')]);
    const outcomes = await program.process(pictures.map((bytes) => [bytes]));
    const score = Number((Math.E / (Math.E + 2)).toFixed(2));
    expect(outcomes.map((outcome) => ('error' in outcome ? outcome.error : outcome.outputs.map(rounded)))).toEqual([
      [[1, 'green', score]],
      [[2, 'blue', score]],
    ]);
  });
});

describe('an output of quantised numbers, whose scale nobody knows, is refused:', () => {
  it.each([
    ['of a detector', openDetect, detect, ['batch', 7, 80]],
    ['of a classifier', openClassify, classify, ['batch', 3]],
  ] as const)('%s', async (what, how, settings, dims) => {
    const whole = what === 'of a detector' ? detector : classifier;
    const sketch: GraphSketch = {
      ...whole(formats[0]!, 17),
      output: { type: 'uint8', dims },
      nodes: (graph) => {
        const add: Graph['add'] = (operator, inputs, attributes, output) =>
          graph.add(operator, inputs, attributes, output === 'output0' ? undefined : output);
        let last = '';
        whole(formats[0]!, 17).nodes({ ...graph, add: (...of) => (last = add(...of)) });
        graph.add('QuantizeLinear', [last, ...scalesOf(graph).bytes], {}, 'output0');
      },
    };
    await expect(open<never>(how as never, settings as never, sketch)).rejects.toMatchObject({
      code: 'MODEL_UNSUPPORTED',
      message: "the model's output output0 consists of quantised numbers (uint8), and nothing tells their scale",
      hint: 'export the model with floating point numbers as output: quantised ones end in DequantizeLinear',
    });
  });
});

/** To what a byte or a half tells. */
function rounded(row: readonly (string | number | null)[]): (string | number | null)[] {
  return row.map((value) => (typeof value === 'number' ? Number(value.toFixed(2)) : value));
}
