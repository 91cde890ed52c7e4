import { readdirSync } from 'node:fs';

/** One folder per GPU. In a container of NVIDIA's runtime, it holds only the container's own. */
const driverFolder = '/proc/driver/nvidia/gpus';

/**
 * The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them: numbers, or identifiers if the variable is set to them.
 * https://docs.nvidia.com/cuda/cuda-c-programming-guide/index.html#cuda-environment-variables
 */
export function gpuDevices(environment: NodeJS.ProcessEnv, folder = driverFolder): readonly string[] {
  const chosen = environment.CUDA_VISIBLE_DEVICES;
  if (chosen !== undefined) return chosen.split(',').flatMap((device) => device.trim() || []);
  try {
    return readdirSync(folder).map((_, number) => String(number));
  } catch {
    return [];
  }
}

/** Distributes workers over GPUs: the first gets the first `gpu` devices, the next those after them, and so on from the beginning. */
export function devicesOfWorker(worker: number, gpu: number, devices: readonly string[]): readonly string[] {
  const count = Math.min(Math.max(1, gpu), devices.length);
  return Array.from({ length: count }, (_, at) => devices[(worker * count + at) % devices.length]!);
}
