import { randomInt } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PATHS } from '../../src/admission/webhook-configuration.ts';
import { HOLDINGS, REFUSABLE, type Refusable } from './hostile-reviews.ts';
import { pathsOf, STRANGE, withAt } from './mutations.ts';
import { startWebhook, type Answered, type Webhook } from './webhook.ts';

// Printed with the tests: JANUS_FUZZ_SEED=<it> repeats a run, JANUS_FUZZ_RUNS=<more> makes it longer.
const SEED = Number(process.env['JANUS_FUZZ_SEED'] ?? randomInt(2 ** 31));
const RUNS = { seed: SEED, numRuns: Number(process.env['JANUS_FUZZ_RUNS'] ?? 150) };

let webhook: Webhook;

beforeAll(async () => {
  webhook = await startWebhook(HOLDINGS);
});
afterAll(() => webhook?.stop());

interface Response {
  readonly apiVersion: string;
  readonly kind: string;
  readonly response: {
    readonly uid: string;
    readonly allowed: boolean;
    readonly status?: { readonly code: number; readonly message: string };
  };
}

/** Expects an answer that an API server can take: a 4xx in words, or a review's response. Tells whether it allows. */
function allows({ status, text }: Answered): boolean {
  if (status !== 200) {
    expect([status, text]).toEqual([expect.toSatisfy((code: number) => code >= 400 && code < 500), expect.stringMatching(/^[A-Z].*\.\n$/)]);
    return false;
  }
  const { apiVersion, kind, response } = JSON.parse(text) as Response;
  expect([apiVersion, kind]).toEqual(['admission.k8s.io/v1', 'AdmissionReview']);
  if (response.allowed) return true;
  const { code = 0, message = '' } = response.status ?? {};
  expect(code).toBeGreaterThanOrEqual(400);
  expect(code).toBeLessThan(600);
  expect(message).not.toBe('');
  expect(message).not.toMatch(/\p{Cc}/u);
  expect(message.length).toBeLessThan(8192);
  return false;
}

async function expectRefused({ path }: Refusable, body: Buffer | string, what: unknown): Promise<void> {
  const answered = await webhook.post(path, body);
  try {
    expect(allows(answered)).toBe(false);
  } catch (error) {
    throw new Error(`${JSON.stringify(what)}: ${answered.text.slice(0, 500)}`, { cause: error });
  }
}

describe.each(REFUSABLE)('$title', (refusable) => {
  const { review, harmless, path } = refusable;
  const text = JSON.stringify(review);

  test('is refused as it is', async () => {
    await expectRefused(refusable, text, 'as it is');
    expect((JSON.parse((await webhook.post(path, text)).text) as Response).response.status?.code).toBeLessThan(500);
  });

  test('is refused with whatever in the place of each of its members', async () => {
    const cases = pathsOf(review).flatMap((place) => Object.entries(STRANGE).map(([what, value]) => ({ place, what, value })));
    for (const { place, what, value } of cases) {
      const mutated = withAt(review, place, value);
      const body = JSON.stringify(mutated);
      if (harmless(mutated)) allows(await webhook.post(path, body));
      else await expectRefused(refusable, body, [place.join('.'), what]);
    }
    expect(cases.length).toBeGreaterThan(500);
  });

  test(`is refused with anything in the place of any two of its members (seed ${String(SEED)})`, async () => {
    const places = pathsOf(review);
    const member = fc.tuple(fc.constantFrom(...places), fc.jsonValue({ maxDepth: 3 }));
    await fc.assert(
      fc.asyncProperty(member, member, async ([one, a], [other, b]) => {
        const first = withAt(review, one, a);
        const mutated = pathsOf(first).some((place) => place.join() === other.join()) ? withAt(first, other, b) : first;
        const body = JSON.stringify(mutated);
        if (harmless(mutated)) allows(await webhook.post(path, body));
        else await expectRefused(refusable, body, [one, other]);
      }),
      RUNS,
    );
  });

  test(`is refused cut off anywhere, with 400 (seed ${String(SEED)})`, async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(text.length - 1), async (length) => {
        expect((await webhook.post(path, text.slice(0, length))).status).toBe(400);
      }),
      { ...RUNS, numRuns: RUNS.numRuns / 5 },
    );
  });

  test(`is refused with any of its bytes changed, unless it then says something else (seed ${String(SEED)})`, async () => {
    const bytes = Buffer.from(text);
    await fc.assert(
      fc.asyncProperty(fc.nat(bytes.length - 1), fc.nat(255), async (place, byte) => {
        const changed = Buffer.from(bytes);
        changed[place] = byte;
        const read = parsed(changed);
        if (read !== undefined && harmless(read)) allows(await webhook.post(path, changed));
        else await expectRefused(refusable, changed, [place, byte]);
      }),
      RUNS,
    );
  });

  test('is refused with a member twice, the harmless first or last, as whoever reads JSON takes it', async () => {
    for (const [key, value] of Object.entries((review as { readonly request: Readonly<Record<string, unknown>> }).request)) {
      const twice = text.replace('"request":{', () => `"request":{"${key}":null,`);
      await expectRefused(refusable, twice, key);
      const last = `${text.slice(0, -2)},"${key}":${JSON.stringify(value)}}}`;
      await expectRefused(refusable, last, key);
    }
  });
});

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

