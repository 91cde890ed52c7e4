import type { Outputs, OutputTensor } from './model.ts';
import type { ModelSession } from './session.ts';

type Run = ModelSession['run'];

/**
 * Runs a batch at once; in halves, quarters and so on as soon as the GPU's memory does not suffice.
 * @param tell learns of the new number of pictures per run
 */
export function runInParts(run: Run, tell: (pictures: number, error: Error) => void): Run {
  let most = Number.POSITIVE_INFINITY;
  const eachPart = async (...[pixels, pictures, size]: Parameters<Run>): Promise<readonly Outputs[]> => {
    const length = pixels.length / pictures;
    const parts: Outputs[] = [];
    for (let from = 0; from < pictures; ) {
      const count = Math.min(most, pictures - from);
      try {
        parts.push(await run(pixels.subarray(from * length, (from + count) * length), count, size));
        from += count;
      } catch (error) {
        if (count === 1 || !isOutOfMemory(error)) throw error;
        most = Math.ceil(count / 2);
        tell(most, error);
      }
    }
    return parts;
  };
  return async (...batch) => {
    for (;;) {
      const parts = await eachPart(...batch);
      // A later part may have been asked for more candidates than the first; from then on, all are.
      if (parts.every((part) => haveEqualRows(part, parts[0]!))) return joined(parts);
    }
  };
}

/** In the words of CUDA, cuDNN, cuBLAS and the runtime's own allocator. */
const outOfMemory = /out of memory|ALLOC_FAILED|Failed to allocate memory/i;

function isOutOfMemory(error: unknown): error is Error {
  return error instanceof Error && outOfMemory.test(`${error.message} ${(error.cause as Error | undefined)?.message}`);
}

function haveEqualRows(one: Outputs, other: Outputs): boolean {
  return [...one].every(([name, { dims }]) => dims.slice(1).join() === other.get(name)!.dims.slice(1).join());
}

function joined(parts: readonly Outputs[]): Outputs {
  const [first] = parts;
  if (parts.length === 1) return first!;
  return new Map([...first!.keys()].map((name) => [name, joinedTensor(parts.map((part) => part.get(name)!))]));
}

function joinedTensor(tensors: readonly OutputTensor[]): OutputTensor {
  const data = new Float32Array(tensors.reduce((length, tensor) => length + tensor.data.length, 0));
  let at = 0;
  for (const tensor of tensors) {
    data.set(tensor.data, at);
    at += tensor.data.length;
  }
  const pictures = tensors.reduce((sum, { dims }) => sum + dims[0]!, 0);
  return { data, dims: [pictures, ...tensors[0]!.dims.slice(1)] };
}
