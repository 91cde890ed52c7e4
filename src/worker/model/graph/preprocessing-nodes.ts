import { elementTypes } from '../../../onnx/onnx-fields.ts';
import type { Preprocessing } from '../preprocessing.ts';
import type { NodeList } from './nodes.ts';

/**
 * Nodes that make a model's input of bytes `[pictures, height, width, 3]` in the order R, G, B.
 * @param dims of an input for one picture; null: it has a dimension for the batch
 */
export function addPreprocessing(
  list: NodeList,
  pixels: string,
  input: string,
  wanted: Preprocessing,
  dims: readonly number[] | null,
): void {
  const last = (value: string) =>
    dims === null ? list.addAs(input, 'Identity', [value]) : list.addAs(input, 'Reshape', [value, list.integers(dims)]);
  const planes = wanted.layout === 'nchw' ? list.add('Transpose', [pixels], { perm: [0, 3, 1, 2] }) : pixels;
  const ordered = wanted.order === 'rgb' ? planes : reversed(list, planes, wanted);
  if (wanted.type === 'uint8') return void last(ordered);
  const floats = list.add('Cast', [ordered], { to: elementTypes.float32 });
  const scaled = normalized(list, floats, wanted);
  last(wanted.type === 'float16' ? list.add('Cast', [scaled], { to: elementTypes.float16 }) : scaled);
}

function reversed(list: NodeList, value: string, { layout }: Preprocessing): string {
  return list.add('Gather', [value, list.integers([2, 1, 0])], { axis: layout === 'nchw' ? 1 : 3 });
}

function normalized(list: NodeList, value: string, wanted: Preprocessing): string {
  const { scale, mean, deviation } = wanted;
  const isPlain = mean.every((each) => each === 0) && deviation.every((each) => each === 1);
  if (isPlain) return scaledBy(list, value, scale);
  const scaled = scaledBy(list, value, scale);
  const centred = list.add('Sub', [scaled, perChannel(list, mean, wanted)]);
  return list.add('Div', [centred, perChannel(list, deviation, wanted)]);
}

/** A quotient is rounded once, as by those who trained the model: `byte / 255`, not `byte * 0.00392…`. */
function scaledBy(list: NodeList, value: string, scale: number): string {
  if (scale === 1) return value;
  const divisor = Math.round(1 / scale);
  return Math.abs(1 / scale - divisor) < 1e-9
    ? list.add('Div', [value, list.floats([divisor])])
    : list.add('Mul', [value, list.floats([scale])]);
}

function perChannel(list: NodeList, values: Preprocessing['mean'], { order, layout }: Preprocessing): string {
  const ordered = order === 'rgb' ? values : values.toReversed();
  return list.floats(ordered, layout === 'nchw' ? [3, 1, 1] : [3]);
}
