import { X509Certificate } from 'node:crypto';
import { afterEach, describe, expect, test } from 'vitest';
import type { AuthorityStore, SharedAuthorities } from '../../src/admission/authority-store.ts';
import type { SelfSignedSource } from '../../src/admission/self-signed.ts';
import { selfSignedCertificates } from '../../src/admission/self-signed.ts';

const DAY = 86_400_000;
const sources: SelfSignedSource[] = [];
let source: SelfSignedSource;
afterEach(() => {
  for (const one of sources.splice(0)) one.stop();
});

/** A store for several replicas, and how often it was written. */
function sharedStore(): AuthorityStore & { readonly clear: () => void } {
  let stored: SharedAuthorities | undefined;
  let version = 0;
  return {
    read: () => Promise.resolve(stored),
    write: (authorities, read) => {
      if (read?.version !== stored?.version) return Promise.resolve(false);
      version += 1;
      stored = { authorities, version: String(version) };
      return Promise.resolve(true);
    },
    clear: () => void (stored = undefined),
  };
}

/** A source under a clock of its own, with what it published. */
async function begin(
  publish: (authorities: string) => Promise<void> = () => Promise.resolve(),
  store: AuthorityStore = sharedStore(),
): Promise<{ pass: (days: number) => Promise<void>; published: string[]; changes: () => number }> {
  let now = Date.parse('2026-01-01T00:00:00Z');
  let changes = 0;
  const published: string[] = [];
  source = await selfSignedCertificates({
    hosts: ['127.0.0.1'],
    store,
    publish: async (authorities) => {
      await publish(authorities);
      published.push(authorities);
    },
    onProblem: () => undefined,
    now: () => now,
  });
  sources.push(source);
  source.onChange(() => (changes += 1));
  const mine = source;
  return { pass: (days) => ((now += days * DAY), mine.renew()), published, changes: () => changes };
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
    await pass(55);
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

    await pass(31);
    expect(authorities().map(({ serialNumber }) => serialNumber)).toEqual([trusted[0]?.serialNumber]);
    expect(signedBy(authorities())).toBe(true);
  });

  test('stay as they are when the new authority cannot be published, and are tried again', async () => {
    let broken = true;
    const { pass, published } = await begin(() => (broken ? Promise.reject(new Error('the API server is away')) : Promise.resolve()));
    await expect(pass(80)).rejects.toThrow('away');
    expect(authorities()).toHaveLength(1);
    expect(published).toHaveLength(0);
    broken = false;
    await pass(0);
    expect(authorities()).toHaveLength(2);
  });

  test('looks that overlap do one step each', async () => {
    const { pass, published } = await begin();
    await Promise.all([pass(70), source.renew(), source.renew()]);
    expect(new Set(published).size).toBe(1);
    expect(leaf().verify(authorities()[0]!.publicKey)).toBe(true);
  });
});

describe('self-signed certificates of several replicas', () => {
  const shownBy = (one: SelfSignedSource): X509Certificate => new X509Certificate(one.current().serving.certificate);
  const known = async (): Promise<X509Certificate[]> => authorities(await source.authorities());

  test('come from one authority, whoever was first', async () => {
    const store = sharedStore();
    await Promise.all([begin(undefined, store), begin(undefined, store), begin(undefined, store)]);
    await begin(undefined, store);
    const all = await known();
    expect(all).toHaveLength(1);
    expect(sources.map((one) => shownBy(one).verify(all[0]!.publicKey))).toEqual([true, true, true, true]);
  });

  test('change to a new authority together, each only after it was published a look before', async () => {
    const store = sharedStore();
    const a = await begin(undefined, store);
    const b = await begin(undefined, store);
    const [first, second] = [sources[0]!, sources[1]!];
    const [old] = await known();
    await a.pass(65);
    const [fresh] = await known();
    expect([a.published.length, authorities(a.published[0]).length]).toEqual([1, 2]);
    expect(shownBy(first).verify(old!.publicKey)).toBe(true);

    // The other sees it untrusted, and publishes it once more before it goes on.
    await b.pass(65);
    expect(authorities(b.published[0]).map(({ serialNumber }) => serialNumber)).toEqual([fresh?.serialNumber, old?.serialNumber]);
    expect(shownBy(second).verify(old!.publicKey)).toBe(true);

    await b.pass(0);
    expect(shownBy(second).verify(fresh!.publicKey)).toBe(true);
    await a.pass(0);
    expect(shownBy(first).verify(fresh!.publicKey)).toBe(true);
    expect(await known()).toHaveLength(2);
  });

  test('of one that begins while an authority is new are signed by the one that is trusted', async () => {
    const store = sharedStore();
    const a = await begin(undefined, store);
    const [old] = await known();
    await a.pass(65);
    await begin(undefined, store);
    expect(await known()).toHaveLength(2);
    expect(shownBy(source).verify(old!.publicKey)).toBe(true);
  });

  test('keep their authority when somebody deletes what they share', async () => {
    const store = sharedStore();
    const a = await begin(undefined, store);
    const [old] = await known();
    store.clear();
    await a.pass(1);
    expect((await known()).map(({ serialNumber }) => serialNumber)).toEqual([old?.serialNumber]);
    expect((await store.read())?.authorities).toHaveLength(1);
  });
});