describe('a body that is no review', () => {
  const [refusable] = REFUSABLE as readonly [Refusable];
  const text = JSON.stringify(refusable.review);
  const request = (parts: string): string => text.replace('"request":{', () => `"request":{${parts}`);

  test.each<[string, Buffer | string]>([
    [
      'bytes that are not UTF-8',
      Buffer.concat([Buffer.from(text.slice(0, -2)), Buffer.from([0x2c, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d, 0x7d])]),
    ],
    ['an overlong zero byte', Buffer.from(text.replace('alice', 'al\u0000ce').replace('\u0000', '\u00c0\u0080'), 'latin1')],
    ['UTF-16', Buffer.from(text, 'utf16le')],
    ['compressed', gzipSync(text)],
    ['two documents', text + text],
    ['followed by something', `${text} x`],
    ['a comment', `/* */${text}`],
    ['single quotes', text.replaceAll('"', "'")],
    ['NaN', text.replace('"dryRun":false', '"dryRun":NaN')],
    ['a control character in a string', text.replace('alice', 'al\u0001ce')],
    ['only white space', ' \n\t '],
    ['a list of reviews', `[${text}]`],
    ['a review in a string', JSON.stringify(text)],
    ['nested beyond reason', `${'{"a":'.repeat(200_000)}1${'}'.repeat(200_000)}`],
    ['brackets without end', '['.repeat(1_000_000)],
    ['a review of v1beta1', text.replace('k8s.io/v1"', 'k8s.io/v1beta1"')],
    ['a review of a version to come', text.replace('k8s.io/v1"', 'k8s.io/v2"')],
    ['a review of another group', text.replace('admission.k8s.io/v1"', 'admission.example.com/v1"')],
    ['a review without version', text.replace('"apiVersion":"admission.k8s.io/v1",', '')],
    ['a ConversionReview', text.replace('"AdmissionReview"', '"ConversionReview"')],
    ['a response', JSON.stringify({ apiVersion: 'admission.k8s.io/v1', kind: 'AdmissionReview', response: { uid: 'x', allowed: true } })],
  ])('%s is answered with 400', async (_, body) => {
    expect((await webhook.post(refusable.path, body)).status).toBe(400);
  });

  test('larger than the limit is answered with 413', async () => {
    expect((await webhook.post(refusable.path, `${text.slice(0, -1)},"x":"${'x'.repeat(8 * 1024 * 1024)}"}`)).status).toBe(413);
  });

  test.each<[string, string]>([
    [
      'objects of 3 MiB each',
      withAt(
        withAt(refusable.review, ['request', 'object', 'data', 'b'], 'y'.repeat(3_145_728)),
        ['request', 'oldObject', 'data', 'b'],
        'x'.repeat(3_145_728),
      ) as string,
    ],
    [
      'a hundred thousand labels',
      withAt(
        refusable.review,
        ['request', 'object', 'metadata', 'labels'],
        Object.fromEntries(Array.from({ length: 100_000 }, (_, n) => [`l${String(n)}`, 'v'])),
      ) as string,
    ],
    [
      'a million of nothing',
      withAt(
        refusable.review,
        ['request', 'object', 'data'],
        Array.from({ length: 1_000_000 }, () => null),
      ) as string,
    ],
    [
      'ten thousand groups',
      withAt(
        refusable.review,
        ['request', 'userInfo', 'groups'],
        Array.from({ length: 10_000 }, (_, n) => `g${String(n)}`),
      ) as string,
    ],
  ])('with %s is a review like any other, and refused', async (_, review) => {
    await expectRefused(refusable, JSON.stringify(review), _);
  });

  test.each(['object', 'oldObject'])('with an %s nested a hundred thousand deep is refused', async (member) => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const place of ['data', 'spec', 'status']) {
      const body = text.replace(`"${member}":{`, () => `"${member}":{"${place}x":${deep},`);
      await expectRefused(refusable, body, [member, place]);
    }
  });

  test('with keys that mean something to JavaScript is refused, and changes nothing for the next', async () => {
    for (const key of ['__proto__', 'constructor', 'prototype', 'toString', 'hasOwnProperty', 'then', 'toJSON', 'allowed']) {
      await expectRefused(refusable, request(`"${key}":{"allowed":true,"oldObject":null,"length":0},`), key);
      await expectRefused(
        refusable,
        text.replace('"labels":{', () => `"labels":{"${key}":"x",`),
        key,
      );
    }
    expect(Object.keys(Object.prototype)).toEqual([]);
    expect(({} as Record<string, unknown>)['allowed']).toBeUndefined();
  });
});

test('what is defaulted is answered too, whatever it is', async () => {
  for (const { review } of REFUSABLE.filter(({ path }) => path === PATHS.validate).slice(1, 2)) {
    for (const place of pathsOf(review)) {
      for (const value of Object.values(STRANGE)) allows(await webhook.post(PATHS.mutate, JSON.stringify(withAt(review, place, value))));
    }
  }
});

test('after all that the webhook says of a good review what it said before', async () => {
  for (const refusable of REFUSABLE) await expectRefused(refusable, JSON.stringify(refusable.review), refusable.title);
  const [{ review, path }] = REFUSABLE as readonly [Refusable];
  const unlocked = withAt(review, ['request', 'oldObject', 'metadata', 'labels'], { app: 'shop' });
  expect(
    allows(await webhook.post(path, JSON.stringify(withAt(unlocked, ['request', 'object', 'metadata', 'labels'], { app: 'shop' })))),
  ).toBe(true);
});
