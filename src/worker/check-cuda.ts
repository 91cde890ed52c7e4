import './model/runtime-environment.ts';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { runtimeReason } from './model/runtime-reason.ts';

/** `FILE`: runs the model once on CUDA, on an empty picture, and says in one line of JSON why that fails; null: it does not. */
env.logLevel = 'fatal';
process.stdout.write(`${JSON.stringify({ reason: await whyNot(process.argv[2] ?? '') })}\n`);

async function whyNot(file: string): Promise<string | null> {
  try {
    const session = await InferenceSession.create(file, { executionProviders: ['cuda'] });
    const feeds = session.inputMetadata.map((input) => [input.name, emptyTensor(input)]);
    await session.run(Object.fromEntries(feeds));
    return null;
  } catch (error) {
    return runtimeReason(error);
  }
}

/** px; of a side that the model leaves free. */
const freeSide = 320;

function emptyTensor(input: InferenceSession.ValueMetadata): Tensor {
  const sides = input.isTensor ? input.shape : [];
  const dims = sides.map((side, at) => (typeof side === 'number' ? side : at === 0 ? 1 : freeSide));
  return new Tensor('float32', new Float32Array(dims.reduce((all, side) => all * side, 1)), dims);
}
