import { command } from '../protocol/commands.ts';
import { fullPacket, headerLength } from '../protocol/packets.ts';
import { malformed } from '../protocol/read-payload.ts';

/** A part of what a client sends: a whole command, or bytes of one that is passed on as it arrives. */
export type CommandPart =
  | {
      readonly kind: 'whole';
      readonly code: number;
      readonly payload: Buffer;
      readonly packets: Buffer;
      readonly next: number;
    }
  | {
      readonly kind: 'bytes';
      readonly code: number;
      readonly bytes: Buffer;
      readonly isFirst: boolean;
      readonly isLast: boolean;
    }
  | { readonly kind: 'tooLong'; readonly next: number };

/** Collects the bytes that a client sends, and takes commands from them. Takes time linear in the number of bytes. */
export interface CommandReader {
  add(chunk: Buffer): void;
  /** null: more bytes are needed. @throws {MillraceError} MYSQL_PROTOCOL */
  take(): CommandPart | null;
  /** Whether a command has begun to arrive, but not ended. */
  isInside(): boolean;
  /** Number of bytes that wait to be taken. */
  waiting(): number;
  /** Ends its use. @returns the bytes that wait */
  release(): Buffer;
}

/** Commands whose values are not looked at. */
const streamed: ReadonlySet<number> = new Set([command.execute, command.sendLongData]);

/** @param longest maximum length of a command that is looked at as a whole */
export function createCommandReader(longest: number): CommandReader {
  const chunks: Buffer[] = [];
  let length = 0;
  /** The packets of a payload that continues, as they came. */
  let packets: Buffer[] = [];
  let collected = 0;
  /** Bytes left of the packet that is passed on, and whether another one of the same command follows. */
  let passing: { readonly code: number; left: number; readonly continues: boolean } | null = null;
  let continued: number | null = null;

  function first(count: number): Buffer | null {
    if (length < count) return null;
    let [head] = chunks as [Buffer];
    if (head.length >= count) return head;
    head = Buffer.concat(chunks.splice(0));
    chunks.push(head);
    return head;
  }

  /** At most so many bytes of those that are there. */
  function shift(most: number): Buffer {
    const [head] = chunks as [Buffer];
    const taken = head.subarray(0, most);
    length -= taken.length;
    if (taken.length === head.length) chunks.shift();
    else chunks[0] = head.subarray(taken.length);
    return taken;
  }

  function pass(isFirst: boolean): CommandPart | null {
    const { code, left, continues } = passing!;
    if (length === 0) return null;
    const bytes = shift(left);
    passing!.left -= bytes.length;
    const isEnd = passing!.left === 0;
    if (isEnd) {
      passing = null;
      continued = continues ? code : null;
    }
    return { kind: 'bytes', code, bytes, isFirst, isLast: isEnd && !continues };
  }

  /** Starts to pass a packet on. */
  function startPassing(code: number, size: number, isFirst: boolean): CommandPart | null {
    passing = { code, left: headerLength + size, continues: size === fullPacket };
    return pass(isFirst);
  }

  function collect(size: number): CommandPart | null {
    if (collected + size > longest) {
      const header = first(headerLength)!;
      return { kind: 'tooLong', next: (header[3]! + 1) & 0xff };
    }
    if (first(headerLength + size) === null) return null;
    packets.push(shift(headerLength + size));
    collected += size;
    if (size === fullPacket) return take();
    const all = packets;
    packets = [];
    collected = 0;
    const payload =
      all.length === 1 ? all[0]!.subarray(headerLength) : Buffer.concat(all.map((each) => each.subarray(headerLength)));
    const next = (all.at(-1)![3]! + 1) & 0xff;
    return {
      kind: 'whole',
      code: payload[0]!,
      payload,
      packets: all.length === 1 ? all[0]! : Buffer.concat(all),
      next,
    };
  }

  function take(): CommandPart | null {
    if (passing !== null) return pass(false);
    const header = first(headerLength);
    if (header === null) return null;
    const size = header.readUIntLE(0, 3);
    if (continued !== null) return startPassing(continued, size, false);
    if (packets.length > 0) return collect(size);
    if (size === 0 || header[3] !== 0) throw malformed();
    const begun = first(headerLength + 1);
    if (begun === null) return null;
    const code = begun[headerLength]!;
    return streamed.has(code) ? startPassing(code, size, true) : collect(size);
  }

  return {
    add(chunk) {
      chunks.push(chunk);
      length += chunk.length;
    },
    take,
    isInside: () => length > 0 || passing !== null || continued !== null || packets.length > 0,
    waiting: () => length,
    release() {
      length = 0;
      return Buffer.concat(chunks.splice(0));
    },
  };
}
