/** Part of a file. */
export interface FilePart {
  /** Its first `size` bytes are valid, until the window moves. */
  readonly bytes: Buffer;
  readonly size: number;
  /** Place of the first byte in the file. */
  readonly base: number;
}

/** The bytes of a file that are still needed, as a window that moves over it. */
export interface ByteWindow {
  view(): FilePart;
  /** Appends a copy of the next bytes of the file. @param unneeded number of bytes to drop at the start */
  append(chunk: Uint8Array, unneeded: number): void;
}

export function openWindow(): ByteWindow {
  let part: FilePart = { bytes: Buffer.allocUnsafe(1024), size: 0, base: 0 };
  return {
    view: () => part,
    append(chunk, unneeded) {
      const kept = part.size - unneeded;
      const size = kept + chunk.length;
      const bytes = size > part.bytes.length ? Buffer.allocUnsafe(2 * size) : part.bytes;
      part.bytes.copy(bytes, 0, unneeded, part.size);
      bytes.set(chunk, kept);
      part = { bytes, size, base: part.base + unneeded };
    },
  };
}
