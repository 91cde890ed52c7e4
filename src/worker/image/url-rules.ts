import ipaddr from 'ipaddr.js';
import { MillraceError } from '../../errors.ts';

/** Which servers images may be downloaded from. The administrator decides, never a statement. */
export interface UrlRules {
  /** false: no URL is allowed. */
  readonly any: boolean;
  /** @param address the address of a server, not its name */
  allows(address: string): boolean;
}

/**
 * The setting MILLRACE_IMAGE_URLS: `public`: every server on the internet, the default; `none`: no server; networks besides, such as
 * `public,10.20.0.0/16`.
 * @throws {MillraceError} IMAGE_URLS_INVALID
 */
export function readUrlRules(setting = ''): UrlRules {
  const words = (setting.trim() === '' ? 'public' : setting).split(',').map((word) => word.trim().toLowerCase());
  if (words.includes('none')) return { any: false, allows: () => false };
  const networks = words.filter((word) => word !== 'public').map(readNetwork);
  const allowsPublic = words.includes('public');
  return {
    any: true,
    allows: (written) => {
      if (!ipaddr.isValid(written)) return false;
      const address = ipaddr.process(written);
      const isNamed = networks.some(
        ([network, bits]) => network.kind() === address.kind() && address.match(network, bits),
      );
      return isNamed || (allowsPublic && isPublic(address));
    },
  };
}

type Network = readonly [ipaddr.IPv4 | ipaddr.IPv6, number];

function readNetwork(written: string): Network {
  const whole = written.includes('/') || !ipaddr.isValid(written) ? written : `${written}/${bitsOf(written)}`;
  try {
    return ipaddr.parseCIDR(whole);
  } catch (cause) {
    const message = `MILLRACE_IMAGE_URLS contains '${written}', which is not a network`;
    throw new MillraceError('IMAGE_URLS_INVALID', message, { cause });
  }
}

function bitsOf(address: string): number {
  return ipaddr.parse(address).kind() === 'ipv4' ? 32 : 128;
}

/** Azure's metadata and DNS have a public address: https://learn.microsoft.com/azure/virtual-network/what-is-ip-address-168-63-129-16 */
const metadata = ['168.63.129.16'];

/** All that is assigned of IPv6; others may stand for an address of IPv4: https://www.iana.org/assignments/ipv6-address-space */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** The library's other ranges are private, loopback, link-local (with the clouds' metadata), shared, multicast, reserved and translated ones. */
function isPublic(address: ipaddr.IPv4 | ipaddr.IPv6): boolean {
  if (address.range() !== 'unicast' || metadata.includes(address.toString())) return false;
  return address.kind() === 'ipv4' || address.match(globalUnicast);
}
