import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

/** A private key and a certificate for it that nobody else has signed, as PEM. */
export interface Certificate {
  readonly key: string;
  readonly certificate: string;
}

const days = 3650;

/** Node reads certificates, but makes none: this is the least of RFC 5280 that clients accept. Its names are those of this machine. */
export function makeSelfSigned(now: Date): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const name = sequence(set(sequence(oid('550403'), utf8('Millrace'))));
  const serial = randomBytes(16);
  // Positive, and without a leading zero.
  serial[0] = (serial[0]! & 0x3f) | 0x40;
  const content = sequence(
    tagged(0, integer(Buffer.from([2]))),
    integer(serial),
    signatureAlgorithm,
    name,
    sequence(time(now), time(new Date(now.getTime() + days * 86_400_000))),
    name,
    publicKey.export({ type: 'spki', format: 'der' }),
    tagged(3, sequence(sequence(oid('551d11'), octets(sequence(dnsName('localhost'), address([127, 0, 0, 1])))))),
  );
  const signature = createSign('sha256').update(content).sign(privateKey);
  const certificate = sequence(content, signatureAlgorithm, der(0x03, Buffer.from([0]), signature));
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    certificate: `-----BEGIN CERTIFICATE-----\n${lines(certificate.toString('base64'))}\n-----END CERTIFICATE-----\n`,
  };
}

/** https://www.itu.int/rec/T-REC-X.690: a tag, the length, the content. */
function der(tag: number, ...contents: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(contents);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Uint8Array[]) => der(0x30, ...parts);
const set = (part: Uint8Array) => der(0x31, part);
const tagged = (number: number, part: Uint8Array) => der(0xa0 + number, part);
const integer = (bytes: Uint8Array) => der(0x02, bytes);
const octets = (part: Uint8Array) => der(0x04, part);
const utf8 = (text: string) => der(0x0c, Buffer.from(text));
const oid = (hexadecimal: string) => der(0x06, Buffer.from(hexadecimal, 'hex'));
const dnsName = (name: string) => der(0x82, Buffer.from(name));
const address = (bytes: readonly number[]) => der(0x87, Buffer.from(bytes));
/** YYMMDDhhmmssZ until 2049: https://www.rfc-editor.org/rfc/rfc5280#section-4.1.2.5 */
const time = (date: Date) => der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/[-:T]/g, '')}Z`));
/** ecdsa-with-SHA256: https://www.rfc-editor.org/rfc/rfc5758#section-3.2 */
const signatureAlgorithm = sequence(oid('2a8648ce3d040302'));

const lines = (text: string) => text.match(/.{1,64}/g)!.join('\n');
