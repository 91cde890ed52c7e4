import { BlockList, isIP } from 'node:net';

/** https://www.rfc-editor.org/rfc/rfc5735#section-3 and https://www.rfc-editor.org/rfc/rfc4291#section-2.5.3 */
const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** @param address an IP address */
export function isLoopback(address: string): boolean {
  return loopback.check(address, isIP(address) === 4 ? 'ipv4' : 'ipv6');
}
