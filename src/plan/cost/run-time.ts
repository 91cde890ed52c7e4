/** What a run costs for a model on a device. */
export interface RunCost {
  /** s: seconds of a wave beside its images: processes or pods start, the model is loaded. */
  readonly startSeconds: number;
  /** a: seconds of an image, in a partition that shares its device with no others. */
  readonly imageSeconds: number;
  /** g: growth of an image's time while all partitions run at once: 0 if they do not slow each other down. */
  readonly contention: number;
}

/** How the images of a run are shared out. */
export interface RunShape {
  readonly images: number;
  /** P */
  readonly partitions: number;
  /** K: number of partitions that can run at once. */
  readonly fitting: number;
}

export interface RunWaves {
  /** C = min(P, K) */
  readonly atOnce: number;
  /** W = ⌈P / C⌉ */
  readonly waves: number;
  /** n: images of the largest partition. */
  readonly images: number;
}

export function wavesOf({ images, partitions, fitting }: RunShape): RunWaves {
  const atOnce = Math.min(partitions, fitting);
  return { atOnce, waves: Math.ceil(partitions / atOnce), images: Math.ceil(images / partitions) };
}

/**
 * Seconds of a run: `T = W · (s + n · a · (1 + g · C/P))`. The formula is that of the thesis's Tables 4.2 and 4.3: partitions run in waves
 * of as many as fit into the memory of the GPU.
 */
export function runSeconds({ startSeconds, imageSeconds, contention }: RunCost, shape: RunShape): number {
  const { atOnce, waves, images } = wavesOf(shape);
  const slowdown = 1 + contention * (atOnce / shape.partitions);
  return waves * (startSeconds + images * imageSeconds * slowdown);
}

/** K: how many partitions fit into a memory. 0: not even one. */
export function fittingInto(usableBytes: number, partitionBytes: number): number {
  return Math.floor(usableBytes / partitionBytes);
}
