import { describe, expect, test } from 'vitest';
import { remembered, tokenCredentials } from '../../src/kube/credentials.ts';

/** A source that counts how often it was asked, under a clock of its own. */
function counting(fail: (asked: number) => boolean = () => false) {
  let clock = 0;
  let asked = 0;
  const ask = remembered(
    () => {
      asked += 1;
      return fail(asked) ? Promise.reject(new Error(`failure ${asked}`)) : Promise.resolve({ headers: { n: String(asked) } });
    },
    () => clock,
  );
  return { ask, asked: () => asked, pass: (ms: number) => (clock += ms) };
}

describe('remembered credentials', () => {
  test('are asked for once by all who ask meanwhile', async () => {
    const { ask, asked } = counting();
    await Promise.all([ask(), ask(), ask()]);
    expect(asked()).toBe(1);
  });

  test('are asked for again after 30 s, because tokens are renewed in place', async () => {
    const { ask, asked, pass } = counting();
    await ask();
    pass(29_999);
    await ask();
    expect(asked()).toBe(1);
    pass(1);
    expect(await ask()).toEqual({ headers: { n: '2' } });
  });

  test('are asked for again at once when they were refused, but at most once a second', async () => {
    const { ask, asked, pass } = counting();
    await ask();
    pass(1_000);
    await Promise.all([ask({ refresh: true }), ask({ refresh: true })]);
    expect(asked()).toBe(2);
    pass(999);
    await ask({ refresh: true });
    expect(asked()).toBe(2);
  });

  test('that failed are not remembered', async () => {
    const { ask } = counting((asked) => asked === 1);
    await expect(ask()).rejects.toThrow('failure 1');
    expect(await ask()).toEqual({ headers: { n: '2' } });
  });
});

test('a token from a function is a bearer token', async () => {
  expect(await tokenCredentials(() => Promise.resolve('abc'))()).toEqual({ headers: { authorization: 'Bearer abc' } });
});
