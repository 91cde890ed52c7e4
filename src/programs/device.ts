export const devices = ['cpu', 'cuda', 'auto'] as const;

export type Device = (typeof devices)[number];

/** What a model was measured on: `cpu`, `cpu, 2 threads` or `cuda`. */
export function measuredDevice(device: 'cpu' | 'cuda', threads: number): string {
  return device === 'cpu' && threads > 1 ? `cpu, ${threads} threads` : device;
}
