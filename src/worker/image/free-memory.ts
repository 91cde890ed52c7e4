/** Whether bytes have their memory to themselves, so that it can be given away. */
export function hasOwnMemory(bytes: Uint8Array): bytes is Uint8Array<ArrayBuffer> {
  return bytes.buffer instanceof ArrayBuffer && bytes.buffer.byteLength === bytes.byteLength;
}

/**
 * Gives back the memory of bytes that nothing uses any more, if they have it to themselves. Otherwise it lasts until V8 collects garbage,
 * and V8 does so the more often the more such memory there is.
 */
export function freeMemory(bytes: Uint8Array): void {
  if (hasOwnMemory(bytes)) bytes.buffer.transfer(0);
}
