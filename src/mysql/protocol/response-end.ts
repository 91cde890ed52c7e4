import { command } from './commands.ts';
import { fullPacket, headerLength } from './packets.ts';

const moreResults = 0x0008;
const cursorExists = 0x0040;

/** Longest beginning of a payload that is looked at: an OK packet up to its status. */
const headLength = 24;

type State = 'first' | 'columns' | 'columnsEnd' | 'rows' | 'single' | 'done';

/**
 * Follows the packets of a response without copying them, to find its end: the packets of a response are known only by their order.
 * https://dev.mysql.com/doc/dev/mysql-server/latest/page_protocol_command_phase.html
 */
export interface ResponseEnd {
  /** Called with each command that is sent. */
  begin(code: number): void;
  /** @returns whether the response is complete */
  read(chunk: Buffer): boolean;
  /** Offset in the last chunk of the packet with which the response ended in an error; null: none, or it began in an earlier chunk. */
  errorAt(): number | null;
}

/** @param deprecatesEof the session's capability: an EOF packet no longer follows the columns */
export function followResponses(deprecatesEof: boolean): ResponseEnd {
  let state: State = 'done';
  let code = 0;
  /** Packets left of a list of columns or parameters, the lengths of the lists after it, and what follows them. */
  let left = 0;
  let lists: number[] = [];
  let afterLists: State = 'done';

  let toSkip = 0;
  let continues = false;
  let wanted = 0;
  let head = Buffer.alloc(0);
  let errorAt: number | null = null;

  function startLists(lengths: readonly number[], next: State): void {
    lists = lengths.filter((length) => length > 0);
    afterLists = next;
    startList();
  }

  function startList(): void {
    left = lists.shift() ?? 0;
    state = left === 0 ? afterLists : 'columns';
  }

  function endResult(status: number): void {
    state = (status & moreResults) === 0 ? 'done' : 'first';
  }

  function start(payload: Buffer): void {
    if (code === command.prepare)
      startLists(payload.length < 9 ? [] : [payload.readUInt16LE(7), payload.readUInt16LE(5)], 'done');
    else if (payload[0] === 0) endResult(statusOfOk(payload));
    else startLists([count(payload)], 'rows');
  }

  function endList(payload: Buffer): void {
    if (afterLists === 'rows' && (statusOfEof(payload) & cursorExists) !== 0) state = 'done';
    else startList();
  }

  /** @param length of the whole payload */
  function look(payload: Buffer, length: number, offset: number | null): void {
    if (payload[0] === 0xff) {
      state = 'done';
      errorAt = offset;
    } else if (state === 'first') start(payload);
    else if (state === 'columns') {
      left -= 1;
      if (left > 0) return;
      if (deprecatesEof) startList();
      else state = 'columnsEnd';
    } else if (state === 'columnsEnd') endList(payload);
    else if (state !== 'rows') state = 'done';
    else if (payload[0] === 0xfe && length < fullPacket)
      endResult(deprecatesEof ? statusOfOk(payload) : statusOfEof(payload));
  }

  function begin(next: number): void {
    code = next;
    errorAt = null;
    state = beginnings[next] ?? 'single';
  }

  function read(chunk: Buffer): boolean {
    errorAt = null;
    let offset = 0;
    while (offset < chunk.length) {
      if (toSkip > 0) {
        const skipped = Math.min(toSkip, chunk.length - offset);
        toSkip -= skipped;
        offset += skipped;
        continue;
      }
      const start = offset;
      // Mostly a packet's beginning lies in one chunk.
      if (head.length === 0 && chunk.length - offset >= headerLength + headLength) {
        offset = take(chunk, offset, start);
        continue;
      }
      const isSplit = head.length > 0;
      const missing = wanted === 0 ? headerLength - head.length : wanted - head.length;
      const piece = chunk.subarray(offset, offset + missing);
      head = Buffer.concat([head, piece]);
      offset += piece.length;
      if (wanted === 0 && head.length === headerLength)
        wanted = headerLength + Math.min(headLength, head.readUIntLE(0, 3));
      if (wanted === 0 || head.length < wanted) continue;
      const packet = head;
      head = Buffer.alloc(0);
      wanted = 0;
      finish(packet, packet.length, isSplit ? null : offset - packet.length);
    }
    return state === 'done' && toSkip === 0 && head.length === 0;
  }

  function take(chunk: Buffer, offset: number, start: number): number {
    const length = chunk.readUIntLE(offset, 3);
    const end = offset + headerLength + Math.min(headLength, length);
    finish(chunk.subarray(offset, end), end - offset, start);
    return end;
  }

  /** @param packet the header and the beginning of the payload, of which `taken` bytes are read */
  function finish(packet: Buffer, taken: number, offset: number | null): void {
    const length = packet.readUIntLE(0, 3);
    toSkip = headerLength + length - taken;
    if (!continues) look(packet.subarray(headerLength), length, offset);
    continues = length === fullPacket;
  }

  return { begin, read, errorAt: () => errorAt };
}

/** How the response to a command begins; one packet for every other. */
const beginnings: Readonly<Record<number, State>> = {
  [command.query]: 'first',
  [command.execute]: 'first',
  [command.prepare]: 'first',
  [command.fetch]: 'rows',
  [command.fieldList]: 'rows',
  [command.sendLongData]: 'done',
  [command.closeStatement]: 'done',
};

const statusOfEof = (payload: Buffer) => (payload.length < 5 ? 0 : payload.readUInt16LE(3));

function statusOfOk(payload: Buffer): number {
  const afterRows = 1 + sizeAt(payload, 1);
  const afterId = afterRows + sizeAt(payload, afterRows);
  return payload.length < afterId + 2 ? 0 : payload.readUInt16LE(afterId);
}

/** Number of bytes of a length-encoded integer. */
function sizeAt(payload: Buffer, offset: number): number {
  const first = payload[offset] ?? 0;
  return first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9;
}

function count(payload: Buffer): number {
  const first = payload[0] ?? 0;
  if (first < 0xfb) return first;
  return first === 0xfc && payload.length >= 3 ? payload.readUInt16LE(1) : 0;
}
