/**
 * Number of GPUs that CUDA shows to this process, as far as its environment lists them: what the local engine or the user chose, or what
 * NVIDIA's device plugin assigned to the pod.
 */
export function visibleGpus({
  CUDA_VISIBLE_DEVICES: chosen,
  NVIDIA_VISIBLE_DEVICES: assigned,
}: NodeJS.ProcessEnv): number {
  const listed = (chosen ?? assigned ?? '').split(',').filter((device) => device.trim() !== '');
  return Math.max(1, listed.length);
}
