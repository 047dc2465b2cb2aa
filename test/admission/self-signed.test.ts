import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { SelfSignedSource } from '../../src/admission/self-signed.ts';
import { selfSignedCertificates } from '../../src/admission/self-signed.ts';

const DAY = 86_400_000;
let source: SelfSignedSource;
afterEach(() => source.stop());

/** A source under a clock of its own, with what it published. */
async function begin(
  publish: (authorities: string) => Promise<void> = () => Promise.resolve(),
): Promise<{ pass: (days: number) => Promise<void>; published: string[]; changes: () => number }> {
  let now = Date.parse('2026-01-01T00:00:00Z');
  let changes = 0;
  const published: string[] = [];
  source = await selfSignedCertificates({
    hosts: ['127.0.0.1'],
    publish: async (authorities) => {
      await publish(authorities);
      published.push(authorities);
    },
    onProblem: () => undefined,
    now: () => now,
  });
  source.onChange(() => (changes += 1));
  return { pass: (days) => ((now += days * DAY), source.renew()), published, changes: () => changes };
}

const authorities = (bundle = source.current().authorities ?? ''): X509Certificate[] =>
  bundle
    .split(/(?<=-----END CERTIFICATE-----\n)/)
    .filter((part) => part.trim() !== '')
    .map((part) => new X509Certificate(part));
const leaf = (): X509Certificate => new X509Certificate(source.current().serving.certificate);
const signedBy = (bundle: X509Certificate[]): boolean => bundle.some((authority) => leaf().verify(authority.publicKey));

describe('self-signed certificates', () => {
  test('are good at once, with nothing to renew', async () => {
    const { pass, published, changes } = await begin();
    await pass(1);
    expect([published.length, changes(), authorities().length]).toEqual([0, 0, 1]);
    expect(signedBy(authorities())).toBe(true);
  });

  test('are renewed in time by the same authority', async () => {
    const { pass, published, changes } = await begin();
    const before = leaf().serialNumber;
    await pass(21);
    expect(leaf().serialNumber).not.toBe(before);
    expect([published.length, changes(), authorities().length]).toEqual([0, 1, 1]);
  });

  test('publish a new authority beside the old one a look before anything it signed is served, and forget the old one at its end', async () => {
    const { pass, published, changes } = await begin();
    await pass(235);
    const [old] = authorities();
    const before = leaf().serialNumber;
    expect(changes()).toBe(1);

    await pass(10);
    expect(published).toHaveLength(1);
    const trusted = authorities(published[0]);
    expect(trusted).toHaveLength(2);
    expect(trusted[1]?.serialNumber).toBe(old?.serialNumber);
    expect([leaf().serialNumber, changes()]).toEqual([before, 1]);
    expect(signedBy([old!])).toBe(true);

    await pass(0);
    expect(leaf().verify(trusted[0]!.publicKey)).toBe(true);
    expect([authorities().length, changes()]).toEqual([2, 2]);

    await pass(121);
    expect(authorities().map(({ serialNumber }) => serialNumber)).toEqual([trusted[0]?.serialNumber]);
    expect(signedBy(authorities())).toBe(true);
  });

  test('stay as they are when the new authority cannot be published, and are tried again', async () => {
    let broken = true;
    const { pass, published } = await begin(() => (broken ? Promise.reject(new Error('the API server is away')) : Promise.resolve()));
    await expect(pass(300)).rejects.toThrow('away');
    expect(authorities()).toHaveLength(1);
    expect(published).toHaveLength(0);
    broken = false;
    await pass(0);
    expect(authorities()).toHaveLength(2);
  });

  test('looks that overlap do one step each', async () => {
    const { pass, published } = await begin();
    await Promise.all([pass(250), source.renew(), source.renew()]);
    expect(published).toHaveLength(1);
    expect(leaf().verify(authorities()[0]!.publicKey)).toBe(true);
  });
});
