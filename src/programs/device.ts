export const devices = ['cpu', 'cuda', 'auto'] as const;

export type Device = (typeof devices)[number];
