import type { Tensor } from 'onnxruntime-node';

/** `new Tensor('float16', …)` holds a `Float16Array`, which the binding (1.30) does not take: it wants the bits. */
export function halfTensor({ buffer, byteOffset, length }: Float16Array, dims: readonly number[]): Tensor {
  const data = new Uint16Array(buffer as ArrayBuffer, byteOffset, length);
  return { type: 'float16', data, dims, location: 'cpu' } as unknown as Tensor;
}

/** Halves that the runtime gave, as `Float16Array` or by their bits. */
export function halvesOf({ buffer, byteOffset, byteLength }: ArrayBufferView): Float16Array {
  return new Float16Array(buffer as ArrayBuffer, byteOffset, byteLength / 2);
}
