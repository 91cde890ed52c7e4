import './model/runtime-environment.ts';
import { env, InferenceSession, Tensor } from 'onnxruntime-node';
import { runtimeReason } from './model/runtime-reason.ts';

/** px; of a side that the model leaves free. */
const freeSide = 320;

/** `FILE PROVIDER`: runs the model once on an empty picture; prints why that fails as a line of JSON, or null. */
env.logLevel = 'fatal';
const [file = '', provider = ''] = process.argv.slice(2);
process.stdout.write(`${JSON.stringify({ reason: await whyNot() })}\n`);

async function whyNot(): Promise<string | null> {
  try {
    const session = await InferenceSession.create(file, { executionProviders: [provider] });
    const feeds = session.inputMetadata.map((input) => [input.name, emptyTensor(input)]);
    await session.run(Object.fromEntries(feeds));
    return null;
  } catch (error) {
    return runtimeReason(error);
  }
}

function emptyTensor(input: InferenceSession.ValueMetadata): Tensor {
  const sides = input.isTensor ? input.shape : [];
  const dims = sides.map((side, at) => (typeof side === 'number' ? side : at === 0 ? 1 : freeSide));
  return new Tensor('float32', new Float32Array(dims.reduce((all, side) => all * side, 1)), dims);
}
