import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import { MillraceError } from '../errors.ts';
import { isLoopback } from './loopback.ts';

/**
 * Without users, everyone who reaches the server may do everything, so it rejects pages of other sites that a browser on this machine
 * shows. Host reveals a name that its owner points at 127.0.0.1 (DNS rebinding), Origin the page's own site.
 * https://www.rfc-editor.org/rfc/rfc9110#section-7.2, https://www.rfc-editor.org/rfc/rfc6454#section-7
 */
export async function refuseOtherSites({ headers }: FastifyRequest): Promise<void> {
  const host = headers.host ?? '';
  if (!isOwnName(hostName(host))) {
    throw new MillraceError('HOST_REFUSED', `the request is for the host ${quote(host)}, and no users are configured`, {
      hint: 'use localhost or 127.0.0.1, or configure users to serve other names',
    });
  }
  const { origin } = headers;
  if (origin === undefined || origin.toLowerCase() === `http://${host.toLowerCase()}`) return;
  throw new MillraceError('ORIGIN_REFUSED', `the request comes from a page of ${quote(origin)}`, {
    hint: 'open the page on this server itself, or configure users and send a token',
  });
}

/** The host without its port; an IPv6 address without its brackets. */
function hostName(host: string): string {
  const end = host.startsWith('[') ? host.indexOf(']') : host.lastIndexOf(':');
  if (host.startsWith('[')) return /^(:\d*)?$/.test(host.slice(end + 1)) ? host.slice(1, end) : '';
  return end === -1 ? host : host.slice(0, end);
}

function isOwnName(name: string): boolean {
  return name.toLowerCase() === 'localhost' || (isIP(name) > 0 && isLoopback(name));
}

const quote = (text: string) => JSON.stringify(text.slice(0, 100));
