import type { Duplex } from 'node:stream';
import { fullPacket, headerLength, packetCount, packetsOf } from './packets.ts';
import { malformed } from './read-payload.ts';

/** Sends and receives whole packets, one after the other, until a session is relayed. */
export interface PacketChannel {
  /** @returns the payload of the next packet; null once the other side has ended the connection */
  receive(): Promise<Buffer | null>;
  send(payload: Buffer): void;
  /** Starts a new command: its packets are counted from the given number. */
  restart(sequence: number): void;
  /** Ends the use of the stream. @returns the bytes that were received but not read */
  release(): Buffer;
}

/** @param longest maximum length of a payload */
export function openPacketChannel(stream: Duplex, longest: number, received: Buffer = Buffer.alloc(0)): PacketChannel {
  let bytes = received;
  let sequence = 0;
  let ended = false;
  let failure: unknown;
  let wake: (() => void) | null = null;

  const onData = (chunk: Buffer) => {
    bytes = bytes.length === 0 ? chunk : Buffer.concat([bytes, chunk]);
    stream.pause();
    wake?.();
  };
  const onEnd = () => {
    ended = true;
    wake?.();
  };
  const onError = (error: unknown) => {
    failure = error;
    onEnd();
  };
  stream.on('data', onData).on('end', onEnd).on('close', onEnd).on('error', onError);
  stream.pause();

  /** null: it is not complete yet. */
  function take(): Buffer | null {
    if (bytes.length < headerLength) return null;
    const length = bytes.readUIntLE(0, 3);
    if (length === fullPacket || length > longest) throw malformed();
    if (bytes.length < headerLength + length) return null;
    sequence = (bytes[3]! + 1) & 0xff;
    const payload = bytes.subarray(headerLength, headerLength + length);
    bytes = bytes.subarray(headerLength + length);
    return payload;
  }

  return {
    async receive() {
      for (let payload = take(); ; payload = take()) {
        if (payload !== null) return payload;
        if (failure !== undefined) throw failure;
        if (ended) return null;
        const more = Promise.withResolvers<void>();
        wake = more.resolve;
        stream.resume();
        await more.promise;
        wake = null;
      }
    },
    send(payload) {
      stream.write(packetsOf(payload, sequence));
      sequence = (sequence + packetCount(payload.length)) & 0xff;
    },
    restart(number) {
      sequence = number;
    },
    release() {
      stream.off('data', onData).off('end', onEnd).off('close', onEnd).off('error', onError);
      return bytes;
    },
  };
}
